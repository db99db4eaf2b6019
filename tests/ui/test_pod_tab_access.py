"""Who gets a page of the Pod tab, by the word of Airflow's auth manager."""

from __future__ import annotations

import pytest
from fastapi.routing import APIRoute

from airflow_provider_k8sexec.ui.access import READS_TASK
from airflow_provider_k8sexec.ui.app import load_app
from airflow_provider_k8sexec.ui.notices import NO_AUDIT_LOG, NO_XCOMS

PAGES = ["/k8sexec/dags/payroll/tasks/pay/pod", "/k8sexec/dags/payroll/tasks/pay/pod.yaml"]


@pytest.mark.usefixtures("airflow_api")
def test_these_are_all_the_endpoints():
    """The application has no other endpoints than those that the tests below ask."""
    routes = {route.path for route in load_app().routes}
    assert routes - {"/docs/oauth2-redirect"} == {
        page.replace("/k8sexec", "").replace("payroll", "{dag_id}").replace("/pay/", "/{task_id}/")
        for page in PAGES
    }
    for route in load_app().routes:
        if isinstance(route, APIRoute):
            assert route.dependencies == READS_TASK


@pytest.mark.parametrize("page", PAGES)
def test_who_may_read_the_dag_gets_the_page(page, visit):
    """A user with access sees the pod."""
    response = visit(page, user="boss")
    assert response.status_code == 200
    assert "1Gi" in response.text


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("user", ["analyst", "guest"])
def test_who_may_not_read_the_dag_is_refused(page, user, visit):
    """A user without access to the DAG, though to others, gets 403 and nothing of the pod."""
    response = visit(page, user=user)
    assert response.status_code == 403
    assert "You are not allowed to view this task." in response.text
    assert "1Gi" not in response.text


@pytest.mark.parametrize("page", PAGES)
def test_who_is_not_logged_in_is_refused(page, visit):
    """Without Airflow's cookie, the answer is 401."""
    response = visit(page, user=None)
    assert response.status_code == 401
    assert "Log in to Airflow" in response.text


@pytest.mark.parametrize("page", PAGES)
def test_a_forged_cookie_is_refused(page, visit):
    """A token that Airflow has not signed is no user."""
    forged = "eyJhbGciOiJub25lIn0.eyJzdWIiOiJib3NzIiwicm9sZSI6IkFETUlOIn0."
    assert visit(page, user=None, cookie=forged).status_code in {401, 403}


@pytest.mark.parametrize("query", [{"dag_id": "daily_report"}, {"task_id": "extract"}])
def test_the_path_alone_says_which_dag_is_meant(query, visit):
    """Another DAG in the query, which the user may read, opens nothing."""
    assert visit(PAGES[0], user="analyst", **query).status_code == 403


@pytest.mark.parametrize("dag_id", ["~", "%7E", "nothing"])
def test_what_stands_for_all_dags_is_none(dag_id, visit):
    """Airflow's sign for all DAGs leads to no task of any."""
    assert visit(f"/k8sexec/dags/{dag_id}/tasks/pay/pod", user="boss").status_code == 404


def test_who_may_not_tell_what_is_there_cannot_ask(visit):
    """Without access, a task that is not there answers as one that is."""
    there, not_there = (visit(f"/k8sexec/dags/payroll/tasks/{task}/pod") for task in ("pay", "no"))
    assert (there.status_code, there.text) == (not_there.status_code, not_there.text)


def test_xcoms_and_events_are_for_those_who_may_read_them(visit):
    """The plot comes from XComs and the failure from the event log: without the right, they are not shown."""
    page = "/k8sexec/dags/daily_report/tasks/extract/pod"
    query = {"run_id": "manual__3", "try_number": "1"}
    analyst, guest = (visit(page, user=user, **query).text for user in ("analyst", "guest"))
    for part in ("OOMKilled", "<svg"):
        assert part in analyst
        assert part not in guest
    assert "1Gi" in guest
    for notice in (NO_XCOMS, NO_AUDIT_LOG):
        assert notice in guest
        assert notice not in analyst


@pytest.mark.parametrize("page", PAGES)
def test_nothing_can_be_changed(page, airflow_api):
    """The endpoints only read."""
    from fastapi.testclient import TestClient

    client = TestClient(airflow_api)
    for method in ("post", "put", "patch", "delete"):
        assert getattr(client, method)(page).status_code == 405
