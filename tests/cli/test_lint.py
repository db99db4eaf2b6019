"""``k8sexec lint``: what the policy would report, locally and in pre-commit."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import warnings
from pathlib import Path

import pytest
from planted_mistakes import EXAMPLES, IN_SOURCE, MISTAKES, PASSWORD, PLANTED, RIGHT, write_template
from processes import DAGS, run_python

from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.cli import main

ROOT = Path(__file__).parents[2]
SOURCES = """\
import pendulum
from airflow import DAG
from airflow_provider_k8sexec import K8sBashOperator, from_param, from_xcom
with DAG("sources", start_date=pendulum.datetime(2026, 1, 1), schedule=None, params={"memory": "1Gi"}):
    K8sBashOperator(task_id="size", bash_command="true", memory=from_param("memroy"), cpu="two")
    K8sBashOperator(task_id="load", bash_command="true", memory=from_xcom("sise"))
"""


@pytest.fixture
def lint(capsys, monkeypatch, tmp_path):
    """Run ``k8sexec lint`` in this process, and give the exit code, the findings, and all its output."""
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", write_template(tmp_path))

    def run(*paths):
        capsys.readouterr()
        code = main(["lint", "-o", "json", *map(str, paths)])
        out, err = capsys.readouterr()
        return code, json.loads(out), out + err

    return run


def test_every_planted_mistake_is_found_with_its_remedy(lint):
    """Lint finds what the policy finds, with file, line and remedy, and ends with status 1."""
    code, findings, printed = lint(*sorted(PLANTED.glob("*.py")))
    assert code == 1
    told = {}
    for finding in findings:
        told.setdefault(finding["task"], []).append(finding["problem"])
    assert set(told) == set(MISTAKES)
    for task, (said, remedy) in MISTAKES.items():
        assert any(said in problem and remedy in problem for problem in told[task])
    assert PASSWORD not in printed


def test_a_finding_has_the_line_of_its_task(lint):
    """A finding stands where the options of the task are: at the decorator of its function."""
    _, findings, _ = lint(*sorted(PLANTED.glob("*.py")))
    for finding in findings:
        lines = Path(finding["file"]).read_text(encoding="utf-8").splitlines()
        first = lines[finding["line"] - 1]
        below = "\n".join(lines[finding["line"] :])
        assert first.lstrip().startswith("@")
        assert re.search(r"^ *def (\w+)", below, re.MULTILINE)[1] == finding["task"].partition(".")[2]


def test_a_task_of_an_operator_is_found_by_its_task_id(lint, tmp_path):
    """The line of a classic operator is that of the call with its task_id, also in a group."""
    file = tmp_path / "classic.py"
    file.write_text(
        "import pendulum\n"
        "try:\n"
        "    from airflow.sdk import DAG, TaskGroup\n"
        "    from airflow.providers.standard.operators.bash import BashOperator\n"
        "except ImportError:\n"
        "    from airflow import DAG\n"
        "    from airflow.operators.bash import BashOperator\n"
        "    from airflow.utils.task_group import TaskGroup\n"
        "with DAG('classic', start_date=pendulum.datetime(2026, 1, 1), schedule=None):\n"
        "    with TaskGroup('nightly'):\n"
        "        BashOperator(task_id='good', bash_command='true')\n"
        "        BashOperator(task_id='bad', bash_command='true', executor_config={'pod_overide': 1})\n",
        encoding="utf-8",
    )
    _, findings, _ = lint(file)
    assert [(finding["task"], finding["line"]) for finding in findings] == [("classic.nightly.bad", 12)]


BAD_TASKS = """\
import pendulum
from airflow_provider_k8sexec import K8sBashOperator, k8s_config, k8s_task
try:
    from airflow.sdk import DAG, TaskGroup
except ImportError:
    from airflow import DAG
    from airflow.utils.task_group import TaskGroup

SHARED = k8s_config(memory=512)

@k8s_task
def mapped(x=1): ...

with DAG("bad", start_date=pendulum.datetime(2026, 1, 1), schedule=None):
    k8s_task(task_id="first", memory=1024, labels={"a": "b c"})(lambda: None)()
    with TaskGroup("group"):
        K8sBashOperator(task_id="second", bash_command="true", memry="1Gi")
    bash = K8sBashOperator.partial
    bash(task_id="third", bash_command="true").expand(memory=["1Gi"])
    bash(task_id="fourth").expand(bash_command=["true"], memory=["1Gi"])
    bash(task_id="fifth").expand_kwargs([{"bash_command": "true", "cpu": 1}])
    mapped.expand(memory=["1Gi"])
    mapped.expand(x=[1], memory=["1Gi"])
    K8sBashOperator(task_id="uses_shared", bash_command="true", executor_config=SHARED)
    K8sBashOperator(task_id="by_hand", bash_command="true", executor_config={"pod_overide": 1})
    K8sBashOperator(task_id="right", bash_command="true", memory="1Gi")
"""


def test_every_bad_task_of_a_file_is_found_in_one_run(lint, tmp_path):
    """A refused declaration does not end the file, and each mistake is reported once, at its line."""
    file = tmp_path / "bad.py"
    file.write_text(BAD_TASKS, encoding="utf-8")
    code, findings, _ = lint(file)
    found = [
        (item["line"], item["task"], item["problem"].partition("=")[0].partition(" is")[0])
        for item in findings
    ]
    assert code == 1
    assert found == [
        (9, "bad.uses_shared", "memory"),
        (15, "bad.first", "memory"),
        (15, "bad.first", "labels['a']"),
        (17, "bad.group.second", "memry"),
        (19, "bad.third", "expand(memory"),
        (20, "bad.fourth", "expand(memory"),
        (21, "bad.fifth", "expand(cpu"),
        (22, "bad.mapped", "expand(memory"),
        (23, "bad.mapped", "expand(memory"),
        (25, "bad.by_hand", "executor_config['pod_overide']"),
    ]


def test_a_refused_declaration_ends_the_file_everywhere_else(tmp_path):
    """Only lint goes on: Airflow must not run a task with a stand-in for its pod."""
    file = tmp_path / "bad.py"
    file.write_text(BAD_TASKS, encoding="utf-8")
    bag = load_dag_bag(str(file))
    assert bag.dags == {}
    assert "memory=512 is 512 bytes" in bag.import_errors[str(file)]


HEAD = """\
import pendulum
from airflow_provider_k8sexec import K8sBashOperator, k8s_config, k8s_task
try:
    from airflow.sdk import DAG, TaskGroup
except ImportError:
    from airflow import DAG
    from airflow.utils.task_group import TaskGroup
with DAG("bad", start_date=pendulum.datetime(2026, 1, 1), schedule=None):
"""
BASH = "K8sBashOperator(bash_command='true', task_id="


IN_POD = "pod_override['spec']['containers'][0]['resources']['{}']['cpu']"
# What could be read is checked again where the file takes the pod out of its config.
REPEATED = {
    (f"bad.{task}", IN_POD.format(side)) for task in ("pod", "copy") for side in ("requests", "limits")
}


@pytest.mark.parametrize(("options", "repeated"), [("memory=512", set()), ("cpu='500Mi'", REPEATED)])
def test_a_refused_config_can_be_used_as_any_other(lint, tmp_path, options, repeated):
    """The file goes on with it: its keys are read, it is copied, and other options are laid over it."""
    file = tmp_path / "bad.py"
    lines = [
        f"    SHARED = k8s_config({options})",
        f"    {BASH}'pod', executor_config={{'pod_override': SHARED['pod_override']}})",
        f"    {BASH}'copy', executor_config={{**SHARED}})",
        f"    {BASH}'over', executor_config=SHARED, labels={{'a': 'b'}})",
        f"    {BASH}'later', memory=1024)",
    ]
    file.write_text(HEAD + "\n".join(lines), encoding="utf-8")
    code, findings, _ = lint(file)
    assert code == 1
    first, *others = [(item["line"], item["task"], item["problem"].partition("=")[0]) for item in findings]
    assert first == (9, "bad.pod", options.partition("=")[0])
    assert others[-1] == (13, "bad.later", "memory")
    assert {(task, problem) for _, task, problem in others[:-1]} == repeated


def test_all_kinds_of_mistakes_of_a_task_are_found_in_one_run(lint, configure, tmp_path):
    """A wrong option hides neither what the site does not allow nor what is probably a mistake."""
    configure(policy_rules='{"images": ["acme/*"], "max": {"memory": "1Gi"}, "default": {"cpu": 1}}')
    file = tmp_path / "bad.py"
    options = "cpu='500x', memory='2Gi', image='evil:1', env_vars={'DB_PASSWORD': 'hunter2'}"
    file.write_text(f"{HEAD}    {BASH}'all', {options})\n", encoding="utf-8")
    _, findings, printed = lint(file)
    assert {(item["line"], item["task"]) for item in findings} == {(9, "bad.all")}
    problems = [item["problem"] for item in findings]
    for part in ("cpu='500x'", "'2Gi'", "'evil:1'", "DB_PASSWORD"):
        assert [part in problem for problem in problems].count(True) == 1, (part, problems)
    assert len(problems) == 4
    assert "hunter2" not in printed


def test_a_site_whose_configuration_has_mistakes_is_reported_before_any_file(configure, capsys, tmp_path):
    """No DAG can be validated by rules that are not read; in CI, each mistake is a finding, once."""
    profiles = tmp_path / "profiles.yaml"
    profiles.write_text("small:\n  memry: 1Gi\n", encoding="utf-8")
    configure(pod_options='{"memory": 512}', profiles_file=str(profiles))
    files = [str(EXAMPLES / "example_gpu.py"), str(EXAMPLES / "example_secret.py")]
    assert main(["lint", *files, "-o", "json"]) == 1
    out, err = capsys.readouterr()
    found = {(item["file"], item["line"], item["problem"]) for item in json.loads(out)}
    assert found == {
        ("", 0, "[k8sexec] pod_options: memory=512 is 512 bytes; write memory='512Mi'."),
        (str(profiles), 2, "profile 'small': memry='1Gi' is not a pod option; write memory=..."),
    }
    assert err == "the configuration of the site: 2 problems\n"
    profiles.write_text("small:\n  memory: [1Gi\n", encoding="utf-8")
    configure(profiles='{"tiny": {"memry": 1}}', profiles_file=str(profiles))
    main(["lint", *files, "-o", "json"])
    located = {item["file"]: item["problem"] for item in json.loads(capsys.readouterr().out)}
    assert located[str(profiles)].startswith(f"{profiles} cannot be read as YAML")
    assert set(located) == {"", str(profiles)}


@pytest.mark.parametrize("name", IN_SOURCE)
def test_what_only_the_source_shows_is_found(lint, name):
    """An executor config that no task has, and one given to an operator with a pod of its own, are found."""
    code, findings, _ = lint(PLANTED / "source" / name)
    said, remedy = IN_SOURCE[name]
    assert code == 1
    assert any(said in item["problem"] and remedy in item["problem"] and item["line"] for item in findings)


def test_right_dags_pass(lint):
    """Lint has nothing against realistic overrides, nor against any example DAG, and ends with status 0."""
    for folder in (RIGHT, EXAMPLES):  # a page's sample is an example as well, and its DAG has one id
        assert lint(folder)[:2] == (0, [])


def test_the_samples_of_the_vendors_pages_pass(lint):
    """What Astronomer's pages teach, by hand, is right as far as lint is concerned."""
    assert lint(DAGS / "secret_by_hand.py", RIGHT / "vendor_samples.py")[:2] == (0, [])


def test_a_mistake_in_pod_options_is_a_finding_with_its_line(lint, tmp_path):
    """A DAG that our own rules refuse is told without the traceback, at the line of the author's call."""
    file = tmp_path / "etl.py"
    file.write_text(
        "from airflow_provider_k8sexec import k8s_config\n\nDEFAULTS = k8s_config(memory=512)\n",
        encoding="utf-8",
    )
    code, findings, _ = lint(file)
    assert code == 1
    assert findings[0]["line"] == 3
    assert "memory=512 is 512 bytes; write memory='512Mi'." in findings[0]["problem"]
    assert "Traceback" not in findings[0]["problem"]


def test_a_source_that_cannot_be_right_is_a_finding_of_its_task(lint, tmp_path):
    """Found once the DAG is complete, it has the code and the line of the task, as any other."""
    (tmp_path / "sources.py").write_text(SOURCES)
    _, findings, _ = lint(tmp_path / "sources.py")
    found = [
        (item["line"], item["task"], item["code"], item["problem"].partition(" names ")[0])
        for item in findings
    ]
    assert sorted(found) == [
        (
            5,
            "sources.size",
            "K8S103",
            "cpu='two' is not a Kubernetes quantity; write for example cpu='500m'.",
        ),
        (5, "sources.size", "K8S116", "memory=from_param('memroy')"),
        (6, "sources.load", "K8S116", "memory=from_xcom('sise')"),
    ]


def test_what_is_warned_of_as_a_dag_is_made_is_a_finding(lint, tmp_path):
    """Amounts that no try will have are warned of where the task is made, and found by lint."""
    file = tmp_path / "etl.py"
    file.write_text(
        "import pendulum\n"
        "from airflow_provider_k8sexec import k8s_task, per_try\n"
        "try:\n"
        "    from airflow.sdk import DAG\n"
        "except ImportError:\n"
        "    from airflow import DAG\n"
        "def load():\n"
        "    pass\n"
        "with DAG('etl', start_date=pendulum.datetime(2026, 1, 1), schedule=None):\n"
        "    k8s_task(memory=per_try('1Gi', '2Gi', '4Gi'), retries=1)(load)()\n",
        encoding="utf-8",
    )
    with warnings.catch_warnings():
        warnings.simplefilter("default")  # Airflow 3 says it again, to whoever listens
        code, (finding,), _ = lint(file)
    assert (code, finding["line"], finding["level"]) == (1, 10, "warning")
    assert finding["task"] == "etl.load"  # so that --task chooses it
    assert finding["problem"].startswith("memory=per_try(")
    assert "write retries=2" in finding["problem"]


@pytest.mark.parametrize("variable", ["KUBERNETES_SERVICE_HOST", "UNRELATED"])
def test_an_unknown_release_is_no_finding(lint, monkeypatch, variable):
    """Secrets by key are right where the release is unknown, also where CI runs in Kubernetes."""
    monkeypatch.delenv("AIRFLOW__K8SEXEC__RELEASE_NAME")
    monkeypatch.setenv(variable, "10.0.0.1")
    assert lint(EXAMPLES / "example_secret.py")[:2] == (0, [])
    assert not {"AIRFLOW__K8SEXEC__RELEASE_NAME", "AIRFLOW__K8SEXEC__SECRET_NAME"} & set(os.environ)


@pytest.mark.parametrize("policy", ["off", "warn", "error", "fix"])
def test_lint_judges_whatever_the_policy_is(lint, monkeypatch, policy):
    """Lint says the same under every policy, and leaves the environment as it was."""
    monkeypatch.setenv("AIRFLOW__K8SEXEC__POLICY", policy)
    _, findings, _ = lint(PLANTED / "keys.py")
    assert len(findings) == 9
    assert os.environ["AIRFLOW__K8SEXEC__POLICY"] == policy


def test_lint_knows_the_sites_rules(lint, monkeypatch, tmp_path):
    """A site's rules, kept beside the DAGs, are held against them at the desk."""
    rules = tmp_path / "policy.yaml"
    rules.write_text("required_labels: [team]\n", encoding="utf-8")
    monkeypatch.setenv("AIRFLOW__K8SEXEC__POLICY_RULES", str(rules))
    code, findings, _ = lint(EXAMPLES / "example_gpu.py")
    assert code == 1
    assert {finding["problem"] for finding in findings} == {
        "label team is missing, and the site requires it; give the pod a label team=..."
    }


def test_a_file_that_is_not_there_is_a_finding(lint):
    """A wrong path is a finding, and so is a file that does not import."""
    code, (finding,), _ = lint("/nowhere/etl.py")
    assert (code, finding["problem"]) == (
        1,
        "There is no file '/nowhere/etl.py'; name a DAG file, or a folder of such.",
    )


def test_a_file_that_does_not_import_is_a_finding(lint, tmp_path):
    """Any import error is told by its own words, at the line where it happens."""
    file = tmp_path / "broken.py"
    file.write_text("import pendulum\n\nraise ValueError('no DAG today')\n", encoding="utf-8")
    code, (finding,), _ = lint(file)
    assert (code, finding["line"], finding["problem"]) == (1, 3, "ValueError: no DAG today")


def test_rules_that_cannot_be_read_are_told(monkeypatch, capsys):
    """A mistake in the site's rules is a finding of no task, with status 1."""
    monkeypatch.setenv("AIRFLOW__K8SEXEC__POLICY_RULES", "/nowhere/policy.yaml")
    assert main(["lint", str(EXAMPLES / "example_gpu.py")]) == 1
    assert "'/nowhere/policy.yaml' cannot be read" in capsys.readouterr().out


def test_a_table_is_for_people(capsys):
    """Without -o, findings are a table of locations, tasks, levels and problems."""
    assert main(["lint", str(PLANTED / "keys.py")]) == 1
    out = capsys.readouterr().out
    for column in ("location", "task", "level", "problem", "keys.py:", "keys.misspelt_key", "error"):
        assert column in out


@pytest.mark.any_python
def test_lint_asks_no_database():
    """Lint runs where Airflow has no database, as on a machine that only writes DAGs."""
    nowhere = "sqlite:////nowhere/airflow.db"
    command = ["-m", "airflow_provider_k8sexec.cli", "lint", str(EXAMPLES / "example_gpu.py")]
    program = f"from airflow_provider_k8sexec.cli import main; raise SystemExit(main({command[2:]!r}))"
    run = run_python("-c", program, AIRFLOW__DATABASE__SQL_ALCHEMY_CONN=nowhere)
    assert (run.returncode, run.stdout) == (0, "")


def git(*arguments, at):
    """Run git as somebody, with nobody's settings."""
    names = {f"GIT_{who}_{what}": "a" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    env = {**os.environ, **names, "GIT_CONFIG_GLOBAL": os.devnull}
    subprocess.run(["git", "-C", str(at), *arguments], env=env, check=True, capture_output=True)  # noqa: S603, S607


def new_repository(folder, *files):
    """Make a git repository of some files."""
    folder.mkdir()
    git("init", "--quiet", at=folder)
    for source, target in files:
        (folder / target).parent.mkdir(exist_ok=True)
        shutil.copy(source, folder / target)
    git("add", ".", at=folder)
    git("commit", "--quiet", "--message", "all", at=folder)
    return folder


@pytest.mark.once_a_line
def test_the_hook_runs_in_pre_commit(tmp_path):
    """pre-commit takes the hook's definition, and lints the whole folder, whichever file was changed."""
    hooks = new_repository(tmp_path / "hooks", (ROOT / ".pre-commit-hooks.yaml", ".pre-commit-hooks.yaml"))
    project = new_repository(
        tmp_path / "project",
        (PLANTED / "keys.py", "dags/keys.py"),
        (PLANTED / "shapes.py", "include/shapes.py"),
        (EXAMPLES / "example_gpu.py", "dags/gpu.py"),
    )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    env = {**os.environ, "PATH": path, "PRE_COMMIT_HOME": str(tmp_path / "cache"), "PYTHONWARNINGS": "ignore"}
    command = [sys.executable, "-m", "pre_commit", "try-repo", str(hooks), "k8sexec-lint", "--files"]

    def run(file):
        ran = [*command, file]
        return subprocess.run(ran, cwd=project, env=env, capture_output=True, text=True, check=False)  # noqa: S603

    of_helper = run("include/shapes.py")
    assert of_helper.returncode == 1, of_helper.stdout + of_helper.stderr
    assert "dags/keys.py:" in of_helper.stdout
    assert "shapes" not in of_helper.stdout
    (project / "dags" / "keys.py").unlink()
    right = run("dags/gpu.py")
    assert right.returncode == 0, right.stdout + right.stderr


@pytest.mark.parametrize(("rules", "level"), [("{}", "warning"), ('{"require_executor": true}', "error")])
def test_options_that_no_executor_applies_are_found_task_by_task(lint, monkeypatch, rules, level):
    """Each at its line, and once, though parsing warns of all of them together."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "LocalExecutor,KubernetesExecutor")
    monkeypatch.setenv("AIRFLOW__K8SEXEC__POLICY_RULES", rules)
    code, findings, _ = lint(EXAMPLES / "example_secret.py")
    found = [(item["task"], item["level"], item["problem"].partition(";")[0]) for item in findings]
    problem = "pod options do nothing, because LocalExecutor runs the task (the first of [core] executor)"
    tasks = ("test-secret.test-py-env", "test-secret.read_file")
    assert (code, found) == (1, [(task, level, problem) for task in tasks])
    assert len({item["line"] for item in findings}) == len(tasks)


def test_where_lint_runs_in_kubernetes_with_no_executor_set_it_knows_none(lint, monkeypatch):
    """CI may run there; Airflow's built-in default says nothing of the deployment."""
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    monkeypatch.delenv("AIRFLOW__CORE__EXECUTOR", raising=False)
    assert lint(EXAMPLES / "example_gpu.py")[:2] == (0, [])
