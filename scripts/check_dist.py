"""Check the wheel and the sdist before anybody gets them: ``python scripts/check_dist.py dist``.

A wheel has the package, whole, and nothing else; an sdist has what the repository has. The metadata of both is that
of this version, and its links lead to files of the repository.
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
ENTRY_POINTS = ("apache_airflow_provider", "airflow.policy", "airflow.plugins", "console_scripts")
LINK = re.compile(r"!?\[(?:[^\[\]]|\[[^\]]*\])*\]\(([^)\s]+)\)")
NOT_PUBLISHED = (".gitignore",)


def check_wheel(names: Collection[str], tracked: Collection[str], version: str) -> Iterator[str]:
    """Describe what a wheel lacks, and what it has too much.

    Args:
        names: The files in it.
        tracked: The files of the repository.
        version: The version that is published.
    """
    info = f"{NAME}-{version}.dist-info/"
    expected = {name for name in tracked if name.startswith(f"{NAME}/")}
    expected |= {info + name for name in ("METADATA", "WHEEL", "RECORD", "entry_points.txt", "licenses/LICENSE")}
    yield from _compare("the wheel", names, expected)


def check_sdist(names: Collection[str], tracked: Collection[str], version: str) -> Iterator[str]:
    """Describe what an sdist lacks, and what it has too much; the arguments are those of `check_wheel`."""
    top = f"{NAME}-{version}/"
    expected = {top + name for name in tracked if name not in NOT_PUBLISHED} | {f"{top}PKG-INFO"}
    yield from _compare("the sdist", set(names) - {top + name for name in NOT_PUBLISHED}, expected)


def _compare(what: str, names: Collection[str], expected: Collection[str]) -> Iterator[str]:
    for name in sorted({*expected} - {*names}):
        yield f"{what} lacks {name}"
    for name in sorted({*names} - {*expected}):
        yield f"{what} has {name}, which is not a part of it"


def check_metadata(text: str, entry_points: str, tracked: Collection[str], package: dict[str, str]) -> Iterator[str]:
    """Describe what is wrong with what a package index and pip read.

    Args:
        text: The metadata.
        entry_points: The entry points, as they are in the wheel.
        tracked: The files of the repository.
        package: The names that the package's `__init__.py` defines.
    """
    metadata = message_from_string(text)
    version = package["__version__"]
    if metadata["Version"] != version:
        yield f"the metadata is of version {metadata['Version']}, and the package of {version}"
    for name, pattern in {"apache-airflow": r"<4\b", "kubernetes": ">=", "attrs": ">="}.items():
        if not re.search(rf"^Requires-Dist: {name}\b[^-\n]*{pattern}", text, re.MULTILINE):
            yield f"the metadata requires no bounded {name}"
    for group in ENTRY_POINTS:
        if f"[{group}]" not in entry_points:
            yield f"the entry points lack the group {group}"
    links = [url.partition(", ")[2] for url in metadata.get_all("Project-URL", [])]
    links += LINK.findall(str(metadata.get_payload()))
    base, pattern = package["REPOSITORY_URL"], rf"/(?:blob|raw)/v{re.escape(version)}/([^#]+)"
    for link in links:
        path = re.match(pattern, link.removeprefix(base)) if link.startswith(base) else None
        if path and not any(name == path[1] or name.startswith(f"{path[1]}/") for name in tracked):
            yield f"the link {link} leads to no file of the repository"
        if "://" not in link and not link.startswith("#"):
            yield f"the link {link} is relative, and leads nowhere on a package index"


def check(dist: Path, tracked: Collection[str]) -> Iterator[str]:
    """Describe everything that is wrong with the files of a folder."""
    wheels, sdists = [*dist.glob("*.whl")], [*dist.glob("*.tar.gz")]
    if (len(wheels), len(sdists)) != (1, 1):
        yield f"{dist} has {len(wheels)} wheels and {len(sdists)} sdists, and should have one of each"
        return
    package = runpy.run_path(str(ROOT / NAME / "__init__.py"))
    version = package["__version__"]
    with zipfile.ZipFile(wheels[0]) as wheel:
        names = wheel.namelist()
        info = f"{NAME}-{version}.dist-info/"
        yield from check_wheel(names, tracked, version)
        metadata, points = (wheel.read(info + name).decode() for name in ("METADATA", "entry_points.txt"))
        yield from check_metadata(metadata, points, tracked, package)
    with tarfile.open(sdists[0]) as sdist:
        yield from check_sdist([item.name for item in sdist if not item.isdir()], tracked, version)
        described = sdist.extractfile(f"{NAME}-{version}/PKG-INFO")
        if described is None or described.read().decode() != metadata:
            yield "the sdist describes the package in other words than the wheel"


def list_tracked() -> set[str]:
    """List the files of the repository."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True)  # noqa: S607
    return set(listed.stdout.splitlines())


if __name__ == "__main__":
    problems = [*check(Path(sys.argv[1]), list_tracked())]
    sys.exit("\n".join(problems) if problems else 0)
