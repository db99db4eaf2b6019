"""``k8sexec doctor`` says what was found about the deployment, from where, and what is wrong."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

import pytest
from airflow_lines import HAS_TEAMS

from airflow_provider_k8sexec import ConfigurationError
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.context import forget_context, load_context

if TYPE_CHECKING:
    from pathlib import Path

Report = "Callable[[], tuple[int, dict[str, dict[str, str]], str]]"
TEMPLATE = "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE"
RIGHT_TEMPLATE = "spec: {restartPolicy: Never, containers: [{name: base, image: 'airflow:3'}]}"


@pytest.fixture
def right(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    """Set a deployment up as it should be, and give its pod template."""
    template = tmp_path / "template.yaml"
    template.write_text(RIGHT_TEMPLATE)
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "KubernetesExecutor")
    monkeypatch.setenv(TEMPLATE, str(template))
    return template


@pytest.fixture
def report(right: Path, capsys: pytest.CaptureFixture[str]) -> Report:
    """Run the command, and give its exit code, facts, and what it finds wrong."""

    def run() -> tuple[int, dict[str, dict[str, str]], str]:
        assert right.is_absolute()
        forget_context()
        code = main(["doctor", "-o", "json"])
        output = capsys.readouterr()
        facts = json.loads(output.out) if output.out else []
        return code, {fact["what"]: fact for fact in facts}, output.err

    return run


def test_a_right_deployment_has_nothing_wrong(report: Any, release: str) -> None:
    """Every fact has its source, and the exit code is 0."""
    code, facts, errors = report()
    assert (code, errors) == (0, "")
    assert facts["release"]["value"] == release
    assert facts["release"]["source"] == "[k8sexec] release_name"
    assert facts["secret name"]["value"] == f"{release}-env"
    assert facts["executor"]["value"] == "KubernetesExecutor"


def test_the_keys_of_the_secret_are_named_where_they_are_known(
    report: Any, release: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Names of keys are shown; there are no values to show."""
    monkeypatch.setenv("AIRFLOW__KUBERNETES_SECRETS__TOKEN", f"{release}-env=TOKEN")
    _, facts, _ = report()
    assert facts["secret keys"]["value"] == "TOKEN"


def test_an_executor_that_makes_no_pods_is_a_warning(report: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is wrong with a site whose pods are all started by operators: it needs no pod template."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor")
    monkeypatch.setenv(TEMPLATE, "")
    code, facts, errors = report()
    assert (code, facts["executors with pods"]["value"]) == (0, "none")
    unapplied = "pod options do nothing, because LocalExecutor runs the task (by [core] executor); "
    assert f"default executor: where a task names no executor, {unapplied}remove the options" in errors


def test_where_no_executor_is_set_no_pod_template_is_missing(
    report: Any, release: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a laptop, Airflow's default runs the tasks: one line reports it, and no other the contrary."""
    monkeypatch.delenv("AIRFLOW__CORE__EXECUTOR")
    monkeypatch.setenv(TEMPLATE, "")
    code, facts, errors = report()
    assert (code, facts["release"]["value"], facts["executors with pods"]["value"]) == (0, release, "none")
    assert facts["pod template"]["remedy"] == ""
    assert "pod template" not in errors


def test_an_executor_under_another_name_is_recognised(
    report: Any, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A subclass of the KubernetesExecutor makes pods, whatever it is called."""
    (tmp_path / "own_executors.py").write_text(
        "class KubernetesExecutor: pass\nclass OurExecutor(KubernetesExecutor): pass\n", encoding="utf-8"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "own_executors.OurExecutor")
    code, facts, errors = report()
    assert (code, errors) == (0, "")
    assert facts["executor"]["value"] == "own_executors.OurExecutor"


def test_a_release_that_cannot_be_found_is_wrong(report: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without it, no key of the deployment's secret can be requested."""
    monkeypatch.delenv("AIRFLOW__K8SEXEC__RELEASE_NAME")
    code, facts, errors = report()
    assert (code, facts["release"]["source"]) == (1, "nowhere")
    assert "fails to import; set AIRFLOW__K8SEXEC__RELEASE_NAME=<release>" in errors


def test_a_release_that_is_unknown_locally_has_its_effect_told(
    report: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Where this is no deployment, the doctor names the placeholder that pods refer to, and the fix."""
    for variable in ("AIRFLOW__K8SEXEC__RELEASE_NAME", "KUBERNETES_SERVICE_HOST", "AIRFLOW__CORE__EXECUTOR"):
        monkeypatch.delenv(variable, raising=False)
    _, _, errors = report()
    assert "refer to 'release-not-set-env'; set AIRFLOW__K8SEXEC__RELEASE_NAME=<release>" in errors


@pytest.mark.parametrize(
    ("content", "remedy"),
    [
        (RIGHT_TEMPLATE.replace("base", "worker"), "[0]['name']='worker' is not 'base'"),
        (
            RIGHT_TEMPLATE.replace("Never", "OnFailure"),
            "['restartPolicy']='OnFailure' would start a finished",
        ),
        ("spec: {restartPolicy: Never, containers: []}", "['containers'] has no container for the task"),
        (RIGHT_TEMPLATE.replace("image: 'airflow:3'", ""), "[0]['image'] is missing"),
        ("[]", "template=<list> is not the manifest of a pod"),
        ("{", "template cannot be read as YAML in line 2"),
    ],
)
def test_a_template_that_is_no_worker_pod_is_wrong(
    report: Any, right: Path, content: str, remedy: str
) -> None:
    """The executor would fail on it, or run the task in the wrong container."""
    right.write_text(content)
    code, _, errors = report()
    assert code == 1
    assert errors.startswith("pod template: template")
    assert remedy in errors


def test_all_that_is_wrong_with_the_template_is_told(report: Any, right: Path) -> None:
    """One look at the report is enough to set a template right."""
    right.write_text("spec: {containers: [{name: worker, image: 'Airflow:3'}]}")
    _, facts, errors = report()
    assert errors.count("template['spec']") == 3
    assert len(facts["pod template"]["remedy"].splitlines()) == 3


def test_what_is_probably_not_meant_in_the_template_is_a_warning(report: Any, right: Path) -> None:
    """A container that outlives the task is reported on standard error and in the facts; the status is 0."""
    right.write_text(RIGHT_TEMPLATE.replace("]}", ", {name: git-sync, image: 'git-sync:4'}]}"))
    code, facts, errors = report()
    assert code == 0
    assert facts["pod template"]["remedy"] == ""
    assert facts["pod template"]["warning"].startswith(
        "template['spec']['containers'][1]='git-sync' runs beside"
    )
    assert errors == f"Warning: pod template: {facts['pod template']['warning']}\n"


def test_a_template_that_is_not_there_is_wrong(
    report: Any, right: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not set and not found are told apart."""
    right.unlink()
    assert "cannot be read: No such file or directory" in report()[2]
    monkeypatch.setenv(TEMPLATE, "")
    assert "the KubernetesExecutor needs one" in report()[2]


def test_a_setting_that_cannot_be_read_is_wrong(report: Any, configure: Any) -> None:
    """A wrong option of the section is an error, and not a traceback."""
    configure(platform="moon")
    code, facts, errors = report()
    assert (code, facts["platform"]["value"]) == (1, "generic")
    assert "[k8sexec] platform='moon' is unknown" in errors


def test_every_mistake_of_the_configuration_is_reported_at_once(
    report: Any, configure: Any, tmp_path: Path
) -> None:
    """Settings, pod options, profiles and rules are read to the end, whatever is wrong in the others."""
    files = {"profiles_file": "small:\n  memory: 512\n", "policy_rules": "max: {cpu: 1}\nmax: {cpu: 2}\n"}
    for option, text in files.items():
        (tmp_path / f"{option}.yaml").write_text(text, encoding="utf-8")
        configure(**{option: str(tmp_path / f"{option}.yaml")})
    configure(platform="moon", pod_options='{"memroy": "1Gi", "cpu": "1 core"}')
    code, facts, errors = report()
    assert code == 1
    head, *lines = facts["configuration"]["remedy"].splitlines()
    assert (head, len(lines)) == ("5 problems in the configuration of the site:", 5)
    for words in (
        "[k8sexec] platform='moon'",
        "[k8sexec] pod_options: memroy",
        "[k8sexec] pod_options: cpu='1 core'",
        f"{tmp_path}/profiles_file.yaml, line 2: profile 'small': memory=512",
        f"{tmp_path}/policy_rules.yaml, line 2, column 1: max is defined twice",
    ):
        assert sum(words in line for line in lines) == 1
        assert words in errors


def test_the_first_use_reports_what_doctor_reports(report: Any, configure: Any, tmp_path: Path) -> None:
    """Whatever part of the configuration a process needs first, its error lists every mistake."""
    configure(
        profiles_file=str(tmp_path / "nowhere.yaml"),
        policy_rules='{"max": {"memroy": "1Gi"}}',
        pod_options='{"memory": 512}',
    )
    expected = report()[1]["configuration"]["remedy"]
    assert expected.startswith("3 problems")
    for part in ("site_options", "profiles", "rules"):
        with pytest.raises(ConfigurationError, match=f"^{re.escape(expected)}$"):
            getattr(load_context(), part)
    assert load_context().settings.policy == "warn"


@pytest.mark.usefixtures("right")
def test_the_table_shows_where_each_fact_is_from(capsys: pytest.CaptureFixture[str]) -> None:
    """People get a table."""
    assert main(["doctor"]) == 0
    assert "[core] executor" in capsys.readouterr().out


def test_the_policy_is_a_fact(report: Report, configure: Any, tmp_path: Path) -> None:
    """The policy, and where its rules are, stand among the facts; a mistake in the rules is told."""
    rules = tmp_path / "policy.yaml"
    rules.write_text("max: {cpu: 8}\n", encoding="utf-8")
    configure(policy="error", policy_rules=str(rules))
    code, facts, _ = report()
    assert (code, facts["policy"]["value"]) == (0, "error")
    assert (facts["policy rules"]["value"], facts["policy rules"]["remedy"]) == (str(rules), "")
    rules.write_text("max: {memroy: 1Gi}\n", encoding="utf-8")
    code, facts, err = report()
    assert code == 1
    assert f"{rules}, line 1: max.memroy is not known; write memory" in facts["configuration"]["remedy"]
    assert "configuration: 1 problem" in err


def test_where_pod_options_are_routed_is_a_fact(
    report: Report, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The executor of tasks with pod options is shown, or why it cannot be."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor,k8s:acme.FastKubernetesExecutor")
    configure(executor="k8s")
    code, facts, _ = report()
    assert (code, facts["executor of pod options"]["value"]) == (0, "k8s")
    configure(executor="KubernetesExecutor")
    code, facts, errors = report()
    assert (code, facts["executor of pod options"]["value"]) == (1, "")
    assert "[k8sexec] executor='KubernetesExecutor' is not one of [core] executor" in errors


@pytest.mark.parametrize(
    ("option", "default", "warning"),
    [
        ("KubernetesExecutor", "KubernetesExecutor (by [core] executor)", ""),
        (
            "LocalExecutor,KubernetesExecutor",
            "LocalExecutor (the first of [core] executor)",
            "where a task names no executor, pod options do nothing, because LocalExecutor runs the task",
        ),
        pytest.param(
            "KubernetesExecutor;a=LocalExecutor",
            "KubernetesExecutor (by [core] executor), LocalExecutor (by [core] executor for team 'a')",
            "(by [core] executor for team 'a'); write executor='KubernetesExecutor'",
            marks=pytest.mark.skipif(not HAS_TEAMS, reason="teams came with Airflow 3.2"),
        ),
    ],
)
def test_which_executors_have_pods_and_what_tasks_get_by_default_are_facts(
    report: Any, monkeypatch: pytest.MonkeyPatch, option: str, default: str, warning: str
) -> None:
    """Where several are configured, a task that names none may go to one without pods."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", option)
    monkeypatch.setenv("AIRFLOW__CORE__MULTI_TEAM", "True")
    code, facts, _ = report()
    assert (code, facts["executors with pods"]["value"]) == (0, "KubernetesExecutor")
    assert facts["default executor"]["value"] == default
    assert warning in facts["default executor"]["warning"]
    assert bool(warning) is bool(facts["default executor"]["warning"])


def test_where_options_are_routed_the_default_executor_is_no_warning(
    report: Any, configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Tasks with pod options go elsewhere."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor,KubernetesExecutor")
    configure(executor="KubernetesExecutor")
    assert report()[1]["default executor"]["warning"] == ""
