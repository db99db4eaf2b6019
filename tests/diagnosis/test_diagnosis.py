"""Why a pod failed, waits or was refused: one sentence with what to change, out of what real clusters say."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_k8sexec import k8s_config, per_try
from airflow_provider_k8sexec.diagnosis import diagnose_pod, diagnose_refusal

BASE = {
    "name": "base",
    "image": "registry.example.com/airflow:1",
    "resources": {
        "requests": {"memory": "1Gi", "cpu": "500m", "nvidia.com/gpu": "1"},
        "limits": {"memory": "1Gi", "ephemeral-storage": "2G"},
    },
    "volumeMounts": [{"name": "k8sexec-scratch", "mountPath": "/scratch"}],
}


def pod(status: dict[str, Any], **spec: Any) -> dict[str, Any]:
    """Give a worker pod of a status."""
    metadata = {"name": "worker", "namespace": "airflow"}
    return {"metadata": metadata, "spec": {"containers": [BASE], **spec}, "status": status}


def ended(name: str = "base", field: str = "containerStatuses", **end: Any) -> dict[str, Any]:
    """Give a failed pod, one of whose containers has ended."""
    return pod({"phase": "Failed", field: [{"name": name, "state": {"terminated": end}}]})


def failed(reason: str, message: str, **spec: Any) -> dict[str, Any]:
    """Give a pod that its node has failed."""
    return pod({"phase": "Failed", "reason": reason, "message": message}, **spec)


def waiting(reason: str, message: str = "") -> dict[str, Any]:
    """Give a pod whose worker waits."""
    state = {"waiting": {"reason": reason, "message": message}}
    return pod({"phase": "Pending", "containerStatuses": [{"name": "base", "state": state}]})


def unscheduled(message: str, **spec: Any) -> dict[str, Any]:
    """Give a pod that the scheduler has found no node for."""
    condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": message}
    return pod({"phase": "Pending", "conditions": [condition]}, **spec)


OOM = {"terminated": {"reason": "OOMKilled", "exitCode": 137}}
POD_SENTENCES = [
    (
        pod(
            {"phase": "Failed", "containerStatuses": [{"name": "base", "state": OOM}]},
            containers=[{"name": "base"}],
            resources={"limits": {"memory": "3Gi"}},
        ),
        (
            "OOMKilled: container 'base' exceeded the memory limit of the pod as a whole, 3Gi; write "
            "pod_resources={'memory': '6Gi'}."
        ),
    ),
    (
        ended(reason="OOMKilled", exitCode=137),
        "OOMKilled: memory='1Gi' was exceeded; try memory=per_try('1Gi', '2Gi').",
    ),
    (
        # containerd says so where the kernel killed a child of the container's process, which then ended well
        pod(
            {
                "phase": "Succeeded",
                "containerStatuses": [
                    {"name": "base", "state": {"terminated": {"reason": "OOMKilled", "exitCode": 0}}}
                ],
            }
        ),
        "OOMKilled: memory='1Gi' was exceeded; try memory=per_try('1Gi', '2Gi').",
    ),
    (
        ended("proxy", reason="OOMKilled", exitCode=137),
        (
            "OOMKilled: container 'proxy', which has no memory limit, used more memory than its node has; "
            "set its resources.limits.memory to what it needs."
        ),
    ),
    (
        {
            **ended("proxy", reason="OOMKilled", exitCode=137),
            "spec": {"containers": [BASE, {"name": "proxy", "resources": {"limits": {"memory": "64Mi"}}}]},
        },
        (
            "OOMKilled: container 'proxy' exceeded its memory limit of 64Mi; "
            "set its resources.limits.memory to '128Mi'."
        ),
    ),
    (
        {**ended(reason="OOMKilled", exitCode=137), "spec": {"containers": [{"name": "base"}]}},
        (
            "OOMKilled: container 'base', which has no memory limit, used more memory than its node has; "
            "set memory=... to what it needs."
        ),
    ),
    (
        failed("DeadlineExceeded", ""),
        (
            "DeadlineExceeded: its time limit had passed; "
            "set a longer active_deadline_seconds=..., or remove the option."
        ),
    ),
    (
        waiting("PostStartHookError"),
        (
            "Waiting (PostStartHookError): container 'base' waits; "
            "look at the pod: kubectl describe pod worker -n airflow."
        ),
    ),
    (
        waiting("CreateContainerConfigError", "something new"),
        ("CreateContainerConfigError: something new; correct the pod options."),
    ),
    (
        unscheduled("0/3 nodes are available: 3 node(s) didn't match pod affinity rules"),
        (
            "Unschedulable: 0/3 nodes are available: 3 node(s) didn't match pod affinity rules; "
            "relax affinity=... towards other pods."
        ),
    ),
    (
        unscheduled("0/3 nodes are available: 3 Too many pods"),
        (
            "NoNodes (Unschedulable): 0/3 nodes are available: 3 Too many pods; "
            "wait for nodes with free capacity, or add some (kubectl describe nodes)."
        ),
    ),
    (
        ended(reason="Error", exitCode=137),
        (
            "Killed: container 'base' was killed (exit code 137), not for its own memory limit; "
            "check whether "
            "its node was short of memory or was shut down, and set retries=..."
        ),
    ),
    (
        ended(
            reason="StartError", exitCode=128, message='exec: "airflow": executable file not found in $PATH'
        ),
        (
            'StartError: exec: "airflow": executable file not found in $PATH; '
            "name an image=... that has Airflow, and its shell, in it."
        ),
    ),
    (
        ended("seed", "initContainerStatuses", reason="Error", exitCode=2),
        (
            "InitContainerFailed: container 'seed' ended with exit code 2, so that the worker never "
            "began; read its log: kubectl logs worker -n airflow -c seed."
        ),
    ),
    (
        failed(
            "Evicted",
            "The node was low on resource: memory. Threshold quantity: 100Mi, available: 88Mi. "
            "Container base was using 3051Mi, request is 1Gi, has larger consumption of memory. ",
        ),
        (
            "Evicted: The node was low on resource: memory. Threshold quantity: 100Mi, available: 88Mi. "
            "Container base was using 3051Mi, request is 1Gi, has larger consumption of memory; "
            "request what the task needs, memory='3051Mi', so that a node keeps it free."
        ),
    ),
    (
        failed("Evicted", 'Usage of EmptyDir volume "k8sexec-scratch" exceeds the limit "10Gi". '),
        (
            'EphemeralStorage (Evicted): Usage of EmptyDir volume "k8sexec-scratch" exceeds the limit '
            "\"10Gi\"; write volumes={'/scratch': EmptyDir(size='20Gi')}."
        ),
    ),
    (
        failed("Evicted", "Pod ephemeral local storage usage exceeds the total limit of containers 2G. "),
        (
            "EphemeralStorage (Evicted): Pod ephemeral local storage usage exceeds the total limit of "
            "containers 2G; write ephemeral_storage='4G'."
        ),
    ),
    (
        failed("Evicted", 'Container base exceeded its local ephemeral storage limit "1Gi". '),
        (
            'EphemeralStorage (Evicted): Container base exceeded its local ephemeral storage limit "1Gi"; '
            "write ephemeral_storage='2Gi'."
        ),
    ),
    (
        failed("Evicted", "The node had condition: [DiskPressure]. "),
        (
            "NodePressure (Evicted): The node had condition: [DiskPressure]; "
            "set retries=... so that the task runs again, on another node."
        ),
    ),
    (
        failed(
            "DeadlineExceeded",
            "Pod was active on the node longer than the specified deadline",
            activeDeadlineSeconds=60,
        ),
        (
            "DeadlineExceeded: active_deadline_seconds=60 had passed; "
            "set active_deadline_seconds=120, or remove the option."
        ),
    ),
    (
        failed("Terminated", "Pod was terminated in response to imminent node shutdown."),
        (
            "NodeShutdown (Terminated): Pod was terminated in response to imminent node shutdown; "
            "set retries=... so that the task runs again, on another node, or keep it off spot nodes with "
            "node_selector=..."
        ),
    ),
    (
        waiting("ErrImagePull", "rpc error: code = NotFound desc = failed to pull image: not found"),
        (
            "ImagePull: image='registry.example.com/airflow:1' cannot be pulled; "
            "set an image that exists, or, if its registry needs credentials, image_pull_secrets=['...']."
        ),
    ),
    (
        waiting("ErrImagePull", "failed to authorize: failed to fetch anonymous token: 401 Unauthorized"),
        (
            "ImagePull: image='registry.example.com/airflow:1' cannot be pulled; "
            "set image_pull_secrets=['...'] to a secret with the credentials of its registry."
        ),
    ),
    (
        waiting("CreateContainerConfigError", "couldn't find key TOKEN in Secret airflow/my-env"),
        (
            "CreateContainerConfigError: couldn't find key TOKEN in Secret airflow/my-env; add the key "
            "'TOKEN' to "
            "the secret 'my-env', or write Secret('TOKEN', name='my-env', optional=True)."
        ),
    ),
    (
        waiting("CreateContainerConfigError", 'configmap "app" not found'),
        (
            "CreateContainerConfigError: configmap \"app\" not found; create the config map 'app', or "
            "refer to another one."
        ),
    ),
    (
        waiting(
            "CreateContainerConfigError", "container has runAsNonRoot and image will run as root (pod: ...)"
        ),
        (
            "CreateContainerConfigError: container has runAsNonRoot and image will run as root (pod: ...); "
            "write container_security_context={'runAsUser': 50000}."
        ),
    ),
    (
        waiting("CrashLoopBackOff"),
        (
            "CrashLoopBackOff: container 'base' ends shortly after each start; "
            "read its log: kubectl logs worker -n airflow -c base."
        ),
    ),
    (
        # Kubernetes 1.24 and later
        unscheduled(
            "0/3 nodes are available: 1 Insufficient memory, 2 node(s) had untolerated taint {gpu: true}. "
            "preemption: 0/3 nodes are available: 1 No preemption victims found for incoming pod, "
            "2 Preemption is not helpful for scheduling."
        ),
        (
            "Unschedulable: 0/3 nodes are available: 1 Insufficient memory, 2 node(s) had untolerated taint "
            "{gpu: true}; request less than memory='1Gi', or write tolerations=['gpu=true']."
        ),
    ),
    (
        # until 1.23
        unscheduled(
            "0/3 nodes are available: 1 Insufficient memory, 1 node(s) had taint "
            "{node-role.kubernetes.io/master: }, that the pod didn't tolerate, 2 Insufficient cpu."
        ),
        (
            "Unschedulable: 0/3 nodes are available: 1 Insufficient memory, 1 node(s) had taint "
            "{node-role.kubernetes.io/master: }, that the pod didn't tolerate, 2 Insufficient cpu; "
            "request less than memory='1Gi' and cpu='500m'."
        ),
    ),
    (
        # 1.34 and later
        unscheduled(
            "0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) had untolerated taint(s). "
            "no new claims to deallocate, preemption: 0/2 nodes are available: "
            "2 Preemption is not helpful for scheduling."
        ),
        (
            "Unschedulable: 0/2 nodes are available: 1 Insufficient nvidia.com/gpu, 1 node(s) had "
            "untolerated "
            "taint(s); request less than gpu=1, or write tolerations=[...] for the nodes' taints "
            "(kubectl describe nodes)."
        ),
    ),
    (
        unscheduled(
            "0/4 nodes are available: 4 node(s) didn't match Pod's node affinity/selector.",
            nodeSelector={"disk": "ssd"},
        ),
        (
            "Unschedulable: 0/4 nodes are available: 4 node(s) didn't match Pod's node "
            "affinity/selector; write "
            "node_selector={'disk': 'ssd'} so that it matches the nodes' labels (kubectl get nodes "
            "--show-labels)."
        ),
    ),
    (
        unscheduled('0/1 nodes are available: persistentvolumeclaim "lake" not found. preemption: none.'),
        (
            'Unschedulable: 0/1 nodes are available: persistentvolumeclaim "lake" not found; '
            "create the claim, or refer to another one in volumes=..."
        ),
    ),
    (
        unscheduled("0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims."),
        (
            "VolumeBinding (Unschedulable): 0/1 nodes are available: pod has unbound immediate "
            "PersistentVolumeClaims; find out why the claim has no volume that the node can reach "
            "(kubectl describe pvc)."
        ),
    ),
    (
        unscheduled("no nodes available to schedule pods"),
        (
            "NoNodes (Unschedulable): no nodes available to schedule pods; "
            "wait for nodes with free capacity, or add some (kubectl describe nodes)."
        ),
    ),
]
AGAIN = "set retries=... so that the task runs again"
DISRUPTIONS = {
    "PreemptionByScheduler": (
        f"it was preempted by a pod of a higher priority; {AGAIN}, or write "
        "priority_class_name='...' with a priority that is not preempted."
    ),
    "DeletionByTaintManager": (
        f"its node got a taint with the effect NoExecute, which the pod does not tolerate; {AGAIN} on "
        "another node, or write tolerations=['...:NoExecute'] for the taint."
    ),
    "EvictionByEvictionAPI": (
        f"it was evicted through the Kubernetes API, as a drain or an autoscaler does to empty a node; "
        f"{AGAIN}, or write disruption='avoid'."
    ),
    "DeletionByPodGC": (
        f"its node no longer exists; {AGAIN}, or keep it off nodes that may be taken away, such as spot "
        "nodes, with node_selector=..."
    ),
    "TerminationByKubelet": (
        "its node ended it, because it was short of a resource, was shut down or had a critical pod to run; "
        f"{AGAIN} on another node."
    ),
    "SomethingNew": f"as the cluster says; {AGAIN}.",
}


CODE_OF = {
    "PreemptionByScheduler": "Preempted",
    "DeletionByTaintManager": "NodeTainted",
    "EvictionByEvictionAPI": "Drained",
    "DeletionByPodGC": "NodeLost",
    "TerminationByKubelet": "NodePressure",
    "SomethingNew": "Disrupted",
}


def disrupted(reason: str, phase: str = "Failed", code: int = 143) -> dict[str, Any]:
    """Give a pod that the cluster has ended."""
    condition = {
        "type": "DisruptionTarget",
        "status": "True",
        "reason": reason,
        "message": "as the cluster says",
    }
    end = {"name": "base", "state": {"terminated": {"exitCode": code, "reason": "Error"}}}
    return pod({"phase": phase, "conditions": [condition], "containerStatuses": [end]})


WELL = [
    disrupted("EvictionByEvictionAPI", "Running"),
    disrupted("EvictionByEvictionAPI", "Succeeded", 0),
    pod({"phase": "Running", "containerStatuses": [{"name": "base", "state": {"running": {}}}]}),
    pod({"phase": "Pending", "conditions": [{"type": "PodScheduled", "status": "True"}]}),
    waiting("ContainerCreating"),
    waiting("PodInitializing"),
    ended(reason="Completed", exitCode=0),
    ended(reason="Error", exitCode=1),
    pod({"phase": "Succeeded", "initContainerStatuses": [{"name": "proxy", "state": OOM}]}),
]
REFUSALS = [
    (
        (
            'pods "x" is forbidden: exceeded quota: team, requested: limits.memory=2Gi,requests.memory=2Gi, '
            "used: limits.memory=3584Mi,requests.memory=3Gi, limited: limits.memory=4Gi,requests.memory=4Gi"
        ),
        (
            "Quota: the quota 'team' has memory='512Mi' left of '4Gi'; request at most "
            "memory='512Mi', "
            "or let Airflow try again with [kubernetes_executor] task_publish_max_retries."
        ),
    ),
    (
        (
            'pods "x" is forbidden: exceeded quota: team, requested: requests.cpu=4, used: '
            "requests.cpu=7500m, "
            "limited: requests.cpu=10"
        ),
        (
            "Quota: the quota 'team' has cpu='2.5' left of '10'; request at most cpu='2.5', "
            "or let Airflow try again with [kubernetes_executor] task_publish_max_retries."
        ),
    ),
    (
        'pods "x" is forbidden: exceeded quota: team, requested: pods=1, used: pods=10, limited: pods=10',
        (
            "Quota: the quota 'team' has 0 pods left of '10'; run fewer tasks at once, in a pool, "
            "or let Airflow try again with [kubernetes_executor] task_publish_max_retries."
        ),
    ),
    (
        (
            'pods "x" is forbidden: failed quota: team: must specify limits.cpu for: base; '
            "limits.memory for: base"
        ),
        (
            "QuotaUnspecified: the quota 'team' refuses pods without limits.cpu for: base; limits.memory for"
            ": base; set cpu=..., memory=... `k8sexec check` finds this before a run."
        ),
    ),
    (
        (
            'pods "x" is forbidden: [maximum cpu usage per Container is 2, but limit is 4, '
            "minimum memory usage per Pod is 64Mi, but request is 32Mi]"
        ),
        (
            "LimitRange: [maximum cpu usage per Container is 2, but limit is 4, minimum memory usage "
            "per Pod is "
            "64Mi, but request is 32Mi]; request at most cpu=2, at least memory='64Mi' for all containers "
            "together. `k8sexec check` finds this before a run."
        ),
    ),
    (
        'pods is forbidden: User "system:serviceaccount:a:b" cannot create resource "pods" in API group ""',
        (
            'RBAC: pods is forbidden: User "system:serviceaccount:a:b" cannot create resource '
            '"pods" in API '
            'group ""; grant the service account the right to create pods.'
        ),
    ),
    (
        'pods "x" is forbidden: violates PodSecurity "restricted:latest": runAsNonRoot != true',
        (
            'PodSecurity: violates PodSecurity "restricted:latest": runAsNonRoot != true; '
            "remove or set what it names. `k8sexec check` finds this before a run."
        ),
    ),
]


def reported(answer: object) -> str:
    """Give what Airflow says of a task whose pod the server refused."""
    return (
        "Executor KubernetesExecutor(parallelism=32) reported that the task instance <TaskInstance: d.t> "
        "finished with state failed, but the task instance's state attribute is queued. Extra info: (403)\n"
        "Reason: Forbidden\nHTTP response headers: HTTPHeaderDict({'Content-Type': 'application/json'})\n"
        f"HTTP response body: {json.dumps(answer)}\n\n"
    )


@pytest.mark.parametrize(("trouble", "sentence"), POD_SENTENCES)
def test_a_pod_in_trouble_is_explained_in_one_sentence(trouble, sentence):
    """The reason in Kubernetes's word, what happened, and what to change in the words of the pod options."""
    assert str(diagnose_pod(trouble)) == sentence


@pytest.mark.parametrize(("reason", "rest"), DISRUPTIONS.items())
def test_a_disrupted_pod_is_explained_by_the_clusters_own_condition(reason, rest):
    """Its exit code says no more than that it was killed, and not by whom."""
    for code in (137, 143):
        assert str(diagnose_pod(disrupted(reason, code=code))) == f"{CODE_OF[reason]} ({reason}): {rest}"


@pytest.mark.parametrize("reason", ["DeletionByTaintManager", "EvictionByEvictionAPI"])
@pytest.mark.parametrize(
    ("finished", "is_told"), [("00:00:00", False), ("00:09:30", True), ("00:10:30", True)]
)
def test_a_pod_that_had_failed_when_its_node_was_emptied_was_not_ended_by_that(reason, finished, is_told):
    """Failed pods are kept by default, and a drain or a taint marks them as all others of the node."""
    marked = disrupted(reason, code=1)
    (condition,) = marked["status"]["conditions"]
    condition["lastTransitionTime"] = "2026-01-01T00:10:00Z"
    (worker,) = marked["status"]["containerStatuses"]
    worker["state"]["terminated"]["finishedAt"] = f"2026-01-01T{finished}Z"
    assert (diagnose_pod(marked) is not None) == is_told


EVICTED = (
    "The node was low on resource: memory. Container base was using 3Gi, request is 1Gi, "
    "has larger consumption of memory."
)


def test_an_eviction_says_what_the_node_was_short_of():
    """The kubelet sets the condition, too, and its own message has more to say."""
    evicted = disrupted("TerminationByKubelet")
    evicted["status"] |= {"reason": "Evicted", "message": EVICTED}
    assert str(diagnose_pod(evicted)).startswith("Evicted: The node was low on resource: memory")


@pytest.mark.parametrize(
    ("finished", "grace", "is_told"),
    [
        ("2026-01-01T00:00:29Z", 30, True),
        ("2026-01-01T00:00:30Z", 30, False),
        ("2026-01-01T00:00:55Z", 30, False),
        ("", 30, False),
        ("2026-01-01T00:00:55Z", 0, True),
    ],
)
def test_what_ends_after_somebody_deleted_the_pod_ended_by_that(finished, grace, is_told):
    """The pod has the end of its grace period; who is killed before it began was killed otherwise."""
    killed = ended(reason="Error", exitCode=137, finishedAt=finished)
    killed["metadata"] |= {"deletionTimestamp": "2026-01-01T00:01:00Z", "deletionGracePeriodSeconds": grace}
    assert (diagnose_pod(killed) is not None) == is_told


@pytest.mark.parametrize(
    ("limit", "remedy"),
    [
        ("1Gi", "set retries=... so that it runs again, with memory='2Gi'."),
        ("2Gi", "try memory=per_try('1Gi', '2Gi', '4Gi')."),
    ],
)
def test_a_task_that_grows_with_its_tries_is_told_its_next_step(limit, remedy):
    """Where the next try has more, it only has to come; after the last step there has to be another."""
    override = k8s_config(memory=per_try("1Gi", "2Gi"))["pod_override"].to_dict()
    grown = ended(reason="OOMKilled", exitCode=137)
    grown["metadata"]["annotations"] = override["metadata"]["annotations"]
    grown["spec"]["containers"] = [{"name": "base", "resources": {"limits": {"memory": limit}}}]
    assert str(diagnose_pod(grown)) == f"OOMKilled: memory='{limit}' was exceeded; {remedy}"


@pytest.mark.parametrize("healthy", WELL)
def test_nothing_is_said_of_a_pod_that_is_well_or_whose_task_failed_by_itself(healthy):
    """A pod that runs, starts or has ended is no trouble; an error of the task's own is its log's."""
    assert diagnose_pod(healthy) is None


def test_the_worker_counts_before_other_containers():
    """Where the worker and a sidecar were both killed, the worker is spoken of."""
    both = ended("a-sidecar", reason="OOMKilled", exitCode=137)
    worker = {"name": "base", "state": {"terminated": {"reason": "OOMKilled", "exitCode": 137}}}
    both["status"]["containerStatuses"].append(worker)
    assert "memory='1Gi' was exceeded" in str(diagnose_pod(both))


def test_a_volume_that_cannot_be_mounted_is_told_from_the_events():
    """The status says ContainerCreating and no more; the last warning about a volume has the reason."""
    message = 'MountVolume.SetUp failed for volume "tls" : references non-existent secret key: tls.crt'
    events = [{"reason": "FailedMount", "message": message}, {"reason": "Unhealthy", "message": "other"}]
    assert str(diagnose_pod(waiting("ContainerCreating"), events)) == (
        f"VolumeSource (FailedMount): {message}; add the key 'tls.crt' to the secret, or "
        "remove it from the pod options."
    )


@pytest.mark.parametrize(("message", "sentence"), REFUSALS)
def test_a_refusal_is_explained_in_one_sentence(message, sentence):
    """A quota, a limit range, missing rights: what the server said, and how to get through."""
    assert str(diagnose_refusal(reported({"code": 403, "message": message}))) == sentence


def test_an_invalid_pod_is_explained_by_the_servers_causes():
    """A 422 has every field that is wrong."""
    causes = [{"field": "spec.containers[0].resources.requests", "message": "must be less than the limit"}]
    answer = {"code": 422, "message": 'Pod "x" is invalid: ...', "details": {"causes": causes}}
    assert str(diagnose_refusal(reported(answer))) == (
        "Invalid: spec.containers[0].resources.requests: must be less than the limit; "
        "correct the pod options. `k8sexec check` finds this before a run."
    )


@pytest.mark.parametrize(
    ("code", "message", "found"),
    [
        (422, 'Pod "x" is invalid: spec.nodeName: Invalid value: "failed calling webhook": no', "Invalid"),
        (403, 'admission webhook "w" denied the request: failed calling webhook', "AdmissionWebhook"),
        (500, "etcdserver: request is too large", "RequestEntityTooLarge"),
        (500, "rpc error: code = X desc = trying to send message larger than max", "RequestEntityTooLarge"),
    ],
)
def test_a_refusal_is_told_by_who_refused_and_not_by_what_they_quote(code, message, found):
    """Validation quotes the pod, a webhook says what it likes, and etcd has a status for all its errors."""
    assert diagnose_refusal(reported({"code": code, "message": message})).code == found


SECRET = "hunter2"  # noqa: S105  # planted
QUOTING = [
    (400, f'json: cannot unmarshal number into Go value, error found in #10 byte of ...|"{SECRET}"|...'),
    (
        500,
        f'Internal error: ReadString: expects " or n, but found {{, error found in #1 byte of ...|{SECRET}|',
    ),
    (
        403,
        f'webhook "x" denied: error found in #1 byte of ...|{SECRET}|..., bigger context ...|{SECRET}|',
    ),
    (400, f'parsing time "{SECRET}": cannot parse "{SECRET}'),
    (422, f'Pod "x" is invalid: metadata.labels: Invalid value: "{SECRET} x": must not have spaces'),
]


@pytest.mark.parametrize(("code", "message"), QUOTING)
def test_no_refusal_quotes_what_was_sent(code, message):
    """Excerpts of the request and quoted values are left out, whatever the status."""
    sentence = str(diagnose_refusal(reported({"code": code, "message": message})))
    assert SECRET not in sentence


def test_a_failing_server_is_named_with_its_code():
    """Neither the quota nor the pod is to blame for a 500."""
    assert str(diagnose_refusal(reported({"code": 500, "message": "etcd is away"}))) == (
        "APIServer: etcd is away; let Airflow try again with [kubernetes_executor] task_publish_max_retries."
    )


@pytest.mark.parametrize("error", ["Pod failed because of None", "HTTP response body: {not JSON", ""])
def test_an_error_without_an_answer_of_a_server_is_not_explained(error):
    """Only what the API server said is read."""
    assert diagnose_refusal(error) is None


WORDS = st.sampled_from(
    [
        *("Failed", "Pending", "OOMKilled", "Evicted", "DeadlineExceeded", "base", "PodScheduled", "False"),
        *(
            "CreateContainerConfigError",
            "ErrImagePull",
            "0/1 nodes are available: 1 Insufficient cpu",
            "1e999",
        ),
        *("DisruptionTarget", "True", "SchedulingGated", "Always", "Running", "ContainerStatusUnknown"),
        *("FailedMount", "FailedAttachVolume", "FailedCreatePodSandBox", "StartError", "mesh"),
        'Usage of EmptyDir volume "x" exceeds the limit "-1Gi"',
        "Container base was using 99999999999999999999Ei, low on resource: memory",
    ]
)
NAMES = st.sampled_from(
    [
        *("metadata", "spec", "status", "phase", "reason", "message", "conditions", "type", "containers"),
        *("containerStatuses", "initContainerStatuses", "name", "state", "terminated", "waiting", "exitCode"),
        *("resources", "limits", "requests", "memory", "cpu", "volumeMounts", "mountPath", "nodeSelector"),
        *("running", "started", "restartPolicy", "initContainers", "schedulingGates", "labels", "nodeName"),
    ]
)
ODD = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | WORDS | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=6),
    max_leaves=25,
)


@given(ODD, ODD, ODD, st.lists(ODD, max_size=2))
def test_no_shape_of_a_pod_makes_trouble(spec, status, whole, events):
    """Whatever a server sends, the answer is a sentence or none, and never an error."""
    for odd in (whole, {"spec": spec, "status": status}, {"spec": spec, "status": {"phase": "Failed"}}):
        found = diagnose_pod(odd, events)
        assert found is None or "\n" not in str(found)


@given(ODD | st.fixed_dictionaries({"code": st.sampled_from([403, 422]), "message": WORDS, "details": ODD}))
def test_no_answer_of_a_server_makes_trouble(answer):
    """Whatever the server answers, the sentence is one line."""
    found = diagnose_refusal(reported(answer))
    assert found is None or "\n" not in str(found)


@given(st.text(alphabet="=,.: 01Gikrequestsd", max_size=40), st.text(alphabet="=,1Gi", max_size=20))
def test_no_text_of_a_quota_makes_trouble(requested, limited):
    """Amounts that are none count as none."""
    message = f"exceeded quota: q, requested: {requested}, used: a=1, limited: {limited}"
    assert diagnose_refusal(reported({"code": 403, "message": message})) is not None
