"""The rules of pod options: what a manifest no longer shows."""
