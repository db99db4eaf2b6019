"""Rules about environment variables and secrets.

Source: https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import WORKER_VARIABLE
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.secrets import Secret
from airflow_provider_k8sexec.rules.api_server.names import (
    DNS_SUBDOMAIN,
    ENVIRONMENT_NAME,
    SECRET_KEY,
)
from airflow_provider_k8sexec.rules.api_server.schema import check_manifest
from airflow_provider_k8sexec.site.deployment import SECRET_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.options.declaration import Declaration
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.site.deployment import Deployment

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|TOKEN|SECRET|(?:API|ACCESS|SECRET|PRIVATE|FERNET)_?KEY)$",
    re.IGNORECASE,
)
_REFERENCE_NAME = re.compile(rf"{SECRET_VARIABLE}|AIRFLOW__.*(?<!JWT)_SECRET$")
_URL_WITH_PASSWORD = re.compile(r"[a-z][-+.a-z0-9]*://[^/@\s:]*:[^/@\s]+@", re.IGNORECASE)
_ELSEWHERE = re.compile(r"|/.*|\$\(.*\)|true|false|\{\{.*\}\}", re.DOTALL | re.IGNORECASE)


def check_variables(declaration: Declaration) -> Iterator[Problem]:
    """Names are those of environment variables, and not the executor's own; sources are sources."""
    for name, source in declaration.env.items():
        if isinstance(source, Secret):
            # A key that gives the variable its name, and is none, is told as a key.
            if name != source.key or not any(SECRET_KEY.check("secrets", name)):
                yield from check_variable_name("secrets", name)
            continue
        field = f"env_vars[{name!r}]"
        yield from check_variable_name("env_vars", name)
        if isinstance(source, dict):
            yield from check_variable_source(field, source)
        elif "\0" in source:
            yield Problem(field, "<str>", "holds a NUL character, which no variable can", "leave it out")


def check_variable_name(field: str, name: str) -> Iterator[Problem]:
    """Check the name of an environment variable of the worker's container."""
    yield from ENVIRONMENT_NAME.check(field, name)
    if name == WORKER_VARIABLE:
        yield Problem(field, repr(name), "is set by the KubernetesExecutor itself", "choose another name")


def check_variable_source(field: str, source: Manifest) -> Iterator[Problem]:
    """Check what a variable gets its value from, as a manifest: one thing, and its name."""
    shape = check_manifest(source, "V1EnvVarSource", field)
    yield from shape
    if shape:
        return
    if len(source) != 1:
        reason = f"has {len(source)} sources, and a variable has one"
        remedy = "write for example {'fieldRef': {'fieldPath': 'status.podIP'}}"
        yield Problem(field, show([*source]), reason, remedy)
    yield from _check_references(field, source, ("configMapKeyRef", "secretKeyRef"))


def check_in_clear(field: str, variables: Iterable[Manifest]) -> Iterator[Problem]:
    """No literal is a password, as far as its variable's name or a URL with one in it tells.

    A path, a yes or no, another variable's value (``$(NAME)``), and what Airflow's options
    ``AIRFLOW__*_SECRET`` and Astronomer's ``AIRFLOW__KUBERNETES_SECRETS__*`` refer to, are none.
    """
    for variable in variables:
        name = str(variable.get("name"))
        if is_in_clear(name, variable.get("value") or ""):
            reason = "has what looks like a secret in clear, which everybody sees who may see pods"
            remedy = "write valueFrom: {secretKeyRef: {name: <secret>, key: <key>}}"
            yield Problem(f"{field}[{name!r}]", "", reason, remedy)


def is_in_clear(name: str, value: str) -> bool:
    """Tell a password in a literal variable, as far as its name or a URL with one in it tells."""
    is_secret = _SECRET_NAME.search(name) and not _REFERENCE_NAME.match(name)
    return bool(_URL_WITH_PASSWORD.match(value) or (is_secret and not _ELSEWHERE.fullmatch(value)))


def check_sources(declaration: Declaration) -> Iterator[Problem]:
    """Whole sources of variables are such, and their names are names."""
    for index, source in enumerate(declaration.env_from):
        yield from check_whole_source(f"env_from[{index}]", source)


def check_whole_source(field: str, source: Manifest) -> Iterator[Problem]:
    """Check a whole source of variables, as a manifest: one thing, its name, and the prefix."""
    shape = check_manifest(source, "V1EnvFromSource", field)
    yield from shape
    if shape:
        return
    kinds = [key for key in source if key != "prefix"]
    if len(kinds) != 1:
        reason = f"has {len(kinds)} sources, and each has one"
        yield Problem(field, show(kinds), reason, "write 'configmap/NAME' or 'secret/NAME'")
    if source.get("prefix"):
        yield from ENVIRONMENT_NAME.check(f"{field}['prefix']", source["prefix"])
    yield from _check_references(field, source, ("configMapRef", "secretRef"))


def _check_references(field: str, source: Manifest, kinds: tuple[str, ...]) -> Iterator[Problem]:
    for kind in kinds:
        if kind in source:
            yield from DNS_SUBDOMAIN.check(f"{field}[{kind!r}]['name']", source[kind].get("name"))


def check_secrets(declaration: Declaration) -> Iterator[Problem]:
    """Keys and names of secrets are such."""
    for secret in dict.fromkeys(declaration.secrets()):
        yield from SECRET_KEY.check("secrets", secret.key)
        if secret.name is not None:
            yield from DNS_SUBDOMAIN.check("secrets", secret.name)


def check_known_keys(declaration: Declaration, deployment: Deployment) -> Iterator[Problem]:
    """A key that is asked for is one that the deployment's secret is known to have."""
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
            yield Problem("secrets", repr(secret.key), reason, remedy)
