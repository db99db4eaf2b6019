"""Every sample of Astronomer's pages on the KubernetesExecutor, by hand and in one line: the same pod.

Sources: https://www.astronomer.io/docs/astro-private-cloud (Kubernetes executor), the earlier editions of the
same page for Astronomer Software and Astro, and their pod template
https://github.com/astronomer/airflow-chart/blob/master/files/pod-template-file.yaml.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest
import yaml
from airflow.models.taskinstance import TaskInstance
from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
from airflow_lines import (
    HELM_TEMPLATE,
    BashOperator,
    PythonOperator,
    amounts_by_value,
    deserialize,
    launched_pod,
    new_dag,
    pod_of,
    serialize,
    serialized_tasks,
    task,
)
from kubernetes.client import models as k8s
from sqlalchemy.dialects.sqlite import dialect

from airflow_provider_k8sexec import (
    EmptyDir,
    K8sBashOperator,
    K8sPythonOperator,
    Secret,
    k8s_config,
    k8s_task,
)

if TYPE_CHECKING:
    from collections.abc import Callable

TEMPLATE_FILE = "/tmp/new_pod_template.yaml"  # noqa: S108  # as the page has it


def print_stuff() -> None:
    print("stuff")  # noqa: T201


def print_env(env_name: str) -> None:
    print(os.environ[env_name])  # noqa: T201


def resources_by_hand() -> dict:
    return {
        "pod_override": k8s.V1Pod(
            spec=k8s.V1PodSpec(
                containers=[
                    k8s.V1Container(
                        name="base",
                        resources=k8s.V1ResourceRequirements(
                            requests={"cpu": 0.5, "memory": "1024Mi"},
                            limits={"cpu": 0.5, "memory": "1024Mi"},
                        ),
                    )
                ]
            )
        )
    }


def secret_by_hand() -> AirflowSecret:
    return AirflowSecret("env", "MY_SECRET", "infrared-photon-7780-env", "MY_SECRET")


def base_by_hand(spec: dict | None = None, **container: object) -> dict:
    base = k8s.V1Container(name="base", **container)
    return {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[base], **(spec or {})))}


def taskflow_by_hand() -> None:
    @task(executor_config=resources_by_hand())
    def resource_requirements_override_example() -> None:
        print_stuff()

    resource_requirements_override_example()


def taskflow_of_ours() -> None:
    @k8s_task(cpu=0.5, memory="1024Mi")
    def resource_requirements_override_example() -> None:
        print_stuff()

    resource_requirements_override_example()


def bash_by_hand() -> None:
    BashOperator(
        task_id="bash_resource_requirements_override_example",
        bash_command="echo hi",
        executor_config=resources_by_hand(),
    )


def bash_of_ours() -> None:
    K8sBashOperator(
        task_id="bash_resource_requirements_override_example",
        bash_command="echo hi",
        cpu=0.5,
        memory="1024Mi",
    )


def secret_task_by_hand() -> None:
    secret_env = secret_by_hand()
    PythonOperator(
        python_callable=print_env,
        op_kwargs={"env_name": secret_env.deploy_target},
        task_id="test-py-env",
        executor_config={
            "pod_override": k8s.V1Pod(
                spec=k8s.V1PodSpec(
                    containers=[
                        k8s.V1Container(
                            name="base",
                            env=[
                                k8s.V1EnvVar(
                                    name=secret_env.deploy_target,
                                    value_from=k8s.V1EnvVarSource(
                                        secret_key_ref=k8s.V1SecretKeySelector(
                                            name=secret_env.secret, key=secret_env.key
                                        )
                                    ),
                                )
                            ],
                        )
                    ]
                )
            ),
        },
    )


def secret_task_of_ours(**options: object) -> None:
    K8sPythonOperator(
        python_callable=print_env, op_kwargs={"env_name": "MY_SECRET"}, task_id="test-py-env", **options
    )


def template_by_hand() -> None:
    PythonOperator(
        task_id="task_with_template",
        python_callable=print_stuff,
        executor_config={"pod_template_file": TEMPLATE_FILE},
    )


def template_of_ours() -> None:
    K8sPythonOperator(
        task_id="task_with_template", python_callable=print_stuff, pod_template_file=TEMPLATE_FILE
    )


def any_task_by_hand(executor_config: dict) -> None:
    PythonOperator(task_id="a_task", python_callable=print_stuff, executor_config=executor_config)


def any_task_of_ours(**options: object) -> None:
    K8sPythonOperator(task_id="a_task", python_callable=print_stuff, **options)


def empty_dir_by_hand() -> dict:
    volume = k8s.V1Volume(name="k8sexec-scratch", empty_dir=k8s.V1EmptyDirVolumeSource(size_limit="2Gi"))
    mount = k8s.V1VolumeMount(name="k8sexec-scratch", mount_path="/scratch")
    return base_by_hand({"volumes": [volume]}, volume_mounts=[mount])


def gpu_by_hand() -> dict:
    devices = {"nvidia.com/gpu": 1}
    return base_by_hand(resources=k8s.V1ResourceRequirements(requests=devices, limits=devices))


SAMPLES: dict[str, tuple[Callable[[], None], Callable[[], None]]] = {
    "resources of a @task": (taskflow_by_hand, taskflow_of_ours),
    "resources of a BashOperator": (bash_by_hand, bash_of_ours),
    "resources by k8s_config": (
        bash_by_hand,
        lambda: BashOperator(
            task_id="bash_resource_requirements_override_example",
            bash_command="echo hi",
            executor_config=k8s_config(cpu="500m", memory="1Gi"),
        ),
    ),
    "test-secret": (secret_task_by_hand, lambda: secret_task_of_ours(secrets=["MY_SECRET"])),
    "test-secret, another release": (
        secret_task_by_hand,
        lambda: secret_task_of_ours(secrets=["MY_SECRET"], release="infrared-photon-7780"),
    ),
    "test-secret, named in full": (
        secret_task_by_hand,
        lambda: secret_task_of_ours(
            secrets=[Secret("MY_SECRET", env="MY_SECRET", name="infrared-photon-7780-env")]
        ),
    ),
    "test-secret, Airflow's own Secret": (
        secret_task_by_hand,
        lambda: secret_task_of_ours(secrets=[secret_by_hand()]),
    ),
    "pod template of a task": (template_by_hand, template_of_ours),
    "an empty_dir for temporary files": (
        lambda: any_task_by_hand(empty_dir_by_hand()),
        lambda: any_task_of_ours(volumes={"/scratch": EmptyDir(size="2Gi")}),
    ),
    "service account and image": (
        lambda: any_task_by_hand(base_by_hand({"service_account_name": "etl"}, image="etl:1")),
        lambda: any_task_of_ours(service_account_name="etl", image="etl:1"),
    ),
    "more GPU than another task": (
        lambda: any_task_by_hand(gpu_by_hand()),
        lambda: any_task_of_ours(gpu=1),
    ),
}


@pytest.fixture(params=SAMPLES.values(), ids=SAMPLES.keys())
def both(request: pytest.FixtureRequest) -> tuple:
    """Give a DAG by hand and one of ours, with one task of the same name each."""
    dags = []
    for define in request.param:
        with new_dag("sample") as dag:
            define()
        dags.append(dag)
    return tuple(dags)


def configs(dags: tuple) -> list[dict]:
    """Give the executor_config of the one task of each DAG."""
    return [dag.tasks[0].executor_config for dag in dags]


def test_our_line_yields_the_partial_pod_of_the_hand_written_objects(both):
    """For every sample, our line yields the same partial pod; quantities are compared by value."""
    by_hand, ours = configs(both)
    assert by_hand.keys() == ours.keys()
    assert by_hand.get("pod_template_file") == ours.get("pod_template_file")
    if "pod_override" in by_hand:
        assert amounts_by_value(pod_of(ours)) == amounts_by_value(pod_of(by_hand))


def test_our_line_is_serialised_as_the_hand_written_objects_are(both):
    """For every sample, the serialised DAG has the same executor_config for our task."""
    (by_hand,), (ours,) = (serialized_tasks(dag).values() for dag in both)
    assert amounts_by_value(ours["executor_config"]) == amounts_by_value(by_hand["executor_config"])


def test_the_scheduler_reads_a_pod_back_from_the_serialised_dag(both):
    """For every sample, reading the serialised DAG gives a V1Pod, equal to the hand-written one."""
    by_hand, ours = configs([deserialize(serialize(dag)) for dag in both])
    if "pod_override" in by_hand:
        assert isinstance(ours["pod_override"], k8s.V1Pod)
        assert amounts_by_value(pod_of(ours)) == amounts_by_value(pod_of(by_hand))
    else:
        assert ours == by_hand == {"pod_template_file": TEMPLATE_FILE}


def test_the_executor_reads_a_pod_back_from_the_task_instance(both):
    """The column of the task instance's executor_config takes ours, and gives back a plain V1Pod."""
    by_hand, ours = configs(both)
    column = TaskInstance.__table__.c.executor_config.type
    stored = column.bind_processor(dialect())(ours)
    read = column.result_processor(dialect(), None)(stored)
    assert type(read) is dict
    assert read.keys() == by_hand.keys()
    if "pod_override" in by_hand:
        assert isinstance(read["pod_override"], k8s.V1Pod)
        assert amounts_by_value(pod_of(read)) == amounts_by_value(pod_of(by_hand))


def test_the_pod_over_the_helm_template_is_the_hand_written_one(both):
    """For every sample, Airflow's PodGenerator merges ours with the chart's template to the same pod."""
    by_hand, ours = (launched_pod(config) for config in configs(both))
    assert amounts_by_value(ours) == amounts_by_value(by_hand)


def test_the_pod_over_the_helm_template_keeps_what_the_template_has(both):
    """What the template says of the pod and no sample touches is still in the launched pod."""
    template = yaml.safe_load(HELM_TEMPLATE.read_text())
    _, ours = (launched_pod(config) for config in configs(both))
    worker, template_worker = ours["spec"]["containers"][0], template["spec"]["containers"][0]
    assert worker["name"] == "base"
    assert all(variable in worker["env"] for variable in template_worker["env"])
    assert all(mount in worker["volumeMounts"] for mount in template_worker["volumeMounts"])
    assert all(volume in ours["spec"]["volumes"] for volume in template["spec"]["volumes"])
    for field in ("nodeSelector", "affinity", "tolerations", "securityContext", "imagePullSecrets"):
        assert ours["spec"][field] == template["spec"][field]


def test_a_sample_can_differ():
    """Another amount, another secret or another container is another pod: the comparison can fail."""
    by_hand = amounts_by_value(pod_of(resources_by_hand()))
    assert by_hand != amounts_by_value(pod_of(k8s_config(cpu=0.5, memory="1Gi", image="etl:1")))
    assert by_hand != amounts_by_value(pod_of(k8s_config(cpu=0.5, memory="1025Mi")))
    assert by_hand == amounts_by_value(pod_of(k8s_config(cpu="500m", memory="1Gi")))
