"""What the package's metadata has from other files: its URLs, and the README with absolute links."""

from __future__ import annotations

import re
import runpy
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class ProjectLinks(MetadataHookInterface):
    """Make every link from ``REPOSITORY_URL``, at the tag of the version that is built."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Set the fields that ``pyproject.toml`` declares as dynamic."""
        root = Path(self.root)
        package = runpy.run_path(str(root / "airflow_provider_k8sexec/__init__.py"))
        repository, tag = package["REPOSITORY_URL"], f"v{package['__version__']}"
        metadata["urls"] = {
            "Documentation": package["docs_url"]("index"),
            "Changelog": f"{repository}/blob/{tag}/CHANGELOG.md",
            "Source": repository,
            "Issues": f"{repository}/issues",
        }
        readme = (root / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {
            "content-type": "text/markdown",
            "text": make_links_absolute(readme, f"{repository}/{{}}/{tag}/"),
        }


def make_links_absolute(page: str, base: str) -> str:
    """Write relative links and pictures as a package index needs them, whatever they are relative to.

    Args:
        page: A page of Markdown.
        base: Where the repository has its files, with a place for `blob` (a page) or `raw` (a picture).
    """

    def write(link: re.Match[str]) -> str:
        before, target = link.groups()
        return f"{before}({base.format('raw' if before[0] == '!' else 'blob')}{target})"

    return re.sub(r"(!\[[^\]]*\]|\])\((?![a-z]+:|#)([^)\s]+)\)", write, page)
