"""Sets the values of a pod that are known only now: those that its task takes from params and XComs.

It runs in the scheduler, in the hook. A value that is missing or wrong fails this one task, with a sentence.
The database is read once, and only for tasks that have such values (``launch/stored_values.py``).
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.launch.hourly_log import describe_error
from airflow_provider_k8sexec.launch.refused_pod import PodRefusedError, refuse_pod
from airflow_provider_k8sexec.launch.stored_values import UnknownValueError, load_values
from airflow_provider_k8sexec.options.declaration import Declaration, parse_at_place, resolve_layers
from airflow_provider_k8sexec.options.kueue import QUEUE_LABEL
from airflow_provider_k8sexec.options.problems import show_scalar
from airflow_provider_k8sexec.options.resource_names import option_of
from airflow_provider_k8sexec.options.resources import find_excess
from airflow_provider_k8sexec.options.run_time import FromParam, describe_source
from airflow_provider_k8sexec.options.run_time_places import MAPPINGS, name_place
from airflow_provider_k8sexec.pod.annotations import AT_RUN_TIME_ANNOTATION
from airflow_provider_k8sexec.pod.fields import read_field, read_strings
from airflow_provider_k8sexec.pod.pod_try import parse_try
from airflow_provider_k8sexec.pod.run_time_fields import read_later, set_later
from airflow_provider_k8sexec.pod.task_request import TaskRequest
from airflow_provider_k8sexec.rules import check_known_value
from airflow_provider_k8sexec.site.option_table import name_option

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from kubernetes.client import V1Pod

    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.options.run_time import RunTimeValue
    from airflow_provider_k8sexec.options.run_time_places import Place
    from airflow_provider_k8sexec.pod.pod_try import PodTry
    from airflow_provider_k8sexec.pod.run_time_fields import LaterFields

_HEADING = "Refused for a value that is known at run time"
_CODE = "RunTimeValue"

Breach = tuple[str, str]
"""What is wrong, as a clause, and the remedy."""


def set_run_time_values(pod: V1Pod) -> list[str]:
    """Set what is known only now in a pod that the executor launches, in place.

    Args:
        pod: The pod, before the site's hooks.

    Returns:
        The changes, each as a sentence.

    Raises:
        PodRefusedError: A value is missing, wrong, or more than the site allows.
    """
    annotations = read_strings(read_field(pod, "metadata"), "annotations")
    if AT_RUN_TIME_ANNOTATION not in annotations:
        return []
    of = parse_try(annotations)
    try:
        return _set_values(pod, annotations, of)
    except PodRefusedError:
        raise
    except Exception as error:
        cause = f"the values of its options cannot be read: {describe_error(error)}"
        raise refuse_pod(of, _CODE, _HEADING, [(cause, "run the task again")]) from error


def _set_values(pod: V1Pod, annotations: Mapping[str, str], of: PodTry | None) -> list[str]:
    later = read_later(annotations)
    if of is None or not later.values:
        cause = f"the annotation {AT_RUN_TIME_ANNOTATION} is not one that this package has written"
        raise refuse_pod(of, _CODE, _HEADING, [(cause, "remove it, and write from_param or from_xcom")])
    found = load_values(of, later.values, annotations[AT_RUN_TIME_ANNOTATION])
    breaches: list[Breach] = []
    declared = []
    for place, source in later.values.items():
        value = found[place]
        if isinstance(value, UnknownValueError):
            breaches.append((f"{name_place(place)}, from {describe_source(source)}, {value}", value.remedy))
            continue
        read, problems = parse_at_place(place, source, value)
        problems = problems or check_known_value(place, TaskRequest.alone(read))
        breaches += [_describe(place, source, value, problem) for problem in problems]
        breaches += [] if problems else _check_most(place, source, read)
        declared.append(read)
    if not breaches:
        breaches += _set(pod, later, resolve_layers(declared), of)
    if breaches:
        raise refuse_pod(of, _CODE, _HEADING, breaches)
    return [f"{name_place(place)} is of {describe_source(value)}" for place, value in later.values.items()]


def _describe(place: Place, source: RunTimeValue, value: object, problem: Problem) -> Breach:
    """Describe what is wrong with a value; of labels, which only their author may read, not the value."""
    shown = "" if place[0] in MAPPINGS else f"={show_scalar(value)}"
    where = "the run's params" if isinstance(source, FromParam) else f"task {source.task_id!r}"
    cause = f"{name_place(place)}{shown}, from {describe_source(source)}, {problem.reason}"
    return cause, f"in {where}, {problem.remedy}"


def _check_most(place: Place, source: RunTimeValue, declared: Declaration) -> Iterator[Breach]:
    """Hold amounts against the most that the site allows of such values."""
    option = name_option("max_runtime")
    try:
        most = load_context().max_runtime.resources
    except K8sExecError:
        yield f"{option} cannot be read", f"correct {option}; `k8sexec doctor` shows what is wrong"
        return
    for name, amount, allowed in find_excess(declared.resources, most):
        what = "has no limit" if amount is None else f"is {amount}"
        cause = f"{name_place(place)}, from {describe_source(source)}, {what}, and {option} allows {allowed}"
        yield cause, f"request less {option_of(name)}, or let the site raise {option}"


def _set(pod: V1Pod, later: LaterFields, declared: Declaration, of: PodTry) -> list[Breach]:
    """Set the values, and find the labels that are not right now."""
    before = read_strings(read_field(pod, "metadata"), "labels")
    set_later(pod, declared, later.alone)
    if not any(place[0] == "labels" for place in later.values):
        return []
    labels = read_strings(read_field(pod, "metadata"), "labels")
    is_of_author = ("labels", QUEUE_LABEL) in later.values
    wrong_queue = [] if is_of_author else _check_queue(before, labels)
    return [*wrong_queue, *_check_labels(labels, of)]


def _check_queue(before: Mapping[str, str], labels: Mapping[str, str]) -> Iterator[Breach]:
    """Find a queue of Kueue that replaces the one that the site, or the DAG's author, has chosen."""
    if before.get(QUEUE_LABEL, labels.get(QUEUE_LABEL)) != labels.get(QUEUE_LABEL):
        yield f"the label {QUEUE_LABEL} names another queue than the pod has", "remove it"


def _check_labels(labels: Mapping[str, str], of: PodTry) -> Iterator[Breach]:
    from airflow_provider_k8sexec.launch.limits import load_enforced_rules  # imports this module's neighbour
    from airflow_provider_k8sexec.site.policy_rules import matches

    rules = load_enforced_rules()
    if rules is None or rules.exempts(of.dag_id, of.task_id):
        return
    for name, patterns in rules.required_labels.items():
        if not matches(labels.get(name, ""), patterns):
            cause = f"the label {name} is not one that the site allows"
            yield cause, f"choose from {', '.join(patterns)}"
