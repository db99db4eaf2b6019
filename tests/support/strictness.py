"""Where this package is stricter than the API server on purpose, and why; and what it cannot know."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import ConfigMap, EmptyDir, HostPath, PersistentVolumeClaim, Secret

if TYPE_CHECKING:
    from airflow_provider_k8sexec.exceptions import Problem

LOSS = "one of the two would be silently lost"
TWICE = "one of two values would be silently lost, and a patch of the whole pod would be refused"
MEANT = "another unit was meant"
NO_SUCH_OBJECT = "no object can be called so, and the pod would wait forever"


@dataclass(frozen=True)
class Strictness:
    """A rule about mistakes: what it refuses, why, and options that show it.

    Attributes:
        pattern: What the rule's problems look like, as ``field=value reason``.
        why: Why we refuse what the server accepts.
        example: Options that it refuses, and the server accepts.
    """

    pattern: str
    why: str
    example: dict[str, Any]

    def explains(self, problem: Problem) -> bool:
        """Tell whether a problem is one of this rule's."""
        text = f"{problem.field}={problem.value} {problem.reason}"
        return re.match(self.pattern, text, re.DOTALL) is not None


def _worker(**fields: Any) -> dict[str, Any]:
    return {"pod_override": {"spec": {"containers": [{"name": "base", **fields}]}}}


def _spec(**fields: Any) -> dict[str, Any]:
    return {"pod_override": {"spec": fields}}


def _selector(**fields: Any) -> dict[str, Any]:
    return {"topologyKey": "zone", "maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway", **fields}


_BYTES = (
    r"(memory|ephemeral_storage|shared_memory|\S*\['(memory|ephemeral-storage|sizeLimit)'\]|\S*\.size)\S*"
)
_MOUNT = r"(volumes|secrets\S+\.file|\S+\['mountPath'\])"

AMOUNTS = (
    Strictness(rf"{_BYTES}=\S+ is [-.\de+]+ bytes$", "the unit was forgotten", {"memory": 512}),
    Strictness(rf"{_BYTES}=\S+ is (\S+ bytes|less than a byte), too few", MEANT, {"memory": "512"}),
    Strictness(rf"{_BYTES}=\S+ has '[num]', a fraction of a byte", MEANT, {"memory": "512m"}),
    Strictness(r"\S*cpu\S*=\S+ has '[KMGTPE]i', a unit of bytes", MEANT, {"cpu": "1Ki"}),
    Strictness(
        r"\S*cpu\S*=\S+ is \S+ whole cores", "thousandths were meant: no node has so many", {"cpu": 500}
    ),
    Strictness(
        r"\S+=\S+ is more than Kubernetes can count", "the server counts only to 2**63 - 1", {"memory": "9Ei"}
    ),
    Strictness(
        r"\S+='[-+]?\.?(?!\d)\S*' is not a Kubernetes quantity",
        "the server reads no digits as zero",
        {"cpu": "."},
    ),
    Strictness(
        r"\S+\['divisor'\]='[-+]?\.?(?!\d)\S*' is not a valid divisor",
        "the server reads no digits as zero",
        {"env_vars": {"A": {"resourceFieldRef": {"resource": "limits.cpu", "divisor": "n"}}}},
    ),
    Strictness(
        r"\S+='.* ' is not a Kubernetes quantity",
        "the server trims blanks, other readers do not",
        {"cpu": "1 "},
    ),
    Strictness(r"gpu=.* requests '\d+' of", "a number is meant", {"gpu": "1"}),
    Strictness(
        r"gpu=.* is not an extended resource",
        "cores, memory and huge pages are no devices",
        {"gpu": {"memory": 1}},
    ),
    Strictness(
        r"shared_memory=\S+ is more than the memory limit",
        "who fills it gets killed",
        {"shared_memory": "2Gi", "memory": "1Gi"},
    ),
    Strictness(
        r"\S+\['kubernetes\.io/\S+ (requests a device without|is not an integer)",
        "Kubernetes itself has no such resource for containers",
        _worker(resources={"requests": {"kubernetes.io/a": "1"}}),
    ),
    Strictness(
        r"pod_override\S+ (requests a device without|is not an integer|is negative|contradicts)",
        "an override must be right by itself, whatever is laid over it",
        {"gpu": 1, **_worker(resources={"requests": {"nvidia.com/gpu": 2}})},
    ),
    Strictness(
        r"termination_grace_period_seconds=-\d+ is not between",
        "a negative time means nothing",
        {"termination_grace_period_seconds": -1},
    ),
    Strictness(
        r"\S+\['terminationGracePeriodSeconds'\]=-\d+ is not between",
        "a negative time means nothing",
        _spec(terminationGracePeriodSeconds=-1),
    ),
)

NAMES = (
    Strictness(
        r"\S+='' (is|has|would) ",
        "Airflow's merge takes an empty text for unset, and the server takes the default",
        {"service_account_name": ""},
    ),
    Strictness(
        r"\S+=None (is not a string|must be a (dict|string))",
        "the server reads null as an empty text or object",
        {"labels": {"team": None}},
    ),
    Strictness(
        r"image_pull_secrets\[\d+\]=\{.*\} is not a name",
        "there is nothing to pull with",
        {"image_pull_secrets": [{}]},
    ),
    Strictness(
        r"(image_pull_secrets\[\d+\]|volumes\S*\.(name|claim_name)|\S*\['(name|claimName|secretName)'\])=.*"
        r" a DNS subdomain",
        NO_SUCH_OBJECT,
        {"image_pull_secrets": ["My Registry"]},
    ),
    Strictness(
        r"(volumes.*\.items|\S+\['key'\])=.* a key of a secret",
        NO_SUCH_OBJECT,
        {"volumes": {"/etc/app": ConfigMap("app", items={"a b": "c"})}},
    ),
    Strictness(
        r"\S*(Labels|labelSelector|nodeAffinity)\S*=.* a label's value",
        "no label can have such a value, and newer servers refuse it",
        _spec(topologySpreadConstraints=[_selector(labelSelector={"matchLabels": {"team": "a b"}})]),
    ),
    Strictness(
        r"\S+\['topologySpreadConstraints'\]\S+\['labelSelector'\]\S+=",
        "newer servers judge these selectors as others",
        _spec(
            topologySpreadConstraints=[
                _selector(labelSelector={"matchExpressions": [{"key": "a", "operator": "in"}]})
            ]
        ),
    ),
    Strictness(
        r"\S+\['topologyKey'\]=.* (key|subdomain)",
        "no node can have such a label",
        _spec(topologySpreadConstraints=[_selector(topologyKey="a b")]),
    ),
    Strictness(
        r"release=", "the server sees it only as a part of the secret's name", {"release": "My Release"}
    ),
    Strictness(
        r"(image|\S+\['image'\])=.* is not an image reference",
        "the node would say InvalidImageName",
        {"image": "Airflow:latest"},
    ),
    Strictness(
        r"\S+='a{30,}\S+ has \d+ characters, and (the name of an environment variable|an image reference)",
        "nothing is called so",
        {"env_vars": {"a" * 1001: "b"}},
    ),
    Strictness(
        r"(labels|annotations|pod_override\['metadata'\])\S*='\S+' is the KubernetesExecutor's own",
        "the executor would lose its pod",
        {"labels": {"dag_id": "a"}},
    ),
    Strictness(
        r".+=.* is not a field of ",
        "the server silently drops it",
        {"security_context": {"run_as_user": 1000}},
    ),
    Strictness(
        r"\S+\['seccompProfile'\]\['type'\]='Localhost' needs the profile",
        "the server takes an empty path, under which the node has no profile",
        {"security_context": {"seccompProfile": {"type": "Localhost", "localhostProfile": ""}}},
    ),
    Strictness(
        r"env_vars\[\d+\]=<dict> is not a variable",
        "the server silently drops it",
        {"env_vars": [{"name": "A", "val": "a"}]},
    ),
    Strictness(
        r"\S+=(None)? is missing, and \w+ requires it",
        "the kubernetes client cannot make such an object",
        {"security_context": {"sysctls": [{"name": "net.core.somaxconn"}]}},
    ),
)

ENVIRONMENT = (
    Strictness(
        r".* refers to itself by way of other variables",
        "a reference would stay in the value, as literal text",
        {"env_vars": {"A": "$(B)", "B": "$(A)"}},
    ),
    Strictness(
        r"(env_vars\S*|\S+\['value'\])=(<str>)? holds a NUL character",
        "no process can get such a variable",
        {"env_vars": {"A": "\0"}},
    ),
    Strictness(
        r"(env_vars|secrets\S+)='AIRFLOW_IS_K8S_EXECUTOR_POD' is set by the KubernetesExecutor",
        TWICE,
        {"env_vars": {"AIRFLOW_IS_K8S_EXECUTOR_POD": "True"}},
    ),
    Strictness(
        r"env_vars=\[.*\] defines .* twice",
        TWICE,
        {"env_vars": [{"name": "A", "value": "a"}, {"name": "A", "value": "b"}]},
    ),
    Strictness(
        r"\S+\['env'\]\[\d+\]\['name'\]=.* is defined twice",
        TWICE,
        {"init_containers": [{"name": "a", "image": "a", "env": [{"name": "A"}, {"name": "A"}]}]},
    ),
    Strictness(
        r"secrets=.* claims the environment variable", TWICE, {"secrets": ["A", Secret("B", env="A")]}
    ),
    Strictness(
        r"pod_override='.*' is an environment variable of pod_override and",
        LOSS,
        {"env_vars": {"A": "a"}, **_worker(env=[{"name": "A", "value": "b"}])},
    ),
)

VOLUMES = (
    Strictness(
        rf"{_MOUNT}=.* is not an absolute path",
        "the container would not start",
        {"volumes": {"tmp": EmptyDir()}},
    ),
    Strictness(
        rf"{_MOUNT}=.* has a colon",
        "the API's reference says that it must not",
        {"volumes": {"/a:b": EmptyDir()}},
    ),
    Strictness(
        rf"{_MOUNT}=.* (is optional, .* )?(hides|would hide) the whole image",
        "Airflow is in it",
        {"secrets": [Secret("A", file="/a", optional=True)]},
    ),
    Strictness(
        r"secrets\S+\.file='.*' is a directory",
        "a file cannot be mounted over a directory",
        {"secrets": [Secret("A", file="/")]},
    ),
    Strictness(
        r"secrets=.* claims the mount path",
        LOSS,
        {"secrets": [Secret("A", file="/a"), Secret("B", file="/a")]},
    ),
    Strictness(
        r"pod_override='.*' is a mount path of pod_override and",
        LOSS,
        {
            "volumes": {"/mnt/a": EmptyDir()},
            **_worker(volumeMounts=[{"name": "k8sexec-mnt-a", "mountPath": "/mnt/a/"}]),
        },
    ),
    Strictness(
        r"volumes\S*='.*' names another volume, too",
        LOSS,
        {"volumes": {"/a": {"name": "a", "emptyDir": {}}, "/b": {"name": "a", "configMap": {"name": "c"}}}},
    ),
    Strictness(
        r"volumes='/dev/shm' is mounted at '/dev/shm', where shared_memory",
        LOSS,
        {"shared_memory": "1Gi", "volumes": {"/dev/shm": EmptyDir()}},  # noqa: S108  # a path in the pod
    ),
    Strictness(
        r"\S*(\.path|\['path'\])=.* is not an absolute path without",
        "it is relative to nobody knows what",
        {"volumes": {"/mnt/a": HostPath("disks/a")}},
    ),
    Strictness(
        r"(volumes\S*\.medium|\S+\['medium'\])=.* is not one of the choices",
        "the node would not know it",
        {"volumes": {"/mnt/a": EmptyDir(medium="memory")}},  # type: ignore[arg-type]
    ),
    Strictness(
        r"\S+=\[\] has 0 volume sources",
        "the server silently mounts an empty directory instead",
        {"volumes": {"/mnt/a": {}}},
    ),
    Strictness(
        r"volumes\S*\.claim_name=.*a DNS subdomain",
        NO_SUCH_OBJECT,
        {"volumes": {"/mnt/a": PersistentVolumeClaim("My Claim")}},
    ),
)

OVERRIDES = (
    Strictness(
        r"\S+\['(name|generateName)'\]=.* replaces the name",
        "the executor would lose its pod",
        {"pod_override": {"metadata": {"name": "a"}}},
    ),
    Strictness(
        r"\S+\['restartPolicy'\]=.* would start a finished task once more",
        "the task would run again and again",
        _spec(restartPolicy="OnFailure"),
    ),
    Strictness(
        r"\S+\['(command|args)'\]=.* by which Airflow runs the task",
        "the task would not run",
        _worker(args=["true"]),
    ),
    Strictness(
        r"pod_override\['spec'\]\['containers'\]=.* has no container 'base'",
        "Airflow merges containers by position, so another one would run the task",
        _spec(containers=[{"name": "main", "image": "a"}]),
    ),
    Strictness(
        r"\S+\['(failureThreshold|periodSeconds|successThreshold|timeoutSeconds)'\]=0? is not between 1",
        "the server would take its own default instead",
        _worker(readinessProbe={"exec": {"command": ["true"]}, "timeoutSeconds": 0}),
    ),
)

NEWER_RULES = (
    Strictness(
        r"\S+\['sysctls'\]\[\d+\]\['name'\]=\S* is the node's own with host",
        "servers refuse it since 1.26",
        {
            "security_context": {"sysctls": [{"name": "net.core.somaxconn", "value": "1"}]},
            "pod_override": {"spec": {"hostNetwork": True}},
        },
    ),
)
"""What servers of today refuse, and one of 1.20 takes."""

STRICTER = (*AMOUNTS, *NAMES, *ENVIRONMENT, *VOLUMES, *OVERRIDES, *NEWER_RULES)

BEYOND = {
    r"\S+volumeMounts\S+ Not found": "the volume may be one of the template's",
    r"\S+ontainers\S+\.image Required value": "the container may be one of the template's, with its image",
}
"""What the server refuses and one declaration cannot tell, and why."""

NEWER = {
    r"\S+\.env\[\d+\]\.name (Invalid value|must)": "since 1.34, any printable name but one with '='",
    r"\S+\.envFrom\[\d+\]\.prefix Invalid value": "since 1.34, as above",
    r"\S+\.sysctls\[\d+\]\.name Invalid value": "since 1.23, names with slashes",
    r"\S+\.dnsConfig\.searches": "since 1.28, 32 domains, and since 1.32, '_' in them",
}
"""What servers of today take, and one of 1.20 does not, by the fields that it names."""


def is_stricter(problem: Problem) -> bool:
    """Tell whether we refuse this on purpose, although the server does not."""
    return any(strictness.explains(problem) for strictness in STRICTER)


def is_beyond(answer: dict[str, Any]) -> bool:
    """Tell whether the server refuses only what one declaration cannot tell."""
    causes = (answer.get("details") or {}).get("causes") or [{}]
    texts = [f"{cause.get('field')} {cause.get('message')}" for cause in causes]
    return all(any(re.match(pattern, text) for pattern in (*BEYOND, *NEWER)) for text in texts)
