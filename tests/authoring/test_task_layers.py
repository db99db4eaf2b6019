"""Layers: site settings < DAG default_args < TaskGroups < the task, for every way to make a task."""

from __future__ import annotations

import json

import pytest
from airflow_lines import (
    BaseOperator,
    BashOperator,
    PythonOperator,
    PythonSensor,
    TaskGroup,
    deserialize,
    new_dag,
    pod_of,
    serialize,
    task,
    task_group,
)
from kubernetes.client import models as k8s

from airflow_provider_k8sexec import (
    EmptyDir,
    K8sBashOperator,
    K8sPythonOperator,
    SpecError,
    k8s_config,
    k8s_operator,
    k8s_task,
)

POD_OPTIONS_VARIABLE = "AIRFLOW__K8SEXEC__POD_OPTIONS"
SCOPES = ["the DAG", "the outer group", "the inner group", "the task's defaults", "the task"]


def do_something(x=0):
    return x


K8sSensor = k8s_operator(PythonSensor)
MAKERS = {
    "K8sPythonOperator": lambda **arguments: K8sPythonOperator(
        task_id="it", python_callable=do_something, **arguments
    ),
    "K8sBashOperator": lambda **arguments: K8sBashOperator(task_id="it", bash_command="echo hi", **arguments),
    "k8s_operator": lambda **arguments: K8sSensor(task_id="it", python_callable=do_something, **arguments),
    "k8s_task": lambda **arguments: k8s_task(task_id="it", **arguments)(do_something)(),
    "k8s_task.bash": lambda **arguments: k8s_task.bash(task_id="it", **arguments)(do_something)(),
    "override": lambda **arguments: k8s_task(do_something).override(task_id="it", **arguments)(),
    "mapped k8s_task": lambda **arguments: k8s_task(task_id="it", **arguments)(do_something).expand(x=[1, 2]),
    "k8s_task with expand_kwargs": lambda **arguments: k8s_task(task_id="it", **arguments)(
        do_something
    ).expand_kwargs([{"x": 1}]),
    "mapped K8sBashOperator": lambda **arguments: K8sBashOperator.partial(task_id="it", **arguments).expand(
        bash_command=["echo 1", "echo 2"]
    ),
    "mapped k8s_operator with expand_kwargs": lambda **arguments: (
        k8s_operator(PythonOperator)
        .partial(task_id="it", python_callable=do_something, **arguments)
        .expand_kwargs([{"op_args": [1]}])
    ),
}
MAPPED = {name for name in MAKERS if "mapped" in name or "expand" in name}


def as_options(scope, size):
    return {"image": f"{size}:1", "cpu": size, "env_vars": {scope.replace(" ", "_").replace("'", ""): "set"}}


def as_k8s_config(scope, size):
    return {"executor_config": k8s_config(**as_options(scope, size))}


def by_hand(scope, size):
    amounts = {"cpu": str(size)}
    base = k8s.V1Container(
        name="base",
        image=f"{size}:1",
        resources=k8s.V1ResourceRequirements(requests=amounts, limits=amounts),
        env=[k8s.V1EnvVar(name=name, value="set") for name in as_options(scope, size)["env_vars"]],
    )
    return {"executor_config": {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[base]))}}


def make_task(maker, scopes):
    """Make a task in two nested groups, with what each of the scopes says."""
    dag_args, outer_args, inner_args, task_args, own = (scopes.get(scope, {}) for scope in SCOPES)
    with (
        new_dag(default_args=dag_args) as dag,
        TaskGroup("outer", default_args=outer_args),
        TaskGroup("inner", default_args=inner_args),
    ):
        MAKERS[maker](default_args=task_args, **own) if task_args else MAKERS[maker](**own)
    return dag.get_task("outer.inner.it")


def container_of(operator):
    """Give the worker container of a task's partial pod."""
    (container,) = pod_of(operator.executor_config)["spec"]["containers"]
    return container


def cpu_of(operator):
    """Give the CPU request of a task's partial pod."""
    return container_of(operator)["resources"]["requests"]["cpu"]


@pytest.fixture
def site(monkeypatch):
    """Give a way to say the site's pod options."""
    return lambda **options: monkeypatch.setenv(POD_OPTIONS_VARIABLE, json.dumps(options))


@pytest.mark.parametrize("say", [as_options, as_k8s_config], ids=["options", "k8s_config"])
@pytest.mark.parametrize("maker", MAKERS)
def test_every_layer_counts_and_the_innermost_wins(maker, say, site):
    """Variables of all layers are there, and image and cpu are the task's own."""
    site(**as_options("the_site", 1))
    operator = make_task(maker, {scope: say(scope, size) for size, scope in enumerate(SCOPES, start=2)})
    container = container_of(operator)
    assert container["image"] == "6:1"
    assert cpu_of(operator) == "6"
    assert [variable["name"] for variable in container["env"]] == [
        "the_site",
        "the_DAG",
        "the_outer_group",
        "the_inner_group",
        "the_tasks_defaults",
        "the_task",
    ]


@pytest.mark.parametrize("maker", MAKERS)
def test_hand_written_overrides_are_layers_too(maker, site):
    """{"pod_override": V1Pod} merges by name in every layer, and the innermost one wins."""
    site(env_vars={"the_site": "set"})
    operator = make_task(maker, {scope: by_hand(scope, size) for size, scope in enumerate(SCOPES, start=2)})
    assert container_of(operator)["image"] == "6:1"
    assert cpu_of(operator) == "6"
    assert {variable["name"] for variable in container_of(operator)["env"]} == {
        "the_site",
        "the_DAG",
        "the_outer_group",
        "the_inner_group",
        "the_tasks_defaults",
        "the_task",
    }


@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize(
    "say", [as_options, as_k8s_config, by_hand], ids=["options", "k8s_config", "by hand"]
)
@pytest.mark.parametrize("maker", MAKERS)
def test_each_layer_counts_alone(maker, say, scope):
    """What one layer alone says is what the task gets."""
    operator = make_task(maker, {scope: say(scope, 3)})
    assert container_of(operator)["image"] == "3:1"
    assert cpu_of(operator) == "3"


@pytest.mark.parametrize("maker", MAKERS)
def test_the_site_alone_counts(maker, site):
    """A task that says nothing has the site's pod options."""
    site(cpu=0.5)
    assert cpu_of(make_task(maker, {})) == "0.5"


@pytest.mark.parametrize("maker", MAKERS)
def test_a_task_that_nobody_says_anything_of_has_no_pod(maker):
    """Without options anywhere, a task is as Airflow would make it."""
    assert make_task(maker, {}).executor_config == {}


@pytest.mark.parametrize("say", ["options", "k8s_config"])
@pytest.mark.parametrize("maker", MAKERS)
def test_a_profile_lies_between_the_site_and_the_dag(maker, say, site):
    """However it is asked for, it wins over the site, and the DAG, its groups and the task win over it."""
    site(cpu=1, image="site:1", profile="small", secrets=["OF_THE_SITE"])
    profile = {"profile": "gpu"}
    scopes = {
        "the DAG": profile if say == "options" else {"executor_config": k8s_config(**profile)},
        "the outer group": {"memory": "20Gi"},
        "the task": {"image": "task:1"},
    }
    operator = make_task(maker, scopes)
    container = container_of(operator)
    amounts = {"cpu": "4", "memory": "20Gi", "nvidia.com/gpu": "1"}
    assert container["image"] == "task:1"
    assert container["resources"] == {"requests": amounts, "limits": amounts}
    layers = operator.executor_config["k8sexec"]["layers"]
    assert layers["spec.containers[base].resources.limits.cpu"] == "profile 'gpu'"
    assert layers["spec.containers[base].env[OF_THE_SITE]"] == "[k8sexec] pod_options"
    assert "spec.containers[base].image" not in layers


def say(how, **options):
    """Say pod options plainly, or by k8s_config."""
    return options if how == "options" else {"executor_config": k8s_config(**options)}


@pytest.mark.parametrize("outer", ["options", "k8s_config"])
@pytest.mark.parametrize("inner", ["options", "k8s_config"])
@pytest.mark.parametrize("maker", MAKERS)
def test_the_site_is_the_outermost_layer_however_the_inner_ones_are_said(maker, outer, inner, site):
    """An inner k8s_config(...) brings no setting of the site over what a layer between says."""
    site(cpu=1)
    scopes = {"the DAG": say(outer, cpu=2), "the task": say(inner, image="3:1")}
    operator = make_task(maker, scopes)
    assert cpu_of(operator) == "2"
    assert container_of(operator)["image"] == "3:1"


OVERRIDE = {
    "spec": {
        "containers": [
            {
                "name": "base",
                "env": [{"name": "STAGE", "value": "of the override"}],
                "volumeMounts": [{"name": "v", "mountPath": "/d"}],
            }
        ],
        "volumes": [{"name": "v", "emptyDir": {}}],
    }
}
OVER_IT = {"env_vars": {"STAGE": "of the option"}, "volumes": {"/d/": EmptyDir("1Gi")}}


@pytest.mark.parametrize("scope", SCOPES[1:])
@pytest.mark.parametrize("how", ["pod_override", "executor_config"])
def test_an_inner_option_replaces_what_an_outer_override_sets(scope, how):
    """A variable and a mount of a hand-written pod are the outer layer's, as those of options are."""
    below = {"pod_override": OVERRIDE}
    outer = below if how == "pod_override" else {"executor_config": k8s_config(**below)}
    container = container_of(make_task("k8s_task", {"the DAG": outer, scope: OVER_IT}))
    assert container["env"] == [{"name": "STAGE", "value": "of the option"}]
    assert container["volumeMounts"] == [{"name": "k8sexec-d", "mountPath": "/d"}]


@pytest.mark.parametrize(
    "scopes",
    [
        {"the task": {"pod_override": OVERRIDE, **OVER_IT}},
        {"the task": {"executor_config": k8s_config(pod_override=OVERRIDE), **OVER_IT}},
        {"the DAG": {"pod_override": OVERRIDE, **OVER_IT}, "the task": OVER_IT},
        {"the DAG": OVER_IT, "the task": {"pod_override": OVERRIDE}},
    ],
    ids=["options", "executor_config", "an outer layer", "an inner override"],
)
def test_a_variable_of_an_override_and_of_an_option_of_one_layer_is_a_mistake(scopes):
    """So is an override inside an option: the option lies over all overrides, and would win."""
    with pytest.raises(SpecError, match="pod_override='STAGE' is an environment variable of") as caught:
        make_task("k8s_task", scopes)
    assert "pod_override='/d' is a mount path of pod_override and of volumes" in str(caught.value)


def test_a_mount_of_an_outer_override_in_another_form_is_not_replaced():
    """Both would be mounted, the one over the other: that is an error, too."""
    mounts = [{"name": "v", "mountPath": "/d/"}]
    override = {
        "spec": {"containers": [{"name": "base", "volumeMounts": mounts}], "volumes": [{"name": "v"}]}
    }
    with pytest.raises(SpecError, match="pod_override='/d' is a mount path of pod_override and of volumes"):
        make_task("k8s_task", {"the DAG": {"pod_override": override}, "the task": OVER_IT})


@pytest.mark.parametrize("maker", MAKERS)
def test_options_of_a_scope_lie_over_the_executor_config_of_the_same_scope(maker):
    """Where one scope gives both, its options win, and the rest of its executor_config stays."""
    scopes = {
        "the DAG": {"cpu": 2, **by_hand("the DAG", 1)},
        "the task": {**by_hand("it", 3), "image": "4:1"},
    }
    operator = make_task(maker, scopes)
    assert container_of(operator)["image"] == "4:1"
    assert cpu_of(make_task(maker, {"the DAG": scopes["the DAG"]})) == "2"
    assert {variable["name"] for variable in container_of(operator)["env"]} == {"the_DAG", "it"}


@pytest.mark.parametrize("maker", MAKERS)
def test_keys_of_other_executors_pass_through(maker):
    """What an executor_config says to another executor is kept beside the pod, the innermost wins."""
    scopes = {
        "the DAG": {"executor_config": {"EcsExecutor": 1, "overrides": {"cpu": 1}}},
        "the task": {"executor_config": {"overrides": {"cpu": 2}}, "cpu": 3},
    }
    operator = make_task(maker, scopes)
    assert cpu_of(operator) == "3"
    assert {key: operator.executor_config[key] for key in ("EcsExecutor", "overrides")} == {
        "EcsExecutor": 1,
        "overrides": {"cpu": 2},
    }


@pytest.mark.parametrize("maker", MAKERS)
def test_the_pod_template_of_an_inner_layer_wins(maker, site):
    """pod_template_file is an option like others: as an option, or as a key of executor_config."""
    site(pod_template_file="/site.yaml")
    assert make_task(maker, {}).executor_config == {"pod_template_file": "/site.yaml"}
    inner = {"executor_config": {"pod_template_file": "/dag.yaml"}}
    assert make_task(maker, {"the DAG": inner}).executor_config == {"pod_template_file": "/dag.yaml"}
    operator = make_task(maker, {"the DAG": inner, "the task": {"pod_template_file": "/task.yaml"}})
    assert operator.executor_config == {"pod_template_file": "/task.yaml"}


@pytest.mark.parametrize(
    "shared", [as_options, as_k8s_config, by_hand], ids=["options", "k8s_config", "by hand"]
)
def test_every_task_has_an_executor_config_of_its_own(shared):
    """Tasks that share default_args share no object: what is done to one pod is done to no other."""
    with new_dag(default_args=shared("the DAG", 2)) as dag:
        for maker, make in MAKERS.items():
            with TaskGroup(maker.replace(" ", "_").replace(".", "_")):
                make()
    configs = [operator.executor_config for operator in dag.tasks]
    assert len({id(config) for config in configs}) == len(MAKERS)
    assert len({id(config["pod_override"]) for config in configs}) == len(MAKERS)
    configs[0]["pod_override"].spec.containers[0].image = "another:1"
    assert {container_of(operator)["image"] for operator in dag.tasks[1:]} == {"2:1"}


@pytest.mark.parametrize("maker", sorted(MAPPED))
def test_a_worker_unmaps_a_mapped_task_with_the_same_executor_config(maker, site):
    """The instance that a worker makes of a mapped task has the mapped task's executor_config."""
    site(cpu=1)
    scopes = {"the DAG": as_options("the DAG", 2), "the inner group": as_k8s_config("the inner group", 3)}
    mapped = make_task(maker, {**scopes, "the task": {"image": "mine:1"}})
    arguments = {"bash_command": "echo 1"} if "Bash" in maker else {"op_args": [1]}
    arguments = arguments if "task" not in maker else {"op_kwargs": {"x": 1}}
    instance = mapped.unmap(arguments)
    assert isinstance(instance, BaseOperator)
    assert instance.task_id == "outer.inner.it"
    assert pod_of(instance.executor_config) == pod_of(mapped.executor_config)
    assert container_of(instance)["image"] == "mine:1"


@pytest.mark.parametrize("maker", sorted(MAKERS))
def test_layered_tasks_are_read_back_from_the_serialised_dag(maker, site):
    """The scheduler reads the same pod from the serialised DAG, mapped or not."""
    site(cpu=1)
    operator = make_task(maker, {"the DAG": as_options("the DAG", 2), "the task": {"memory": "1Gi"}})
    read = deserialize(serialize(operator.dag)).get_task("outer.inner.it")
    assert pod_of(read.executor_config) == pod_of(operator.executor_config)


class CopyOperator(BaseOperator):
    """An operator whose image is the business of its own, and not the pod's."""

    def __init__(self, *, image: str, labels: dict | None = None, **kwargs) -> None:
        super().__init__(**kwargs)
        self.image, self.labels = image, labels

    def execute(self, context):  # noqa: ARG002  # Airflow passes it
        return self.image


class RenamingCopyOperator(CopyOperator):
    """An operator that has its base's arguments under its base's names."""

    def __init__(self, *args, **kwargs) -> None:
        super().__init__(*args, **kwargs)


@pytest.mark.parametrize("operator_class", [CopyOperator, RenamingCopyOperator])
def test_an_operators_own_argument_stays_the_operators(operator_class):
    """An image and labels of an operator that has them go to the operator, and cpu to the pod."""
    with new_dag():
        operator = k8s_operator(operator_class)(
            task_id="it", image="copied:1", labels={"not": "of the pod"}, cpu=2
        )
    assert (operator.image, operator.labels) == ("copied:1", {"not": "of the pod"})
    assert pod_of(operator.executor_config) == {
        "spec": {
            "containers": [{"name": "base", "resources": {"requests": {"cpu": "2"}, "limits": {"cpu": "2"}}}]
        }
    }


class BashCopyOperator(K8sBashOperator):
    """An operator that somebody has derived from one of ours, with an image that is its own business."""

    def __init__(self, *, image: str, **kwargs) -> None:
        super().__init__(bash_command=f"copy {image}", **kwargs)
        self.image = image


def test_an_operator_derived_from_ours_keeps_its_arguments_and_takes_pod_options():
    """A subclass of K8sBashOperator has its own image, and the pod options of its base, mapped or not."""
    with new_dag(default_args={"memory": "1Gi"}) as dag:
        BashCopyOperator(task_id="plain", image="copied:1", cpu=2)
        BashCopyOperator.partial(task_id="mapped", cpu=2).expand(image=["copied:1"])
        BashCopyOperator.partial(task_id="partly", cpu=2, image="copied:1").expand(env=[{"A": "1"}])
    operators = [
        dag.get_task("plain"),
        dag.get_task("mapped").unmap({"image": "copied:1"}),
        dag.get_task("partly").unmap({"env": {"A": "1"}}),
    ]
    for operator in operators:
        assert (operator.image, operator.bash_command) == ("copied:1", "copy copied:1")
        amounts = {"cpu": "2", "memory": "1Gi"}
        assert container_of(operator) == {
            "name": "base",
            "resources": {"requests": amounts, "limits": amounts},
        }


def test_an_operator_derived_from_ours_has_its_image_from_default_args():
    """What default_args say of an image is the derived operator's, which has one, and not the pod's."""
    with new_dag(default_args={"image": "some:1"}) as dag:
        BashCopyOperator(task_id="it", cpu=2)
    assert dag.tasks[0].image == "some:1"
    assert "image" not in container_of(dag.tasks[0])


def test_an_operators_own_argument_can_be_mapped():
    """An image of an operator that has it can be mapped over; the pod's comes by executor_config."""
    with new_dag() as dag:
        k8s_operator(CopyOperator).partial(
            task_id="it", cpu=2, executor_config=k8s_config(image="pod:1")
        ).expand(image=["copied:1", "copied:2"])
    instance = dag.tasks[0].unmap({"image": "copied:2"})
    assert instance.image == "copied:2"
    assert container_of(instance)["image"] == "pod:1"


def test_an_operators_own_argument_comes_from_default_args_too():
    """default_args say image to the operator that has one, and to the pod of the one that has none."""
    with new_dag(default_args={"image": "some:1"}) as dag:
        k8s_operator(CopyOperator)(task_id="copy", cpu=2)
        K8sBashOperator(task_id="bash", bash_command="echo hi")
    assert dag.get_task("copy").image == "some:1"
    assert "image" not in container_of(dag.get_task("copy"))
    assert container_of(dag.get_task("bash"))["image"] == "some:1"


def test_a_pod_option_of_the_operators_name_reaches_the_pod_by_executor_config():
    """executor_config=k8s_config(image=...) sets the pod's image where image= is the operator's own."""
    with new_dag():
        operator = k8s_operator(CopyOperator)(
            task_id="it", image="copied:1", cpu=2, executor_config=k8s_config(image="pod:1")
        )
    assert operator.image == "copied:1"
    assert container_of(operator)["image"] == "pod:1"
    assert cpu_of(operator) == "2"


def test_an_operator_with_pod_options_is_the_operator():
    """k8s_operator(X) makes a subclass of X, the same at every call, with X's name in its own."""
    assert k8s_operator(BashOperator) is K8sBashOperator
    assert issubclass(K8sBashOperator, BashOperator)
    assert K8sBashOperator.__name__ == "K8sBashOperator"
    assert K8sBashOperator.template_fields == BashOperator.template_fields


def test_an_operators_missing_argument_is_named_with_the_task():
    """What the operator itself needs, Airflow names without the task."""
    told = r"task 'it' of DAG 'a_dag'.*\n  - bash_command is missing"
    with new_dag(), pytest.raises(SpecError, match=told):
        K8sBashOperator(task_id="it", cpu=2)


def test_a_problem_names_its_layer():
    """A wrong value in an outer layer is reported with the layer, for every layer."""
    scopes = {scope: {"cpu": f"{scope} has no cpu"} for scope in SCOPES}
    with pytest.raises(SpecError, match=r"of task 'outer\.inner\.it' of DAG 'a_dag'") as caught:
        make_task("K8sBashOperator", scopes)
    assert [problem.field.rpartition(": ")[0] for problem in caught.value.problems] == [
        "default_args of the DAG",
        "default_args of the task group 'outer'",
        "default_args of the task group 'outer.inner'",
        "default_args of the task",
        "",
    ]


@pytest.mark.parametrize("name", ["memory", "executor_config"])
def test_classic_operators_cannot_be_mapped_over_pod_options(name):
    """Mapping a classic operator over a pod option is told as for decorated tasks."""
    expected = rf"of task 'it'.*\n.*expand\({name}=\.\.\.\) cannot be mapped"
    with new_dag() as dag:
        partial = K8sBashOperator.partial(task_id="it")
        with pytest.raises(SpecError, match=expected):
            partial.expand(bash_command=["a"], **{name: [1, 2]})
        assert dag.tasks == []
        partial.expand(bash_command=["a"])


def test_classic_operators_cannot_be_mapped_over_dicts_of_pod_options():
    """A dict among those that a classic operator is mapped over may not hold a pod option, either."""
    with new_dag() as dag:
        partial = K8sBashOperator.partial(task_id="it")
        with pytest.raises(SpecError, match=r"expand\(cpu=\.\.\.\) cannot be mapped"):
            partial.expand_kwargs([{"bash_command": "a"}, {"bash_command": "b", "cpu": 2}])
        partial.expand_kwargs(k8s_task(do_something)())
    assert dag.get_task("it").upstream_task_ids == {"do_something"}


def test_tasks_of_a_mapped_group_have_their_pods():
    """Tasks in a task group that is mapped have the group's and their own pod options."""

    @task_group(default_args={"memory": "1Gi"})
    def group(x):
        k8s_task(task_id="it", cpu=2)(do_something)(x)

    with new_dag() as dag:
        group.expand(x=[1, 2])
    amounts = {"cpu": "2", "memory": "1Gi"}
    read = deserialize(serialize(dag)).get_task("group.it")
    for operator in (dag.get_task("group.it"), read):
        assert container_of(operator)["resources"] == {"requests": amounts, "limits": amounts}


@pytest.mark.parametrize("config", ["cpu=1", [("pod_override", {})], 1])
def test_an_executor_config_that_is_no_dict_is_told(config):
    """Something else than a dict as executor_config is an error with a remedy, and no traceback of ours."""
    expected = r"executor_config=.* is not a dict; write executor_config=\{'pod_override': \.\.\.\}"
    with new_dag(), pytest.raises(SpecError, match=expected):
        K8sBashOperator(task_id="it", bash_command="true", executor_config=config)


@pytest.mark.parametrize("config", [[], (), "", 0, False], ids=repr)
@pytest.mark.parametrize("scope", SCOPES)
@pytest.mark.parametrize("options", [{}, {"memory": "1Gi"}], ids=["alone", "beside options"])
def test_an_executor_config_that_is_false_and_no_dict_is_told_too(config, scope, options):
    """Airflow takes it for none; here it is a mistake, in every layer, and equal tasks do not share it."""
    scopes = {"the task": options, scope: {"executor_config": config, **options}}
    for maker in ("K8sBashOperator", "k8s_task", "mapped K8sBashOperator"):
        make_task(maker, {"the task": options})
        with pytest.raises(SpecError, match=f"executor_config=.*{type(config).__name__}.* is not a dict"):
            make_task(maker, scopes)
        make_task(maker, {"the task": options})


@pytest.mark.parametrize("config", [None, {}])
def test_no_executor_config_and_an_empty_one_are_none(config):
    """A task may be given either by whoever makes tasks of a file."""
    operator = make_task("K8sBashOperator", {"the task": {"executor_config": config, "memory": "1Gi"}})
    assert container_of(operator)["resources"]["limits"] == {"memory": "1Gi"}


@pytest.mark.parametrize(
    ("key", "said"),
    [
        ("KubernetesExecutor", "is the form of Airflow 1"),
        ("pod_overide", "write 'pod_override'"),
        ("pod_template", "write 'pod_template_file'"),
        ("image", r"write the pod option image=\.\.\."),
    ],
)
def test_a_key_that_airflow_ignores_is_told(key, said):
    """A key of executor_config that does nothing, and looks as if it did, is an error with a remedy."""
    with new_dag(), pytest.raises(SpecError, match=rf"executor_config\['{key}'\].*{said}"):
        k8s_task(executor_config={key: {}})(do_something)()


def test_an_error_without_a_task_id_names_no_task():
    """A task that is not even named has Airflow's error, or ours without a name."""
    with new_dag(), pytest.raises(SpecError, match=r"1 problem in the pod options \(.*\):\n"):
        K8sBashOperator(bash_command="true", memory=512)


def test_a_dag_that_is_given_as_an_argument_is_the_layer():
    """dag= and task_group= say where a task belongs, as a with statement does."""
    dag = new_dag(default_args={"cpu": 2, "memory": "1Gi"})
    group = TaskGroup("group", dag=dag, default_args={"memory": "2Gi"})
    operator = K8sBashOperator(task_id="it", bash_command="echo hi", dag=dag, task_group=group)
    decorated = k8s_task(task_id="other", dag=dag, task_group=group)(do_something)().operator
    amounts = {"cpu": "2", "memory": "2Gi"}
    for made in (operator, decorated):
        assert container_of(made)["resources"] == {"requests": amounts, "limits": amounts}


def test_plain_operators_are_left_alone_by_default_args():
    """Pod options in default_args mean nothing to Airflow's own operators, which ignore them."""
    with new_dag(default_args={"cpu": 2}) as dag:
        BashOperator(task_id="plain", bash_command="echo hi")
        task(do_something)()
    assert [operator.executor_config for operator in dag.tasks] == [{}, {}]


@pytest.mark.parametrize("name", ["K8sPythonOperator", "k8s_task"])
def test_airflows_own_default_args_still_count(name):
    """The retries and the owner of default_args reach a task of ours as they reach any other."""
    operator = make_task(name, {"the DAG": {"retries": 3}, "the inner group": {"owner": "etl", "cpu": 2}})
    assert (operator.retries, operator.owner) == (3, "etl")
