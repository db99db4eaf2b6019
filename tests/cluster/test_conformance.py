"""Whether this package and a real API server say the same of thousands of declarations, right and wrong.

What we accept, the server accepts, and keeps in every field; what the server refuses, we refuse. Where we are
stricter on purpose, ``strictness.py`` says why. Every disagreement that was found is one of ``SETTLED``.

Each declaration goes the way of every task's: it is read, judged and built, Airflow's own ``PodGenerator``
lays the pod over a plain template, our hook sees it, and the server answers a dry run. What we refuse goes to
the server as an author would have written it by hand.

``CONFORMANCE_EXAMPLES`` says how many are generated; the same number gives the same ones. Without it they are
2,000, or the part that CI tries. Not generated, because the oldest server of these tests (1.20) could teach
nothing about them:

- fields that it drops without a word: ``restartPolicy`` of init containers (so no ``sidecars``),
  ``resources`` of pods, and all that came later;
- words that came later, such as ``status.hostIPs`` and ``limits.hugepages-2Mi``;
- quantities with exponents of nine digits: we refuse them, and it hangs.

Nor can one declaration alone tell about what only the pod template holds (``strictness.BEYOND``), about
annotations that Kubernetes itself reads (AppArmor, seccomp, mirror pods), and about sources of volumes that
belong to one cloud or storage vendor.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from conftest import FIGURES
from hypothesis import HealthCheck, given, settings
from pod_option_strategies import Existing, declarations, options_for
from properties import PART
from strictness import STRICTER, Strictness, is_beyond, is_stricter
from verdicts import Judges, find_lost

from airflow_provider_k8sexec import (
    ConfigMap,
    EmptyDir,
    Secret,
    SpecError,
    Toleration,
    k8s_config,
)
from airflow_provider_k8sexec.options.manifests import to_manifest
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from conftest import Cluster
    from verdicts import Judged

EXAMPLES = int(os.environ.get("CONFORMANCE_EXAMPLES", 2000 // PART))
NOT_DRAWN = {
    "pod_template_file": "outside the partial pod",
    "profile": "outside the partial pod",
    "disruption": "a choice to its author, and annotations to the server",
    "queue_name": "a label to the server, and a name to Kueue, which that server does not run",
    "pod_resources": "the server of these tests does not know them",
    "resource_claims": "the server of these tests does not know them",
    "sidecars": "the oldest server drops what makes a sidecar of a container",
}
"""Options that the comparison leaves out, and why."""


@pytest.fixture(scope="session")
def existing(cluster: Cluster) -> Iterator[Existing]:
    """Create what pods refer to, under names of this test run alone."""
    from kubernetes.client import ApiException, CoreV1Api, NodeV1Api, SchedulingV1Api

    core, scheduling, node = (
        CoreV1Api(cluster.client),
        SchedulingV1Api(cluster.client),
        NodeV1Api(cluster.client),
    )
    namespaces = [cluster.create_namespace("conformance") for _ in range(2)]
    names = [
        f"k8sexec-{cluster.token}",
        f"0.{cluster.token}.k8sexec",
        f"k8sexec-{cluster.token}-".ljust(253, "x"),
    ]
    found = Existing(namespaces, names, names)
    for namespace in namespaces:
        for account in found.service_accounts:
            try:
                core.create_namespaced_service_account(namespace, {"metadata": {"name": account}})
            except ApiException as error:
                if error.status != 409:  # `default` exists where a controller manager runs
                    raise
    for name in names:
        scheduling.create_priority_class({"metadata": {"name": name}, "value": 1000})
        node.create_runtime_class({"metadata": {"name": name}, "handler": "runc"})
    yield found
    for name in names:
        scheduling.delete_priority_class(name)
        node.delete_runtime_class(name)


@pytest.fixture(scope="session")
def judges(cluster: Cluster, existing: Existing) -> Judges:
    """Give both judges, once the server knows what pods refer to: its caches lag behind."""
    found = Judges(cluster.client, existing.namespaces[0])
    for name in existing.priority_classes:
        _wait_for_acceptance(found, {"priority_class_name": name, "runtime_class_name": name})
    for name in existing.namespaces:
        _wait_for_acceptance(found, {"namespace": name})
    return found


def _wait_for_acceptance(judges: Judges, options: dict[str, Any]) -> None:
    end = time.monotonic() + 30
    while not (judged := judges.validate(options)).answer.accepted:
        assert time.monotonic() < end, str(judged.answer)
        time.sleep(0.1)


def verdict(judged: Judged) -> str:
    """Name the case that the two judges make, and fail if it is a disagreement."""
    problems = [str(problem) for problem in judged.problems]
    said = f"\noptions: {judged.options}\nwe: {problems or 'accepted'}\nserver: {judged.answer}"
    if judged.problems and not judged.answer.accepted:
        return "refused by both"
    if judged.problems:
        unnamed = [str(problem) for problem in judged.problems if not is_stricter(problem)]
        assert not unnamed, f"we are stricter, and no entry of STRICTER says why: {unnamed}{said}"
        return "refused on purpose"
    if judged.answer.accepted:
        assert not judged.lost, f"what was asked for does not arrive: {judged.lost}{said}"
        return "accepted by both"
    assert is_beyond(judged.answer.body), f"we accept what the server refuses{said}"
    return "beyond one declaration"


def test_what_we_accept_and_refuse_is_what_the_server_accepts_and_refuses(
    judges: Judges, existing: Existing
) -> None:
    """Over thousands of declarations there is no disagreement that has no name."""
    seen: Counter[str] = Counter()
    used: Counter[str] = Counter()

    @settings(
        max_examples=EXAMPLES,
        database=None,
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.large_base_example,
        ],
    )
    @given(declarations(existing))
    def validate(options: dict[str, Any]) -> None:
        judged = judges.validate(options)
        seen[verdict(judged)] += 1
        used.update([*options])
        if seen.total() % 20 == 0:
            _assert_that_the_public_way_is_the_same(judged)

    begin = time.monotonic()
    validate()
    seconds = time.monotonic() - begin
    cases = ", ".join(f"{count} {name}" for name, count in seen.most_common())
    FIGURES.append(f"conformance: {seen.total()} declarations in {seconds:.0f} s: {cases}")
    assert seen["accepted by both"] > seen.total() / 4
    assert seen["refused by both"] > seen.total() / 6
    assert used.keys() == options_for(existing).keys()


def _assert_that_the_public_way_is_the_same(judged: Judged) -> None:
    if judged.problems:
        with pytest.raises(SpecError, match=r"problems? in the pod options") as caught:
            k8s_config(**judged.options)
        assert set(caught.value.problems) == set(judged.problems)
    else:
        public = to_manifest(k8s_config(**judged.options).get("pod_override", {}))
        assert not [*find_lost(judged.manifest, public), *find_lost(public, judged.manifest)]


@pytest.mark.parametrize("strictness", STRICTER, ids=lambda strictness: strictness.pattern)
def test_a_rule_is_stricter_than_the_server_on_purpose(judges: Judges, strictness: Strictness) -> None:
    """Each rule about mistakes is one: it refuses what the server would take, for a reason that is named."""
    judged = judges.validate(strictness.example)
    assert [problem for problem in judged.problems if strictness.explains(problem)]
    assert judged.answer.accepted, str(judged.answer)
    assert strictness.why


def variable(**source: Any) -> dict[str, Any]:
    """Give the options of one variable with a source."""
    return {"env_vars": {"A": source}}


def field(path: str) -> dict[str, Any]:
    """Give the options of one variable with a field of the pod."""
    return variable(fieldRef={"fieldPath": path})


def init(**fields: Any) -> dict[str, Any]:
    """Give the options of one init container."""
    return {"init_containers": [{"name": "fetch", "image": "busybox", **fields}]}


def override(**fields: Any) -> dict[str, Any]:
    """Give the options of an override of the pod's spec."""
    return {"pod_override": {"spec": fields}}


def worker(**fields: Any) -> dict[str, Any]:
    """Give the options of an override of the worker's container."""
    return override(containers=[{"name": "base", **fields}])


def node_affinity(**expression: Any) -> dict[str, Any]:
    """Give the options of an affinity to nodes with one expression."""
    terms = [{"matchExpressions": [{"key": "zone", **expression}]}]
    return {
        "affinity": {
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": terms}}
        }
    }


def pod_affinity(weight: int = 1, **term: Any) -> dict[str, Any]:
    """Give the options of an affinity to pods."""
    term = {"topologyKey": "zone", **term}
    preferred = [{"weight": weight, "podAffinityTerm": term}]
    return {"affinity": {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}}


def probe(**fields: Any) -> dict[str, Any]:
    """Give the options of a probe of the worker's container."""
    return worker(livenessProbe=fields)


def volume(**source: Any) -> dict[str, Any]:
    """Give the options of one volume."""
    return {"volumes": {"/mnt/a": source}}


def seccomp(**profile: Any) -> dict[str, Any]:
    """Give the options of a seccomp profile."""
    return {"security_context": {"seccompProfile": profile}}


LONG_NAME = ".".join(["a" * 62] * 4)
EXEC = {"exec": {"command": ["true"]}}
ESCALATION = "allowPrivilegeEscalation"

ACCEPTED_UNTIL_THE_SERVER_REFUSED = {
    # -- amounts
    "a grace period of 64 bits": {"termination_grace_period_seconds": 2**63},
    "a device that no quota could name": {"gpu": {"requests.nvidia.com/gpu": 1}},
    "a vendor that no quota could name": {"gpu": {f"{'a' * 245}/gpu": 1}},
    "a request above the override's limit": {"cpu": (2, None), **worker(resources={"limits": {"cpu": 1}})},
    "a limit below the override's request": {
        "memory": (None, "1Gi"),
        **worker(resources={"requests": {"memory": "2Gi"}}),
    },
    "a resource that is none": init(resources={"limits": {"disk": "1Gi"}}),
    "half a device": init(resources={"requests": {"a.b/c": "0.5"}, "limits": {"a.b/c": "0.5"}}),
    "less than no device": init(resources={"requests": {"a.b/c": -1}, "limits": {"a.b/c": -1}}),
    # -- environment
    "a variable with a value in its name": {"env_vars": {"A=B": "a"}},
    "a field that no variable can have": field("status.phase"),
    "a map of labels as a variable": field("metadata.labels"),
    "a label's key that is none": field("metadata.labels['a b']"),
    "a field of another API": variable(fieldRef={"fieldPath": "metadata.name", "apiVersion": "v2"}),
    "a resource without its side": variable(resourceFieldRef={"resource": "cpu"}),
    "a unit that is none": variable(resourceFieldRef={"resource": "limits.memory", "divisor": "2"}),
    "a unit of bytes on cores": variable(resourceFieldRef={"resource": "limits.cpu", "divisor": "1Mi"}),
    "a key that no config map has": variable(configMapKeyRef={"name": "a", "key": "a b"}),
    "a secret without a name": variable(secretKeyRef={"name": "", "key": "a"}),
    "a config map of no name": variable(configMapKeyRef={"name": "A B", "key": "a"}),
    "two sources of a variable": variable(
        secretKeyRef={"name": "a", "key": "a"}, configMapKeyRef={"name": "a", "key": "a"}
    ),
    "a value and a source of a variable": {
        "env_vars": [{"name": "A", "value": "a", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    },
    "two whole sources in one": {"env_from": [{"configMapRef": {"name": "a"}, "secretRef": {"name": "b"}}]},
    "a prefix with a value in it": {"env_from": [{"prefix": "A=", "secretRef": {"name": "a"}}]},
    # -- rights
    "a negative group": {"security_context": {"fsGroup": -1}},
    "a negative further group": {"security_context": {"supplementalGroups": [-1]}},
    "a user of 32 bits": {"container_security_context": {"runAsUser": 2**31}},
    "a policy that is none": {"security_context": {"fsGroupChangePolicy": "Never"}},
    "a sysctl that is none": {"security_context": {"sysctls": [{"name": "a b", "value": "1"}]}},
    "a sysctl twice": {
        "security_context": {"sysctls": [{"name": "a.b", "value": "1"}, {"name": "a.b", "value": "2"}]}
    },
    "a seccomp profile that is none": seccomp(type="Default"),
    "a seccomp profile without a type": seccomp(type=""),
    "a local seccomp profile without a path": seccomp(type="Localhost"),
    "a local seccomp profile elsewhere": seccomp(type="Localhost", localhostProfile="../a"),
    "a path without a local seccomp profile": seccomp(type="RuntimeDefault", localhostProfile="a"),
    "privileged without escalation": {"container_security_context": {"privileged": True, ESCALATION: False}},
    "privileged here, without escalation there": {
        "container_security_context": {"privileged": True},
        **worker(securityContext={ESCALATION: False}),
    },
    "an administrator without escalation": {
        "container_security_context": {"capabilities": {"add": ["CAP_SYS_ADMIN"]}, ESCALATION: False}
    },
    # -- affinity
    "a key that no node has": node_affinity(key="a b", operator="Exists"),
    "an operator that is none": node_affinity(operator="in", values=["a"]),
    "in no values": node_affinity(operator="In"),
    "exists with values": node_affinity(operator="Exists", values=["a"]),
    "greater than two values": node_affinity(operator="Gt", values=["1", "2"]),
    "no term": {
        "affinity": {
            "nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": []}}
        }
    },
    "a weight of zero": pod_affinity(weight=0),
    "a weight above a hundred": pod_affinity(weight=101),
    "no topology": pod_affinity(topologyKey=""),
    "a topology that no node has": pod_affinity(topologyKey="a b"),
    "a namespace that is none": pod_affinity(namespaces=["A"]),
    "a label that is none": pod_affinity(labelSelector={"matchLabels": {"a b": "c"}}),
    # -- volumes
    "a config map without its name": override(volumes=[{"name": "a", "configMap": {}}]),
    "a mode of more than nine bits": volume(secret={"secretName": "a", "defaultMode": 0o1000}),
    "a file out of its volume": volume(configMap={"name": "a", "items": [{"key": "a", "path": "../a"}]}),
    "a file that Kubernetes keeps to itself": {"volumes": {"/mnt/a": ConfigMap("a", items={"a": "..data"})}},
    "a size that is none": volume(emptyDir={"sizeLimit": "abc"}),
    "a negative size": volume(emptyDir={"sizeLimit": "-1Gi"}),
    "a directory above": volume(hostPath={"path": "/a/../b"}),
    "a type of path that is none": volume(hostPath={"path": "/a", "type": "Dir"}),
    "a relative path of a server": volume(nfs={"server": "a", "path": "a"}),
    "a driver that is none": volume(csi={"driver": "a b"}),
    "a driver's secret without its name": volume(csi={"driver": "a", "nodePublishSecretRef": {}}),
    "two files at one path": volume(
        projected={
            "sources": [{"secret": {"name": name, "items": [{"key": "a", "path": "a"}]}} for name in "ab"]
        }
    ),
    "a token that lives for a second": volume(
        projected={"sources": [{"serviceAccountToken": {"path": "a", "expirationSeconds": 1}}]}
    ),
    "a resource of nobody": volume(
        downwardAPI={"items": [{"path": "a", "resourceFieldRef": {"resource": "limits.cpu"}}]}
    ),
    "a node's field as a file": volume(
        downwardAPI={"items": [{"path": "a", "fieldRef": {"fieldPath": "spec.nodeName"}}]}
    ),
    # -- containers
    "an init container with a lifecycle": init(lifecycle={"preStop": EXEC}),
    "an init container with a probe": init(livenessProbe=EXEC),
    "an init container with the worker's name": override(initContainers=[{"name": "base", "image": "a"}]),
    "an init container with a container's name": {
        **init(),
        **override(containers=[{"name": "base"}, {"name": "fetch", "image": "a"}]),
    },
    "a port above all ports": worker(ports=[{"containerPort": 65536}]),
    "a port's name without a letter": worker(ports=[{"containerPort": 1, "name": "1"}]),
    "two ports of one name": worker(
        ports=[{"containerPort": 1, "name": "http"}, {"containerPort": 2, "name": "http"}]
    ),
    "a protocol that is none": worker(ports=[{"containerPort": 1, "protocol": "tcp"}]),
    "a port of the node that is another": override(
        hostNetwork=True, containers=[{"name": "base", "ports": [{"containerPort": 1, "hostPort": 2}]}]
    ),
    "a probe without a handler": probe(periodSeconds=1),
    "a probe with two handlers": probe(**EXEC, tcpSocket={"port": 1}),
    "a probe of a negative time": probe(**EXEC, periodSeconds=-1),
    "a probe of life that must succeed twice": probe(**EXEC, successThreshold=2),
    "a probe of no command": probe(exec={}),
    "a probe of no port": probe(tcpSocket={"port": 0}),
    "a probe of another scheme": probe(httpGet={"port": 1, "scheme": "http"}),
    "a message policy that is none": worker(terminationMessagePolicy="Log"),
    "a mount of no volume": worker(volumeMounts=[{"name": "", "mountPath": "/mnt/a"}]),
    "a sub path out of the volume": {
        "volumes": {"/mnt/a": EmptyDir()},
        **worker(volumeMounts=[{"name": "k8sexec-mnt-a", "mountPath": "/mnt/b", "subPath": "../c"}]),
    },
    # -- the rest of a pod
    "a host name that is none": override(hostname="A"),
    "a sub domain that is none": override(subdomain="a.b"),
    "a DNS policy that is none": override(dnsPolicy="clusterFirst"),
    "no DNS at all": override(dnsPolicy="None"),
    "a name server that is no address": override(dnsConfig={"nameservers": ["10.0.0.256"]}),
    "four name servers": override(dnsConfig={"nameservers": [f"10.0.0.{number}" for number in range(4)]}),
    "an alias of no address": override(hostAliases=[{"ip": "a", "hostnames": ["a"]}]),
    "a gate that is none": override(readinessGates=[{"conditionType": "a b"}]),
    "a deadline of no time": override(activeDeadlineSeconds=0),
    "one process space in two ways": override(shareProcessNamespace=True, hostPID=True),
    "a spread of nothing": override(
        topologySpreadConstraints=[
            {"topologyKey": "zone", "maxSkew": 0, "whenUnsatisfiable": "ScheduleAnyway"}
        ]
    ),
    "a spread twice": override(
        topologySpreadConstraints=[
            {"topologyKey": "zone", "maxSkew": skew, "whenUnsatisfiable": "ScheduleAnyway"} for skew in (1, 2)
        ]
    ),
}

ACCEPTED_ONCE_THE_SERVER_DID = {
    "a scheduler of any name": {"scheduler_name": "My_Scheduler"},
    "a driver with a domain": volume(csi={"driver": "csi.vault.example.com"}),
    "a driver in capitals": volume(csi={"driver": "Vault"}),
    "a node with a long name": {
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [
                        {"matchFields": [{"key": "metadata.name", "operator": "In", "values": [LONG_NAME]}]}
                    ]
                }
            }
        }
    },
    "a volume of the override and of an option": {
        "volumes": {"/mnt/a": EmptyDir()},
        **override(volumes=[{"name": "k8sexec-mnt-a", "configMap": {"name": "a"}}]),
    },
    "a seccomp profile of the override and of an option": {
        **seccomp(type="RuntimeDefault"),
        **override(securityContext={"seccompProfile": {"type": "Localhost", "localhostProfile": "a.json"}}),
    },
    "cores finer than thousandths": {"cpu": 1 / 3},
    "a toleration for good": {"tolerations": [Toleration("gpu", effect="NoExecute", toleration_seconds=-1)]},
    "an optional secret as a file": {"secrets": [Secret("A", file="/secrets/a", optional=True)]},
}


def test_every_option_is_drawn_or_left_out_for_a_reason() -> None:
    """A new option is compared with the API server as well; this test itself needs none."""
    drawn = options_for(Existing(["a"], ["a"], ["a"])).keys()
    assert drawn | NOT_DRAWN.keys() == POD_OPTIONS
    assert not drawn & NOT_DRAWN.keys()


@pytest.mark.parametrize(
    "options", ACCEPTED_UNTIL_THE_SERVER_REFUSED.values(), ids=ACCEPTED_UNTIL_THE_SERVER_REFUSED
)
def test_what_the_server_was_found_to_refuse_is_refused(judges: Judges, options: dict[str, Any]) -> None:
    """A disagreement that was settled by a rule stays settled."""
    assert verdict(judges.validate(options)) == "refused by both"


@pytest.mark.parametrize("options", ACCEPTED_ONCE_THE_SERVER_DID.values(), ids=ACCEPTED_ONCE_THE_SERVER_DID)
def test_what_the_server_was_found_to_accept_is_accepted(judges: Judges, options: dict[str, Any]) -> None:
    """A disagreement that was settled by leniency, or by another merge, stays settled."""
    assert verdict(judges.validate(options)) == "accepted by both"
