"""Charts around pod templates, each with a base of the constructs that a real one has, rendered by Helm.

The bases are our own, and read the same values. What is as in the original is the form of each part, and how
the chart renders the text that it has in its values:

- astronomer: https://www.astronomer.io/docs/software/kubernetes-executor, by Airflow's chart as a subchart
- apache: https://github.com/apache/airflow/blob/main/chart/files/pod-template-file.kubernetes-helm-yaml
- community: https://github.com/airflow-helm/charts, charts/airflow/files/pod_template.kubernetes-helm-yaml
- handwritten: what the others lack: ``range``, ``else``, whole lists of Helm's, maps in braces
"""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import yaml

from airflow_provider_k8sexec.options.assembly import merge_manifests
from airflow_provider_k8sexec.render.yaml_text import to_yaml

CHARTS = Path(__file__).parent / "charts"
BASES = {path.parent.name: path.read_text(encoding="utf-8") for path in CHARTS.glob("*/base.yaml")}
RELEASE = "quasar"

_DEFAULTS: dict[str, Any] = {
    "uid": 50000,
    "gid": 0,
    "logLevel": "INFO",
    "executor": "KubernetesExecutor",
    "image": {"repository": "apache/airflow", "tag": "3.3.2", "pullPolicy": "IfNotPresent"},
    "dags": {
        "gitSync": {"enabled": False, "image": "git-sync:v4.4.2"},
        "persistence": {"enabled": False},
    },
    "registry": {},
    "nodeSelector": {},
    "affinity": {},
    "tolerations": [],
    "workers": {
        "labels": {},
        "safeToEvict": False,
        "nodeSelector": {},
        "affinity": {},
        "resources": {},
        "securityContexts": {},
        "shareProcessNamespace": False,
        "terminationGracePeriodSeconds": 600,
        "topologySpreadConstraints": [],
    },
}
_PROFILE = {"type": "Localhost", "localhostProfile": "profiles/chart.json"}
_SPREAD = {
    "maxSkew": 1,
    "topologyKey": "zone",
    "whenUnsatisfiable": "ScheduleAnyway",
    "labelSelector": {"matchLabels": {"tier": "airflow"}},
}
VALUES: dict[str, dict[str, Any]] = {
    "the defaults": {},
    "labels and annotations": {
        "labels": {"team": "platform", "stage": "y", "version": "1.10"},
        "airflowPodAnnotations": {"prometheus.io/scrape": "true", "note": "a: b # c"},
        "env": [{"name": "TZ", "value": "UTC"}, {"name": "SHARED", "value": "of the chart"}],
        "secret": [
            {"envName": "TOKEN", "secretName": "vault", "secretKey": "token"},
            {"envName": "STAGE", "secretName": "vault", "secretKey": "stage"},
        ],
    },
    "git-sync": {
        "dags": {"gitSync": {"enabled": True}},
        "registry": {"secretName": "registry-of-the-chart"},
        "localSettings": "x",
        "logsEmptyDir": {"sizeLimit": "1Gi"},
        "extraEnvFrom": [{"secretRef": {"name": "connections"}}, {"configMapRef": {"name": "app"}}],
    },
    "a claim": {
        "dags": {"persistence": {"enabled": True}},
        "workers": {
            "resources": {
                "limits": {"cpu": "2", "memory": "4Gi"},
                "requests": {"cpu": "500m", "memory": "4Gi"},
            },
            "securityContexts": {
                "pod": {"runAsUser": 1000650000, "fsGroup": 1000650000, "supplementalGroups": [5]},
                "container": {"readOnlyRootFilesystem": True, "seccompProfile": _PROFILE},
            },
        },
    },
    "placement": {
        "nodeSelector": {"disk": "hdd", "kubernetes.io/arch": "amd64"},
        "tolerations": [{"key": "airflow", "operator": "Exists"}],
        "affinity": {
            "podAntiAffinity": {
                "preferredDuringSchedulingIgnoredDuringExecution": [
                    {"weight": 1, "podAffinityTerm": {"topologyKey": "kubernetes.io/hostname"}}
                ]
            }
        },
        "workers": {"topologySpreadConstraints": [_SPREAD], "hostAliases": [{"ip": "10.1.2.3"}]},
    },
    "more containers and volumes": {
        "workers": {
            "extraInitContainers": [{"name": "wait", "image": "busybox:1.37", "command": ["true"]}],
            "extraContainers": [
                {"name": "shipper", "image": "shipper:1", "env": [{"name": "A", "value": "1"}]}
            ],
            "extraVolumes": [{"name": "certs", "secret": {"secretName": "certs", "defaultMode": 256}}],
            "extraVolumeMounts": [{"name": "certs", "mountPath": "/etc/certs", "readOnly": True}],
            "containerLifecycleHooks": {"preStop": {"exec": {"command": ["echo", "{{ .Release.Name }}"]}}},
            "priorityClassName": "system-node-critical",
        },
    },
}
VALUES = {name: merge_manifests(_DEFAULTS, values) for name, values in VALUES.items()}

_IN_VALUES = """
apiVersion: v1
kind: ConfigMap
metadata:
  name: {name}
data:
  pod: |-
    {{{{- {expression} | nindent 4 }}}}
"""
_CONTEXT = 'dict "Values" $values "Release" $.Release "Template" $.Template "Chart" $.Chart'
_EVERY = (
    "{{- range $set, $values := .Values.sets }}{{ range $name, $text := $.Values.texts }}\n---"
    + _IN_VALUES.format(name='"{{ $set }}|{{ $name }}"', expression=f"tpl $text ({_CONTEXT})")
    + "{{- end }}{{ end }}\n"
)


class HelmChart:
    """A chart in a folder, with templates that read its values."""

    def __init__(self, helm: Path, folder: Path, name: str, template: str) -> None:
        """Write it."""
        self.folder = folder
        self._helm = helm
        (folder / "templates").mkdir(parents=True)
        (folder / "Chart.yaml").write_text(
            f"apiVersion: v2\nname: {name}\nversion: 1.0.0\n", encoding="utf-8"
        )
        helpers = (CHARTS / "_helpers.tpl").read_text(encoding="utf-8")
        (folder / "templates" / "_helpers.tpl").write_text(helpers, encoding="utf-8")
        (folder / "templates" / "pod.yaml").write_text(template, encoding="utf-8")

    def try_to_render(self, *values: str) -> subprocess.CompletedProcess[str]:
        """Render it with texts of values, of which later ones win."""
        command = [str(self._helm), "template", RELEASE, str(self.folder)]
        for number, text in enumerate(values):
            path = self.folder / f"values-{number}.yaml"
            path.write_text(text, encoding="utf-8")
            command += ["-f", str(path)]
        return subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603

    def render(self, *values: str) -> dict[str, Any]:
        """Give the pods in its config maps, as Airflow reads them, by the config maps' names."""
        run = self.try_to_render(*values)
        assert run.returncode == 0, run.stderr
        maps = list(yaml.load_all(run.stdout, Loader=yaml.CSafeLoader))
        return {
            part["metadata"]["name"]: yaml.load(part["data"]["pod"], Loader=yaml.CSafeLoader) for part in maps
        }


def make_chart_of_texts(helm: Path, folder: Path) -> HelmChart:
    """Make a chart that renders many texts, each with many sets of values, in one run."""
    return HelmChart(helm, folder, "airflow", _EVERY)


def render_all(chart: HelmChart, texts: dict[str, str]) -> dict[tuple[str, str], Any]:
    """Render each text with each set of values, and give the pods by the names of both."""
    pods = chart.render(to_yaml({"sets": VALUES, "texts": texts}))
    return {tuple(name.split("|")): pod for name, pod in pods.items()}


def make_chart(helm: Path, folder: Path, chart: str) -> HelmChart:
    """Make a chart that reads its pod template from its values as the real one of that name does."""
    if chart == "community":
        raw = ".Values.airflow.kubernetesPodTemplate.stringOverride"
        return HelmChart(helm, folder, "airflow", _IN_VALUES.format(name="pod", expression=raw))
    template = _IN_VALUES.format(name="pod", expression="tpl .Values.podTemplate .")
    if chart == "apache":
        return HelmChart(helm, folder, "airflow", template)
    outer = HelmChart(helm, folder, "deployment", "")
    HelmChart(helm, folder / "charts" / "airflow", "airflow", template)
    return outer
