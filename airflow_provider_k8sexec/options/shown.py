"""What is shown of a pod: the one module that decides it, for the Pod tab, the commands and every error.

It is an allow-list. Names, amounts and choices (images, volumes, references to secrets, node selectors) are
shown. A free value (``env``, ``args``, ``command``, an annotation, a label, and whatever Kubernetes adds
later) is shown only where the task or a layer of the site has written that very value, under a name that
Airflow does not call sensitive; of the pod template, of hooks and of the cluster, the name alone. The
worker's ``args`` are never shown: on Airflow 3 they hold the workload, with the token of its task.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from attrs import frozen

from airflow_provider_k8sexec.executor_names import EXECUTOR_KEYS, WORKER_CONTAINER, WORKER_VARIABLE

HIDDEN = "<hidden>"
"""What stands in place of a value that is not shown."""

IsSensitive = Callable[[str], bool]
"""Whether Airflow hides a value of that name: ``_compat.is_sensitive_name``."""

_WORD = re.compile(r"\w+")
_STRUCTURES = frozenset(
    _WORD.findall("""
    metadata spec containers initContainers ephemeralContainers env envFrom valueFrom securityContext
    volumes projected sources csi flexVolume ephemeral volumeClaimTemplate
    """)
)
"""Fields whose own fields are decided one by one; what is no structure is free."""

_NAMES = frozenset(
    _WORD.findall("""
    apiVersion kind name namespace generateName
    restartPolicy serviceAccountName serviceAccount nodeName schedulerName priorityClassName runtimeClassName
    dnsPolicy preemptionPolicy hostname subdomain os imagePullSecrets nodeSelector affinity tolerations
    topologySpreadConstraints overhead resourceClaims readinessGates schedulingGates
    image imagePullPolicy ports resources resizePolicy volumeMounts volumeDevices workingDir
    terminationMessagePath terminationMessagePolicy
    secretKeyRef configMapKeyRef fieldRef resourceFieldRef fileKeyRef prefix secretRef configMapRef
    capabilities seccompProfile appArmorProfile seLinuxOptions procMount fsGroupChangePolicy
    supplementalGroupsPolicy seLinuxChangePolicy
    secret configMap emptyDir persistentVolumeClaim hostPath downwardAPI serviceAccountToken nfs azureFile
    driver fsType nodePublishSecretRef accessModes storageClassName volumeMode volumeName
    """)
)
"""Fields of a structure that by Kubernetes' definition hold names, amounts and choices alone."""

FREE_MODELS = frozenset(
    {
        "V1EnvVar",
        "V1EnvVarSource",
        "V1HTTPHeader",
        "V1HTTPGetAction",
        "V1ExecAction",
        "V1CSIVolumeSource",
        "V1FlexVolumeSource",
    }
)
"""Objects into which an author may put a free value under an unknown name: errors do not show it."""

_SENSITIVE = (
    r"(?:passw(?:or)?d|passphrase|pwd|secret|token|authorization|credentials?"
    r"|(?:api|access|account|private|shared|signing|encryption)[_-]?key)"
)
_SCHEME = r"(?:(?:Bearer|Basic)\s+)"
_VALUE = r"(?:\"(?:[^\"\\]|\\.)*\"|'[^']*'|(?!\$|(?:true|false|null|none)\b)[^\s&;,\"'}]+)"
_ASSIGNED = re.compile(
    rf"(?P<name>{_SENSITIVE}[\"']?\s*[=:]\s*{_SCHEME}?|--(?:\w+-){{0,3}}{_SENSITIVE}\s+|\b{_SCHEME}){_VALUE}",
    re.IGNORECASE,
)
# Of a scheme that is not known, such as "token", what follows it is the secret.
_HEADER = re.compile(
    rf"(?P<name>\bauthorization[\"']?\s*[=:]\s*[\"']?{_SCHEME}?)"
    r"(?!\$)[^\s&;,\"'}]+(?:[ \t]+(?![$-])[^\s&;,\"'}]+)?",
    re.IGNORECASE,
)
# What follows "secret: " in a server's sentence is the sentence.
_ASSIGNED_IN_ANSWER = re.compile(rf"(?P<name>{_SENSITIVE}=|\b{_SCHEME}){_VALUE}", re.IGNORECASE)
_FLAG = re.compile(rf"--?(?:\w+-){{0,3}}{_SENSITIVE}\Z", re.IGNORECASE)
_URL = re.compile(
    r"(?P<user>://[^\s\"'/?#@:]*)(?P<rest>[:@][^\s\"']*)|(?<=thin:)(?P<oracle>\w{1,200}/[^\s@]{1,200})(?=@)"
)
REFERENCE = re.compile(r"\$\(\w+\)|\$\{\w+\}|\$[A-Z_][A-Z0-9_]*|\{\{[^}]*\}\}")
"""A value that is another's: of a variable to Kubernetes or to a shell, or of what renders a template."""

_EXCERPT = re.compile(r",? ?error found in #\d+ byte of .*", re.DOTALL)
_INPUT = re.compile(r"input_value=.*?(?=, input_type=)", re.DOTALL)
_EXPECTS_STRING = re.compile(r'expects " or n, but found .')
_QUOTED = re.compile(r'(?P<kind>(?:version|field|webhook) )?"(?:(?:[^"\\]|\\.)*"|.*\Z)', re.DOTALL)
_QUOTED_TEXT = re.compile(r"(?P<character>'[^']'|\"[^\"]\")|'[^']*'|\"[^\"]*\"")
_OBJECTION = re.compile(
    r"\b(?P<field>(?:metadata|spec)\b[^\s:]*): (?P<kind>\w+ value): "
    r"(?P<value>\"(?:[^\"\\]|\\.)*\"|[\w.*&]*\{.*\}|map\[.*\])",
    re.DOTALL,
)
_QUOTES_VALUE = re.compile(r"\b(?:metadata|spec)\b[^\s:]*: \w+ value: ")
_LONGEST_ANSWER = 8192
"""An answer can be as long as the pod that it quotes, and the scheduler waits until it has been read."""


def show_pod(
    pod: Mapping[str, Any], written: Iterable[Mapping[str, Any]], is_sensitive: IsSensitive
) -> dict[str, Any]:
    """Give what is shown of a pod: the same pod, with ``<hidden>`` in place of what is not.

    Args:
        pod: A merged or launched pod, or a layer of one; it is left as it is.
        written: The partial pods whose authors may read their own values: the task's override, which holds
            the layers of the site as well.
        is_sensitive: Whether a value of that name is hidden though it was written there.
    """
    shown = show_written(pod, written, is_sensitive)
    for real, container in zip(_containers(pod), _containers(shown), strict=True):
        if "args" in container and (real is _containers(pod)[0] or _may_run_task(real)):
            container["args"] = [HIDDEN]
    return shown


def show_written(
    pod: Mapping[str, Any], written: Iterable[Mapping[str, Any]], is_sensitive: IsSensitive
) -> dict[str, Any]:
    """Give what is shown of a pod without a worker in it; the arguments are those of ``show_pod``."""
    return _Showing(is_sensitive).show_structure(pod, list(written))


def show_text(text: str) -> str:
    """Hide the logins of URLs, and what is assigned to a password's name, in a string that may be shown."""
    text = _HEADER.sub(rf"\g<name>{HIDDEN}", _URL.sub(_show_login, text))
    return _ASSIGNED.sub(rf"\g<name>{HIDDEN}", text)


def show_answer(message: str) -> str:
    """Hide what an answer of the API server quotes of a pod, where such a field is not shown of one.

    An error of the kubernetes client may hold such an answer, and quotes what its models do not take. Only
    the start of a long answer is shown, and no control characters: it is printed in terminals and logs.
    """
    message = _EXCERPT.sub("", _cut(message))
    hidden = [match["value"] for match in _OBJECTION.finditer(message) if not _is_objection_shown(match)]
    message = _OBJECTION.sub(_show_objection, message)
    for value in filter(None, (text.strip('"') for text in hidden)):  # the rest of the sentence may repeat it
        message = re.sub(rf"(?<!\w){re.escape(value)}(?!\w)", lambda _: HIDDEN, message)
    message = _INPUT.sub(f"input_value={HIDDEN}", message)
    return to_printable(_ASSIGNED_IN_ANSWER.sub(rf"\g<name>{HIDDEN}", _URL.sub(_show_login, message)))


def to_printable(text: str) -> str:
    """Write spaces for line ends, control characters and what else is not printable."""
    return "".join(letter if letter.isprintable() else " " for letter in text)


def _cut(message: str) -> str:
    """Cut a long answer before the last value that it quotes: half a value would not be recognised."""
    if len(message) <= _LONGEST_ANSWER:
        return message
    start = message[:_LONGEST_ANSWER]
    ends = [match.end() for match in _QUOTES_VALUE.finditer(start)]
    return f"{start[: ends[-1]]}{HIDDEN}" if ends else start


def show_undecodable(message: str) -> str:
    """Hide what the API server quotes of a request that it could not decode: all but fields and kinds."""
    message = _EXPECTS_STRING.sub("expects a string", show_answer(message))
    return _QUOTED.sub(lambda match: match[0] if match["kind"] else HIDDEN, message)


def show_syntax_error(reason: str) -> str:
    """Hide what a parser quotes of a file, but for single characters, such as a bracket."""
    return _QUOTED_TEXT.sub(lambda match: match["character"] or HIDDEN, reason)


def show_at(field: str, text: str) -> str:
    """Show what a field has where its holder's author is not known: ``spec.containers[0].image``."""
    return text if is_shown(field) else HIDDEN


def is_shown(field: str) -> bool:
    """Report whether all that a field holds is shown, whoever set it: ``spec.containers[0].image``."""
    return _first_decided(field) in _NAMES


def is_free(field: str) -> bool:
    """Report whether a field holds a value that is shown to its author alone: ``metadata.labels.x``."""
    return _first_decided(field) not in _NAMES | {None}


def _first_decided(field: str) -> str | None:
    """Give the first name of a path that is no structure."""
    names = re.sub(r"\[[^\]]*\]", "", field).split(".")
    return next((name for name in names if name not in _STRUCTURES), None)


@frozen
class _Showing:
    """Goes through a pod and, beside it, through what was written in the same places."""

    is_sensitive: IsSensitive

    def show_structure(self, holder: Mapping[str, Any], written: list[Any]) -> dict[str, Any]:
        """Show the fields of an object that Kubernetes defines."""
        return {key: self._show_field(key, holder, _of_key(written, key)) for key in holder}

    def _show_field(self, key: str, holder: Mapping[str, Any], written: list[Any]) -> Any:
        value = holder[key]
        if key in _NAMES:
            return _show_words(value)
        if key in ("annotations", "labels") and isinstance(value, Mapping):
            known = {name: word for name, word in value.items() if name in EXECUTOR_KEYS}
            return {**self._show_free(value, written), **known}
        if key == "value":
            name = holder.get("name")
            return value if name == WORKER_VARIABLE else self._show_named(name, value, written)
        if key not in _STRUCTURES:
            return value if isinstance(value, (bool, int, float)) else self._show_free(value, written)
        if isinstance(value, list):
            return [
                self.show_structure(item, others)
                if isinstance(item, Mapping)
                else self._show_free(item, others)
                for item, others in _pair(value, written)
            ]
        return self.show_structure(value, written) if isinstance(value, Mapping) else HIDDEN

    def _show_named(self, name: object, value: Any, written: list[Any]) -> Any:
        return self._show_free(value, [] if self.is_sensitive(str(name)) else written)

    def _show_free(self, value: Any, written: list[Any]) -> Any:
        """Show of a value what was written in its place."""
        if isinstance(value, Mapping):
            return {
                key: self._show_named(
                    value.get("name") if key == "value" else key, item, _of_key(written, key)
                )
                for key, item in value.items()
            }
        if isinstance(value, list) and any(isinstance(item, (Mapping, list)) for item in value):
            return [self._show_item(item, others) for item, others in _pair(value, written)]
        if value is None or value == [] or value in written:
            return _show_words(value)
        return [HIDDEN] if isinstance(value, list) else HIDDEN

    def _show_item(self, item: Any, written: list[Any]) -> Any:
        """Show what is in a list of named things, such as the headers of a probe, with its name."""
        name = _name_of(item)
        shown = self._show_free(item, written)
        return shown if name is None else {**shown, "name": name}


def _of_key(written: list[Any], key: str) -> list[Any]:
    return [other[key] for other in written if isinstance(other, Mapping) and key in other]


def _pair(items: list[Any], written: list[Any]) -> list[tuple[Any, list[Any]]]:
    """Give the items of a list, each with those of its name that were written in its place."""
    by_name = defaultdict(list)
    for others in written:
        for other in others if isinstance(others, list) else ():
            by_name[_name_of(other)].append(other)
    return [(item, by_name[_name_of(item)]) for item in items]


def _name_of(item: Any) -> str | None:
    name = item.get("name") if isinstance(item, Mapping) else None
    return name if isinstance(name, str) else None


def _show_words(value: Any) -> Any:
    """Write a value that may be shown, without the logins in its strings."""
    if isinstance(value, Mapping):
        return {key: _show_words(item) for key, item in value.items()}
    if isinstance(value, list):
        after_flags = [False, *(isinstance(item, str) and bool(_FLAG.match(item)) for item in value)]
        return [
            HIDDEN if is_after_flag else _show_words(item)
            for item, is_after_flag in zip(value, after_flags, strict=False)
        ]
    return show_text(value) if isinstance(value, str) else value


def _containers(pod: Mapping[str, Any]) -> list[Any]:
    spec = pod.get("spec")
    containers = spec.get("containers") if isinstance(spec, Mapping) else None
    return [item for item in containers if isinstance(item, Mapping)] if isinstance(containers, list) else []


def _may_run_task(container: Mapping[str, Any]) -> bool:
    """Report whether a container may be the worker's, by its name or by the executor's mark.

    More may be than ``find_worker`` finds: a hook can rename and reorder containers, and one mistake here
    would show the token of the task.
    """
    variables = container.get("env")
    names = map(_name_of, variables) if isinstance(variables, list) else ()
    return container.get("name") == WORKER_CONTAINER or WORKER_VARIABLE in names


def _show_login(match: re.Match[str]) -> str:
    if match["oracle"]:
        return f"{match['oracle'].partition('/')[0]}/{HIDDEN}"
    user, rest = match["user"], match["rest"]
    # A password may begin with digits, and hold "/", "#" and "@": the last "@" ends it.
    login, at, host = rest.rpartition("@")
    if not at or REFERENCE.fullmatch(login.removeprefix(":")):
        return match[0]
    return f"{user}:{HIDDEN}@{host}" if login else f"://{HIDDEN}@{host}"


def _show_objection(match: re.Match[str]) -> str:
    return match[0] if _is_objection_shown(match) else f"{match['field']}: {match['kind']}: {HIDDEN}"


def _is_objection_shown(match: re.Match[str]) -> bool:
    # Whoever writes NAME=value for a name has written a value.
    return is_shown(match["field"]) and "=" not in match["value"]
