"""Rules about the keys of the deployment's secret, of which a manifest shows the names alone."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.site.deployment import Deployment


def check_known_keys(declaration: Declaration, deployment: Deployment) -> Iterator[Finding]:
    """A requested key is one that the deployment's secret is known to have."""
    if deployment.secret_keys is None or declaration.release is not None:
        return
    for secret in dict.fromkeys(declaration.secrets()):
        own = secret.name is None or secret.name == deployment.secret_name
        if own and not secret.optional and secret.key not in deployment.secret_keys:
            nearest = find_nearest(str(secret.key), deployment.secret_keys)
            known = ", ".join(sorted(deployment.secret_keys))
            reason = f"is not a key of the deployment's secret {deployment.secret_name!r}"
            remedy = (
                f"write '{nearest}'" if nearest else f"choose from {known}, or Secret(..., optional=True)"
            )
            yield Finding(
                ("secrets", secret.key), repr(secret.key), reason, remedy, is_of_key=True, code="K8S109"
            )
