"""Where the tasks run: release, namespace, platform, secret, found without a cluster call.

Sources: https://github.com/astronomer/airflow-chart (the variables that its components get) and
https://www.astronomer.io/docs/astro-private-cloud (the secret ``<release>-env``).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import name_variable
from airflow_provider_k8sexec.site.option_table import SECTION

if TYPE_CHECKING:
    from airflow_provider_k8sexec.site.settings import Settings

ASTRO_SECRET = "env-secrets"  # noqa: S105  # a secret's name, not a secret
SECRET_VARIABLE = "AIRFLOW__KUBERNETES_SECRETS__"  # noqa: S105  # likewise
UNKNOWN_SECRET = "release-not-set-env"  # noqa: S105  # likewise
"""Stands in pods for the deployment's secret where its name is unknown."""
_REQUESTED = "Keys of the deployment's secret '<release>-env' are requested"
_UNKNOWN = "the release name is unknown"
SET_RELEASE = f"set {name_variable(SECTION, 'release_name')}=<release>"
_SECRET_REFERENCE = re.compile(r"(?P<secret>[^=]+)=(?P<key>.+)\Z")
_API_SERVER_URL = re.compile(r"https?://.*/(?P<release>[^/]+)/airflow/execution/?\Z")
_BASE_URL = re.compile(r"https?://deployments\.[^/]+/(?P<release>[^/]+)/airflow/?\Z")
_NAMESPACE = re.compile(r"(?:.+-)?(?P<release>[a-z]+-[a-z]+-[0-9]{4})\Z")

Config = Callable[[str, str], "str | None"]


@frozen
class Deployment:
    """What is known of the deployment, and from where.

    Attributes:
        release: The Helm release's name: ``infrared-photon-7780``.
        namespace: The namespace of worker pods.
        platform: ``astro``, ``software`` (Astronomer Software, Astro Private Cloud) or ``generic``.
        secret_name: The secret that holds the deployment's secret variables.
        secret_keys: The keys that it is known to have; ``None`` where they are not known.
        is_recognised: Whether the environment shows that this process belongs to a deployment.
        is_local: Whether it shows that this is a laptop with the Astro CLI.
        sources: For each attribute, where it was found.
    """

    release: str | None = None
    namespace: str | None = None
    platform: str = "generic"
    secret_name: str | None = None
    secret_keys: frozenset[str] | None = None
    is_recognised: bool = False
    is_local: bool = False
    sources: Mapping[str, str] = field(factory=dict)


def resolve_deployment(environ: Mapping[str, str], config: Config, settings: Settings) -> Deployment:
    """Resolve the release, namespace, platform and secret of this process's deployment.

    Args:
        environ: The environment of the process.
        config: Gives an option of Airflow's configuration, ``None`` where it is not set.
        settings: The site's own settings.
    """
    references = _secret_references(environ)
    platform, platform_source = _platform(environ, config, settings)
    release, release_source = _first(_releases(environ, references, config, settings, platform))
    secret, secret_source = _first(_secret_names(platform, release, settings))
    sources = {
        "release": release_source,
        "namespace": "[kubernetes_executor] namespace",
        "platform": platform_source,
        "secret_name": secret_source,
    }
    return Deployment(
        release=release,
        namespace=config("kubernetes_executor", "namespace"),
        platform=platform,
        secret_name=secret,
        secret_keys=references.get(secret) if secret else None,
        # Kubernetes sets the variable in every container. A laptop may have the platform's rules configured.
        is_recognised="KUBERNETES_SERVICE_HOST" in environ
        or (settings.platform == "auto" and platform != "generic"),
        is_local=_is_local(environ),
        sources=sources,
    )


def resolve_secret_name(deployment: Deployment, release: str | None) -> str:
    """Resolve the name of the deployment's secret; ``UNKNOWN_SECRET`` where it is unknown.

    Args:
        deployment: What is known of the deployment.
        release: The release that the task itself names, if it does.
    """
    if release is not None:
        return f"{release}-env"
    return deployment.secret_name or UNKNOWN_SECRET


def report_unknown_release(field: str, value: str = "") -> Problem:
    """Report that keys of the deployment's secret are requested, and that its name is unknown.

    Args:
        field: Where they are requested.
        value: What stands there.
    """
    return Problem(field, value, f"cannot be resolved, because {_UNKNOWN}", SET_RELEASE, code="K8S113")


def describe_placeholder() -> str:
    """Describe what pods have instead of the secret, where no deployment is recognised."""
    instead = f"the pods refer to the secret {UNKNOWN_SECRET!r} instead"
    return f"{_REQUESTED}, but {_UNKNOWN}: {instead}; {SET_RELEASE}."


def describe_effect(*, is_deployment: bool) -> str:
    """Describe what an unknown release leads to, in a deployment and elsewhere."""
    if is_deployment:
        return "a DAG that requests keys of the deployment's secret fails to import"
    return f"pods that request keys of the deployment's secret refer to {UNKNOWN_SECRET!r}"


def describe_unknown_release() -> str:
    """Describe where the release was looked for, and the ways to set it."""
    return (
        f"{_REQUESTED}, but {_UNKNOWN}.\n"
        "Looked in, and found nothing:\n"
        "  - the argument release=\n"
        f"  - [{SECTION}] release_name and secret_name\n"
        f"  - the environment variables {SECRET_VARIABLE}<NAME>=<release>-env=<key>\n"
        "  - [core] execution_api_server_url = http://.../<release>/airflow/execution/\n"
        "  - [api] base_url and [webserver] base_url = https://deployments.<domain>/<release>/airflow\n"
        "  - on Astronomer Software, [kubernetes_executor] namespace = <platform>-<release>\n"
        "Set it in one of three ways:\n"
        f"  - for every task: the environment variable {name_variable(SECTION, 'release_name')}=<release>\n"
        f"  - for every task: release_name = <release> under [{SECTION}] in airflow.cfg\n"
        "  - for one task: release='<release>', or Secret('<key>', name='<secret>') for another secret"
    )


def _secret_references(environ: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Collect the keys of each secret that the variables ``AIRFLOW__KUBERNETES_SECRETS__*`` name."""
    keys: dict[str, frozenset[str]] = {}
    for name, value in sorted(environ.items()):
        match = _SECRET_REFERENCE.match(value) if name.startswith(SECRET_VARIABLE) else None
        if match:
            keys[match["secret"]] = keys.get(match["secret"], frozenset()) | {match["key"]}
    return keys


Candidates = Iterator[tuple["str | None", str]]


def _releases(
    environ: Mapping[str, str],
    references: Iterable[str],
    config: Config,
    settings: Settings,
    platform: str,
) -> Candidates:
    yield settings.release_name, f"[{SECTION}] release_name"
    for secret in references:
        release = secret.removesuffix("-env") if secret.endswith("-env") else None
        yield release, f"the environment variables {SECRET_VARIABLE}*"
    for section, option, pattern in _URLS:
        yield _release_in(config(section, option), pattern), f"[{section}] {option}"
    if platform == "software":
        yield _release_in(config("kubernetes_executor", "namespace"), _NAMESPACE), "the namespace's name"
    if _is_local(environ):
        yield "local", "the local environment of the Astro CLI, which has no release"


def _is_local(environ: Mapping[str, str]) -> bool:
    return environ.get("ASTRONOMER_ENVIRONMENT") == "local"


_URLS = [
    ("core", "execution_api_server_url", _API_SERVER_URL),
    ("api", "base_url", _BASE_URL),
    ("webserver", "base_url", _BASE_URL),
]


def _release_in(text: str | None, pattern: re.Pattern[str]) -> str | None:
    match = pattern.match(text) if text else None
    return match["release"] if match else None


def _secret_names(platform: str, release: str | None, settings: Settings) -> Candidates:
    yield settings.secret_name, f"[{SECTION}] secret_name"
    if platform == "astro":
        yield ASTRO_SECRET, "the platform, Astro"
    yield release and f"{release}-env", "the release"


def _platform(environ: Mapping[str, str], config: Config, settings: Settings) -> tuple[str, str]:
    if settings.platform != "auto":
        return settings.platform, f"[{SECTION}] platform"
    if environ.get("ASTRONOMER_ENVIRONMENT") == "cloud":
        return "astro", "the environment variable ASTRONOMER_ENVIRONMENT"
    if any(name.startswith("ASTRONOMER__AIRFLOW__") for name in environ):
        return "software", "the environment variables ASTRONOMER__AIRFLOW__*"
    for section, option, pattern in _URLS:
        if _release_in(config(section, option), pattern):
            return "software", f"[{section}] {option}"
    return "generic", "no sign of another platform"


def _first(candidates: Candidates) -> tuple[str | None, str]:
    return next(((value, source) for value, source in candidates if value), (None, "nowhere"))
