"""Pods in YAML: of dag-factory, and pod templates."""
