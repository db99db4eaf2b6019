"""The types of pod options and of Airflow's arguments, against what there is at run time."""

from __future__ import annotations

import inspect
import runpy
import sys

import attrs
import pytest
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow_lines import AIRFLOW_3, LINE, PROVIDER, BaseOperator, task
from processes import DAGS

from airflow_provider_k8sexec.authoring.attach import parameters_of
from airflow_provider_k8sexec.authoring.task_types import (
    BashArguments,
    KubernetesArguments,
    KubernetesCmdArguments,
    OperatorArguments,
    PodOperatorArguments,
    PythonArguments,
    SensorArguments,
    VirtualenvArguments,
)
from airflow_provider_k8sexec.options.declaration import Declaration, parse_declaration
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS, PodOptions

FLAVOURS = {
    "python": PythonArguments,
    "branch": PythonArguments,
    "short_circuit": PythonArguments,
    "bash": BashArguments,
    "sensor": SensorArguments,
    "virtualenv": VirtualenvArguments,
    "external_python": VirtualenvArguments,
    "branch_virtualenv": VirtualenvArguments,
    "branch_external_python": VirtualenvArguments,
    "kubernetes": KubernetesArguments,
    "kubernetes_cmd": KubernetesCmdArguments,
}
# What a decorated function is itself, and what Airflow uses between its own classes.
OF_THE_FUNCTION = {"python_callable", "op_args", "op_kwargs", "bash_command", "cmds", "arguments"}
INTERNAL = {"self", "kwargs_to_upstream", "context"}
DEPRECATED_BY_AIRFLOW_2 = {"use_dill", "skip_exit_code"}
ONLY_IN_AIRFLOW_2 = {"task_concurrency", "expect_pendulum"}
SINCE = {
    "index_urls_from_connection_ids": (3, 0),
    "render_template_as_native_obj": (3, 2),
    "retry_policy": (3, 3),
}
SINCE_PROVIDER = {  # the first of the tested releases that has it
    "container_name_log_prefix_enabled": (10, 13),
    "log_formatter": (10, 13),
    "on_kill_action": (10, 17),
    "durable": (10, 23),
    "xcom_sidecar_container_security_context": (10, 23),
    "log_events_on_startup": (10, 25),
}
OTHER_LINE = (
    {name for name, line in SINCE.items() if line > LINE}
    | {name for name, release in SINCE_PROVIDER.items() if release > PROVIDER}
    | (ONLY_IN_AIRFLOW_2 if AIRFLOW_3 else set())
)


def function():
    return "a_task"


def operator_of(flavour):
    """Give the operator behind a flavour."""
    arguments = {"python": sys.executable} if "external" in flavour else {}
    return getattr(task, flavour)(**arguments)(function).operator_class


def keys_of(typed_dict):
    """Give the keys that a type lists."""
    return set(typed_dict.__annotations__)


def test_every_option_is_read_into_the_declaration():
    """Each option of the type is read, and each field of a declaration comes from some option."""
    options = runpy.run_path(str(DAGS / "every_option.py"))["EVERY_OPTION"]
    assert set(options) == keys_of(PodOptions) == POD_OPTIONS
    changed = set()
    for name, value in options.items():
        declaration, problems = parse_declaration({name: value})
        assert problems == []
        fields = attrs.asdict(declaration, recurse=False)
        change = {key for key in fields if fields[key] != getattr(Declaration(), key)}
        assert change, name
        changed |= change
    others = {"run_time", "placement_steps"}
    assert changed == {attribute.name for attribute in attrs.fields(Declaration)} - others


def test_every_argument_of_the_base_operator_is_typed():
    """OperatorArguments lists what this line's BaseOperator takes, and beyond that only the other line's."""
    signature = inspect.signature(BaseOperator.__init__)
    named = {name for name, item in signature.parameters.items() if item.kind is not item.VAR_KEYWORD}
    assert named - {"self"} <= keys_of(OperatorArguments)
    assert keys_of(OperatorArguments) - named <= OTHER_LINE


@pytest.mark.parametrize("flavour", FLAVOURS)
def test_every_argument_of_a_flavour_is_typed(flavour):
    """The type of a flavour lists all that its operator takes on this line."""
    taken = parameters_of(operator_of(flavour)) - OF_THE_FUNCTION - INTERNAL - DEPRECATED_BY_AIRFLOW_2
    assert taken <= keys_of(FLAVOURS[flavour])


@pytest.mark.parametrize("arguments", sorted(set(FLAVOURS.values()), key=lambda item: item.__name__))
def test_every_typed_argument_is_one_of_a_flavour(arguments):
    """What a type lists beyond pod options, some flavour of that type takes, on this line or the other."""
    flavours = [flavour for flavour, typed in FLAVOURS.items() if typed is arguments]
    taken = set().union(*(parameters_of(operator_of(flavour)) for flavour in flavours))
    if arguments is VirtualenvArguments:  # which is for all that runs Python
        taken |= parameters_of(operator_of("short_circuit"))
    assert keys_of(arguments) - POD_OPTIONS - taken <= OTHER_LINE


def test_every_argument_of_the_pod_operator_is_typed():
    """The type of K8sPodOperator lists the pod options and what Airflow's own operator takes, and no more."""
    taken = parameters_of(KubernetesPodOperator) - INTERNAL
    assert taken <= keys_of(PodOperatorArguments)
    assert keys_of(PodOperatorArguments) - POD_OPTIONS - taken <= OTHER_LINE


def test_no_pod_option_bears_the_name_of_an_argument_of_every_operator():
    """A pod option named as an argument of BaseOperator would never reach the pod."""
    assert keys_of(OperatorArguments) & POD_OPTIONS == set()
