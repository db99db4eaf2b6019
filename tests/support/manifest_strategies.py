"""Hypothesis strategies for manifests: right ones, and ones that are odd in one place.

An odd value may be wrong, or right at the edge of a rule: which of the two, the API server says.
"""
# ruff: noqa: FBT003, S108  # values of fields, not of functions; paths in a pod

from __future__ import annotations

import copy
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from odd_words import EFFECTS, FIELD_PATHS, ODD_NUMBERS, ODD_PATHS, ODD_TEXTS, PULL_POLICIES, UNITS_OF_BYTES

from airflow_provider_k8sexec.options.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

Values = st.SearchStrategy[Any]


def one_of(*values: Any) -> Values:
    """Draw one of a few values."""
    return st.sampled_from(values)


def some(item: Values, least: int = 0, most: int = 3) -> Values:
    """Draw a short list."""
    return st.lists(item, min_size=least, max_size=most)


def named(item: Values, least: int = 0, most: int = 3) -> Values:
    """Draw a short list of manifests with different names."""
    return st.lists(item, min_size=least, max_size=most, unique_by=lambda each: each["name"])


def manifest(required: dict[str, Values] | None = None, /, **optional: Values) -> Values:
    """Draw a manifest that has the required fields, and some of the optional ones."""
    return st.fixed_dictionaries(required or {}, optional=optional)


odd_texts = st.one_of(st.sampled_from(ODD_TEXTS), st.text(max_size=4))


labels_of_dns = st.from_regex(r"[a-z]([-a-z0-9]{0,8}[a-z0-9])?", fullmatch=True)


subdomains = st.from_regex(
    r"[a-z0-9]([-a-z0-9]{0,5}[a-z0-9])?(\.[a-z0-9]([-a-z0-9]{0,5}[a-z0-9])?)?", fullmatch=True
)


label_keys = st.one_of(
    st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,5}[A-Za-z0-9])?", fullmatch=True),
    one_of("example.com/team", "a.b-c.io/X_y.z", "0/0", "a" * 253 + "/" + "b" * 63),
)


label_values = st.one_of(
    one_of("", "a" * 63, "A_1.b-2"),
    st.from_regex(r"[A-Za-z0-9]([-A-Za-z0-9_.]{0,5}[A-Za-z0-9])?", fullmatch=True),
)


label_maps = st.dictionaries(label_keys, label_values, max_size=3)


annotation_maps = st.dictionaries(label_keys, st.text(max_size=10), max_size=3)


cores = st.one_of(
    st.integers(1, 99),
    st.floats(0.001, 99),
    st.decimals(Decimal("0.001"), 99, places=3),
    st.builds("{}m".format, st.integers(1, 99_000)),
    st.builds("{}".format, st.decimals(0, 99, places=2)),
    st.builds("{}e-{}".format, st.integers(1, 99), st.integers(0, 3)),
    one_of("0", 0, "100u", "1000000n", ".5", "5.", "+1", "1E1", "99000m"),
)


bytes_ = st.one_of(
    st.builds("{}{}".format, st.integers(1024, 9999), st.sampled_from(UNITS_OF_BYTES)),
    st.builds("{}{}".format, st.decimals(2, 99, places=2), one_of("Mi", "Gi", "M", "G", "Ti")),
    one_of("0", "1048576", "128974848", "1e9", "1Ei", "7E", "2P", "+1Gi", ".5Gi", "1.Gi"),
)


resources = st.builds(
    lambda cpu, memory, gpu: {
        "requests": {"cpu": str(cpu[0]), "memory": memory[0], **gpu},
        "limits": {"cpu": str(cpu[1]), "memory": memory[1], **gpu},
    },
    st.lists(cores, min_size=2, max_size=2).map(
        lambda both: sorted(both, key=lambda each: Quantity(str(each)))
    ),
    st.lists(bytes_, min_size=2, max_size=2).map(lambda both: sorted(both, key=Quantity)),
    st.dictionaries(one_of("nvidia.com/gpu", "amd.com/gpu"), one_of("1", 2), max_size=1),
)


variable_names = st.from_regex(r"[-._A-Za-z][-._A-Za-z0-9]{0,5}", fullmatch=True).filter(
    lambda name: not name.startswith("..") and name != "."
)


secret_keys = st.from_regex(r"[-._A-Za-z0-9]{1,8}", fullmatch=True).filter(
    lambda key: not key.startswith("..") and key != "."
)


resource_fields = st.one_of(
    manifest({"resource": one_of("limits.cpu", "requests.cpu")}, divisor=one_of("1", "1m", 1, "0")),
    manifest(
        {"resource": one_of("limits.memory", "requests.ephemeral-storage")},
        divisor=one_of("1", "1Mi", "1G", "1k"),
    ),
)


field_references = manifest({"fieldPath": one_of(*FIELD_PATHS)}, apiVersion=one_of("v1"))


key_references = manifest({"name": subdomains, "key": secret_keys}, optional=st.booleans())


variable_sources = st.one_of(
    field_references.map(lambda ref: {"fieldRef": ref}),
    resource_fields.map(lambda ref: {"resourceFieldRef": ref}),
    key_references.map(lambda ref: {"secretKeyRef": ref}),
    key_references.map(lambda ref: {"configMapKeyRef": ref}),
)


UNKNOWN_FIELD = "bogus"


@st.composite
def mutations(draw: Callable[[Values], Any], whole: Values, words: Sequence[Any] = ()) -> Any:
    """Draw a manifest in which one value is another, or lacks, or stands there twice."""
    result = copy.deepcopy(draw(whole))
    places = list(_places(result))
    if not places:
        return result
    holder, key = draw(st.sampled_from(places))
    value = holder[key]
    kind = draw(st.sampled_from(["value", "value", "value", "value", "lacks", "twice", "unknown", "renamed"]))
    if kind == "lacks":
        del holder[key]
    elif kind == "twice" and isinstance(value, list) and value:
        value.append(copy.deepcopy(value[-1]))
    elif kind == "renamed" and isinstance(holder, dict):
        holder[draw(odd_texts)] = holder.pop(key)
    elif kind == "unknown" and isinstance(value, dict):
        value[UNKNOWN_FIELD] = 1
    else:
        holder[key] = draw(_replacements(value, words))
    return result


def _places(value: Any) -> Any:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield value, key
        yield from _places(item)


def _replacements(value: Any, words: Sequence[Any]) -> Values:
    if isinstance(value, bool):
        return one_of(not value, str(value).lower(), 1, None)
    if isinstance(value, (int, float)):
        return st.sampled_from(ODD_NUMBERS)
    if isinstance(value, str):
        return st.one_of(odd_texts, st.sampled_from([*words, "x", 1, True, None]))
    empty: Any = {} if isinstance(value, dict) else []
    return one_of(empty, None, "x", [{}], {"x": {}})


relative_paths = st.from_regex(r"[a-z0-9._-]{1,5}(/[a-z0-9_-]{1,5})?", fullmatch=True).filter(
    lambda path: not path.startswith("..") and ".." not in path.split("/")
)


odd_paths = st.one_of(st.sampled_from(ODD_PATHS), st.text(max_size=3))


absolute_paths = st.from_regex(r"/mnt/[A-Za-z0-9._-]{1,6}(/[a-z0-9_-]{1,5})?", fullmatch=True).filter(
    lambda path: ".." not in path
)


modes = one_of(0o400, 0o644, 0o777, 0)


file_items = some(manifest({"key": secret_keys, "path": relative_paths}, mode=modes), least=1)


downward_files = some(
    st.one_of(
        manifest(
            {
                "path": relative_paths,
                "fieldRef": field_references.filter(lambda ref: ref["fieldPath"][0] == "m"),
            },
            mode=modes,
        ),
        manifest(
            {
                "path": relative_paths,
                "resourceFieldRef": resource_fields.map(lambda ref: {**ref, "containerName": "base"}),
            }
        ),
    ),
    least=1,
)


projections = st.one_of(
    manifest({"name": subdomains}, items=file_items, optional=st.booleans()).map(lambda it: {"secret": it}),
    manifest({"name": subdomains}, items=file_items, optional=st.booleans()).map(
        lambda it: {"configMap": it}
    ),
    downward_files.map(lambda items: {"downwardAPI": {"items": items}}),
    manifest(
        {"path": relative_paths}, audience=one_of("vault"), expirationSeconds=one_of(600, 3600, 2**32)
    ).map(lambda it: {"serviceAccountToken": it}),
)


def _with_distinct_files(source: dict[str, Any]) -> bool:
    paths = [
        item["path"]
        for projection in source["sources"]
        for kind, held in projection.items()
        for item in ([held] if kind == "serviceAccountToken" else held.get("items", ()))
    ]
    return len(set(paths)) == len(paths)


volume_manifests = st.one_of(
    manifest(sizeLimit=bytes_, medium=one_of("Memory", "")).map(lambda it: {"emptyDir": it}),
    manifest({"secretName": subdomains}, items=file_items, defaultMode=modes, optional=st.booleans()).map(
        lambda it: {"secret": it}
    ),
    manifest({"name": subdomains}, items=file_items, defaultMode=modes, optional=st.booleans()).map(
        lambda it: {"configMap": it}
    ),
    manifest({"claimName": subdomains}, readOnly=st.booleans()).map(lambda it: {"persistentVolumeClaim": it}),
    manifest({"path": absolute_paths}, type=one_of("", "Directory", "Socket")).map(
        lambda it: {"hostPath": it}
    ),
    manifest({"server": subdomains, "path": absolute_paths}, readOnly=st.booleans()).map(
        lambda it: {"nfs": it}
    ),
    manifest(
        {"driver": one_of("csi.vault.io", "a")},
        fsType=one_of("ext4"),
        readOnly=st.booleans(),
        volumeAttributes=st.dictionaries(labels_of_dns, st.text(max_size=3), max_size=2),
        nodePublishSecretRef=st.builds(lambda name: {"name": name}, subdomains),
    ).map(lambda it: {"csi": it}),
    manifest({"items": downward_files}, defaultMode=modes).map(lambda it: {"downwardAPI": it}),
    manifest({"sources": some(projections, least=1)}, defaultMode=modes)
    .filter(_with_distinct_files)
    .map(lambda it: {"projected": it}),
)


label_selectors = manifest(
    matchLabels=label_maps,
    matchExpressions=some(
        st.one_of(
            manifest(
                {"key": label_keys, "operator": one_of("In", "NotIn"), "values": some(label_values, least=1)}
            ),
            manifest({"key": label_keys, "operator": one_of("Exists", "DoesNotExist")}),
        ),
        most=2,
    ),
)


node_terms = manifest(
    {
        "matchExpressions": some(
            st.one_of(
                manifest(
                    {
                        "key": label_keys,
                        "operator": one_of("In", "NotIn"),
                        "values": some(label_values, least=1),
                    }
                ),
                manifest({"key": label_keys, "operator": one_of("Exists", "DoesNotExist")}),
                manifest(
                    {"key": label_keys, "operator": one_of("Gt", "Lt"), "values": one_of(["1"], ["20"])}
                ),
            ),
            least=1,
        )
    },
    matchFields=one_of([{"key": "metadata.name", "operator": "In", "values": ["node-1"]}]),
)


weights = one_of(1, 50, 100)


pod_terms = manifest(
    {"topologyKey": one_of("kubernetes.io/hostname", "zone")},
    labelSelector=label_selectors,
    namespaces=some(labels_of_dns, most=2),
)


pod_affinities = manifest(
    requiredDuringSchedulingIgnoredDuringExecution=some(pod_terms, most=2),
    preferredDuringSchedulingIgnoredDuringExecution=some(
        manifest({"weight": weights, "podAffinityTerm": pod_terms}), most=2
    ),
)


affinities = manifest(
    nodeAffinity=manifest(
        requiredDuringSchedulingIgnoredDuringExecution=manifest(
            {"nodeSelectorTerms": some(node_terms, least=1, most=2)}
        ),
        preferredDuringSchedulingIgnoredDuringExecution=some(
            manifest({"weight": weights, "preference": node_terms}), most=2
        ),
    ),
    podAffinity=pod_affinities,
    podAntiAffinity=pod_affinities,
)


ids = one_of(0, 1, 1000, 50000, 2**31 - 1)


se_linux = manifest(user=one_of("u"), role=one_of("r"), type=one_of("t"), level=one_of("s0:c1,c2"))


seccomp = one_of(
    {"type": "RuntimeDefault"}, {"type": "Unconfined"}, {"type": "Localhost", "localhostProfile": "a/b.json"}
)


pod_security = manifest(
    runAsUser=ids,
    runAsGroup=ids,
    runAsNonRoot=st.booleans(),
    fsGroup=ids,
    fsGroupChangePolicy=one_of("Always", "OnRootMismatch"),
    supplementalGroups=some(ids),
    seLinuxOptions=se_linux,
    seccompProfile=seccomp,
    sysctls=named(
        manifest({"name": one_of("net.core.somaxconn", "kernel.shm_rmid_forced"), "value": one_of("1")}),
        most=2,
    ),
)


container_security = manifest(
    runAsUser=ids,
    runAsGroup=ids,
    runAsNonRoot=st.booleans(),
    readOnlyRootFilesystem=st.booleans(),
    allowPrivilegeEscalation=st.just(True),
    privileged=st.booleans(),
    capabilities=manifest(add=one_of(["NET_ADMIN"], []), drop=one_of(["ALL"], ["MKNOD", "CHOWN"])),
    seLinuxOptions=se_linux,
    seccompProfile=seccomp,
)


odd_container_security = manifest(
    allowPrivilegeEscalation=st.booleans(),
    privileged=st.booleans(),
    capabilities=manifest(add=one_of(["SYS_ADMIN"], ["CAP_SYS_ADMIN"], [])),
)


images = st.one_of(
    one_of(
        "busybox",
        "busybox:1.37",
        "registry.example.com:5000/team/airflow:3.3.2",
        "localhost/a_b/c__d:X-1",
        "a.b/c",
    ),
    one_of("quay.io/a/b@sha256:" + "0af" * 21 + "b", "a:" + "t" * 128, "A.io/b"),
)


handlers = one_of(
    {"exec": {"command": ["true"]}},
    {"httpGet": {"path": "/health", "port": 8080}},
    {"httpGet": {"port": "http", "scheme": "HTTPS", "httpHeaders": [{"name": "X-A", "value": "b"}]}},
    {"tcpSocket": {"port": 65535}},
)


probes = st.builds(
    lambda handler, rest: {**handler, **rest},
    handlers,
    manifest(periodSeconds=one_of(1, 10), timeoutSeconds=one_of(1), failureThreshold=one_of(1, 3)),
)


ports = st.lists(
    manifest(
        {"containerPort": st.integers(1, 65535)},
        name=one_of("http", "a-1"),
        protocol=one_of("TCP", "UDP", "SCTP"),
    ),
    max_size=2,
    unique_by=(lambda port: port["containerPort"], lambda port: port.get("name", id(port))),
)


variables = st.one_of(
    manifest({"name": variable_names}, value=st.text(max_size=5)),
    manifest({"name": variable_names, "valueFrom": variable_sources}),
)


container_fields = {
    "image": images,
    "imagePullPolicy": st.sampled_from(PULL_POLICIES),
    "command": one_of(["sh", "-c", "true"], [], ["x" * 100]),
    "args": one_of(["a"], []),
    "workingDir": one_of("/tmp", "a"),
    "env": named(variables, most=2),
    "envFrom": some(
        st.one_of(
            manifest(
                {"configMapRef": manifest({"name": subdomains}, optional=st.booleans())},
                prefix=one_of("A_", ""),
            ),
            manifest({"secretRef": manifest({"name": subdomains})}, prefix=one_of("A_", "")),
        ),
        most=2,
    ),
    "resources": resources,
    "ports": ports,
    "securityContext": container_security,
    "terminationMessagePath": one_of("/dev/termination-log", "a"),
    "terminationMessagePolicy": one_of("File", "FallbackToLogsOnError"),
    "stdin": st.booleans(),
    "tty": st.booleans(),
}


init_containers = manifest(
    {"name": labels_of_dns.filter(lambda name: name != "base"), "image": images},
    **{key: values for key, values in container_fields.items() if key != "image"},
)


worker_fields = manifest(
    {"name": one_of("base")},
    **{key: values for key, values in container_fields.items() if key not in {"command", "args"}},
    livenessProbe=probes,
    readinessProbe=probes,
    startupProbe=probes,
    lifecycle=manifest(postStart=handlers, preStop=handlers),
)


companions = manifest(
    {"name": labels_of_dns.filter(lambda name: name != "base"), "image": images},
    **{key: values for key, values in container_fields.items() if key != "image"},
    livenessProbe=probes,
    lifecycle=manifest(postStart=handlers, preStop=handlers),
)

spread_constraint = manifest(
    {
        "maxSkew": one_of(1, 5),
        "topologyKey": one_of("zone", "kubernetes.io/hostname"),
        "whenUnsatisfiable": one_of("DoNotSchedule", "ScheduleAnyway"),
    },
    labelSelector=label_selectors,
)


spread_constraints = st.lists(
    spread_constraint,
    max_size=2,
    unique_by=lambda each: (each["topologyKey"], each["whenUnsatisfiable"]),
)


pod_specs = manifest(
    activeDeadlineSeconds=one_of(1, 3600),
    affinity=affinities,
    automountServiceAccountToken=st.booleans(),
    dnsPolicy=one_of("ClusterFirst", "Default", "ClusterFirstWithHostNet"),
    dnsConfig=manifest(
        {"nameservers": one_of(["10.0.0.1"], ["10.0.0.1", "::1"])},
        searches=one_of(["a.svc.cluster.local"], []),
        options=one_of([{"name": "ndots", "value": "2"}], [{"name": "single-request"}]),
    ),
    enableServiceLinks=st.booleans(),
    hostAliases=some(manifest({"ip": one_of("10.0.0.1", "::1")}, hostnames=some(subdomains)), most=2),
    hostname=labels_of_dns,
    hostNetwork=st.booleans(),
    hostPID=st.booleans(),
    hostIPC=st.booleans(),
    imagePullSecrets=some(manifest({"name": subdomains}), most=2),
    nodeName=subdomains,
    nodeSelector=label_maps,
    readinessGates=some(manifest({"conditionType": label_keys}), most=1),
    restartPolicy=one_of("Never"),
    schedulerName=subdomains,
    securityContext=pod_security,
    setHostnameAsFQDN=st.booleans(),
    subdomain=labels_of_dns,
    terminationGracePeriodSeconds=one_of(0, 1, 30),
    tolerations=some(
        manifest(
            {"key": label_keys, "operator": one_of("Equal")},
            value=label_values,
            effect=st.sampled_from(EFFECTS),
        ),
        most=2,
    ),
    topologySpreadConstraints=spread_constraints,
)


@st.composite
def overrides(draw: Callable[[Values], Any]) -> dict[str, Any]:
    """Draw a hand-written pod."""
    spec = draw(pod_specs)
    if draw(st.booleans()):
        spec["containers"] = [draw(worker_fields), *draw(named(companions, most=1))]
    if draw(st.booleans()):
        taken = [container["name"] for container in spec.get("containers", [])]
        spec["initContainers"] = [
            it for it in draw(named(init_containers, most=1)) if it["name"] not in taken
        ]
    if draw(st.booleans()):
        volumes = draw(
            named(
                st.builds(lambda source, name: {**source, "name": name}, volume_manifests, labels_of_dns),
                1,
                2,
            )
        )
        spec["volumes"] = volumes
        for container in [*spec.get("containers", []), *spec.get("initContainers", [])]:
            container["volumeMounts"] = [
                {"name": volume["name"], "mountPath": f"/media/{volume['name']}"} for volume in volumes
            ]
    metadata = draw(manifest(labels=label_maps, annotations=annotation_maps))
    return {"spec": spec, **({"metadata": metadata} if metadata else {})}
