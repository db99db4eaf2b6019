"""What the API server takes in the containers of a pod.

Every part is validated by itself: one of a wrong shape hides no mistake of another.
Source: https://kubernetes.io/docs/concepts/workloads/pods/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.options.manifest_parts import maps_at
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.rules.api_server.checks import check_repeats, check_repeats_of
from airflow_provider_k8sexec.rules.api_server.names import ENVIRONMENT_NAME, SECRET_KEY
from airflow_provider_k8sexec.rules.api_server.pod_spec import check_pod_spec
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.rules.api_server.checks import Check

_PROBE_GRACE = "terminationGracePeriodSeconds"


def _container(path: Path, part: Manifest) -> Iterator[Finding]:
    yield from check_repeats_of(maps_at(path, part, "ports"), "name")
    yield from check_repeats_of(maps_at(path, part, "env"), "name")
    yield from check_repeats_of(maps_at(path, part, "volumeMounts"), "mountPath")
    claims = maps_at((*path, "resources"), part.get("resources") or {}, "claims")
    yield from check_repeats((here, [item.get("name"), item.get("request")]) for here, item in claims)
    yield from _restart_rules(path, part)
    yield from _probes(path, part)


def _probes(path: Path, part: Manifest) -> Iterator[Finding]:
    if (part.get("readinessProbe") or {}).get(_PROBE_GRACE) is not None:
        at, reason = (
            (*path, "readinessProbe", _PROBE_GRACE),
            "is given, and a readinessProbe ends no container",
        )
        yield Finding(at, show(part["readinessProbe"][_PROBE_GRACE]), reason, "remove it", code="K8S206")
    for kind in ("livenessProbe", "startupProbe"):
        successes = (part.get(kind) or {}).get("successThreshold")
        if successes not in {None, 0, 1}:
            reason = f"is not 1, and a {kind} succeeds at once"
            yield Finding(
                (*path, kind, "successThreshold"), show(successes), reason, "remove it", code="K8S206"
            )


def _variable_name(path: Path, part: Manifest) -> Iterator[Finding]:
    """A variable has a right name; a key of a secret that gives it its own is reported as a key."""
    name = part.get("name")
    key = ((part.get("valueFrom") or {}).get("secretKeyRef") or {}).get("key")
    if name is not None and (name != key or not any(SECRET_KEY.check(path, key))):
        yield from ENVIRONMENT_NAME.check((*path, "name"), name)


def _restart_rules(path: Path, part: Manifest) -> Iterator[Finding]:
    if part.get("restartPolicyRules") and not part.get("restartPolicy"):
        at, reason = (*path, "restartPolicy"), "is missing, and restartPolicyRules need it"
        yield Finding(at, "None", reason, "write 'restartPolicy': 'Never'", code="K8S206")


PARTS: dict[str, Check] = {
    "V1Container": _container,
    "V1EnvVar": _variable_name,
    "V1PodSpec": check_pod_spec,
}
"""Of each model, what its parts must be, as far as they have a right shape."""
