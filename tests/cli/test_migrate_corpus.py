"""``k8sexec migrate`` on right DAG files in the shapes that people use: rewritten, and every pod equal."""

from __future__ import annotations

import re
import shutil
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace

import pytest
from comparable_pods import make_comparable
from meant_options import UNTOUCHED, WRONG
from migrated_corpus import (
    CORPUS,
    DAG_FOLDERS,
    RIGHT,
    comments_of,
    contents,
    count_findings,
    describe,
    find_unformatted,
    find_unused,
    run_k8sexec,
)

pytestmark = pytest.mark.once_a_line

UNTOUCHED_FOLDER = "untouched"
KNOWN_OF_OPTIONS_ALONE = ("K8S310", "K8S706")
"""Of hand-written configs, lint does not see that their pod templates are not on this machine, and that they
replace those of ``default_args``."""
LEAST = 0.95
"""The share of what is right that is rewritten."""


def in_pairs(function, before, after, *arguments):
    """Look at the files before and after at the same time."""
    with ThreadPoolExecutor(2) as pool:
        return [*pool.map(lambda root: function(root, *arguments), (before, after))]


@pytest.fixture(scope="module")
def migrated(tmp_path_factory):
    """Run the command once over copies of all files that it may rewrite, or must leave."""
    roots = [tmp_path_factory.mktemp(name) for name in ("before", "after")]
    for root in roots:
        for folder in ("right", UNTOUCHED_FOLDER):
            shutil.copytree(
                CORPUS / folder, root / folder, ignore=shutil.ignore_patterns(".*", "__pycache__")
            )
    before, after = roots
    run = run_k8sexec(after, "migrate", "--write", *RIGHT, UNTOUCHED_FOLDER)
    return SimpleNamespace(before=before, after=after, run=run)


@pytest.fixture(scope="module")
def pods(migrated):
    """Load the right files before and after, and give the pods of their tasks."""
    found = in_pairs(describe, migrated.before, migrated.after, DAG_FOLDERS)
    return SimpleNamespace(before=found[0], after=found[1])


def tasks_with_pods(pods):
    """Give the tasks of the right files that make a pod by hand."""
    return {
        name: task for name, task in pods.before["tasks"].items() if "launched" in task or "started" in task
    }


def is_rewritten(task):
    """Report whether the pod of a task is made of pod options: of the worker's, and of what it starts."""
    worker = task["config"] == "ExecutorConfig" or "launched" not in task
    return worker and ("started" not in task or task["operator"] == "K8sPodOperator")


def test_there_are_one_hundred_and_fifty_dag_files():
    """What is claimed of the command is claimed of this many files, in the shares of public repositories."""
    dag_files = [path for folder in DAG_FOLDERS for path in (CORPUS / folder).rglob("*.py")]
    dag_files = [path for path in dag_files if path.parent.name == "dags"]
    wrong, untouched = ({*(CORPUS / name).glob("*.py")} for name in ("wrong", UNTOUCHED_FOLDER))
    assert {path.name for path in wrong} == {*WRONG}
    assert {path.name for path in untouched} == {*UNTOUCHED}
    assert len(dag_files) + len(wrong) + len(untouched) == 150


def test_the_command_ends_well(migrated):
    """All files are read, and those that change are written."""
    assert migrated.run.returncode == 0, migrated.run.stderr


def test_nearly_all_right_tasks_are_rewritten(pods):
    """At least 95 % of the tasks that make a pod by hand make it with pod options afterwards."""
    tasks = tasks_with_pods(pods)
    left = [name for name in tasks if not is_rewritten(pods.after["tasks"][name])]
    assert len(left) <= (1 - LEAST) * len(tasks), left


def test_nearly_all_right_files_are_rewritten(pods):
    """At least 95 % of the right files have no pod left that is made by hand."""
    tasks = tasks_with_pods(pods)
    files = {name.partition(":")[0] for name in tasks}
    left = {name.partition(":")[0] for name in tasks if not is_rewritten(pods.after["tasks"][name])}
    assert len(left) <= (1 - LEAST) * len(files), left


def test_every_pod_is_the_same_as_before(pods):
    """Airflow launches, and a KubernetesPodOperator starts, what Kubernetes takes for the same pod."""
    assert len(tasks_with_pods(pods)) > 200
    assert pods.before["tasks"].keys() == pods.after["tasks"].keys()
    for name, task in pods.before["tasks"].items():
        now = pods.after["tasks"][name]
        for kind in ("launched", "started"):
            assert make_comparable(now.get(kind)) == make_comparable(task.get(kind)), (name, kind)
        assert now.get("template") == task.get("template"), name


def test_every_file_is_loaded_as_before(pods):
    """No file has an error of import."""
    assert pods.before["errors"] == pods.after["errors"] == {}


def test_every_comment_is_kept(migrated):
    """What people wrote beside a field, or turned off by a comment, is in the file afterwards."""
    before, after = contents(migrated.before), contents(migrated.after)
    assert before.keys() == after.keys()
    for name in before:
        if name.endswith(".py"):
            assert comments_of(before[name]) - comments_of(after[name]) == {}, name


def test_a_second_run_changes_nothing(migrated, tmp_path):
    """What the command writes is what it would write again, and CI's check passes."""
    again = tmp_path / "again"
    shutil.copytree(migrated.after, again)

    with ThreadPoolExecutor(2) as pool:
        written = pool.submit(run_k8sexec, again, "migrate", "--write", *RIGHT, UNTOUCHED_FOLDER)
        checked = pool.submit(run_k8sexec, migrated.after, "migrate", "--check", *RIGHT[:1], UNTOUCHED_FOLDER)
    assert written.result().returncode == 0, written.result().stderr
    assert checked.result().returncode == 0, checked.result().stdout
    assert contents(again) == contents(migrated.after)


def test_lint_finds_nothing_new(pods):
    """What is rewritten breaks no rule that the file kept before."""
    before, after = count_findings(pods.before["lint"]), count_findings(pods.after["lint"])
    new = {finding for finding in after - before if finding[-1] not in KNOWN_OF_OPTIONS_ALONE}
    assert new == set()


def test_no_name_is_left_unused(migrated):
    """Ruff finds no import, variable or undefined name that it did not find before."""
    before, after = in_pairs(find_unused, migrated.before, migrated.after)
    assert after - before == {}


def test_files_that_ruff_laid_out_stay_as_ruff_has_them(migrated):
    """Who formats files in CI has no second change."""
    before, after = in_pairs(find_unformatted, migrated.before, migrated.after)
    assert after - before == set()


def test_what_is_known_only_at_load_is_left_as_it_is(migrated):
    """A value that may be another one at each parse is not frozen: the file is the same to the byte."""
    before, after = (contents(root / UNTOUCHED_FOLDER) for root in (migrated.before, migrated.after))
    assert before == after


@pytest.mark.parametrize(("name", "word"), UNTOUCHED.items())
def test_what_is_left_is_explained(migrated, name, word):
    """A sentence names the file, the line and what stands in the way."""
    lines = re.findall(rf"^\S*{name}:([0-9]+): (.+)$", migrated.run.stderr, re.MULTILINE)
    assert lines, migrated.run.stderr
    assert any(word in sentence for _, sentence in lines), lines
    source = (CORPUS / UNTOUCHED_FOLDER / name).read_text(encoding="utf-8").splitlines()
    assert all(0 < int(line) <= len(source) for line, _ in lines)
