"""Sends the metrics of tries, in both forms that Airflow's backends know."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import TYPE_CHECKING

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.site.metric_table import METRICS, PREFIX

if TYPE_CHECKING:
    from collections.abc import Mapping

_NO_VALUE = "none"
_NOT_IN_NAME = re.compile(r"[^A-Za-z0-9_-]")
_LONGEST_NAME = 200
"""Of longer names Airflow logs an error each time: StatsD has 250 characters for a name with its tags, and
OpenTelemetry 255 with the prefix."""


def send_metric(name: str, value: float | None, tags: Mapping[str, str]) -> None:
    """Send a metric: under one name with tags, and for StatsD, which has none, with their values in the name.

    Never raises: a metric is no reason to disturb what is measured. A name with the values of tags that is
    longer than 200 characters is not sent.

    Args:
        name: Its name in :data:`~airflow_provider_k8sexec.site.metric_table.METRICS`.
        value: Its value; what is not known is not sent.
        tags: The values of its tags; those that it does not have are left out.
    """
    if value is None:
        return
    metric = METRICS[name]
    given = {tag: tags.get(tag) or _NO_VALUE for tag in metric.tags}
    words = [_NOT_IN_NAME.sub("_", word) for word in given.values()]
    long_name = ".".join([f"{PREFIX}{name}", *words])
    with suppress(Exception):
        stats = compat.load_stats(metric.sender)
        send = stats.gauge if metric.kind == "gauge" else stats.incr
        send(f"{PREFIX}{name}", value, tags=given)
        if words and len(long_name) <= _LONGEST_NAME:
            send(long_name, value)
