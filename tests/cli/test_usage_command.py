"""`k8sexec usage`: the records in a real metadata database, summed up."""

from __future__ import annotations

import json
import math
import re
import shutil
import sqlite3
from collections import Counter
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace

import pytest
from airflow import settings
from airflow_lines import AIRFLOW_3
from attrs import evolve
from processes import output_of, run_python
from sample_usage import GIBIBYTE, MEBIBYTE, USED
from sqlalchemy import create_engine
from sqlalchemy.orm import sessionmaker

from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.cli.usage_reports import Amounts
from airflow_provider_k8sexec.past_tries.kept_usage import USAGE_EVENT, KeptUsage, build_row
from airflow_provider_k8sexec.past_tries.usage_history import TaskHistory
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY
from airflow_provider_k8sexec.pod.pod_try import PodTry

pytestmark = pytest.mark.once_a_line

ROOT = Path(__file__).parents[2]
COMMAND = "import sys; from airflow_provider_k8sexec.cli import main; sys.exit(main())"
MERGE = evolve(
    USED,
    memory_peak=1965 * MEBIBYTE,
    memory_request=2 * GIBIBYTE,
    memory_limit=2 * GIBIBYTE,
    memory_resident=1900 * MEBIBYTE,
    cpu_limit=2.0,
    cpu_seconds=12.0,
)
TRAIN = evolve(
    USED,
    memory_peak=int(14.2 * GIBIBYTE),
    memory_request=16 * GIBIBYTE,
    memory_limit=16 * GIBIBYTE,
    cpu_request=None,
    cpu_limit=None,
    cpu_seconds=36.0,
)
RECORDS = [
    # Of 31 runs of a task, the first does not count; of the 30 others, one is above the rest.
    ("daily_report", "extract", 1, -1, evolve(USED, memory_peak=900 * MEBIBYTE)),
    *(("daily_report", "extract", run, -1, USED) for run in range(2, 31)),
    ("daily_report", "extract", 31, -1, evolve(USED, memory_peak=330 * MEBIBYTE)),
    # Two runs of a mapped task.
    ("daily_report", "load.merge", 30, 0, evolve(MERGE, memory_peak=GIBIBYTE, memory_request=GIBIBYTE)),
    ("daily_report", "load.merge", 31, 0, evolve(MERGE, memory_peak=GIBIBYTE)),
    ("daily_report", "load.merge", 31, 1, MERGE),
    *(("daily_report", "train", run, -1, TRAIN) for run in range(1, 30)),
    ("daily_report", "train", 30, -1, evolve(TRAIN, memory_peak=15 * GIBIBYTE, cpu_seconds=37.0)),
    ("weekly", "idle", 40, -1, evolve(USED, cpu_seconds=None)),
]


def launch(dag_id, task_id, seconds, requests, **more):
    """Keep what a pod requested, and how long it ran."""
    return KeptUsage(
        of=PodTry(dag_id, task_id, "run", -1, 1), pod="", seconds=seconds, requests=requests, **more
    )


_TRAIN = launch(
    *("daily_report", "train", 7200),
    {"cpu": 4, "memory": 16 * GIBIBYTE, "nvidia.com/gpu": 1},
    team="finance",
    node_selector={"pool": "spot", "zone": "a"},
)
PODS = [
    (launch("daily_report", "extract", 1200, {"cpu": 0.5, "memory": GIBIBYTE}, team="finance"), 30),
    (_TRAIN, 27),
    (evolve(_TRAIN, of=evolve(_TRAIN.of, run_id="later"), ended="EvictionByEvictionAPI"), 3),
    (launch("weekly", "forecast", 10800, {"cpu": 2, "memory": 8 * GIBIBYTE}, team="sales"), 4),
    (launch("cleanup", "purge", 60, {"cpu": 0.25, "memory": GIBIBYTE // 2}), 30),
]
"""What pods requested, and how many of them there were."""

BAD = [
    json.dumps({**USED.to_record(), "memory_peak": 10**400}),
    json.dumps({**USED.to_record(), "cpu_seconds": math.nan}),
    json.dumps({"__classname__": "airflow.models.connection.Connection", "__version__": 1, "__data__": {}}),
    json.dumps({"colour": "blue" * 10_000}),
    "[" * 10_000,
]
"""What anybody may push under the key of records."""


@pytest.fixture(scope="module")
def home(tmp_path_factory, empty_database):
    """Give an Airflow home whose database has records, and an XCom of the same name that is none."""
    folder = tmp_path_factory.mktemp("with-records")
    shutil.copy(empty_database, folder / "airflow.db")
    rows = [(*names, json.dumps(usage.to_record())) for *names, usage in RECORDS]
    rows.append(("weekly", "other", 41, -1, '"a text"'))
    rows.extend(("bad", "mixed", run, -1, record) for run, record in enumerate(BAD, 50))
    rows.append(("bad", "mixed", 60, -1, json.dumps(USED.to_record())))
    insert = (
        "insert into xcom (dag_id, task_id, dag_run_id, map_index, value, key, run_id, timestamp) "
        "values (?, ?, ?, ?, ?, ?, ?, '2026-01-01 00:00:00')"
    )
    with closing(sqlite3.connect(folder / "airflow.db")) as database, database:
        for *names, value in rows:
            stored = value if AIRFLOW_3 else value.encode()
            database.execute(insert, (*names, stored, USAGE_KEY, f"run {names[2]}"))
    return folder


@pytest.fixture
def run_usage(monkeypatch, capsys, configure):
    """Give a way to run the command in this process, on the database of a home."""
    monkeypatch.setenv("COLUMNS", "200")

    def run(home, *arguments, **options):
        configure(**options)
        engine = create_engine(f"sqlite:///{home / 'airflow.db'}")
        monkeypatch.setattr(settings, "Session", sessionmaker(engine))
        capsys.readouterr()
        status = main(["usage", *arguments])
        engine.dispose()
        return SimpleNamespace(status=status, **capsys.readouterr()._asdict())

    return run


def cells(table):
    """Read a table's cells, which a console pads as it likes."""
    return [[cell.strip() for cell in line.split("|")] for line in table.splitlines() if "|" in line]


def test_the_documentation_shows_what_the_command_prints(home):
    """The page's table is what a process prints of such records: requests, peaks, averages, suggestions."""
    page = (ROOT / "docs/explanation/usage.md").read_text(encoding="utf-8")
    shown = next(text for text in re.findall(r"```text\n(.*?)```", page, re.DOTALL) if "runs" in text)
    run = run_python("-c", COMMAND, "usage", "--dag", "daily_report", AIRFLOW_HOME=str(home))
    assert cells(output_of(run)) == cells(shown)


def test_json_has_bytes_and_cores(home, run_usage):
    """For programs, amounts are numbers, and what is not known is null."""
    report = json.loads(run_usage(home, "-o", "json", "--task", "idle").out)
    assert report == [
        {
            "dag_id": "weekly",
            "task_id": "idle",
            "runs": 1,
            "memory": {
                "request": GIBIBYTE,
                "limit": GIBIBYTE,
                "highest": 310 * MEBIBYTE,
                "p95": 310 * MEBIBYTE,
                "suggested": None,
                "not_suggested": "too few tries (1 of 10)",
            },
            "cpu": {"request": 0.5, "limit": 0.5, "highest": None, "p95": None, "suggested": None},
        }
    ]


def test_only_the_last_runs_count(home, run_usage):
    """With --last, as many runs of each task count, with all instances of a mapped one."""
    report = json.loads(run_usage(home, "-o", "json", "--last", "1", "--dag", "daily_report").out)
    assert [(task["task_id"], task["runs"], task["memory"]["highest"]) for task in report] == [
        ("extract", 1, 330 * MEBIBYTE),
        ("load.merge", 1, 1965 * MEBIBYTE),
        ("train", 1, 15 * GIBIBYTE),
    ]
    everything = json.loads(run_usage(home, "-o", "json", "--last", "31", "--task", "extract").out)
    assert everything[0]["memory"] == {
        "request": GIBIBYTE,
        "limit": GIBIBYTE,
        "highest": 900 * MEBIBYTE,
        "p95": 330 * MEBIBYTE,
        "suggested": None,
        "not_suggested": "about right, counting lost tries",
    }


def test_the_peaks_are_those_of_all_measured_tries():
    """Of a failed one, too, from which nothing is suggested."""
    kept = launch("etl", "load", 60, {"memory": GIBIBYTE}, usage=USED)
    failed = evolve(kept, ended="Failed", usage=evolve(USED, memory_peak=900 * MEBIBYTE))
    report = Amounts()
    report.add(TaskHistory("etl", "load", (failed, kept), Counter()))
    assert report.content[0]["memory"]["highest"] == 900 * MEBIBYTE
    assert report.content[0]["memory"]["not_suggested"] == "too few tries (1 of 10)"


def test_a_replay_sums_up_what_auto_would_have_requested(home, run_usage):
    """With --backtest, a row of each task and one of all has GiB-hours and lost tries; JSON has the tasks."""
    (task,) = json.loads(run_usage(home, "--backtest", "-o", "json", "--task", "extract").out)
    assert task["pods"] == 30
    assert task["asked"] == pytest.approx(30 * 10 / 3600)
    assert task["used"] < task["auto_asked"] < task["asked"]
    rows = cells(run_usage(home, "--backtest", "--task", "extract").out)
    assert len(rows) == 3
    merge = json.loads(run_usage(home, "--backtest", "-o", "json", "--task", "load.merge").out)
    runs = json.loads(run_usage(home, "-o", "json", "--task", "load.merge").out)
    assert (merge[0]["pods"], runs[0]["runs"]) == (3, 2)  # a mapped task has a pod for each instance


def test_there_is_no_cost_without_prices(home, run_usage):
    """Where the site has not said what it pays, the error says which option is missing, with an example."""
    run = run_usage(home, "--cost", "dag")
    assert (run.status, run.out) == (1, "")
    assert "[k8sexec] prices is not set" in run.err


@pytest.fixture(scope="module")
def spent(tmp_path_factory, empty_database):
    """Give an Airflow home whose event log has the pods of two teams, and of none."""
    folder = tmp_path_factory.mktemp("with-pods")
    shutil.copy(empty_database, folder / "airflow.db")
    rows = [
        (f"2026-01-{run % 28 + 1:02} 0{run // 28}:00:00", USAGE_EVENT, "run", 1, build_row(kept), *names)
        for run, (kept, *names) in enumerate(
            (evolve(kept, pod=f"{kept.of.task_id}-{number}"), kept.of.dag_id, kept.of.task_id, number)
            for kept, count in PODS
            for number in range(count)
        )
    ]
    insert = (
        "insert into log (dttm, event, run_id, try_number, extra, dag_id, task_id, map_index) "
        "values (?, ?, ?, ?, ?, ?, ?, ?)"
    )
    with closing(sqlite3.connect(folder / "airflow.db")) as database, database:
        database.executemany(insert, rows)
    return folder


def test_the_guide_shows_what_the_teams_have_cost(spent, tmp_path, run_usage):
    """By the prices of the page, the table of the page: what pods requested, for as long as they ran."""
    page = (ROOT / "docs/guides/cost.md").read_text(encoding="utf-8")
    prices = tmp_path / "prices.yaml"
    prices.write_text(re.search(r"```yaml\n(.*?)```", page, re.DOTALL)[1], encoding="utf-8")
    shown = re.search(r"```text\n(.*?)```", page, re.DOTALL)[1]
    run = run_usage(spent, "--cost", "team", prices=str(prices))
    assert cells(run.out) == cells(shown)
    assert "an estimate" in run.err
    assert "no bill" in run.err


def test_the_cost_of_dags_is_there_for_programs(spent, run_usage):
    """The dearest first, with what was lost of it; the GPU of a pod has its price."""
    prices = '{"currency": "EUR", "per_hour": {"nvidia.com/gpu": 1, "cpu": 0.1}}'
    dags = json.loads(run_usage(spent, "--cost", "dag", "-o", "json", prices=prices).out)
    assert [(it["dag"], it["tries"]) for it in dags] == [("daily_report", 60), ("weekly", 4), ("cleanup", 30)]
    train, extract = 30 * 2 * (1 + 0.4), 30 / 3 * 0.05
    assert dags[0]["cost"] == pytest.approx(train + extract)
    assert (dags[0]["lost"], dags[0]["currency"]) == (pytest.approx(train / 10), "EUR")


def test_what_is_no_record_is_left_out(home, run_usage):
    """An XCom of the same name that somebody else has pushed is no task's usage."""
    run = run_usage(home, "--task", "other")
    assert (run.status, run.out) == (1, "")
    assert "There is no record for --task other. " in run.err
    assert USAGE_KEY in run.err
    assert "1 record was skipped: 1 not JSON." in run.err


def test_a_bad_record_is_skipped_and_counted(home, run_usage):
    """Records that cannot be read stop no others: one line on standard error counts them, with reasons."""
    run = run_usage(home, "-o", "json", "--dag", "bad")
    (task,) = json.loads(run.out)
    assert (task["runs"], task["memory"]["highest"]) == (1, USED.memory_peak)
    (line,) = [line for line in run.err.splitlines() if "skipped" in line]
    assert line == (
        "5 records were skipped: 1 memory_peak is not an integer from 1 to 2**63, "
        "1 cpu_seconds is not a number from 0 to 2**63, 1 try_number is missing, others."
    )
    assert "blue" not in run.err


def test_two_reports_at_once_are_refused(capsys):
    """One of the two would be left out, and nobody would know which."""
    assert main(["usage", "--backtest", "--cost", "dag"]) == 2
    assert "--backtest and --cost are two reports; write one of them" in capsys.readouterr().err


def test_no_run_is_no_number_of_runs(capsys):
    """None of the last runs cannot be summed up."""
    with pytest.raises(SystemExit, match="2"):
        main(["usage", "--last", "0"])
    assert "--last" in capsys.readouterr().err


def test_the_password_of_the_database_is_in_no_error(monkeypatch, capsys):
    """A driver may quote the whole URL of the database; the error has it without the login's password."""

    def fail(*_args, **_names):
        raise RuntimeError("cannot connect to postgresql://airflow:c0rrect@db/airflow")

    monkeypatch.setattr("airflow.utils.session.create_session", fail)
    assert main(["usage"]) == 1
    assert "postgresql://airflow:<hidden>@db/airflow" in capsys.readouterr().err


def test_a_database_that_cannot_be_read_is_told(tmp_path):
    """Where there is no metadata database, the error says so, and where to ask instead."""
    run = run_python("-c", COMMAND, "usage", AIRFLOW_HOME=str(tmp_path))
    assert (run.returncode, run.stdout) == (1, "")
    assert "The metadata database cannot be read: " in run.stderr
    assert "-- k8sexec usage" in run.stderr
    assert "Traceback" not in run.stderr
