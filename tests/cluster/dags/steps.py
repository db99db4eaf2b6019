"""Tasks whose next step depends on how their earlier tries ended."""

from __future__ import annotations

import subprocess
import sys
import time
from datetime import timedelta

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import k8s_task, per_try

START = pendulum.datetime(2022, 1, 1, tz="UTC")
AT_ONCE = {"retries": 4, "retry_delay": timedelta(seconds=0)}
LADDER = per_try("1Gi", "2Gi", "4Gi", after="oom")
EATS_A_LOT = "x = bytearray(700 * 2**20)"
WAITS_ONCE = 'test -e "$AIRFLOW_HOME/$0" || { touch "$AIRFLOW_HOME/$0"; sleep 300; }'


def wait_to_be_ended() -> None:
    """Run until the node ends this pod."""
    time.sleep(300)
    raise TimeoutError


with DAG(dag_id="ladder", start_date=START, schedule=None):

    @k8s_task(memory=LADDER, **AT_ONCE)
    def climb(ti=None) -> None:
        """Run out of memory, fail, run out of memory, succeed."""
        if ti.try_number in {1, 3}:
            wait_to_be_ended()
        if ti.try_number == 2:  # a failure of its own
            raise RuntimeError

    climb()


with DAG(dag_id="taken", start_date=START, schedule=None):

    @k8s_task(
        memory=LADDER,
        node_selector=per_try({"pool": "spot"}, {"pool": "on-demand"}, after="disruption"),
        **AT_ONCE,
    )
    def move(ti=None) -> None:
        """Lose the node twice, though the second one should not be lost."""
        if ti.try_number <= 2:
            wait_to_be_ended()

    move()


with DAG(dag_id="mapped", start_date=START, schedule=None):

    @k8s_task(memory=LADDER, **AT_ONCE)
    def each(index: int, ti=None) -> None:
        """Fail by itself, or run out of memory."""
        if ti.try_number == 1 and index == 0:
            raise RuntimeError
        if ti.try_number == 1:
            wait_to_be_ended()

    each.expand(index=[0, 1])


with DAG(dag_id="too_early", start_date=START, schedule=None):

    @k8s_task(
        memory=LADDER,
        init_containers=[
            {"name": "first", "image": "busybox", "command": ["/bin/sh", "-c", WAITS_ONCE, "too_early"]}
        ],
        **AT_ONCE,
    )
    def begin() -> None:
        """Succeed, once the pod has come so far."""

    begin()


with DAG(dag_id="orphaned", start_date=START, schedule=None):

    @k8s_task(memory=LADDER, **AT_ONCE)
    def survive(ti=None) -> None:
        """Run out of memory while no scheduler runs."""
        if ti.try_number == 1:
            wait_to_be_ended()

    survive()


with DAG(dag_id="child", start_date=START, schedule=None):

    @k8s_task(memory=per_try("600Mi", "1200Mi", after="oom"), **AT_ONCE)
    def have_a_child_killed() -> None:
        """Fail because a process of its own is killed at the limit; the worker itself reports the failure."""
        subprocess.run([sys.executable, "-c", EATS_A_LOT], check=True)  # noqa: S603  # a constant

    have_a_child_killed()
