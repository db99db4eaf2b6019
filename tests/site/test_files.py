"""Whatever a path leads to: the files of the site and of tasks are read at once, or one error says why."""

from __future__ import annotations

import os
import signal
from typing import TYPE_CHECKING

import pytest

from airflow_provider_k8sexec import SpecError, k8s_config
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.options.bounds import LONGEST_TEXT
from airflow_provider_k8sexec.rules.template_file import check_site_template
from airflow_provider_k8sexec.site.files import read_file
from airflow_provider_k8sexec.site.pod_template import find_template, load_template
from airflow_provider_k8sexec.site.policy_rules import load_site_rules
from airflow_provider_k8sexec.site.profiles import load_profiles
from airflow_provider_k8sexec.site.settings import Settings

if TYPE_CHECKING:
    from pathlib import Path

NOT_REGULAR = "cannot be read: it is not a regular file"
NOT_A_PATH = "cannot be read: it is not a path"
WRONG = {
    "a pipe without a writer": NOT_REGULAR,
    "a device": NOT_REGULAR,
    "a large file": "holds more than 1048576 bytes",
    "a null character": NOT_A_PATH,
    "half of a letter": NOT_A_PATH,
}


@pytest.fixture(autouse=True)
def _time_limit():
    """End a test that waits for the writer of a pipe, which nobody is."""

    def stop(*_):
        raise TimeoutError("a file was waited for")

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(60)
    yield
    signal.alarm(0)
    signal.signal(signal.SIGALRM, before)


def make(kind: str, folder: Path) -> str:
    """Make what a path may lead to; of devices, the one that a reader without bounds survives."""
    path = folder / "file.yaml"
    if kind == "a pipe without a writer":
        os.mkfifo(path)
    elif kind == "a large file":
        with path.open("wb") as file:
            file.truncate(500_000_000)
    others = {"a device": "/dev/null", "a null character": "/a\0b", "half of a letter": "/a\ud800"}
    return others.get(kind, str(path))


@pytest.mark.parametrize("kind", WRONG)
def test_a_tasks_template_that_cannot_be_one_is_an_error_at_once(kind, tmp_path):
    """It cannot be one in any image: the error has the argument, the path and the limit."""
    path = make(kind, tmp_path)
    with pytest.raises(SpecError) as raised:
        k8s_config(pod_template_file=path)
    (problem,) = raised.value.problems
    if kind == "half of a letter":  # no option may hold one
        assert problem.field == "pod_template_file"
    else:
        assert str(problem) == (
            f"pod_template_file {path!r}: template {WRONG[kind]}; write the manifest of a pod."
        )


@pytest.mark.parametrize("kind", WRONG)
def test_the_sites_files_are_read_within_the_same_bounds(kind, tmp_path):
    """The template of all tasks, profiles and policy rules: one reader, and one reason."""
    path = make(kind, tmp_path)
    _, (of_profiles,) = load_profiles(Settings(profiles_file=path), lambda _: [])
    _, (of_rules,) = load_site_rules(path, lambda _: [])
    (of_template,), _ = check_site_template(path, None)
    assert {problem.reason for problem in (of_profiles, of_rules, of_template)} == {WRONG[kind]}
    with pytest.raises(K8sExecError, match=WRONG[kind]):
        load_template(path)
    assert find_template(path) is None


def test_a_file_of_the_bound_is_read_whole(tmp_path):
    """The bound is the size of the largest object that Kubernetes keeps."""
    file = tmp_path / "file.yaml"
    file.write_bytes(b"a" * LONGEST_TEXT)
    assert read_file(str(file)) == b"a" * LONGEST_TEXT
    with file.open("ab") as grown:
        grown.write(b"a")
    with pytest.raises(ValueError, match="holds more than 1048576 bytes"):
        read_file(str(file))


def test_what_is_not_here_is_another_matter(tmp_path):
    """A file that is missing here, or a directory here, may be a template in the scheduler's image."""
    for path in (tmp_path, tmp_path / "missing"):
        with pytest.raises(OSError, match=r"Is a directory|No such file"):
            read_file(str(path))
