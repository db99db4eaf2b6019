"""A KubernetesPodOperator becomes a K8sPodOperator where its arguments are no longer as pod options."""

from __future__ import annotations

import textwrap

import pytest

from airflow_provider_k8sexec.cli.migrate.edits import Refusal
from airflow_provider_k8sexec.cli.migrate.proof.verify import compare, load, reload
from airflow_provider_k8sexec.cli.migrate.reading.project import Project
from airflow_provider_k8sexec.cli.migrate.reading.read_file import read_file
from airflow_provider_k8sexec.cli.migrate.writing.write_edits import write_edits

HEAD = """
import os
import pendulum
from airflow import DAG
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
from kubernetes.client import models as k8s

SIZE = "2Gi"
SMALL = k8s.V1ResourceRequirements(requests={"cpu": "500m"}, limits={"cpu": "500m"})
TOKEN = AirflowSecret("env", "API_TOKEN", "api", "token")
dag = DAG("d", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC"))
"""
TASK = '{kind}(dag=dag, task_id="t{number}", image="a:1", {arguments})'
RESOURCES = (
    'container_resources=k8s.V1ResourceRequirements(requests={{"memory": {0}}}, limits={{"memory": {0}}})'
)
SCRATCH = 'k8s.V1Volume(name="v", empty_dir=k8s.V1EmptyDirVolumeSource(size_limit="2Gi"))'
MOUNT = 'k8s.V1VolumeMount(name="v", mount_path="/v")'
FROM_ELSEWHERE = 'env_vars=[k8s.V1EnvVar(name="HOME", value=os.environ["HOME"])]'
OTHER_FORM = (
    'env_vars=[k8s.V1EnvVar(name="P", value_from=k8s.V1EnvVarSource('
    'secret_key_ref=k8s.V1SecretKeySelector(name="api", key="P")))]'
)

REWRITTEN = {
    RESOURCES.format('"1Gi"'): 'memory="1Gi"',
    RESOURCES.format("SIZE"): "memory=SIZE",
    "container_resources=SMALL": 'cpu="500m"',
    'env_vars=[k8s.V1EnvVar(name="MODE", value="fast")]': 'env_vars={"MODE": "fast"}',
    'env_vars=[k8s.V1EnvVar(name="DAY", value="{{ ds }}")]': 'env_vars={"DAY": "{{ ds }}"}',
    "secrets=[TOKEN]": 'secrets=[Secret("token", env="API_TOKEN", name="api")]',
    'secrets=[AirflowSecret("env", "api_token", "api", "API_TOKEN")]': (
        'secrets=[Secret("API_TOKEN", name="api")]'
    ),
    'secrets=[AirflowSecret("env", "TOKEN", "own-env", "TOKEN")]': 'secrets=["TOKEN"]',
    'secrets=[AirflowSecret("env", None, "api")]': 'env_from=["secret/api"]',
    'env_vars={"A": "b"}, secrets=[AirflowSecret("env", "TOKEN", secret="api", key="T")]': (
        'env_vars={"A": "b"}, secrets=[Secret("T", env="TOKEN", name="api")]'
    ),
    "env_from=[k8s.V1EnvFromSource(config_map_ref=k8s.V1ConfigMapEnvSource(name='app'))]": (
        'env_from=["configmap/app"]'
    ),
    f"volumes=[{SCRATCH}], volume_mounts=[{MOUNT}]": 'volumes={"/v": EmptyDir(size="2Gi")}',
    'tolerations=[k8s.V1Toleration(key="spot", operator="Exists")]': 'tolerations=["spot"]',
    'image_pull_secrets=[k8s.V1LocalObjectReference("registry")]': 'image_pull_secrets=["registry"]',
    'host_aliases=[k8s.V1HostAlias(ip="10.1.2.3", hostnames=["db"])]': 'host_aliases={"10.1.2.3": ["db"]}',
    "security_context=k8s.V1PodSecurityContext(fs_group=50000)": 'security_context={"fsGroup": 50000}',
    "container_security_context=k8s.V1SecurityContext(run_as_user=1)": (
        'container_security_context={"runAsUser": 1}'
    ),
    # What is known only when the file is loaded stays as it is.
    f'{FROM_ELSEWHERE}, tolerations=[k8s.V1Toleration(key="gpu", operator="Exists")]': (
        f'{FROM_ELSEWHERE}, tolerations=["gpu"]'
    ),
}
"""Arguments, and what stands in their place."""

KEPT = {
    "what is the same as a pod option": (
        'env_vars={"A": "b"}, labels={"team": "a"}, image_pull_policy="Always"',
        "",
    ),
    "a dictionary in the place of a model": (
        'tolerations=[{"key": "spot"}], security_context={"fsGroup": 1}',
        "",
    ),
    "what is known only when the file is loaded": (
        RESOURCES.format('os.environ["MEMORY"]'),
        "The pod that it starts is left: `os.environ['MEMORY']` is known only when the file is loaded.",
    ),
    "a volume that is not mounted": (
        f"volumes=[{SCRATCH}]",
        "The pod that it starts is left: no option stands for a part of `volumes`.",
    ),
    "two forms of one option": (
        f'secrets=[AirflowSecret("volume", "/keys", "keys")], {OTHER_FORM}',
        "The pod that it starts is left: no option stands for a part of `env_vars`.",
    ),
    "arguments of several calls": (
        "**COMMON",
        "The pod that it starts is left: `COMMON` gives it `container_resources`.",
    ),
}
"""Arguments that stay as they are, and why."""

OTHERS = {
    "from airflow.providers.google.cloud.operators.kubernetes_engine import GKEStartPodOperator\n"
    "GKEStartPodOperator(container_resources=SMALL)": (
        "`GKEStartPodOperator` is left; `k8s_pod_operator(GKEStartPodOperator)` takes pod options."
    ),
    "from airflow.providers.amazon.aws.operators.eks import EksPodOperator\n"
    "EksPodOperator(container_resources=SMALL)": (
        "`EksPodOperator` is left; `k8s_pod_operator(EksPodOperator)` takes pod options."
    ),
    "from airflow.decorators import task\n@task.kubernetes(container_resources=SMALL)\ndef f(): ...": (
        "`@task.kubernetes` is left; `@k8s_task.kubernetes` takes pod options."
    ),
}


def read(folder, source):
    """Read a file, and give it rewritten, with the refusals."""
    path = folder / "dag.py"
    path.write_text(source, encoding="utf-8")
    project = Project([folder])
    reading = read_file(project.load(path), project, "own-env")
    return write_edits(source, reading.edits), reading.refusals


def task_of(arguments, kind="KubernetesPodOperator", number=0):
    """Give the call of an operator."""
    return TASK.format(kind=kind, number=number, arguments=arguments) + "\n"


@pytest.mark.parametrize("arguments", REWRITTEN)
def test_arguments_become_shorter_options(tmp_path, arguments):
    """Each row of the migration page is written; the rest of the call stays as it is."""
    written, refusals = read(tmp_path, HEAD + task_of(arguments))
    assert written.endswith("\n" + task_of(REWRITTEN[arguments], "K8sPodOperator"))
    assert refusals == ()


def test_the_started_pods_are_the_same(tmp_path, monkeypatch):
    """Airflow makes the same pod of each task, by the operator's own build of it."""
    monkeypatch.setenv("AIRFLOW__K8SEXEC__RELEASE_NAME", "own")
    source = HEAD + "".join(task_of(each, number=number) for number, each in enumerate(REWRITTEN))
    written, _ = read(tmp_path, source)
    before = load([str(tmp_path / "dag.py")])
    assert len(before.tasks) == len(REWRITTEN)
    assert compare(before, reload(before, {str(tmp_path / "dag.py"): written})) == []


@pytest.mark.parametrize("kept", KEPT)
def test_a_call_that_would_not_be_shorter_stays_as_it_is(tmp_path, kept):
    """A new name alone gains nothing; where a value is in the way, the report says which."""
    arguments, reason = KEPT[kept]
    source = f"{HEAD}COMMON = {{'container_resources': SMALL}}\n{task_of(arguments)}"
    line = source.count("\n")
    assert read(tmp_path, source) == (source, (Refusal(line, reason),) if reason else ())


@pytest.mark.parametrize("code", OTHERS)
def test_operators_of_other_providers_are_named_and_left(tmp_path, code):
    """Their authors read what takes pod options instead."""
    source = f"{HEAD}{code}\n"
    written, refusals = read(tmp_path, source)
    assert written == source
    assert [refusal.reason for refusal in refusals] == [OTHERS[code]]


def test_a_constant_of_several_calls_stays_a_constant(tmp_path):
    """It is shorter than its options in each of the calls."""
    amounts = '{"cpu": "1", "memory": "1Gi"}, limits={"cpu": "2", "memory": "2Gi"}'
    calls = "".join(task_of("container_resources=BIG", number=number) for number in range(24))
    source = f"{HEAD}BIG = k8s.V1ResourceRequirements(requests={amounts})\n{calls}"
    assert read(tmp_path, source) == (source, ())


def test_what_only_the_call_has_used_is_removed(tmp_path):
    """Constants, helpers and imports that nothing reads any more are gone with their arguments."""
    source = """\
    from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
    from kubernetes.client import models as k8s

    scratch = k8s.V1Volume(name="scratch", empty_dir=k8s.V1EmptyDirVolumeSource())


    def small(memory="1Gi"):
        return k8s.V1ResourceRequirements(requests={"memory": memory}, limits={"memory": memory})


    NAME = "a"
    KubernetesPodOperator(
        task_id=NAME,
        container_resources=small(),
        volumes=[scratch],  # for sorting
        volume_mounts=[k8s.V1VolumeMount(name="scratch", mount_path="/tmp")],
    )
    """
    written, _ = read(tmp_path, textwrap.dedent(source))
    assert written == textwrap.dedent(
        """\
        from airflow_provider_k8sexec import EmptyDir, K8sPodOperator


        NAME = "a"
        K8sPodOperator(
            task_id=NAME,
            memory="1Gi",
            volumes={"/tmp": EmptyDir()},  # for sorting
        )
        """
    )


def test_a_mapped_operator_keeps_its_mapping(tmp_path):
    """`partial` takes the options, and `expand` stays."""
    call = "KubernetesPodOperator.partial(task_id='t', container_resources=SMALL).expand(arguments=[['a']])\n"
    written, _ = read(tmp_path, HEAD + call)
    assert written.endswith(
        """\nK8sPodOperator.partial(task_id='t', cpu="500m").expand(arguments=[['a']])\n"""
    )


def test_the_pod_of_the_worker_is_rewritten_as_well(tmp_path):
    """The executor config of the operator is the worker's, and becomes `k8s_config`."""
    worker = "k8s.V1Pod(spec=k8s.V1PodSpec(containers=[], service_account_name='starter'))"
    written, _ = read(
        tmp_path, HEAD + task_of(f"container_resources=SMALL, executor_config={{'pod_override': {worker}}}")
    )
    options = 'cpu="500m", executor_config=k8s_config(service_account_name="starter")'
    assert written.endswith("\n" + task_of(options, "K8sPodOperator"))
