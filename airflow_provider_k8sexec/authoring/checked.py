"""What a task requests, read, built and checked; equal declarations of a process share one.

A loop makes a thousand tasks of one declaration: of 1.4 ms that such a task took to parse and to serialise,
0.4 ms were spent on reading, building and checking the same again.
"""

from __future__ import annotations

import marshal
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.authoring.resolve import resolve_request
from airflow_provider_k8sexec.executor_names import POD_TEMPLATE_FILE
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig
from airflow_provider_k8sexec.pod.task_request import TaskRequest
from airflow_provider_k8sexec.rules import Findings, check_declaration, check_history, explain_templates

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from airflow_provider_k8sexec.authoring.layers import Layer
    from airflow_provider_k8sexec.context.site_context import SiteContext

_MOST_KEPT = 256


def read_and_check(
    layers: Sequence[Layer], context: SiteContext, request_class: type[TaskRequest] = TaskRequest
) -> tuple[TaskRequest, Findings]:
    """Read what a task requests, build its pod, and find every mistake in it.

    Args:
        layers: The layers inside the site's settings, the outermost first.
        context: The site.
        request_class: The class of the request: which of the task's pods the layers are for.

    Returns:
        The request, which tasks may share and which is never changed, and what is wrong with it.
    """
    key, kept = _key_of(layers, request_class.kind), context.checked_requests
    if key is not None and key in kept:
        return kept[key]
    request, wrong = resolve_request(layers, context, request_class)
    findings = check_declaration(request, context.worker_image).preceded_by(wrong)
    findings |= Findings(check_history(request, context.is_on))
    checked = request, explain_templates(findings, request.kind)
    if key is not None:
        if len(kept) >= _MOST_KEPT:  # equal tasks follow one another in a DAG file
            kept.clear()
        kept[key] = checked
    return checked


def _key_of(layers: Sequence[Layer], kind: str) -> tuple[Hashable, ...] | None:
    """Give a key that equal layers have in common; ``None`` for layers that may not be shared.

    Only plain values have one, for which ``marshal`` is made: objects may change after they were read. A file
    that the task names may change as well, and so may a foreign ``executor_config``, which tasks would share.
    What ``k8s_config`` has read never changes, and is its own key.
    """
    if any(POD_TEMPLATE_FILE in layer.options for layer in layers):
        return None
    requests = [_request_of(layer.executor_config) if layer.has_config else None for layer in layers]
    if any(layer.has_config and request is None for layer, request in zip(layers, requests, strict=True)):
        return None
    try:
        # Format 0 has no references, so that it depends on the values alone.
        return (kind, marshal.dumps([(layer.name, dict(layer.options)) for layer in layers], 0), *requests)
    except ValueError:  # a value of another type, or one that contains itself
        return None


def _request_of(config: object) -> TaskRequest | None:
    """Give what a config of this package requests, if equal ones may share it."""
    if isinstance(config, ExecutorConfig) and config.is_as_declared:
        return None if config.declaration.pod_template_file is not None else config.request
    return None
