"""The Pod tab, as Airflow's own web application gives it."""

from __future__ import annotations

import base64
import hashlib
import re
from html import unescape
from html.parser import HTMLParser

import pytest
import yaml
from airflow import plugins_manager
from airflow.models.dagrun import DagRun
from airflow.utils.session import create_session
from airflow_lines import HAS_COMMANDS
from airflow_site import HOSTILE, LONG_TASK, SALES_RUNS
from processes import output_of, run_python
from sqlalchemy import select
from sqlalchemy.event import listen, remove
from sqlalchemy.pool import Pool

from airflow_provider_k8sexec._compat import replace_xcom
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.context.coordinators import Coordinator
from airflow_provider_k8sexec.past_tries import failures
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY
from airflow_provider_k8sexec.ui import app, notices, stored
from airflow_provider_k8sexec.ui.cluster import GONE, Answer

EXTRACT, HOSTILE_TASK, MAPPED = (
    f"/k8sexec/dags/daily_report/tasks/{task}/pod" for task in ("extract", "hostile", "mapped")
)
TRAIN = "/k8sexec/dags/sales/tasks/train/pod"


def text_of(response):
    """Give the text of a page as people read it, a space for each tag."""
    assert response.status_code == 200, response.text
    body = response.text.partition("<body>")[2]
    return " ".join(unescape(re.sub(r"<[^>]*>", " ", body)).split())


class _Tags(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def tags_of(response):
    """Give the tags of a page with their attributes, as a browser reads it."""
    parser = _Tags()
    parser.feed(response.text)
    return parser.found


def test_airflow_shows_the_tab_on_tasks_and_task_instances():
    """Airflow has one view for each, at routes of their own, and an application that answers them."""
    if HAS_COMMANDS:  # Airflow 3.2 has another plugins manager, too
        found, apps = plugins_manager._get_ui_plugins()[0], plugins_manager.get_fastapi_plugins()[0]
    else:
        plugins_manager.initialize_ui_plugins()
        plugins_manager.initialize_fastapi_plugins()
        found, apps = plugins_manager.external_views, plugins_manager.fastapi_apps
    views = {view["destination"]: view for view in found}
    assert {"task", "task_instance"} <= set(views)
    assert {views[place]["name"] for place in ("task", "task_instance")} == {"Pod"}
    assert not any(view["href"].startswith("/") for view in views.values()), "Airflow may be under a path"
    assert "/k8sexec" in {app["url_prefix"] for app in apps}


def test_resources_stand_at_a_glance(visit):
    """Each resource has its request, its limit and what set it."""
    assert "cpu 0.5 2 default_args of the DAG memory 1Gi 1Gi the task" in text_of(visit(EXTRACT))


def test_secrets_are_named_those_of_the_task_first(visit):
    """Secrets stand there by variable or file, name and key; those that every pod has are counted."""
    text = text_of(visit(EXTRACT))
    assert "MY_SECRET infrared-photon-7780-env MY_SECRET PASSWORD warehouse PASSWORD" in text
    assert "/run/tls/tls.crt infrared-photon-7780-env tls.crt 3 from the pod template" in text


def test_values_that_look_like_secrets_are_hidden(visit):
    """A password in a variable's clear value, or in a URL, is neither on the page nor in the file."""
    for path in (EXTRACT, f"{EXTRACT}.yaml"):
        response = visit(path)
        assert "in-clear" not in response.text
        assert "debug" in response.text


def test_the_file_is_the_pod(visit):
    """The file to download is the merged pod, as YAML, under the task's name."""
    response = visit(f"{EXTRACT}.yaml", run_id="manual__3")
    pod = yaml.safe_load(response.text)
    worker = pod["spec"]["containers"][0]
    assert worker["resources"]["limits"] == {"cpu": "2", "memory": "1Gi"}
    assert worker["image"] == "registry.example.com/infrared-photon-7780/airflow:deploy-3"
    assert pod["metadata"]["annotations"]["run_id"] == "manual__3"
    assert response.headers["Content-Disposition"] == 'attachment; filename="pod-extract.yaml"'


def test_each_line_tells_what_set_it(visit):
    """The line of a field has the field's path and what set it: template, executor or task."""
    titles = [attributes.get("title") for tag, attributes in tags_of(visit(EXTRACT)) if tag == "li"]
    assert "spec.containers[base].resources.limits.memory: the task" in titles
    assert "spec.containers[base].env[MY_SECRET].valueFrom.secretKeyRef.key: the task" in titles
    assert "spec.restartPolicy: the pod template" in titles
    assert "metadata.labels.kubernetes_executor: the executor" in titles


def test_a_task_shows_the_pod_of_its_newest_version(visit):
    """A task without a run has the pod that would be launched now, and no failure."""
    text = text_of(visit(EXTRACT))
    assert "The pod as it would be launched now." in text
    assert "failed" not in text


@pytest.mark.parametrize("query", [{"run_id": "{RUN_ID}", "map_index": "{MAP_INDEX}"}, {"map_index": ""}])
def test_placeholders_that_airflow_leaves_stand_for_nothing(query, visit):
    """Where Airflow has no run or map index, it leaves the placeholder: the task itself is shown."""
    assert "The pod as it would be launched now." in text_of(visit(EXTRACT, **query))


def test_a_try_says_that_its_pod_is_gone(visit):
    """A try whose pod the cluster cannot show has what it was given, and the page says so."""
    text = text_of(visit(EXTRACT, run_id="manual__3", map_index="{MAP_INDEX}"))
    assert "What this try was given, merged again" in text


def test_each_try_can_be_chosen(visit):
    """The newest try is shown, and links lead to all of them."""
    response = visit(EXTRACT, run_id="manual__3")
    links = [
        attributes for tag, attributes in tags_of(response) if tag == "a" and "download" not in attributes
    ]
    assert [link["href"] for link in links] == [
        f"?run_id=manual__3&map_index=-1&try_number={number}" for number in (1, 2)
    ]
    assert [link.get("aria-current") for link in links] == [None, "page"]
    assert "try_number: '2'" in unescape(response.text)
    assert "try_number: '1'" in unescape(visit(EXTRACT, run_id="manual__3", try_number="1").text)


def test_each_try_has_its_own_amounts(visit):
    """Where a task asks for more with each try, a try's page has that try's amounts, set by the task."""
    path = "/k8sexec/dags/payroll/tasks/pay/pod"
    for number, amount in enumerate(["1Gi", "2Gi", "4Gi"], start=1):
        text = text_of(visit(path, user="boss", try_number=str(number)))
        assert f"memory {amount} {amount} the task" in text


def test_a_step_after_an_oom_is_taken_where_the_event_log_has_one(visit):
    """The first try was killed for its memory: the second has more, and the page of the first has not."""
    pages = [text_of(visit(TRAIN, run_id=SALES_RUNS[-1], try_number=number)) for number in ("1", "2")]
    assert ["memory 1Gi 1Gi the task" in page for page in pages] == [True, False]
    assert ["memory 2Gi 2Gi the task" in page for page in pages] == [False, True]


def test_a_failure_stands_at_its_try(visit):
    """The sentence of a try's failure is on the page of that try alone."""
    first = text_of(visit(EXTRACT, run_id="manual__3", try_number="1"))
    assert "Why try 1 failed: OOMKilled use per_try." in first
    assert "OOMKilled" not in text_of(visit(EXTRACT, run_id="manual__3"))


def test_a_problem_of_a_pod_that_did_not_fail_is_no_failure(visit):
    """A pod that had to wait, and then ran, has a problem on its page, and not a failure."""
    text = text_of(visit(EXTRACT, run_id="manual__1"))
    assert "Pod problem: Unschedulable no node had room." in text
    assert "failed" not in text


def test_a_task_instance_that_has_not_run_shows_what_would_be_launched(visit):
    """Before the first try, the page says that there is none yet."""
    assert "The pod as it would be launched now." in text_of(visit(HOSTILE_TASK, run_id="manual__3"))


def test_a_mapped_instance_is_found_by_its_index(visit):
    """A mapped instance has its own pod; an index that is not there has none."""
    response = visit(f"{MAPPED}.yaml", run_id="manual__3", map_index="1")
    assert response.status_code == 200
    assert visit(MAPPED, run_id="manual__3", map_index="7").status_code == 404


def test_a_template_that_is_elsewhere_leaves_what_the_task_requests(visit):
    """Without the pod template, which may be the scheduler's alone, the page shows the task's part."""
    text = text_of(visit(MAPPED))
    assert "Only what the task itself requests is shown." in text
    assert "'/nonexistent/template.yaml' cannot be read" in text
    assert "memory 512Mi 512Mi the task" in text


def test_the_history_of_memory_is_a_plot_and_a_table(visit):
    """Peaks of the last runs stand beside the requests, for those who see a plot or not."""
    response = visit(EXTRACT, run_id="manual__3")
    assert response.text.count('<rect class="used"') == 4
    text = text_of(response)
    assert "The last 4 runs used up to 303Mi, of the 1Gi that the last one requested." in text
    assert "manual__3 303Mi 1Gi none none not measured none none none" in text
    assert "No suggestion: too few tries (4 of 10)." in text
    empty = visit(HOSTILE_TASK)
    assert "<svg" not in empty.text
    assert "No run has a record yet." in text_of(empty)


def test_cpu_stands_beside_memory(visit):
    """Each run has its peak memory and its average CPU, in plots with axes and in one table."""
    page = text_of(visit(TRAIN, run_id=SALES_RUNS[-1]))
    assert "Peak memory 2Gi 1Gi 0 The last 22 runs used up to 1Gi" in page
    assert "Average CPU, in cores 2 1 0 The last 22 runs used up to 1.1 cores, of the 1 core" in page
    assert f"{SALES_RUNS[-2]} 1Gi, killed 1Gi 1Gi 992Mi 0.59 1 2 1.1" in page
    assert "Suggested: memory='1344Mi' By the last 22 tries that look alike." in page
    assert "killed at the limit" in page


def test_what_failed_and_what_to_do_stand_first(visit):
    """The page of a failed try begins with the code, what happened, the remedy and who can act."""
    page = text_of(visit(TRAIN, run_id=SALES_RUNS[-1], try_number="1"))
    assert page.startswith(
        "Pod of train, try 1 Why try 1 failed: OOMKilled memory='1Gi' was exceeded. "
        "What to do: set retries=... so that it runs again, with memory='2Gi'. "
        "The author of the task can change it."
    )


def test_a_failed_try_without_a_record_leads_to_the_log(visit):
    """Where no failure of the pod is recorded, the page names where the reason is."""
    page = text_of(visit(f"/k8sexec/dags/others/tasks/{LONG_TASK}/pod", run_id="manual__1"))
    assert "This try failed, and no failure of its pod is recorded: the log of the task" in page


@pytest.mark.parametrize("query", [{}, {"run_id": "manual__1"}])
def test_a_task_that_starts_a_pod_names_both_of_its_pods(query, visit):
    """The page of a KubernetesPodOperator says whose pod it shows, and where the other one is found."""
    page = text_of(visit("/k8sexec/dags/others/tasks/started/pod", **query))
    assert "This task starts a pod of its own, which this tab does not show." in page
    assert "Below is the pod of its worker" in page
    assert "starts a pod of its own" not in text_of(visit(EXTRACT))


def test_where_no_pod_is_launched_the_started_pod_is_still_named(visit, monkeypatch):
    """A worker without a pod of its own may start one."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor")
    forget_context()
    page = text_of(visit("/k8sexec/dags/others/tasks/started/pod"))
    assert "This task starts a pod of its own" in page
    assert "Below" not in page


def test_the_coordinator_of_a_queue_is_named(visit, monkeypatch):
    """Where a pod has its template or image from the coordinator of its queue, the page says so."""
    found = Coordinator("jvm", "java", image="registry.example.com/jvm:1")
    monkeypatch.setattr(notices, "find_coordinator", lambda _: found)
    notice = "The queue 'java' has the coordinator 'jvm', with its image (registry.example.com/jvm:1)."
    assert notice in text_of(visit(EXTRACT))


def test_headings_and_landmarks_lead_through_the_page(visit):
    """A screen reader finds one main part, one first heading, and a heading for each section."""
    tags = tags_of(visit(TRAIN, run_id=SALES_RUNS[-1], try_number="1"))
    levels = [tag for tag, _ in tags if tag in {"h1", "h2", "h3"}]
    assert levels == ["h1", "h2", "h2", "h2", "h3", "h3", "h2", "h2"]
    assert [tag for tag, _ in tags].count("main") == 1
    ids = {attributes["id"] for _, attributes in tags if "id" in attributes}
    labelled = {attributes["aria-labelledby"] for _, attributes in tags if "aria-labelledby" in attributes}
    assert labelled <= ids


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        ({"try_number": 1, "memory_peak": 10**400}, "memory_peak is not an integer from 1 to 2**63"),
        ({"__classname__": "airflow.models.connection.Connection"}, "try_number is missing"),
    ],
)
def test_a_bad_record_is_skipped_and_counted(record, reason, visit):
    """An XCom of the record's name that is none takes nobody the page, and the page counts it."""
    identity = {"dag_id": "daily_report", "task_id": "hostile", "run_id": "manual__3", "map_index": -1}
    remove, store = replace_xcom(identity, USAGE_KEY, record)
    with create_session() as session:
        session.execute(store)
    try:
        page = visit(HOSTILE_TASK)
    finally:
        with create_session() as session:
            session.execute(remove)
    assert page.status_code == 200
    assert f"1 record was skipped: 1 {reason}." in text_of(page)


@pytest.mark.parametrize(
    ("task", "query"),
    [
        ("nothing", {}),
        ("extract", {"run_id": "nothing"}),
        ("extract", {"run_id": "manual__3", "try_number": "7"}),
        ("extract", {"try_number": "4"}),
        ("extract", {"try_number": "0"}),
    ],
)
def test_what_is_not_there_is_not_found(task, query, visit):
    """A task, run or try that is not there is 404, with a word to people."""
    response = visit(f"/k8sexec/dags/daily_report/tasks/{task}/pod", **query)
    assert response.status_code == 404
    assert "There is no such task, task instance or try." in response.text


def test_hostile_names_are_text(visit):
    """What an attacker wrote into an annotation, label, image, run or event is on the page as text."""
    first_try = {"run_id": "manual__3", "try_number": "1"}
    for page in (visit(HOSTILE_TASK), visit(EXTRACT, run_id=HOSTILE), visit(EXTRACT, **first_try)):
        assert HOSTILE in unescape(page.text)
        tags = [tag for tag, _ in tags_of(page)]
        assert tags.count("script") == 1
        assert "img" not in tags


def test_the_browser_is_allowed_our_style_and_script_alone(visit):
    """The policy names the two by their digests, and they are what the page holds."""
    response = visit(EXTRACT)
    policy = response.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; ")
    assert "unsafe" not in policy
    for tag in ("style", "script"):
        (content,) = re.findall(rf"<{tag}>(.*?)</{tag}>", response.text, re.DOTALL)
        digest = base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()
        assert f"{tag}-src 'sha256-{digest}'" in policy
    names = {name for _, attributes in tags_of(response) for name in attributes}
    assert not {name for name in names if name == "style" or name.startswith("on")}


def test_pages_are_not_kept(visit):
    """Neither browsers nor proxies keep a page or a file, which another user may not read."""
    assert {visit(path).headers["Cache-Control"] for path in (EXTRACT, f"{EXTRACT}.yaml")} == {"no-store"}


def test_where_pods_are_not_launched_the_page_says_so(visit, monkeypatch):
    """On another executor than Kubernetes', no pod will be; the page names it, and the history stays."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor,k8s:KubernetesExecutor")
    forget_context()
    page = text_of(visit(EXTRACT))
    assert (
        "Pod options do nothing, because LocalExecutor runs the task (the first of [core] executor)" in page
    )
    assert "write executor='k8s'" in page
    assert "What past runs used" in page
    assert "containers:" not in page
    file = visit(f"{EXTRACT}.yaml")
    assert (file.status_code, "because LocalExecutor runs the task" in file.text) == (404, True)


def test_a_default_that_airflow_has_of_itself_says_nothing_of_the_pods(visit, monkeypatch):
    """Where nothing sets ``[core] executor``, the page shows the pod as it would be."""
    monkeypatch.delenv("AIRFLOW__CORE__EXECUTOR", raising=False)
    forget_context()
    assert "containers:" in text_of(visit(EXTRACT))


def test_while_the_cluster_is_asked_no_connection_to_the_database_is_held(visit, monkeypatch):
    """What is read of the database is read before and after: a slow cluster empties nobody's pool."""
    held, seen = [], []
    hooks = {
        "checkout": lambda *names: held.append(names[0]),
        "checkin": lambda *names: held.remove(names[0]),
    }

    async def ask(*_):
        seen.append(len(held))
        with create_session() as session:
            session.scalar(select(DagRun.id))
            seen.append(len(held))
        return Answer(None, GONE)

    monkeypatch.setattr(app, "find_launched_pod", ask)
    for name, hook in hooks.items():
        listen(Pool, name, hook)
    try:
        assert visit(EXTRACT, run_id="manual__3").status_code == 200
        assert visit(f"{EXTRACT}.yaml", run_id="manual__3").status_code == 200
    finally:
        for name, hook in hooks.items():
            remove(Pool, name, hook)
    assert seen == [0, 1, 0, 1], "none while the cluster is asked, and one where this test takes one"


@pytest.mark.parametrize("name", ["read_records", "describe_skipped"])
def test_a_history_that_cannot_be_read_leaves_the_page(name, visit, monkeypatch):
    """The pod is shown without the plot, whatever the records or their table are like."""

    def fail(*_):
        raise RuntimeError(name)

    monkeypatch.setattr(stored, name, fail)
    response = visit(EXTRACT, run_id="manual__3", try_number="1")
    assert "Why try 1 failed: OOMKilled" in text_of(response)
    assert "<svg" not in response.text
    assert stored.UNREAD in text_of(response)


def test_an_event_that_cannot_be_read_leaves_the_page(visit, monkeypatch):
    """The pod is shown without why it failed, where the audit log cannot be read."""
    monkeypatch.setattr(failures, "FAILURE_EVENT", object())
    response = visit(EXTRACT, run_id="manual__3", try_number="1")
    assert "Why try" not in text_of(response)
    assert "<svg" in response.text


def test_the_client_is_loaded_as_the_server_starts_and_not_by_what_imports_the_plugin(site):
    """The first page does not wait for the kubernetes client; create_app, which may fork, loads nothing."""
    program = """
import sys, time
from airflow.api_fastapi.app import create_app
from fastapi.testclient import TestClient
app = create_app()
assert "kubernetes.client" not in sys.modules
with TestClient(app):
    end = time.monotonic() + 60
    while "airflow.providers.cncf.kubernetes.kube_client" not in sys.modules and time.monotonic() < end:
        time.sleep(0.05)
    print("loaded" if "kubernetes.client" in sys.modules else "not loaded")
"""
    for flag, said in (("True", "loaded"), ("False", "not loaded")):
        wait = program if flag == "True" else program.replace("+ 60", "+ 2")
        run = run_python("-c", wait, AIRFLOW__K8SEXEC__PRELOAD_KUBERNETES_CLIENT=flag, **site)
        assert output_of(run).splitlines()[-1] == said
