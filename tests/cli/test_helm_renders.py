"""What is laid over a template in Helm's language, rendered by Helm itself."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from airflow_provider_k8sexec.cli.helm_text import lay_over
from airflow_provider_k8sexec.options.assembly import merge_manifests

if TYPE_CHECKING:
    from pathlib import Path

BASE = """
apiVersion: v1
kind: Pod
metadata:
  name: worker
  labels:
    release: {{ .Release.Name }}
spec:
  containers:
    - name: base
      image: {{ .Values.image }}
      env:
        - name: RELEASE
          value: "{{ .Release.Name }}"
"""
HOSTILE = [
    "{{",
    "}}",
    "{{ .Release.Name }}",
    '{{- with secret "database/creds" -}}postgres://{{ .Data.username }}{{- end }}',
    "{{/* no end",
    "{{ `a` }}",
    '{{ "{{" }}',
    "a: {b: {c: d}}\n{{ fail `x` }}\n",
    "line\n\n  {{ x }}\n",
]


@pytest.fixture
def rendered(helm: Path, tmp_path: Path) -> Any:
    """Render a template by Helm."""
    (tmp_path / "templates").mkdir()
    (tmp_path / "Chart.yaml").write_text("apiVersion: v2\nname: pods\nversion: 0.1.0\n", encoding="utf-8")

    def render(text: str, **values: Any) -> Any:
        content = yaml.safe_dump({"image": "airflow:1", **values})
        (tmp_path / "values.yaml").write_text(content, encoding="utf-8")
        (tmp_path / "templates" / "pod.yaml").write_text(text, encoding="utf-8")
        command = [helm, "template", "quasar", tmp_path]
        run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
        assert run.returncode == 0, run.stderr
        return yaml.safe_load(run.stdout)

    return render


@pytest.mark.parametrize("text", HOSTILE)
def test_what_an_option_says_is_text_to_helm(rendered: Any, text: str) -> None:
    """An annotation for Vault has actions in the language of Helm's, which are Vault's."""
    layer = {
        "metadata": {"annotations": {"vault.hashicorp.com/agent-inject-template-db": text}},
        "spec": {"containers": [{"name": "base", "env": [{"name": "A", "value": text}]}]},
    }
    laid, _ = lay_over(BASE, layer)
    (worker,) = rendered(laid)["spec"]["containers"]
    assert {variable["name"]: variable["value"] for variable in worker["env"]} == {
        "A": text,
        "RELEASE": "quasar",
    }
    expected = merge_manifests(rendered(BASE), {"metadata": layer["metadata"]})["metadata"]
    assert rendered(laid)["metadata"] == expected


OF_HELM = {
    "inline": "  {field}: {{{{ toYaml .Values.given | nindent 4 }}}}\n",
    "below": "  {field}:\n    {{{{- toYaml .Values.given | nindent 4 }}}}\n",
    "below at the margin": "  {field}:\n{{{{ toYaml .Values.given | indent 4 }}}}\n",
}


@pytest.mark.parametrize("way", OF_HELM)
@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ({"fsGroup": 5, "runAsNonRoot": True}, {"runAsUser": 1000650000}),
        ({"fsGroup": 5, "runAsNonRoot": True}, {"runAsNonRoot": False, "fsGroup": 0}),
        ({"seLinuxOptions": {"level": "a", "user": "b"}}, {"seLinuxOptions": {"level": "{{ c }}"}}),
        ({}, {"runAsUser": 1}),
        (None, {"supplementalGroups": [1]}),
    ],
)
def test_a_map_that_helm_writes_is_merged_by_key(rendered: Any, way: str, given: Any, asked: Any) -> None:
    """A security context for the user keeps the chart's group."""
    base = BASE + OF_HELM[way].format(field="securityContext")
    laid, notes = lay_over(base, {"spec": {"securityContext": asked}})
    merged = rendered(laid, given=given)["spec"]["securityContext"]
    assert merged == merge_manifests(given or {}, asked)
    assert notes == []
