"""Jinja templates, and results of other tasks, in pod options of the pods that operators start.

They are rendered where KubernetesPodOperator renders the same thing: in the image, the namespace, labels,
with the queue, annotations, variables, the node selector, volumes and amounts. Before a run their text is
unknown.
Source: https://airflow.apache.org/docs/apache-airflow/stable/core-concepts/operators.html#jinja-templating
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.options.bounds import DEEPEST
from airflow_provider_k8sexec.options.jinja import AMOUNTS, TEMPLATED, TEXTS, is_template
from airflow_provider_k8sexec.options.manifests import is_model, to_manifest
from airflow_provider_k8sexec.options.plain_values import convert_attributes, is_own
from airflow_provider_k8sexec.options.run_time_forms import is_result

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from airflow_provider_k8sexec.authoring.layers import Layer
    from airflow_provider_k8sexec.exceptions import Problem

_STAND_IN = "rendered-at-run-time"
"""Stands for a rendered string in checks before a run: a right name, image and label, no path or amount."""

_LONGEST_COUNT = 9


def render_layers(layers: Sequence[Layer], render: Callable[[Any], Any]) -> list[Layer]:
    """Render the templates in layers.

    Args:
        layers: The layers inside the site's settings.
        render: Renders a string, or gives the result of another task.
    """
    return [layer._replace(options=_render_options(layer.options, render)) for layer in layers]


def _render_options(options: Mapping[str, Any], render: Callable[[Any], Any]) -> dict[str, Any]:
    def render_result(value: Any) -> Any:
        return render(value) if is_result(value) else value

    def render_count(value: Any) -> Any:
        rendered = render(value)
        is_count = isinstance(rendered, str) and rendered.isdecimal() and len(rendered) <= _LONGEST_COUNT
        return int(rendered) if is_count else rendered

    rendered = {
        name: _convert(
            value, render_count if name == "gpu" else render if name in TEMPLATED else render_result
        )
        for name, value in options.items()
    }
    volumes = rendered.get("volumes")
    if isinstance(volumes, Mapping):  # KubernetesPodOperator renders the paths of its mounts
        rendered["volumes"] = {
            render(path) if is_template(path) else path: volume for path, volume in volumes.items()
        }
    return rendered


def mark_known(layers: Sequence[Layer]) -> list[Layer]:
    """Give layers as they are known before a run: a string stands for each that is to be rendered."""
    return [layer._replace(options=_convert_options(layer.options, lambda _: _STAND_IN)) for layer in layers]


def drop_unknown(problems: Iterable[Problem]) -> list[Problem]:
    """Drop what is wrong with a stand-in alone: the rendered string may be a path or an amount."""
    return [problem for problem in problems if _STAND_IN not in str(problem)]


def without_unknown(layers: Sequence[Layer]) -> list[Layer]:
    """Give layers as they are written, without what can be read only once it is rendered."""
    return [layer._replace(options=_convert_options(layer.options, str)) for layer in layers]


def _convert_options(options: Mapping[str, Any], write: Callable[[Any], str]) -> dict[str, Any]:
    known = {name: value for name, value in options.items() if not _is_unreadable(name, value)}

    def convert(value: Any) -> Any:
        return write(value) if is_result(value) or is_template(value) else value

    return {
        name: _convert(value, convert) if _is_unknown(value) and name in TEMPLATED else value
        for name, value in known.items()
    }


def _is_unreadable(name: str, value: Any) -> bool:
    """Report whether nothing can be read of an option before it is rendered."""
    if is_result(value):
        return name not in TEXTS
    if name in TEXTS:
        return False
    if name not in TEMPLATED:
        return any(is_result(part) for part in _parts_of(value))
    return is_template(value) or (name in AMOUNTS and _is_unknown(value))


def _is_unknown(value: Any) -> bool:
    return any(is_result(part) or is_template(part) for part in _parts_of(value))


def _parts_of(value: Any) -> Iterable[Any]:
    parts: list[Any] = []

    def keep(part: Any) -> Any:
        parts.append(part)
        return part

    _convert(value, keep)
    return parts


def _convert(value: Any, convert: Callable[[Any], Any], levels: int = DEEPEST) -> Any:
    """Convert the strings and results that a value holds; no object of the author is changed."""
    if isinstance(value, str) or is_result(value) or not levels:
        return convert(value)
    below = levels - 1
    if isinstance(value, Mapping):
        return {key: _convert(item, convert, below) for key, item in value.items()}
    if isinstance(value, (list, tuple)):
        return type(value)([_convert(item, convert, below) for item in value])
    if is_model(value):
        return _convert(to_manifest(value), convert, below)
    if is_own(value):
        return convert_attributes(value, lambda part: _convert(part, convert, below))
    return value
