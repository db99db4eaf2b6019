"""The site's limits hold for the pod as it is launched, whatever way a task takes to get around them."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
import yaml
from airflow.providers.cncf.kubernetes.exceptions import PodMutationHookException
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from airflow_lines import AIRFLOW_3, HAS_COORDINATORS
from executor_pods import construct_pod
from kubernetes.client import models as k8s

from airflow_provider_k8sexec import ImageVolume, _compat, k8s_config, per_try
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.launch import hourly_log, refused_pod
from airflow_provider_k8sexec.launch.hook import begin_launch
from airflow_provider_k8sexec.launch.limits import PodRefusedError
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod

RULES = {
    "max": {"cpu": 4, "memory": "4Gi", "gpu": 1},
    "images": ["registry.example.com/*"],
    "service_accounts": ["etl-*"],
    "namespaces": ["airflow"],
    "node_selectors": {"pool": ["batch"]},
    "pod_security": "baseline",
    "exempt": {"of_the_site": ["*"]},
}
TEMPLATE: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "worker"},
    "spec": {
        "serviceAccountName": "of-the-template",
        "nodeSelector": {"pool": "of-the-template"},
        "volumes": [{"name": "logs", "hostPath": {"path": "/var/log/airflow"}}],
        "containers": [
            {
                "name": "base",
                "image": "template.example.com/airflow",
                "resources": {"limits": {"memory": "2Gi"}, "requests": {"memory": "2Gi"}},
            },
            {
                "name": "git-sync",
                "image": "template.example.com/git-sync",
                "resources": {"limits": {"memory": "3Gi"}},
            },
        ],
    },
}


def task_args(dag_id: str = "a_dag", task_id: str = "a_task") -> list[str]:
    """Give the arguments by which the executor of this Airflow runs a task."""
    if not AIRFLOW_3:
        return ["airflow", "tasks", "run", dag_id, task_id, "a_run", "--local"]
    workload = json.dumps({"token": "t", "ti": {"dag_id": dag_id, "task_id": task_id}})
    return ["python", "-m", "airflow.sdk.execution_time.execute_workload", "--json-string", workload]


@pytest.fixture
def site(monkeypatch, tmp_path):
    """Set the site's policy, rules and template, and give a way to set others."""

    def set_site(policy="error", rules=RULES, template=TEMPLATE, **settings):
        file = tmp_path / "template.yaml"
        file.write_text(yaml.safe_dump(template), encoding="utf-8")
        monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(file))
        monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE", "airflow")
        monkeypatch.setenv("AIRFLOW__K8SEXEC__POLICY", policy)
        monkeypatch.setenv(
            "AIRFLOW__K8SEXEC__POLICY_RULES", rules if isinstance(rules, str) else json.dumps(rules)
        )
        for name, value in settings.items():
            monkeypatch.setenv(f"AIRFLOW__K8SEXEC__{name.upper()}", value)
        forget_context()

    recorded = []
    monkeypatch.setattr(refused_pod, "record_pod", lambda of, diagnosis: recorded.append((of, diagnosis)))
    queue(monkeypatch)
    set_site()
    set_site.recorded = recorded
    return set_site


def launch(config: Any, *, template: dict[str, Any] = TEMPLATE, hook: Any = None, try_number: int = 1) -> Any:
    """Merge a pod as the executor does, and let Airflow run the hooks, with one of the site's among them."""
    from airflow import settings

    pod = construct_pod(
        PodGenerator.from_obj(config),
        template,
        try_number=try_number,
        kube_image="template.example.com/airflow",
        args=task_args(),
    )
    manager = getattr(settings, "POLICY_PLUGIN_MANAGER", None) or settings.get_policy_plugin_manager()
    plugin = type("Site", (), {"pod_mutation_hook": staticmethod(hook)})() if hook else None
    if plugin:
        from airflow.policies import hookimpl

        plugin.pod_mutation_hook = hookimpl(hook)
        manager.register(plugin)
    try:
        settings.pod_mutation_hook(pod)
    finally:
        if plugin:
            manager.unregister(plugin)
    return PodGenerator.serialize_pod(pod)


def by_hand(*containers: dict[str, Any], metadata: Any = None, **spec: Any) -> dict[str, Any]:
    """Write an override by hand; its first container is ``base``."""
    first, *others = containers or ({},)
    whole = {"containers": [{"name": "base", **first}, *others], **spec}
    return {"pod_override": build_v1_pod({"metadata": metadata or {}, "spec": whole})}


def amounts(**limits: str) -> dict[str, Any]:
    """Ask for amounts."""
    return {"resources": {"limits": limits, "requests": limits}}


def in_annotation(name: str, value: object) -> dict[str, Any]:
    """Write an annotation that is this package's own, by hand."""
    return by_hand(amounts(memory="1Gi"), metadata={"annotations": {f"k8sexec/{name}": json.dumps(value)}})


def node_affinity(kind: str, **expression: Any) -> dict[str, Any]:
    """Ask for nodes by affinity."""
    term = {"matchExpressions": [expression]}
    if kind == "required":
        terms = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": [term]}}
    else:
        terms = {"preferredDuringSchedulingIgnoredDuringExecution": [{"weight": 1, "preference": term}]}
    return by_hand(affinity={"nodeAffinity": terms})


def instead_of_template(*terms: dict[str, Any], **others: Any) -> dict[str, Any]:
    """Ask for nodes of a zone, without the template's selector, which affinity seems to have instead."""
    required = {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}}
    affinity = {"nodeAffinity": {**(required if terms else {}), **others}}
    override = {"spec": {"nodeSelector": {}, "containers": [{"name": "base"}], "affinity": affinity}}
    return k8s_config(pod_override=override)


IN_POOL = {"matchExpressions": [{"key": "pool", "operator": "In", "values": ["batch"]}]}
IN_ZONE = {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"]}]}
OK = "registry.example.com/a"
SYNC = {"name": "git-sync"}
"""The template's sidecar, which the second container of an override is laid over."""
SIDECAR = {"name": "extra", "image": OK}
ESCAPES: dict[str, tuple[Any, str]] = {
    # how much
    "memory in an override": (by_hand(amounts(memory="5Gi")), "[max]"),
    "memory in other units": (by_hand(amounts(memory="5368709121")), "[max]"),
    "memory with an exponent": (by_hand(amounts(memory="1e10")), "[max]"),
    "cpu in thousandths": (by_hand(amounts(cpu="4001m", memory="1Gi")), "[max]"),
    "a request alone": (by_hand({"resources": {"requests": {"memory": "5Gi"}}}), "[max]"),
    "no limit where the template has one": (by_hand({"resources": {"requests": {"memory": "1Gi"}}}), "[max]"),
    "a sidecar's memory": (
        by_hand(amounts(memory="3Gi"), SYNC, {**SIDECAR, **amounts(memory="3Gi")}),
        "[max]",
    ),
    "a native sidecar's memory": (
        by_hand(
            amounts(memory="3Gi"),
            initContainers=[{**SIDECAR, "restartPolicy": "Always", **amounts(memory="2Gi")}],
        ),
        "[max]",
    ),
    "an init container's memory": (by_hand(initContainers=[{**SIDECAR, **amounts(memory="8Gi")}]), "[max]"),
    "the memory of the pod as a whole": (
        by_hand(amounts(memory="1Gi"), resources={"limits": {"memory": "8Gi"}}),
        "[max]",
    ),
    "the memory of the pod as a whole by an option": (
        k8s_config(memory="1Gi", pod_resources={"memory": ("1Gi", "8Gi")}),
        "[max]",
    ),
    "the template's sidecar with more": (by_hand({}, {**SYNC, **amounts(memory="8Gi")}), "[max]"),
    "gpus": (by_hand(amounts(**{"nvidia.com/gpu": "2"}, memory="1Gi")), "[max]"),
    "a per-try value by hand": (
        in_annotation("per-try", {"memory": [["1Gi", "1Gi"], ["64Gi", "64Gi"]]}),
        "[max]",
    ),
    "a per-try value of ours": (k8s_config(memory=per_try("1Gi", "64Gi")), "[max]"),
    "a quantity that only Kubernetes reads": (
        by_hand(amounts(cpu="1e0000000003", memory="1Gi")),
        "[max]",
    ),
    "an init container with such a quantity": (
        by_hand(initContainers=[{**SIDECAR, **amounts(memory="1e0000000012")}]),
        "[max]",
    ),
    "no resources at all": (
        {
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[k8s.V1Container(name="base", resources=k8s.V1ResourceRequirements())]
                )
            )
        },
        "[max]",
    ),
    # which image
    "an image": (by_hand({"image": "evil/image"}), "[images]"),
    "a sidecar's image": (by_hand({}, SYNC, {"name": "extra", "image": "evil/image"}), "[images]"),
    "the template's sidecar with another image": (by_hand({}, {**SYNC, "image": "evil/image"}), "[images]"),
    "an init container's image": (
        by_hand(initContainers=[{"name": "extra", "image": "evil/image"}]),
        "[images]",
    ),
    "the image of a volume": (k8s_config(volumes={"/m": ImageVolume("evil/image")}), "[images]"),
    "the worker under another name": (
        by_hand({"name": "bsae", "image": "evil/image"}),
        "[images]",
    ),
    # who
    "a service account": (by_hand(serviceAccountName="cluster-admin"), "[service_accounts]"),
    "a namespace": (by_hand(metadata={"namespace": "kube-system"}), "[namespaces]"),
    # where
    "a node selector": (by_hand(nodeSelector={"pool": "gpu"}), "[node_selectors]"),
    "a node by its own label": (by_hand(nodeSelector={"kubernetes.io/hostname": "n1"}), "[node_selectors]"),
    "a node by its name": (by_hand(nodeName="n1"), "[node_selectors]"),
    "a node by affinity": (
        node_affinity("required", key="pool", operator="In", values=["batch", "gpu"]),
        "[node_selectors]",
    ),
    "a node by preference": (
        node_affinity("preferred", key="zone", operator="Exists"),
        "[node_selectors]",
    ),
    "any node but": (
        node_affinity("required", key="pool", operator="NotIn", values=["batch"]),
        "[node_selectors]",
    ),
    "the template's node selector as a preference": (
        instead_of_template(
            preferredDuringSchedulingIgnoredDuringExecution=[{"weight": 1, "preference": IN_POOL}]
        ),
        "[node_selectors]",
    ),
    "the template's node selector as one of two terms": (
        instead_of_template(IN_POOL, IN_ZONE),
        "[node_selectors]",
    ),
    "no node selector where the template has one": (
        k8s_config(pod_override={"spec": {"nodeSelector": {}, "containers": [{"name": "base"}]}}),
        "[node_selectors]",
    ),
    # how secure
    "a privileged container": (
        by_hand({"securityContext": {"privileged": True}}),
        "[pod_security: baseline (Privileged Containers)]",
    ),
    "the host's network": (by_hand(hostNetwork=True), "[pod_security: baseline (Host Namespaces)]"),
    "a path of the host": (
        by_hand(volumes=[{"name": "root", "hostPath": {"path": "/"}}]),
        "[pod_security: baseline (HostPath Volumes)]",
    ),
    "the template's volume with another path": (
        by_hand(volumes=[{"name": "logs", "hostPath": {"path": "/"}}]),
        "[pod_security: baseline (HostPath Volumes)]",
    ),
    "a capability": (
        by_hand({"securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE", "SYS_ADMIN"]}}}),
        "[pod_security: baseline (Capabilities)]",
    ),
    "a sidecar's capability": (
        by_hand({}, SYNC, {**SIDECAR, "securityContext": {"capabilities": {"add": ["NET_ADMIN"]}}}),
        "[pod_security: baseline (Capabilities)]",
    ),
    "a port of the host": (
        by_hand({"ports": [{"containerPort": 80, "hostPort": 80}]}),
        "[pod_security: baseline (Host Ports)]",
    ),
    # who is asked
    "the name of an exempt task": (
        by_hand({"image": "evil/image"}, metadata={"annotations": {"dag_id": "of_the_site"}}),
        "[images]",
    ),
    "no name of a task": (
        by_hand({"image": "evil/image"}, metadata={"annotations": {"dag_id": "", "try_number": ""}}),
        "[images]",
    ),
    "the operator's label": (
        by_hand({"image": "evil/image"}, metadata={"labels": {"airflow_kpo_in_cluster": "True"}}),
        "[images]",
    ),
}


@pytest.mark.parametrize("policy", ["error", "fix"])
@pytest.mark.parametrize("escape", ESCAPES)
def test_no_way_around_a_limit_launches_a_pod(site, policy, escape):
    """What breaks the site's limits is refused as the pod is launched, and the rule is named."""
    config, rule = ESCAPES[escape]
    site(policy)
    with pytest.raises(PodRefusedError) as refused:
        launch(config, try_number=2)
    assert rule in str(refused.value)
    for of, diagnosis in site.recorded:  # none where the override takes the name of the try away
        assert (of.task_id, of.try_number) == ("a_task", 2)
        assert str(diagnosis).startswith("SitePolicy: [")


FORGED = {
    "fields of the exact annotation": in_annotation(
        "exact",
        {
            "spec": {
                "hostNetwork": True,
                "serviceAccountName": "cluster-admin",
                "affinity": {"nodeAffinity": {}},
                "nodeSelector": {"pool": "gpu"},
            },
            "container": {
                "image": "evil/image:1",
                "securityContext": {"privileged": True},
                "command": ["sh"],
                "stdin": True,
            },
        },
    ),
    "falsy values of other fields": in_annotation(
        "exact", {"spec": {"containers": [], "volumes": []}, "container": {"env": [], "args": []}}
    ),
}


def test_a_limit_of_the_pod_as_a_whole_is_not_dropped(site):
    """A task that requests other amounts of the whole pod replaces them all, and sets a limit itself."""
    base = {"name": "base", "image": "template.example.com/airflow"}
    template = {"spec": {"containers": [base], "resources": {"limits": {"memory": "2Gi"}}}}
    site(rules={"max": {"memory": "4Gi"}}, template=template)
    with pytest.raises(PodRefusedError, match=r"is missing, so that the pod template's, '2Gi'"):
        launch(k8s_config(pod_resources={"cpu": 1}), template=template)
    for within in (
        k8s_config(pod_resources={"cpu": 1}, memory="1Gi"),
        k8s_config(pod_resources={"memory": "4Gi"}),
    ):
        assert launch(within, template=template)


@pytest.mark.parametrize("policy", ["off", "error"])
@pytest.mark.parametrize("annotation", FORGED)
def test_the_hook_takes_nothing_from_an_annotation_that_the_build_cannot_have_put_there(
    site, policy, annotation
):
    """An annotation written by hand sets no field, whatever the policy is."""
    site(policy)
    forged = launch(FORGED[annotation])
    plain = launch(by_hand(amounts(memory="1Gi")))
    assert forged["spec"] == plain["spec"]


WITHIN = {
    "nothing": None,
    "what the site allows": k8s_config(
        memory="4Gi",
        cpu=4,
        image="registry.example.com/etl",
        service_account_name="etl-orders",
        node_selector={"pool": "batch"},
    ),
    "what the template has": by_hand(
        {"image": "template.example.com/airflow", "resources": TEMPLATE["spec"]["containers"][0]["resources"]}
    ),
    "amounts within, beside the template's sidecar": k8s_config(memory="4Gi"),
    "allowed nodes by affinity": node_affinity("required", key="pool", operator="In", values=["batch"]),
    "the template's nodes by affinity": instead_of_template(IN_POOL, IN_POOL),
    "an init container within": by_hand(initContainers=[{**SIDECAR, **amounts(memory="4Gi")}]),
    "a capability that is allowed": by_hand(
        {"securityContext": {"capabilities": {"add": ["NET_BIND_SERVICE"]}}}
    ),
}


@pytest.mark.parametrize("within", WITHIN)
def test_what_is_within_the_limits_is_launched(site, within):
    """The site's own template, with images, nodes and a host path beyond its rules, is its own word."""
    assert launch(WITHIN[within])["spec"]["containers"][0]["name"] == "base"
    assert site.recorded == []


@pytest.mark.usefixtures("site")
def test_a_template_of_the_tasks_own_is_the_tasks():
    """What another template than the site's has is held against the rules like an override."""
    template = copy.deepcopy(TEMPLATE)
    template["spec"]["containers"][1]["image"] = "evil/image"
    with pytest.raises(PodRefusedError, match=r"\[images\] spec\.containers\[git-sync\]\.image='evil/image'"):
        launch(None, template=template)


@pytest.mark.usefixtures("site")
def test_a_template_of_the_tasks_own_loses_nothing_that_the_sites_gives():
    """No limit, no account and no node selector are no way around those of the site's template."""
    template = copy.deepcopy(TEMPLATE)
    for name in ("nodeSelector", "serviceAccountName"):
        del template["spec"][name]
    del template["spec"]["containers"][0]["resources"]
    with pytest.raises(PodRefusedError) as refused:
        launch(None, template=template)
    for rule in ("[max]", "[service_accounts]", "[node_selectors]"):
        assert rule in str(refused.value)


def test_a_glob_allows_the_values_that_it_has(site):
    """Labels of nodes may be globs, and what they allow are values of those labels."""
    site(rules={"node_selectors": {"zone/*": ["a"], "pool": "*"}})
    assert launch(by_hand(nodeSelector={"zone/x": "a", "pool": "any"}))
    with pytest.raises(PodRefusedError, match="'forbidden'"):
        launch(by_hand(nodeSelector={"zone/x": "forbidden", "pool": "any"}))


ODD_TEMPLATES = {
    "a worker of another name": {"containers": [{"name": "worker", "image": "template.example.com/airflow"}]},
    "values that the client casts": {
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {
                            "matchExpressions": [
                                {"key": "zone", "operator": "In", "values": [1]},
                                {"key": "disk", "operator": "Exists", "values": None},
                            ]
                        }
                    ]
                }
            }
        },
        "containers": [
            {
                "name": "base",
                "image": "template.example.com/airflow",
                "securityContext": {"privileged": 1},
            }
        ],
    },
}


@pytest.mark.parametrize("odd", ODD_TEMPLATES)
def test_a_template_of_the_site_is_read_as_the_executor_reads_it(site, odd):
    """Names and values that Airflow changes on the way are the site's all the same."""
    template = {"apiVersion": "v1", "kind": "Pod", "metadata": {"name": "w"}, "spec": ODD_TEMPLATES[odd]}
    site(template=template)
    assert launch(None, template=template)


@pytest.mark.usefixtures("site")
def test_a_hook_that_renames_a_container_excuses_nothing_in_it():
    """What the container has was the task's before, and is so under another name."""

    def hook(pod):
        pod.spec.containers[0].name = "airflow-base"

    with pytest.raises(PodRefusedError, match="Privileged"):
        launch(by_hand({"securityContext": {"privileged": True}}), hook=hook)


@pytest.mark.usefixtures("site")
def test_a_hook_that_renames_a_container_and_adds_another_excuses_nothing_in_it():
    """What was asked for before the hook is the task's, whatever the container or volume is called now."""

    def hook(pod):
        pod.spec.containers[-1].name = "extra-1"
        pod.spec.containers.append(k8s.V1Container(name="mesh", image="mesh.example.com/proxy"))
        pod.spec.volumes[-1].name = "root-1"

    extra, root = {"name": "extra", "image": "evil/image"}, {"name": "root", "hostPath": {"path": "/"}}
    with pytest.raises(PodRefusedError) as refused:
        launch(by_hand({}, SYNC, extra, volumes=[root]), hook=hook)
    assert "[images]" in str(refused.value)
    assert "(HostPath Volumes)" in str(refused.value)


@pytest.mark.parametrize("policy", ["eror", "Error "])
def test_a_policy_that_is_misspelt_enforces(site, policy):
    """Nobody takes the limits away by a typing error."""
    site(policy)
    with pytest.raises(PodRefusedError, match=r"image='evil/image', set by the task, is not one"):
        launch(by_hand({"image": "evil/image"}))


@pytest.mark.usefixtures("site")
def test_a_pod_too_deep_to_look_at_is_refused():
    """No other error leaves the hook."""
    deep: dict[str, Any] = {}
    for _ in range(200):
        deep = {"a": deep}
    pod = k8s.V1Pod(
        metadata=k8s.V1ObjectMeta(
            labels={"airflow-worker": "1"}, annotations={"dag_id": "d", "task_id": "t", "try_number": "1"}
        ),
        spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base")], affinity=deep),
    )
    with pytest.raises(PodRefusedError, match="RecursionError"):
        begin_launch(pod)


@pytest.mark.usefixtures("site")
def test_a_refusal_of_very_many_breaches_is_short():
    """The scheduler's log gets some of them, and their number."""
    extra = [{"name": f"e{number}", "image": "evil/image"} for number in range(500)]
    with pytest.raises(PodRefusedError, match=r"\.\.\. and 480 more") as refused:
        launch(by_hand({}, SYNC, *extra))
    assert len(str(refused.value)) < 5_000


@pytest.mark.usefixtures("site")
def test_what_a_hook_of_the_site_sets_is_its_own_word():
    """A hook may place and size pods as it likes."""

    def hook(pod):
        pod.spec.containers[0].image = "elsewhere/image"
        pod.spec.containers[0].resources = k8s.V1ResourceRequirements(limits={"memory": "64Gi"})
        pod.spec.node_selector = {"pool": "of-the-hook"}
        pod.spec.host_network = True
        pod.spec.service_account_name = "of-the-hook"

    pod = launch(k8s_config(memory="1Gi"), hook=hook)
    assert pod["spec"]["containers"][0]["image"] == "elsewhere/image"


@pytest.mark.skipif(not HAS_COORDINATORS, reason="coordinators came with Airflow 3.3")
def test_the_template_and_image_of_a_coordinator_are_the_sites(site, monkeypatch, tmp_path):
    """Airflow 3.3 launches tasks of some queues from a template and an image that ``[sdk]`` names."""
    template = copy.deepcopy(TEMPLATE)
    template["spec"]["volumes"] = [{"name": "jvm", "hostPath": {"path": "/opt/jvm"}}]
    template["spec"]["containers"][0]["image"] = "jvm.example.com/airflow:1"
    file = tmp_path / "jvm.yaml"
    file.write_text(yaml.safe_dump(template), encoding="utf-8")
    with pytest.raises(PodRefusedError, match="jvm"):
        launch(None, template=template)
    extra = {"pod_template_file": str(file)}
    coordinators = {"java": {"classpath": "acme.Java", "kwargs": {}, "extra": extra}}
    monkeypatch.setenv("AIRFLOW__SDK__COORDINATORS", json.dumps(coordinators))
    site()
    assert launch(None, template=template)


@pytest.mark.usefixtures("site")
def test_a_hook_that_changes_one_thing_excuses_no_other():
    """A hook that adds a capability or a label to every pod leaves the task's own as they are."""

    def hook(pod):
        pod.spec.containers[0].security_context.capabilities.add.append("SYS_TIME")
        pod.metadata.labels["team"] = "site"

    config = by_hand({"securityContext": {"capabilities": {"add": ["SYS_ADMIN"]}}})
    with pytest.raises(PodRefusedError, match="SYS_ADMIN") as refused:
        launch(config, hook=hook)
    assert "SYS_TIME" not in str(refused.value)


def test_a_profile_of_the_site_is_its_own_word(site):
    """A profile may ask for more than tasks may by themselves, at every try."""
    profiles = {"large": {"memory": {"per_try": ["8Gi", "16Gi"]}, "image": "profile.example.com/large"}}
    site(profiles=json.dumps(profiles))
    for try_number in (1, 2):
        pod = launch(k8s_config(profile="large"), try_number=try_number)
        assert pod["spec"]["containers"][0]["image"] == "profile.example.com/large"
    with pytest.raises(PodRefusedError, match=r"\[max\]"):
        launch(k8s_config(profile="large", memory="9Gi"))
    # A profile's amount is its own, and no addition to what tasks may ask for.
    sidecar = {**SIDECAR, "resources": {"limits": {"memory": "4Gi"}}}
    with pytest.raises(PodRefusedError, match=r"\[max\]"):
        launch(k8s_config(profile="large", sidecars=[sidecar]))


def queue(monkeypatch, **configs):
    """Let Airflow's record have the configs of tries, by the DAG's name."""
    monkeypatch.setattr(_compat, "load_executor_config", lambda dag_id, **_: configs.get(dag_id, {}))


def test_an_exempt_task_gets_what_it_was_queued_with(site, monkeypatch):
    """The site exempts tasks by name; what they were queued with is in Airflow's record."""
    site(rules={**RULES, "exempt": {"a_dag": ["a_*"]}})
    config = by_hand({"image": "evil/image", "resources": {}}, hostNetwork=True)
    queue(monkeypatch, a_dag=config)
    assert launch(config)["spec"]["containers"][0]["image"] == "evil/image"
    with pytest.raises(PodRefusedError, match=r"\[images\]"):
        launch(by_hand({"image": "evil/another"}))


def test_a_pod_that_takes_the_name_of_an_exempt_task_gets_no_more_than_that_task(site, monkeypatch):
    """An override may replace annotations and arguments, and names a task that has asked for less."""
    site()
    queue(monkeypatch, of_the_site=by_hand({"image": "of-the-site/image"}))
    forged = by_hand(
        {"image": "evil/image", "args": ["python", "-m", "anything"]},
        metadata={"annotations": {"dag_id": "of_the_site", "task_id": "x"}},
        hostNetwork=True,
    )
    with pytest.raises(PodRefusedError) as refused:
        launch(forged)
    assert "[images]" in str(refused.value)
    assert "(Host Namespaces)" in str(refused.value)


def test_what_a_refused_task_was_queued_with_is_read_once(site, monkeypatch):
    """Exemptions need it, and so do the names of layers."""
    site(rules={**RULES, "exempt": {"a_dag": ["a_*"]}})
    asked = []
    monkeypatch.setattr(_compat, "load_executor_config", lambda **names: asked.append(names) or {})
    with pytest.raises(PodRefusedError, match=r"\[images\]"):
        launch(by_hand({"image": "evil/image"}))
    assert [names["dag_id"] for names in asked] == ["a_dag"]


def test_without_airflows_record_nothing_is_exempt(site, monkeypatch, caplog):
    """A database that does not answer is no way around the limits."""

    def fail(**_):
        raise OSError("no database")

    site(rules={**RULES, "exempt": {"a_dag": ["a_*"]}})
    hourly_log._last.clear()
    monkeypatch.setattr(_compat, "load_executor_config", fail)
    with pytest.raises(PodRefusedError, match=r"\[images\]"):
        launch(by_hand({"image": "evil/image"}))
    assert "cannot be read: OSError: no database" in caplog.text


@pytest.mark.parametrize("policy", ["off", "warn", ""])
def test_other_policies_refuse_no_pod(site, policy):
    """Only ``error`` and ``fix`` enforce."""
    site(policy)
    assert launch(by_hand({"image": "evil/image"}))["spec"]["containers"][0]["image"] == "evil/image"


def test_rules_that_cannot_be_read_refuse_every_pod(site):
    """A site that enforces rules does not launch pods without them; the reason is said."""
    site(rules="/nowhere/rules.yaml")
    with pytest.raises(PodRefusedError, match="rules cannot be read"):
        launch(None)


@pytest.mark.usefixtures("site")
def test_a_pod_that_cannot_be_looked_at_is_refused():
    """What a hook leaves may be of any shape; what cannot be checked against the rules is not launched."""

    def hook(pod):
        pod.spec.containers[0].image = type("Odd", (), {"__str__": lambda _: 1 / 0})()

    with pytest.raises(PodRefusedError, match=r"cannot be checked against the site's rules \(Zero"):
        launch(None, hook=hook)


@pytest.mark.usefixtures("site")
def test_the_executor_fails_that_one_task():
    """Airflow's own code turns the refusal into the error that fails the task alone."""
    with pytest.raises(PodMutationHookException) as failed:
        construct_pod(
            by_hand({"image": "evil/image"})["pod_override"],
            TEMPLATE,
            kube_image="template.example.com/airflow",
            args=task_args(),
            with_mutation_hook=True,
        )
    assert str(failed.value.__cause__) == (
        "Refused by the site's policy: [images] spec.containers[base].image='evil/image', set by the task, "
        "is not one that the site allows; choose from registry.example.com/*."
    )


@pytest.mark.usefixtures("site")
def test_no_refusal_quotes_a_free_value():
    """An annotation may hold anything: the rule and the field are named, the value is not."""
    annotation = "container.apparmor.security.beta.kubernetes.io/base"
    with pytest.raises(PodRefusedError, match="AppArmor") as refused:
        launch(by_hand(metadata={"annotations": {annotation: "a-password"}}))
    assert f"metadata.annotations[{annotation}]=<hidden>" in str(refused.value)
    assert "a-password" not in str(refused.value)


def test_a_restricted_site_needs_what_the_standard_requires(site):
    """Under ``restricted``, what a pod lacks is a finding as well, with the control's name and the remedy."""
    template = copy.deepcopy(TEMPLATE)
    del template["spec"]["volumes"]
    secure = {
        "runAsNonRoot": True,
        "allowPrivilegeEscalation": False,
        "capabilities": {"drop": ["ALL"]},
        "seccompProfile": {"type": "RuntimeDefault"},
    }
    for container in template["spec"]["containers"]:
        container["securityContext"] = secure
    site(rules={"pod_security": "restricted"}, template=template)
    assert launch(None, template=template)
    context = {"securityContext": {**secure, "runAsUser": 0}}
    with pytest.raises(PodRefusedError, match=r"restricted \(Running as Non-root user\)"):
        launch(by_hand(context), template=template)
    with pytest.raises(PodRefusedError) as refused:
        launch(by_hand({"securityContext": {"runAsUser": 1000}}), template=template)
    for control in (
        "Privilege Escalation",
        "Running as Non-root",
        "Seccomp (v1.19+)",
        "Capabilities (v1.22+)",
    ):
        assert f"restricted ({control})" in str(refused.value)
