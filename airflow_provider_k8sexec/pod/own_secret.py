"""The deployment's own secret, as far as a declaration needs it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.site.deployment import Deployment, resolve_secret_name

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.declaration import Declaration


def resolve_own_secret(declaration: Declaration, deployment: Deployment) -> str | None:
    """Resolve the name of the deployment's secret, a placeholder if need be; ``None`` if it isn't needed."""
    if not _needs_own_secret(declaration):
        return None
    return resolve_secret_name(deployment, declaration.release)


def lacks_release(declaration: Declaration, deployment: Deployment) -> bool:
    """Report whether the declaration needs the deployment's secret, and its name is unknown."""
    is_known = declaration.release is not None or deployment.secret_name is not None
    return _needs_own_secret(declaration) and not is_known


def _needs_own_secret(declaration: Declaration) -> bool:
    return any(secret.name is None for secret in declaration.secrets())
