"""Why a pod fits on no node, from the messages of several versions of the Kubernetes scheduler.

Source: https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.diagnosis.lookup import Object, find, find_named, find_objects, find_text
from airflow_provider_k8sexec.diagnosis.sentence import Diagnosis, parse_amount, show_option
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.resource_names import option_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREEMPTION = re.compile(
    r"[.,]?\s*(?:no new claims to deallocate,?\s*)?preemption:.*|[.,]?\s*no new claims to.*", re.DOTALL
)
_INSUFFICIENT = re.compile(r"Insufficient (?P<resource>[A-Za-z0-9./_-]*[A-Za-z0-9])")
_TAINT = re.compile(r"taint \{(?P<key>[^:}]+):\s*(?P<value>[^}]*?)\s*\}")
_SOME_TAINTS = re.compile(r"had (?:untolerated )?taint(?:s|\(s\))")
_NODE_LABELS = re.compile(r"didn't match (?:Pod's )?node (?:affinity|selector)|\[NodeAffinity\]")
_ANTI_AFFINITY = re.compile(r"affinity rules|affinity/anti-affinity|topology spread")
_CLAIM = re.compile(r'persistentvolumeclaim "(?P<name>[^"]+)" (?:not found|is being deleted)')
_VOLUME = re.compile(
    r"volume node affinity conflict|PersistentVolume's node affinity|unbound immediate|"
    r"persistent volumes to bind"
)
_FULL = re.compile(r"Too many pods|were unschedulable")
# Nodes with such taints run the control plane, or are in trouble: a task should tolerate neither.
_NOT_FOR_TASKS = ("node.kubernetes.io/", "node-role.kubernetes.io/", "node.cloudprovider.kubernetes.io/")


def diagnose_scheduling(pod: Object) -> Diagnosis | None:
    """Diagnose why a pod has no node yet, if the scheduler has reported a reason."""
    for condition in find_objects(pod, "status", "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            message = _PREEMPTION.sub("", find_text(condition, "message"))
            reason = find_text(condition, "reason") or "Unschedulable"
            remedies = list(dict.fromkeys(_remedies(message, pod)))
            remedy = (
                ", or ".join(remedies) or "compare the pod's requests with the nodes: kubectl describe nodes"
            )
            return Diagnosis("Unschedulable", message or "no node fits", remedy, reason)
    return None


def _remedies(message: str, pod: Object) -> Iterator[str]:
    insufficient = list(dict.fromkeys(match["resource"] for match in _INSUFFICIENT.finditer(message)))
    if insufficient:
        yield f"request less than {' and '.join(_show_request(resource, pod) for resource in insufficient)}"
    for match in _TAINT.finditer(message):
        if not match["key"].startswith(_NOT_FOR_TASKS):
            taint = f"{match['key']}={match['value']}" if match["value"] else match["key"]
            yield f"write tolerations=[{taint!r}]"
    if _SOME_TAINTS.search(message) and not _TAINT.search(message):
        yield "write tolerations=[...] for the nodes' taints (kubectl describe nodes)"
    if _NODE_LABELS.search(message):
        yield _match_labels(pod)
    if _CLAIM.search(message):
        yield "create the claim, or refer to another one in volumes=..."
    yield from _other_remedies(message)


def _show_request(resource: str, pod: Object) -> str:
    requests = find(find_named(pod, "containers", WORKER_CONTAINER), "resources", "requests")
    amount = parse_amount(find(requests, resource))
    return show_option(resource, amount.text) if amount else f"{option_of(resource)}=..."


def _match_labels(pod: Object) -> str:
    selector = find(pod, "spec", "nodeSelector")
    requested = f"node_selector={selector!r}" if selector else "affinity=..."
    return f"write {requested} so that it matches the nodes' labels (kubectl get nodes --show-labels)"


def _other_remedies(message: str) -> Iterator[str]:
    if _VOLUME.search(message):
        yield "find out why the claim has no volume that the node can reach (kubectl describe pvc)"
    if _ANTI_AFFINITY.search(message):
        yield "relax affinity=... towards other pods"
    if _FULL.search(message):
        yield "wait for nodes with free capacity, or add some"
