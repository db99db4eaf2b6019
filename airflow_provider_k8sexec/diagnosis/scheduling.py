"""Why a pod fits on no node, from the messages of several versions of the Kubernetes scheduler.

Sources: https://kubernetes.io/docs/concepts/scheduling-eviction/kube-scheduler/,
https://kubernetes.io/docs/concepts/scheduling-eviction/pod-scheduling-readiness/,
https://kubernetes.io/docs/concepts/scheduling-eviction/topology-spread-constraints/ and
https://kueue.sigs.k8s.io/docs/tasks/run/plain_pods/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.diagnosis.lookup import Object, find, find_named, find_objects, find_text
from airflow_provider_k8sexec.diagnosis.sentence import Diagnosis, parse_amount, show_option
from airflow_provider_k8sexec.executor_names import WORKER_CONTAINER
from airflow_provider_k8sexec.options.kueue import ADMISSION_GATE, PREFIX, QUEUE_LABEL
from airflow_provider_k8sexec.options.resource_names import option_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_PREEMPTION = re.compile(
    r"[.,]?\s*(?:no new claims to deallocate,?\s*)?(?:still not schedulable,?\s*)?preemption:.*|"
    r"[.,]?\s*no new claims to.*",
    re.DOTALL,
)
_INSUFFICIENT = re.compile(r"Insufficient (?P<resource>[A-Za-z0-9./_-]*[A-Za-z0-9])")
_TAINT = re.compile(r"taint \{(?P<key>[^:}]+):\s*(?P<value>[^}]*?)\s*\}")
_SOME_TAINTS = re.compile(r"had (?:untolerated )?taint(?:s|\(s\))")
_NODE_LABELS = re.compile(r"didn't match (?:Pod's )?node (?:affinity|selector)|\[NodeAffinity\]")
_SPREAD = re.compile(r"topology spread")
_POD_AFFINITY = re.compile(r"affinity rules|affinity/anti-affinity")
_PORTS = re.compile(r"have free ports")
_NO_CLAIM = re.compile(r'persistentvolumeclaim "(?P<name>[^"]+)" (?:not found|is being deleted)')
_VOLUME = re.compile(
    r"volume node affinity conflict|PersistentVolume's node affinity|unbound immediate|"
    r"persistent volumes to bind|exceed max volume count|no available volume zone"
)
_DEVICE_CLAIM = re.compile(
    r"cannot allocate all claims|resourceclaim|resource claim|waiting for dynamic resource", re.IGNORECASE
)
_FIND_VOLUME = "find out why the claim has no volume that the node can reach (kubectl describe pvc)"
# Nodes with such taints run the control plane, are in trouble or about to go: a task should tolerate none.
_NOT_FOR_TASKS = (
    *("node.kubernetes.io/", "node-role.kubernetes.io/", "node.cloudprovider.kubernetes.io/"),
    *("karpenter.sh/", "ToBeDeletedByClusterAutoscaler", "DeletionCandidateOfClusterAutoscaler"),
)


def diagnose_scheduling(pod: Object) -> Diagnosis | None:
    """Diagnose why a pod has no node yet, if the scheduler has reported a reason."""
    if find(pod, "status", "phase") != "Pending":
        return None
    for condition in find_objects(pod, "status", "conditions"):
        if condition.get("type") == "PodScheduled" and condition.get("status") == "False":
            if condition.get("reason") == "SchedulingGated":
                return _diagnose_gates(pod)
            message = _PREEMPTION.sub("", find_text(condition, "message"))
            return _diagnose_message(message or "no node fits", pod)
    return None


def _diagnose_message(message: str, pod: Object) -> Diagnosis:
    """Diagnose by what an option can change; where none can, by what else is missing."""
    remedies = list(dict.fromkeys(_remedies(message, pod)))
    is_volume = _VOLUME.search(message) is not None
    if remedies and is_volume:
        remedies.append(_FIND_VOLUME)
    if remedies:
        return Diagnosis("Unschedulable", message, ", or ".join(remedies))
    if _DEVICE_CLAIM.search(message):
        remedy = "check its claims and the devices: kubectl get resourceclaims,resourceslices"
        return Diagnosis("ResourceClaim", message, remedy, "Unschedulable")
    if is_volume:
        return Diagnosis("VolumeBinding", message, _FIND_VOLUME, "Unschedulable")
    remedy = "wait for nodes with free capacity, or add some (kubectl describe nodes)"
    return Diagnosis("NoNodes", message, remedy, "Unschedulable")


def _diagnose_gates(pod: Object) -> Diagnosis:
    """Diagnose a pod that the scheduler may not place yet."""
    gates = [find_text(gate, "name") for gate in find_objects(pod, "spec", "schedulingGates")]
    foreign = [gate for gate in gates if not gate.startswith(PREFIX)]
    if not gates or foreign:
        # Kueue removes its own gates alone, and other controllers may wait for a pod to be admitted.
        named = f": {', '.join(gates)}" if gates else ""
        cause = f"its scheduling gates are closed{named}"
        return Diagnosis("Gated", cause, "have the controller of each gate open it", "SchedulingGated")
    queue = find_text(find(pod, "metadata", "labels"), QUEUE_LABEL)
    named = f"the queue {queue!r}" if queue else "its queue"
    workloads = f"kubectl describe workloads -n {find_text(pod, 'metadata', 'namespace')}"
    if ADMISSION_GATE in gates:
        remedy = (
            f"wait for its turn, which Airflow does for [scheduler] task_queued_timeout, or find out what "
            f"{named} has left: {workloads}"
        )
        return Diagnosis("Queued", f"it waits in {named} of Kueue", remedy, "SchedulingGated")
    cause = f"Kueue has admitted it, and has found no place for it yet: {', '.join(gates)}"
    return Diagnosis("Queued", cause, f"look at its workload: {workloads}", "SchedulingGated")


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
    if _NO_CLAIM.search(message):
        yield "create the claim, or refer to another one in volumes=..."
    yield from _relax(message)


def _show_request(resource: str, pod: Object) -> str:
    requests = find(find_named(pod, "containers", WORKER_CONTAINER), "resources", "requests")
    amount = parse_amount(find(requests, resource))
    return show_option(resource, amount.text) if amount else f"{option_of(resource)}=..."


def _match_labels(pod: Object) -> str:
    selector = find(pod, "spec", "nodeSelector")
    requested = f"node_selector={selector!r}" if selector else "affinity=..."
    return f"write {requested} so that it matches the nodes' labels (kubectl get nodes --show-labels)"


def _relax(message: str) -> Iterator[str]:
    if _POD_AFFINITY.search(message):
        yield "relax affinity=... towards other pods"
    if _SPREAD.search(message):
        yield "relax topology_spread_constraints=..., such as to 'whenUnsatisfiable': 'ScheduleAnyway'"
    if _PORTS.search(message):
        yield "use no hostPort"
