"""Pod options that do nothing are reported as real Airflow parses a DAG, and refused where the site does."""

from __future__ import annotations

import json
import textwrap
import warnings

import pytest
from airflow import settings
from airflow.policies import hookimpl
from processes import output_of, run_python

from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.exceptions import UnappliedWarning

HEAD = """
import pendulum
from airflow import DAG
from kubernetes.client import models as k8s
from airflow_provider_k8sexec import k8s_config, k8s_task
from airflow_provider_k8sexec._compat import task

def run(x=0): ...

POD = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base")]))

with DAG("etl", start_date=pendulum.datetime(2026, 1, 1), schedule=None, default_args={defaults}):
    {line}
"""
FIRST = "because LocalExecutor runs the task (the first of [core] executor); "
ADVICE = (
    "write executor='KubernetesExecutor', set [k8sexec] executor = KubernetesExecutor for all such tasks, "
    "or remove the options."
)


@pytest.fixture
def site(configure, monkeypatch):
    """Give a way to set the executors and the policy of the site."""

    def set_site(executors="LocalExecutor,KubernetesExecutor", policy="off", **options):
        monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", executors)
        configure(policy=policy, **options)

    set_site()
    return set_site


@pytest.fixture
def load(site, tmp_path):
    """Give a way to load a DAG, and get the warnings with their lines, and the import error."""
    file = tmp_path / "etl.py"

    def load_dag(line, defaults="{}"):
        text = HEAD.replace("{defaults}", defaults)
        file.write_text(text.replace("{line}", textwrap.indent(line, "    ").strip()), encoding="utf-8")
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("ignore")
            warnings.simplefilter("always", UnappliedWarning)
            bag = load_dag_bag(str(file))
        found = [item for item in caught if issubclass(item.category, UnappliedWarning)]
        assert {item.filename for item in found} <= {str(file)}
        return [(item.lineno, str(item.message)) for item in found], "".join(bag.import_errors.values())

    assert site
    return load_dag


@pytest.mark.parametrize("policy", ["off", "warn", "error", "fix"])
def test_options_without_an_executor_for_them_are_a_warning_under_every_policy(site, load, policy):
    """The author reads which executor it is, why, and what to write, at the line of the task."""
    site(policy=policy)
    line = HEAD.splitlines().index("    {line}") + 1
    expected = f"task 'run' of DAG 'etl': pod options do nothing, {FIRST}{ADVICE}"
    assert load("k8s_task(task_id='run', memory='1Gi')(run)()") == ([(line, expected)], "")


UNAPPLIED = {
    "by options": "k8s_task(cpu=1)(run)()",
    "by a profile": "k8s_task(profile='small')(run)()",
    "mapped": "k8s_task(cpu=1)(run).expand(x=[1, 2])",
    "by k8s_config": "task(executor_config=k8s_config(cpu=1))(run)()",
    "by hand": "task(executor_config={'pod_override': POD})(run)()",
    "in the form of Airflow 1": "task(executor_config={'KubernetesExecutor': {'request_cpu': 1}})(run)()",
    "a template": "task(executor_config={'pod_template_file': '/big.yaml'})(run)()",
    "no dict": "task(executor_config=POD)(run)()",
    "by a name": "k8s_task(cpu=1, executor='LocalExecutor')(run)()",
}
APPLIED = {
    "nothing": "task(run)()",
    "nothing of ours": "k8s_task(run)()",
    "another executor's": "task(executor_config={'overrides': {'cpu': '256'}})(run)()",
    "named": "k8s_task(cpu=1, executor='KubernetesExecutor')(run)()",
}


@pytest.mark.parametrize("line", UNAPPLIED.values(), ids=UNAPPLIED)
def test_every_form_of_a_declaration_is_reported(site, load, line):
    """Options, a config of this package, and one that was written by hand."""
    site(profiles='{"small": {"cpu": 1}}', profiles_file=None)
    (found,), error = load(line)
    assert "nothing, because LocalExecutor runs the task" in found[1]
    assert error == ""


@pytest.mark.parametrize("line", APPLIED.values(), ids=APPLIED)
def test_what_an_author_has_not_declared_is_no_warning(site, load, line):
    """The site's own options go to all tasks, and are nobody's mistake."""
    profiles = {"profiles": '{"small": {"cpu": 1}}', "profiles_file": None}
    site(pod_options='{"memory": "1Gi"}', default_profile="small", **profiles)
    assert load(line) == ([], "")


def test_a_routed_task_has_its_options(site, load):
    """The site sends it to the KubernetesExecutor, after Airflow's policy for DAGs has been called."""
    site(executor="KubernetesExecutor")
    assert load("k8s_task(cpu=1)(run)()") == ([], "")
    assert len(load("k8s_task(cpu=1, executor='LocalExecutor')(run)()")[0]) == 1


@pytest.mark.parametrize(("chosen", "expected"), [("KubernetesExecutor", 0), ("LocalExecutor", 1)])
def test_the_executor_that_the_policy_of_the_site_chooses_counts(site, load, chosen, expected):
    """``airflow_local_settings`` may route tasks itself; it is called after every policy for DAGs."""

    class LocalSettings:
        @hookimpl
        def task_policy(self, task):
            if task.task_id == "run":
                task.executor = chosen

    site(
        "LocalExecutor,KubernetesExecutor"
        if chosen == "KubernetesExecutor"
        else f"KubernetesExecutor,{chosen}"
    )
    manager = getattr(settings, "POLICY_PLUGIN_MANAGER", None) or settings.get_policy_plugin_manager()
    own = LocalSettings()
    manager.register(own)
    try:
        found, error = load("k8s_task(cpu=1)(run)() >> task(task_id='last')(run)()")
    finally:
        manager.unregister(own)
    assert (len(found), error) == (expected, "")


def test_a_hundred_tasks_are_one_warning(load):
    """It names the first of them; tasks of another executor are another."""
    line = """
for n in range(100):
    k8s_task(task_id=f't{n}', memory=f'{n + 1}Gi')(run)()
k8s_task(task_id='u', cpu=1, executor='LocalExecutor')(run)()
"""
    (first, second), error = load(line)
    assert error == ""
    assert first[1].startswith(
        "tasks 't0', 't1', 't2', 't3', 't4' and 95 more of DAG 'etl': pod options do nothing"
    )
    assert second[1].startswith("task 'u' of DAG 'etl': pod options do nothing")


REMEDIES = {
    "named": (
        "LocalExecutor,KubernetesExecutor",
        "executor='LocalExecutor'",
        """LocalExecutor runs the task (by executor='LocalExecutor');
        write executor='KubernetesExecutor', or remove the options.""",
    ),
    "alias": (
        "LocalExecutor,k8s:acme.FastKubernetesExecutor",
        "",
        """LocalExecutor runs the task (the first of [core] executor); write executor='k8s',
        set [k8sexec] executor = k8s for all such tasks, or remove the options.""",
    ),
    "without pods": (
        "CeleryExecutor",
        "",
        """CeleryExecutor runs the task (by [core] executor); remove the options, write them as
        arguments of a K8sPodOperator, or add KubernetesExecutor to [core] executor.""",
    ),
    "by queue": (
        "CeleryKubernetesExecutor",
        "",
        """CeleryKubernetesExecutor runs the task (its queue is 'default', and
        [celery_kubernetes_executor] kubernetes_queue is 'kubernetes'); write queue='kubernetes'.""",
    ),
}


@pytest.mark.parametrize(("executors", "arguments", "expected"), REMEDIES.values(), ids=REMEDIES)
def test_the_remedy_is_what_the_deployment_can_do(site, load, executors, arguments, expected):
    """An executor of its own, a route for all such tasks, a queue, or what needs no KubernetesExecutor."""
    site(executors)
    ((_, message),), error = load(f"k8s_task(cpu=1, {arguments})(run)()")
    assert message.endswith(f"pod options do nothing, because {' '.join(expected.split())}")
    assert error == ""


def test_the_remedy_is_right(site, load):
    """What the warning advises to write leaves nothing to warn of."""
    site("CeleryKubernetesExecutor")
    assert load("k8s_task(cpu=1, queue='kubernetes')(run)()") == ([], "")


def test_where_nothing_sets_the_executor_nothing_is_reported(load, monkeypatch):
    """On a laptop and in CI, Airflow's built-in default says nothing of the deployment."""
    monkeypatch.delenv("AIRFLOW__CORE__EXECUTOR")
    assert load("k8s_task(cpu=1)(run)()", "{'memory': '1Gi'}") == ([], "")


@pytest.mark.parametrize(
    ("policy", "is_error"), [("off", False), ("warn", False), ("error", True), ("fix", True)]
)
def test_a_site_may_require_an_executor_for_pod_options(site, load, policy, is_error):
    """``require_executor`` ends the DAG file under the policies that refuse, and names each task."""
    site(policy=policy, policy_rules='{"require_executor": true}')
    found, error = load("for name in 'ab':\n    k8s_task(task_id=name, cpu=1)(run)()")
    assert (len(found), error.count("pod options do nothing, because LocalExecutor")) == (
        (0, 2) if is_error else (1, 0)
    )


@pytest.mark.parametrize("made", ["(image='busybox', **own)", ".partial(**own).expand(image=['a', 'b'])"])
def test_of_a_task_that_starts_a_pod_the_options_of_the_worker_are_named(load, made):
    """The author does not take the arguments, which apply, for those that do nothing."""
    own = "own = dict(task_id='crunch', memory='1Gi', executor_config=k8s_config(cpu=1))"
    ((_, found),), error = load(
        f"from airflow_provider_k8sexec import K8sPodOperator\n{own}\nK8sPodOperator{made}"
    )
    expected = f"task 'crunch' of DAG 'etl': pod options in executor_config do nothing, {FIRST}{ADVICE}"
    assert (found, error) == (expected, "")


@pytest.mark.parametrize("policy", ["error", "fix"])
def test_an_exempt_task_is_no_error_and_still_a_warning(site, load, policy):
    """The site does not validate it; that its options do nothing is a fact all the same."""
    site(policy=policy, policy_rules='{"require_executor": true, "exempt": {"etl": ["legacy_*"]}}')
    found, error = load("k8s_task(task_id='legacy_a', cpu=1)(run)()")
    assert (len(found), error) == (1, "")


def test_what_requires_an_executor_is_true_or_false(configure):
    """Another value is a mistake of the site's configuration."""
    from airflow_provider_k8sexec.context import load_context

    configure(policy_rules=json.dumps({"require_executor": "KubernetesExecutor"}))
    (problem,) = load_context().find_problems()
    assert "is neither true nor false; write require_executor: true" in str(problem)


SUPERVISED = "import airflow.sdk.execution_time.task_runner as runner; runner.SUPERVISOR_COMMS = object()"
WORKERS = {
    "worker pod": ("", {"AIRFLOW_IS_K8S_EXECUTOR_POD": "True"}, 0),
    "task of Airflow 3": (
        SUPERVISED,
        {},
        0,
    ),
    "dag-processor": (f"{SUPERVISED}\nimport airflow.cli.commands.dag_processor_command", {}, 1),
    "airflow tasks run": ("import airflow.cli.commands.task_command", {}, 0),
    "other process": ("", {}, 1),
}


@pytest.mark.once_a_line
@pytest.mark.parametrize("process", WORKERS)
def test_no_process_that_runs_a_task_warns(process, tmp_path):
    """The author was warned as the DAG was parsed; each try of each task would repeat it in its log."""
    head, environ, expected = WORKERS[process]
    if "airflow.sdk" in head:
        pytest.importorskip("airflow.sdk.execution_time.task_runner")
    file = tmp_path / "etl.py"
    file.write_text(
        HEAD.replace("{defaults}", "{}").replace("{line}", "k8s_task(cpu=1)(run)()"), encoding="utf-8"
    )
    program = (
        f"{head}\nimport warnings\n"
        "from airflow_provider_k8sexec._compat import load_dag_bag\n"
        "with warnings.catch_warnings(record=True) as caught:\n"
        "    warnings.simplefilter('always')\n"
        f"    bag = load_dag_bag({str(file)!r})\n"
        "assert not bag.import_errors, bag.import_errors\n"
        "print('warnings:', sum('do nothing' in str(item.message) for item in caught))"
    )
    run = run_python("-c", program, AIRFLOW__CORE__EXECUTOR="CeleryExecutor", **environ)
    assert output_of(run).splitlines()[-1] == f"warnings: {expected}"
