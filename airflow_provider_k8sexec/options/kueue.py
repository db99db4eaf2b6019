"""The names by which Kueue knows the pods that it queues, and by which they show what it does.

Sources: https://kueue.sigs.k8s.io/docs/tasks/run/plain_pods/,
https://kueue.sigs.k8s.io/docs/reference/labels-and-annotations/ and, for the condition of a pod that it
ends, ``pkg/controller/jobs/pod`` of kubernetes-sigs/kueue.
"""

from __future__ import annotations

PREFIX = "kueue.x-k8s.io/"
"""What the names of its labels, annotations and scheduling gates begin with."""

QUEUE_LABEL = f"{PREFIX}queue-name"
"""The label of a pod that names the LocalQueue, in the pod's namespace, which is to admit it."""

MANAGED_LABEL = f"{PREFIX}managed"
"""The label, ``true``, of each pod that Kueue queues; its webhook adds it, also to a pod of a dry-run."""

ADMISSION_GATE = f"{PREFIX}admission"
"""The scheduling gate of a pod that waits in a queue; Kueue adds it, and removes it as it admits the pod."""

ENDED_BY_KUEUE = "TerminationTarget"
"""The type of the condition that Kueue sets on a pod before it deletes it."""
