"""Airflow's own components on a real API server: every example DAG from trigger to success.

But for those that start pods of their own, which ``test_started_pods_run`` does.

All DAGs are triggered at once, in one deployment. The release is told as Astronomer's chart tells it, by
variables ``AIRFLOW__KUBERNETES_SECRETS__*``; no DAG file and no setting of this package names it.
"""

from __future__ import annotations

import copy
import hashlib
import json
import secrets
import shutil
import statistics
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pendulum
import pytest
from airflow_stack import BIN, AirflowStack, Site, run_stack
from attrs import frozen
from conftest import FIGURES
from leaks import find_value
from node import Node

from airflow_provider_k8sexec._compat import airflow_version
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY
from airflow_provider_k8sexec.pod.annotations import HISTORY_ANNOTATION
from airflow_provider_k8sexec.usage.cgroup import read_counters

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Cluster

HERE = Path(__file__).parent
EXAMPLES = HERE.parents[1] / "example_dags"
SECRET = "infrared-photon-7780-env"  # noqa: S105  # a secret's name
OF_THE_RUN = {
    *("run_id", "map_index", "airflow-worker", "airflow_executor_done"),
    *("execution_date", "logical_date", "task_instance_id", HISTORY_ANNOTATION),
}
"""Labels and annotations that are known when the task is queued, or later."""

KNOWN_LATER = {"example_sizes_at_run_time.load": ["1Gi", "4Gi", "2Gi"]}
"""The memory of mapped tasks that is the result of another task, by map index."""

STARTING_PODS = ("example_pod_operator.py", "example_taskflow_kubernetes.py")

RENDER = """
import json, sys
from airflow_provider_k8sexec import _compat
from airflow_provider_k8sexec.cli.output import kept_stdout
from airflow_provider_k8sexec.render.executor_pod import render_pod
with kept_stdout():
    dags = _compat.load_dag_bag(sys.argv[1]).dags.values()
    tasks = [task for dag in dags for task in dag.tasks]
    pods = [render_pod(task.dag_id, task.task_id, task.executor_config) for task in tasks]
print(json.dumps(pods))
"""
"""What ``k8sexec render`` does, whose output hides values of the pod template."""

# The server of these tests can be older than native sidecars, and drops what it does not know.
NEWER_THAN_THE_SERVER = {"example_sidecar.query: spec.initContainers.1.restartPolicy"}


@frozen
class Deployed:
    """A deployment whose DAGs have all run.

    Attributes:
        stack: Airflow.
        pods: The worker pods as the server showed them, with ``dag_id.task_id`` for each.
        rendered: The pods that ``k8sexec render`` merges in that deployment, by ``dag_id.task_id``.
        as_rendered: The same, as the server would have it.
        peaks: The most memory that the pods of each ``dag_id.task_id`` have had, where the node counts it.
        places: Everything that was written anywhere, by place.
        value: The value of ``MY_SECRET``, which DAGs use by this package.
        by_hand: The value of ``BY_HAND``, which a DAG uses by hand.
        forms: The values that a DAG gets by all ways that there are, and prints in many forms.
    """

    stack: AirflowStack
    pods: list[tuple[str, dict[str, Any]]]
    rendered: dict[str, dict[str, Any]]
    as_rendered: dict[str, dict[str, Any]]
    peaks: dict[str, list[int]]
    places: dict[str, bytes]
    value: str
    by_hand: str
    forms: dict[str, str]

    def log_of(self, name: str) -> str:
        """Give the log of a task, ``dag_id.task_id``."""
        dag_id, _, task_id = name.partition(".")
        logs = (self.stack.home / "logs").glob(f"dag_id={dag_id}/*/task_id={task_id}/**/*.log")
        return "\n".join(log.read_text(encoding="utf-8") for log in sorted(logs))


@pytest.fixture(scope="module")
def deployed(cluster: Cluster, tmp_path_factory: pytest.TempPathFactory) -> Deployed:
    """Give a deployment whose DAGs have all run."""
    from kubernetes.client import CoreV1Api

    api = CoreV1Api(cluster.client)
    folder, namespace = tmp_path_factory.mktemp("deployed"), cluster.create_namespace("end-to-end")
    value, by_hand = secrets.token_hex(16), secrets.token_hex(16)
    _create_what_the_dags_need(api, namespace, {"MY_SECRET": value, "BY_HAND": by_hand})
    forms = make_forms()
    api.create_namespaced_secret(namespace, {"metadata": {"name": "forms"}, "stringData": forms})
    dags = folder / "dags"
    shutil.copytree(EXAMPLES, dags, ignore=shutil.ignore_patterns("__pycache__", *STARTING_PODS))
    with (dags / "profiles.yaml").open("a", encoding="utf-8") as profiles:
        profiles.write(PROFILE)
    for file in (HERE / "dags").glob("secret_*.py"):
        shutil.copy(file, dags)
    settings = {f"AIRFLOW__KUBERNETES_SECRETS__{key}": f"{SECRET}={key}" for key in ("MY_SECRET", "BY_HAND")}
    settings["AIRFLOW__K8SEXEC__PROFILES_FILE"] = str(dags / "profiles.yaml")
    of_template = {"name": "OF_TEMPLATE", "valueFrom": {"secretKeyRef": {"name": "forms", "key": "token"}}}
    stack = AirflowStack(folder, Site(namespace, cluster.kubeconfig, dags, settings, [of_template]))
    rendered = _render(stack, dags)
    dag_ids = {name.partition(".")[0] for name in rendered}
    with Node(cluster.client, namespace, folder / "node", stack.image_env) as node, run_stack(stack):
        stack.wait_for_dags(dag_ids)
        # The schedule of test-secret, @once, is its trigger.
        stack.trigger(sorted(dag_ids - {"test-secret"}))
        stack.wait_for_runs(dag_ids, seconds=600)
    events = api.list_namespaced_event(namespace, _preload_content=False).data
    return Deployed(
        stack=stack,
        pods=[(_name_of(pod), pod) for pod in node.pods.values()],
        rendered=rendered,
        as_rendered={name: _as_the_server_has_it(cluster, pod) for name, pod in rendered.items()},
        peaks=_sort_by_task(node),
        places={
            **{
                str(file.relative_to(folder)): file.read_bytes()
                for file in folder.rglob("*")
                if file.is_file()
            },
            "database": stack.dump().encode(),
            "events": events,
            "pods": json.dumps(list(node.pods.values())).encode(),
        },
        value=value,
        by_hand=by_hand,
        forms=forms,
    )


PROFILE = """
with-a-secret:
  secrets: [{key: token, env: OF_PROFILE, name: forms}]
"""


def make_forms() -> dict[str, str]:
    """Make values whose parts are what tasks print: a key, JSON, and a line with its end."""
    body = [secrets.token_hex(32) for _ in range(6)]
    return {
        "key_pem": "\n".join(["-----BEGIN PRIVATE KEY-----", *body, "-----END PRIVATE KEY-----", ""]),
        "account_json": json.dumps({"users": [{"name": secrets.token_hex(8), "pin": secrets.token_hex(8)}]}),
        "token": f"{secrets.token_hex(16)}\n",
    }


def parts_of(forms: dict[str, str]) -> list[str]:
    """Give every part of those values that is a secret by itself."""
    (user,) = json.loads(forms["account_json"])["users"]
    return [*forms["key_pem"].splitlines()[1:-1], *user.values(), forms["token"].strip()]


def _create_what_the_dags_need(api: Any, namespace: str, content: dict[str, str]) -> None:
    api.create_namespaced_secret(namespace, {"metadata": {"name": SECRET}, "stringData": content})
    api.create_namespaced_service_account(namespace, {"metadata": {"name": "geo-reader"}})
    # A control for the search: an event that does tell a value.
    told = {"kind": "Secret", "namespace": namespace, "name": SECRET}
    event = {"metadata": {"name": "told"}, "involvedObject": told, "message": content["BY_HAND"]}
    api.create_namespaced_event(namespace, event)


def _render(stack: AirflowStack, dags: Path) -> dict[str, dict[str, Any]]:
    pods = json.loads(stack.run([str(BIN / "python"), "-c", RENDER, str(dags)]))
    return {_name_of(pod): pod for pod in pods}


def _name_of(pod: dict[str, Any]) -> str:
    annotations = pod["metadata"]["annotations"]
    return f"{annotations['dag_id']}.{annotations['task_id']}"


def _sort_by_task(node: Node) -> dict[str, list[int]]:
    peaks: dict[str, list[int]] = {}
    for uid, peak in node.peaks.items():
        peaks.setdefault(_name_of(node.pods[uid]), []).append(peak)
    return peaks


def _as_the_server_has_it(cluster: Cluster, pod: dict[str, Any]) -> dict[str, Any]:
    judged = cluster.ask(pod, pod["metadata"]["namespace"])
    return cluster.client.sanitize_for_serialization(judged)


def _as_declared(pod: dict[str, Any]) -> dict[str, Any]:
    """Take off a pod what only its run gives it."""
    metadata, spec = pod["metadata"], copy.deepcopy(pod["spec"])
    del spec["containers"][0]["args"]
    kept = {
        field: {name: value for name, value in metadata[field].items() if name not in OF_THE_RUN}
        for field in ("labels", "annotations")
    }
    return {"namespace": metadata["namespace"], **kept, "spec": spec}


def _lost(requested: Any, given: Any, path: str = "") -> Iterator[str]:
    """Tell the paths of what was asked and isn't given."""
    if isinstance(requested, dict):
        for name, value in requested.items():
            yield from _lost(value, given.get(name) if isinstance(given, dict) else None, f"{path}.{name}")
    elif isinstance(requested, list):
        for index, value in enumerate(requested):
            there = isinstance(given, list) and index < len(given)
            yield from _lost(value, given[index] if there else None, f"{path}.{index}")
    elif requested != given and not _is_same_amount(requested, given, path):
        yield path.removeprefix(".")


def _is_same_amount(requested: Any, given: Any, path: str) -> bool:
    is_amount = ".resources." in path or path.endswith(".sizeLimit")
    return is_amount and given is not None and Quantity(str(requested)) == Quantity(str(given))


def test_every_dag_goes_from_trigger_to_success(deployed):
    """Each run and each task instance is a success, at the first try, mapped ones included."""
    query = deployed.stack.query
    runs = query("SELECT dag_id, state, queued_at, end_date FROM dag_run")
    tasks = query("SELECT dag_id, task_id, map_index, state, try_number FROM task_instance")
    failed = [f"{dag}.{task}" for dag, task, _, state, tries in tasks if (state, tries) != ("success", 1)]
    assert not failed, "\n".join(deployed.log_of(name)[-3000:] for name in failed)
    assert {(dag, state) for dag, state, *_ in runs} == {
        (name.partition(".")[0], "success") for name in deployed.rendered
    }
    assert {f"{dag}.{task}" for dag, task, *_ in tasks} == set(deployed.rendered)
    times = [(pendulum.parse(begin), pendulum.parse(end)) for _, _, begin, end in runs]
    each = [(end - begin).total_seconds() for begin, end in times]
    everything = (max(end for _, end in times) - min(begin for begin, _ in times)).total_seconds()
    FIGURES.append(
        f"end to end, Airflow {airflow_version}: {len(runs)} DAGs, {len(tasks)} task instances, all at once; "
        f"from trigger to success {min(each):.0f} s (fastest DAG), {statistics.median(each):.0f} s (median), "
        f"{everything:.0f} s (all)"
    )


def test_every_task_instance_has_one_pod(deployed):
    """No pod is launched twice, and none for anything else."""
    tasks = deployed.stack.query("SELECT dag_id, task_id, map_index FROM task_instance")
    expected = Counter((f"{dag}.{task}", str(index) if index >= 0 else None) for dag, task, index in tasks)
    launched = Counter((name, pod["metadata"]["annotations"].get("map_index")) for name, pod in deployed.pods)
    assert launched == expected


def test_every_pod_is_exactly_the_rendered_one(deployed):
    """What `k8sexec render` merges is what the executor launches, but for what the run itself gives."""
    launched, expected = [], []
    for name, pod in deployed.pods:
        launched.append((name, _as_declared(pod)))
        expected.append((name, _as_declared(deployed.as_rendered[name])))
        if name in KNOWN_LATER:
            memory = KNOWN_LATER[name][int(pod["metadata"]["annotations"]["map_index"])]
            for side in expected[-1][1]["spec"]["containers"][0]["resources"].values():
                assert "memory" not in side
                side["memory"] = memory
    assert {name for name, _ in launched} == deployed.rendered.keys()
    assert launched == expected


def test_the_server_keeps_all_that_was_declared(deployed):
    """Nothing of a rendered pod is missing on the server, but for what this server is too old for."""
    lost = {
        f"{name}: {path}"
        for name, pod in deployed.rendered.items()
        for path in _lost(pod["spec"], deployed.as_rendered[name]["spec"], "spec")
    }
    assert lost <= NEWER_THAN_THE_SERVER


def test_the_search_for_what_the_server_lost_finds_it(deployed):
    """A field that differs, an item too few and an amount too small are found; an equal amount is not."""
    requested = deployed.rendered["example_gpu.train"]["spec"]
    given = copy.deepcopy(deployed.as_rendered["example_gpu.train"]["spec"])
    assert list(_lost(requested, given, "spec")) == []
    given["containers"][0]["resources"]["limits"]["memory"] = "15Gi"
    given["tolerations"].clear()
    del given["nodeSelector"]
    assert {path.split(".")[1] for path in _lost(requested, given, "spec")} == {
        "containers",
        "tolerations",
        "nodeSelector",
    }


def request_and_limit(**amounts: str) -> dict[str, dict[str, str]]:
    """Give resources whose requests are their limits."""
    return {"requests": amounts, "limits": amounts}


HALF_A_CORE = request_and_limit(cpu="500m", memory="1Gi")
GPU = request_and_limit(cpu="4", memory="16Gi", **{"nvidia.com/gpu": "1"})
MY_SECRET = {"name": "MY_SECRET", "valueFrom": {"secretKeyRef": {"name": SECRET, "key": "MY_SECRET"}}}
ITEMS = [{"key": "MY_SECRET", "path": "my_secret"}]
DECLARED = [
    (
        "example_kubernetes_executor_pod_override_sources.resource_requirements_override_example",
        "spec.containers.0.resources",
        HALF_A_CORE,
    ),
    (
        "example_kubernetes_executor_pod_override_sources.bash_resource_requirements_override_example",
        "spec.containers.0.resources",
        HALF_A_CORE,
    ),
    ("test-secret.test-py-env", "spec.containers.0.env.-1", MY_SECRET),
    (
        "test-secret.read_file",
        "spec.volumes.0.secret",
        {"secretName": SECRET, "items": ITEMS, "defaultMode": 0o644},
    ),
    ("test-secret.read_file", "spec.containers.0.volumeMounts.0.mountPath", "/run/secrets/my_secret"),
    (
        "example_gpu.train",
        "spec.containers.0.resources",
        GPU,
    ),
    ("example_gpu.train", "spec.nodeSelector", {"cloud.google.com/gke-accelerator": "nvidia-l4"}),
    (
        "example_gpu.train",
        "spec.tolerations.0",
        {"key": "nvidia.com/gpu", "operator": "Equal", "value": "present", "effect": "NoSchedule"},
    ),
    (
        "example_image_and_service_account.read_tiles",
        "spec.containers.0.image",
        "registry.example.com/data/airflow-geo:1.4.0",
    ),
    ("example_image_and_service_account.read_tiles", "spec.serviceAccountName", "geo-reader"),
    (
        "example_image_and_service_account.read_tiles",
        "spec.imagePullSecrets",
        [{"name": "registry-example-com"}],
    ),
    ("example_layered_defaults.heavy.report", "metadata.labels.team", "finance"),
    (
        "example_profiles.train",
        "spec.containers.0.resources.limits",
        {"cpu": "4", "memory": "20Gi", "nvidia.com/gpu": "1"},
    ),
    (
        "example_profiles.train",
        "spec.nodeSelector",
        {"cloud.google.com/gke-accelerator": "nvidia-tesla-a100"},
    ),
    ("example_layered_defaults.heavy.report", "metadata.labels.tier", "batch"),
    (
        "example_layered_defaults.heavy.report",
        "spec.containers.0.resources.requests",
        {"cpu": "2", "memory": "8Gi"},
    ),
    (
        "example_mapped_tasks.load_large",
        "spec.containers.0.resources.limits",
        {"cpu": "250m", "memory": "4Gi"},
    ),
    ("example_mapped_tasks.load", "spec.containers.0.env.-1", MY_SECRET),
    ("example_pod_template.task_with_template", "spec.nodeSelector", {"example.com/disk": "large"}),
    ("example_pod_template.task_with_template", "spec.containers.0.resources.limits", {"memory": "2Gi"}),
    ("example_empty_dir.sort_on_disk", "spec.volumes.0.emptyDir", {"sizeLimit": "5Gi"}),
    ("example_empty_dir.sort_on_disk", "spec.volumes.-1.emptyDir.medium", "Memory"),
    (
        "example_per_try.aggregate",
        "spec.containers.0.resources",
        request_and_limit(cpu="500m", memory="1Gi"),
    ),
    ("example_per_try.train", "spec.nodeSelector", {"karpenter.sh/capacity-type": "spot"}),
    ("example_sidecar.query", "spec.initContainers.0.name", "seed"),
    ("example_sidecar.query", "spec.initContainers.1.name", "proxy"),
]


@pytest.mark.parametrize(("name", "path", "value"), DECLARED)
def test_a_pod_on_the_server_has_what_its_dag_file_says(deployed, name, path, value):
    """Resources, references, volumes, labels and the rest, written out here from the DAG files by hand."""
    pods = [pod for found, pod in deployed.pods if found == name]
    assert pods
    for pod in pods:
        found: Any = pod
        for step in path.split("."):
            found = found[int(step)] if isinstance(found, list) else found[step]
        assert found == value


@pytest.mark.parametrize("task", ["of_variable", "of_file"])
def test_the_secrets_value_is_that_of_the_server_and_hidden_in_the_log(deployed, task):
    """The task gets the value of the deployment's secret; where it prints it, the log has ***."""
    expected = hashlib.sha256(deployed.value.encode()).hexdigest()
    assert f"*** has the digest {expected}" in deployed.log_of(f"secret_digest.{task}")


def test_the_seeds_dag_logs_stars(deployed):
    """What Astronomer's page shows, a task that prints the secret, has *** in its log, and the value not."""
    log = deployed.log_of("test-secret.test-py-env")
    assert "***" in log
    assert deployed.value not in log


NOT_OURS = {"secret-by-hand.print", "secret_forms.by_hand", "secret_forms.of_template"}
"""Tasks without pod options."""


def test_every_task_of_ours_says_what_it_has_used(deployed):
    """The line stands in each task's log, and its record is what the node has counted, within 10 %."""
    ours = set(deployed.rendered) - NOT_OURS
    reporting = ours if deployed.peaks or read_counters() else set()
    told = {name for name in deployed.rendered if "memory: peak " in deployed.log_of(name)}
    assert told == reporting
    rows = deployed.stack.query(f"SELECT dag_id, task_id, value FROM xcom WHERE key = '{USAGE_KEY}'")  # noqa: S608
    records: dict[str, list[int]] = {}
    for dag_id, task_id, value in rows:
        records.setdefault(f"{dag_id}.{task_id}", []).append(json.loads(value)["memory_peak"])
    assert records.keys() == reporting
    for name, peaks in deployed.peaks.items():
        assert sorted(records.get(name, peaks)) == pytest.approx(sorted(peaks), rel=0.1)


def test_usage_sums_up_what_the_tasks_have_left(deployed):
    """In the deployment, `k8sexec usage` has each task of ours, with what its DAG file asks for."""
    said = deployed.stack.run([str(BIN / "k8sexec"), "usage", "-o", "json"]) if deployed.peaks else "[]"
    tasks = {f"{task['dag_id']}.{task['task_id']}": task for task in json.loads(said)}
    assert tasks.keys() == deployed.peaks.keys() - NOT_OURS
    if tasks:
        report = tasks["example_layered_defaults.heavy.report"]
        assert (report["memory"]["request"], report["cpu"]["request"], report["runs"]) == (8 * 2**30, 2, 1)
        assert report["memory"]["suggested"] is None  # one run is too few


def test_the_secrets_value_is_nowhere(deployed):
    """No file of the deployment, no database row, no pod and no event has the value, however encoded."""
    assert find_value(deployed.value, deployed.places) == []


def test_the_search_finds_a_value_that_leaks(deployed):
    """The same search finds the value of a DAG by hand: in its logs, in the database, in an event."""
    found = find_value(deployed.by_hand, deployed.places)
    assert {"database", "events"} <= set(found)
    assert any(place.startswith("airflow/logs/") for place in found)
    assert any(place.startswith("node/logs/") for place in found)
    assert find_value(SECRET, deployed.places).count("pods") == 1


def test_a_secret_by_hand_is_hidden_in_the_logs(deployed):
    """A hand-written override needs no option of this package: the log of its task has ***."""
    assert "***" in deployed.log_of("secret-by-hand.print")
    assert logs_with(deployed, deployed.by_hand) == []


WAYS = ["options", "by_hand", "of_profile", "of_template"]


@pytest.mark.parametrize("way", WAYS)
def test_a_task_prints_its_secrets_and_the_log_has_none(deployed, way):
    """By options, overrides, profiles, the template: by line, as repr, stripped, from JSON, from files."""
    log = deployed.log_of(f"secret_forms.{way}")
    assert f"{way} has printed" in log
    assert "***" in log
    assert [part for part in parts_of(deployed.forms) if part in log] == []


def test_no_log_of_any_pod_has_a_part_of_a_secret(deployed):
    """Neither Airflow's logs nor what the pods wrote to their own output has one."""
    parts = parts_of(deployed.forms)
    found = {place for part in parts for place in logs_with(deployed, part)}
    assert found == set()


def logs_with(deployed: Deployed, text: str) -> list[str]:
    """Give the logs, of Airflow and of pods, that have a text as it is."""
    logs = {place: content for place, content in deployed.places.items() if place.endswith(".log")}
    assert len(logs) > len(deployed.rendered)
    return [place for place, content in logs.items() if text.encode() in content]
