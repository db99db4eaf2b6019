"""How Sphinx builds the site: ``make docs``."""

from __future__ import annotations

import re
import runpy
import sys
from pathlib import Path
from typing import Any

_DOCS = Path(__file__).parent
_PACKAGE = runpy.run_path(str(_DOCS.parent / "airflow_provider_k8sexec/__init__.py"))
_REPOSITORY = _PACKAGE["REPOSITORY_URL"]
sys.path.insert(0, str(_DOCS / "_ext"))

project = "airflow-provider-k8sexec"
version = release = _PACKAGE["__version__"]
author = "the contributors"
project_copyright = "the contributors of airflow-provider-k8sexec"

extensions = ["myst_parser", "sphinx_copybutton", "sphinx_design", "llms"]
exclude_patterns = ["_build"]
nitpicky = True

myst_enable_extensions = ["attrs_block", "colon_fence"]
myst_heading_anchors = 4

html_theme = "furo"
html_title = f"k8sexec {version}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_js_files = ["site.js"]
html_theme_options = {
    "top_of_page_buttons": [],
    "light_css_variables": {"color-brand-primary": "#0b57d0", "color-brand-content": "#0b57d0"},
    "dark_css_variables": {"color-brand-primary": "#8ab4f8", "color-brand-content": "#8ab4f8"},
}
# Colours with a contrast of 7 to 1 and more.
pygments_style = "a11y-high-contrast-light"
pygments_dark_style = "a11y-high-contrast-dark"

copybutton_prompt_text = "$ "
copybutton_exclude = ".linenos, .gp, .go"

linkcheck_ignore = [rf"{re.escape(_REPOSITORY)}.*"]  # a placeholder, until the project has a public home
linkcheck_anchors_ignore_for_url = [r"https://github\.com/.*"]  # made in the browser
linkcheck_timeout = 20
linkcheck_workers = 10


def _link_to_repository(_app: Any, docname: str, source: list[str]) -> None:
    """Lead links to files that are no pages, as in ``../README.md``, to the repository."""
    folder = (_DOCS / docname).parent

    def write(link: re.Match[str]) -> str:
        path = (folder / link[1]).resolve()
        if path.is_relative_to(_DOCS) or not path.exists():
            return link[0]
        return f"]({_REPOSITORY}/blob/v{version}/{path.relative_to(_DOCS.parent).as_posix()}{link[2] or ''})"

    source[0] = re.sub(r"\]\((\.\./[^)#\s]+)(#[^)\s]+)?\)", write, source[0])


def _give_captions_a_level(
    _app: Any, _page: str, _template: str, context: dict[str, Any], _tree: Any
) -> None:
    """Complete the headings that Sphinx makes of the captions of lists of pages: a screen reader needs their level."""
    for part in ("body", "furo_navigation_tree"):
        if isinstance(context.get(part), str):
            context[part] = context[part].replace('role="heading"', 'role="heading" aria-level="2"')


def setup(app: Any) -> None:
    """Register what this file adds to Sphinx."""
    app.connect("source-read", _link_to_repository)
    app.connect("html-page-context", _give_captions_a_level, priority=900)
