"""Pods, and the shortest options that build them, as an author would write these."""

from __future__ import annotations

from typing import Any

from airflow_provider_k8sexec.options.code import Code

Pod = dict[str, Any]


def worker(*, volumes: Any = None, **fields: Any) -> Pod:
    """Give a pod that requests something of the worker's container, and volumes."""
    more = {} if volumes is None else {"volumes": volumes}
    return {"spec": {"containers": [{"name": "base", **fields}], **more}}


def spec(**fields: Any) -> Pod:
    """Give a pod that requests something of its spec."""
    return {"spec": {"containers": [{"name": "base"}], **fields}}


def resources(requests: Any = None, limits: Any = None) -> Pod:
    """Give a pod with requests and limits."""
    sides = {"requests": requests, "limits": limits}
    return worker(resources={side: amounts for side, amounts in sides.items() if amounts is not None})


def mounting(source: Any, *mounts: Any, **more: Any) -> Pod:
    """Give a pod with one volume, and its mounts."""
    return worker(
        volumes=[{"name": "v", **source}], volumeMounts=[{"name": "v", **mount} for mount in mounts], **more
    )


def secret(key: str, name: str, **more: Any) -> Any:
    """Give the source of a variable that is a key of a secret."""
    return {"secretKeyRef": {"key": key, "name": name, **more}}


CLAIM = {"persistentVolumeClaim": {"claimName": "lake"}}
PROXY = {"name": "proxy", "image": "proxy:1"}
FETCH = {"name": "fetch", "image": "fetch:1"}

SHORT: dict[str, tuple[Pod, str]] = {
    "request and limit are equal": (
        resources({"cpu": "500m", "memory": "1Gi"}, {"cpu": "500m", "memory": "1Gi"}),
        'cpu="500m", memory="1Gi"',
    ),
    "request and limit differ": (
        resources({"cpu": "1", "memory": "1Gi"}, {"cpu": "2", "memory": "2Gi"}),
        'cpu=(1, 2), memory=("1Gi", "2Gi")',
    ),
    "requests alone": (resources({"cpu": "0.5", "memory": "1Gi"}), 'cpu=(0.5, None), memory=("1Gi", None)'),
    "limits alone": (resources(None, {"memory": "2Gi"}), 'memory=(None, "2Gi")'),
    "a memory limit without one of CPU": (
        resources({"cpu": "100m", "memory": "1Gi"}, {"memory": "1Gi"}),
        'cpu=("100m", None), memory="1Gi"',
    ),
    "one amount written in two ways": (
        resources({"cpu": "1000m", "memory": "1024Mi"}, {"cpu": 1, "memory": "1Gi"}),
        'cpu=1, memory="1Gi"',
    ),
    "plain numbers": (
        resources({"cpu": 0.5, "memory": 1073741824}, {"cpu": 0.5, "memory": 1073741824.0}),
        'cpu=0.5, memory="1Gi"',
    ),
    "bytes without a unit": (resources({"memory": 512}, {"memory": "512"}), 'memory="512"'),
    "half a byte": (
        resources({"memory": 0.5}),
        (
            'pod_override={"spec": {"containers": [{"name": "base", "resources": '
            '{"requests": {"memory": 0.5}}}]}}'
        ),
    ),
    "an NVIDIA GPU by its limit": (resources(None, {"nvidia.com/gpu": "1"}), "gpu=1"),
    "devices of two kinds": (
        resources({"nvidia.com/gpu": 1}, {"nvidia.com/gpu": 1, "amd.com/gpu": 2}),
        'gpu={"nvidia.com/gpu": 1, "amd.com/gpu": 2}',
    ),
    "disk": (
        resources({"ephemeral-storage": "10Gi"}, {"ephemeral-storage": "10Gi"}),
        'ephemeral_storage="10Gi"',
    ),
    "huge pages": (
        resources(None, {"hugepages-2Mi": "2Mi", "memory": "1Gi"}),
        (
            'memory=(None, "1Gi"), pod_override={"spec": {"containers": [{"name": "base", '
            '"resources": {"limits": {"hugepages-2Mi": "2Mi"}}}]}}'
        ),
    ),
    "all containers together": (
        spec(resources={"requests": {"cpu": "1"}, "limits": {"cpu": "2", "memory": "4Gi"}}),
        'pod_resources={"cpu": (1, 2), "memory": (None, "4Gi")}',
    ),
    "claims of devices": (
        {
            "spec": {
                "containers": [{"name": "base", "resources": {"claims": [{"name": "a"}, {"name": "b"}]}}],
                "resourceClaims": [
                    {"name": "a", "resourceClaimTemplateName": "a100"},
                    {"name": "b", "resourceClaimName": "team"},
                ],
            }
        },
        'resource_claims={"a": ResourceClaimTemplate("a100"), "b": "team"}',
    ),
    "a key of the deployment's secret": (
        worker(env=[{"name": "TOKEN", "valueFrom": secret("TOKEN", "infrared-photon-7780-env")}]),
        'secrets=["TOKEN"]',
    ),
    "a key of it under another name": (
        worker(env=[{"name": "T", "valueFrom": secret("TOKEN", "infrared-photon-7780-env", optional=True)}]),
        'secrets=[Secret("TOKEN", env="T", optional=True)]',
    ),
    "keys of another secret, among literals": (
        worker(
            env=[
                {"name": "TOKEN", "valueFrom": secret("TOKEN", "db")},
                {"name": "STAGE", "value": "prod"},
                {"name": "EMPTY"},
                {"name": "POD", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}},
                {"name": "USER", "valueFrom": secret("user", "db", optional=False)},
            ]
        ),
        (
            'secrets=[Secret("TOKEN", name="db"), Secret("user", env="USER", name="db")], '
            'env_vars={"STAGE": "prod", "EMPTY": "", "POD": {"fieldRef": {"fieldPath": "metadata.name"}}}'
        ),
    ),
    "whole sources of variables": (
        worker(envFrom=[{"secretRef": {"name": "db"}}, {"configMapRef": {"name": "a"}, "prefix": "A_"}]),
        'env_from=["secret/db", {"configMapRef": {"name": "a"}, "prefix": "A_"}]',
    ),
    "a claim at two paths": (
        mounting(CLAIM, {"mountPath": "/in"}, {"mountPath": "/out", "subPath": "out", "readOnly": False}),
        (
            'volumes={"/in": PersistentVolumeClaim("lake"), '
            '"/out": PersistentVolumeClaim("lake", sub_path="out")}'
        ),
    ),
    "two volumes of one claim": (
        worker(
            volumes=[{"name": "a", **CLAIM}, {"name": "b", **CLAIM}],
            volumeMounts=[
                {"name": "b", "mountPath": "/b", "readOnly": True},
                {"name": "a", "mountPath": "/a"},
            ],
        ),
        'volumes={"/b": PersistentVolumeClaim("lake", read_only=True), "/a": PersistentVolumeClaim("lake")}',
    ),
    "a claim for reading": (
        mounting({"persistentVolumeClaim": {"claimName": "lake", "readOnly": True}}, {"mountPath": "/in"}),
        'volumes={"/in": PersistentVolumeClaim("lake", read_only=True)}',
    ),
    "a mount for reading of a claim for writing": (
        mounting(CLAIM, {"mountPath": "/in", "readOnly": True}),
        (
            'volumes={"/in": TemplateVolume("v", read_only=True)}, '
            'pod_override={"spec": {"volumes": [{"name": "v", '
            '"persistentVolumeClaim": {"claimName": "lake"}}]}}'
        ),
    ),
    "a directory of the pod": (
        mounting({"emptyDir": {"sizeLimit": "2Gi"}}, {"mountPath": "/scratch"}),
        'volumes={"/scratch": EmptyDir(size="2Gi")}',
    ),
    "a directory of the pod at two paths": (
        mounting({"emptyDir": {}}, {"mountPath": "/a"}, {"mountPath": "/b", "subPath": "b"}),
        'volumes={"/a": {"name": "v", "emptyDir": {}}, "/b": TemplateVolume("v", sub_path="b")}',
    ),
    "shared memory": (
        mounting({"emptyDir": {"medium": "Memory", "sizeLimit": "1Gi"}}, {"mountPath": "/dev/shm"}),  # noqa: S108
        'shared_memory="1Gi"',
    ),
    "files of a config map": (
        mounting(
            {"configMap": {"name": "app", "items": [{"key": "a", "path": "b"}], "defaultMode": 420}},
            {"mountPath": "/etc/app", "readOnly": True, "subPath": "b"},
        ),
        'volumes={"/etc/app": ConfigMap("app", items={"a": "b"}, sub_path="b")}',
    ),
    "a config map that is not mounted for reading": (
        mounting({"configMap": {"name": "app"}}, {"mountPath": "/etc/app"}),
        'volumes={"/etc/app": {"configMap": {"name": "app"}}}',
    ),
    "a path of the node, and an image": (
        worker(
            volumes=[
                {"name": "a", "hostPath": {"path": "/mnt", "type": "Directory"}},
                {"name": "b", "image": {"reference": "model:1"}},
            ],
            volumeMounts=[
                {"name": "a", "mountPath": "/a", "readOnly": True},
                {"name": "b", "mountPath": "/b"},
            ],
        ),
        'volumes={"/a": HostPath("/mnt", type="Directory", read_only=True), "/b": ImageVolume("model:1")}',
    ),
    "a whole secret": (
        mounting({"secret": {"secretName": "tls"}}, {"mountPath": "/tls"}),
        'volumes={"/tls": {"secret": {"secretName": "tls"}}}',
    ),
    "a file of a secret": (
        mounting(
            {"secret": {"secretName": "tls", "items": [{"key": "crt", "path": "tls.crt"}]}},
            {"mountPath": "/etc/tls.crt", "subPath": "tls.crt", "readOnly": True},
        ),
        'secrets=[Secret("crt", file="/etc/tls.crt", name="tls")]',
    ),
    "a volume of the pod template": (
        worker(volumeMounts=[{"name": "logs", "mountPath": "/work", "subPath": "work"}]),
        'volumes={"/work": TemplateVolume("logs", sub_path="work")}',
    ),
    "a volume that an init container mounts as well": (
        {
            "spec": {
                "containers": [{"name": "base", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
                "initContainers": [{**FETCH, "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
                "volumes": [{"name": "v", "emptyDir": {}}],
            }
        },
        (
            'volumes={"/v": {"name": "v", "emptyDir": {}}}, init_containers=[{"name": "fetch", '
            '"image": "fetch:1", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}]'
        ),
    ),
    "a mount that has more than options do": (
        mounting({"emptyDir": {}}, {"mountPath": "/v", "mountPropagation": "HostToContainer"}),
        (
            'pod_override={"spec": {"containers": [{"name": "base", "volumeMounts": [{"name": "v", '
            '"mountPath": "/v", "mountPropagation": "HostToContainer"}]}], '
            '"volumes": [{"name": "v", "emptyDir": {}}]}}'
        ),
    ),
    "tolerations in kubectl's form": (
        spec(
            tolerations=[
                {"key": "spot", "operator": "Exists"},
                {"key": "gpu", "value": "true", "effect": "NoSchedule"},
                {"key": "a", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60},
                {"operator": "Exists"},
                {"key": "a"},
            ]
        ),
        (
            'tolerations=["spot", "gpu=true:NoSchedule", Toleration("a", effect="NoExecute", '
            'toleration_seconds=60), Toleration(), {"key": "a"}]'
        ),
    ),
    "what moves the node's pods": (
        {
            "metadata": {
                "annotations": {
                    "karpenter.sh/do-not-disrupt": "true",
                    "example.com/egress": "x",
                    "cluster-autoscaler.kubernetes.io/safe-to-evict": "false",
                }
            }
        },
        'disruption="avoid", annotations={"example.com/egress": "x"}',
    ),
    "the queue that admits the pod": (
        {"metadata": {"labels": {"team": "finance", "kueue.x-k8s.io/queue-name": "team-a"}}},
        'queue_name="team-a", labels={"team": "finance"}',
    ),
    "a queue and no other label": (
        {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "team-a"}}},
        'queue_name="team-a"',
    ),
    "init containers and sidecars": (
        spec(initContainers=[FETCH, {**PROXY, "restartPolicy": "Always"}]),
        (
            'init_containers=[{"name": "fetch", "image": "fetch:1"}], '
            'sidecars=[{"name": "proxy", "image": "proxy:1"}]'
        ),
    ),
    "a sidecar that runs before an init container": (
        spec(initContainers=[{**PROXY, "restartPolicy": "Always"}, FETCH]),
        (
            'pod_override={"spec": {"initContainers": [{"name": "proxy", "image": "proxy:1", '
            '"restartPolicy": "Always"}, {"name": "fetch", "image": "fetch:1"}]}}'
        ),
    ),
    "a container beside the worker": (
        {"spec": {"containers": [{"name": "base", "image": "a"}, PROXY]}},
        (
            'image="a", pod_override={"spec": {"containers": [{"name": "base"}, '
            '{"name": "proxy", "image": "proxy:1"}]}}'
        ),
    ),
    "the old name of the service account": (
        spec(serviceAccount="etl", serviceAccountName="etl"),
        'service_account_name="etl"',
    ),
    "what no option has": (
        worker(image="a", workingDir="/work"),
        'image="a", pod_override={"spec": {"containers": [{"name": "base", "workingDir": "/work"}]}}',
    ),
    "an empty object, which takes off the template's": (
        worker(resources={}),
        'pod_override={"spec": {"containers": [{"name": "base", "resources": {}}]}}',
    ),
    "nothing": (
        {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"labels": {}},
            "spec": {"containers": [{"name": "base", "env": [], "volumeMounts": []}], "tolerations": []},
        },
        "",
    ),
}


def left_to_override(pod: Pod) -> str:
    """Give what is left where no option stands for any part of a pod."""
    return f"pod_override={pod!r}".replace("'", '"')


def file_of(path: str, **mount: Any) -> Pod:
    """Give a pod with a file of a secret, mounted in one of many ways."""
    items = [{"key": "k", "path": "f"}]
    source = {"secret": {"secretName": "s", "items": items, "optional": True}}
    return mounting(source, {"mountPath": path, "readOnly": True, **mount})


ODD: dict[str, tuple[Pod, str]] = {
    "an optional file of a secret": (
        file_of("/run/a"),
        'secrets=[Secret("k", file="/run/a/f", name="s", optional=True)]',
    ),
    "optional files of two secrets": (
        mounting(
            {
                "projected": {
                    "sources": [
                        {"secret": {"name": "s", "items": [{"key": "k", "path": "f"}], "optional": True}},
                        {"secret": {"name": "t", "items": [{"key": "l", "path": "g"}], "optional": True}},
                    ]
                }
            },
            {"mountPath": "/a", "readOnly": True},
        ),
        (
            'secrets=[Secret("k", file="/a/f", name="s", optional=True), '
            'Secret("l", file="/a/g", name="t", optional=True)]'
        ),
    ),
    "a file of a secret at a path that is not in its shortest form": (
        file_of("/run/a/"),
        left_to_override(file_of("/run/a/")),
    ),
    "an optional file of a secret at a path of its own": (
        file_of("/run/f", subPath="f"),
        (
            'volumes={"/run/f": TemplateVolume("v", read_only=True, sub_path="f")}, pod_override={"spec": '
            '{"volumes": [{"name": "v", "secret": {"secretName": "s", "items": [{"key": "k", "path": "f"}], '
            '"optional": True}}]}}'
        ),
    ),
    "a file with a mode": (
        mounting(
            {"secret": {"secretName": "s", "items": [{"key": "k", "path": "f", "mode": 256}]}},
            {"mountPath": "/f"},
        ),
        (
            'volumes={"/f": {"secret": {"secretName": "s", "items": '
            '[{"key": "k", "path": "f", "mode": 256}]}}}'
        ),
    ),
    "projected tokens": (
        mounting({"projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}, {"mountPath": "/t"}),
        'volumes={"/t": {"projected": {"sources": [{"serviceAccountToken": {"path": "t"}}]}}}',
    ),
    "sources with more than their values have": (
        worker(
            volumes=[
                {"name": "a", "emptyDir": {"medium": "HugePages"}},
                {"name": "b", "configMap": {"name": "c", "items": [{"key": "k", "path": "p", "mode": 256}]}},
                {"name": "c", "image": {"reference": "m:1", "other": 1}},
                {"name": "d", "hostPath": {"path": "/d", "other": 1}},
                {"name": "e", "persistentVolumeClaim": {"claimName": "e", "other": 1}},
            ],
            volumeMounts=[{"name": name, "mountPath": f"/{name}"} for name in "abcde"],
        ),
        (
            'volumes={"/a": {"emptyDir": {"medium": "HugePages"}}, '
            '"/b": {"configMap": {"name": "c", "items": [{"key": "k", "path": "p", "mode": 256}]}}, '
            '"/c": {"image": {"reference": "m:1", "other": 1}}, '
            '"/d": {"hostPath": {"path": "/d", "other": 1}}, '
            '"/e": {"persistentVolumeClaim": {"claimName": "e", "other": 1}}}'
        ),
    ),
    "a volume without a source": (
        mounting({}, {"mountPath": "/v"}),
        'volumes={"/v": TemplateVolume("v")}, pod_override={"spec": {"volumes": [{"name": "v"}]}}',
    ),
    "devices of which request and limit differ": (
        resources({"amd.com/gpu": 1}, {"amd.com/gpu": 2}),
        left_to_override(resources({"amd.com/gpu": 1}, {"amd.com/gpu": 2})),
    ),
    "no device": (
        resources({"amd.com/gpu": 0}, {"amd.com/gpu": 0}),
        left_to_override(resources({"amd.com/gpu": 0}, {"amd.com/gpu": 0})),
    ),
    "cores with an exponent": (resources({"cpu": "1e-1"}, {"cpu": "100m"}), 'cpu="1e-1"'),
    "a claim of one of its requests": (
        {
            "spec": {
                "containers": [{"name": "base", "resources": {"claims": [{"name": "a", "request": "r"}]}}],
                "resourceClaims": [{"name": "a", "resourceClaimName": "team"}, {"name": "other"}],
            }
        },
        (
            'resource_claims={"a": ResourceClaim("team", request="r")}, '
            'pod_override={"spec": {"resourceClaims": [{"name": "other"}]}}'
        ),
    ),
    "a variable that is defined twice": (
        worker(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]),
        left_to_override(worker(env=[{"name": "A", "value": "1"}, {"name": "A", "value": "2"}])),
    ),
    "a key of a secret without a name": (
        worker(env=[{"name": "A", "valueFrom": {"secretKeyRef": {"key": "A"}}}]),
        'env_vars={"A": {"secretKeyRef": {"key": "A"}}}',
    ),
    "a toleration that kubectl cannot write": (
        spec(
            tolerations=[{"key": "a:b", "operator": "Exists"}, {"key": "a", "operator": "In", "value": "b"}]
        ),
        'tolerations=[Toleration("a:b"), {"key": "a", "operator": "In", "value": "b"}]',
    ),
    "an address of two lists of names": (
        spec(hostAliases=[{"ip": "::1", "hostnames": ["a"]}, {"ip": "::1", "hostnames": ["b"]}]),
        left_to_override(spec(hostAliases=[{"ip": "::1", "hostnames": [name]} for name in "ab"])).replace(
            '"containers": [{"name": "base"}], ', ""
        ),
    ),
}
"""Pods that few authors write: what options cannot build exactly, they leave alone."""

SIZE, NAME, OTHER = Code("size"), Code("name"), Code("other")
KNOWN = Code("OWN", "infrared-photon-7780-env")

WITH_CODE: dict[str, tuple[Pod, str]] = {
    "one expression for request and limit": (
        resources({"memory": SIZE, "cpu": Code("a")}, {"memory": SIZE, "cpu": Code("b")}),
        "cpu=(a, b), memory=size",
    ),
    "an expression beside a value": (resources({"memory": SIZE}, {"memory": "2Gi"}), 'memory=(size, "2Gi")'),
    "a count of devices": (resources(None, {"nvidia.com/gpu": SIZE}), "gpu=size"),
    "a number of bytes": (
        resources(None, {"memory": Code("BYTES", 1024)}),
        (
            'pod_override={"spec": {"containers": [{"name": "base", "resources": '
            '{"limits": {"memory": BYTES}}}]}}'
        ),
    ),
    "resources": (
        worker(resources=Code("BIG")),
        'pod_override={"spec": {"containers": [{"name": "base", "resources": BIG}]}}',
    ),
    "requests": (
        resources(Code("REQUESTS"), {"memory": "1Gi"}),
        (
            'pod_override={"spec": {"containers": [{"name": "base", "resources": '
            '{"requests": REQUESTS, "limits": {"memory": "1Gi"}}}]}}'
        ),
    ),
    "the value of a variable": (
        worker(env=[{"name": "A", "value": Code("f'{x}'")}, {"name": NAME, "value": "b"}]),
        """env_vars={"A": f'{x}', name: "b"}""",
    ),
    "a variable": (
        worker(env=[OTHER, {"name": "A", "value": "b"}, {"name": "S", "valueFrom": secret("S", "db")}]),
        'secrets=[Secret("S", name="db")], env_vars=[other, {"name": "A", "value": "b"}]',
    ),
    "all variables": (worker(env=Code("ENV"), envFrom=Code("SOURCES")), "env_vars=ENV, env_from=SOURCES"),
    "a key of a secret": (
        worker(env=[{"name": NAME, "valueFrom": {"secretKeyRef": {"name": KNOWN, "key": NAME}}}]),
        "secrets=[name]",
    ),
    "a key and its secret": (
        worker(env=[{"name": NAME, "valueFrom": {"secretKeyRef": {"name": OTHER, "key": Code("key")}}}]),
        "secrets=[Secret(key, env=name, name=other)]",
    ),
    "the parts of a volume": (
        worker(
            volumes=[{"name": NAME, "persistentVolumeClaim": {"claimName": OTHER}}],
            volumeMounts=[{"name": NAME, "mountPath": Code("path"), "subPath": Code("sub")}],
        ),
        "volumes={path: PersistentVolumeClaim(other, sub_path=sub)}",
    ),
    "the source of a volume": (
        mounting({"persistentVolumeClaim": OTHER}, {"mountPath": "/d"}),
        'volumes={"/d": {"persistentVolumeClaim": other}}',
    ),
    "a volume": (
        worker(volumes=[OTHER], volumeMounts=[{"name": "v", "mountPath": "/v"}]),
        'volumes={"/v": TemplateVolume("v")}, pod_override={"spec": {"volumes": [other]}}',
    ),
    "a mount": (
        worker(volumes=[{"name": "v", "emptyDir": {}}], volumeMounts=[OTHER]),
        (
            'pod_override={"spec": {"containers": [{"name": "base", "volumeMounts": [other]}], '
            '"volumes": [{"name": "v", "emptyDir": {}}]}}'
        ),
    ),
    "a container that may mount any volume": (
        {
            "spec": {
                "containers": [{"name": "base", "volumeMounts": [{"name": "v", "mountPath": "/v"}]}],
                "initContainers": [OTHER],
                "volumes": [{"name": "v", "emptyDir": {}}],
            }
        },
        'volumes={"/v": {"name": "v", "emptyDir": {}}}, init_containers=[other]',
    ),
    "scheduling": (
        spec(
            tolerations=[OTHER, {"key": NAME, "operator": "Exists"}],
            affinity=Code("AFFINITY"),
            nodeSelector={"disk": Code("disk")},
            topologySpreadConstraints=Code("SPREAD"),
        ),
        (
            'node_selector={"disk": disk}, tolerations=[other, Toleration(name)], affinity=AFFINITY, '
            "topology_spread_constraints=SPREAD"
        ),
    ),
    "whole lists and mappings": (
        {
            "metadata": {"labels": Code("LABELS"), "annotations": Code("NOTES")},
            "spec": {
                "containers": [{"name": "base", "securityContext": Code("RIGHTS")}],
                "nodeSelector": Code("NODES"),
                "tolerations": Code("TAINTS"),
                "hostAliases": Code("HOSTS"),
                "imagePullSecrets": Code("PULL"),
                "initContainers": Code("BEFORE"),
                "securityContext": Code("POD_RIGHTS"),
            },
        },
        (
            "image_pull_secrets=PULL, container_security_context=RIGHTS, node_selector=NODES, "
            "tolerations=TAINTS, security_context=POD_RIGHTS, host_aliases=HOSTS, labels=LABELS, "
            "annotations=NOTES, init_containers=BEFORE"
        ),
    ),
    "names and addresses": (
        spec(
            imagePullSecrets=[{"name": NAME}, OTHER],
            hostAliases=[{"ip": Code("ip"), "hostnames": [NAME]}],
            serviceAccountName=Code("account"),
        ),
        "image_pull_secrets=[name, other], service_account_name=account, host_aliases={ip: [name]}",
    ),
    "the whole spec": ({"spec": Code("SPEC")}, 'pod_override={"spec": SPEC}'),
}
