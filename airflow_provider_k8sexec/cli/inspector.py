"""What is wrong with a task's pod in a cluster: its answer to a dry-run, and objects that are missing."""

from __future__ import annotations

from functools import cached_property
from secrets import token_hex
from typing import TYPE_CHECKING

from attrs import field, frozen

from airflow_provider_k8sexec.diagnosis.lookup import find_text
from airflow_provider_k8sexec.exceptions import ClusterError, Problem
from airflow_provider_k8sexec.hooks.answers import CHECK_AGAIN
from airflow_provider_k8sexec.options.kueue import MANAGED_LABEL, QUEUE_LABEL
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.pod.dropped_fields import find_dropped_fields
from airflow_provider_k8sexec.pod.option_parts import LABELS
from airflow_provider_k8sexec.pod.references import (
    KINDS,
    LOCAL_QUEUE,
    Reference,
    read_queue_name,
    resolve_references,
)
from airflow_provider_k8sexec.rules.api_server.since import check_server, explain_loss
from airflow_provider_k8sexec.site.deployment import UNKNOWN_SECRET, report_unknown_release

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow_provider_k8sexec.cli.task_pod import TaskPod
    from airflow_provider_k8sexec.hooks import DeploymentHook
    from airflow_provider_k8sexec.hooks.answers import DryRun
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.rules.api_server.since import Version
    from airflow_provider_k8sexec.rules.findings import Finding

_OF_CLUSTER = {"Unreachable", "Unauthorized"}
_MOST_TIMEOUTS = 3
_LONGEST_BEFORE, _UNIQUE_BYTES = 54, 4
_UPGRADE = "upgrade the cluster, or remove it"
_MANAGE_PODS = (
    "have integrations.frameworks and managedJobsNamespaceSelector of Kueue's configuration include them, "
    "or remove it"
)
_FIND_DROP = "remove it, or find what drops it: a feature gate that is off, or an admission webhook"


@frozen
class Verdict:
    """What a cluster makes of a pod.

    Attributes:
        objections: Everything that is wrong; the codes are of ``CODES`` or ``CHECK_CODES``.
        warnings: What the server warns of.
    """

    objections: list[Problem] = field(factory=list)
    warnings: list[str] = field(factory=list)


class Inspector:
    """Inspects pods in a cluster, and reads each object once.

    Attributes:
        errors: What kept pods from being inspected, each once.
        warnings: What could not be looked up, each once.
    """

    def __init__(self, hook: DeploymentHook) -> None:
        self.errors: dict[str, str] = {}
        self.warnings: dict[str, str] = {}
        self._hook = hook
        self._timeouts = 0
        self._found: dict[tuple[str, str, str], frozenset[str] | ClusterError | None] = {}

    def inspect(self, pod: TaskPod) -> Verdict | None:
        """Give the verdict on a pod; ``None`` where the account may create none in the pod's namespace.

        Raises:
            ClusterError: No pod can be inspected.
        """
        namespace = pod.pod["metadata"]["namespace"]
        if namespace in self.errors:
            return None
        try:
            answer = self._hook.dry_run(_with_other_name(pod.pod))
        except ClusterError as error:
            if error.code == "RBAC":
                self.errors[namespace] = str(error)
                return None
            self._count(error)
            return Verdict([_report_failure("pod", error)])
        missing = [] if _lacks_namespace(answer) else list(self._check_references(pod, namespace))
        refused = [item for item in _read_refusal(pod, answer) if item.code not in _kinds_of(missing)]
        lost = [*_find_lost(pod, answer, self._version), *self._check_queue(pod, answer, namespace)]
        objections = [*missing, *refused, *lost]
        return Verdict(list(dict.fromkeys(objections)), [*answer.warnings])

    @cached_property
    def _version(self) -> Version | None:
        try:
            return self._hook.read_version()
        except ClusterError as error:
            self._count(error)
            return None

    def _count(self, error: ClusterError) -> None:
        """Let a failed request be the trouble of one task, unless all others would fail as well.

        Raises:
            ClusterError: The same.
        """
        self._timeouts += error.code == "Timeout"
        if error.code in _OF_CLUSTER or self._timeouts == _MOST_TIMEOUTS:
            raise error

    def _check_references(self, pod: TaskPod, namespace: str) -> Iterator[Problem]:
        for reference in resolve_references(pod.pod):
            if reference.name == UNKNOWN_SECRET:
                problem = report_unknown_release(reference.kind, repr(reference.name))
                yield problem._replace(code="UnknownRelease")
                continue
            found = self._look_up(reference, namespace)
            if isinstance(found, ClusterError):
                yield from self._report_lookup(reference, namespace, found)
            else:
                others = self._list_others(reference, namespace) if found is None else []
                yield from _check_found(reference, namespace, found, others)

    def _check_queue(self, pod: TaskPod, answer: DryRun, namespace: str) -> Iterator[Problem]:
        """Find a queue that exists and has no effect: Kueue marks what it queues in a dry-run, too."""
        queue = read_queue_name(pod.pod)
        exists = isinstance(self._found.get((LOCAL_QUEUE, queue, namespace)), frozenset)
        if exists and answer.pod and find_text(answer.pod, "metadata", "labels", MANAGED_LABEL) != "true":
            name = pod.name_path((*LABELS, QUEUE_LABEL))
            reason = f"has no effect: Kueue does not manage the pods of the namespace {namespace!r}"
            yield Problem(name, repr(queue), reason, _MANAGE_PODS, "QueueIgnored")

    def _list_others(self, reference: Reference, namespace: str) -> list[str]:
        """List the names that there are, of a kind that has few; none where that is not allowed."""
        if not KINDS[reference.kind].is_listed:
            return []
        try:
            return self._hook.list_names(reference.kind, namespace)
        except ClusterError as error:
            self._count(error)
            return []

    def _look_up(self, reference: Reference, namespace: str) -> frozenset[str] | ClusterError | None:
        """Read the keys of an object, once."""
        within = "" if KINDS[reference.kind].is_of_cluster else namespace
        known = (reference.kind, reference.name, within)
        if known not in self._found:
            try:
                self._found[known] = self._hook.read_keys(reference.kind, reference.name, namespace)
            except ClusterError as error:
                self._count(error)
                self._found[known] = error
        return self._found[known]

    def _report_lookup(self, reference: Reference, namespace: str, error: ClusterError) -> Iterator[Problem]:
        kind = KINDS[reference.kind]
        if error.code == "RBAC":
            text = f"Not looked up: the {kind.plural} {_where(reference, namespace)}. {error}"
            self.warnings.setdefault(f"{kind.plural} {_where(reference, namespace)}", text)
        elif error.code == "MissingAPI":
            reason = f"cannot exist, because the cluster has no {kind.plural}"
            remedy = f"{kind.remedy}, or remove it"
            yield Problem(reference.kind, repr(reference.name), reason, remedy, error.code)
        else:
            yield _report_failure(reference.kind, error)


def _with_other_name(pod: Manifest) -> Manifest:
    """Give a pod a name that is not taken, as the executor does, which has one for each try."""
    metadata = pod["metadata"]
    name = f"{metadata['name'][:_LONGEST_BEFORE]}-{token_hex(_UNIQUE_BYTES)}"
    return {**pod, "metadata": {**metadata, "name": name}}


def _where(reference: Reference, namespace: str) -> str:
    return "in the cluster" if KINDS[reference.kind].is_of_cluster else f"in the namespace {namespace!r}"


def _check_found(
    reference: Reference, namespace: str, keys: frozenset[str] | None, others: Sequence[str]
) -> Iterator[Problem]:
    kind, name, key = reference.kind, reference.name, reference.key
    if keys is None:
        nearest = find_nearest(name, others)
        another = f"write {nearest!r}" if nearest else f"choose from {', '.join(others)}"
        remedy = f"create it {_where(reference, namespace)}, or {another if others else 'name another'}"
        yield Problem(kind, repr(name), "does not exist", remedy, "MissingObject")
    elif key and key not in keys:
        nearest = find_nearest(key, keys)
        remedy = f"write {nearest!r}" if nearest else f"choose from {', '.join(sorted(keys))}, or add it"
        yield Problem(f"{kind} {name}", repr(key), "is not one of its keys", remedy, "MissingKey")


def _lacks_namespace(answer: DryRun) -> bool:
    return answer.refusal is not None and answer.refusal.code == "Namespace"


def _kinds_of(missing: list[Problem]) -> set[str]:
    """Give the kinds of the objects that are missing: the server refuses a pod for some of them, too."""
    return {problem.field for problem in missing if problem.code == "MissingObject"}


def _read_refusal(pod: TaskPod, answer: DryRun) -> Iterator[Problem]:
    refusal = answer.refusal
    if refusal is None:
        return
    for path, message in answer.causes:
        name = pod.name_path(pod.parse_field(path)) if path else "pod"
        yield _refused(name, message, "request what it accepts", refusal.code)
    if not answer.causes:
        yield _refused("pod", refusal.cause, refusal.remedy, refusal.code)


def _refused(name: str, cause: str, remedy: str, code: str) -> Problem:
    return Problem(name, "", f"is refused by the server: {cause}", remedy, code)


def _find_lost(pod: TaskPod, answer: DryRun, server: Version | None) -> Iterator[Problem]:
    """Find the fields that the server does not know, and those that it does not keep; each once."""
    found: list[Path] = []

    def covers(path: Path) -> bool:
        # With its only field, the server leaves out the part that has it.
        return any(path[: len(other)] == other[: len(path)] for other in found)

    for finding in check_server(pod.pod, server) if server else ():
        found.append(finding.path)
        yield _name_finding(pod, finding, "UnknownField")
    for path in map(pod.parse_field, answer.unknown_fields):
        if not covers(path):
            found.append(path)
            yield Problem(pod.name_path(path), "", "is not known to the server", _UPGRADE, "UnknownField")
    for path in find_dropped_fields(pod.pod, answer.pod) if answer.pod else ():
        if not covers(path):
            lacking = explain_loss(pod.pod, path, server) if server else None
            name, code = pod.name_path(path), "DroppedField"
            generic = Problem(name, "", "is silently dropped by the server", _FIND_DROP, code)
            yield _name_finding(pod, lacking, code) if lacking else generic


def _name_finding(pod: TaskPod, finding: Finding, code: str) -> Problem:
    value = finding.value if pod.is_own(finding.path) else ""
    return Problem(pod.name_path(finding.path), value, finding.reason, finding.remedy, code)


def _report_failure(what: str, error: ClusterError) -> Problem:
    return Problem(what, "", f"could not be checked: {error}", CHECK_AGAIN, error.code)
