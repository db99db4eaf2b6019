"""Hypothesis strategies for pod options: mostly right, with at most one odd in each declaration."""
# ruff: noqa: FBT003, S108  # values of pod options, not of functions; paths in a pod

from __future__ import annotations

import re
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from hypothesis import strategies as st
from manifest_strategies import (
    Values,
    absolute_paths,
    affinities,
    annotation_maps,
    bytes_,
    companions,
    container_security,
    cores,
    images,
    init_containers,
    label_keys,
    label_maps,
    label_values,
    labels_of_dns,
    manifest,
    mutations,
    named,
    odd_container_security,
    odd_paths,
    odd_texts,
    one_of,
    overrides,
    pod_security,
    relative_paths,
    secret_keys,
    some,
    spread_constraint,
    spread_constraints,
    subdomains,
    variable_names,
    variable_sources,
    variables,
    volume_manifests,
)
from odd_words import (
    CONTAINER_WORDS,
    EFFECTS,
    EXECUTOR_KEYS,
    NUMBERS,
    ODD_FIELD_PATHS,
    ODD_NUMBERS,
    POD_WORDS,
    PULL_POLICIES,
    RESOURCE_NAMES,
    SECURITY_WORDS,
    SELECTOR_WORDS,
    SUFFIXES,
    VOLUME_WORDS,
)

from airflow_provider_k8sexec import ConfigMap, EmptyDir, HostPath, PersistentVolumeClaim, Secret, Toleration
from airflow_provider_k8sexec.options.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


@dataclass(frozen=True)
class Existing:
    """The names of what pods may refer to because the server has it."""

    namespaces: Sequence[str]
    priority_classes: Sequence[str]
    runtime_classes: Sequence[str]
    service_accounts: Sequence[str] = field(default=("default", "etl-worker", "team.etl"))


# What no object can be called; other names are right, but this server has nothing of that name.
impossible_names = odd_texts.filter(
    lambda name: not re.fullmatch(r"[-a-z0-9.]+", name) or name.strip("-.") != name
)


odd_label_maps = st.one_of(
    st.dictionaries(odd_texts, label_values, min_size=1, max_size=1),
    st.dictionaries(label_keys, odd_texts, min_size=1, max_size=1),
    st.dictionaries(one_of(*EXECUTOR_KEYS), label_values, min_size=1, max_size=1),
    st.dictionaries(label_keys, one_of(1, 1.5, True, None, ["a"]), min_size=1, max_size=1),
)


odd_annotation_maps = st.one_of(
    odd_label_maps,
    st.builds(lambda size: {"big": "x" * size}, one_of(255 * 1024, 256 * 1024, 256 * 1024 + 1)),
)


odd_amounts = st.one_of(
    st.builds(
        "{}{}{}".format, one_of("", "", "+", "-", "+-"), st.sampled_from(NUMBERS), st.sampled_from(SUFFIXES)
    ),
    one_of(
        0,
        512,
        -1,
        1.5,
        1e-10,
        1e30,
        float("nan"),
        float("inf"),
        True,
        Decimal("0.1"),
        Decimal("NaN"),
        b"1",
        [],
    ),
)


def bounds(amount: Values) -> Values:
    """Draw an amount, or a request and a limit."""

    def pair(amounts: list[Any]) -> tuple[Any, ...]:
        return tuple(sorted(amounts, key=lambda each: Quantity(str(each))))

    both = st.lists(amount, min_size=2, max_size=2).map(pair)
    return st.one_of(amount, both, st.tuples(amount, st.none()), st.tuples(st.none(), amount))


def odd_bounds(amount: Values) -> Values:
    """Draw odd amounts: in pairs the first may be the larger one."""
    either = st.one_of(amount, odd_amounts)
    return st.one_of(
        odd_amounts,
        st.tuples(either, either),
        st.tuples(odd_amounts, st.none()),
        st.tuples(st.none(), odd_amounts),
        st.lists(amount, max_size=3),
    )


devices = st.one_of(
    st.integers(0, 8),
    st.dictionaries(one_of("nvidia.com/gpu", "amd.com/gpu", "a-b.io/X_1"), st.integers(0, 8)),
)


odd_devices = st.one_of(
    one_of(-1, 1.5, "1", True, None, 2**31, 2**63, [1], {"nvidia.com/gpu": "1"}, {"nvidia.com/gpu": 0.5}),
    st.dictionaries(
        st.one_of(
            odd_texts,
            one_of(
                "gpu", "cpu", "memory", "pods", "hugepages-2Mi", "kubernetes.io/gpu", "a.kubernetes.io/gpu"
            ),
            one_of("requests.nvidia.com/gpu", "limits.a.io/b", f"{'a' * 243}/gpu", f"{'a' * 245}/gpu"),
            one_of(
                "NVIDIA.com/gpu", "nvidia.com/GPU", "nvidia.com/mig-1g.5gb", "x/y", "nvidia.com/" + "a" * 64
            ),
        ),
        one_of(1, 2),
        min_size=1,
        max_size=2,
    ),
)


odd_variable_names = st.one_of(
    odd_texts, one_of("1A", "A B", "A=B", "AIRFLOW_IS_K8S_EXECUTOR_POD", "A" * 1000)
)


odd_resource_fields = manifest(
    {"resource": one_of(*RESOURCE_NAMES, "limits.gpu", "cpu", "", "limits.nvidia.com/gpu")},
    divisor=one_of("1", "1m", "1Mi", "2", "1Ki", "10", "", "abc", "-1", "1000m", "1e3"),
    containerName=one_of("base", "nobody", ""),
)


odd_absolute_paths = st.one_of(
    odd_paths, st.builds("/{}".format, odd_paths), st.builds("/mnt/{}".format, odd_paths)
)


file_maps = st.dictionaries(secret_keys, relative_paths, min_size=1, max_size=2)


odd_file_maps = st.one_of(
    st.dictionaries(odd_texts, relative_paths, min_size=1, max_size=1),
    st.dictionaries(secret_keys, odd_paths, min_size=1, max_size=1),
)


volume_values = st.one_of(
    st.builds(EmptyDir, size=st.none() | bytes_, medium=one_of(None, "Memory")),
    st.builds(
        ConfigMap,
        subdomains,
        items=st.none() | file_maps,
        optional=st.booleans(),
        sub_path=st.none() | relative_paths,
    ),
    st.builds(
        PersistentVolumeClaim, subdomains, read_only=st.booleans(), sub_path=st.none() | relative_paths
    ),
    st.builds(
        HostPath,
        absolute_paths,
        type=one_of(
            None, "", "Directory", "DirectoryOrCreate", "File", "FileOrCreate", "Socket", "CharDevice"
        ),
        read_only=st.booleans(),
        sub_path=st.none() | relative_paths,
    ),
    volume_manifests,
    st.builds(lambda source, name: {"name": name, **source}, volume_manifests, labels_of_dns),
)


odd_volume_values = st.one_of(
    st.builds(EmptyDir, size=odd_amounts),
    st.builds(EmptyDir, medium=one_of("memory", "", "HugePages", "HugePages-2Mi", "Disk", 1)),
    st.builds(ConfigMap, odd_texts),
    st.builds(ConfigMap, subdomains, items=odd_file_maps),
    st.builds(ConfigMap, subdomains, sub_path=odd_paths),
    st.builds(PersistentVolumeClaim, odd_texts, sub_path=st.none() | odd_paths),
    st.builds(PersistentVolumeClaim, subdomains, sub_path=odd_paths),
    st.builds(HostPath, odd_absolute_paths),
    st.builds(HostPath, absolute_paths, type=one_of("directory", "Dir", 1), sub_path=st.none() | odd_paths),
    mutations(volume_manifests, VOLUME_WORDS),
    mutations(volume_manifests, VOLUME_WORDS),
    mutations(volume_manifests, VOLUME_WORDS),
    st.builds(lambda source, name: {"name": name, **source}, volume_manifests, odd_texts),
    st.builds(lambda one, other: {**one, **other}, volume_manifests, volume_manifests),
)


def distinct_volumes(mounts: dict[str, Any]) -> bool:
    """Tell whether no two manifests name one volume."""
    names = [source["name"] for source in mounts.values() if isinstance(source, dict) and "name" in source]
    return len(set(names)) == len(names)


mounts = st.dictionaries(absolute_paths, volume_values, max_size=3).filter(distinct_volumes)


odd_mounts = st.one_of(
    st.dictionaries(absolute_paths, odd_volume_values, min_size=1, max_size=1),
    st.dictionaries(odd_absolute_paths, volume_values, min_size=1, max_size=1),
    st.builds(lambda source: {"/mnt/one": source, "/mnt/other": source}, volume_values),
    st.builds(
        lambda one, other: {"/mnt/one": {**one, "name": "same"}, "/mnt/other": {**other, "name": "same"}},
        volume_manifests,
        volume_manifests,
    ),
    st.builds(lambda source: {"/dev/shm": source}, volume_values),
)


@st.composite
def secret_lists(draw: Callable[[Values], Any]) -> list[Any]:
    """Draw secrets that claim no place twice."""
    secrets = []
    places: set[str] = set()
    for _ in range(draw(st.integers(1, 3))):
        key = draw(secret_keys)
        name, optional = draw(st.none() | subdomains), draw(st.booleans())
        form = draw(st.sampled_from(["key", "env", "file"]))
        variable = draw(variable_names) if form == "env" else key
        path = draw(absolute_paths) if form == "file" else None
        claim = path.rpartition("/")[0] if path and optional else path or variable
        if claim in places or (
            form != "file" and (variable[0].isdigit() or variable == "AIRFLOW_IS_K8S_EXECUTOR_POD")
        ):
            continue
        if claim == "/mnt":
            continue
        places.add(claim)
        secrets.append(
            key if form == "key" else Secret(key, variable if form == "env" else None, path, name, optional)
        )
    return secrets


odd_secret_lists = st.one_of(
    some(st.builds(Secret, odd_texts, env=one_of("A"), name=st.none() | subdomains), least=1, most=1),
    some(st.builds(Secret, secret_keys, env=odd_variable_names), least=1, most=1),
    some(st.builds(Secret, secret_keys, env=one_of("A"), name=odd_texts), least=1, most=1),
    some(st.builds(Secret, secret_keys, file=odd_absolute_paths, optional=st.booleans()), least=1, most=2),
    some(
        st.builds(Secret, secret_keys, env=one_of("A", "B"), file=one_of(None, "/mnt/a", "/mnt/b")),
        least=2,
        most=3,
    ),
    some(odd_texts, least=1, most=2),
)


tolerations = st.one_of(
    one_of("gpu=true:NoSchedule", "gpu:NoExecute", "gpu=true", "gpu", "a.io/b=:PreferNoSchedule"),
    st.builds(Toleration, label_keys, st.none() | label_values, st.none() | st.sampled_from(EFFECTS)),
    st.builds(Toleration, label_keys, st.none(), one_of("NoExecute"), one_of(0, 30, 2**40, -1)),
    manifest({"operator": one_of("Exists")}, key=label_keys, effect=st.sampled_from(EFFECTS)),
    manifest(
        {"key": label_keys}, operator=one_of("Equal", ""), value=label_values, effect=st.sampled_from(EFFECTS)
    ),
)


odd_tolerations = st.one_of(
    st.builds(
        Toleration,
        st.none() | label_keys | odd_texts,
        st.none() | odd_texts,
        st.none() | one_of("noSchedule", ""),
    ),
    st.builds(
        Toleration,
        st.none() | label_keys,
        st.none() | label_values,
        st.none() | st.sampled_from(EFFECTS),
        st.integers(0, 9),
    ),
    mutations(
        manifest(
            {"key": label_keys},
            operator=one_of("Equal", "Exists"),
            value=label_values,
            effect=st.sampled_from(EFFECTS),
            tolerationSeconds=st.integers(0, 9),
        ),
        ("Exists", "Equal", "exists", "In", *EFFECTS, "noExecute"),
    ),
    one_of(
        "gpu=true:",
        "=true:NoSchedule",
        ":NoSchedule",
        "gpu=a b",
        "gpu:noschedule",
        "gpu=1=2",
        "gpu:NoSchedule:x",
        "",
    ),
)


odd_images = st.one_of(
    odd_texts,
    one_of(
        "Busybox",
        "https://a.b/c",
        "a:b:c",
        "a@sha256:abc",
        "a:",
        ":a",
        "a b",
        "a/b/",
        "a:" + "t" * 129,
        " a",
        "a\t",
    ),
)


def _override(**spec: Any) -> dict[str, Any]:
    return {"spec": spec}


def _worker(**fields: Any) -> dict[str, Any]:
    return _override(containers=[{"name": "base", **fields}])


clashes = st.one_of(
    st.builds(
        lambda override: {"pod_override": override},
        one_of(
            {"metadata": {"name": "a"}},
            {"metadata": {"generateName": "a-"}},
            {"metadata": {"labels": {"dag_id": "a"}}},
            {"metadata": {"annotations": {"task_id": "a"}}},
            _override(restartPolicy="OnFailure"),
            _override(containers=[{"name": "main", "image": "a"}]),
            _override(containers=[{"name": "proxy", "image": "a"}, {"name": "base", "env": [{"name": "A"}]}]),
            _worker(args=["true"]),
            _worker(command=["true"]),
        ),
    ),
    st.builds(
        lambda one, other: {
            "container_security_context": one,
            "pod_override": _worker(securityContext=other),
        },
        container_security | odd_container_security,
        container_security | odd_container_security,
    ),
    st.builds(
        lambda one, other: {"security_context": one, "pod_override": _override(securityContext=other)},
        pod_security,
        pod_security,
    ),
    st.builds(
        lambda one, other: {"affinity": one, "pod_override": _override(affinity=other)},
        affinities,
        affinities,
    ),
    st.builds(
        lambda gpu, side, count: {
            "gpu": gpu,
            "pod_override": _worker(resources={side: {"nvidia.com/gpu": count}}),
        },
        one_of(0, 1, {"amd.com/gpu": 1}),
        one_of("requests", "limits"),
        one_of(1, "1", 2, "1.5", -1, "0"),
    ),
    st.builds(
        lambda option, sides, given, side: {
            option: sides(given[0]),
            "pod_override": _worker(resources={side: {option.replace("_", "-"): given[1]}}),
        },
        one_of("cpu", "memory", "ephemeral_storage"),
        one_of(lambda it: it, lambda it: (it, None), lambda it: (None, it)),
        st.lists(one_of("1Gi", "2Gi", "2000Mi", "2147483648", "3e9"), min_size=2, max_size=2),
        one_of("requests", "limits"),
    ).filter(lambda it: "cpu" not in it),
    st.builds(
        lambda sides, given, side: {
            "cpu": sides(given[0]),
            "pod_override": _worker(resources={side: {"cpu": given[1]}}),
        },
        one_of(lambda it: it, lambda it: (it, None), lambda it: (None, it)),
        st.lists(one_of("1", "1000m", "2", 0.5, "1.5"), min_size=2, max_size=2),
        one_of("requests", "limits"),
    ),
    st.builds(
        lambda one, other, name: {
            "volumes": {"/mnt/a": {"name": "a", **one}},
            "pod_override": _override(volumes=[{"name": name, **other}]),
        },
        volume_manifests,
        volume_manifests,
        one_of("a", "b", "k8sexec-mnt-a"),
    ),
    st.builds(
        lambda one, other, name: {
            "volumes": {"/mnt/a": one},
            "pod_override": _override(volumes=[{"name": name, **other}]),
        },
        volume_manifests,
        volume_manifests,
        one_of("k8sexec-mnt-a", "b"),
    ),
    st.builds(
        lambda option, place, name: {
            "init_containers": [{"name": name, "image": "a"}],
            "pod_override": _override(**{place: [{"name": "base"}, {"name": "a", "image": "a"}][option:]}),
        },
        one_of(0, 1),
        one_of("containers", "initContainers"),
        one_of("a", "b", "base"),
    ),
    st.builds(
        lambda name, path: {
            "env_vars": {"A": "1"},
            "volumes": {"/mnt/a": EmptyDir()},
            "pod_override": _worker(
                env=[{"name": name, "value": "2"}],
                volumeMounts=[{"name": "k8sexec-mnt-a", "mountPath": path}],
            ),
        },
        one_of("A", "B"),
        one_of("/mnt/a", "/mnt/b", "/mnt/a/", "/mnt/../mnt/a"),
    ),
)


host_aliases = st.dictionaries(
    one_of("10.0.0.1", "192.168.255.255", "::1", "fd00::1:2"), st.lists(subdomains, max_size=2), max_size=2
)


odd_host_aliases = st.one_of(
    st.dictionaries(
        odd_texts | one_of("10.0.0", "10.0.0.256", "1", "fd00::1::2", "10.0.0.1/8"),
        st.lists(subdomains, max_size=1),
        min_size=1,
        max_size=1,
    ),
    st.dictionaries(
        one_of("10.0.0.1"),
        st.lists(odd_texts, min_size=1, max_size=2) | one_of("db", {"a": "b"}, [1]),
        min_size=1,
    ),
)


@dataclass(frozen=True)
class Option:
    """What an option may be given: right values, and odd ones."""

    right: Values
    odd: Values


def options_for(existing: Existing) -> dict[str, Option]:
    """Give the strategies of every option."""
    name_lists = st.one_of(subdomains, manifest({"name": subdomains}))
    env = st.dictionaries(variable_names, st.text(max_size=10) | variable_sources, max_size=3)
    env_sources = st.one_of(
        st.builds("configmap/{}".format, subdomains),
        st.builds("secret/{}".format, subdomains),
        manifest(
            {"configMapRef": manifest({"name": subdomains}, optional=st.booleans())}, prefix=variable_names
        ),
        manifest(
            {"secretRef": manifest({"name": subdomains}, optional=st.booleans())}, prefix=variable_names
        ),
    )
    return {
        "cpu": Option(bounds(cores), odd_bounds(cores)),
        "memory": Option(bounds(bytes_), odd_bounds(bytes_)),
        "ephemeral_storage": Option(bounds(bytes_), odd_bounds(bytes_)),
        "gpu": Option(devices, odd_devices),
        "shared_memory": Option(one_of("1Gi", "64Mi", "1048576"), odd_amounts | bytes_),
        "secrets": Option(secret_lists(), odd_secret_lists),
        "env_vars": Option(
            env | named(variables),
            st.one_of(
                st.dictionaries(odd_variable_names, st.text(max_size=3), min_size=1, max_size=2),
                st.dictionaries(
                    variable_names, one_of(1, 1.5, True, None, "", "a\0", "x" * 10000, [], {}), min_size=1
                ),
                st.dictionaries(
                    variable_names,
                    mutations(variable_sources, (*ODD_FIELD_PATHS, *RESOURCE_NAMES)),
                    min_size=1,
                    max_size=1,
                ),
                st.builds(lambda path: {"A": {"fieldRef": {"fieldPath": path}}}, one_of(*ODD_FIELD_PATHS)),
                st.builds(lambda ref: {"A": {"resourceFieldRef": ref}}, odd_resource_fields),
                st.builds(lambda one, other: {"A": {**one, **other}}, variable_sources, variable_sources),
                some(variables, least=2),
                some(mutations(variables, ODD_FIELD_PATHS), least=1, most=2),
                one_of(
                    [{"name": "A", "value": "b", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
                ),
                one_of([{"name": "A", "value": "a"}, {"name": "A", "value": "b"}]),
            ),
        ),
        "env_from": Option(
            some(env_sources),
            some(
                st.one_of(
                    mutations(env_sources.filter(lambda it: isinstance(it, dict))),
                    st.builds("configmap/{}".format, odd_texts),
                    one_of(
                        "secret", "Secret/a", {}, {"configMapRef": {"name": "a"}, "secretRef": {"name": "b"}}
                    ),
                ),
                least=1,
            ),
        ),
        "image": Option(images, odd_images),
        "image_pull_policy": Option(
            st.sampled_from(PULL_POLICIES), one_of("always", "", "IfNotpresent", "Sometimes", True)
        ),
        "image_pull_secrets": Option(
            some(name_lists), some(odd_texts | mutations(manifest({"name": subdomains})), least=1)
        ),
        "service_account_name": Option(st.sampled_from(existing.service_accounts), impossible_names),
        "node_selector": Option(label_maps, odd_label_maps),
        "tolerations": Option(some(tolerations), some(odd_tolerations, least=1, most=1)),
        "affinity": Option(affinities, mutations(affinities, SELECTOR_WORDS)),
        "topology_spread_constraints": Option(
            spread_constraints, some(mutations(spread_constraint, SELECTOR_WORDS), least=1, most=1)
        ),
        "host_aliases": Option(host_aliases, odd_host_aliases),
        "priority_class_name": Option(st.sampled_from(existing.priority_classes), impossible_names),
        "runtime_class_name": Option(st.sampled_from(existing.runtime_classes), impossible_names),
        "labels": Option(label_maps, odd_label_maps),
        "annotations": Option(annotation_maps, odd_annotation_maps),
        "volumes": Option(mounts, odd_mounts),
        "security_context": Option(pod_security, mutations(pod_security, SECURITY_WORDS)),
        "container_security_context": Option(
            container_security, mutations(container_security, SECURITY_WORDS) | odd_container_security
        ),
        "init_containers": Option(
            named(init_containers, most=2),
            st.one_of(
                some(mutations(init_containers, CONTAINER_WORDS), least=1, most=1),
                some(mutations(init_containers, CONTAINER_WORDS), least=1, most=1),
                some(init_containers, least=2, most=3),
                some(companions, least=1, most=1),
            ),
        ),
        "scheduler_name": Option(subdomains, odd_texts),
        "automount_service_account_token": Option(st.booleans(), one_of("true", 0, 1, "")),
        "termination_grace_period_seconds": Option(one_of(0, 1, 30, 2**31), st.sampled_from(ODD_NUMBERS)),
        "active_deadline_seconds": Option(one_of(1, 3600, 2**31 - 1), st.sampled_from(ODD_NUMBERS)),
        "namespace": Option(st.sampled_from(existing.namespaces), impossible_names),
        "release": Option(labels_of_dns, odd_texts),
        "pod_override": Option(
            overrides(), mutations(overrides(), (*POD_WORDS, *CONTAINER_WORDS, *SECURITY_WORDS))
        ),
    }


WAYS_TO_BE_ODD = {
    "affinity": 5,
    "container_security_context": 3,
    "env_vars": 4,
    "init_containers": 6,
    "pod_override": 12,
    "secrets": 3,
    "security_context": 3,
    "tolerations": 2,
    "volumes": 8,
}
"""How much more often than others an option is the odd one: its values have more to be odd in."""


def declarations(existing: Existing) -> Values:
    """Draw pod options: some that are right, and in most declarations one that is odd."""
    table = options_for(existing)
    names = st.sampled_from(sorted(table))
    odd_names = st.sampled_from([name for name in sorted(table) for _ in range(WAYS_TO_BE_ODD.get(name, 1))])
    right_names = st.lists(names, max_size=3, unique=True)

    @st.composite
    def draw_options(draw: Callable[[Values], Any]) -> dict[str, Any]:
        kind = draw(one_of("right", "right", "right", *["odd"] * 11, "clash"))
        if kind == "clash":
            return draw(clashes)
        right = {name: draw(table[name].right) for name in draw(right_names)}
        if kind == "right":
            return right
        name = draw(odd_names)
        odd = draw(table[name].odd)
        # Options are laid over the override, and would hide what is odd in it.
        return {name: odd} if name == "pod_override" else {**right, name: odd}

    return draw_options()
