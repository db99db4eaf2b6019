"""From the layers as written to what the task requests: each is read, and laid over those around it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.executor_names import KNOWN_KEYS, POD_OVERRIDE, POD_TEMPLATE_FILE
from airflow_provider_k8sexec.options.declaration import (
    NOTHING,
    Declaration,
    parse_declaration,
    resolve_layers,
)
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig
from airflow_provider_k8sexec.pod.task_request import TaskRequest

if TYPE_CHECKING:
    from collections.abc import Iterable

    from airflow_provider_k8sexec.authoring.layers import Layer
    from airflow_provider_k8sexec.context.site_context import SiteContext
    from airflow_provider_k8sexec.exceptions import Problem


def resolve_request(
    layers: Iterable[Layer], context: SiteContext, request_class: type[TaskRequest] = TaskRequest
) -> tuple[TaskRequest, list[Problem]]:
    """Read the layers, and lay them over the site's settings and the profile.

    Args:
        layers: The layers inside the site's settings, the outermost first.
        context: The site.
        request_class: The class of the request: which of the task's pods the layers are for.

    Returns:
        What the task requests, as far as it could be read, and the problems of the rest.
    """
    found: list[Problem] = []
    inner: list[tuple[str, Declaration]] = []
    others: dict[str, Any] = {}
    for layer in layers:
        declaration, foreign, problems = _parse_layer(layer)
        inner.append((layer.name, declaration))
        others.update(foreign)
        found += problems
    named = (declaration.profile for _, declaration in reversed(inner))
    outer, problems = context.resolve_layers(next((name for name in named if name is not None), None))
    return request_class(outer, inner, context.deployment, others), [*found, *problems]


def _parse_layer(layer: Layer) -> tuple[Declaration, dict[str, Any], list[Problem]]:
    below, others, problems = _parse_executor_config(layer.executor_config)
    declared, wrong = parse_declaration(layer.options)
    problems += wrong
    if layer.name:
        problems = [problem.within(f"{layer.name}: ") for problem in problems]
    return resolve_layers([below, declared]), others, problems


def _parse_executor_config(config: object) -> tuple[Declaration, dict[str, Any], list[Problem]]:
    """Read Airflow's own argument: one of this package, or a dict that was written by hand."""
    if isinstance(config, ExecutorConfig) and config.is_as_declared:
        inside_site = resolve_layers(declared for _, declared in config.request.inner)
        return inside_site, {key: item for key, item in dict.items(config) if key not in KNOWN_KEYS}, []
    if config is None:
        return NOTHING, {}, []
    # Rules are loaded only for a hand-written config that may have mistakes.
    from airflow_provider_k8sexec.rules.requested_pod.handwritten import check_config_key, check_config_shape

    if not isinstance(config, Mapping):
        return NOTHING, {}, list(check_config_shape(config))
    others = {key: value for key, value in config.items() if key not in KNOWN_KEYS}
    unknown = [problem for key in others for problem in check_config_key(key)]
    options = {key: value for key, value in config.items() if key in (POD_OVERRIDE, POD_TEMPLATE_FILE)}
    declared, problems = parse_declaration(options)
    return declared, others, [*problems, *unknown]
