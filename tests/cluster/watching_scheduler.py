"""A scheduler, as far as the watch is concerned: its job, its executor and their processes, and no loop.

Usage: python watching_scheduler.py JOB_ID
"""

from __future__ import annotations

import sys
import threading
import time

from airflow.cli.commands import scheduler_command  # noqa: F401  # what makes it a scheduler
from airflow.executors.executor_loader import ExecutorLoader
from airflow.jobs.job import Job

Job()  # of which listeners are told before there are executors
for executor in ExecutorLoader.init_executors():
    executor.job_id = int(sys.argv[1])
    executor.start()
sys.stdout.write("started\n")
sys.stdout.flush()
while True:
    time.sleep(1)
    names = sorted(thread.name for thread in threading.enumerate())
    sys.stdout.write(f"threads: {' '.join(names)}\n")
    sys.stdout.flush()
