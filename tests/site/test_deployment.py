"""Where the tasks run: told from an environment and a configuration, with no cluster at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sample_declarations import declare

from airflow_provider_k8sexec import Secret
from airflow_provider_k8sexec.pod.manifest import build_requested_pod
from airflow_provider_k8sexec.site.deployment import (
    UNKNOWN_SECRET,
    Deployment,
    describe_unknown_release,
    resolve_deployment,
    resolve_secret_name,
)
from airflow_provider_k8sexec.site.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

RELEASE = "infrared-photon-7780"
OWN = "secrets-of-the-site"
API_SERVER = ("core", "execution_api_server_url")
API_URL = ("api", "base_url")
WEB_URL = ("webserver", "base_url")
NAMESPACE = ("kubernetes_executor", "namespace")
Options = dict[tuple[str, str], str]


def config(options: Options) -> Callable[[str, str], str | None]:
    """Give options as Airflow does."""
    return lambda section, option: options.get((section, option))


def locate(
    environ: Mapping[str, str] | None = None, options: Options | None = None, **settings: Any
) -> Deployment:
    """Tell where a process with this environment and configuration runs."""
    return resolve_deployment(environ or {}, config(options or {}), Settings(**settings))


SECRET = {"AIRFLOW__KUBERNETES_SECRETS__MY_SECRET": "of-the-variables-1-env=MY_SECRET"}
# Every source of a release, the first that counts first, each with a release of its own.
SOURCES: list[tuple[str, dict[str, Any]]] = [
    ("of-the-settings", {"release_name": "of-the-settings"}),
    ("of-the-variables-1", {"environ": SECRET}),
    (
        "of-the-api-server",
        {"options": {API_SERVER: "http://a-api:8080/of-the-api-server/airflow/execution/"}},
    ),
    ("of-the-api-url", {"options": {API_URL: "https://deployments.example.com/of-the-api-url/airflow"}}),
    ("of-the-web-url", {"options": {WEB_URL: "https://deployments.example.com/of-the-web-url/airflow/"}}),
    ("name-space-1234", {"options": {NAMESPACE: "astronomer-name-space-1234"}, "platform": "software"}),
    ("local", {"environ": {"ASTRONOMER_ENVIRONMENT": "local"}}),
]


def combine(sources: list[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """Let several sources speak at once."""
    combined: dict[str, Any] = {"environ": {}, "options": {}}
    for _, source in sources:
        for name, value in source.items():
            combined[name] = {**combined[name], **value} if isinstance(value, dict) else value
    return combined


@pytest.mark.parametrize("index", range(len(SOURCES)), ids=[release for release, _ in SOURCES])
def test_the_sources_of_the_release_count_in_the_documented_order(index: int) -> None:
    """Settings, variables of the chart, URL of the API server, base URLs, the namespace's name."""
    release, source = SOURCES[index]
    assert locate(**source).release == release
    assert locate(**combine(SOURCES[index:])).release == release


def test_no_source_is_no_release() -> None:
    """A release is never made up."""
    assert locate() == Deployment(
        sources={
            "release": "nowhere",
            "namespace": "[kubernetes_executor] namespace",
            "platform": "no sign of another platform",
            "secret_name": "nowhere",
        }
    )


@pytest.mark.parametrize(
    ("environ", "options"),
    [
        ({"AIRFLOW__KUBERNETES_SECRETS__A": "env-secrets=A"}, {}),
        ({"AIRFLOW__KUBERNETES_SECRETS__A": "-env=A"}, {}),
        ({"AIRFLOW__KUBERNETES_SECRETS__A": "quasar-env"}, {}),
        ({"AIRFLOW__KUBERNETES_SECRETS__A": "=A"}, {}),
        ({"AIRFLOW__KUBERNETES__A": "quasar-env=A"}, {}),
        ({}, {API_SERVER: "http://localhost:8080/execution/"}),
        ({}, {API_SERVER: "http://airflow/execution/"}),
        ({}, {API_SERVER: "https://host/airflow/execution/"}),
        ({}, {API_URL: "https://airflow.example.com/quasar/airflow"}),
        ({}, {API_URL: "https://deployments.example.com/"}),
        ({}, {WEB_URL: "http://localhost:8080"}),
        ({}, {NAMESPACE: "astronomer-infrared-photon-7780"}),
        ({}, {NAMESPACE: "default"}),
    ],
)
def test_what_looks_otherwise_tells_no_release(environ: dict[str, str], options: Options) -> None:
    """A wrong release would put a wrong secret into every pod, so that nothing is guessed."""
    assert locate(environ, options).release is None


@pytest.mark.parametrize("namespace", ["default", "airflow", "infrared-photon"])
def test_a_namespace_that_names_no_release_tells_none(namespace: str) -> None:
    """On Astronomer Software, too, only the usual form counts."""
    assert locate(options={NAMESPACE: namespace}, platform="software").release is None


@pytest.mark.parametrize(
    "namespace", ["astronomer-infrared-photon-7780", "infrared-photon-7780", "a-b-infrared-photon-7780"]
)
def test_the_namespace_of_a_software_deployment_tells_its_release(namespace: str) -> None:
    """It is usually the platform's name and the release's."""
    deployment = locate({"ASTRONOMER__AIRFLOW__WORKSPACE_ID": "c1"}, {NAMESPACE: namespace})
    assert (deployment.release, deployment.namespace) == (RELEASE, namespace)
    assert deployment.sources["release"] == "the namespace's name"


def test_the_keys_of_the_secret_are_known_from_the_variables_that_name_them() -> None:
    """All keys of the deployment's own secret, and of no other."""
    deployment = locate(
        {
            "AIRFLOW__KUBERNETES_SECRETS__B": f"{RELEASE}-env=B",
            "AIRFLOW__KUBERNETES_SECRETS__A": f"{RELEASE}-env=a.key=with-equals",
            "AIRFLOW__KUBERNETES_SECRETS__C": "zzz-env=C",
            "AIRFLOW__KUBERNETES_SECRETS__D": "none",
        },
        release_name=RELEASE,
    )
    assert deployment.secret_name == f"{RELEASE}-env"
    assert deployment.secret_keys == {"B", "a.key=with-equals"}


def test_the_keys_of_a_secret_that_no_variable_names_are_not_known() -> None:
    """Not knowing the keys is not the same as knowing that there are none."""
    assert locate(SECRET, secret_name=OWN).secret_keys is None
    assert locate(release_name=RELEASE).secret_keys is None


def test_the_order_of_the_environment_does_not_matter() -> None:
    """The same environment tells the same deployment, in whatever order its variables come."""
    names = {f"AIRFLOW__KUBERNETES_SECRETS__{letter}": f"{letter.lower()}-env={letter}" for letter in "CAB"}
    assert locate(names) == locate(dict(reversed(names.items())))
    assert locate(names).release == "a"


@pytest.mark.parametrize(
    ("environ", "options", "platform"),
    [
        ({"ASTRONOMER_ENVIRONMENT": "cloud"}, {}, "astro"),
        ({"ASTRONOMER_ENVIRONMENT": "local"}, {}, "generic"),
        ({"ASTRONOMER__AIRFLOW__WORKER_ID": "1"}, {}, "software"),
        ({}, {API_SERVER: f"http://a:8080/{RELEASE}/airflow/execution/"}, "software"),
        ({}, {API_URL: f"https://deployments.example.com/{RELEASE}/airflow"}, "software"),
        ({}, {WEB_URL: f"https://deployments.example.com/{RELEASE}/airflow"}, "software"),
        (SECRET, {}, "generic"),
        ({}, {}, "generic"),
    ],
)
def test_the_platform_is_told_by_its_signs(environ: dict[str, str], options: Options, platform: str) -> None:
    """Rules of a platform are only for those who run there."""
    deployment = locate(environ, options)
    assert deployment.platform == platform
    assert deployment.sources["platform"] not in {"", "[k8sexec] platform"}


def test_the_platform_of_the_settings_counts_before_all_signs() -> None:
    """A site knows better."""
    deployment = locate({"ASTRONOMER_ENVIRONMENT": "cloud"}, platform="generic")
    assert (deployment.platform, deployment.sources["platform"]) == ("generic", "[k8sexec] platform")


def test_on_astro_the_secret_has_the_name_that_astro_gives_it() -> None:
    """There is no release to be known."""
    deployment = locate(
        {"ASTRONOMER_ENVIRONMENT": "cloud", "AIRFLOW__KUBERNETES_SECRETS__A": "env-secrets=A"},
        {NAMESPACE: "a-namespace"},
    )
    assert (deployment.secret_name, deployment.secret_keys) == ("env-secrets", {"A"})
    assert "Astro" in deployment.sources["secret_name"]
    assert resolve_secret_name(deployment, None) == "env-secrets"


def test_the_local_environment_of_the_astro_cli_has_a_stand_in() -> None:
    """DAGs that ask for secrets can be parsed on a laptop, where no pod is launched."""
    deployment = locate({"ASTRONOMER_ENVIRONMENT": "local"})
    assert resolve_secret_name(deployment, None) == "local-env"
    assert "Astro CLI" in deployment.sources["release"]


def test_the_secret_of_the_settings_counts_before_the_releases() -> None:
    """A site may keep its variables elsewhere."""
    deployment = locate(SECRET, secret_name=OWN)
    assert (deployment.release, deployment.secret_name) == ("of-the-variables-1", OWN)
    assert locate({"ASTRONOMER_ENVIRONMENT": "cloud"}, secret_name=OWN).secret_name == OWN


def test_the_release_of_the_task_counts_before_everything() -> None:
    """A task may run with the variables of another deployment."""
    deployment = Deployment(release=RELEASE, secret_name=OWN)
    assert resolve_secret_name(deployment, "quasar-nebula-1234") == "quasar-nebula-1234-env"


def test_an_unknown_release_is_described_with_places_and_remedies() -> None:
    """The author reads where the release was looked for, in order, and the three ways to set it."""
    lines = describe_unknown_release().splitlines()
    assert "the release name is unknown" in lines[0]
    looked, say = lines.index("Looked in, and found nothing:"), lines.index("Set it in one of three ways:")
    places = [
        "release=",
        "[k8sexec] release_name",
        "AIRFLOW__KUBERNETES_SECRETS__<NAME>",
        "execution_api_server_url",
        "base_url",
        "namespace",
    ]
    ways = [
        "AIRFLOW__K8SEXEC__RELEASE_NAME=<release>",
        "release_name = <release> under [k8sexec]",
        "release='<release>'",
    ]
    assert len(lines[looked + 1 : say]) == len(places)
    assert all(place in line for place, line in zip(places, lines[looked + 1 : say], strict=True))
    assert len(lines[say + 1 :]) == len(ways)
    assert all(way in line for way, line in zip(ways, lines[say + 1 :], strict=True))


def test_the_three_ways_to_name_the_release_are_ways() -> None:
    """Each of them is enough."""
    assert resolve_secret_name(locate(release_name=RELEASE), None) == f"{RELEASE}-env"
    assert resolve_secret_name(locate(), RELEASE) == f"{RELEASE}-env"
    manifest = build_requested_pod(declare(secrets=[Secret("A", name="other")]), locate()).pod
    (variable,) = manifest["spec"]["containers"][0]["env"]
    assert variable["valueFrom"]["secretKeyRef"] == {"name": "other", "key": "A"}


def test_an_unknown_secret_has_one_placeholder_that_kubernetes_accepts_as_a_name() -> None:
    """A pod without a known release can be built, shown and dry-run, and what it lacks is seen in it."""
    manifest = build_requested_pod(declare(secrets=["A"], cpu=1), locate()).pod
    (variable,) = manifest["spec"]["containers"][0]["env"]
    assert variable["valueFrom"]["secretKeyRef"] == {"name": "release-not-set-env", "key": "A"}
    assert resolve_secret_name(locate(), None) == UNKNOWN_SECRET
    assert resolve_secret_name(locate(release_name=RELEASE), None) == f"{RELEASE}-env"


@pytest.mark.parametrize(
    ("environ", "options", "settings", "is_recognised"),
    [
        ({}, {}, {}, False),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, {}, {}, True),
        ({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, {}, {"platform": "generic"}, True),
        ({"ASTRONOMER_ENVIRONMENT": "cloud"}, {}, {}, True),
        ({"ASTRONOMER__AIRFLOW__WORKER_NAME": "a"}, {}, {}, True),
        ({"ASTRONOMER_ENVIRONMENT": "local"}, {}, {}, False),
        ({}, {API_SERVER: "http://localhost:8080/execution/"}, {}, False),
        # Whoever writes DAGs for a platform at home names it, to have its rules.
        ({}, {}, {"platform": "astro"}, False),
        ({}, {}, {"platform": "software"}, False),
    ],
)
def test_a_deployment_is_recognised_by_its_environment(
    environ: dict[str, str], options: Options, settings: dict[str, str], *, is_recognised: bool
) -> None:
    """A container of Kubernetes, or a platform that was detected, is a deployment; a laptop is none."""
    assert locate(environ, options, **settings).is_recognised is is_recognised
