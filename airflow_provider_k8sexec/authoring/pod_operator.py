"""The operators that start a pod: how Airflow's own class takes, renders and uses pod options for it."""

from __future__ import annotations

import inspect
from functools import cache
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.authoring.attach import SignatureOfClass, construct, parameters_of
from airflow_provider_k8sexec.authoring.layers import describe_partial, describe_task
from airflow_provider_k8sexec.authoring.started_arguments import build_arguments, replaced
from airflow_provider_k8sexec.authoring.started_failure import log_failure, log_refusal
from airflow_provider_k8sexec.authoring.started_limits import enforce_limits
from airflow_provider_k8sexec.authoring.started_masking import mask_started
from airflow_provider_k8sexec.authoring.started_options import (
    check_mapped_values,
    read_at_run_time,
    separate,
    shown_arguments,
)
from airflow_provider_k8sexec.authoring.templates import render_layers
from airflow_provider_k8sexec.exceptions import name_task
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.pod.started import AIRFLOWS, HELD_AS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from airflow.sdk.definitions.mappedoperator import OperatorPartial

_RENDERED = "_k8sexec_rendered"


def with_started_pod(operator_class: Any, module: str, name: str) -> Any:
    """Make an operator that takes pod options for the pod that it starts.

    Args:
        operator_class: KubernetesPodOperator, or a subclass.
        module: The module that the operator belongs to, which Airflow stores with the DAG.
        name: Its name, likewise.

    Returns:
        A subclass, the same at every call.
    """
    is_made = issubclass(operator_class, _StartsPod)
    return operator_class if is_made else _with_started_pod(operator_class, module, name)


@cache
def _with_started_pod(operator_class: Any, module: str, name: str) -> Any:
    def __init__(self: Any, **kwargs: Any) -> None:  # noqa: N807  # Airflow's metaclass wraps the constructor
        separated = separate(kwargs, operator_class)
        taken = parameters_of(operator_class)
        shown = shown_arguments(separated.started.layers)
        shown = {name: value for name, value in shown.items() if name in taken}
        airflows = {**separated.airflows, **_unset(shown, separated.airflows)}
        construct(super(made, self).__init__, airflows, operator_class, describe_task(kwargs))
        vars(self)[HELD_AS] = separated.started
        vars(self)[AIRFLOWS] = frozenset(
            name for name, value in separated.airflows.items() if value is not None
        )
        if not getattr(self, "_BaseOperator__from_mapped", False):
            compat.add_upstream(self, separated.started.values)

    __init__.__signature__ = _sign(__init__)  # type: ignore[attr-defined]  # a mapped task may have these alone
    attributes = {
        "__init__": __init__,
        "__module__": module,
        "__qualname__": name,
        "__doc__": f"{operator_class.__name__} that takes the pod options of the pod that it starts: "
        "``help(k8s_task)`` describes them.",
        "__signature__": SignatureOfClass(),
        "takes_pod_options": True,
        "airflow_class": operator_class,
    }
    made: Any = type(operator_class)(name, (_StartsPod, operator_class), attributes)
    return made


def _unset(shown: dict[str, Any], airflows: dict[str, Any]) -> dict[str, Any]:
    """Give what Airflow shows of the pod options, but for what has a value in Airflow's own form."""
    return {name: value for name, value in shown.items() if airflows.get(name) is None}


def _sign(constructor: Any) -> inspect.Signature:
    """Sign a constructor with the pod options: Airflow refuses others to be mapped, or to be partial."""
    keyword = inspect.Parameter.KEYWORD_ONLY
    own, rest = inspect.signature(constructor).parameters.values()
    options = [inspect.Parameter(name, keyword, default=None) for name in (*sorted(POD_OPTIONS), HELD_AS)]
    return inspect.Signature([own, *options, rest])


def hold_partial(arguments: Mapping[str, Any], operator_class: Any) -> dict[str, Any]:
    """Give the arguments of a task that is to be mapped, with its pod options held as one.

    Args:
        arguments: Keyword arguments of the task.
        operator_class: The operator, as :func:`with_started_pod` makes it.
    """
    airflows, started = separate(arguments, operator_class.airflow_class)
    # Those of a DAG are applied to each mapped instance, and may be mapped over.
    given = {**(arguments.get("default_args") or {}), **arguments}
    return {**{name: value for name, value in airflows.items() if name in given}, HELD_AS: started}


@cache
def _checking_partial(partial_class: Any) -> Any:
    class CheckingPartial(partial_class):  # type: ignore[misc]  # Airflow's class of this release
        __slots__ = ()

        def expand(self, **mapped: Any) -> Any:
            values = (
                (f"value {index} of expand", {name: value})
                for name, given in mapped.items()
                for index, value in enumerate(_listed(given), 1)
            )
            return self._check(values, super().expand, **mapped)

        def expand_kwargs(self, kwargs: Any, **options: Any) -> Any:
            items = enumerate(_listed(kwargs), 1)
            values = (
                (f"item {index} of expand_kwargs", item) for index, item in items if isinstance(item, dict)
            )
            return self._check(values, super().expand_kwargs, kwargs, **options)

        def _check(self, values: Any, expand: Any, *args: Any, **kwargs: Any) -> Any:
            # Else Airflow warns of a refused task that it was never mapped.
            self._expand_called = True  # type: ignore[misc]  # a slot of the base
            started = self.kwargs[HELD_AS]
            check_mapped_values(started, values, describe_partial(self.kwargs))
            mapped = expand(*args, **kwargs)
            compat.add_upstream(mapped, started.values)
            return mapped

    return CheckingPartial


def _listed(given: Any) -> Iterable[Any]:
    """Give the values of a list; what another task gives is not known yet."""
    return given if isinstance(given, (list, tuple)) else ()


class _StartsPod:
    """Laid over an operator of Airflow that starts a pod."""

    if TYPE_CHECKING:
        task_id: str
        dag_id: str

    @classmethod
    def partial(cls: Any, **kwargs: Any) -> OperatorPartial:
        """Make a task that is to be mapped; what it is mapped over lies over these options."""
        behind: Any = super()
        held = hold_partial(kwargs, cls)
        partial: Any = construct(behind.partial, held, cls.airflow_class, describe_task(kwargs))
        partial_class: Any = type(partial)
        partial.__class__ = _checking_partial(partial_class)  # a copy would warn that it was never mapped
        made: OperatorPartial = partial
        return made

    def _do_render_template_fields(
        self: Any,
        parent: Any,
        template_fields: Iterable[str],
        context: Any,
        jinja_env: Any,
        seen_oids: set[int],
    ) -> None:
        """Render the pod options, and let Airflow show those that it has as well."""
        fields = [*template_fields]
        if parent is self:

            def render(value: Any) -> Any:
                return self.render_template(value, context, jinja_env, set())

            rendered = render_layers(vars(self)[HELD_AS].layers, render)
            vars(self)[_RENDERED] = rendered
            # What has a value in Airflow's own form is Airflow's to render.
            known = {*fields} - vars(self)[AIRFLOWS]
            shown = {name: value for name, value in shown_arguments(rendered).items() if name in known}
            vars(self).update(shown)
            fields = [name for name in fields if name not in shown]
        super()._do_render_template_fields(  # type: ignore[misc]  # Airflow's operator is behind this class
            parent, fields, context, jinja_env, seen_oids
        )

    def get_or_create_pod(self: Any, pod_request_obj: Any, context: Any) -> Any:
        """Start the pod, once what it gets from secrets is masked in the log of this task."""
        mask_started(self, lambda: pod_request_obj)
        with log_refusal():
            return super().get_or_create_pod(pod_request_obj, context)  # type: ignore[misc]  # as above

    def trigger_reentry(self: Any, context: Any, event: dict[str, Any]) -> Any:
        """Go on after the triggerer, in another process than the one that has started the pod."""
        mask_started(self, lambda: self.hook.get_pod(event["name"], event["namespace"]))
        return super().trigger_reentry(context, event)  # type: ignore[misc]  # as above

    def cleanup(self: Any, pod: Any, remote_pod: Any, *arguments: Any, **options: Any) -> Any:
        """End as Airflow does, once the log says why the pod failed."""
        if not self._killed:
            log_failure(self, remote_pod)
        return super().cleanup(pod, remote_pod, *arguments, **options)  # type: ignore[misc]  # as above

    def build_pod_request_obj(self: Any, context: Any = None, **options: Any) -> Any:
        """Build the pod that is started: Airflow's own, over what the pod options request.

        Args:
            context: The context of the run; without one, templates stay as they are.
            **options: Further arguments of Airflow's method.
        """
        started = vars(self)[HELD_AS]
        if context:
            task = name_task(self.task_id, self.dag_id)
            layers = vars(self).get(_RENDERED, started.layers)
            request = read_at_run_time(layers, task, started.location)
            enforce_limits(request, self, started.location)
        else:
            layers, request = started.layers, started.request
        try_number = context["ti"].try_number if context else 1
        given = {option for layer in layers for option in layer.options}
        with replaced(self, build_arguments(self, request, try_number, given)):
            return super().build_pod_request_obj(context, **options)  # type: ignore[misc]  # as above
