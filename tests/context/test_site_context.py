"""One object has what a process knows of its site: each part is read on first access, once, or not at all."""

from __future__ import annotations

from typing import Any

import pytest
from processes import output_of, run_python

from airflow_provider_k8sexec import ConfigurationError, SpecError, _compat, k8s_config
from airflow_provider_k8sexec.context import forget_context, load_context, use_context
from airflow_provider_k8sexec.context.site_context import SiteContext
from airflow_provider_k8sexec.options.declaration import Declaration
from airflow_provider_k8sexec.site.profiles import Profiles
from airflow_provider_k8sexec.site.settings import Settings

WRONG = {
    "platform": "moon",
    "pod_options": '{"memory": 512, "cpu": 1}',
    "profiles": "a: {memory: 512}",
    "policy_rules": '{"max": 1}',
}


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, str]]:
    """Give the options of Airflow's configuration that are read from now on."""
    read: list[tuple[str, str]] = []
    load = _compat.load_option

    def load_option(section: str, option: str, **team: Any) -> str | None:
        read.append((section, option))
        return load(section, option, **team)

    monkeypatch.setattr(_compat, "load_option", load_option)
    return read


def test_a_context_reads_nothing_before_it_is_asked(reads: list[tuple[str, str]]) -> None:
    """Every Airflow process has one, and few of them ask for a part of it."""
    forget_context()
    load_context()
    assert reads == []


def test_each_part_is_read_once(reads: list[tuple[str, str]]) -> None:
    """A DAG of a thousand tasks asks a thousand times for the same settings."""
    forget_context()
    parts = ("settings", "deployment", "profiles", "rules", "site_options", "executors")
    for _ in range(3):
        for part in parts:
            assert getattr(load_context(), part) is getattr(load_context(), part)
    of_section = [option for section, option in reads if section == "k8sexec"]
    assert len(of_section) == len(set(of_section))


def test_another_context_takes_the_place_of_the_process_own_for_a_block() -> None:
    """A command, or a test, passes a context on; the process's own is as it was, also after an error."""
    own = load_context()
    with use_context(SiteContext(Settings(policy="fix"))) as other:
        assert load_context() is other
        assert load_context().settings.policy == "fix"
    assert load_context() is own
    with pytest.raises(KeyError, match="an error"), use_context(SiteContext()):
        raise KeyError("an error")
    assert load_context() is own


def test_what_a_context_puts_in_the_place_of_a_refused_request_is_what_the_task_gets() -> None:
    """A context of the caller's own, as in `k8sexec lint`, keeps the error, and the file goes on."""

    class Lenient(SiteContext):
        refused: Any = None

        def replace_refused(self, error: Any, request: Any) -> Any:
            self.refused = error
            return request

    with use_context(Lenient()) as lenient:
        config = k8s_config(cpu=1, memory=512)
    assert "memory=512 is 512 bytes" in str(lenient.refused)
    assert config.request.declaration.cpu is not None
    with use_context(SiteContext()), pytest.raises(SpecError, match="memory=512 is 512 bytes"):
        k8s_config(cpu=1, memory=512)


def test_what_is_right_can_be_used_beside_what_is_wrong(configure: Any) -> None:
    """A mistake in the profiles is no reason to launch a pod without the limits of the rules."""
    configure(**{**WRONG, "policy_rules": '{"max": {"cpu": 4}}'})
    context = load_context()
    assert context.rules.max.cpu is not None
    assert context.deployment.release
    assert context.readable_settings == Settings(
        release_name=context.deployment.release,
        pod_options={"memory": 512, "cpu": 1},
        profiles_file=context.readable_settings.profiles_file,
        profiles=WRONG["profiles"],
        policy_rules='{"max": {"cpu": 4}}',
    )
    for part in ("settings", "site_options", "profiles"):
        with pytest.raises(ConfigurationError, match=r"^3 problems in the configuration of the site:\n"):
            getattr(context, part)


def test_a_file_of_the_site_is_read_anew_when_it_was_wrong(configure: Any, tmp_path: Any) -> None:
    """A scheduler runs for months; whoever corrects the file need not restart it."""
    file = tmp_path / "rules.yaml"
    file.write_text("max: 1\n", encoding="utf-8")
    configure(policy_rules=str(file))
    for _ in range(2):
        with pytest.raises(ConfigurationError, match="max=1 is not a mapping"):
            _ = load_context().rules
    file.write_text("max: {cpu: 1}\n", encoding="utf-8")
    assert load_context().rules.max.cpu is not None


def test_no_mistake_of_the_site_fails_a_task_in_its_worker(
    configure: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pod has already been created, by a process whose configuration may be another."""
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    configure(**WRONG)
    context = load_context()
    assert context.settings.platform == "auto"
    assert context.profiles == Profiles()
    assert isinstance(context.site_options, Declaration)
    assert k8s_config(cpu=1, profile="a")


def test_a_thing_happens_for_the_first_time_once_a_context() -> None:
    """So a process warns of it once, and each test sees its warning."""
    context = SiteContext()
    assert [context.is_first("a"), context.is_first("a"), context.is_first("b")] == [True, False, True]
    assert SiteContext().is_first("a")


@pytest.mark.any_python
def test_a_worker_reads_no_yaml_for_its_settings() -> None:
    """Budget of a worker's DAG load: it needs the settings, and none of the site's files."""
    program = (
        "import sys; from airflow_provider_k8sexec.context import load_context; c = load_context();"
        "c.settings, c.deployment, c.site_options;"
        "print([name for name in sys.modules if name.startswith('airflow_provider_k8sexec.site.located')"
        " or name.startswith('airflow_provider_k8sexec.rules')])"
    )
    run = run_python("-c", program, AIRFLOW_IS_K8S_EXECUTOR_POD="True")
    assert output_of(run).splitlines()[-1] == "[]"


AMOUNTS = """\
max:
  cpu: 500Mi
default:
  cpu: 500Mi
  memory: 5m
  gpu: {gpu: 1}
"""


def test_the_amounts_of_the_rules_are_checked_as_those_of_a_task(configure: Any, tmp_path: Any) -> None:
    """The policy writes defaults into pods: an amount that no task may request is a mistake, at its line."""
    rules = tmp_path / "rules.yaml"
    rules.write_text(AMOUNTS, encoding="utf-8")
    configure(policy_rules=str(rules))
    found = [problem.field.removeprefix(str(rules)) for problem in load_context().find_problems()]
    assert [field for field in found if "gpu" not in field] == [
        ", line 2: max.cpu",
        ", line 4: default.cpu",
        ", line 5: default.memory",
    ]
    assert [field.partition(": ")[0] for field in found if "gpu" in field] == [", line 6"]
    with pytest.raises(ConfigurationError, match=r"default\.memory='5m'"):
        _ = load_context().rules


PERCENT = """
from airflow_provider_k8sexec import ConfigurationError
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.policies import task_policy

class Task:
    executor_config = {}

task_policy(Task())  # a task that does not use the package
context = load_context()
assert context.is_on("watch_pods") and context.amendments.repairs
try:
    print(context.settings)
except ConfigurationError as error:
    print(error)
"""


@pytest.mark.any_python
def test_a_percent_sign_in_airflow_cfg_is_a_mistake_of_the_configuration(tmp_path):
    """ConfigParser takes it for a reference; it is named with its option, and disturbs no other task."""
    text = """[k8sexec]
pod_options = {"env_vars": {"DATE_FORMAT": "%Y-%m-%d"}}
watch_pods = 100%
"""
    (tmp_path / "airflow.cfg").write_text(text, encoding="utf-8")
    printed = output_of(run_python("-c", PERCENT, AIRFLOW_HOME=str(tmp_path)))
    for option in ("pod_options", "watch_pods"):
        line = f"[k8sexec] {option} has a '%' that refers to nothing; write '%%' for each '%' in airflow.cfg."
        assert line in printed


@pytest.mark.parametrize(("value", "is_worker"), [("True", True), ("False", False), ("", False)])
def test_a_worker_pod_is_recognised_by_the_executors_variable(
    monkeypatch: pytest.MonkeyPatch, value: str, *, is_worker: bool
) -> None:
    """The KubernetesExecutor sets it in every pod that it makes."""
    assert not SiteContext().is_worker
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", value)
    assert SiteContext().is_worker is is_worker
