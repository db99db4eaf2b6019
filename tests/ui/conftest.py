"""Airflow's own web application, with our plugin in it, and users who ask it for pages."""

from __future__ import annotations

import json
import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow.plugins_manager import AirflowPlugin
from airflow_site import HERE, PASSWORDS, SITE, make_runs
from processes import output_of, run_airflow

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NEED_THE_TAB = ["test_pod_tab.py", "test_pod_tab_access.py", "test_pod_tab_in_a_browser.py"]
collect_ignore = [] if hasattr(AirflowPlugin, "external_views") else NEED_THE_TAB


@contextmanager
def _environment_of_the_site() -> Iterator[None]:
    before = dict(os.environ)
    os.environ.update(SITE, PYTHONPATH=os.pathsep.join([str(HERE), *sys.path]))
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="session")
def set_up_site() -> dict[str, str]:
    """Set a deployment up, with two DAGs in its database, and give its environment."""
    with _environment_of_the_site():
        passwords = Path(os.environ["AIRFLOW_HOME"]) / "simple_auth_manager_passwords.json.generated"
        passwords.write_text(json.dumps(PASSWORDS), encoding="utf-8")
        output_of(run_airflow("db", "migrate"))
        output_of(run_airflow("dags", "reserialize"))
        make_runs()
    return SITE


@pytest.fixture(scope="module")
def site(set_up_site: dict[str, str]) -> Iterator[dict[str, str]]:
    """Give the environment of the deployment's components, which this process has for one module."""
    with _environment_of_the_site():
        yield set_up_site


@pytest.fixture(scope="module")
def airflow_api(site: dict[str, str]) -> Any:
    """Make Airflow's own web application, with our plugin in it."""
    from airflow.api_fastapi.app import create_app, purge_cached_app

    assert site
    purge_cached_app()
    return create_app()


@pytest.fixture
def visit(airflow_api: Any) -> Callable[..., Any]:
    """Give a function that asks for a page as a user does whose browser has Airflow's cookie."""
    from airflow.api_fastapi.app import get_auth_manager
    from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser
    from fastapi.testclient import TestClient

    def ask(path: str, user: str | None = "analyst", cookie: str = "", **query: str) -> Any:
        client = TestClient(airflow_api)
        if user is not None:
            role = "ADMIN" if user == "boss" else "VIEWER"
            cookie = get_auth_manager().generate_jwt(SimpleAuthManagerUser(username=user, role=role))
        client.cookies.set("_token", cookie)
        return client.get(path, params=query)

    return ask
