"""The codes of diagnoses: the one table of what each means, and who is to act.

A code is stable: programs compare it, and a later version adds codes and changes none. It is Kubernetes' own
word where Kubernetes has one. ``docs/reference/failures.md`` is made from this table.
"""

from __future__ import annotations

import enum

from attrs import frozen


class Actor(str, enum.Enum):
    """Who is to act on a failure."""

    AUTHOR = "author"
    """Who wrote the task: an option of it, or what it refers to, has to change."""
    SITE = "site"
    """Who runs this Airflow: its roles, quotas, templates, policies and what it keeps in the namespace."""
    CLUSTER = "cluster"
    """Who runs the cluster; often no person, because another try succeeds."""

    def __str__(self) -> str:
        """Give the word alone."""
        return self.value


class Stage(str, enum.Enum):
    """How far the pod had got."""

    REFUSED = "refused"
    """There is no pod: the server, or the site's limits, refused it."""
    WAITS = "waits"
    """The task has not begun; it may still, so that the reason may pass by itself."""
    ENDED = "ended"
    """The pod has failed, or its worker has ended."""

    def __str__(self) -> str:
        """Give the word alone."""
        return self.value


OOM, DISRUPTION = "oom", "disruption"
"""The ends of a try that ``per_try(..., after=...)`` counts, as authors write them."""


@frozen
class Code:
    """What a code stands for.

    Attributes:
        actor: Who is to act.
        stage: How far the pod had got.
        meaning: What happened, as a sentence.
        counts_for: The ``after=`` of per-try values that counts a try which ended so, ``oom`` or
            ``disruption``: more memory would have helped, or another node. Empty where neither is known to.
    """

    actor: Actor
    stage: Stage
    meaning: str
    counts_for: str = ""


def _codes(actor: Actor, stage: Stage, counts_for: str = "", **meanings: str) -> dict[str, Code]:
    return {code: Code(actor, stage, meaning, counts_for) for code, meaning in meanings.items()}


CODES: dict[str, Code] = {
    **_codes(
        Actor.AUTHOR,
        Stage.REFUSED,
        AdmissionPolicy="A ValidatingAdmissionPolicy of the cluster denied the pod.",
        AdmissionWebhook="An admission webhook, such as of a policy engine, denied the pod.",
        BadRequest="The server could not decode the pod: a value has a wrong type.",
        Forbidden="An admission rule of the server forbade the pod.",
        Invalid="A field of the pod has a value that the server refuses.",
        LimitRange="A container, or the pod, requests more or less than the namespace's LimitRange allows.",
        PodSecurity="The pod violates the Pod Security Standard that the namespace enforces.",
        PriorityClass="The PriorityClass that the pod names does not exist.",
        QuotaUnspecified="The namespace's quota only admits pods that request the resources that it limits.",
        RequestEntityTooLarge="The pod is larger than the server accepts.",
        RunTimeValue="A value that an option takes from a param or an XCom is missing, or is not right.",
        RuntimeClass="The RuntimeClass that the pod names does not exist.",
        ServiceAccount="The service account that the pod names does not exist.",
        SitePolicy="The pod breaks a limit that the site has set in `[k8sexec]`.",
    ),
    **_codes(
        Actor.SITE,
        Stage.REFUSED,
        Namespace="The namespace does not exist, or is being deleted.",
        Quota="The namespace's quota has too little left.",
        RBAC="The scheduler's service account is not allowed to create pods.",
        Unauthorized="The server did not accept the scheduler's credentials.",
        Webhook="An admission webhook could not be called, or did not answer in time.",
    ),
    **_codes(
        Actor.CLUSTER,
        Stage.REFUSED,
        AlreadyExists="A pod of this name exists.",
        APIServer="The server failed, or was not available.",
        QuotaConflict="Several pods were counted against a quota at once; the next attempt succeeds.",
        TooManyRequests="The server had too many requests to answer.",
    ),
    **_codes(
        Actor.AUTHOR,
        Stage.WAITS,
        CreateContainerConfigError="What a container refers to is missing, such as a key of a secret.",
        ImagePull="An image cannot be pulled: it does not exist, or its registry wants credentials.",
        MultiAttach="A volume is attached to another node, and can be attached to one node at a time.",
        Unschedulable="No node has what the pod requests.",
        VolumeSource="A volume names a secret, config map, key or path that does not exist.",
    ),
    **_codes(
        Actor.SITE,
        Stage.WAITS,
        CrashLoopBackOff="A container that is restarted ends shortly after each start.",
        CSIDriver="The node has no CSI driver of the name that a volume requires.",
        Gated="The pod has scheduling gates, which a controller has to remove.",
        ResourceClaim="A device claim of the pod has not been allocated.",
        SecretProviderClass="The Secrets Store CSI driver could not fetch a secret from its provider.",
        SidecarNotStarted="A sidecar that starts before the worker has not become ready.",
        VolumeBinding="A claim of the pod has no volume, or none that the pod's nodes can reach.",
    ),
    **_codes(
        Actor.CLUSTER,
        Stage.WAITS,
        CreateContainerError="The container runtime could not create a container.",
        NoNodes="No node takes pods now: all are full, cordoned, or not ready.",
        Queued="The pod waits in a queue of Kueue until there is quota for it.",
        RegistryUnavailable="An image registry did not answer, or limits how often images are pulled.",
        Sandbox="The node could not set up the pod's network or sandbox.",
        VolumeAttach="A volume cannot be attached to the node.",
        VolumeMount="A volume cannot be mounted on the node.",
        Waiting="A container waits, for a reason that this version does not know.",
    ),
    **_codes(
        Actor.AUTHOR,
        Stage.ENDED,
        DeadlineExceeded="The pod ran longer than its deadline.",
        EphemeralStorage="The pod wrote more to a disk of its node than its limit.",
        Evicted="Its node was short of memory or disk, and the pod used more than it requested.",
        StartError="The program of a container cannot be started: it is not in the image.",
    ),
    **_codes(
        Actor.AUTHOR,
        Stage.ENDED,
        OOM,
        OOMKilled="A container used more memory than its limit.",
    ),
    **_codes(
        Actor.SITE,
        Stage.ENDED,
        InitContainerFailed="A container that runs before the worker failed, so that the worker never began.",
        SidecarFailed="A container beside the worker failed.",
        SidecarRunning="The worker has ended, and another container keeps the pod running.",
        SysctlForbidden="The node does not allow a sysctl that the pod sets.",
    ),
    # Not disruptions: Killed may be the task's own doing, and NodeAdmission is of a pod that never ran.
    **_codes(
        Actor.CLUSTER,
        Stage.ENDED,
        Killed="A container was killed, and not for its own memory limit.",
        NodeAdmission="The node to which the pod was assigned refused it.",
    ),
    **_codes(
        Actor.CLUSTER,
        Stage.ENDED,
        DISRUPTION,
        Disrupted="The cluster ended the pod, for a reason that this version does not know.",
        Drained="The pod was evicted by the Eviction API, as a drain or an autoscaler does to empty a node.",
        NodeFailure="The node ended the pod, for a reason that this version does not know.",
        NodeLost="The node is gone, or does not respond.",
        NodePressure="Its node was short of memory, disk or process ids.",
        NodeShutdown="Its node was shut down, as a spot node is that the provider takes back.",
        NodeTainted="Its node got a taint with the effect NoExecute, which the pod does not tolerate.",
        Preempted="A pod of a higher priority took its place.",
    ),
}
"""What each code means, by its name."""

CHECK_CODES = {
    "DroppedField": "The server drops a field of the pod: a feature gate is off, or admission does it.",
    "DryRunUnsupported": "An admission webhook has side effects, so that the server dry-runs no pod.",
    "MissingAPI": "The cluster does not have the kind of an object that the pod names.",
    "MissingKey": "A Secret or ConfigMap does not have a key that the pod names.",
    "MissingObject": "An object that the pod names does not exist.",
    "QueueIgnored": "Kueue does not manage the pods of the namespace, so that the pod waits in no queue.",
    "Timeout": "The cluster did not answer in time.",
    "UnknownField": "The server is too old to know a field of the pod.",
    "UnknownRelease": "Keys of the deployment's secret are requested, and the release is unknown.",
    "Unreachable": "There is no connection to the cluster.",
}
"""What the codes mean that ``k8sexec check`` has beside those of refused pods."""
