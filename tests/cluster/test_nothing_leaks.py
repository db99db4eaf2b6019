"""What stands in the clear in a pod is on no page of ours, and in nothing that this package writes.

The pod template has secrets in clear, as sites have them; on Airflow 3 the executor adds the workload, with a
token by which its holder may act as the task. A user with the role viewer logs in to a real api-server while
the pod runs, and reads every page of the Pod tab.
"""

from __future__ import annotations

import json
import secrets
import shutil
import socket
import threading
from pathlib import Path
from subprocess import DEVNULL, run
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
import yaml
from airflow_lines import AIRFLOW_3, HAS_POD_TAB
from airflow_stack import BIN, AirflowStack, Site, run_stack
from attrs import frozen
from leaks import find_value
from node import Node

if TYPE_CHECKING:
    from conftest import Cluster
    from typing_extensions import Self

HERE = Path(__file__).parent
DECLARED = "d3clared-in-clear"
TASK = "/k8sexec/dags/watched/tasks/wait/pod"
BROKEN = """
from airflow import DAG
from airflow_provider_k8sexec import k8s_task
import pendulum

VALUE = {value!r}

def work():
    pass

with DAG("broken", start_date=pendulum.datetime(2022, 1, 1, tz="UTC"), schedule=None):
    # A traceback shows its lines as they stand in the file.
    k8s_task(env_vars={{"P": {{"value": VALUE}}}}, task_id="a")(work)()
"""


@frozen
class Read:
    """What was read while the pod ran, and what was left when all was done.

    Attributes:
        planted: Values that nobody may see, by what they are.
        pages: The pages of a viewer by address: status and text.
        places: Everything else that was written, by place.
        declared: A password inside a value that the task itself declares.
        mistaken: A password that an author has put where it makes an error.
    """

    planted: dict[str, str]
    pages: dict[str, tuple[int, str]]
    places: dict[str, bytes]
    mistaken: str


@pytest.fixture(scope="module")
def read(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Read:
    """Run a deployment, read all pages while the second try runs, and gather what was written."""
    from cryptography.fernet import Fernet
    from kubernetes.client import CoreV1Api

    folder, namespace = tmp_path_factory.mktemp("leaks"), cluster.create_namespace("leaks")
    planted = {name: secrets.token_hex(16) for name in ("PGPASS", "JDBC", "sidecar", "annotation", "label")}
    planted["Fernet key"] = Fernet.generate_key().decode()
    mistaken = secrets.token_hex(16)
    (folder / "dags").mkdir()
    shutil.copy(HERE / "dags" / "watched.py", folder / "dags")
    with _Metrics() as metrics:
        settings = {
            "AIRFLOW__CORE__FERNET_KEY": planted["Fernet key"],
            "AIRFLOW__CORE__SIMPLE_AUTH_MANAGER_USERS": "reader:viewer",
            "AIRFLOW__K8SEXEC__RELEASE_NAME": "infrared-photon-7780",
            "AIRFLOW__METRICS__STATSD_ON": "True",
            "AIRFLOW__METRICS__STATSD_HOST": "127.0.0.1",
            "AIRFLOW__METRICS__STATSD_PORT": str(metrics.port),
        }
        stack = AirflowStack(folder, Site(namespace, cluster.kubeconfig, folder / "dags", settings))
        _plant(Path(stack.env["AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE"]), planted)
        passwords = stack.home / "simple_auth_manager_passwords.json.generated"
        passwords.write_text(json.dumps({"reader": "of-the-reader"}), encoding="utf-8")
        with Node(cluster.client, namespace, folder / "node", stack.image_env) as node, run_stack(stack):
            stack.wait_for_dags(["watched"])
            stack.trigger(["watched"])
            stack.wait_until(lambda: _is_running(stack), "the second try")
            if AIRFLOW_3:
                planted["token"] = _token_of(list(node.pods.values())[-1])
            pages = _read_pages(stack) if AIRFLOW_3 else {}
            outputs = _run_commands(stack, folder, cluster.kubeconfig, mistaken)
            (stack.home / "go").touch()
            stack.wait_for_runs(["watched"])
    events = CoreV1Api(cluster.client).list_namespaced_event(namespace, _preload_content=False).data
    logs = [*(folder / "components").iterdir(), *(stack.home / "logs").rglob("*.log")]
    return Read(
        planted=planted,
        pages=pages,
        places={
            **{str(file.relative_to(folder)): file.read_bytes() for file in logs if file.is_file()},
            **{name: text.encode() for name, text in outputs.items()},
            "database": stack.dump().encode(),
            "events": events,
            "metrics": metrics.received,
            "pods": json.dumps(list(node.pods.values())).encode(),
        },
        mistaken=mistaken,
    )


class _Metrics:
    """A server of StatsD that keeps what it gets.

    Attributes:
        port: Its port.
        received: What it got.
    """

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = self._socket.getsockname()[1]
        self.received = b""
        self._thread = threading.Thread(target=self._receive)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._socket.sendto(b"", ("127.0.0.1", self.port))
        self._thread.join()
        self._socket.close()

    def _receive(self) -> None:
        while datagram := self._socket.recv(65536):
            self.received += datagram + b"\n"


def _plant(template: Path, planted: dict[str, str]) -> None:
    """Write into the pod template what sites write there: passwords in variables and in an argument."""
    pod = yaml.safe_load(template.read_text(encoding="utf-8"))
    pod["metadata"].setdefault("annotations", {})["note"] = planted["annotation"]
    pod["metadata"]["labels"]["note"] = planted["label"]
    worker = pod["spec"]["containers"][0]
    worker["env"] += [
        {"name": "PGPASS", "value": planted["PGPASS"]},
        {"name": "STORE_URL", "value": f"jdbc:postgresql://db/store?user=u&password={planted['JDBC']}"},
        {"name": "AIRFLOW__CORE__FERNET_KEY", "value": planted["Fernet key"]},
    ]
    proxy = {"name": "proxy", "image": "proxy:1", "args": ["--login", planted["sidecar"]]}
    pod["spec"]["containers"].append(proxy)
    template.write_text(yaml.safe_dump(pod), encoding="utf-8")


def _is_running(stack: AirflowStack) -> bool:
    rows = stack.query("SELECT state, try_number FROM task_instance WHERE dag_id = 'watched'")
    return ("running", 2) in rows


def _token_of(pod: dict[str, Any]) -> str:
    """Give the workload's token, which stands in the worker's arguments."""
    arguments = pod["spec"]["containers"][0]["args"]
    token: str = json.loads(arguments[arguments.index("--json-string") + 1])["token"]
    assert len(token) > 100
    return token


def _read_pages(stack: AirflowStack) -> dict[str, tuple[int, str]]:
    """Log in as a viewer, and read every page, error pages included."""
    ((run_id,),) = stack.query("SELECT run_id FROM dag_run WHERE dag_id = 'watched'")
    queries: list[dict[str, object]] = [
        {},
        {"run_id": run_id},
        *({"run_id": run_id, "map_index": -1, "try_number": number} for number in (1, 2)),
        {"run_id": run_id, "try_number": 7},
        {"run_id": "nothing"},
        {"run_id": run_id, "map_index": 3},
    ]
    paths = [f"{TASK}{end}?{urlencode(query)}" for query in queries for end in ("", ".yaml")]
    paths += [TASK.replace("wait", "nothing"), TASK.replace("watched", "nothing")]
    paths += [f"/k8sexec{path}" for path in ("", "/", "/docs", "/redoc", "/openapi.json")]
    url = stack.url
    body = json.dumps({"username": "reader", "password": "of-the-reader"}).encode()
    login = Request(f"{url}/auth/token", body, {"Content-Type": "application/json"})  # noqa: S310
    with urlopen(login) as answer:  # noqa: S310  # Airflow's own
        cookie = f"_token={json.load(answer)['access_token']}"
    pages = {path: _get(url + path, {"Cookie": cookie}) for path in paths}
    pages["without a login"] = _get(url + TASK, {})
    pages["not to be posted"] = _get(url + TASK, {"Cookie": cookie}, method="POST")
    return pages


def _get(url: str, headers: dict[str, str], method: str = "GET") -> tuple[int, str]:
    try:
        with urlopen(Request(url, headers=headers, method=method), timeout=60) as answer:  # noqa: S310
            return answer.status, f"{answer.headers}\n{answer.read().decode()}"
    except HTTPError as error:
        return error.code, f"{error.headers}\n{error.read().decode()}"


def _run_commands(stack: AirflowStack, folder: Path, kubeconfig: str, mistaken: str) -> dict[str, str]:
    """Run every command on the DAG, on one with a mistake, and on a template that the server refuses."""
    (folder / "broken").mkdir()
    broken = folder / "broken" / "broken.py"
    broken.write_text(BROKEN.format(value=mistaken), encoding="utf-8")
    template = Path(stack.env["AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE"])
    pod = yaml.safe_load(template.read_text(encoding="utf-8"))
    pod["metadata"]["labels"]["note"] += " is no label"
    refused = folder / "refused.yaml"
    refused.write_text(yaml.safe_dump(pod), encoding="utf-8")
    dags = str(folder / "dags" / "watched.py")
    commands = [
        ["render", dags],
        ["render", dags, "-o", "table"],
        ["explain", dags, "--task", "wait", "-o", "json"],
        ["check", dags, "-o", "json"],
        ["lint", dags],
        ["render", str(broken)],
        ["lint", str(broken)],
        ["doctor"],
        ["usage"],
    ]
    outputs = {}
    for path in (template, refused):
        env = {
            **stack.env,
            "KUBECONFIG": str(kubeconfig),
            "COLUMNS": "1000",
            "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE": str(path),
        }
        for command in commands if path == template else [["check", dags]]:
            done = run(  # noqa: S603  # our own
                [str(BIN / "k8sexec"), *command],
                env=env,
                stdin=DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            words = [word.replace(dags, "").replace(str(folder), "") for word in command]
            name = f"k8sexec {' '.join(filter(None, words))} on {path.name}"
            outputs[name] = f"{done.returncode}\n{done.stdout}\n{done.stderr}"
    return outputs


needs_the_tab = pytest.mark.skipif(not HAS_POD_TAB, reason="the Pod tab is a tab of Airflow 3.1 and later")


@needs_the_tab
def test_a_viewer_reads_nothing_that_stands_in_the_clear(read: Read) -> None:
    """No page has the token of the workload, a value of the template, or a password in a declared value."""
    pages = {path: text.encode() for path, (_, text) in read.pages.items()}
    hidden = {**read.planted, "declared": DECLARED}
    assert {name: find_value(value, pages) for name, value in hidden.items()} == {name: [] for name in hidden}


@needs_the_tab
def test_the_pages_are_those_of_the_running_pod(read: Read) -> None:
    """The viewer sees the pod on the cluster and its own values; what is not there is not found."""
    statuses = {path: status for path, (status, _) in read.pages.items()}
    shown = [text for status, text in read.pages.values() if status == 200 and "The pod of this try" in text]
    assert shown
    for text in shown:
        assert "name: PGPASS" in text
        assert "value: debug" in text
        assert "&lt;hidden&gt;" in text
    assert statuses["without a login"] == 401
    assert statuses["not to be posted"] == 405
    assert [path for path, status in statuses.items() if status >= 500] == []
    assert [status for path, status in statuses.items() if "nothing" in path] == [404] * 4


def test_neither_logs_nor_commands_nor_the_database_have_what_stands_in_the_clear(read: Read) -> None:
    """Logs, events, XComs, the event log, metrics and the output of every command are free of it."""
    places = {name: content for name, content in read.places.items() if name != "pods"}
    assert b"k8sexec" in read.places["metrics"] or b"airflow" in read.places["metrics"]
    assert {name: find_value(value, places) for name, value in read.planted.items()} == {
        name: [] for name in read.planted
    }


def test_the_commands_have_done_their_work(read: Read) -> None:
    """What was searched is the output of commands that worked, or failed for the mistake that was made."""
    # Whether usage finds a record of the first try by then is a matter of time.
    codes = {
        name: text.partition(b"\n")[0]
        for name, text in read.places.items()
        if name.startswith("k8sexec") and "usage" not in name
    }
    # The planted secrets are what doctor finds in the template.
    bad = ("broken", "refused.yaml", "doctor")
    assert {name for name, code in codes.items() if code != b"0"} == {
        name for name in codes if any(word in name for word in bad)
    }
    (by_check,) = [text for name, text in read.places.items() if name == "k8sexec check on refused.yaml"]
    assert b"metadata.labels is refused by the server: Invalid value: <hidden>" in by_check


def test_an_error_about_a_variable_does_not_tell_its_value(read: Read) -> None:
    """A value in the wrong place of `env_vars` makes an error that names the variable alone."""
    errors = {name: text for name, text in read.places.items() if "broken" in name}
    assert len(errors) == 2
    assert all(b"env_vars['P']" in text for text in errors.values())
    assert find_value(read.mistaken, errors) == []


def test_the_search_finds_what_stands_in_the_pods(read: Read) -> None:
    """The same search finds every planted value where it has to be: in the pods themselves."""
    pods = {"pods": read.places["pods"]}
    assert {name: find_value(value, pods) for name, value in read.planted.items()} == {
        name: ["pods"] for name in read.planted
    }
