"""How Sphinx builds the site: ``make docs``."""

project = "airflow-provider-k8sexec"
extensions = ["myst_parser"]
myst_heading_anchors = 3
html_theme = "furo"
exclude_patterns = ["_build"]
