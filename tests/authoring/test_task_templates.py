"""``pod_template_file=`` is looked at when the DAG is parsed, as far as the parsing process can know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from airflow_provider_k8sexec import SpecError, SpecWarning, k8s_config
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.site import pod_template
from airflow_provider_k8sexec.site.pod_template import load_template

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

RIGHT = """
kind: Pod
spec: {restartPolicy: Never, containers: [{name: base, image: "airflow:3"}]}
"""
ELSEWHERE = "/nowhere/pod_template.yaml"


@pytest.fixture
def on(configure: Callable[..., None]) -> Callable[[str], None]:
    """Set the platform."""
    return lambda platform: configure(platform=platform)


@pytest.fixture
def template(tmp_path: Path) -> Callable[[str], str]:
    """Write a template, and give its path."""

    def write(text: str) -> str:
        path = tmp_path / "pod_template.yaml"
        path.write_text(text, encoding="utf-8")
        return str(path)

    return write


def test_a_right_template_goes_to_airflow_as_it_is(template):
    """Airflow gets the path, and reads the file itself."""
    path = template(RIGHT)
    assert k8s_config(pod_template_file=path) == {"pod_template_file": path}


@pytest.mark.parametrize("platform", ["generic", "software", "astro"])
def test_what_is_wrong_in_a_template_is_an_error_everywhere(template, on, platform):
    """The file says the same wherever it is read; all its problems are told, with its path."""
    on(platform)
    path = template(RIGHT.replace("base", "worker").replace("Never", "Always"))
    with pytest.raises(SpecError, match=r"[23] problems") as error:
        k8s_config(pod_template_file=path)
    assert f"pod_template_file '{path}': template['spec']['containers'][0]['name']='worker'" in str(
        error.value
    )


def test_text_that_is_no_yaml_is_told_with_its_line_and_not_shown(template):
    """A line that cannot be read may hold a password."""
    path = template("spec:\n  password: hunter22: hunter22\n")
    with pytest.raises(SpecError, match=r"template cannot be read as YAML in line 2, .*: mapping") as error:
        k8s_config(pod_template_file=path)
    assert "hunter22" not in str(error.value)


def test_bytes_that_are_no_text_are_told(tmp_path):
    """An image under the name of a template is no YAML."""
    path = tmp_path / "t.yaml"
    path.write_bytes(b"\xff\xfe\xfa")
    with pytest.raises(SpecError, match="template cannot be read as YAML"):
        k8s_config(pod_template_file=str(path))


@pytest.mark.parametrize("platform", ["software", "astro"])
def test_a_template_that_is_not_there_is_an_error_where_all_run_one_image(on, platform):
    """On Astronomer's platforms the scheduler has no file that the parsing process lacks."""
    on(platform)
    with pytest.raises(SpecError, match="cannot be read: No such file or directory; copy it into the image"):
        k8s_config(pod_template_file=ELSEWHERE)


def test_a_template_that_is_not_there_is_a_warning_elsewhere(on):
    """At a desk, or where a chart mounts the file in the scheduler alone, the DAG must load."""
    on("generic")
    with pytest.warns(SpecWarning, match=f"pod_template_file='{ELSEWHERE}' cannot be read"):
        assert k8s_config(pod_template_file=ELSEWHERE) == {"pod_template_file": ELSEWHERE}


def test_an_image_may_come_from_the_template_the_task_or_the_settings(template, on, monkeypatch):
    """A template without an image is an error only where nobody else says one."""
    on("software")
    path = template(RIGHT.replace(', image: "airflow:3"', ""))
    with pytest.raises(SpecError, match=r"\['image'\] is missing, and \[kubernetes_executor\]"):
        k8s_config(pod_template_file=path)
    assert k8s_config(pod_template_file=path, image="airflow:3")
    override = {"spec": {"containers": [{"name": "base", "image": "airflow:3"}]}}
    assert k8s_config(pod_template_file=path, pod_override=override)
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_REPOSITORY", "airflow")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_TAG", "3")
    on("software")  # the site is read anew
    assert k8s_config(pod_template_file=path)


def test_a_missing_image_is_a_warning_where_settings_may_be_the_schedulers_own(template, on):
    """The option that names it may be set in the scheduler alone."""
    on("generic")
    path = template(RIGHT.replace(', image: "airflow:3"', ""))
    with pytest.warns(SpecWarning, match=r"\['image'\] is missing"):
        k8s_config(pod_template_file=path)


def test_a_worker_looks_at_no_template(on, monkeypatch):
    """A worker's pod is there already, whatever its template was."""
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    on("software")
    assert k8s_config(pod_template_file=ELSEWHERE)


def test_a_template_is_read_once_for_all_tasks(template):
    """A thousand tasks with one template cost one reading of it."""
    path = template(RIGHT)
    before = pod_template._read_version.cache_info().misses
    for _ in range(1000):
        k8s_config(pod_template_file=path)
    assert pod_template._read_version.cache_info().misses == before + 1


DAG_FILE = """
import pendulum
from airflow import DAG
from airflow_provider_k8sexec._compat import load_operator

with DAG("by_hand", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):
    load_operator("bash", "BashOperator")(
        task_id="a_task", bash_command="true", executor_config={"pod_template_file": %r}
    )
"""


def test_the_template_of_an_executor_config_by_hand_is_linted(template, tmp_path, capsys):
    """Who writes executor_config by hand is told the same, where the file can be read."""
    path = tmp_path / "by_hand.py"
    path.write_text(DAG_FILE % template(RIGHT.replace("base", "worker")))
    assert main(["lint", str(path), "-o", "json"]) == 1
    assert "is not 'base', and Airflow would put the task into it" in capsys.readouterr().out
    path.write_text(DAG_FILE % ELSEWHERE)
    assert main(["lint", str(path)]) == 0


def test_a_template_is_read_anew_when_its_file_changes(tmp_path):
    """A long-running process does not go on with a template that somebody has replaced, as a ConfigMap is."""
    template, other = tmp_path / "template.yaml", tmp_path / "other.yaml"
    template.write_text("spec: {containers: [{name: base, image: 'old:1'}]}", encoding="utf-8")
    assert load_template(str(template))["spec"]["containers"][0]["image"] == "old:1"
    other.write_text("spec: {containers: [{name: base, image: 'new:1'}]}", encoding="utf-8")
    other.replace(template)
    assert load_template(str(template))["spec"]["containers"][0]["image"] == "new:1"


@pytest.mark.parametrize("text", ["password: *hunter2", "password: !hunter2 x", "a: [hunter2"])
def test_an_error_in_a_templates_yaml_quotes_nothing_of_it(text, tmp_path):
    """A password may stand where the mistake is; the line is named."""
    (tmp_path / "template.yaml").write_text(text, encoding="utf-8")
    with pytest.raises(K8sExecError, match=r"cannot be read as YAML in line [12]") as caught:
        load_template(str(tmp_path / "template.yaml"))
    assert "hunter2" not in str(caught.value)
