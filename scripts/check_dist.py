"""Check a wheel and an sdist before they are published: ``python scripts/check_dist.py dist``.

A wheel has the package, whole, and nothing else; an sdist has what the repository has. The metadata of both
is that of this version, and its links lead to files of the repository.
"""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
import tarfile
import zipfile
from email import message_from_string
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

ROOT = Path(__file__).parents[1]
NAME = "airflow_provider_k8sexec"
INFO = ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")
GROUPS = ("apache_airflow_provider", "airflow.policy", "airflow.plugins", "console_scripts")
NOT_PUBLISHED = (".gitignore",)
LINK = re.compile(r"\]\(([^)\s]+)\)")


def check_wheel(names: Collection[str], tracked: Collection[str], version: str) -> Iterator[str]:
    """Describe what a wheel lacks, and what it has too much.

    Args:
        names: The files in it.
        tracked: The files of the repository.
        version: The version that is published.
    """
    info = f"{NAME}-{version}.dist-info"
    expected = {name for name in tracked if name.startswith(f"{NAME}/")}
    expected |= {f"{info}/{name}" for name in INFO}
    yield from _compare("the wheel", names, expected)


def check_sdist(names: Collection[str], tracked: Collection[str], version: str) -> Iterator[str]:
    """Describe what an sdist lacks, and what it has too much; the arguments are those of `check_wheel`."""
    top = f"{NAME}-{version}"
    left_out = {f"{top}/{name}" for name in NOT_PUBLISHED}
    expected = {f"{top}/{name}" for name in (*tracked, "PKG-INFO")}
    yield from _compare("the sdist", {*names} - left_out, expected - left_out)


def _compare(what: str, names: Collection[str], expected: Collection[str]) -> Iterator[str]:
    for name in sorted({*expected} - {*names}):
        yield f"{what} lacks {name}"
    for name in sorted({*names} - {*expected}):
        yield f"{what} has {name}, which is not a part of it"


def check_metadata(text: str, tracked: Collection[str], package: dict[str, str]) -> Iterator[str]:
    """Describe what is wrong with what a package index and pip read.

    Args:
        text: The metadata.
        tracked: The files of the repository.
        package: The names that the package's `__init__.py` defines.
    """
    metadata = message_from_string(text)
    version = package["__version__"]
    if metadata["Version"] != version:
        yield f"the metadata is of version {metadata['Version']}, and the package of {version}"
    if "apache-airflow<4,>=2.11" not in metadata.get_all("Requires-Dist", []):
        yield "the metadata does not require apache-airflow<4,>=2.11"
    urls = [url.partition(", ")[2] for url in metadata.get_all("Project-URL", [])]
    if not urls:
        yield "the metadata has no Project-URL"
    for link in (*urls, *LINK.findall(str(metadata.get_payload()))):
        yield from _check_link(link, tracked, package["REPOSITORY_URL"], version)


def _check_link(link: str, tracked: Collection[str], repository: str, version: str) -> Iterator[str]:
    if not link.startswith(("https://", "#")):
        yield f"the link {link} leads nowhere on a package index"
    path = re.match(rf"{re.escape(repository)}/(?:blob|raw)/v{re.escape(version)}/([^#]+)", link)
    if path and not any(name == path[1] or name.startswith(f"{path[1]}/") for name in tracked):
        yield f"the link {link} leads to no file of the repository"


def check(dist: Path, tracked: Collection[str]) -> Iterator[str]:
    """Describe everything that is wrong with the files of a folder."""
    wheels, sdists = [*dist.glob("*.whl")], [*dist.glob("*.tar.gz")]
    if (len(wheels), len(sdists)) != (1, 1):
        yield f"{dist} has {len(wheels)} wheels and {len(sdists)} sdists, and should have one of each"
        return
    package = runpy.run_path(str(ROOT / NAME / "__init__.py"))
    version = package["__version__"]
    info = f"{NAME}-{version}.dist-info"
    with zipfile.ZipFile(wheels[0]) as wheel:
        yield from check_wheel(wheel.namelist(), tracked, version)
        metadata = wheel.read(f"{info}/METADATA").decode()
        yield from check_metadata(metadata, tracked, package)
        entry_points = wheel.read(f"{info}/entry_points.txt").decode()
        yield from (f"the wheel has no [{name}]" for name in GROUPS if f"[{name}]" not in entry_points)
    with tarfile.open(sdists[0]) as sdist:
        yield from check_sdist([item.name for item in sdist if not item.isdir()], tracked, version)
        described = sdist.extractfile(f"{NAME}-{version}/PKG-INFO")
        if described is None or described.read().decode() != metadata:
            yield "the sdist describes the package in other words than the wheel"


def list_tracked() -> list[str]:
    """List the files of the repository."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S607
    return listed.stdout.splitlines()


if __name__ == "__main__":
    sys.exit("\n".join(check(Path(sys.argv[1]), list_tracked())) or 0)
