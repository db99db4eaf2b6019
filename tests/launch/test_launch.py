"""What the pod mutation hook sets right on a worker pod that Airflow has merged, and what it leaves alone."""

from __future__ import annotations

import copy
import json
import logging
import sys
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from airflow.settings import pod_mutation_hook
from executor_pods import construct_pod
from hypothesis import given
from hypothesis import strategies as st
from kubernetes.client import ApiClient
from kubernetes.client import models as k8s
from properties import examples

from airflow_provider_k8sexec import EmptyDir, ImageVolume, ResourceClaimTemplate, k8s_config, per_try
from airflow_provider_k8sexec.executor_names import NAMES_VARIABLE
from airflow_provider_k8sexec.launch import hook as launch
from airflow_provider_k8sexec.launch.hook import begin_launch, end_launch
from airflow_provider_k8sexec.launch.recent import Recent
from airflow_provider_k8sexec.pod.amend import SECRET_NAME_VARIABLE, Amendments
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod

if TYPE_CHECKING:
    from collections.abc import Callable

SECRET = "infrared-photon-7780-env"  # noqa: S105  # a secret's name
REFERENCE = {"secretKeyRef": {"name": SECRET, "key": "A"}}
MARKER = {"name": "AIRFLOW_IS_K8S_EXECUTOR_POD", "value": "True"}
WORKER = {"dag_id": "a_dag", "task_id": "a_task", "try_number": "1"}
SITE_AFFINITY = {"podAntiAffinity": {}}
ZONE = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "Exists"}]}]
        }
    }
}


def template_of(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """Write a pod template."""
    first, *others = containers or ({},)
    base = {"name": "base", "image": "of-the-template", **first}
    return {"apiVersion": "v1", "kind": "Pod", "spec": {"containers": [base, *others], **spec}}


def merge(
    config: dict[str, Any] | None = None, template: dict[str, Any] | None = None, try_number: int = 1
) -> k8s.V1Pod:
    """Merge a pod as the KubernetesExecutor does, with no hook."""
    return construct_pod(
        PodGenerator.from_obj(config), build_v1_pod(template or template_of()), try_number=try_number
    )


def by_hand(*containers: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """Write an override as people do who have nothing else."""
    return {"pod_override": build_v1_pod({"spec": {"containers": list(containers), **spec}})}


def written(pod: k8s.V1Pod) -> dict[str, Any]:
    """Write a pod as the API server gets it."""
    return ApiClient().sanitize_for_serialization(pod)


def launched(*args: Any, **kwargs: Any) -> dict[str, Any]:
    """Merge a pod, let Airflow call all hooks, that of this package among them, and write it."""
    pod = merge(*args, **kwargs)
    pod_mutation_hook(pod)
    return written(pod)


def env_of(pod: dict[str, Any]) -> list[dict[str, Any]]:
    """Give the variables of the worker's container, without those that the executor and the hook add."""
    added = (MARKER["name"], SECRET_NAME_VARIABLE, NAMES_VARIABLE)
    return [item for item in pod["spec"]["containers"][0]["env"] if item["name"] not in added]


# -- amounts of each try


def resources_at(try_number: int, **options: Any) -> dict[str, dict[str, str]]:
    """Give the resources of a try's pod."""
    pod = launched(k8s_config(**options), try_number=try_number)
    return pod["spec"]["containers"][0].get("resources", {})


@pytest.mark.parametrize(
    ("try_number", "memory"), [(1, "1Gi"), (2, "2Gi"), (3, "4Gi"), (4, "4Gi"), (99, "4Gi")]
)
def test_each_try_has_its_amount_and_later_ones_the_last(try_number: int, memory: str) -> None:
    """The pod has what per_try says for its try; what has no ladder is the same at each."""
    amounts = {"cpu": "2", "memory": memory}
    expected = {"requests": amounts, "limits": amounts}
    assert resources_at(try_number, cpu=2, memory=per_try("1Gi", "2Gi", "4Gi")) == expected


def test_each_resource_has_a_ladder_of_its_own() -> None:
    """Ladders may differ in length, in sides, and in the resource."""
    options = {
        "cpu": per_try(1, (1, 4)),
        "memory": per_try.doubling("1Gi", up_to="3Gi"),
        "ephemeral_storage": per_try((None, "1Gi"), ("1Gi", None)),
        "gpu": {"amd.com/gpu": per_try(1, 2, 0), "nvidia.com/gpu": 1},
    }
    second, third = resources_at(2, **options), resources_at(3, **options)
    assert second == {
        "requests": {
            "cpu": "1",
            "memory": "2Gi",
            "ephemeral-storage": "1Gi",
            "amd.com/gpu": "2",
            "nvidia.com/gpu": "1",
        },
        "limits": {"cpu": "4", "memory": "2Gi", "amd.com/gpu": "2", "nvidia.com/gpu": "1"},
    }
    assert third["limits"] == {"cpu": "4", "memory": "3Gi", "nvidia.com/gpu": "1"}


def test_a_device_that_the_first_try_has_not_comes_with_the_second() -> None:
    """The override of the first try has no resources at all, and the pod's come from the ladder alone."""
    assert resources_at(1, gpu=per_try(0, 1)) == {}
    assert resources_at(2, gpu=per_try(0, 1)) == {
        "requests": {"nvidia.com/gpu": "1"},
        "limits": {"nvidia.com/gpu": "1"},
    }


def test_an_amount_that_another_hook_has_changed_is_left_alone(caplog: pytest.LogCaptureFixture) -> None:
    """A site that caps memory in a hook of its own caps it at every try, and the log says why."""
    pod = merge(k8s_config(memory=per_try("1Gi", "8Gi")), try_number=2)
    pod.spec.containers[0].resources.limits["memory"] = "512Mi"
    with caplog.at_level(logging.INFO, launch.__name__):
        begin_launch(pod)
    assert written(pod)["spec"]["containers"][0]["resources"]["limits"] == {"memory": "512Mi"}
    assert "memory is not the amount of try 2, because another hook changed it" in caplog.text


def test_an_inner_amount_replaces_the_whole_ladder_of_an_outer_config() -> None:
    """A ladder of default_args is gone where the task says one amount, also if a plain dict carried it."""
    outer = dict(k8s_config(memory=per_try("1Gi", "2Gi"), cpu=per_try(1, 2)))
    inner = k8s_config(memory="8Gi", pod_override=outer["pod_override"])
    pod = launched(inner, try_number=2)
    amounts = {"memory": "8Gi", "cpu": "2"}
    assert pod["spec"]["containers"][0]["resources"] == {"requests": amounts, "limits": amounts}
    assert json.loads(pod["metadata"]["annotations"]["k8sexec/per-try"]) == {"cpu": [["1", "1"], ["2", "2"]]}


def test_the_ladder_is_on_the_pod() -> None:
    """Whoever looks at the pod sees all the amounts, in an annotation that is the same at every parse."""
    config = k8s_config(memory=per_try("1Gi", ("1Gi", "4Gi")), cpu=per_try(1, 2))
    assert launched(config)["metadata"]["annotations"]["k8sexec/per-try"] == (
        '{"cpu": [["1", "1"], ["2", "2"]], "memory": [["1Gi", "1Gi"], ["1Gi", "4Gi"]]}'
    )


# -- what stands twice


@pytest.mark.parametrize(
    ("of_template", "of_task", "expected"),
    [
        pytest.param(
            [("A", "1"), ("B", "$(A)/b")],
            [("A", "2")],
            [("B", "1/b"), ("A", "2")],
            id="the task's value, and another that is made of the template's",
        ),
        pytest.param(
            [("A", "1"), ("B", "b")],
            [("C", "c"), ("A", "$(C)")],
            [("B", "b"), ("C", "c"), ("A", "$(C)")],
            id="below what it refers to",
        ),
        pytest.param([("A", "1")], [("A", "$(A):2")], [("A", "1:2")], id="made of the one before"),
        pytest.param([("A", "1"), ("A", "2")], [("A", "3"), ("A", "4")], [("A", "4")], id="many times"),
        pytest.param([("A", "1")], [("B", "2")], [("A", "1"), ("B", "2")], id="nothing twice"),
    ],
)
def test_a_variable_of_template_and_task_is_the_tasks(
    of_template: list[tuple[str, str]], of_task: list[tuple[str, str]], expected: list[tuple[str, str]]
) -> None:
    """Each is defined once, with the task's value, and ``$(NAME)`` is what it was."""
    env = [[{"name": name, "value": value} for name, value in side] for side in (of_template, of_task)]
    pod = launched(by_hand({"name": "base", "env": env[1]}), template_of({"env": env[0]}))
    assert [(item["name"], item["value"]) for item in env_of(pod)] == expected


def test_a_secret_variable_that_the_template_has_too_stands_once() -> None:
    """On Astronomer Software the chart's template has every variable of the deployment already."""
    variable = {"name": "A", "valueFrom": REFERENCE}
    pod = launched(k8s_config(secrets=["A"]), template_of({"env": [variable]}))
    assert env_of(pod) == [variable]


def test_mounts_and_volumes_of_template_and_task_are_the_tasks() -> None:
    """A path and a volume's name stand once: the server refuses a pod where they do twice."""
    mounts = [{"name": "old", "mountPath": "/a"}, {"name": "old", "mountPath": "/b"}]
    of_template = template_of(
        {"volumeMounts": mounts}, volumes=[{"name": "old", "emptyDir": {}}, {"name": "o"}]
    )
    new = {"name": "old", "emptyDir": {"medium": "Memory"}}
    of_task = by_hand(
        {"name": "base", "volumeMounts": [{"name": "new", "mountPath": "/a"}]}, volumes=[new, {"name": "new"}]
    )
    spec = launched(of_task, of_template)["spec"]
    assert spec["containers"][0]["volumeMounts"] == [{"name": "new", "mountPath": "/a"}, mounts[1]]
    assert spec["volumes"] == [new, {"name": "o"}, {"name": "new"}]


def test_other_containers_are_resolved_too() -> None:
    """Airflow merges sidecars and init containers likewise, and the server judges them likewise."""
    twice = [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]
    template = template_of(
        {}, {"name": "proxy", "image": "p", "env": twice}, initContainers=[{"name": "i", "env": twice}]
    )
    spec = launched(None, template)["spec"]
    assert spec["containers"][1]["env"] == spec["initContainers"][0]["env"] == twice[1:]


# -- base in its place


def test_a_worker_that_an_override_has_renamed_is_base_again() -> None:
    """A typing error in the name of the only container renames the worker; Airflow looks for base."""
    pod = launched(by_hand({"name": "bsae", "env": [{"name": "A", "value": "1"}]}))
    (container,) = pod["spec"]["containers"]
    assert container["name"] == "base"
    assert container["args"] == ["airflow", "tasks", "run"]


def test_a_worker_that_is_not_the_first_comes_first() -> None:
    """Where another hook has put a sidecar before it."""
    pod = merge()
    pod.spec.containers.insert(0, k8s.V1Container(name="proxy"))
    Amendments().amend(pod)
    assert [item.name for item in pod.spec.containers] == ["base", "proxy"]


def test_a_sidecar_in_the_workers_place_is_said(caplog: pytest.LogCaptureFixture) -> None:
    """An override that lists a sidecar first merges it into the worker, and nobody can part them again."""
    config = by_hand({"name": "proxy", "image": "proxy:1"}, {"name": "base"})
    before = written(merge(config))
    with caplog.at_level(logging.INFO, launch.__name__):
        after = launched(config)
    assert after == before
    assert "the container 'proxy' would run the task" in caplog.text
    assert "write 'base' first" in caplog.text


# -- what replaces the template's, and what joins it


def test_placement_host_aliases_and_claims_replace_the_templates() -> None:
    """Airflow's merge takes the task's list, and the template's where the task has none; volumes join."""
    spread = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
    options: Any = {
        "topology_spread_constraints": [spread],
        "host_aliases": {"10.0.0.1": ["db"]},
        "pod_resources": {"cpu": (1, 2)},
        "resource_claims": {"gpu": ResourceClaimTemplate("a100")},
        "volumes": {"/model": ImageVolume("model:1")},
        "disruption": "avoid",
    }
    template = template_of(
        topologySpreadConstraints=[{**spread, "topologyKey": "node"}],
        hostAliases=[{"ip": "10.0.0.2", "hostnames": ["of-the-template"]}],
        resources={"limits": {"cpu": "8"}},
        volumes=[{"name": "logs", "emptyDir": {}}],
    )
    template["metadata"] = {"annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "true"}}
    pod = launched(k8s_config(**options), template)
    spec, base = pod["spec"], pod["spec"]["containers"][0]
    assert spec["topologySpreadConstraints"] == [spread]
    assert spec["hostAliases"] == [{"ip": "10.0.0.1", "hostnames": ["db"]}]
    assert spec["resources"] == {"requests": {"cpu": "1"}, "limits": {"cpu": "2"}}
    assert spec["resourceClaims"] == [{"name": "gpu", "resourceClaimTemplateName": "a100"}]
    assert base["resources"] == {"claims": [{"name": "gpu"}]}
    assert {volume["name"]: [*volume] for volume in spec["volumes"]} == {
        "logs": ["emptyDir", "name"],
        "k8sexec-model": ["image", "name"],
    }
    assert pod["metadata"]["annotations"]["cluster-autoscaler.kubernetes.io/safe-to-evict"] == "false"
    assert pod["metadata"]["annotations"]["karpenter.sh/do-not-disrupt"] == "true"
    kept = launched(k8s_config(cpu=1), template)["spec"]
    assert kept["hostAliases"] == template["spec"]["hostAliases"]
    assert kept["topologySpreadConstraints"] == template["spec"]["topologySpreadConstraints"]


# -- what other hooks lose


def chart_hook(pod: k8s.V1Pod) -> None:
    """Do to a pod what the hook of Astronomer's chart does, as far as affinity goes."""
    if pod.spec.affinity:
        pod.spec.affinity = pod.spec.affinity.to_dict().update(SITE_AFFINITY)
    else:
        pod.spec.affinity = SITE_AFFINITY


def hooked(pod: k8s.V1Pod, hook: Callable[[k8s.V1Pod], object]) -> dict[str, Any]:
    """Launch a merged pod with a hook of the site's."""
    begun = begin_launch(pod)
    hook(pod)
    end_launch(pod, begun)
    return written(pod)


def test_an_affinity_that_the_charts_hook_loses_is_the_tasks_again() -> None:
    """dict.update gives None, so the chart's hook leaves a task with an affinity without any."""
    pod = merge(k8s_config(affinity=ZONE))
    chart_hook(copy.deepcopy(pod))
    assert hooked(pod, chart_hook)["spec"]["affinity"] == ZONE


@pytest.mark.parametrize("options", [{}, {"affinity": ZONE}])
@pytest.mark.parametrize("given", [SITE_AFFINITY, {}, k8s.V1Affinity()])
def test_an_affinity_that_another_hook_gives_stays(options: dict[str, Any], given: object) -> None:
    """What a site sets is the site's, an empty affinity as well: only None is one that was lost."""

    def hook(pod: k8s.V1Pod) -> None:
        pod.spec.affinity = given

    pod = merge(k8s_config(**options))
    hooked(pod, hook)
    assert pod.spec.affinity is given


def test_what_a_hook_adds_twice_stands_once_and_is_the_hooks() -> None:
    """A mount path or volume twice is refused by the API server; the hook's own stays, wherever it is."""

    def hook(pod: k8s.V1Pod) -> None:
        base = pod.spec.containers[0]
        base.volume_mounts.insert(0, k8s.V1VolumeMount(name="of-the-site", mount_path="/scratch"))
        pod.spec.volumes.insert(0, k8s.V1Volume(name="k8sexec-scratch", host_path={"path": "/site"}))

    pod = hooked(merge(k8s_config(volumes={"/scratch": EmptyDir()})), hook)
    (mount,) = pod["spec"]["containers"][0]["volumeMounts"]
    (volume,) = pod["spec"]["volumes"]
    assert mount["name"] == "of-the-site"
    assert "hostPath" in volume


def test_an_empty_list_of_the_task_empties_the_templates() -> None:
    """Tolerations, node selectors and the like that an override empties are empty on the pod."""
    template = template_of(
        tolerations=[{"key": "airflow"}], nodeSelector={"disk": "ssd"}, imagePullSecrets=[{"name": "r"}]
    )
    emptied = {"tolerations": [], "nodeSelector": {}, "imagePullSecrets": []}
    config = k8s_config(pod_override={"spec": {"containers": [{"name": "base"}], **emptied}})
    spec = launched(config, template)["spec"]
    assert {name: spec[name] for name in emptied} == emptied


def test_an_empty_list_of_what_airflow_appends_empties_nothing() -> None:
    """No volumes and no variables of the task's own are no wish to lose those of the template."""
    template = template_of(
        {
            "env": [{"name": "A", "value": "1"}],
        },
        volumes=[{"name": "v"}],
    )
    base = {"name": "base", "env": [], "volumeMounts": []}
    spec = launched(k8s_config(pod_override={"spec": {"containers": [base], "volumes": []}}), template)[
        "spec"
    ]
    assert spec["volumes"] == [{"name": "v"}]
    assert spec["containers"][0]["env"][0] == {"name": "A", "value": "1"}


# -- the deployment's secret


@pytest.mark.parametrize(
    "options",
    [
        {"secrets": ["A"]},
        {"env_from": [f"secret/{SECRET}"]},
        {"volumes": {"/a": {"secret": {"secretName": SECRET}}}},
        {"volumes": {"/a": {"projected": {"sources": [{"secret": {"name": SECRET}}]}}}},
    ],
    ids=["a variable", "all variables", "files", "files among others"],
)
def test_a_worker_that_uses_the_deployments_secret_knows_its_name(options: dict[str, Any]) -> None:
    """A worker of Airflow 2.11 writes its executor_config back, and must find what was found before."""
    (variable,) = [
        item
        for item in launched(k8s_config(**options))["spec"]["containers"][0]["env"]
        if item["name"] == "AIRFLOW__K8SEXEC__SECRET_NAME"
    ]
    assert variable["value"] == SECRET


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"env_vars": {"A": SECRET}},
        {"secrets": [__import__("airflow_provider_k8sexec").Secret("A", name="another")]},
    ],
    ids=["no secret", "a value that looks like it", "another secret"],
)
def test_a_worker_without_the_secret_is_told_nothing(options: dict[str, Any]) -> None:
    """No other pod gets a variable that its author did not ask for."""
    names = [item["name"] for item in launched(k8s_config(**options))["spec"]["containers"][0]["env"]]
    assert "AIRFLOW__K8SEXEC__SECRET_NAME" not in names


def test_a_worker_that_is_told_already_is_not_told_again() -> None:
    """What the pod template says of it stands."""
    told = {"name": "AIRFLOW__K8SEXEC__SECRET_NAME", "value": "of-the-template"}
    pod = launched(k8s_config(secrets=["A"]), template_of({"env": [told]}))
    assert [
        item["value"] for item in pod["spec"]["containers"][0]["env"] if item["name"] == told["name"]
    ] == ["of-the-template"]


def test_settings_that_are_wrong_fail_no_pod(configure: Any) -> None:
    """They are reported where DAGs are parsed; a pod is launched as with the settings that are right."""
    config = k8s_config(secrets=["A"])
    pod, other = merge(config), merge(config)
    pod_mutation_hook(other)
    configure(platform="moon")
    pod_mutation_hook(pod)
    assert pod == other
    assert len(pod.spec.containers[0].env) > len(merge(config).spec.containers[0].env)


def test_the_worker_is_given_the_names_of_all_that_comes_from_secrets() -> None:
    """Options, hand-written overrides and the template count alike; a sidecar's secrets do not."""
    files = {"name": "tls", "secret": {"secretName": "tls"}}
    template = template_of(
        {
            "env": [{"name": "OF_TEMPLATE", "valueFrom": REFERENCE}, {"name": "LEVEL", "value": "debug"}],
            "volumeMounts": [{"name": "tls", "mountPath": "/run/tls"}],
        },
        {"name": "sidecar", "env": [{"name": "OF_SIDECAR", "valueFrom": REFERENCE}]},
        volumes=[files],
    )
    by_hand = {
        "spec": {"containers": [{"name": "base", "env": [{"name": "OF_HAND", "valueFrom": REFERENCE}]}]}
    }
    config = k8s_config(
        secrets=["A", {"key": "B", "file": "/run/b"}],
        env_vars={"C": REFERENCE, "D": "literal"},
        env_from=["secret/db"],
        pod_override=by_hand,
    )
    env = {item["name"]: item for item in launched(config, template)["spec"]["containers"][0]["env"]}
    names = json.loads(env[NAMES_VARIABLE]["value"])
    assert names["variables"] == ["A", "C", "OF_HAND", "OF_TEMPLATE"]
    assert names["prefixes"] == [""]
    assert {"D", "LEVEL", MARKER["name"]} <= set(names["others"])
    assert names["paths"] == ["/run/b", "/run/tls"]


# -- which pods, and the log


def twice() -> list[k8s.V1EnvVar]:
    """Give a variable twice."""
    return [k8s.V1EnvVar(name="A", value="1"), k8s.V1EnvVar(name="A", value="2")]


def test_pods_of_the_pod_operator_are_left_alone() -> None:
    """They are the author's own, as KubernetesPodOperator builds them, also in the chart's words."""
    operators = pytest.importorskip("airflow.providers.cncf.kubernetes.operators.pod")
    operator = operators.KubernetesPodOperator(
        task_id="a_task", name="a", image="busybox", env_vars=twice(), labels={"kubernetes_executor": "True"}
    )
    operator.hook = SimpleNamespace(is_in_cluster=False, get_namespace=lambda: "default")  # no cluster
    pod = operator.build_pod_request_obj()
    before = copy.deepcopy(pod)
    assert begin_launch(pod) is None
    assert pod == before


@pytest.mark.parametrize("missing", ["dag_id", "task_id", "try_number", "airflow-worker"])
def test_a_pod_that_lacks_a_mark_of_the_executor_is_left_alone(missing: str) -> None:
    """The executor marks its pods with all four; any other pod is somebody else's."""
    pod = merge()
    pod.spec.containers[0].env = twice()
    pod.metadata.annotations.pop(missing, None)
    if missing == "airflow-worker":
        del pod.metadata.labels[missing]
    before = copy.deepcopy(pod)
    assert begin_launch(pod) is None
    assert pod == before


def test_a_pod_that_is_only_shown_is_left_alone() -> None:
    """Airflow merges pods to show them, with a number of a scheduler that there is not."""
    pod = merge()
    pod.metadata.labels["airflow-worker"] = "0"
    pod.spec.containers[0].env = twice()
    before = copy.deepcopy(pod)
    pod_mutation_hook(pod)
    assert pod == before


def test_a_worker_leaves_its_own_pod_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """Airflow 2.11 merges a worker's pod in the worker, to store what it shows."""
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    pod = merge()
    pod.spec.containers[0].env = twice()
    before = copy.deepcopy(pod)
    pod_mutation_hook(pod)
    assert pod == before


@pytest.mark.parametrize(
    "labels",
    [
        {"airflow-worker": "0"},
        {"airflow-worker": None},
        {"airflow-worker": 0},
        {"airflow_kpo_in_cluster": "True"},
    ],
    ids=str,
)
def test_no_label_of_an_override_makes_a_scheduler_pass_a_pod_over(
    monkeypatch: pytest.MonkeyPatch, labels: dict[str, Any]
) -> None:
    """An override may replace what the executor's labels say, and cannot take them away."""
    monkeypatch.setitem(sys.modules, "airflow.cli.commands.scheduler_command", sys)
    pod = merge()
    pod.metadata.labels |= labels
    assert begin_launch(pod) is not None


def test_what_was_changed_is_logged_once_for_each_task(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One line names the task and all that was changed; the next pods of the task say nothing new."""
    monkeypatch.setattr(launch, "_logged", Recent(1))
    template = template_of({"env": [{"name": "A", "value": "1"}, {"name": "B", "value": "1"}]})
    config = by_hand({"name": "bsae", "env": [{"name": "B", "value": "2"}, {"name": "A", "value": "2"}]})
    with caplog.at_level(logging.INFO, launch.__name__):
        for _ in range(3):
            launched(config, template)
    assert [record.getMessage() for record in caplog.records] == [
        (
            "Pod of task 'a_task' of DAG 'a_dag': the worker's container was called 'bsae', and is now "
            "'base'; A, B are defined twice in the environment variables of the container 'base', and the "
            "last definition is kept."
        )
    ]


def test_no_value_of_a_variable_is_logged(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Values may be passwords; names are all that the log has."""
    monkeypatch.setattr(launch, "_logged", Recent(1))
    env = [{"name": "A", "value": "hunter2"}, {"name": "A", "value": "hunter3"}]
    with caplog.at_level(logging.INFO, launch.__name__):
        launched(by_hand({"name": "base", "env": env}))
    assert "A is defined twice" in caplog.text
    assert "hunter" not in caplog.text


# -- odd shapes

ODD: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | st.integers(-1, 3) | st.sampled_from(["", "base", "A", "$(A)", "1Gi"]),
    lambda inner: (
        st.lists(inner, max_size=2)
        | st.dictionaries(
            st.sampled_from(
                ["name", "env", "value", "volume_mounts", "mountPath", "volumes", "requests", "limits"]
            ),
            inner,
            max_size=3,
        )
    ),
    max_leaves=6,
)
NOTE = st.one_of(
    st.sampled_from(
        [
            "",
            "null",
            "[]",
            "{",
            '{"spec": 1}',
            '{"spec": {"affinity": 3, "no such field": 1, "hostNetwork": null}, "container": {"name": null}}',
            '{"memory": []}',
            '{"memory": [1, null]}',
            '{"memory": [["1Gi"], [1, 2, 3]]}',
            '{"memory": [["1Gi", "1Gi"], [null, {}]]}',
            '{"memory": {"1": 2}}',
            "[" * 100_000,
        ]
    ),
    ODD,
)


@examples(400)
@given(st.data())
def test_no_shape_of_a_pod_raises(data: st.DataObject) -> None:
    """Whatever other hooks leave, dictionaries for models and None for anything, the pod is launched."""
    config = k8s_config(
        secrets=["A"], memory=per_try("1Gi", "2Gi"), affinity=ZONE, volumes={"/a": {"emptyDir": {}}}
    )
    pod = merge(config, template_of({"env": [{"name": "A", "value": "1"}]}), try_number=2)
    for holder, names in (
        (pod.spec.containers[0], ("env", "volume_mounts", "resources")),
        (pod.spec, ("containers", "init_containers", "volumes", "affinity")),
        (pod, ("spec",)),
    ):
        for name in data.draw(st.lists(st.sampled_from(names), max_size=1)):
            vars(holder)[f"_{name}"] = data.draw(ODD)
    for annotation in ("k8sexec/exact", "k8sexec/per-try", "try_number"):
        if data.draw(st.booleans()):
            pod.metadata.annotations[annotation] = data.draw(NOTE)
    odd = data.draw(st.sampled_from(["model", "camelCase", "snake_case"]))
    shaped = {"model": lambda: pod, "camelCase": lambda: written(pod), "snake_case": pod.to_dict}[odd]()
    Amendments().amend(shaped)


@pytest.mark.parametrize(
    "pod", [None, {}, [], "pod", 1, k8s.V1Pod(), {"metadata": None}, {"metadata": {"annotations": 1}}]
)
def test_what_is_no_pod_raises_nothing(pod: Any) -> None:
    """Nor does anything that is no worker pod at all."""
    Amendments().amend(pod)


@pytest.mark.parametrize("shape", ["model", "camelCase", "snake_case"])
def test_a_pod_of_dictionaries_is_set_right_like_one_of_models(shape: str) -> None:
    """In Kubernetes's words or in Python's, the variables, mounts and amounts are those of the task."""
    config = k8s_config(secrets=["A"], memory=per_try("1Gi", "2Gi"), volumes={"/a": {"emptyDir": {}}})
    template = template_of(
        {"env": [{"name": "A", "value": "1"}], "volumeMounts": [{"name": "k8sexec-a", "mountPath": "/a"}]},
        volumes=[{"name": "k8sexec-a", "emptyDir": {"medium": "Memory"}}],
    )
    pod = merge(config, template, try_number=2)
    expected = copy.deepcopy(pod)
    Amendments().amend(expected)
    if shape == "model":
        pod.spec.containers[0] = pod.spec.containers[0].to_dict()
    else:
        pod = written(pod) if shape == "camelCase" else pod.to_dict()
    Amendments().amend(pod)
    written_pod = PodGenerator.deserialize_model_dict(written(pod)) if shape == "camelCase" else None
    if written_pod is not None:
        assert written(written_pod) == written(expected)
    else:
        spec = pod["spec"] if isinstance(pod, dict) else pod.spec.to_dict()
        (container,) = spec["containers"]
        assert [item["name"] for item in container["env"]].count("A") == 1
        assert len(container["volume_mounts"]) == len(spec["volumes"]) == 1
        assert container["resources"]["limits"] == {"memory": "2Gi"}
