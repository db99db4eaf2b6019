"""What is wrong with a task's pod, written into Airflow's event log."""

from __future__ import annotations

FAILURE_EVENT = "pod problem"
"""The event of such rows in Airflow's ``log`` table; ``extra`` is the sentence that people read."""
