"""The command ``migrate``: what it prints, what it writes, what it leaves, and how it ends."""

from __future__ import annotations

import re
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from airflow_lines import AIRFLOW_3

from airflow_provider_k8sexec.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

MEMORY = """\
k8s.V1Pod(
    spec=k8s.V1PodSpec(
        containers=[
            k8s.V1Container(name="base", resources=k8s.V1ResourceRequirements(limits={"memory": %s}))
        ]
    )
)"""


def config(memory: str = '"1Gi"') -> str:
    """Write an executor config by hand."""
    return f'{{"pod_override": {MEMORY % memory}}}'


HEAD = """\
import os

import pendulum
from airflow import DAG
from {bash} import BashOperator
from kubernetes.client import models as k8s

"""


def dag_file(dag: str, *configs: str, above: str = "") -> str:
    """Write a DAG file with a task for each config."""
    bash = "airflow.providers.standard.operators.bash" if AIRFLOW_3 else "airflow.operators.bash"
    tasks = "".join(
        f'    BashOperator(\n        task_id="load{number}",  # every night\n        bash_command="true",\n'
        f"        executor_config={text},\n    )\n"
        for number, text in enumerate(configs)
    )
    start = 'schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")'
    return f'{HEAD.format(bash=bash)}{above}\nwith DAG("{dag}", {start}):\n{tasks}'


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Write files into a folder, run the command there, and give its status, its output and its messages."""
    monkeypatch.chdir(tmp_path)

    def migrate(*words: str, **files: str) -> tuple[int, str, str]:
        for name, text in files.items():
            path = tmp_path / f"{name.replace('__', '/')}.py"
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(text.encode())
        status = main(["migrate", *words])
        out, err = capsys.readouterr()
        assert "Traceback" not in out + err
        return status, out, err

    return migrate


def test_the_diff_makes_the_files_that_write_makes(run: Run, tmp_path: Path) -> None:
    """``git apply`` of the diff gives what ``--write`` writes, to the byte; a second run finds nothing."""
    status, diff, messages = run("dags", dags__a=dag_file("a", config()))
    assert (status, diff[:32]) == (0, "--- a/dags/a.py\n+++ b/dags/a.py\n")
    assert re.search(r"^1 task of 1 file can be rewritten, \d+ lines saved", messages, re.MULTILINE)
    applied = subprocess.run(["git", "apply"], input=diff.encode(), check=False)  # noqa: S607
    assert applied.returncode == 0
    by_diff = (tmp_path / "dags/a.py").read_bytes()
    status, out, messages = run("--write", "dags", dags__a=dag_file("a", config()))
    assert (status, out) == (0, "")
    assert messages.startswith("1 task of 1 file rewritten, ")
    assert (tmp_path / "dags/a.py").read_bytes() == by_diff
    assert 'executor_config=k8s_config(memory=(None, "1Gi")),' in by_diff.decode()
    assert run("dags") == (0, "", "nothing to rewrite\n")
    assert run("--check", "dags") == (0, "", "nothing to rewrite\n")


def test_check_changes_nothing_and_ends_with_1(run: Run, tmp_path: Path) -> None:
    """CI fails on a hand-written pod, and names its line."""
    text = dag_file("a", config())
    status, out, messages = run("--check", "dags", dags__a=text)
    assert (status, (tmp_path / "dags/a.py").read_text()) == (1, text)
    assert out == "dags/a.py:13: this can be written as pod options.\n"
    assert messages.startswith("1 task of 1 file can be rewritten, ")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["--write", "--check", "x.py"], "k8sexec migrate: --write and --check exclude each other"),
        (["--profile", "small", "--write", "x.yaml"], "k8sexec migrate: --profile prints a profile"),
        (["--profile", "small", "x.yaml", "y.yaml"], "k8sexec migrate: --profile takes one pod template"),
    ],
)
def test_arguments_that_exclude_each_other_end_with_2(run: Run, words: list[str], message: str) -> None:
    """What is to be done is not guessed."""
    status, out, messages = run(*words)
    assert (status, out) == (2, "")
    assert message in messages


@pytest.mark.parametrize("tool", ["libcst", "ruff"])
def test_without_the_extra_the_command_says_what_to_install(
    run: Run, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One sentence, before anything is loaded."""
    monkeypatch.setitem(sys.modules, tool, None)
    status, out, messages = run("dags", dags__a=dag_file("a", config()))
    assert (status, out) == (1, "")
    assert messages == (
        f"k8sexec migrate needs {tool}, which is not installed; "
        "run pip install 'airflow-provider-k8sexec[migrate]'.\n"
    )


def test_an_import_error_is_reported_and_other_files_are_done(run: Run) -> None:
    """A file that cannot be loaded cannot be proven, and costs no other file its rewrite."""
    status, diff, messages = run(
        "dags", dags__a=dag_file("a", config()), dags__b="from airflow import DAG\nimport not_there\n"
    )
    assert (status, "+++ b/dags/a.py" in diff) == (1, True)
    assert "dags/b.py:2: ModuleNotFoundError: No module named 'not_there'" in messages


@pytest.mark.parametrize("command", ["migrate", "lint"])
def test_a_module_around_the_folder_of_dags_is_found_for_the_reader(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], command: str
) -> None:
    """The image has the project's folder on Python's path; who runs the command there is told to do so."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "project_of_no_path").mkdir()
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/a.py").write_text("from airflow import DAG\nimport project_of_no_path\n")
    assert main([command, "dags"]) == 1
    out, err = capsys.readouterr()
    assert (
        "project_of_no_path exists: put its folder on PYTHONPATH, PYTHONPATH=., as the image's" in out + err
    )


def test_of_a_path_that_is_not_there_nothing_is_summed_up(run: Run) -> None:
    """What was not looked at may well have something to rewrite."""
    status, out, messages = run("--check", "dagz")
    assert (status, out, messages.count("\n")) == (1, "", 1)
    assert messages.startswith("There is no file 'dagz'")


def test_a_config_in_place_of_that_of_default_args_is_explained(run: Run) -> None:
    """Pod options of a task are laid over those of its DAG; a config by hand replaces them."""
    labels = '{"pod_override": k8s.V1Pod(metadata=k8s.V1ObjectMeta(labels={"team": "a"}))}'
    text = dag_file("a", config()).replace(
        "schedule=None,", f"schedule=None, default_args={{'executor_config': {labels}}},"
    )
    _, _, messages = run("dags", dags__a=text)
    assert "Rewritten, a.load0 would differ: metadata" in messages
    assert "; pod options of a task are laid over those of default_args, which" in messages


def test_what_is_known_only_at_load_is_left_and_explained(run: Run) -> None:
    """The value of an environment variable is not frozen; the other task of the file is rewritten."""
    dynamic = config('os.environ.get("MEMORY", "1Gi")')
    status, diff, messages = run("dags", dags__a=dag_file("a", config(), dynamic))
    assert (status, diff.count("k8s_config(")) == (0, 1)
    assert "os.environ.get" not in "".join(line for line in diff.splitlines() if line.startswith("-"))
    assert re.search(r"dags/a\.py:2\d: task a\.load1 keeps its hand-written pod: .*MEMORY", messages)


def test_no_value_that_may_be_secret_is_printed(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    """The options to write have the names of variables, and no value that the file has from elsewhere."""
    monkeypatch.setenv("PLANTED", "planted-value")
    variable = 'k8s.V1EnvVar(name="LOGIN", value=os.environ["PLANTED"])'
    pod = f'k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", env=[{variable}])]))'
    for words in (["dags"], ["--check", "dags"], ["--write", "dags"]):
        _, out, messages = run(*words, dags__a=dag_file("a", f'{{"pod_override": {pod}}}'))
        assert "planted-value" not in out + messages
    assert 'env_vars={"LOGIN": ...}' in messages


def test_a_changed_module_concerns_all_dag_files_that_import_it(run: Run, tmp_path: Path) -> None:
    """A helper is rewritten once, and the tasks of every file that calls it are compared."""
    client = "from kubernetes.client import models as k8s\n"
    helper = f"{client}\n\ndef pod_config(memory):\n    return {config('memory')}\n"
    files = {
        f"dags__{name}": dag_file(name, 'pod_config("1Gi")', above="from pods import pod_config\n")
        for name in "ab"
    }
    status, out, messages = run("--write", "dags", dags__pods=helper, **files)
    assert (status, out) == (0, "")
    assert messages.startswith("2 tasks of 1 file rewritten, ")
    assert "return k8s_config(memory=(None, memory))" in (tmp_path / "dags/pods.py").read_text()


def test_an_import_that_does_something_stays(run: Run, tmp_path: Path) -> None:
    """Of what is imported for a pod alone, only the import of a module that sets values alone is removed."""
    client = "from kubernetes.client import models as k8s\n"
    made = 'V1ResourceRequirements(limits={"memory": "1Gi"})\n'
    quiet = (
        f'{client}ENV = []\nENV.append(1)\nAMOUNTS = k8s.{made}if __name__ == "__main__":\n    print(ENV)\n'
    )
    for line in ('os.environ["A_LOUD_IMPORT"] = "1"', "os.getpid()", "import deep_effect"):
        above = "from loud_one import LOUD\nfrom quiet_one import AMOUNTS\n"
        pods = [
            '{"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=['
            f'k8s.V1Container(name="base", resources={name})]))}}'
            for name in ("LOUD", "AMOUNTS")
        ]
        files = {
            "dags__loud_one": f"import os\n{client}{line}\nLOUD = k8s.{made}",
            "dags__quiet_one": quiet,
            "dags__deep_effect": "import os\nos.getpid()\n",
            "dags__a": dag_file("a", *pods, above=above),
        }
        status, _, _ = run("--write", "dags/a.py", **files)
        text = (tmp_path / "dags/a.py").read_text()
        assert status == 0
        assert "from loud_one import LOUD\n" in text, line
        assert "quiet_one" not in text


def test_what_is_mended_keeps_such_an_import_as_well(run: Run, tmp_path: Path) -> None:
    """A mistake is rewritten by the same rules as what is right."""
    files = {
        "dags__loud_labels": "import os\nos.getpid()\nLABELS = {'team': 'a'}\n",
        "dags__quiet_labels": "TAGS = {'team': 'a'}\n",
        "dags__a": dag_file(
            "a",
            *(f'{{"KubernetesExecutor": {{"labels": {name}}}}}' for name in ("LABELS", "TAGS")),
            above="from loud_labels import LABELS\nfrom quiet_labels import TAGS\n",
        ),
    }
    run("--fix", "--write", "dags/a.py", **files)
    text = (tmp_path / "dags/a.py").read_text()
    assert text.count('k8s_config(labels={"team": "a"})') == 2
    assert "from loud_labels import LABELS\n" in text
    assert "quiet_labels" not in text


def test_a_module_of_files_that_were_not_loaded_is_left(run: Run, tmp_path: Path) -> None:
    """Nothing would show whether their pods stay equal; the report has the file to name as well."""
    client = "from kubernetes.client import models as k8s\n"
    helper = f"{client}\n\ndef pod_config(memory):\n    return {config('memory')}\n"
    files = {
        f"dags__{name}": dag_file(name, 'pod_config("1Gi")', above="from lone_pods import pod_config\n")
        for name in "ab"
    }
    status, out, messages = run("--write", "dags/a.py", dags__lone_pods=helper, **files)
    assert (status, out) == (0, "")
    assert "dags/b.py imports this file and was not loaded; name it, too" in messages
    assert (tmp_path / "dags/lone_pods.py").read_text() == helper
    assert run("--write", "dags/a.py", "dags/b.py")[0] == 0
    assert "k8s_config" in (tmp_path / "dags/lone_pods.py").read_text()


def test_a_file_with_line_ends_of_windows_keeps_them(run: Run, tmp_path: Path) -> None:
    """The diff has them as well, and no line changes that has no pod in it."""
    text = dag_file("a", config()).replace("\n", "\r\n")
    _, diff, _ = run("dags", dags__a=text)
    run("--write", "dags")
    new = (tmp_path / "dags/a.py").read_bytes()
    assert new.count(b"\n") == new.count(b"\r\n")
    (tmp_path / "dags/a.py").write_bytes(text.encode())
    assert subprocess.run(["git", "apply"], input=diff.encode(), check=False).returncode == 0  # noqa: S607
    assert (tmp_path / "dags/a.py").read_bytes() == new


def test_what_cannot_be_written_is_a_sentence_and_the_rest_is_written(run: Run, tmp_path: Path) -> None:
    """A read-only file stays, the others are done, and the status says so."""
    files = {f"dags__{name}": dag_file(name, config()) for name in "ab"}
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/a.py").write_text("")
    run("dags", **files)
    (tmp_path / "dags/a.py").chmod(0o444)
    status, _, messages = run("--write", "dags")
    assert status == 1
    assert "dags/a.py is read-only; make it writable (chmod u+w), and run the command again." in messages
    assert "1 task of 1 file rewritten, " in messages
    assert "; 1 file could not be written" in messages
    assert "k8s_config" in (tmp_path / "dags/b.py").read_text()
    assert run("--write", "dags")[2].endswith("\n1 file could not be written\n")


def test_a_file_that_is_named_twice_is_rewritten_once(run: Run, tmp_path: Path) -> None:
    """By its name, by its folder, and by a link to it."""
    run("dags", dags__a=dag_file("a", config()))
    (tmp_path / "link.py").symlink_to("dags/a.py")
    status, diff, _ = run("dags", "dags/a.py", "link.py")
    assert (status, diff.count("+++ b/dags/a.py")) == (0, 1)
    assert run("--write", "link.py", "dags")[0] == 0
    assert (tmp_path / "link.py").is_symlink()
    assert "k8s_config" in (tmp_path / "dags/a.py").read_text()


KILLED = """
import os, signal, sys
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.cli.migrate.results import replace_files
count, wanted = 0, int(sys.argv[1])
fsync = os.fsync
def killed(descriptor):
    global count
    fsync(descriptor)
    count += 1
    if count == wanted:
        os.kill(os.getpid(), signal.SIGKILL)
os.fsync = killed
main(sys.argv[2:])
"""


@pytest.mark.once_a_line
def test_a_run_that_is_killed_leaves_every_file_whole(run: Run, tmp_path: Path) -> None:
    """Wherever SIGKILL ends it, each file is the old one or the new one, and a second run does the rest."""
    names = [f"dag{number}" for number in range(12)]
    old = {name: dag_file(name, config()) for name in names}
    run("dags", **{f"dags__{name}": text for name, text in old.items()})
    ended = subprocess.run([sys.executable, "-c", KILLED, "7", "migrate", "--write", "dags"], check=False)  # noqa: S603
    assert ended.returncode == -signal.SIGKILL
    found = {name: (tmp_path / f"dags/{name}.py").read_text() for name in names}
    changed = [name for name in names if found[name] != old[name]]
    assert len(changed) == 6
    assert all(
        text.count("k8s_config(") == 1 and text.endswith(")\n")
        for name, text in found.items()
        if name in changed
    )
    assert run("--write", "dags")[0] == 0
    assert all("k8s_config(" in (tmp_path / f"dags/{name}.py").read_text() for name in names)


LEGACY = '{"KubernetesExecutor": {"request_memory": "1Gi", "limit_memory": "1Gi"}}'


def test_what_fix_would_write_is_named_without_what_may_be_secret(run: Run) -> None:
    """Messages go to the logs of CI, where more people see them than see the file."""
    worker = '{"name": "base", "env": [{"name": "PW", "value": "geheim"}]}'
    text = f'{{"pod_override": {{"spec": {{"containers": [{worker}]}}}}}}'
    _, _, messages = run("--check", "dags", dags__a=dag_file("a", text))
    assert "--fix writes env_vars=<hidden>." in messages
    assert "geheim" not in messages


def test_what_is_wrong_today_is_explained_and_rewritten_only_with_fix(run: Run, tmp_path: Path) -> None:
    """A mistake is no equal rewrite: it is named with what it does, and has a marked diff of its own."""
    text = dag_file("a", config(), LEGACY)
    status, diff, messages = run("dags", dags__a=text)
    assert (status, diff.count("k8s_config(")) == (0, 1)
    assert re.search(
        r"^dags/a\.py:\d+: .*the form of Airflow 1.*; --fix writes memory=\"1Gi\"\.$", messages, re.MULTILINE
    )
    status, diff, messages = run("--fix", "dags")
    equal, mark, fixed = diff.partition("k8sexec: dags/a.py:")
    assert (
        status,
        equal.count("k8s_config("),
        fixed.count('+        executor_config=k8s_config(memory="1Gi")'),
    ) == (0, 1, 1)
    assert mark
    note, _, _ = fixed.partition("\n--- a/dags/a.py")
    assert " ".join(note.replace("\n#", "").split()).endswith("; rewritten to what it was meant to be")
    taken = len(re.findall(r"^-(?!-- )", diff, re.MULTILINE)) - len(
        re.findall(r"^\+(?!\+\+ )", diff, re.MULTILINE)
    )
    assert f"1 task of 1 file can be rewritten, 1 mistake can be fixed, {taken} lines saved" in messages
    assert subprocess.run(["git", "apply"], input=diff.encode(), check=False).returncode == 0  # noqa: S607
    by_diff = (tmp_path / "dags/a.py").read_bytes()
    assert run("--check", "--fix", "dags", dags__a=text)[0] == 1
    assert run("--write", "--fix", "dags")[0] == 0
    assert (tmp_path / "dags/a.py").read_bytes() == by_diff
    assert run("--check", "--fix", "dags") == (0, "", "nothing to rewrite\n")


def test_configs_in_yaml_files_are_reported_with_what_to_write(run: Run, tmp_path: Path) -> None:
    """They stay as they are: the file has no call that could take options."""
    (tmp_path / "dags").mkdir()
    pod = "{spec: {containers: [{name: base, resources: {limits: {memory: 1Gi}}}]}}"
    (tmp_path / "dags/etl.yaml").write_text(
        f"etl:\n  tasks:\n    load:\n      executor_config: {{pod_override: {pod}}}\n"
    )
    status, out, messages = run("dags", dags__a=dag_file("a", config()))
    assert (status, "etl.yaml" in out) == (0, False)
    assert re.search(r"^dags/etl\.yaml:4: .*memory", messages, re.MULTILINE)


def test_only_what_changes_a_pod_is_given_up(run: Run) -> None:
    """Where one config of a file cannot be written equally, its other tasks are, and the reason is named."""
    pod = MEMORY % '"1Gi"'
    unseen = f'POD = {pod}\nglobals()["POD"].metadata = k8s.V1ObjectMeta(labels={{"team": "a"}})\n'
    text = dag_file("a", config(), '{"pod_override": POD}', config(), above=unseen)
    status, diff, messages = run("dags", dags__a=text)
    assert (status, diff.count("k8s_config(")) == (0, 2)
    assert "task a.load1 keeps its hand-written pod: Rewritten, a.load1 would differ: " in messages
    assert messages.splitlines()[-1].startswith("2 tasks of 1 file can be rewritten, ")


def test_a_file_to_which_a_link_leads_is_rewritten(run: Run, tmp_path: Path) -> None:
    """Its DAG is loaded by the name of the link, and reported by that of the file."""
    (tmp_path / "dags").mkdir()
    (tmp_path / "dags/link.py").symlink_to(tmp_path / "shared/real.py")
    (tmp_path / "dags/loop.py").symlink_to("loop.py")
    text = dag_file("a", config(), config('os.environ.get("SIZE", "1Gi")'))
    status, _, messages = run("--write", "dags", shared__real=text)
    assert (status, (tmp_path / "dags/link.py").is_symlink()) == (0, True)
    assert (tmp_path / "shared/real.py").read_text().count("k8s_config(") == 1
    assert messages.splitlines()[0].startswith(
        "shared/real.py:21: task a.load1 keeps its hand-written pod: `os."
    )


@pytest.mark.usefixtures("usual_recursion_limit")
def test_a_file_that_is_nested_too_deeply_does_not_end_the_command(run: Run) -> None:
    """It is named, and the other files are done."""
    deep = dag_file("a", config(), above=f"X = {' + '.join(['1'] * 700)}\n")
    status, diff, messages = run("dags", dags__a=deep, dags__b=dag_file("b", config()))
    assert (status, diff.count("k8s_config(")) == (0, 1)
    assert "task a.load0 keeps its hand-written pod: The file is nested too deeply; " in messages


def test_the_reason_for_a_config_of_a_module_is_told_of_the_task_that_has_it(run: Run) -> None:
    """Whoever reads of a task need not search the messages for the module that holds its config."""
    size = config('os.environ["HOME"]')
    sizes = f"import os\n\nfrom kubernetes.client import models as k8s\n\nLARGE = {size}\n"
    dag = dag_file("a", "LARGE", above="from sizes import LARGE\n")
    _, _, messages = run("dags", dags__a=dag, dags__sizes=sizes)
    assert messages.startswith(
        "dags/a.py:11: task a.load0 keeps its hand-written pod: `os.environ['HOME']` is known only when"
    )
    assert "dags/sizes.py" not in messages


def test_a_dag_file_that_cannot_be_loaded_is_not_loaded_again_and_again(run: Run, tmp_path: Path) -> None:
    """What it shares with others is left at once, with its name; it is loaded once."""
    loads = tmp_path / "loads"
    sizes = "from kubernetes.client import models as k8s\n\n"
    sizes += "".join(f"SIZE{number} = {config()}\n" for number in range(4))
    count = f"from four_sizes import *\nopen({str(loads)!r}, 'a').write('.')\n"
    names = [f"SIZE{number}" for number in range(4)]
    status, diff, messages = run(
        "dags",
        dags__a=dag_file("a", *names, above=count),
        dags__broken=dag_file("b", *names, above=f"{count}raise RuntimeError\n"),
        dags__four_sizes=sizes,
    )
    assert (status, diff, loads.read_text()) == (1, "", "..")
    assert "tasks a.load0, a.load1, a.load2 and 1 more keep their hand-written pods: It may" in messages
    assert messages.count("keep their") + messages.count("keeps its") + messages.count("this is left") == 1
    assert "It may change pods of dags/broken.py, which cannot be loaded; correct that file" in messages
    assert messages.count("dags/broken.py:") == 1
