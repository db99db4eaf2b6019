"""Where options take values from that are known later: what authors write, and what is found at parse."""

from __future__ import annotations

import json
import re
from typing import Any, cast

import pendulum
import pytest
from airflow import DAG
from airflow.exceptions import AirflowClusterPolicyViolation

from airflow_provider_k8sexec import (
    K8sBashOperator,
    SpecError,
    SpecWarning,
    _compat,
    from_param,
    from_xcom,
    k8s_config,
    k8s_task,
    per_try,
)
from airflow_provider_k8sexec.operators import K8sPodOperator
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig
from airflow_provider_k8sexec.policies import dag_policy

START = pendulum.datetime(2022, 1, 1, tz="UTC")
AT_RUN_TIME = "k8sexec/at-run-time"
BashOperator = _compat.load_operator("bash", "BashOperator")


def dag(**arguments: Any) -> DAG:
    """Make an empty DAG."""
    return DAG("later", schedule=None, start_date=START, **arguments)


def sources_of(task: Any) -> dict[str, Any]:
    """Give what the annotation of a task's pod names, by option."""
    manifest = task.executor_config.manifest
    content = json.loads(manifest["metadata"]["annotations"][AT_RUN_TIME])
    return {entry["option"]: entry for entry in content["values"]}


def flavours(size: Any) -> list[Any]:
    """Make a task of each kind that takes pod options, with a memory."""

    @k8s_task(memory=size)
    def decorated(): ...

    @k8s_task(memory=size)
    def mapped(part): ...

    @k8s_task
    def overridden(): ...

    bash: Any = K8sBashOperator
    return [
        decorated().operator,
        mapped.expand(part=[1, 2]).operator,
        overridden.override(memory=size)().operator,
        bash(task_id="bash", bash_command="true", memory=size),
        bash.partial(task_id="mapped_bash", memory=size).expand(bash_command=["true"]),
    ]


def test_a_task_follows_the_task_whose_result_it_names() -> None:
    """As with any argument of a decorated function; Airflow itself looks at template fields alone."""
    with dag():

        @_compat.task(multiple_outputs=True)
        def plan():
            return {"memory": "1Gi"}

        planned = plan()
        for task in flavours(planned["memory"]):
            assert task.upstream_task_ids == {"plan"}
            assert sources_of(task)["memory"] == {
                "option": "memory",
                "from_xcom": "plan",
                "xcom_key": "memory",
            }


def test_the_result_of_a_mapped_task_gives_each_instance_its_own() -> None:
    """Airflow's object for it holds the DAG, and so itself; only its task and its key are read."""
    with dag():

        @_compat.task
        def measure(part):
            return part

        @k8s_task(memory=measure.expand(part=[1, 2]), labels={"team": measure.expand(part=[1, 2])})
        def load(part): ...

        task = load.expand(part=[1, 2]).operator
    assert task.upstream_task_ids == {"measure", "measure__1"}
    assert sources_of(task)["memory"]["from_xcom"] == "measure"


def test_a_cycle_by_results_is_airflows_to_report() -> None:
    """Two tasks that wait for each other's sizes never run."""
    with dag() as made:
        first: Any = K8sBashOperator(task_id="first", bash_command="true")
        second: Any = K8sBashOperator(task_id="second", bash_command="true", memory=first.output)
        second >> first
    with pytest.raises(Exception, match=r"Cycle detected in D(ag|AG)"):
        _check_cycle(made)


def _check_cycle(made: Any) -> None:
    if hasattr(made, "check_cycle"):  # from Airflow 3.1 on
        made.check_cycle()
        return
    from airflow.utils.dag_cycle_tester import check_cycle

    check_cycle(made)


def test_the_inner_layer_holds_whether_it_is_known_or_not() -> None:
    """A plain value replaces a source of an outer layer, and the reverse; keys of mappings each by itself."""
    defaults = {"memory": from_param("m", default="1Gi"), "cpu": 1, "node_selector": {"a": "b", "c": "d"}}
    with dag(default_args=defaults):

        @k8s_task(memory="2Gi", cpu=from_param("c", default=1), node_selector={"a": from_param("a", "x")})
        def work(): ...

        task = work().operator
    manifest = task.executor_config.manifest
    assert set(sources_of(task)) == {"cpu", "node_selector"}
    assert manifest["spec"]["containers"][0]["resources"]["limits"] == {"memory": "2Gi"}
    assert manifest["spec"]["nodeSelector"] == {"c": "d"}


def test_the_default_of_a_param_is_kept_for_the_launch() -> None:
    """The scheduler has no DAG as it launches a pod: that of the task before that of the DAG."""
    with dag(params={"m": "1Gi", "c": 1}) as made:
        bash: Any = BashOperator
        config = k8s_config(memory=from_param("m"), cpu=from_param("c"))
        plain = bash(task_id="plain", bash_command="true", executor_config=config, params={"m": "2Gi"})

        @k8s_task(memory=from_param("m"), params={"m": "3Gi"})
        def mapped(part): ...

        several = mapped.expand(part=[1]).operator
    dag_policy(made)
    assert [sources_of(plain)[option]["declared"] for option in ("memory", "cpu")] == ["2Gi", 1]
    assert sources_of(several)["memory"]["declared"] == "3Gi"
    assert isinstance(plain.executor_config, ExecutorConfig)


WRONG_SOURCES = {
    "no param": (
        {"memory": from_param("memroy")},
        "names no param of the DAG or the task; write from_param('memory')",
    ),
    "a number of bytes": (
        {"memory": from_param("bytes")},
        "the param 'bytes' of memory=512 is 512 bytes; write '512Mi'",
    ),
    "a type": ({"memory": from_param("number")}, "names a param of the type integer/null, which has no"),
    "a unit of bytes for cores": (
        {"cpu": from_param("cores")},
        "the param 'cores' of cpu='500Mi' has 'Mi', a unit",
    ),
    "a request above its limit": (
        {"memory": from_param("pair")},
        "the param 'pair' of memory=('2Gi', '1Gi') has a request, 2Gi, above its limit, 1Gi",
    ),
    "no label": ({"labels": {"team": from_param("team")}}, "the param 'team' of labels['team']='Data Team'"),
    "no queue": (
        {"labels": {"kueue.x-k8s.io/queue-name": from_param("queue")}},
        "write for example 'team-a'",
    ),
    "no image": ({"image": from_param("image")}, "the param 'image' of image='my image:1'"),
    "a node's label": ({"node_selector": {"pool": from_param("team")}}, "node_selector['pool']='Data Team'"),
    "an attribute": (
        {"memory": from_param("params.memory")},
        "names no param of the DAG or the task; write from_param('memory')",
    ),
    "a choice": ({"memory": from_param("choice")}, "='2G1' is not a Kubernetes quantity"),
    "nothing": ({"memory": from_param("nothing")}, "names a param that is None by default; give it"),
    "itself": ({"memory": from_xcom("work")}, "names the task itself, which has pushed nothing as"),
    "no task": ({"memory": from_xcom("plam")}, "names no task of the DAG; write 'plan'"),
    "not upstream": ({"memory": from_xcom("other")}, "names a task that is not upstream, and so may not"),
    "mapped": ({"memory": from_xcom("many")}, "names a mapped task, whose instances push one value each"),
    "silent": ({"memory": from_xcom("silent")}, "names a task that pushes no XCom"),
}


@pytest.mark.parametrize(("options", "sentence"), WRONG_SOURCES.values(), ids=WRONG_SOURCES)
def test_a_source_that_cannot_be_right_is_reported(options: Any, sentence: str) -> None:
    """Once the DAG is complete: its params, with their schema, and the tasks upstream."""
    param = _load_param()
    params = {
        "memory": "1Gi",
        "bytes": 512,
        "nothing": None,
        "cores": "500Mi",
        "pair": ["2Gi", "1Gi"],
        "team": "Data Team",
        "queue": "Team-A",
        "image": "my image:1",
        "number": param(None, type=["integer", "null"]),
        "choice": param("1Gi", enum=["1Gi", "2G1"]),
    }
    with dag(params=params) as made:
        bash: Any = BashOperator
        plan, other = (bash(task_id=name, bash_command="true") for name in ("plan", "other"))
        silent = bash(task_id="silent", bash_command="true", do_xcom_push=False)
        many = bash.partial(task_id="many").expand(bash_command=["true"])
        work: Any = K8sBashOperator(task_id="work", bash_command="true", **options)
        [plan, silent, many] >> work
        assert other.task_id == "other"
    with pytest.raises(AirflowClusterPolicyViolation) as found:
        dag_policy(made)
    assert sentence in str(found.value)


def _load_param() -> Any:
    try:
        from airflow.sdk import Param
    except ImportError:  # Airflow 2
        from airflow.models.param import Param
    return Param


def test_a_default_above_what_the_site_allows_is_warned_of(configure: Any) -> None:
    """Every launch that takes it fails; a run, or a task upstream, may still give less."""
    configure(max_runtime='{"memory": "4Gi"}')
    with dag(params={"m": "8Gi", "n": "4Gi"}) as made:
        bash: Any = K8sBashOperator
        bash(task_id="large", bash_command="true", memory=from_param("m"))
        bash(task_id="right", bash_command="true", memory=from_param("n"), cpu=from_param("c", default=64))
    with pytest.warns(SpecWarning, match="is 8Gi by default, and .* max_runtime allows 4Gi") as warned:
        dag_policy(made)
    assert len(warned) == 1


def test_a_param_that_nothing_declares_is_warned_of_where_one_has_nearly_its_name() -> None:
    """The default would hide the misspelt name for ever; a name unlike all others is a run's own."""
    with dag(params={"memory": "2Gi", "size2": "1Gi"}) as made:
        bash: Any = K8sBashOperator
        bash(task_id="work", bash_command="true", memory=from_param("memoyr", default="1Gi"))
        bash(task_id="other", bash_command="true", memory=from_param("size1", default="1Gi"))
    with pytest.warns(SpecWarning, match="'memory'; write from_param.'memory'., or declare it") as warned:
        dag_policy(made)
    assert len(warned) == 1


def test_a_source_of_an_outer_layer_names_the_layer() -> None:
    """The task's file may have no `from_param` at all."""
    defaults = {"executor_config": k8s_config(memory=from_param("memory"))}
    with dag(default_args=defaults) as made:
        bash: Any = K8sBashOperator
        bash(task_id="work", bash_command="true", cpu=1)
    with pytest.raises(AirflowClusterPolicyViolation, match="default_args of the DAG: memory=from_param"):
        dag_policy(made)


@pytest.mark.parametrize("how", ["expand", "expand_kwargs"])
def test_params_of_mapped_instances_are_not_taken_for_those_of_the_task(how: str) -> None:
    """Airflow sets them as an instance starts, and a launch would give the default of the DAG instead."""
    given: Any = {"params": [{"m": "2Gi"}]} if how == "expand" else [{"params": {"m": "2Gi"}}]
    with dag(params={"m": "1Gi"}) as made:
        bash: Any = BashOperator
        config = k8s_config(memory=from_param("m"))
        partial = bash.partial(task_id="work", bash_command="true", executor_config=config)
        partial.expand(**given) if how == "expand" else partial.expand_kwargs(given)
    with pytest.raises(AirflowClusterPolicyViolation, match="and no launch reads those; write from_xcom"):
        dag_policy(made)


def test_the_default_of_each_mapped_instance_is_compared_with_what_the_site_allows(configure: Any) -> None:
    """A list in a param of a mapped task has one value for each; in default=, or unmapped, it is a pair."""
    configure(max_runtime='{"memory": "16Gi"}')
    sizes = ["1Gi", "2Gi", "64Gi", "64Gi"]
    with dag(params={"sizes": sizes, "right": ["1Gi", "2Gi", "4Gi"], "pair": ["1Gi", "2Gi"]}) as made:
        several: Any = K8sBashOperator
        for name in ("sizes", "right"):
            several.partial(task_id=name, memory=from_param(name)).expand(bash_command=["a", "b"])
        pair = from_param("absent", default=["1Gi", "32Gi"])
        several.partial(task_id="for_all", memory=pair).expand(bash_command=["a", "b"])
        several(task_id="one", bash_command="true", memory=from_param("pair"))
    with pytest.warns(SpecWarning, match="max_runtime allows 16Gi") as warned:
        dag_policy(made)
    assert [
        (task, amount)
        for it in warned
        for task, amount in re.findall(r"task '(\w+)'.* is (\w+) by default", str(it.message))
    ] == [("sizes", "64Gi"), ("for_all", "32Gi")]


def test_sources_that_are_right_are_accepted() -> None:
    """Upstream at any distance, with a list for each instance, and params that nothing declares."""
    with dag(params={"sizes": ["1Gi", "2Gi"]}) as made:
        bash: Any = BashOperator
        plan, between = (bash(task_id=name, bash_command="true") for name in ("plan", "between"))
        several: Any = K8sBashOperator
        work = several.partial(
            task_id="work",
            memory=from_param("sizes"),
            cpu=from_xcom("plan"),
            image=from_param("image", default="registry.example.com/airflow:1"),
        ).expand(bash_command=["a", "b"])
        plan >> between >> work
    dag_policy(made)
    assert sources_of(work)["memory"]["declared"] == ["1Gi", "2Gi"]


MISPLACED = {
    "in per_try": ({"memory": per_try("1Gi", from_param("m"))}, "which can only be the whole value"),
    "in a pair": ({"memory": ("1Gi", from_param("m"))}, "which can only be the whole value"),
    "a variable": ({"env_vars": {"A": from_param("a")}}, "cannot be known later; pass it to the task itself"),
    "another option": (
        {"annotations": {"a": from_param("a")}},
        "cannot be known later; write it for one of",
    ),
    "a misspelt key": (
        {"memory": {"from_param": "m", "defualt": "1Gi"}},
        "memory=<dict> has 'defualt', which from_param does not have; write from_param, and beside it",
    ),
    "a misspelt form": ({"cpu": {"from_xcoms": "plan"}}, "has 'from_xcoms', which from_xcom does not have"),
    "no name": ({"memory": from_param("")}, "names what is no string"),
    "a wrong default": ({"memory": from_param("m", default=512)}, "memory=512 is 512 bytes; write '512Mi'"),
    "in a string": ({"memory": f"{from_param('m')}Gi"}, "inside of a string, where nothing reads it; write"),
    "devices": ({"gpu": from_param("g", default=0.5)}, "and an integer count; write an integer"),
    "a default against the rules": ({"labels": {"a": from_param("m", default="a b")}}, "labels['a']='a b'"),
    "a wrong key": (
        {"labels": {"dag_id": from_param("m")}},
        "labels='dag_id' is the KubernetesExecutor's",
    ),
}


@pytest.mark.parametrize(("options", "sentence"), MISPLACED.values(), ids=MISPLACED)
def test_a_source_where_none_can_be_is_explained(options: Any, sentence: str) -> None:
    """The author learns it as the file is parsed, and not by a task that fails in a week."""
    with pytest.raises(SpecError) as refused:
        k8s_config(**options)
    assert sentence in str(refused.value)


def test_results_that_no_launch_can_read_are_explained() -> None:
    """What is computed of results, a key that is never pushed, a param of the DAG, k8s_config."""
    with dag() as made:

        @_compat.task
        def plan():
            return ["1Gi"]

        sized: Any = K8sBashOperator
        for value, sentence in (
            (plan().map(str), "is computed from the results of tasks, which no launch can do"),
            (
                plan()["memory"],
                "which has no multiple_outputs, and so pushes none",
            ),
            (made.param("m", "1Gi"), "is a param of the DAG; write from_param"),
        ):
            with pytest.raises(SpecError) as refused:
                sized(task_id=f"t{len(made.tasks)}", bash_command="true", memory=value)
            assert sentence in str(refused.value)
        with pytest.raises(SpecError, match=r"memory=.*k8s_config does not know which task is to follow"):
            k8s_config(memory=plan())
        for value, sentence in (
            (plan, "memory=plan is a task's function, and not its result; call it: write memory=plan()"),
            (from_xcom(cast("Any", plan)), "names what is no string; write from_xcom('plan')"),
            (from_xcom(plan()), "names what is no string; write from_xcom('plan__"),
        ):
            with pytest.raises(SpecError) as refused:
                k8s_config(memory=value)
            assert sentence in str(refused.value)


def test_a_pod_that_a_task_starts_has_templates() -> None:
    """Airflow renders them as the task runs; no launch reads anything for that pod."""
    with dag(), pytest.raises(SpecError) as refused:
        K8sPodOperator(task_id="pod", image="busybox", memory=from_param("m"), cpu=from_xcom("plan", "c"))
    assert "write the template '{{ params.m }}'" in str(refused.value)
    assert """write the template '{{ ti.xcom_pull("plan", "c") }}'""" in str(refused.value)
