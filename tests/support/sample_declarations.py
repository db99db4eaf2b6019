"""Declarations for the tests of the stages: one that uses every option, and strategies that draw any."""

from __future__ import annotations

from typing import Any

from attrs import evolve, fields
from hypothesis import strategies as st

from airflow_provider_k8sexec import (
    ConfigMap,
    EmptyDir,
    HostPath,
    ImageVolume,
    PersistentVolumeClaim,
    PodOptions,
    ResourceClaimTemplate,
    Secret,
    TemplateVolume,
    Toleration,
)
from airflow_provider_k8sexec.options.after import AFTERS
from airflow_provider_k8sexec.options.declaration import NOTHING, Declaration, parse_declaration
from airflow_provider_k8sexec.options.per_try import per_try
from airflow_provider_k8sexec.options.quantity import Quantity
from airflow_provider_k8sexec.options.resources import Bounds
from airflow_provider_k8sexec.options.volumes import Mount
from airflow_provider_k8sexec.site.deployment import Deployment

__all__ = ["DEPLOYMENT", "EVERY_OPTION", "NOTHING", "PODS", "RELEASE", "declarations", "declare"]

RELEASE = "infrared-photon-7780"
DEPLOYMENT = Deployment(release=RELEASE, secret_name=f"{RELEASE}-env")

EVERY_OPTION: PodOptions = {
    "cpu": (0.5, 2),
    "memory": ("1Gi", "2Gi"),
    "ephemeral_storage": "10Gi",
    "gpu": {"nvidia.com/gpu": 1, "example.com/fpga": 2},
    "resource_claims": {
        "gpu": ResourceClaimTemplate("a100", request="gpu"),
        "shared": "team-gpus",
    },
    "shared_memory": "1Gi",
    "pod_resources": {"cpu": (1, 4), "memory": "8Gi"},
    "secrets": [
        "MY_SECRET",
        Secret("api-key", env="API_KEY", name="partner", optional=True),
        Secret("KEYTAB", file="/etc/krb/user.keytab"),
        Secret("CERTIFICATE", file="/certificates/tls.crt", optional=True),
    ],
    "env_vars": {
        "STAGE": "test",
        "EMPTY": "",
        "POD_IP": {"fieldRef": {"fieldPath": "status.podIP"}},
    },
    "env_from": ["configmap/app", "secret/db", {"prefix": "SITE_", "configMapRef": {"name": "site"}}],
    "image": "registry.example.com/airflow:3.3.2",
    "image_pull_policy": "IfNotPresent",
    "image_pull_secrets": ["regcred"],
    "volumes": {
        "/scratch": EmptyDir(size="20Gi"),
        "/config": ConfigMap("app", items={"app.yaml": "app.yaml"}, optional=True),
        "/data": PersistentVolumeClaim("warehouse", read_only=True, sub_path="2026"),
        "/ssd": HostPath("/mnt/disks/ssd0", type="Directory"),
        "/model": ImageVolume("registry.example.com/model:1", pull_policy="IfNotPresent", sub_path="weights"),
        "/token": {
            "projected": {"sources": [{"serviceAccountToken": {"path": "token", "audience": "vault"}}]}
        },
    },
    "container_security_context": {"runAsNonRoot": True, "readOnlyRootFilesystem": False},
    "node_selector": {"disk": "ssd", "accelerator": "a100"},
    "tolerations": ["gpu=true:NoSchedule", Toleration("spot", effect="NoExecute", toleration_seconds=60)],
    "affinity": {
        "nodeAffinity": {
            "requiredDuringSchedulingIgnoredDuringExecution": {
                "nodeSelectorTerms": [
                    {"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a", "b"]}]}
                ]
            }
        }
    },
    "topology_spread_constraints": [
        {"maxSkew": 1, "topologyKey": "topology.kubernetes.io/zone", "whenUnsatisfiable": "ScheduleAnyway"}
    ],
    "disruption": "avoid",
    "queue_name": "team-a",
    "priority_class_name": "nightly",
    "scheduler_name": "bin-packer",
    "service_account_name": "etl-worker",
    "automount_service_account_token": False,
    "runtime_class_name": "gvisor",
    "security_context": {"fsGroup": 50000},
    "host_aliases": {"10.1.2.3": ["db.local", "db"]},
    "labels": {"team": "data", "cost-centre": "42"},
    "annotations": {"example.com/egress": "partner.example.com"},
    "init_containers": [{"name": "fetch", "image": "busybox:1.37", "command": ["fetch"]}],
    "sidecars": [{"name": "proxy", "image": "registry.example.com/proxy:1"}],
    "termination_grace_period_seconds": 0,
    "active_deadline_seconds": 3600,
    "namespace": "jobs",
    "profile": "gpu-large",
    "release": "quasar-nebula-1234",
    "pod_template_file": "/opt/airflow/gpu.yaml",
    "pod_override": {
        "metadata": {"labels": {"team": "overridden", "tier": "gold"}},
        "spec": {
            "hostNetwork": False,
            "containers": [
                {"name": "logger", "image": "registry.example.com/logger:1"},
                {"name": "base", "workingDir": "/work"},
            ],
        },
    },
}


def declare(**options: Any) -> Declaration:
    """Read pod options that have nothing wrong in their shape."""
    declaration, problems = parse_declaration(options)
    assert problems == []
    return declaration


def one_of(*values: Any) -> st.SearchStrategy[Any]:
    """Draw one of a few values, so that layers meet."""
    return st.sampled_from(values)


def some(*values: Any) -> st.SearchStrategy[list[Any]]:
    """Draw a few of the values, in any order."""
    return st.lists(one_of(*values), max_size=3, unique_by=repr)


def keyed(names: str, values: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Draw a few of the names, each with a value."""
    return st.dictionaries(one_of(*names.split()), values, max_size=3)


def named(names: str, **fields_: st.SearchStrategy[Any]) -> st.SearchStrategy[list[Any]]:
    """Draw manifests with different names."""
    item = st.fixed_dictionaries({"name": one_of(*names.split())}, optional=fields_)
    return st.lists(item, max_size=3, unique_by=lambda drawn: drawn["name"])


AMOUNTS = one_of(None, *map(Quantity, ("1", "2", "500m", "2000m", "1Gi", "1024Mi")))
RUNGS = st.builds(Bounds, AMOUNTS, AMOUNTS)
BOUNDS = st.none() | st.builds(Bounds, AMOUNTS, AMOUNTS, st.lists(RUNGS, max_size=2).map(tuple))
STEPS_OF_ONE_TRY = RUNGS.filter(lambda drawn: drawn.request is not None or drawn.limit is not None)
SPREADS = [
    {"maxSkew": 1, "topologyKey": key, "whenUnsatisfiable": "ScheduleAnyway"} for key in ("zone", "node")
]
COUNTS = one_of("0", "1", "2").map(Quantity)
DEVICES = st.builds(
    lambda first, *later: evolve(first, later=tuple(later)), *[COUNTS.map(lambda it: Bounds(it, it))] * 2
)
VALUES = one_of("x", "y", "")
SECRETS = st.builds(
    Secret, one_of("A", "B"), env=one_of(None, "A"), name=one_of(None, "other"), optional=st.booleans()
)
FILES = st.builds(Secret, one_of("A", "B"), file=one_of("/s/a", "/t/b"), optional=st.booleans())
SOURCES = one_of(
    EmptyDir(),
    EmptyDir("1Gi", "Memory"),
    ConfigMap("app", items={"a": "b"}),
    PersistentVolumeClaim("data"),
    HostPath("/mnt"),
    ImageVolume("model:1"),
    {"name": "own", "emptyDir": {}},
    {"nfs": {"server": "nfs", "path": "/"}},
    TemplateVolume("logs"),
)
MOUNTS = st.builds(Mount, SOURCES, read_only=st.booleans(), sub_path=one_of(None, "part"))
SCALARS = one_of(None, "a", "b")
SWITCHES = st.none() | st.booleans()
SECONDS = one_of(None, 0, 30)
ENVIRONMENT = keyed("A B C", VALUES | one_of({"fieldRef": {"fieldPath": "status.podIP"}}) | SECRETS)
CONTEXTS = st.fixed_dictionaries({}, optional={"runAsUser": one_of(0, 1000), "runAsNonRoot": st.booleans()})
VARIABLES = named("A B C", value=VALUES)
CONTAINERS = named(
    "base proxy logger",
    image=one_of("a", "b"),
    env=VARIABLES,
    envFrom=some({"configMapRef": {"name": "a"}}, {"secretRef": {"name": "b"}}),
    stdin=st.booleans(),
    resources=st.fixed_dictionaries({}, optional={"limits": keyed("cpu memory", one_of("1", "2"))}),
)
PODS = st.fixed_dictionaries(
    {},
    optional={
        "metadata": st.fixed_dictionaries({}, optional={"labels": keyed("a b", VALUES)}),
        "spec": st.fixed_dictionaries(
            {"containers": CONTAINERS},
            optional={
                "hostNetwork": st.booleans(),
                "tolerations": some({"key": "a"}, {"key": "b"}),
                "volumes": named("u v", emptyDir=st.just({})),
            },
        ),
    },
)
SIDE_CONTAINERS = keyed("fetch proxy", st.just({"image": "busybox"})).map(
    lambda drawn: {name: {"name": name, **container} for name, container in drawn.items()}
)

_FIELDS: dict[str, st.SearchStrategy[Any]] = {
    "cpu": BOUNDS,
    "memory": BOUNDS,
    "ephemeral_storage": BOUNDS,
    "gpu": keyed("nvidia.com/gpu amd.com/gpu", DEVICES),
    "resource_claims": keyed(
        "gpu fpga", one_of({"resourceClaimName": "a"}, {"resourceClaimTemplateName": "b"})
    ),
    "shared_memory": AMOUNTS,
    "pod_resources": keyed("cpu memory", STEPS_OF_ONE_TRY),
    "env": ENVIRONMENT,
    "env_from": some({"configMapRef": {"name": "a"}}, {"secretRef": {"name": "b"}}),
    "mounts": keyed("/a /a-b /a/b /B /s/x /dev/shm", MOUNTS | FILES),
    "image": SCALARS,
    "image_pull_policy": SCALARS,
    "image_pull_secrets": some("a", "b"),
    "container_security_context": CONTEXTS,
    "node_selector": keyed("a b", VALUES),
    "tolerations": some({"key": "a"}, {"key": "b"}, {"operator": "Exists"}),
    "affinity": keyed("nodeAffinity podAffinity", one_of({}, {"x": 1})),
    "topology_spread_constraints": some(*SPREADS),
    "disruption": one_of(None, "avoid", "allow"),
    "queue_name": SCALARS,
    "priority_class_name": SCALARS,
    "scheduler_name": SCALARS,
    "service_account_name": SCALARS,
    "automount_service_account_token": SWITCHES,
    "runtime_class_name": SCALARS,
    "security_context": CONTEXTS,
    "host_aliases": keyed("10.0.0.1 ::1", one_of(("a",), ("b", "c"))),
    "labels": keyed("a b", VALUES),
    "annotations": keyed("a b", VALUES),
    "init_containers": SIDE_CONTAINERS,
    "sidecars": SIDE_CONTAINERS,
    "termination_grace_period_seconds": SECONDS,
    "active_deadline_seconds": SECONDS,
    "namespace": SCALARS,
    "profile": SCALARS,
    "release": SCALARS,
    "pod_template_file": SCALARS,
    "pod_override": PODS,
}


def _declare_fields(drawn: dict[str, Any]) -> Declaration:
    return Declaration(**drawn)


def declarations() -> st.SearchStrategy[Declaration]:
    """Draw a declaration that may use any option, each in few ways, so that layers meet."""
    others = {"run_time", "placement_steps"}
    assert set(_FIELDS) == {attribute.name for attribute in fields(Declaration)} - others
    return st.fixed_dictionaries({}, optional=_FIELDS).map(_declare_fields)


_OPTIONS_OF_STEPS = {
    "node_selector": one_of({}, {"a": "1"}, {"a": "2"}, {"b": "1"}),
    "tolerations": one_of([], ["a"], ["b", "a"]),
    "affinity": one_of({}, {"nodeAffinity": {}}),
    "priority_class_name": one_of("a", "b"),
}
_STEPS = {
    option: st.builds(
        lambda after, first, second: per_try(first, second, after=after), one_of(*AFTERS), steps, steps
    )
    for option, steps in _OPTIONS_OF_STEPS.items()
}


def declarations_with_steps() -> st.SearchStrategy[Declaration]:
    """Draw a declaration that may let the pod run elsewhere in a later try."""
    steps = st.fixed_dictionaries({}, optional=_STEPS).map(lambda options: declare(**options))
    return st.tuples(declarations(), steps).map(lambda both: _put_steps(*both))


def _put_steps(declaration: Declaration, steps: Declaration) -> Declaration:
    first = {option: getattr(steps, option) for option in steps.placement_steps}
    return evolve(declaration, **first, placement_steps=steps.placement_steps)


IN_YAML = """\
cpu: [0.5, 2]
memory: [1Gi, 2Gi]
ephemeral_storage: 10Gi
gpu: {nvidia.com/gpu: 1}
resource_claims: {gpu: {resourceClaimTemplateName: a100, request: gpu}, shared: team-gpus}
shared_memory: 1Gi
pod_resources: {cpu: [1, 4], memory: 8Gi}
secrets: [A, {key: B, env: C}, {key: D, file: /run/d, name: other, optional: true}]
env_vars: {STAGE: test, POD_IP: {fieldRef: {fieldPath: status.podIP}}}
env_from: [configmap/app]
image: registry.example.com/airflow:1
image_pull_policy: Always
image_pull_secrets: [regcred]
volumes: {/scratch: {emptyDir: {sizeLimit: 2Gi}}, /model: {image: {reference: "model:1"}}}
container_security_context: {runAsNonRoot: true}
node_selector: {disk: ssd}
tolerations: ["gpu=true:NoSchedule", {key: spot, operator: Exists}]
affinity: {podAntiAffinity: {}}
topology_spread_constraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule}]
disruption: avoid
queue_name: team-a
priority_class_name: high
scheduler_name: volcano
service_account_name: etl
automount_service_account_token: false
runtime_class_name: gvisor
security_context: {fsGroup: 50000}
host_aliases: {10.1.2.3: [db.local]}
labels: {team: data}
annotations: {example.com/a: b}
init_containers: [{name: fetch, image: "busybox:1.37"}]
sidecars: [{name: proxy, image: "proxy:1"}]
termination_grace_period_seconds: 0
active_deadline_seconds: 60
namespace: jobs
release: quasar-nebula-1234
pod_template_file: /opt/t.yaml
pod_override: {spec: {containers: [{name: base, tty: true}]}}
"""
"""Each option but profile as a profile in YAML has it."""
