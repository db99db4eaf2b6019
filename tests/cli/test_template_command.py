"""``k8sexec template`` writes the site's pod options into a pod template, and says what to do with it."""

from __future__ import annotations

import json
import re
from textwrap import indent
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from airflow_lines import HELM_TEMPLATE, launched_pod
from helm_charts import CHARTS

from airflow_provider_k8sexec import k8s_config
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.cli.helm_values import CHARTS as VALUES_OF
from airflow_provider_k8sexec.options.assembly import merge_manifests
from airflow_provider_k8sexec.rules.template import check_template

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CHART = CHARTS / "astronomer" / "base.yaml"
OPTIONS = {"cpu": [0.1, 1], "memory": "512Mi", "labels": {"team": "data"}, "secrets": ["TOKEN"]}
IN_CLEAR = {"name": "DB_PASSWORD", "value": "hunter22"}


@pytest.fixture
def template(
    configure: Callable[..., None], capsys: pytest.CaptureFixture[str]
) -> Callable[..., tuple[int, str, str]]:
    """Run the command at a site with some pod options, and give exit code, output and errors."""

    def run(*arguments: str, options: object = OPTIONS) -> tuple[int, str, str]:
        configure(pod_options=json.dumps(options))
        code = main(["template", *arguments])
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def base(tmp_path: Path) -> Callable[[Any], str]:
    """Write a base, and give its path."""

    def write(pod: Any) -> str:
        path = tmp_path / "base.yaml"
        path.write_bytes((pod if isinstance(pod, str) else yaml.safe_dump(pod)).encode())
        return str(path)

    return write


def in_values(text: str) -> str:
    """Give the template that stands in Helm values."""
    content: Any = yaml.safe_load(text)
    for key in ("astronomer", "houston", "config", "deployments", "helm", "airflow", "podTemplate"):
        content = content[key]
    return str(content)


def test_without_a_base_the_template_is_complete(template, release):
    """An image is all that the command has to be told; the rest is the site's options."""
    code, out, _ = template("--image", "registry.example.com/airflow:1")
    pod = yaml.safe_load(out)
    assert code == 0
    assert check_template(pod, "template") == []
    (worker,) = pod["spec"]["containers"]
    assert (worker["name"], worker["image"]) == ("base", "registry.example.com/airflow:1")
    assert worker["resources"]["limits"] == {"cpu": "1", "memory": "512Mi"}
    assert worker["env"][-1]["valueFrom"]["secretKeyRef"] == {"name": f"{release}-env", "key": "TOKEN"}
    assert pod["metadata"]["labels"] == {"tier": "airflow", "component": "worker", "team": "data"}


def test_a_base_of_windows_is_read_as_any_other(template, base):
    """Ends of lines, and the mark at the beginning of a file, are no part of a template."""
    given = "apiVersion: v1\nspec:\n  {{- if true }}\n  restartPolicy: Never\n  {{- end }}\n  containers:\n"
    given += "  - {name: base, image: a}\n"
    texts = [given, "\ufeff" + given.replace("\n", "\r\n")]
    runs = [template("--from", base(text), "-o", "helm") for text in texts]
    assert runs[0][0] == 0
    assert in_values(runs[1][1]) == in_values(runs[0][1])


def test_what_to_do_with_the_template_stands_on_standard_error(template):
    """The line for the Dockerfile and the variable are those of Astronomer's guide, with today's section."""
    _, _, err = template("--image", "airflow:1")
    assert err.splitlines() == [
        "In the Dockerfile:   COPY pod_template.yaml /tmp/pod_template.yaml",
        "In the environment:  AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE=/tmp/pod_template.yaml",
    ]
    _, _, err = template("--image", "airflow:1", "--path", "/opt/airflow/gpu.yaml")
    assert "COPY gpu.yaml /opt/airflow/gpu.yaml" in err
    assert "POD_TEMPLATE_FILE=/opt/airflow/gpu.yaml" in err


def test_the_image_may_come_from_the_settings_of_the_executor(template, monkeypatch):
    """Where the executor gives every worker its image, the template has that one."""
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_REPOSITORY", "airflow")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_TAG", "2")
    _, out, _ = template()
    assert yaml.safe_load(out)["spec"]["containers"][0]["image"] == "airflow:2"


def test_a_template_without_an_image_is_not_written(template):
    """Nothing is printed that the server would refuse."""
    code, out, err = template()
    assert (code, out) == (1, "")
    assert "['image'] is missing" in err


def test_options_are_laid_over_a_base_by_name(template, base):
    """What the base has and the options do not say is kept, and containers keep their names and order."""
    given = yaml.safe_load(HELM_TEMPLATE.read_text())
    given["spec"]["containers"].append({"name": "shipper", "image": "shipper:1"})
    code, out, _ = template("--from", base(given), options={"memory": "2Gi", "env_vars": {"A": "b"}})
    assert code == 0
    resources = {side: {"memory": "2Gi"} for side in ("requests", "limits")}
    worker = {"name": "base", "resources": resources, "env": [{"name": "A", "value": "b"}]}
    assert yaml.safe_load(out) == merge_manifests(given, {"spec": {"containers": [worker]}})


def test_airflow_launches_from_the_template_what_the_options_say(template, tmp_path):
    """A plain task gets the site's pod by the template alone, what is set to false or zero included."""
    options = {**OPTIONS, "automount_service_account_token": False, "termination_grace_period_seconds": 0}
    _, out, _ = template("--from", str(HELM_TEMPLATE), options=options)
    path = tmp_path / "written.yaml"
    path.write_text(out)
    pod = launched_pod({}, template=path)
    assert pod["metadata"]["labels"]["team"] == "data"
    assert pod["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "1", "memory": "512Mi"}
    assert pod["spec"]["automountServiceAccountToken"] is False
    assert pod["spec"]["terminationGracePeriodSeconds"] == 0


def test_a_template_needs_the_release(template, monkeypatch):
    """A template is for a deployment, so an unknown release is an error, and no placeholder is written."""
    monkeypatch.delenv("AIRFLOW__K8SEXEC__RELEASE_NAME")
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    code, out, err = template()
    assert (code, out) == (1, "")
    assert "the release name is unknown" in err


def test_a_template_that_is_written_can_be_a_tasks_own(template, tmp_path):
    """What the command writes is accepted by pod_template_file=."""
    _, out, _ = template("--image", "airflow:1")
    path = tmp_path / "written.yaml"
    path.write_text(out)
    assert k8s_config(pod_template_file=str(path))["pod_template_file"] == str(path)


def test_a_template_can_be_the_base_of_the_next(template, base):
    """To write it twice changes nothing."""
    _, out, _ = template("--image", "airflow:1")
    assert template("--from", base(out))[1] == out


WRONG_BASES = {
    "a base that is not there": ("/nowhere.yaml", "The base '/nowhere.yaml' cannot be read"),
    "a base whose worker is not first": (
        {"spec": {"containers": [{"name": "a", "image": "b"}], "restartPolicy": "Never"}},
        "base['spec']['containers'][0]['name']='a' is not 'base'",
    ),
    "a base with a password": (
        {"spec": {"containers": [{"name": "base", "env": [IN_CLEAR]}], "restartPolicy": "Never"}},
        "['env']['DB_PASSWORD'] has a plaintext secret",
    ),
    "a base that is no YAML": ("spec: {", "cannot be read: line 2, column 1: cannot be read as YAML"),
    "a base in Helm's language": (CHART.read_text(), "is in Helm's language; write -o helm"),
}


@pytest.mark.parametrize(("given", "said"), WRONG_BASES.values(), ids=WRONG_BASES)
def test_a_wrong_base_is_told_and_nothing_is_written(template, base, given, said):
    """No template is made of a base that Airflow or Kubernetes would not take, and no value is shown."""
    path = given if given == "/nowhere.yaml" else base(given)
    code, out, err = template("--from", path, "--image", "airflow:1")
    assert (code, out) == (1, "")
    assert said in err
    assert "hunter22" not in err


def test_wrong_options_of_the_site_are_told(template):
    """The site's own mistake is told as a task's would be."""
    code, out, err = template("--image", "airflow:1", options={"memory": 512, "cpu": "500Mi"})
    assert (code, out) == (1, "")
    assert "memory=512 is 512 bytes; write memory='512Mi'." in err
    assert "cpu='500Mi'" in err


PROFILES = {
    "small": {"memory": "1Gi"},
    "large": {"extends": "small", "cpu": 4, "node_selector": {"disk": "ssd"}},
}


@pytest.fixture
def profiles(configure: Callable[..., None]) -> None:
    """Give the site profiles."""
    configure(profiles_file="", profiles=json.dumps(PROFILES))


@pytest.mark.usefixtures("profiles")
def test_a_profile_lies_over_the_sites_options(template):
    """The template of a profile has what the site says and the profile, with what that extends."""
    _, out, _ = template("--image", "airflow:1", "--profile", "large")
    pod = yaml.safe_load(out)
    assert pod["spec"]["containers"][0]["resources"]["limits"] == {"cpu": "4", "memory": "1Gi"}
    assert pod["spec"]["nodeSelector"] == {"disk": "ssd"}
    assert pod["metadata"]["labels"]["team"] == "data"
    _, out, _ = template("--from", str(CHART), "--profile", "small", "-o", "helm")
    assert "memory: 1Gi" in in_values(out)


@pytest.mark.usefixtures("profiles")
def test_without_a_name_the_profile_is_that_of_tasks_without_one(template, monkeypatch):
    """What a plain @k8s_task gets by default, the template has."""
    monkeypatch.setenv("AIRFLOW__K8SEXEC__DEFAULT_PROFILE", "small")
    assert "memory: 1Gi" in template("--image", "airflow:1")[1]
    assert "disk: ssd" in template("--image", "airflow:1", options={"profile": "large"})[1]


@pytest.mark.usefixtures("profiles")
def test_an_unknown_profile_is_told_with_the_nearest(template):
    """A misspelt name writes nothing."""
    code, out, err = template("--image", "airflow:1", "--profile", "lagre")
    assert (code, out) == (1, "")
    assert "profile='lagre' is not a profile of this site; write 'large'" in err


def test_helm_values_have_the_charts_template_with_the_options_in_it(template):
    """For all Deployments: Helm's language is kept, and each release reads its own secret."""
    code, out, err = template("--from", str(CHART), "-o", "helm")
    text = in_values(out)
    assert code == 0
    assert "name: {{ .Release.Name }}-env" in text
    assert '{{- include "standard_environment" . | indent 8 }}' in text
    assert "memory: 512Mi" in text
    assert "Merge this into your values.yaml" in err


def test_the_base_may_stand_in_the_values_of_the_chart(template, base):
    """The chart has its template in values.yaml, and so has what the command writes: no copying by hand."""
    _, straight, _ = template("--from", str(CHART), "-o", "helm")
    _, out, _ = template("--from", base({"airflow": {"podTemplate": CHART.read_text()}}), "-o", "helm")
    assert out == straight
    _, again, _ = template("--from", base(straight), "-o", "helm")
    assert again == straight


def test_the_template_goes_back_to_where_its_chart_has_it(template, base):
    """Airflow's own chart has it in another place than an Astronomer installation."""
    _, straight, _ = template("--from", str(CHART), "-o", "helm")
    _, out, _ = template("--from", base({"podTemplate": CHART.read_text()}), "-o", "helm")
    assert yaml.safe_load(out) == {"podTemplate": in_values(straight)}
    assert template("--from", str(CHART), "-o", "helm", "--chart", "apache")[1] == out


def test_the_charts_of_the_command_are_those_with_a_place_in_their_values(template, capsys):
    """No chart can be chosen that has none, and none is left out."""
    with pytest.raises(SystemExit, match="2"):
        template("--chart", "bitnami")
    offered = re.search(r"choose from (.*)\)", capsys.readouterr().err)[1]
    assert re.findall(r"\w+", offered) == [*VALUES_OF]


RENDERED = """---
# Source: airflow/templates/config/configmap-pod-template.yaml
kind: ConfigMap
data:
  pod_template.yaml: |-
"""


def test_what_the_communitys_chart_takes_has_nothing_of_helms(template, base):
    """That chart renders nothing in the text that its values have, so one is written for its one release."""
    code, out, err = template(
        "--from", base(RENDERED + indent(HELM_TEMPLATE.read_text(), "    ")), "-o", "helm"
    )
    assert (code, err) == (0, "Merge this into your values.yaml, and apply the change.\n")
    written = yaml.safe_load(out)["airflow"]["kubernetesPodTemplate"]["stringOverride"]
    assert written == template("--from", str(HELM_TEMPLATE))[1]
    assert template("--from", base(out), "-o", "helm")[1] == out
    code, out, err = template("--from", str(CHART), "-o", "helm", "--chart", "community")
    assert (code, out) == (1, "")
    assert "is in Helm's language, and the community's chart does not render it; let Helm render" in err


def test_other_options_take_the_place_of_those_that_were_written(template, base):
    """What the command wrote is a base like the chart's: the options of the last time are gone."""
    _, first, _ = template("--from", str(CHART), "-o", "helm", options={"labels": {"team": "data"}, "gpu": 1})
    _, second, _ = template("--from", base(first), "-o", "helm", options={"memory": "1Gi"})
    assert second == template("--from", str(CHART), "-o", "helm", options={"memory": "1Gi"})[1]
    _, nothing, _ = template("--from", base(first), "-o", "helm", options={})
    assert in_values(nothing) == CHART.read_text()


def test_what_the_chart_has_already_is_an_error_with_its_line(template):
    """A mount path of the chart's is not silently the options', for every Deployment."""
    options = {"volumes": {"/etc/airflow/airflow.cfg": {"configMap": {"name": "own"}}}}
    code, out, err = template("--from", str(CHART), "-o", "helm", options=options)
    line = CHART.read_text()[: CHART.read_text().index("- name: config\n")].count("\n") + 1
    assert (code, out) == (1, "")
    assert f'line {line}: volumeMounts: the base has {{"name": "config", "mountPath": "/etc/airflow/' in err


def test_helm_values_are_not_made_without_the_charts_template(template):
    """A minimal pod would take from every Deployment what its chart gives the workers."""
    code, out, err = template("-o", "helm", "--image", "airflow:1")
    assert (code, out) == (1, "")
    assert "needs the chart's own as its base; give the podTemplate of your version" in err


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (("name: base", "name: worker"), "['containers'][0]['name']='worker' is not 'base'"),
        (("metadata:", "metadata: a: b"), "cannot be read as YAML"),
        (("hostNetwork: false", "{{- if .Values.x }}"), "has no end"),
    ],
)
def test_a_chart_that_is_wrong_is_told(template, base, change, said):
    """A base in Helm's language is looked at, too, as far as it can be read."""
    path = base(CHART.read_text().replace(*change))
    code, out, err = template("--from", path, "-o", "helm")
    assert (code, out) == (1, "")
    assert said in err


def test_what_is_probably_not_meant_in_a_template_is_a_warning(template, base):
    """A container of the base that outlives the task does not stop the command; its author is warned."""
    containers = [{"name": "base", "image": "a:3"}, {"name": "git-sync", "image": "g:4"}]
    path = base({"spec": {"restartPolicy": "Never", "containers": containers}})
    code, out, advice = template("--from", path)
    assert code == 0
    assert [item["name"] for item in yaml.safe_load(out)["spec"]["containers"]] == ["base", "git-sync"]
    assert advice.startswith("Warning: template['spec']['containers'][1]='git-sync' runs beside the task")


def test_a_variable_of_the_base_stands_below_what_the_options_add(template, base):
    """The site's secret is named in the base: it moves above, so that Kubernetes expands the reference."""
    env = [{"name": "DSN", "value": "postgresql://etl:$(TOKEN)@warehouse/etl"}]
    containers = [{"name": "base", "image": "a:3", "env": env}]
    code, out, advice = template(
        "--from", base({"spec": {"restartPolicy": "Never", "containers": containers}})
    )
    assert (code, "Warning" in advice) == (0, False)
    (worker,) = yaml.safe_load(out)["spec"]["containers"]
    assert [item["name"] for item in worker["env"]] == ["TOKEN", "DSN"]
