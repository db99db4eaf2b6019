"""Workers of real Airflow whose tasks print what comes from secrets, with no option of this package."""

from __future__ import annotations

import base64
import json
from types import SimpleNamespace

import pytest
from airflow_lines import AIRFLOW_3
from processes import RUN_AS_WORKER, rows_of, run_python, trigger_dag

from airflow_provider_k8sexec.executor_names import NAMES_VARIABLE
from airflow_provider_k8sexec.pod.secret_names import SecretNames, write_names

pytestmark = pytest.mark.once_a_line
BODY = [base64.b64encode(bytes(range(start, start + 48))).decode() for start in range(10, 16)]
VALUES = {
    "PEM": "\n".join(["-----BEGIN PRIVATE KEY-----", *BODY, "-----END PRIVATE KEY-----", ""]),
    "ACCOUNT": json.dumps({"password": "in-json-1", "nested": [{"user": "in-json-2"}]}),
    "TOKEN": "with-a-newline\n",
    "DB_PASSWORD": "of-all-keys",
    "AT_THE_TOP": "printed-at-the-top",
    "BY_A_PROGRAM": "written-by-a-program",
    "BY_A_LISTENER": "printed-by-a-listener",
}
PLANTED = [*BODY, "in-json-1", "in-json-2", "with-a-newline", "of-all-keys", "in-a-file", "in-a-folder"]
READABLE = {"LITERAL": "literal-of-the-pod", "DB_LEVEL": "ERROR"}


PLUGIN = """
import os, sys
from airflow.listeners import hookimpl
from airflow.plugins_manager import AirflowPlugin

@hookimpl
def on_starting(component):
    print("a listener of the site:", os.environ.get("BY_A_LISTENER"))

class Printing(AirflowPlugin):
    name = "printing"
    listeners = [sys.modules[__name__]]
"""


@pytest.fixture(scope="module")
def worked(installation, tmp_path_factory):
    """Run the DAG's tasks as worker pods do, with the names that the hook gives and without."""
    installed = installation("prints_secrets.py")
    environ, files = installed.environ, tmp_path_factory.mktemp("secrets")
    (files / "single").write_text("in-a-file\n", encoding="utf-8")
    folder = files / "folder" / "..data"
    folder.mkdir(parents=True)
    (folder / "key").write_text("in-a-folder", encoding="utf-8")
    (files / "folder" / "key").symlink_to(folder / "key")
    (installed.home / "plugins").mkdir()
    (installed.home / "plugins" / "printing.py").write_text(PLUGIN, encoding="utf-8")
    paths = {"KEY_FILE": str(files / "single"), "KEY_FOLDER": str(files / "folder")}
    trigger_dag("prints_secrets", **environ)
    names = SecretNames(
        variables=tuple(name for name in VALUES if name != "DB_PASSWORD"),
        prefixes=("DB_",),
        others=("LITERAL",),
        paths=tuple(sorted(paths.values())),
    )
    pod = {**VALUES, **READABLE, **paths, "AIRFLOW_IS_K8S_EXECUTOR_POD": "True", **environ}

    def run(**more):
        done = run_python(RUN_AS_WORKER, installed.file, "prints_secrets", **pod, **more)
        logs = {file: file.read_text(encoding="utf-8") for file in installed.home.rglob("*.log")}
        for file in logs:
            file.unlink()
        return SimpleNamespace(
            said=done.stdout + done.stderr, log="\n".join(logs.values()), home=installed.home
        )

    return SimpleNamespace(named=run(**{NAMES_VARIABLE: write_names(names)}), unnamed=run())


def test_no_log_has_a_value_that_comes_from_a_secret(worked):
    """Line by line, as repr, stripped, in JSON, of all keys, of files: a log has *** for each."""
    assert "***" in worked.named.log
    assert [value for value in PLANTED if value in worked.named.log] == []
    assert [value for value in PLANTED if value in worked.named.said] == []


def test_what_comes_from_no_secret_stays_readable(worked):
    """Literals of the pod, paths, levels and Airflow's own variables are in the log."""
    assert "from all keys *** ERROR literal-of-the-pod" in worked.named.log
    assert "AIRFLOW_HOME" in worked.named.log
    assert str(worked.named.home) in worked.named.log


@pytest.mark.parametrize("name", ["AT_THE_TOP", "BY_A_PROGRAM", "BY_A_LISTENER"])
def test_what_airflow_2_leaves_out_of_the_log_is_masked_on_airflow_3(worked, name):
    """Airflow 2 shows in clear, in the pod's output, what DAG files, programs and listeners write to it."""
    value = VALUES[name]
    assert value not in worked.named.log
    assert (value in worked.named.said) is not AIRFLOW_3


def test_both_tasks_have_run(worked):
    """The one that raises has failed, with its error in the log, and the other has not."""
    states = dict(rows_of(worked.named.home, "select task_id, state from task_instance"))
    assert states == {"python": "failed", "bash": "success"}
    assert "failed with ***" in worked.named.log


def test_without_the_names_every_value_is_in_the_log(worked):
    """The same tasks show every planted value where no scheduler has named it: the tests above can fail."""
    assert [value for value in PLANTED if value not in worked.unnamed.log] == []
