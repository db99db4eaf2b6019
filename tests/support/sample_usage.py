"""What a try used, as the tests of its record and of the command that sums records up have it."""

from __future__ import annotations

from airflow_provider_k8sexec.past_tries.usage_record import Usage

MEBIBYTE = 2**20
GIBIBYTE = 2**30
USED = Usage(
    try_number=1,
    memory_peak=310 * MEBIBYTE,
    memory_request=GIBIBYTE,
    memory_limit=GIBIBYTE,
    cpu_seconds=4.0,
    seconds=10.0,
    cpu_request=0.5,
    cpu_limit=0.5,
)
