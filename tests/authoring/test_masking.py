"""What comes from secrets reaches Airflow's secrets masker: named by the scheduler, or declared by a task."""

from __future__ import annotations

import logging
import os
import threading
from types import SimpleNamespace

import pluggy
import pytest
from airflow_lines import _secrets_masker, launched_pod, new_dag, redact

from airflow_provider_k8sexec import K8sBashOperator, Secret, k8s_config, k8s_task
from airflow_provider_k8sexec.authoring import masking
from airflow_provider_k8sexec.authoring.masking import LARGEST_FILE, MOST_FILES, mask_named
from airflow_provider_k8sexec.executor_names import NAMES_VARIABLE
from airflow_provider_k8sexec.plugin import listeners
from airflow_provider_k8sexec.pod.secret_names import SecretNames, write_names

VALUE = "correct-horse-battery-staple"


@pytest.fixture(autouse=True)
def _forgetful_masker():
    """Let the masker forget what a test has told it."""
    masker = _secrets_masker()
    patterns, replacer = set(masker.patterns), masker.replacer
    yield
    masker.patterns, masker.replacer = patterns, replacer


def is_hidden(value=VALUE):
    """Tell whether Airflow would hide the value in a log."""
    return redact(f"before {value} after") == "before *** after"


def do_something():
    return None


DECLARE = {
    "k8s_task": lambda *secrets: k8s_task(secrets=secrets)(do_something)(),
    "mapped k8s_task": lambda *secrets: k8s_task(secrets=secrets)(lambda x: x).expand(x=[1]),
    "K8sBashOperator": lambda *secrets: K8sBashOperator(task_id="it", bash_command="true", secrets=secrets),
    "mapped K8sBashOperator": lambda *secrets: K8sBashOperator.partial(task_id="it", secrets=secrets).expand(
        bash_command=["true"]
    ),
    "k8s_config": lambda *secrets: k8s_config(secrets=secrets),
}


@pytest.mark.parametrize("declare", DECLARE.values(), ids=DECLARE.keys())
def test_the_value_of_a_declared_variable_is_hidden(declare, monkeypatch):
    """Where the secret's variable is present, its value is hidden as soon as the task is declared."""
    monkeypatch.setenv("MY_SECRET", VALUE)
    assert not is_hidden()
    with new_dag():
        declare("MY_SECRET")
    assert is_hidden()


def test_the_variable_that_the_secret_names_is_the_one(monkeypatch):
    """Secret(key, env=...) is found in that variable, and not in one of the key's name."""
    monkeypatch.setenv("PGPASSWORD", VALUE)
    monkeypatch.setenv("DB_PASSWORD", "something-else")
    k8s_config(secrets=[Secret("DB_PASSWORD", env="PGPASSWORD")])
    assert is_hidden()
    assert not is_hidden("something-else")


def test_secrets_of_default_args_are_hidden(monkeypatch):
    """A secret that the DAG declares for all its tasks is hidden as well."""
    monkeypatch.setenv("MY_SECRET", VALUE)
    with new_dag(default_args={"secrets": ["MY_SECRET"]}):
        k8s_task(do_something)()
    assert is_hidden()


@pytest.mark.parametrize("ending", ["", "\n"])
def test_the_content_of_a_secret_file_is_hidden(ending, tmp_path):
    """A secret that is mounted as a file is hidden, with or without the line's end."""
    file = tmp_path / "key"
    file.write_text(VALUE + ending, encoding="utf-8")
    k8s_config(secrets=[Secret("KEY", file=str(file))])
    assert is_hidden()


@pytest.mark.parametrize("content", [None, b"", b"\xff\xfe\x00binary"])
def test_a_file_that_is_no_text_does_no_harm(content, tmp_path):
    """A secret's file that is missing, empty or binary leaves the task as it is, and the masker too."""
    file = tmp_path / "key"
    if content is not None:
        file.write_bytes(content)
    before = set(_secrets_masker().patterns)
    assert k8s_config(secrets=[Secret("KEY", file=str(file))])
    assert _secrets_masker().patterns == before


def test_what_is_not_there_does_no_harm(monkeypatch):
    """Outside a worker the variable is not there, or empty, and nothing is hidden."""
    monkeypatch.delenv("MY_SECRET", raising=False)
    monkeypatch.setenv("ANOTHER", "")
    before = set(_secrets_masker().patterns)
    k8s_config(secrets=["MY_SECRET", "ANOTHER"])
    assert _secrets_masker().patterns == before


def test_variables_that_nobody_declared_secret_are_not_hidden(monkeypatch):
    """A literal of env_vars, and a variable that no task asks for, stay readable."""
    monkeypatch.setenv("MY_SECRET", VALUE)
    monkeypatch.setenv("LEVEL", "debugging-level")
    k8s_config(env_vars={"LEVEL": "debugging-level"})
    assert not is_hidden()
    assert not is_hidden("debugging-level")


def test_a_secret_of_env_vars_is_hidden(monkeypatch):
    """A secretKeyRef of env_vars is a secret as one of secrets is, where no scheduler has named it."""
    monkeypatch.setenv("DSN", VALUE)
    k8s_config(env_vars={"DSN": {"secretKeyRef": {"name": "db", "key": "dsn"}}})
    assert is_hidden()


def test_what_the_scheduler_has_named_is_not_looked_for_again(monkeypatch):
    """In a pod that has the names, a worker spends nothing on a declaration: all was masked before."""
    monkeypatch.setenv("MY_SECRET", VALUE)
    monkeypatch.setenv(NAMES_VARIABLE, write_names(SecretNames(variables=("MY_SECRET",))))
    k8s_config(secrets=["MY_SECRET"])
    assert not is_hidden()
    listeners.on_starting(None)
    assert is_hidden()


def test_a_worker_without_a_release_hides_the_value(monkeypatch):
    """In a worker pod that knows no release, where the secret's name does not matter, its value is hidden."""
    monkeypatch.delenv("AIRFLOW__K8SEXEC__RELEASE_NAME")
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    monkeypatch.setenv("MY_SECRET", VALUE)
    with new_dag():
        k8s_task(secrets=["MY_SECRET"])(do_something)()
    assert is_hidden()


# -- what the scheduler has named


def mask(environ=None, **names):
    """Mask as a worker does that has these variables and these names."""
    mask_named({**(environ or {}), NAMES_VARIABLE: write_names(SecretNames(**names))})


def test_named_variables_are_hidden():
    """The value of each variable that is named is hidden; of one that is missing or empty, nothing."""
    mask({"A": VALUE, "EMPTY": ""}, variables=("A", "EMPTY", "MISSING"))
    assert is_hidden()


def test_the_parts_of_a_value_are_hidden():
    """The supervisor and the task's process get the lines and the strings in JSON, too."""
    mask({"A": '{"password": "in-json-1"}', "B": "line-one-1\nline-two-2\n"}, variables=("A", "B"))
    assert all(is_hidden(part) for part in ("in-json-1", "line-one-1", "line-two-2"))


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("DB_PASSWORD", VALUE, True),
        ("DB_LEVEL", "ERROR", False),
        ("DB_HOME", "/tmp", False),  # noqa: S108  # a directory that is there
        ("DB_MISSING", "/no/such/path", True),
        ("DB_DECLARED", VALUE, False),
        ("DB_SERVICE_HOST", "10.20.30.40", False),
        ("DB_PORT_5432_TCP", "tcp://10.20.30.40:5432", False),
        ("OTHER", VALUE, False),
    ],
)
def test_variables_of_all_keys_are_found_by_their_prefix(name, value, hidden):
    """What begins with the prefix is hidden, if nothing else is known to set it."""
    mask({name: value}, prefixes=("DB_",), others=("DB_DECLARED",))
    assert is_hidden(value) is hidden


@pytest.mark.parametrize(
    ("name", "value", "hidden"),
    [
        ("GITHUB_PAT", VALUE, True),
        ("PYTHON_API_TOKEN", VALUE, True),
        ("AIRFLOW_CONN_DB", "postgresql://u:p@h/x", True),
        ("AIRFLOW_VAR_REGION", "somewhere", True),
        ("AIRFLOW__CORE__FERNET_KEY", VALUE, True),
        ("AIRFLOW__ACME__LICENCE", VALUE, True),
        ("AIRFLOW__CORE__PARALLELISM", "100000", False),
        ("PATH", "/usr/bin:/bin", False),
        ("PYTHON_VERSION", "3.11.99", False),
        ("AIRFLOW_VERSION", "99.99.99", False),
        ("_AIRFLOW_PARSING_CONTEXT_TASK_ID", "extract", False),
        ("__AIRFLOW_SUPERVISOR_FD", "100000", False),
        ("AIRFLOW_LOGIN", VALUE, True),
        ("AIRFLOW_VAR_A_VERSION", VALUE, True),
        ("AIRFLOW_HOME", "airflows-own-home", False),
        ("PIP_INDEX_URL", "https://u:hunter22@h/index", True),
        ("PIP_NO_CACHE_DIR", "100000", False),
        ("UV_INDEX", VALUE, True),
        ("UV_LINK_MODE", "hardlink", False),
        ("PYTHON_MIRROR", "https://u:hunter22@h/python", True),
        ("MY_PORT", "hunter22", True),
        ("MY_PORT", "100000", False),
        ("MY_SERVICE_PORT_HTTPS", "hunter22", True),
        ("MY_SERVICE_PORT_HTTPS", "100000", False),
        ("MY_PORT_443_TCP_ADDR", "10.0.0.1", False),
        ("KUBERNETES_LOGIN", VALUE, True),
        ("KUBERNETES_SERVICE_HOST", "10.0.0.1", False),
        ("KUBERNETES_PORT", "tcp://10.0.0.1:443", False),
        ("LC_ALL", "C.UTF-8", False),
    ],
)
def test_without_a_prefix_what_images_set_stays_readable(name, value, hidden):
    """Where all keys are variables, names of images and of Kubernetes are none, unless they sound secret."""
    mask({name: value}, prefixes=("",))
    assert is_hidden(value) is hidden


def test_an_option_that_airflow_shows_is_no_secret():
    """On Astronomer Software all variables come from one secret: a plain option of Airflow stays readable."""
    environ = {"AIRFLOW__CORE__DAGS_FOLDER": "dags-of-the-site", "AIRFLOW__CORE__FERNET_KEY": VALUE}
    mask(environ, variables=tuple(environ))
    assert is_hidden()
    assert not is_hidden("dags-of-the-site")


def test_the_files_of_a_secret_are_hidden(tmp_path):
    """A file, and those of a directory as Kubernetes writes it, with links and directories of items."""
    data = tmp_path / "volume" / "..2026"
    (data / "items").mkdir(parents=True)
    (data / "key").write_text("file-of-a-key")
    (data / "items" / "key").write_text("file-of-an-item")
    (tmp_path / "volume" / "..data").symlink_to(data)
    (tmp_path / "volume" / "key").symlink_to(data / "key")
    (tmp_path / "volume" / "items").symlink_to(data / "items")
    (tmp_path / "single").write_text("single-file\n")
    mask(paths=(str(tmp_path / "volume"), str(tmp_path / "single")))
    assert all(is_hidden(value) for value in ("file-of-a-key", "file-of-an-item", "single-file"))


def test_no_file_keeps_a_worker_waiting(tmp_path, caplog):
    """Pipes, devices, loops, missing and binary files are left alone; a large file is named in the log."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to(tmp_path / "loop")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "self").symlink_to(tmp_path / "folder")
    (tmp_path / "binary").write_bytes(b"\xff" + VALUE.encode())
    (tmp_path / "large").write_text(VALUE * LARGEST_FILE)
    names = ("pipe", "loop", "missing", "folder", "binary", "large")
    paths = (*(str(tmp_path / name) for name in names), "/dev/zero", "/dev/tty", "a\0b")
    worker = threading.Thread(target=mask, kwargs={"paths": paths}, daemon=True)
    worker.start()
    worker.join(timeout=5)
    assert not worker.is_alive()
    assert not is_hidden()
    (line,) = [record.getMessage() for record in caplog.records if record.name == masking.__name__]
    assert line == f"Too large to be masked in full in this log: {tmp_path / 'large'}."


def test_only_so_many_files_are_read(tmp_path):
    """A directory of thousands of files costs no more than a few hundred of them do."""
    for number in range(MOST_FILES + 50):
        (tmp_path / f"file-{number:04}").write_text(f"content-{number:04}")
    mask(paths=(str(tmp_path),))
    hidden = sum(is_hidden(f"content-{number:04}") for number in range(MOST_FILES + 50))
    assert 0 < hidden <= MOST_FILES


def test_a_masker_that_fails_fails_no_task(monkeypatch, caplog):
    """The task runs; the log has the kind of the error, and not its text, which may hold a value."""

    def fail(_values):
        raise ValueError(VALUE)

    monkeypatch.setattr("airflow_provider_k8sexec._compat.mask_secrets", fail)
    with caplog.at_level(logging.WARNING):
        mask({"A": VALUE}, variables=("A",))
    assert "could not be masked in this log: ValueError." in caplog.text
    assert VALUE not in caplog.text


def test_a_process_that_is_no_worker_masks_nothing(monkeypatch):
    """The scheduler, the dag-processor and a laptop have no names, and their listener does nothing."""
    monkeypatch.delenv(NAMES_VARIABLE, raising=False)
    monkeypatch.setattr(masking, "mask_named", lambda _: pytest.fail("was called"))
    listeners.on_starting(None)


def test_the_masking_can_be_switched_off(configure, monkeypatch):
    """A site that sets [k8sexec] mask_secrets to False has neither names in its pods nor masks in workers."""
    configure(mask_secrets="False")
    pod = launched_pod(k8s_config(secrets=["MY_SECRET"]))
    assert NAMES_VARIABLE not in {item["name"] for item in pod["spec"]["containers"][0]["env"]}
    monkeypatch.setenv("MY_SECRET", VALUE)
    k8s_config(secrets=["MY_SECRET"])
    monkeypatch.setenv(NAMES_VARIABLE, write_names(SecretNames(variables=("MY_SECRET",))))
    listeners.on_starting(None)
    assert not is_hidden()


def test_the_masking_comes_before_every_other_listener():
    """Whatever a listener of the site prints as a process starts, it prints after the masking."""
    other = SimpleNamespace(__name__="other", on_starting=listeners.hookimpl(lambda: None))
    manager = pluggy.PluginManager("airflow")
    for module in (listeners, other):
        manager.register(module)
    assert (
        manager.hook.on_starting.get_hookimpls()[-1].plugin is listeners
    )  # the last of these is called first
