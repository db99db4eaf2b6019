"""What every test needs: an Airflow home of its own, and a deployment that is always the same."""

from __future__ import annotations

import os
import re
import shutil
import sys
import tempfile
from functools import cache
from pathlib import Path
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers
from kube_tools import find_kube_tool
from own_cgroup import REPORT
from processes import DAGS
from properties import examples

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

# Airflow reads its home at import, which happens while tests are collected.
_HOME = tempfile.TemporaryDirectory(prefix="airflow-home-")
os.environ["AIRFLOW_HOME"] = _HOME.name
os.environ["AIRFLOW__CORE__LOAD_EXAMPLES"] = "False"
os.environ["AIRFLOW__CORE__UNIT_TEST_MODE"] = "False"
for _name in [name for name in os.environ if name.startswith(("AIRFLOW__K8SEXEC__", "AIRFLOW__KUBERNETES_"))]:
    del os.environ[_name]
os.environ["AIRFLOW__K8SEXEC__PROFILES_FILE"] = str(Path(__file__).parents[1] / "example_dags/profiles.yaml")

from airflow_lines import AIRFLOW_3, LINE, forget_executors  # noqa: E402  # imports Airflow, which reads its home

collect_ignore = ["test_pod_spec_page.py"] if AIRFLOW_3 else ["test_dag_processor.py"]
if LINE < (3, 3):  # the types are of one line of Airflow, and the words of one mypy
    collect_ignore.append("authoring/test_typing.py")
# Hypothesis also draws what stands in the source of every module that is loaded. A property is to be tried on
# the same values, whichever tests run together.
providers._get_local_constants = providers.Constants
# So that a property holds or fails however busy the machine is.
settings.register_profile(
    "whatever the machine",
    examples(100),
    derandomize=True,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("whatever the machine")
RELEASE = "infrared-photon-7780"
OF_NO_AIRFLOW = {"diagnosis", "options", "pod", "rules", "site"}
"""The rooms that never import Airflow, as import-linter holds."""
USES_AIRFLOW = re.compile(
    r"^(?:from|import) (?:airflow|airflow_lines|executor_pods|kubernetes|started_pods)\b", re.MULTILINE
)
SET_UP = {"empty_database", "installation", "set_up_site"}
"""The fixtures that set Airflow up."""


@pytest.fixture(autouse=True)
def release(monkeypatch: pytest.MonkeyPatch) -> str:
    """Name the deployment's release, as a site does, and forget what another test made of it."""
    from airflow_provider_k8sexec.context import forget_context

    monkeypatch.setenv("AIRFLOW__K8SEXEC__RELEASE_NAME", RELEASE)
    forget_context()
    yield RELEASE
    forget_context()
    forget_executors()


@pytest.fixture
def configure(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Give a way to set options of ``[k8sexec]`` (``None`` unsets one), after which the site is read anew."""
    from airflow_provider_k8sexec.context import forget_context

    def set_options(**options: str | None) -> None:
        for name, value in options.items():
            variable = f"AIRFLOW__K8SEXEC__{name.upper()}"
            if value is None:
                monkeypatch.delenv(variable, raising=False)
            else:
                monkeypatch.setenv(variable, value)
        forget_context()

    return set_options


@pytest.fixture(scope="session")
def helm() -> Path:
    """Give a helm of today."""
    return find_kube_tool("helm")


@pytest.fixture(scope="session")
def kubectl() -> Path:
    """Give a kubectl of today."""
    return find_kube_tool("kubectl")


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    """Open the one browser of all tests."""
    from chromium import open_chromium

    with open_chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def empty_database() -> Path:
    """Give the file of an empty metadata database; tests copy it."""
    from airflow_databases import sqlite_with_schema

    return sqlite_with_schema()


@pytest.fixture(scope="module")
def installation(tmp_path_factory, empty_database):
    """Give a way to make an installation of Airflow with one DAG file."""

    def make(file_name):
        home = tmp_path_factory.mktemp("home")
        shutil.copy(empty_database, home / "airflow.db")
        (home / "dags").mkdir()
        file = Path(shutil.copy(DAGS / file_name, home / "dags"))
        environ = {
            "AIRFLOW_HOME": str(home),
            "AIRFLOW__CORE__DAGS_FOLDER": str(home / "dags"),
        }
        return SimpleNamespace(home=home, file=file, environ=environ)

    return make


@cache
def is_of_any_line(file: Path) -> bool:
    """Report whether a file of tests is of a room without Airflow, and uses none by itself."""
    return file.parent.name in OF_NO_AIRFLOW and not USES_AIRFLOW.search(file.read_text(encoding="utf-8"))


def pytest_itemcollected(item: pytest.Item) -> None:
    """Mark what is the same on every line, or on every Python of a line: CI runs it less often."""
    if is_of_any_line(item.path):
        item.add_marker(pytest.mark.any_line)
    parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
    databases = {value for value in parameters if type(value) is str and value in ("sqlite", "postgresql")}
    if databases or SET_UP.intersection(getattr(item, "fixturenames", ())):
        item.add_marker(pytest.mark.any_python)
    if "postgresql" in databases:
        item.add_marker(pytest.mark.once_a_line)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Ask every test for a docstring: the requirement that it stands for."""
    bare = sorted(
        {item.nodeid for item in items if isinstance(item, pytest.Function) and not item.function.__doc__}
    )
    if bare:
        raise pytest.UsageError(f"tests without a docstring: {', '.join(bare)}")


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say what the figures of this test run stand on."""
    for line in sorted(REPORT):
        terminalreporter.write_line(line)


@pytest.fixture
def usual_recursion_limit() -> Iterator[None]:
    """Let Python stop a recursion where it does by default; Airflow raises that limit in a process."""
    before = sys.getrecursionlimit()
    sys.setrecursionlimit(1000)
    yield
    sys.setrecursionlimit(before)
