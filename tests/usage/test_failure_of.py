"""``failure_of``: what a callback can know of a failure, in the process in which Airflow runs it."""

from __future__ import annotations

import json
from types import SimpleNamespace
from typing import Any

import pytest
from processes import output_of, run_python

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec import failure_of, k8s_config, per_try
from airflow_provider_k8sexec.context import forget_context
from airflow_provider_k8sexec.diagnosis import Diagnosis
from airflow_provider_k8sexec.past_tries.failures import FAILURE_KEY, build_record
from airflow_provider_k8sexec.pod.pod_try import PodTry
from airflow_provider_k8sexec.usage import cgroup
from airflow_provider_k8sexec.usage import failure_of as module
from airflow_provider_k8sexec.usage.cgroup import Counters

TRY = PodTry("a_dag", "a_group.a_task", "a_run", 3, 2)
DRAINED = Diagnosis("Drained", "it was evicted", "set retries=...", "EvictionByEvictionAPI", "node-1")
GIBIBYTE = 2**30
COUNTERS = Counters(
    memory_peak=GIBIBYTE,
    is_peak_counted=True,
    memory_cache=0,
    memory_resident=GIBIBYTE // 2,
    memory_limit=GIBIBYTE,
    oom_kills=0,
    cpu_seconds=4.0,
    cpu_limit=None,
    seconds=10.0,
)


def context_of(**changed: Any) -> dict[str, Any]:
    """Give the context of a callback."""
    names = {name: getattr(TRY, name) for name in PodTry.__annotations__}
    return {"ti": SimpleNamespace(**{**names, **changed})}


class Comms:
    """The connection of a callback to Airflow's API."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.sent: list[Any] = []

    def send(self, message: Any) -> Any:
        """Answer as the API does."""
        from airflow.sdk.execution_time.comms import XComResult

        self.sent.append(message)
        return XComResult(key=message.key, value=self.value)


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Let the database, or Airflow's API, have a value; give the function that sets it."""
    if not compat.AIRFLOW_3:
        return lambda value: monkeypatch.setattr(
            compat, "load_stored_xcom", lambda *_: None if value is None else json.dumps(value).encode()
        )
    from airflow.sdk.execution_time import task_runner

    def store(value: Any) -> Comms:
        comms = Comms(value)
        monkeypatch.setattr(task_runner, "SUPERVISOR_COMMS", comms, raising=False)
        return comms

    return store


@pytest.fixture(autouse=True)
def pauses(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """Let time pass in pauses alone; give them."""
    made: list[float] = []
    monkeypatch.setattr(module.time, "sleep", made.append)
    monkeypatch.setattr(module.time, "monotonic", lambda: sum(made))
    return made


@pytest.fixture
def worker(monkeypatch: pytest.MonkeyPatch) -> Any:
    """Be a worker, whose kernel has counted something; give the function that sets it."""
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    forget_context()
    return lambda **counted: monkeypatch.setattr(
        cgroup, "read_counters", lambda: COUNTERS._replace(**counted)
    )


def test_a_callback_gets_what_the_scheduler_recorded(stored):
    """The parts that programs compare, and the sentence that people read."""
    stored(build_record(TRY, DRAINED))
    failure = failure_of(context_of())
    assert failure == DRAINED
    assert (failure.code, failure.actor, failure.node) == ("Drained", "cluster", "node-1")
    assert str(failure) == "Drained (EvictionByEvictionAPI): it was evicted; set retries=..."


@pytest.mark.skipif(not compat.AIRFLOW_3, reason="callbacks of Airflow 2.11 read the database")
def test_a_callback_of_airflow_3_asks_the_api_for_one_xcom(stored):
    """It has no database; of a task that is not mapped, the index is -1."""
    comms = stored(None)
    assert failure_of(context_of(map_index=None)) is None
    message = comms.sent[0]
    asked = (message.key, message.dag_id, message.task_id, message.run_id, message.map_index)
    assert asked == (FAILURE_KEY, "a_dag", "a_group.a_task", "a_run", -1)


def test_a_record_is_json_that_any_program_reads():
    """By the REST API, for example: the actor is in it, and which try it is of."""
    assert json.loads(json.dumps(build_record(TRY, DRAINED))) == {
        "code": "Drained",
        "actor": "cluster",
        "cause": "it was evicted",
        "remedy": "set retries=...",
        "reason": "EvictionByEvictionAPI",
        "node": "node-1",
        "try_number": 2,
    }


@pytest.mark.parametrize(
    "value",
    [
        None,
        build_record(PodTry("a_dag", "a_group.a_task", "a_run", 3, 1), DRAINED),
        {**build_record(TRY, DRAINED), "code": "OfALaterVersion"},
        {**build_record(TRY, DRAINED), "cause": 5},
        {**build_record(TRY, DRAINED), "cause": "x" * 100_000},
        {"__classname__": "airflow.exceptions.AirflowException", "try_number": 2},
        [],
        "text",
        5,
    ],
)
def test_what_is_no_record_of_the_try_is_no_failure(stored, value):
    """Another try's, a later version's, and whatever a task has pushed under that name."""
    stored(value)
    assert failure_of(context_of()) is None


@pytest.mark.parametrize("context", [{}, {"ti": None}, {"ti": SimpleNamespace(dag_id="d")}, None])
def test_an_odd_context_raises_nothing(context):
    """A callback has more to do than to explain."""
    assert failure_of(context) is None


def test_a_refusal_is_read_from_what_the_executor_reports(stored):
    """Airflow 2.11 hands that on as the error, and has it recorded after the callbacks."""
    stored(None)
    answer = {"code": 403, "message": "exceeded quota: q, requested: pods=1, used: pods=2, limited: pods=2"}
    error = f"Extra info: (403)\nHTTP response body: {json.dumps(answer)}\n"
    assert failure_of({**context_of(), "exception": error}).code == "Quota"
    assert failure_of({**context_of(), "exception": ValueError(error)}) is None


def test_a_record_that_is_being_written_is_waited_for(monkeypatch, pauses):
    """The scheduler hands over the callback in the transaction in which it learns of the failure."""
    answers = iter([None, None, build_record(TRY, DRAINED)])
    monkeypatch.setattr(compat, "load_stored_xcom", lambda *_: next(answers))
    assert failure_of(context_of()) == DRAINED
    assert sum(pauses) == 1


def test_no_callback_waits_long(monkeypatch, pauses):
    """Of a pod that a user has deleted there never is a record."""
    monkeypatch.setattr(compat, "load_stored_xcom", lambda *_: None)
    assert failure_of(context_of()) is None
    assert sum(pauses) == module.PATIENCE == 3


def test_an_api_that_fails_raises_nothing(monkeypatch, caplog):
    """It costs a line in the log that names the kind of the error, and no content."""

    def fail(*_: Any) -> None:
        raise OSError("the password is hunter2")

    monkeypatch.setattr(compat, "load_stored_xcom", fail)
    assert failure_of(context_of()) is None
    assert "Why the pod failed could not be read: OSError" in caplog.text
    assert "hunter2" not in caplog.text


def test_a_worker_knows_that_a_process_of_its_task_ran_out_of_memory(worker):
    """A child is killed, and the task's own process lives to run the callback."""
    worker(oom_kills=1, memory_limit=GIBIBYTE)
    failure = failure_of(context_of(task=SimpleNamespace(executor_config={})))
    assert (failure.code, failure.actor) == ("OOMKilled", "author")
    assert failure.remedy == "try memory=per_try('1Gi', '2Gi')"


def test_a_worker_knows_what_its_next_try_gets(worker):
    """The remedy is that of the record which the scheduler would have written."""
    worker(oom_kills=2, memory_limit=GIBIBYTE)
    config = k8s_config(memory=per_try("1Gi", "3Gi"))
    failure = failure_of(context_of(task=SimpleNamespace(executor_config=config)))
    assert failure.remedy == "set retries=... so that it runs again, with memory='3Gi'"


@pytest.mark.parametrize("limit", [None, GIBIBYTE])
def test_a_worker_knows_the_limit_of_the_pod_as_a_whole(worker, limit):
    """A container without a limit has that of the pod; more of its own would be above it."""
    worker(oom_kills=1, memory_limit=limit)
    config = k8s_config(pod_resources={"memory": "1Gi"})
    failure = failure_of(context_of(task=SimpleNamespace(executor_config=config)))
    assert failure.remedy == "write pod_resources={'memory': '2Gi'}"


def test_a_worker_without_a_limit_needs_one(worker):
    """Then the node had no memory left."""
    worker(oom_kills=1, memory_limit=None)
    assert failure_of(context_of()).remedy == "set memory=... to what it needs"


def test_a_task_that_fails_by_itself_has_no_failure_of_its_pod(worker, monkeypatch):
    """Nothing is asked of the database or of the API, where no record can be."""
    monkeypatch.setattr(compat, "load_stored_xcom", lambda *_: pytest.fail("asked"))
    worker(oom_kills=0)
    assert failure_of(context_of()) is None
    monkeypatch.setattr(cgroup, "read_counters", lambda: None)
    assert failure_of(context_of()) is None


def test_the_name_is_loaded_on_first_use():
    """A DAG file that imports it costs every parse of it next to nothing."""
    program = (
        "import sys; from airflow_provider_k8sexec import failure_of\n"
        "print([room for room in ('diagnosis', 'past_tries', 'rules') "
        "if f'airflow_provider_k8sexec.{room}' in sys.modules], 'kubernetes' in sys.modules)"
    )
    assert output_of(run_python("-c", program)).splitlines()[-1] == "[] False"
