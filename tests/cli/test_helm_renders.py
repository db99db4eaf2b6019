"""What is laid over a base in Helm's language, and what only its rendering shows, by Helm itself.

That it is the options merged with the base's rendering, and a pod that a server takes, is shown for all bases
in ``tests/cluster/test_helm_charts.py``.
"""

from __future__ import annotations

import json
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from helm_charts import BASES, RELEASE, VALUES, HelmChart, make_chart, make_chart_of_texts, render_all

from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.cli.helm_merge import lay_over
from airflow_provider_k8sexec.options.assembly import merge_manifests
from airflow_provider_k8sexec.options.declaration import parse_declaration
from airflow_provider_k8sexec.pod.manifest import build_layer, build_template
from airflow_provider_k8sexec.render.yaml_text import to_yaml
from airflow_provider_k8sexec.site.deployment import Deployment

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

pytestmark = pytest.mark.any_line


@pytest.fixture
def chart(helm: Path, tmp_path: Path) -> HelmChart:
    """Give a chart that renders any text."""
    return make_chart_of_texts(helm, tmp_path / "chart")


FORMS = {
    "inline": "{field}: {{{{ toYaml .Values.given.{key} | nindent 4 }}}}",
    "below": "{field}:\n    {{{{- toYaml .Values.given.{key} | nindent 4 }}}}",
    "at the margin": "{field}:\n{{{{ toYaml .Values.given.{key} | indent 4 }}}}",
    "on a condition": "{{{{- with .Values.given.{key} }}}}\n  {field}:\n    {{{{- toYaml . | nindent 4 }}}}\n"
    "  {{{{- end }}}}",
    "with another case": "{{{{- if .Values.no }}}}\n  {field}: ~\n  {{{{- else }}}}\n"
    "  {field}: {{{{ .Values.given.{key} | toJson }}}}\n  {{{{- end }}}}",
}
PARTS: dict[str, tuple[Any, Any]] = {
    "securityContext": ({"fsGroup": 5, "runAsNonRoot": True}, {"runAsUser": 1000650000, "fsGroup": 0}),
    "affinity": (
        {"podAffinity": {"a": [1]}, "nodeAffinity": {"b": [2]}},
        {"nodeAffinity": {"b": [3], "c": []}},
    ),
    "nodeSelector": ({"disk": "hdd", "arch": "arm64"}, {"disk": "ssd"}),
    "overhead": (None, {"cpu": "1"}),
    "dnsConfig": ({}, {"searches": ["a"]}),
    "tolerations": ([{"key": "a"}, {"key": "b"}], [{"key": "b"}, {"key": "c"}]),
    "imagePullSecrets": ([{"name": "a"}], [{"name": "b"}, {"name": "a"}]),
    "topologySpreadConstraints": (
        [{"topologyKey": "zone", "whenUnsatisfiable": when, "maxSkew": 1} for when in ("a", "b")],
        [{"topologyKey": key, "whenUnsatisfiable": "a", "maxSkew": 2} for key in ("zone", "node")],
    ),
    "hostAliases": (None, [{"ip": "10.1.2.3"}]),
    "setHostnameAsFQDN": (True, False),
}


@pytest.mark.parametrize("form", FORMS.values(), ids=FORMS)
def test_maps_and_lists_of_helms_are_merged_in_whatever_form_they_are_written(
    chart: HelmChart, form: str
) -> None:
    """A user of the options' keeps the chart's group, a toleration the chart's others."""
    lines = [form.format(field=field, key=f"k{number}") for number, field in enumerate(PARTS)]
    base = "\n  ".join(["kind: Pod\nspec:", *lines, "containers: [{name: base}]\n"])
    options = {"spec": {field: wanted for field, (_, wanted) in PARTS.items()}}
    given = {f"k{number}": there for number, (there, _) in enumerate(PARTS.values())}
    texts = {"base": base, "laid": lay_over(base, options)}
    pods = chart.render(to_yaml({"sets": {"v": {"given": given}}, "texts": texts}))
    assert pods["v|laid"] == merge_manifests(pods["v|base"], options)
    assert pods["v|laid"]["spec"]["securityContext"] == {
        "fsGroup": 0,
        "runAsNonRoot": True,
        "runAsUser": 1000650000,
    }
    assert pods["v|laid"]["spec"]["tolerations"] == [{"key": "a"}, {"key": "b"}, {"key": "c"}]


LOGS = "/usr/local/airflow/logs"
SPECS: dict[str, tuple[dict[str, Any], str]] = {
    "a mount path": (
        {"containers": [{"name": "base", "volumeMounts": [{"name": "v", "mountPath": LOGS}]}]},
        f'volumeMounts: the base has {{"mountPath":"{LOGS}","name":"logs"}}, and the options have another',
    ),
    "a volume": (
        {"volumes": [{"name": "certs", "emptyDir": {}}]},
        'volumes: the base has {"name":"certs"}, and the options have another {"name":"certs"}; rename',
    ),
    "a sidecar": (
        {"containers": [{"name": "base"}, {"name": "shipper", "image": "mine:1"}]},
        'containers: the base has {"image":"shipper:1","name":"shipper"}, and the options have another',
    ),
    "an init container": (
        {"initContainers": [{"name": "wait", "image": "mine:1"}]},
        'initContainers: the base has {"image":"busybox:1.37","name":"wait"}, and the options have another',
    ),
    "an init container and a sidecar": (
        {"initContainers": [{"name": "shipper", "image": "mine:1"}]},
        'two containers are called "shipper"; rename',
    ),
}


def test_what_excludes_what_only_helm_knows_is_an_error_that_names_both(chart: HelmChart) -> None:
    """``helm template``, as an upgrade, ends with the reason, and no pod is rendered."""
    values = {"sets": {"v": VALUES["more containers and volumes"]}}
    for spec, reason in SPECS.values():
        text = lay_over(BASES["apache"], {"spec": spec})
        run = chart.try_to_render(to_yaml({**values, "texts": {"t": text}}))
        assert (run.returncode, run.stdout) == (1, "")
        assert reason in run.stderr


def test_all_that_excludes_one_another_is_listed_at_once(chart: HelmChart) -> None:
    """Whoever mends one need not meet the next by another upgrade."""
    spec = SPECS["a volume"][0] | SPECS["an init container"][0]
    text = lay_over(BASES["apache"], {"spec": spec})
    run = chart.try_to_render(
        to_yaml({"sets": {"v": VALUES["more containers and volumes"]}, "texts": {"t": text}})
    )
    assert all(SPECS[name][1] in run.stderr for name in ("a volume", "an init container"))


def test_a_container_of_the_charts_can_be_changed(chart: HelmChart) -> None:
    """What has no image of its own, or the chart's, is a change of the container of that name."""
    spec = {
        "containers": [{"name": "base"}, {"name": "shipper", "resources": {"limits": {"cpu": "1"}}}],
        "initContainers": [{"name": "wait", "image": "busybox:1.37", "tty": True}],
    }
    texts = {"base": BASES["apache"], "laid": lay_over(BASES["apache"], {"spec": spec})}
    pods = render_all(chart, texts)
    values = "more containers and volumes"
    assert pods[values, "laid"] == merge_manifests(pods[values, "base"], {"spec": spec})
    _, shipper = pods[values, "laid"]["spec"]["containers"]
    assert shipper["image"] == "shipper:1"


def test_variables_are_ordered_as_by_the_command_itself(chart: HelmChart) -> None:
    """Each stands below those that it refers to, whatever the chart and the options define."""
    draw = Random(11)  # noqa: S311  # the same lists in every run
    parts = [f"{dollars}({name})" for dollars in ("$", "$$", "$ $") for name in "ABCDE"] + [
        "x",
        "$",
        ")",
        "\n",
    ]
    containers: list[dict[str, Any]] = [{"name": "base", "image": "i"}]
    for number in range(150):
        names = draw.sample("ABCDEF", 5) + draw.choices("AF", k=draw.randint(0, 1))
        env = [{"name": name, "value": "".join(draw.choices(parts, k=draw.randint(0, 3)))} for name in names]
        containers.append({"name": f"c{number}", "image": "i", "env": env})
    base = {"spec": {"containers": containers}}
    env = [{"name": "A", "value": "$(Z)"}, {"name": "Z", "value": "z"}]
    options = {"spec": {"containers": [{"name": f"c{number}", "env": env} for number in range(75)]}}
    declaration, _ = parse_declaration({"pod_override": options})
    text = lay_over(to_yaml(base), build_layer(declaration, Deployment()))
    pod = chart.render(to_yaml({"sets": {"v": {}}, "texts": {"t": text}}))["v|t"]
    expected = build_template(base, declaration, Deployment())
    assert pod == expected
    assert pod != merge_manifests(base, options)


@pytest.mark.parametrize("broken", ["a: b: {{ .Release.Name }}", "- {{ .Release.Name }}"])
def test_a_base_that_is_no_manifest_when_it_is_rendered_is_an_error(chart: HelmChart, broken: str) -> None:
    """No pod is made of the options alone."""
    base = f"kind: Pod\nspec: {{containers: [{{name: base}}]}}\n{{{{ {json.dumps(broken)} }}}}\n"
    text = lay_over(base, {"metadata": {"labels": {"a": "b"}}})
    run = chart.try_to_render(to_yaml({"sets": {"v": {}}, "texts": {"t": text}}))
    assert (run.returncode, run.stdout) == (1, "")
    assert "k8sexec: the base of the pod template cannot be read: error converting YAML to JSON" in run.stderr


@pytest.fixture
def write(
    configure: Callable[..., None], capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> Callable[..., str]:
    """Write values by the command."""

    def run(base: str, *arguments: str) -> str:
        configure(
            pod_options=json.dumps({"labels": {"team": "data"}, "secrets": ["TOKEN"]}), release_name=RELEASE
        )
        path = tmp_path / "base.yaml"
        path.write_text(base, encoding="utf-8")
        assert main(["template", "--from", str(path), "-o", "helm", *arguments]) == 0
        return capsys.readouterr().out

    return run


TOKEN = {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": f"{RELEASE}-env", "key": "TOKEN"}}}
CHANGE: dict[str, Any] = {
    "metadata": {"labels": {"team": "data"}},
    "spec": {"containers": [{"name": "base", "env": [TOKEN]}]},
}


def values_of(name: str, content: Any) -> str:
    """Write values as the real chart of a name nests them."""
    return to_yaml({"airflow": content} if name == "astronomer" else content)


@pytest.mark.parametrize("name", ["astronomer", "apache", "community"])
def test_what_is_written_goes_straight_into_the_values_of_its_chart(
    helm: Path, tmp_path: Path, write: Callable[..., str], name: str
) -> None:
    """The chart renders the template from its values, beside all other values of a release."""
    chart = make_chart(helm, tmp_path / "chart", name)
    plain = render_all(make_chart_of_texts(helm, tmp_path / "texts"), {"base": BASES[name]})[
        "the defaults", "base"
    ]
    written = write(to_yaml(plain) if name == "community" else BASES[name], "--chart", name)
    content = yaml.safe_load(written)
    if name == "astronomer":  # Houston gives what is below `helm` to the chart of each Deployment
        for key in ("astronomer", "houston", "config", "deployments", "helm"):
            content = content[key]
    pods = chart.render(values_of(name, VALUES["the defaults"]), to_yaml(content))
    assert pods == {"pod": merge_manifests(plain, CHANGE)}
