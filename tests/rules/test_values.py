"""Values in manifests: each field that the API server judges, right and wrong."""

from __future__ import annotations

from typing import Any

import pytest
from checked_declarations import check_declaration
from sample_declarations import DEPLOYMENT, declare

Options = dict[str, Any]


def spec(**fields: Any) -> Options:
    """Write a pod by hand."""
    return {"pod_override": {"spec": fields}}


def worker(**fields: Any) -> Options:
    """Write a worker's container by hand."""
    return spec(containers=[{"name": "base", **fields}])


def probe(kind: str = "readinessProbe", **fields: Any) -> Options:
    """Write a probe of the worker by hand."""
    return worker(**{kind: {"exec": {"command": ["true"]}, **fields}})


def mount(**fields: Any) -> Options:
    """Write a mount of the worker by hand."""
    return worker(volumeMounts=[{"name": "data", "mountPath": "/data", **fields}])


def volume(**source: Any) -> Options:
    """Write a volume's source by hand."""
    return {"volumes": {"/data": source}}


def projected(*sources: dict[str, Any]) -> Options:
    """Write a projected volume by hand."""
    return volume(projected={"sources": list(sources)})


def downward(**item: Any) -> Options:
    """Write a file of the downward API by hand."""
    return volume(downwardAPI={"items": [{"path": "a", **item}]})


def nodes(*terms: dict[str, Any]) -> Options:
    """Write which nodes are required by hand."""
    return {
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {"nodeSelectorTerms": list(terms)}
            }
        }
    }


def expression(**fields: Any) -> Options:
    """Write one expression about nodes by hand."""
    return nodes({"matchExpressions": [{"key": "zone", "operator": "In", "values": ["a"], **fields}]})


def pods(weight: int = 1, **term: Any) -> Options:
    """Write which pods are preferred by hand."""
    term = {"topologyKey": "kubernetes.io/hostname", **term}
    preferred = [{"weight": weight, "podAffinityTerm": term}]
    return {"affinity": {"podAffinity": {"preferredDuringSchedulingIgnoredDuringExecution": preferred}}}


def variable(**source: Any) -> Options:
    """Write the source of a variable by hand."""
    return {"env_vars": {"A": source}}


def resource(name: str, **fields: Any) -> Options:
    """Write a variable with an amount of the container's own."""
    return variable(resourceFieldRef={"resource": name, **fields})


def spread(**fields: Any) -> Options:
    """Write two constraints of how pods are spread by hand."""
    first = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
    return spec(topologySpreadConstraints=[first, {**first, "topologyKey": "host", **fields}])


RIGHT: list[Options] = [
    worker(resources={"limits": {"nvidia.com/gpu": 1, "hugepages-2Mi": "4Mi", "cpu": 1, "memory": "1Gi"}}),
    {"security_context": {"fsGroup": 1}} | spec(securityContext={"runAsUser": 0}),
    worker(
        ports=[
            {"name": "http", "containerPort": 80, "hostPort": 0, "protocol": "TCP", "hostIP": "10.0.0.1"},
            {"name": "dns-1", "containerPort": 53, "hostPort": 53, "protocol": "UDP"},
            {"containerPort": 65535, "hostPort": 53, "hostIP": "::1"},
        ],
        terminationMessagePolicy="FallbackToLogsOnError",
        securityContext={
            "runAsUser": 0,
            "runAsGroup": 2**31 - 1,
            "procMount": "Default",
            "privileged": True,
            "seccompProfile": {"type": "Localhost", "localhostProfile": "profiles/task.json"},
        },
        livenessProbe={"httpGet": {"port": "http", "scheme": "HTTPS"}, "successThreshold": 1},
        startupProbe={"tcpSocket": {"port": 80}, "failureThreshold": 3, "periodSeconds": 1},
        readinessProbe={"exec": {"command": ["true"]}, "successThreshold": 5, "timeoutSeconds": 1},
        lifecycle={"preStop": {"exec": {"command": ["sleep", "1"]}}},
        volumeMounts=[{"name": "a", "mountPath": "/a", "subPath": "b/c", "mountPropagation": "None"}],
    ),
    worker(readinessProbe={"httpGet": {"port": 80, "httpHeaders": [{"name": "X-Token", "value": ""}]}}),
    {
        "container_security_context": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"add": ["NET_ADMIN"]},
        }
    },
    {"container_security_context": {"allowPrivilegeEscalation": True, "privileged": True}},
    {
        "security_context": {
            "fsGroup": 0,
            "supplementalGroups": [0, 1],
            "fsGroupChangePolicy": "OnRootMismatch",
            "sysctls": [
                {"name": "net.core.somaxconn", "value": "1"},
                {"name": "kernel.msgmax", "value": "1"},
            ],
            "seccompProfile": {"type": "RuntimeDefault"},
        }
    },
    spec(
        activeDeadlineSeconds=1,
        dnsPolicy="None",
        dnsConfig={
            "nameservers": ["10.0.0.10", "fd00::a"],
            "searches": ["example.com", "example.com."],
            "options": [{"name": "ndots", "value": "2"}],
        },
        hostAliases=[{"ip": "10.0.0.1", "hostnames": ["db", "db.example.com"]}],
        hostname="task",
        subdomain="tasks",
        nodeName="node-1",
        nodeSelector={"zone": ""},
        serviceAccountName="etl.worker",
        terminationGracePeriodSeconds=0,
        readinessGates=[{"conditionType": "example.com/ready"}],
        resourceClaims=[
            {"name": "gpu", "resourceClaimTemplateName": "team.a100"},
            {"name": "shared-1", "resourceClaimName": "team.gpus"},
        ],
        shareProcessNamespace=True,
        hostNetwork=True,
        containers=[
            {"name": "base", "ports": [{"containerPort": 80, "hostPort": 80}, {"containerPort": 81}]}
        ],
        initContainers=[
            {"name": "fetch"},
            {"name": "proxy", "restartPolicy": "Always", "readinessProbe": {"grpc": {"port": 1}}},
        ],
    ),
    spread(),
    spread(topologyKey="zone", whenUnsatisfiable="ScheduleAnyway"),
    expression(),
    expression(operator="Exists", values=[]),
    expression(operator="Gt", values=["5"]),
    nodes({"matchFields": [{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]}),
    pods(100, namespaces=["jobs"], labelSelector={"matchLabels": {"a": ""}, "matchExpressions": []}),
    variable(fieldRef={"fieldPath": "status.podIP", "apiVersion": "v1"}),
    variable(fieldRef={"fieldPath": "metadata.labels['example.com/team']"}),
    variable(fieldRef={"fieldPath": "metadata.annotations['Example.com/team']"}),
    resource("limits.cpu", divisor="1m"),
    resource("requests.memory", divisor="1Mi"),
    resource("limits.memory"),
    resource("limits.cpu", divisor=0),
    volume(emptyDir={"sizeLimit": "1Gi"}),
    volume(hostPath={"path": "/mnt"}),
    volume(nfs={"server": "nfs", "path": "/"}),
    volume(csi={"driver": "secrets-store.csi.k8s.io"}),
    volume(configMap={"name": "a", "defaultMode": 0o644, "items": [{"key": "a", "path": "b/c", "mode": 0}]}),
    volume(secret={"secretName": "a", "defaultMode": 0o400}),
    volume(persistentVolumeClaim={"claimName": "a"}),
    downward(fieldRef={"fieldPath": "metadata.labels"}, mode=0o444),
    downward(resourceFieldRef={"resource": "limits.memory", "containerName": "base"}),
    projected(
        {"serviceAccountToken": {"path": "token", "expirationSeconds": 600}},
        {"secret": {"name": "a", "items": [{"key": "k", "path": "k"}]}},
        {"configMap": {"name": "a"}},
    ),
    {"tolerations": [{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": -1}]},
    {
        "init_containers": [
            {"name": "a", "image": "a", "restartPolicy": "Always", "startupProbe": {"grpc": {"port": 1}}}
        ]
    },
    {"sidecars": [{"name": "a", "image": "a", "ports": [{"containerPort": 1}]}]},
]

WRONG: list[tuple[Options, list[str]]] = [
    (worker(resources={"limits": {"gpu": 1}}), ["['resources']['limits']"]),
    (worker(resources={"limits": {"nvidia.com/gpu": 0.5}}), ["['nvidia.com/gpu']"]),
    (worker(resources={"limits": {"NVIDIA.com/gpu": "1"}}), ["['resources']['limits']"]),
    (
        {"container_security_context": {"allowPrivilegeEscalation": False}}
        | worker(securityContext={"privileged": True}),
        ["container_security_context['allowPrivilegeEscalation']"],
    ),
    (worker(ports=[{"containerPort": 0}]), ["['containerPort']"]),
    (worker(ports=[{"containerPort": 1, "hostPort": 2**16}]), ["['hostPort']"]),
    (
        spec(
            resources={"claims": [{"name": "gpu"}]},
            resourceClaims=[{"name": "gpu", "resourceClaimName": "g"}],
        ),
        ["['spec']['resources']['claims']"],
    ),
    (worker(ports=[{"containerPort": 1, "hostIP": "localhost"}]), ["['hostIP']"]),
    (worker(ports=[{"containerPort": 1, "name": "80"}]), ["['name']"]),
    (worker(ports=[{"containerPort": 1, "name": "a--b"}]), ["['name']"]),
    (worker(ports=[{"containerPort": 1, "protocol": "tcp"}]), ["['protocol']"]),
    (worker(ports=[{"containerPort": port, "name": "a"} for port in (1, 2)]), ["['ports'][1]['name']"]),
    (worker(ports=[{"containerPort": port, "hostPort": 9} for port in (1, 2)]), ["['ports'][1]"]),
    (
        spec(hostNetwork=True, containers=[{"name": "base", "ports": [{"containerPort": 1, "hostPort": 2}]}]),
        ["['ports'][0]['hostPort']"],
    ),
    (worker(terminationMessagePolicy="file"), ["['terminationMessagePolicy']"]),
    (worker(securityContext={"runAsUser": -1}), ["['runAsUser']"]),
    (worker(securityContext={"procMount": "default"}), ["['procMount']"]),
    (worker(securityContext={"seccompProfile": {"type": "runtimeDefault"}}), ["['type']"]),
    (worker(securityContext={"seccompProfile": {"type": "Localhost"}}), ["['type']"]),
    (
        worker(securityContext={"seccompProfile": {"type": "Unconfined", "localhostProfile": "a"}}),
        ["['localhostProfile']"],
    ),
    (
        worker(securityContext={"seccompProfile": {"type": "Localhost", "localhostProfile": "../a"}}),
        ["['localhostProfile']"],
    ),
    (probe(failureThreshold=-1), ["['failureThreshold']"]),
    (probe(timeoutSeconds=0), ["['timeoutSeconds']"]),
    (probe(initialDelaySeconds=2**31), ["['initialDelaySeconds']"]),
    (probe("livenessProbe", successThreshold=2), ["['successThreshold']"]),
    (probe(httpGet={"port": 80}), ["['readinessProbe']"]),
    (worker(readinessProbe={"periodSeconds": 1}), ["['readinessProbe']"]),
    (worker(lifecycle={"preStop": {}}), ["['preStop']"]),
    (worker(readinessProbe={"exec": {"command": []}}), ["['command']"]),
    (worker(readinessProbe={"httpGet": {"port": 0}}), ["['port']"]),
    (worker(readinessProbe={"tcpSocket": {"port": "HTTP"}}), ["['port']"]),
    (worker(readinessProbe={"httpGet": {"port": 1, "scheme": "https"}}), ["['scheme']"]),
    (
        worker(readinessProbe={"httpGet": {"port": 1, "httpHeaders": [{"name": "a b", "value": ""}]}}),
        ["['name']"],
    ),
    (mount(subPath="/a"), ["['subPath']"]),
    (mount(subPath="a/../b"), ["['subPath']"]),
    (mount(subPath="a", subPathExpr="b"), ["['subPathExpr']"]),
    (mount(mountPropagation="none"), ["['mountPropagation']"]),
    ({"container_security_context": {"runAsGroup": 2**31}}, ["['runAsGroup']"]),
    (
        {"container_security_context": {"allowPrivilegeEscalation": False, "privileged": True}},
        ["['allowPrivilegeEscalation']"],
    ),
    (
        {
            "container_security_context": {
                "allowPrivilegeEscalation": False,
                "capabilities": {"add": ["CAP_SYS_ADMIN"]},
            }
        },
        ["['allowPrivilegeEscalation']"],
    ),
    ({"security_context": {"fsGroup": -1}}, ["['fsGroup']"]),
    ({"security_context": {"supplementalGroups": [1, -1]}}, ["['supplementalGroups'][1]"]),
    ({"security_context": {"fsGroupChangePolicy": "always"}}, ["['fsGroupChangePolicy']"]),
    ({"security_context": {"sysctls": [{"name": "A", "value": ""}]}}, ["['name']"]),
    (
        {"security_context": {"sysctls": [{"name": "a", "value": value} for value in "xy"]}},
        ["['sysctls'][1]"],
    ),
    (spec(activeDeadlineSeconds=0), ["['activeDeadlineSeconds']"]),
    (spec(dnsPolicy="none"), ["['dnsPolicy']"]),
    (spec(dnsPolicy="None"), ["['dnsPolicy']"]),
    (spec(dnsConfig={"nameservers": ["dns"]}), ["['nameservers'][0]"]),
    (spec(dnsConfig={"nameservers": ["10.0.0.1"] * 4}), ["['nameservers']"]),
    (spec(dnsConfig={"searches": ["a b"]}), ["['searches'][0]"]),
    (spec(dnsConfig={"options": [{"value": "2"}]}), ["['options'][0]"]),
    (spec(hostAliases=[{"ip": "db"}]), ["['ip']"]),
    (spec(hostAliases=[{"ip": "10.0.0.1", "hostnames": ["a b"]}]), ["['hostnames'][0]"]),
    (spec(hostname="A"), ["['hostname']"]),
    (spec(nodeSelector={"a b": "c d"}), ["['nodeSelector']", "['nodeSelector']['a b']"]),
    (spec(readinessGates=[{"conditionType": "a b"}]), ["['conditionType']"]),
    (spec(resourceClaims=[{"name": "team.gpu", "resourceClaimName": "a"}]), ["[0]['name']"]),
    (spec(resourceClaims=[{"name": "gpu", "resourceClaimName": "A"}]), ["['resourceClaimName']"]),
    (
        spec(resourceClaims=[{"name": "gpu", "resourceClaimTemplateName": "a_b"}]),
        ["['resourceClaimTemplateName']"],
    ),
    (spec(shareProcessNamespace=True, hostPID=True), ["['shareProcessNamespace']"]),
    (spec(terminationGracePeriodSeconds=-1), ["['terminationGracePeriodSeconds']"]),
    (spec(containers=[{"name": "base"}, {"name": "a"}, {"name": "a"}]), ["['containers'][2]['name']"]),
    (spec(containers=[{"name": "base"}, {"name": "base"}]), ["['containers'][1]['name']"]),
    (
        spec(containers=[{"name": "base"}, {"name": "a"}], initContainers=[{"name": "a"}]),
        ["['initContainers'][0]['name']"],
    ),
    (spec(initContainers=[{"name": "a", "lifecycle": {}}]), ["['initContainers'][0]['lifecycle']"]),
    (
        {"init_containers": [{"name": "a", "image": "a", "lifecycle": {}}]},
        ["init_containers[0]['lifecycle']"],
    ),
    (spread(maxSkew=0), ["['maxSkew']"]),
    (spread(topologyKey="a b"), ["['topologyKey']"]),
    (spread(whenUnsatisfiable="Never"), ["['whenUnsatisfiable']"]),
    (spread(topologyKey="zone"), ["['topologySpreadConstraints'][1]"]),
    (nodes(), ["['nodeSelectorTerms']"]),
    (expression(key="a b"), ["['key']"]),
    (expression(operator="in"), ["['operator']"]),
    (expression(values=[]), ["['values']"]),
    (expression(operator="DoesNotExist"), ["['values']"]),
    (expression(operator="Lt", values=["1", "2"]), ["['values']"]),
    (expression(values=["a b"]), ["['values'][0]"]),
    (
        nodes({"matchFields": [{"key": "metadata.uid", "operator": "In", "values": ["a"]}]}),
        ["['matchFields'][0]"],
    ),
    (
        nodes({"matchFields": [{"key": "metadata.name", "operator": "Exists", "values": []}]}),
        ["['matchFields'][0]", "['matchFields'][0]['operator']"],
    ),
    (pods(0), ["['weight']"]),
    (pods(namespaces=["A"]), ["['namespaces'][0]"]),
    (pods(topologyKey=""), ["['topologyKey']"]),
    (pods(labelSelector={"matchLabels": {"a b": "c d"}}), ["['matchLabels']", "['matchLabels']['a b']"]),
    (
        pods(labelSelector={"matchExpressions": [{"key": "a", "operator": "Gt", "values": ["1"]}]}),
        ["['operator']"],
    ),
    (variable(fieldRef={"fieldPath": "status.podIp"}), ["['fieldPath']"]),
    (variable(fieldRef={"fieldPath": "metadata.labels"}), ["['fieldPath']"]),
    (variable(fieldRef={"fieldPath": "metadata.labels['a b']"}), ["['fieldPath']"]),
    (variable(fieldRef={"fieldPath": "status.podIP", "apiVersion": "v2"}), ["['apiVersion']"]),
    (variable(secretKeyRef={"name": "a", "key": "a b"}), ["['key']"]),
    (variable(configMapKeyRef={"name": "a", "key": ".."}), ["['key']"]),
    (resource("limits.gpu"), ["['resource']"]),
    (resource("limits.cpu", divisor="1Mi"), ["['divisor']"]),
    (resource("limits.memory", divisor="2"), ["['divisor']"]),
    (resource("limits.memory", divisor="one"), ["['divisor']"]),
    (volume(emptyDir={"sizeLimit": "1GB"}), ["['sizeLimit']"]),
    (volume(emptyDir={"sizeLimit": "-1"}), ["['sizeLimit']"]),
    (volume(hostPath={"path": "/a/../b"}), ["['path']"]),
    (volume(hostPath={"path": "/a", "type": "dir"}), ["['type']"]),
    (worker(readinessProbe={"exec": {}}), ["['command']"]),
    (volume(nfs={"server": "", "path": "a"}), ["['server']", "['path']"]),
    (volume(csi={"driver": "a b"}), ["['driver']"]),
    (volume(csi={"driver": "a", "nodePublishSecretRef": {}}), ["['nodePublishSecretRef']['name']"]),
    (volume(configMap={"name": "A", "defaultMode": 0o1000}), ["['name']", "['defaultMode']"]),
    (volume(configMap={}), ["['configMap']['name']"]),
    (volume(configMap={"name": "a", "items": [{"key": "a b", "path": ""}]}), ["['key']", "['path']"]),
    (
        volume(secret={"secretName": "a", "items": [{"key": "a", "path": "..a", "mode": -1}]}),
        ["['path']", "['mode']"],
    ),
    (volume(secret={"secretName": "a", "items": [{"key": "a", "path": "../a"}]}), ["['path']"]),
    (volume(secret={}), ["['secret']['secretName']"]),
    (volume(persistentVolumeClaim={"claimName": "A"}), ["['claimName']"]),
    (downward(), ["['items'][0]"]),
    (downward(fieldRef={"fieldPath": "status.podIP"}), ["['fieldPath']"]),
    (downward(resourceFieldRef={"resource": "limits.memory"}), ["['resourceFieldRef']"]),
    (
        projected({"serviceAccountToken": {"path": "/a", "expirationSeconds": 1}}),
        ["['path']", "['expirationSeconds']"],
    ),
    (projected({"secret": {"name": "A"}}, {"configMap": {"name": ""}}), ["['name']", "['name']"]),
    (projected({"secret": {}}), ["['name']"]),
    (
        projected(
            {"serviceAccountToken": {"path": "a"}},
            {"secret": {"name": "a", "items": [{"key": "a", "path": "a"}]}},
        ),
        ["['sources'][1]['secret']['items'][0]['path']"],
    ),
    (
        {"tolerations": [{"operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 2**63}]},
        ["['tolerationSeconds']"],
    ),
    ({"sidecars": [{"name": "a", "image": "a", "ports": [{"containerPort": 0}]}]}, ["['containerPort']"]),
]


@pytest.mark.parametrize("options", RIGHT)
def test_what_the_server_takes_is_let_be(options: Options) -> None:
    """No value is refused that an author may write, up to the edge of what the server takes."""
    assert check_declaration(declare(**options), DEPLOYMENT) == []


@pytest.mark.parametrize(("options", "found"), WRONG)
def test_what_the_server_refuses_is_found_where_it_stands(options: Options, found: list[str]) -> None:
    """Each wrong value is told once, with its way, and by no other rule as well."""
    problems = check_declaration(declare(**options), DEPLOYMENT)
    ends = [problem.field[-len(end) :] for problem, end in zip(problems, found, strict=True)]
    assert ends == found
    assert all(problem.reason and problem.remedy for problem in problems)


def test_a_part_of_a_wrong_shape_hides_no_mistake_of_another() -> None:
    """An author corrects all at once: the shape of one part, and the values of those beside it."""
    wrong = declare(
        security_context={"fsGroup": "-1", "runAsUser": -1},
        **spec(
            hostAliases={"ip": "db"},
            hostname="A",
            containers=[{"name": "base", "ports": [{"containerPort": "http"}, {"containerPort": 0}]}],
        ),
    )
    found = [problem.field for problem in check_declaration(wrong, DEPLOYMENT)]
    ends = ["hostAliases']", "['ports'][0]['containerPort']", "['ports'][1]['containerPort']", "['hostname']"]
    ends += ["['fsGroup']", "['runAsUser']"]
    assert [[name for name in found if name.endswith(end)] != [] for end in ends] == [True] * len(ends)
    assert len(found) == len(ends)
