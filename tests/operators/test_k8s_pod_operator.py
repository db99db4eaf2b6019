"""``K8sPodOperator``: pod options for the pod that a KubernetesPodOperator starts."""

from __future__ import annotations

import json

import pytest
from airflow.providers.cncf.kubernetes.operators.kueue import KubernetesStartKueueJobOperator
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
from airflow_lines import BaseOperator, new_dag, serialize
from kubernetes.client import models as k8s
from started_pods import make, start

from airflow_provider_k8sexec import (
    EmptyDir,
    HostPath,
    K8sPodOperator,
    PersistentVolumeClaim,
    Secret,
    SpecError,
    SpecWarning,
    Toleration,
    k8s_pod_operator,
    k8s_task,
    per_try,
)
from airflow_provider_k8sexec.pod.started import started_request


def variable(name, value=None, **source):
    return k8s.V1EnvVar(name=name, value=value, **source)


def by_key(name, key, of="infrared-photon-7780-env"):
    reference = k8s.V1SecretKeySelector(name=of, key=key)
    return variable(name, value_from=k8s.V1EnvVarSource(secret_key_ref=reference))


SAME = {
    "amounts": (
        {"cpu": 0.5, "memory": ("1Gi", "2Gi")},
        {
            "container_resources": k8s.V1ResourceRequirements(
                requests={"cpu": "0.5", "memory": "1Gi"}, limits={"cpu": "0.5", "memory": "2Gi"}
            )
        },
    ),
    "secrets as variables": (
        {"secrets": ["TOKEN", Secret("pw", env="PASSWORD", name="db")]},
        {"env_vars": [by_key("TOKEN", "TOKEN"), by_key("PASSWORD", "pw", "db")]},
    ),
    "Airflow's secret": (
        {"secrets": [AirflowSecret("env", "PASSWORD", "db", "pw")]},
        {"secrets": [AirflowSecret("env", "PASSWORD", "db", "pw")]},
    ),
    "variables": ({"env_vars": {"A": "x", "B": "y"}}, {"env_vars": {"A": "x", "B": "y"}}),
    "volumes by path": (
        {"volumes": {"/scratch": EmptyDir(size="2Gi")}},
        {
            "volumes": [
                k8s.V1Volume(name="k8sexec-scratch", empty_dir=k8s.V1EmptyDirVolumeSource(size_limit="2Gi"))
            ],
            "volume_mounts": [k8s.V1VolumeMount(name="k8sexec-scratch", mount_path="/scratch")],
        },
    ),
    "tolerations": (
        {"tolerations": ["gpu=true:NoSchedule", Toleration("spot")]},
        {
            "tolerations": [
                k8s.V1Toleration(key="gpu", operator="Equal", value="true", effect="NoSchedule"),
                k8s.V1Toleration(key="spot", operator="Exists"),
            ]
        },
    ),
    "scalars": (
        {"service_account_name": "a", "image_pull_policy": "Always", "priority_class_name": "low"},
        {"service_account_name": "a", "image_pull_policy": "Always", "priority_class_name": "low"},
    ),
    "mappings": (
        {"labels": {"team": "a"}, "annotations": {"b": "c"}, "node_selector": {"disk": "ssd"}},
        {"labels": {"team": "a"}, "annotations": {"b": "c"}, "node_selector": {"disk": "ssd"}},
    ),
}


@pytest.mark.parametrize(("own", "airflows"), SAME.values(), ids=SAME)
def test_the_pod_is_the_one_that_airflows_vocabulary_gives(own, airflows):
    """Each option requests what the same would be in Airflow's own words."""
    assert start(make(**own)) == start(make(KubernetesPodOperator, **airflows))


def test_a_task_without_pod_options_starts_airflows_own_pod():
    """The class can replace KubernetesPodOperator everywhere."""
    arguments = {"cmds": ["echo"], "arguments": ["hi"], "do_xcom_push": True, "name": "it"}
    assert start(make(**arguments)) == start(make(KubernetesPodOperator, **arguments))


def test_the_try_has_its_amounts():
    """Per-try values need no pod mutation hook: the operator knows the try."""
    task = make(memory=per_try("1Gi", "2Gi"))
    assert [start(task, number)["spec"]["containers"][0]["resources"]["limits"] for number in (1, 2, 3)] == [
        {"memory": "1Gi"},
        {"memory": "2Gi"},
        {"memory": "2Gi"},
    ]


def test_layers_add_up():
    """The default_args of the DAG reach the started pod, in this package's vocabulary and in Airflow's."""
    defaults = {
        "memory": "1Gi",
        "labels": {"team": "a"},
        "secrets": ["TOKEN"],
        "tolerations": [k8s.V1Toleration(key="g", operator="Exists")],
    }
    pod = start(make(default_args=defaults, cpu=1, labels={"x": "y"}, tolerations=["h:NoSchedule"]))
    container = pod["spec"]["containers"][0]
    assert container["resources"]["limits"] == {"cpu": "1", "memory": "1Gi"}
    assert {"team": "a", "x": "y"}.items() <= pod["metadata"]["labels"].items()
    assert [item["name"] for item in container["env"]] == ["TOKEN"]
    assert [item["key"] for item in pod["spec"]["tolerations"]] == ["h", "g"]


def test_a_misspelt_option_is_refused_with_the_task_and_all_problems():
    """The author reads what the other doors say."""
    with pytest.raises(SpecError, match="task 'it' of DAG 'd'") as error:
        make(memori="1Gi", cpu="x")
    assert "write memory=..." in str(error.value)
    assert len(error.value.problems) == 2


def test_templates_are_rendered_where_airflow_renders_them():
    """The pod and the Rendered Template have the rendered strings."""
    task = make(
        image="busybox:{{ ds }}",
        labels={"day": "{{ ds }}"},
        env_vars={"DAY": "{{ ds }}"},
        volumes={"/d": PersistentVolumeClaim("lake-{{ ds }}")},
        memory="{{ 2 }}Gi",
    )
    pod = start(task)
    container = pod["spec"]["containers"][0]
    assert (task.image, task.labels) == ("busybox:2026-01-02", {"day": "2026-01-02"})
    assert container["image"] == "busybox:2026-01-02"
    assert container["env"] == [{"name": "DAY", "value": "2026-01-02"}]
    assert container["resources"]["limits"] == {"memory": "2Gi"}
    assert pod["spec"]["volumes"][0]["persistentVolumeClaim"] == {"claimName": "lake-2026-01-02"}


def test_building_changes_nothing():
    """The operator is the same after each call, and gives the same pod."""
    task = make(env_vars=[variable("A", "x")], secrets=["TOKEN"], memory="1Gi")
    first, before = start(task), dict(vars(task))
    assert start(task) == first
    assert {name for name, value in before.items() if vars(task)[name] != value} <= {
        "_k8sexec_rendered",
        "hook",
    }


def test_what_a_task_requests_of_the_started_pod_is_found():
    """Tools find it by one function, also of a mapped task."""
    assert started_request(make(memory="1Gi")).requested.worker["resources"]["limits"] == {"memory": "1Gi"}
    with new_dag("d"):
        mapped = K8sPodOperator.partial(task_id="it", image="x", cpu=1).expand(memory=["1Gi", "2Gi"])
    assert started_request(mapped).requested.worker["resources"]["limits"] == {"cpu": "1"}
    assert started_request(make(KubernetesPodOperator)) is None


def test_mapped_values_are_the_innermost_layer():
    """Each instance has a pod of its own."""
    with new_dag("d"):
        mapped = K8sPodOperator.partial(task_id="it", image="x", env_vars={"A": "x"}).expand(
            memory=["1Gi", "2Gi"]
        )
    task = mapped.unmap({"memory": "2Gi", "env_vars": {"B": "y"}})
    container = start(task)["spec"]["containers"][0]
    assert container["resources"]["limits"] == {"memory": "2Gi"}
    assert container["env"] == [{"name": "A", "value": "x"}, {"name": "B", "value": "y"}]


def test_decorated_functions_start_such_a_pod():
    """``k8s_task.kubernetes`` takes the options for the started pod."""
    with new_dag("d"):

        @k8s_task.kubernetes(image="python:3.11", memory="1Gi", secrets=["TOKEN"])
        def crunch():
            return 1

        task = crunch.override(memory="2Gi")().operator
    assert not task.executor_config
    container = start(task)["spec"]["containers"][0]
    assert container["resources"]["limits"] == {"memory": "2Gi"}
    assert container["image"] == "python:3.11"


def test_the_operator_of_a_class_is_made_once():
    """Equal classes are one, and what is made already stays as it is."""
    assert k8s_pod_operator(KubernetesPodOperator) is K8sPodOperator
    assert k8s_pod_operator(K8sPodOperator) is K8sPodOperator


def test_mapped_values_are_checked_before_a_run():
    """The author reads which of the values is wrong, all of them at once."""
    with new_dag("d"), pytest.raises(SpecError, match="task 'it' of DAG 'd'") as error:
        K8sPodOperator.partial(task_id="it", image="x", cpu=1).expand(memory=["1Gi", "1Gb", "x"])
    assert [problem.field for problem in error.value.problems] == [
        "value 2 of expand: memory",
        "value 3 of expand: memory",
    ]


def test_a_refused_item_of_expand_kwargs_is_named():
    """Each item is checked as the task that it makes."""
    with new_dag("d"), pytest.raises(SpecError, match="item 2 of expand_kwargs: cpu='x'"):
        K8sPodOperator.partial(task_id="it", image="x").expand_kwargs([{"cpu": 1}, {"cpu": "x"}])


def test_a_mapped_instance_that_is_wrong_at_run_time_names_the_authors_line():
    """What another task gives is checked as the instance is made."""
    with new_dag("d"):
        sizes = k8s_task(lambda: ["1Gi"])
        sizes.kwargs["task_id"] = "sizes"
        mapped = K8sPodOperator.partial(task_id="it", image="x").expand(memory=sizes())
    assert mapped.upstream_task_ids == {"sizes"}
    with pytest.raises(SpecError, match=r"task 'it'.*test_k8s_pod_operator\.py, line"):
        mapped.unmap({"memory": "1Gb"})


def test_results_of_other_tasks_are_followed_and_read_at_run_time():
    """Any option takes an XComArg, whether Airflow has the argument or not."""
    with new_dag("d"):
        first = k8s_task(lambda: "2Gi").override(task_id="first")()
        task = K8sPodOperator(task_id="it", image="x", memory=first, env_vars={"SIZE": first})
        mapped = K8sPodOperator.partial(task_id="them", image="x", memory=first).expand(cpu=[1, 2])
    assert task.upstream_task_ids == {"first"}
    assert mapped.upstream_task_ids == {"first"}
    assert started_request(task).requested.worker.get("resources") is None


def test_the_deployments_secret_in_another_namespace_is_a_warning(configure, monkeypatch):
    """Pods read secrets of their own namespace alone."""
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", "KubernetesExecutor")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE", "airflow")
    configure()
    with pytest.warns(SpecWarning, match="namespace='etl' is not 'airflow'"):
        make(namespace="etl", secrets=["TOKEN"])
    make(namespace="airflow", secrets=["TOKEN"])
    make(namespace="etl", secrets=[Secret("pw", env="P", name="db")])


def test_the_stored_dag_is_the_same_at_every_parse_and_shows_no_more_than_airflows_own():
    """Values stand where KubernetesPodOperator has its template fields, and nowhere else."""

    def parse(operator, **options):
        with new_dag("d") as dag:
            operator(task_id="it", image="x", env_vars={"A": "b"}, labels={"c": "d"})
            partial = operator.partial(task_id="them", **options)
            partial.expand(arguments=[["a"], ["b"]])
        return json.dumps(serialize(dag), sort_keys=True, default=str)

    hidden = {"env_vars": {"A": "hidden-value"}, "memory": "1Gi", "secrets": [Secret("k", env="K")]}
    first = parse(K8sPodOperator, **hidden)
    assert first == parse(K8sPodOperator, **hidden)
    assert "hidden-value" not in first
    own = json.loads(parse(K8sPodOperator))["dag"]["tasks"][0]["__var"]
    airflows = json.loads(parse(KubernetesPodOperator))["dag"]["tasks"][0]["__var"]
    assert own.keys() - airflows.keys() <= {"_operator_name"}
    assert (own["env_vars"], own["labels"]) == (airflows["env_vars"], airflows["labels"])


def test_a_mapped_function_has_the_layers_around_it():
    """On Airflow 2, which copies all default_args into the mapped task, as well."""
    defaults = {
        "memory": "1Gi",
        "tolerations": ["spot:NoSchedule"],
        "labels": {"team": "a"},
        "image_pull_secrets": "a,b",
    }
    with new_dag("d", default_args=defaults):

        @k8s_task.kubernetes(image="python:3.12", labels={"x": "y"})
        def crunch(x): ...

        mapped = crunch.expand(x=[1, 2]).operator
    assert started_request(mapped).requested.worker["resources"]["limits"] == {"memory": "1Gi"}
    task = mapped.unmap({"op_kwargs": {"x": 1}})
    pod = start(task)
    assert {"team": "a", "x": "y"}.items() <= pod["metadata"]["labels"].items()
    assert [item["key"] for item in pod["spec"]["tolerations"]] == ["spot"]
    assert pod["spec"]["imagePullSecrets"] == [{"name": "a"}, {"name": "b"}]
    assert pod["spec"]["containers"][0]["resources"]["limits"] == {"memory": "1Gi"}


class OtherCloudStartPodOperator(KubernetesPodOperator):
    """Such as GKEStartPodOperator: arguments of its own, and defaults of its own."""

    template_fields = ("cluster", *KubernetesPodOperator.template_fields)

    def __init__(self, *, cluster, namespace="cloud", **kwargs):
        super().__init__(namespace=namespace, **kwargs)
        self.cluster = cluster


def test_any_subclass_takes_the_options():
    """What the subclass has keeps its meaning and its defaults."""
    operator = k8s_pod_operator(OtherCloudStartPodOperator)
    pod = start(make(operator, cluster="c-{{ ds }}", memory="1Gi", default_args={"secrets": ["TOKEN"]}))
    assert operator.__name__ == "K8sOtherCloudStartPodOperator"
    assert pod["metadata"]["namespace"] == "cloud"
    assert pod["spec"]["containers"][0]["resources"]["limits"] == {"memory": "1Gi"}
    assert start(make(operator, cluster="c", namespace="n"))["metadata"]["namespace"] == "n"
    defaults = {"namespace": "of-the-dag"}
    assert start(make(operator, cluster="c", default_args=defaults))["metadata"]["namespace"] == "of-the-dag"


def test_the_operator_of_a_job_in_kueue_has_its_queue_from_any_layer():
    """Its required argument is the option of that name, and the job has the label."""
    operator = k8s_pod_operator(KubernetesStartKueueJobOperator)
    job = make(operator, suspend=True, default_args={"queue_name": "team-a"})
    assert job.queue_name == "team-a"
    assert job.labels == {"kueue.x-k8s.io/queue-name": "team-a"}
    pod = start(make(K8sPodOperator, image="x", queue_name="team-{{ 'b' }}"))
    assert pod["metadata"]["labels"]["kueue.x-k8s.io/queue-name"] == "team-b"


def test_an_operator_that_starts_no_pod_is_refused():
    """Its options would do nothing: the author reads which name makes them those of the worker."""
    reason = r"\(BaseOperator\) starts no pod of its own, so that the options would do nothing"
    with pytest.raises(SpecError, match=rf"line \d+\):\n.*{reason}; write k8s_operator\(BaseOperator\)"):
        k8s_pod_operator(BaseOperator)


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"volumes": {"/d": EmptyDir(size="{{ 2 }}Gi")}}, "'sizeLimit': '2Gi'"),
        ({"volumes": {"/d": HostPath("/{{ ds }}")}}, "'path': '/2026-01-02'"),
        ({"volumes": {"/{{ ds }}": EmptyDir()}}, "'mountPath': '/2026-01-02'"),
        ({"env_from": ["secret/s-{{ ds }}"]}, "{'secretRef': {'name': 's-2026-01-02'}}"),
        ({"gpu": "{{ 2 }}"}, "'nvidia.com/gpu': '2'"),
        ({"gpu": {"amd.com/gpu": "{{ 2 }}"}}, "'amd.com/gpu': '2'"),
    ],
)
def test_a_template_may_become_a_path_an_amount_or_a_count(options, expected):
    """Before it is rendered it has another form, which is no mistake of the author."""
    assert expected in str(start(make(**options)))


@pytest.mark.parametrize(
    "options",
    [
        {"volumes": {"/d": EmptyDir(size="{{ ds }}"), "e": EmptyDir()}},
        {"env_from": ["secret/{{ ds }}", "x"]},
    ],
)
def test_what_is_wrong_beside_a_template_is_still_found(options):
    """At parse, without what is not known yet."""
    with pytest.raises(SpecError, match="1 problem in the pod options") as caught:
        make(**options)
    assert "rendered" not in str(caught.value)


def test_templates_have_the_macros_and_types_of_their_dag():
    """They are rendered by the task's own environment, nested values too."""
    macros = {"size": lambda: "3Gi"}
    with new_dag("d", user_defined_macros=macros, render_template_as_native_obj=True):
        task = K8sPodOperator(
            task_id="it",
            image="x",
            memory="{{ size() }}",
            gpu={"amd.com/gpu": "{{ 2 }}"},
            env_vars="{{ {'A': 'b'} }}",
        )
    container = start(task)["spec"]["containers"][0]
    assert container["resources"]["limits"] == {"memory": "3Gi", "amd.com/gpu": "2"}
    assert container["env"] == [{"name": "A", "value": "b"}]


def test_a_deferrable_task_starts_the_same_pod():
    """What goes on in the triggerer is Airflow's."""
    assert start(make(memory="1Gi", deferrable=True)) == start(make(memory="1Gi"))


@pytest.mark.parametrize("option", ["memory", "image"])
def test_a_function_is_not_mapped_over_options(option):
    """Airflow maps it over its own arguments alone; the error says so."""
    with new_dag("d"), pytest.raises(SpecError, match="maps a function over its own arguments alone"):
        k8s_task.kubernetes(image="x", task_id="it")(lambda x: x).expand(x=[1], **{option: ["1Gi", "2Gi"]})
