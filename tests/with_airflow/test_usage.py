"""At the end of each try, on real Airflow and the machine's own cgroups: the line, the metrics, the record."""

from __future__ import annotations

import json
import re
import socket
import threading
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace

import pytest
from own_cgroup import describe, make_cgroup
from processes import output_of, rows_of, run_airflow, run_python

from airflow_provider_k8sexec.cgroup import read_counters
from airflow_provider_k8sexec.usage import USAGE_KEY

RUN_AS_WORKER = Path(__file__).parent / "run_as_worker.py"
SCHEDULER = {"AIRFLOW__K8SEXEC__RELEASE_NAME": "infrared-photon-7780"}
WORKER = {"AIRFLOW_IS_K8S_EXECUTOR_POD": "True"}
MEBIBYTE = 2**20


@contextmanager
def statsd():
    """Listen as a StatsD server does, and give what it is sent."""
    said = []
    with closing(socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as server:
        server.bind(("127.0.0.1", 0))
        server.settimeout(0.2)
        ended = threading.Event()

        def listen():
            while not ended.is_set():
                try:
                    said.extend(server.recv(65536).decode().splitlines())
                except TimeoutError:
                    continue

        thread = threading.Thread(target=listen)
        thread.start()
        try:
            yield server.getsockname()[1], said
        finally:
            ended.set()
            thread.join()


@pytest.fixture(scope="module")
def ran(installation):
    installed = installation("usage.py")
    output_of(run_airflow("dags", "reserialize", **installed.environ, **SCHEDULER))
    output_of(run_airflow("dags", "trigger", "usage", **installed.environ, **SCHEDULER))
    return installed
