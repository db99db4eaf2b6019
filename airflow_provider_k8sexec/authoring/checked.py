"""What a task requests, read, built and checked; equal declarations of a process share one.

A loop makes a thousand tasks of one declaration: of 1.4 ms that such a task took to parse and to serialise,
0.4 ms were spent on reading, building and checking the same again.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.authoring.resolve import resolve_request
from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE
from airflow_provider_k8sexec.rules import Findings, check_declaration

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_k8sexec.authoring.layers import Layer
    from airflow_provider_k8sexec.context.site_context import SiteContext
    from airflow_provider_k8sexec.pod.task_request import TaskRequest

_MOST_KEPT = 256


def read_and_check(layers: Sequence[Layer], context: SiteContext) -> tuple[TaskRequest, Findings]:
    """Read what a task requests, build its pod, and find every mistake in it.

    Args:
        layers: The layers inside the site's settings, the outermost first.
        context: The site.

    Returns:
        The request, which tasks may share and which is never changed, and what is wrong with it.
    """
    key, kept = _key_of(layers), context.checked_requests
    if key is not None and key in kept:
        return kept[key]
    request, wrong = resolve_request(layers, context)
    checked = request, check_declaration(request, context.worker_image).preceded_by(wrong)
    if key is not None:
        if len(kept) >= _MOST_KEPT:  # equal tasks follow one another in a DAG file
            kept.clear()
        kept[key] = checked
    return checked


def _key_of(layers: Sequence[Layer]) -> bytes | None:
    """Give a key that equal layers have in common; ``None`` for layers that may not be shared.

    Only plain values have one, for which ``marshal`` is made: objects may change after they were read. A file
    that the task names may change as well, and so may a foreign ``executor_config``, which tasks would share.
    """
    if any(layer.has_config or POD_TEMPLATE_FILE in layer.options for layer in layers):
        return None
    try:
        # Format 0 has no references, so that it depends on the values alone.
        return marshal.dumps([(layer.name, dict(layer.options)) for layer in layers], 0)
    except ValueError:  # a value of another type, or one that contains itself
        return None
