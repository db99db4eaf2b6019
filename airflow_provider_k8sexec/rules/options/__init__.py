"""The rules of pod options: what a manifest can no longer show."""
