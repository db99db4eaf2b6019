"""Rules about environment variables and secrets.

Source: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.exceptions import Problem, show
from airflow_provider_k8sexec.rules.names import DNS_SUBDOMAIN, ENVIRONMENT_NAME, SECRET_KEY, suggest
from airflow_provider_k8sexec.rules.schema import check_manifest
from airflow_provider_k8sexec.spec.secrets import Secret

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.deployment import Deployment
    from airflow_provider_k8sexec.spec.declaration import Declaration

EXECUTOR_VARIABLES = frozenset({"AIRFLOW_IS_K8S_EXECUTOR_POD"})


def check_variables(declaration: Declaration) -> Iterator[Problem]:
    """Names are those of environment variables, and not the executor's own; sources are sources."""
    for name, source in declaration.env.items():
        option = "secrets" if isinstance(source, Secret) else "env_vars"
        yield from check_variable_name(option, name)
        if isinstance(source, dict):
            yield from check_manifest(source, "V1EnvVarSource", f"env_vars[{name!r}]")
        elif isinstance(source, str) and "\0" in source:
            field = f"env_vars[{name!r}]"
            yield Problem(
                field, "'...\\0...'", "holds a NUL character, which no variable can", "leave it out"
            )


def check_variable_name(field: str, name: str) -> Iterator[Problem]:
    """Check the name of an environment variable of the worker's container."""
    yield from ENVIRONMENT_NAME.check(field, name)
    if name in EXECUTOR_VARIABLES:
        yield Problem(field, repr(name), "is set by the KubernetesExecutor itself", "choose another name")


def check_sources(declaration: Declaration) -> Iterator[Problem]:
    """Whole sources of variables are such, and their names are names."""
    for index, source in enumerate(declaration.env_from):
        field = f"env_from[{index}]"
        yield from check_manifest(source, "V1EnvFromSource", field)
        for reference in ("configMapRef", "secretRef"):
            if isinstance(source.get(reference), dict):
                yield from DNS_SUBDOMAIN.check(field, source[reference].get("name"))


def check_secrets(declaration: Declaration) -> Iterator[Problem]:
    """Keys and names of secrets are such."""
    for secret in dict.fromkeys(declaration.secrets()):
        yield from SECRET_KEY.check("secrets", secret.key)
        if secret.name is not None:
            yield from DNS_SUBDOMAIN.check("secrets", secret.name)
        if not isinstance(secret.optional, bool):
            yield Problem("secrets", show(secret.optional), "is not True or False", "write optional=True")


def check_known_keys(declaration: Declaration, deployment: Deployment) -> Iterator[Problem]:
    """A key that is asked for is one that the deployment's secret is known to have."""
    if deployment.secret_keys is None or declaration.release is not None:
        return
    for secret in dict.fromkeys(declaration.secrets()):
        own = secret.name is None or secret.name == deployment.secret_name
        if own and not secret.optional and secret.key not in deployment.secret_keys:
            nearest = suggest(str(secret.key), deployment.secret_keys)
            known = ", ".join(sorted(deployment.secret_keys))
            reason = f"is not a key of the deployment's secret {deployment.secret_name!r}"
            remedy = (
                f"write '{nearest}'" if nearest else f"choose from {known}, or Secret(..., optional=True)"
            )
            yield Problem("secrets", repr(secret.key), reason, remedy)
