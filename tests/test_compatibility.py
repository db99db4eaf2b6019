"""What the package says of the Airflows and Pythons that it works with is what CI tests it on."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.version import Version

pytestmark = pytest.mark.any_line

ROOT = Path(__file__).parents[1]
CI = (ROOT / ".ci/run").read_text(encoding="utf-8")
PYPROJECT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PAGE = (ROOT / "docs/guides/installation.md").read_text(encoding="utf-8")
TABLE = re.findall(r"^\| ([\d.]+) \| ([\d.]+) \| ([\d.]+) to ([\d.]+) \| (\w+) \| (\w+)", PAGE, re.MULTILINE)


def read_array(name: str) -> dict[str, list[str]]:
    """Read one of the arrays of the script: versions of Python by Airflow."""
    (text,) = re.findall(rf"^declare -A {name}=\(\n(.*?)^\)", CI, re.MULTILINE | re.DOTALL)
    return {airflow: pythons.split() for airflow, pythons in re.findall(r'\[(\S+)\]="([^"]*)"', text)}


SUPPORTED = read_array("supported")
RELEASES = [release for release in SUPPORTED if release != "newest"]


def read_pins(release: str) -> dict[str, Version]:
    """Read the constraints of a release of Airflow."""
    text = (ROOT / f"tests/constraints/airflow-{release}.txt").read_text(encoding="utf-8")
    pins = [line.partition("==") for line in text.splitlines() if not line.startswith("#")]
    return {name: Version(version) for name, _, version in pins}


def test_the_table_of_the_lines_is_what_ci_tests() -> None:
    """Each line has one release, and the Pythons that it is tested on or between."""
    assert [(release, first, last) for _, release, first, last, *_ in TABLE] == [
        (release, SUPPORTED[release][0], SUPPORTED[release][-1]) for release in RELEASES
    ]
    assert all(release.startswith(f"{line}.") for line, release, *_ in TABLE)


def test_every_line_is_tested() -> None:
    """CI has jobs for every line, on Pythons that the line supports, and for the newest of everything."""
    (lines,) = re.findall(r"^lines=\((.*)\)$", CI, re.MULTILINE)
    tested = read_array("tested")
    assert lines.split() == list(tested) == list(SUPPORTED) == [*RELEASES, "newest"]
    assert all(set(tested[airflow]) <= set(SUPPORTED[airflow]) for airflow in tested)


def test_the_classifiers_name_the_pythons_that_are_tested() -> None:
    """PyPI shows the Pythons of all lines together, and pip takes no older one."""
    named = re.findall(r'"Programming Language :: Python :: (3\.\d+)"', PYPROJECT)
    assert named == sorted(set().union(*SUPPORTED.values()), key=Version)
    assert f'requires-python = ">={named[0]}"' in PYPROJECT


@pytest.mark.parametrize("release", RELEASES)
def test_the_bounds_of_dependencies_hold_on_a_line(release: str) -> None:
    """What the package requires is what the line is tested with."""
    (text,) = re.findall(r"^dependencies = \[\n(.*?)^\]", PYPROJECT, re.MULTILINE | re.DOTALL)
    pins = read_pins(release)
    assert pins["apache-airflow"] == Version(release)
    for requirement in map(Requirement, re.findall(r'^    "(.*)"', text, re.MULTILINE)):
        assert pins[requirement.name.lower()] in requirement.specifier, requirement


@pytest.mark.parametrize("release", RELEASES)
def test_constraints_are_names_and_versions(release: str) -> None:
    """They name no host and no path, and hold on every Python."""
    text = (ROOT / f"tests/constraints/airflow-{release}.txt").read_text(encoding="utf-8")
    first, *pins = text.splitlines()
    assert re.fullmatch(rf"# Made by: make constraints AIRFLOW={release}( AS_OF=\d{{4}}-\d\d-\d\d)?", first)
    assert all(re.fullmatch(r"[a-z0-9][a-z0-9._-]*==[a-z0-9.+!]+", pin) for pin in pins)
