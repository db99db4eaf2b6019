"""What ``k8sexec template -o helm`` writes renders to the base's rendering, with the options merged."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from attrs import evolve
from helm_charts import BASES, RELEASE, VALUES, make_chart_of_texts, render_all
from yaml_words import AMBIGUOUS

from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.options.declaration import parse_declaration
from airflow_provider_k8sexec.pod.manifest import build_template
from airflow_provider_k8sexec.render.yaml_text import to_yaml
from airflow_provider_k8sexec.rules.template import check_template

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from conftest import Cluster

HOSTILE = [
    "{{",
    "}}",
    "{{ .Release.Name }}",
    '{{- with secret "database/creds" -}}postgres://{{ .Data.username }}{{- end }}',
    "{{/* no end",
    "{{ `a` }}",
    '{{ "{{" }}',
    "`",
    "a: {b: {c: d}}\n{{ fail `x` }}\n",
    "line\n\n  {{ x }}\n",
    "\t\\n\\'\"",
    " é 😀 \x85 \u2028 ",
    "# no comment",
    "%{",
    "$",
    "-",
    "a" * 200 + " " + "b" * 200,
]
OPTIONS: dict[str, dict[str, Any]] = {
    "resources": {"cpu": [0.1, 1], "memory": "512Mi", "ephemeral_storage": "1Gi"},
    "a gpu": {"gpu": 1, "shared_memory": "64Mi"},
    "environment": {
        "secrets": ["TOKEN", {"key": "CERT", "file": "/run/tls/cert.pem"}],
        "env_vars": {"TZ": "Europe/Rome", "SHARED": "$(TOKEN)/x", "RELEASE": "", "STAGE": "dev"},
        "env_from": ["configmap/app", "secret/db"],
    },
    "hostile variables": {
        "env_vars": {f"WORD_{index}": word for index, word in enumerate([*HOSTILE, *AMBIGUOUS])}
    },
    "hostile annotations": {
        "annotations": {f"vault.hashicorp.com/template-{index}": word for index, word in enumerate(HOSTILE)}
    },
    "rights": {
        "security_context": {"runAsUser": 1000650001, "seccompProfile": {"type": "Unconfined"}},
        "container_security_context": {
            "runAsNonRoot": True,
            "seccompProfile": {"type": "RuntimeDefault"},
        },
    },
    "placement": {
        "node_selector": {"disk": "ssd", "pool": "yes"},
        "tolerations": ["gpu=true:NoSchedule", "airflow"],
        "affinity": {
            "nodeAffinity": {
                "requiredDuringSchedulingIgnoredDuringExecution": {
                    "nodeSelectorTerms": [{"matchExpressions": [{"key": "a", "operator": "Exists"}]}]
                }
            }
        },
    },
    "volumes": {
        "volumes": {
            "/data/lake": {"persistentVolumeClaim": {"claimName": "lake"}},
            "/conf": {"configMap": {"name": "app"}},
            "/all": {"projected": {"sources": []}},
        },
    },
    "other containers": {
        "init_containers": [{"name": "fetch", "image": "busybox:1.37", "args": ["{{ x }}"]}],
        "pod_override": {"spec": {"containers": [{"name": "base"}, {"name": "proxy", "image": "proxy:1"}]}},
    },
    "labels": {"labels": {"team": "data", "stage": "n", "tier": "batch"}, "annotations": {"note": "no"}},
    "zeros and falses": {
        "automount_service_account_token": False,
        "termination_grace_period_seconds": 0,
        "security_context": {"runAsUser": 0, "fsGroup": 0},
    },
    "identity": {
        "image": "registry.example.com/airflow:1.0",
        "image_pull_policy": "Always",
        "image_pull_secrets": ["registry", "registry-of-the-chart"],
        "service_account_name": "etl",
        "priority_class_name": "system-cluster-critical",
        "scheduler_name": "volcano",
    },
    "an override": {
        "pod_override": {
            "metadata": {"labels": {"a": "b"}, "annotations": {"prometheus.io/scrape": "false"}},
            "spec": {
                "containers": [
                    {
                        "name": "base",
                        "ports": [{"containerPort": 8080, "name": "http"}],
                        "lifecycle": {"preStop": {"exec": {"command": ["sleep", "1"]}}},
                        "volumeMounts": [{"name": "logs", "mountPath": "/logs", "subPath": "a"}],
                    }
                ],
                "hostAliases": [{"ip": "10.1.2.4", "hostnames": ["db"]}],
                "dnsConfig": {"options": [{"name": "ndots", "value": "2"}]},
                "enableServiceLinks": False,
            },
        }
    },
}


@pytest.fixture
def write(
    configure: Callable[..., None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., Any]:
    """Write the values of a chart at a site with some pod options."""

    def run(base: str, options: object, chart: str) -> Any:
        configure(pod_options=json.dumps(options), release_name=RELEASE)
        path = tmp_path / "base.yaml"
        path.write_text(base, encoding="utf-8")
        code = main(["template", "--from", str(path), "-o", "helm", "--chart", chart])
        output = capsys.readouterr()
        assert code == 0, output.err
        return output.out

    return run


def text_in(values: str) -> str:
    """Give the one text that is in values."""
    content: Any = yaml.load(values, Loader=yaml.CSafeLoader)
    while isinstance(content, dict):
        (content,) = content.values()
    return str(content)


def expected(base: Any, options: object) -> Any:
    """Lay options over a base that Helm has rendered, as for one deployment."""
    declaration, problems = parse_declaration(options)
    assert problems == []
    return build_template(base, declaration, evolve(load_context().deployment, secret_name=f"{RELEASE}-env"))


@pytest.fixture
def pods(helm: Path, tmp_path: Path, write: Callable[..., Any], base: str) -> dict[tuple[str, str], Any]:
    """Render what the command writes of a base, for all options and all values, in one run of Helm."""
    chart = make_chart_of_texts(helm, tmp_path / "chart")
    if base == "community":  # which takes a text as it is, so that the base is what the chart has rendered
        bases = render_all(chart, {"base": BASES[base]})
        return {
            key: yaml.load(text_in(write(to_yaml(pod), options, base)), Loader=yaml.CSafeLoader)
            for (values, _), pod in bases.items()
            for key, options in [((values, name), options) for name, options in OPTIONS.items()]
        } | bases
    texts = {name: text_in(write(BASES[base], options, "apache")) for name, options in OPTIONS.items()}
    return render_all(chart, {**texts, "base": BASES[base]})


@pytest.mark.parametrize("base", BASES)
def test_a_rendering_is_the_options_merged_with_the_rendering_of_the_base(
    pods: dict[tuple[str, str], Any], base: str
) -> None:
    """Nothing of the chart is lost that the options do not set, whatever values a release has."""
    assert len(pods) == len(VALUES) * (len(OPTIONS) + 1)
    for (values, name), pod in pods.items():
        if name != "base":
            assert pod == expected(pods[values, "base"], OPTIONS[name]), f"{base}, {values}, {name}"
            assert check_template(pod, "template") == [], f"{base}, {values}, {name}"


@pytest.mark.parametrize("base", BASES)
def test_the_server_takes_what_helm_renders(
    cluster: Cluster, pods: dict[tuple[str, str], Any], base: str
) -> None:
    """Each pod could be created."""
    namespace = cluster.create_namespace(base)
    for pod in pods.values():
        cluster.ask(pod, namespace)
