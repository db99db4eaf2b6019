"""The rules of a requested pod, whoever wrote it: platform, site, likely mistakes."""
