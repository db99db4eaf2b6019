"""Executor configs that do not do what was meant: what they do today is so, and what was meant is written."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator, PodReconciliationError
from airflow_lines import HELM_TEMPLATE
from executor_pods import construct_pod
from kubernetes.client import models as k8s

from airflow_provider_k8sexec.cli.migrate.mistakes.read_mistakes import leave_mistakes, read_mistakes
from airflow_provider_k8sexec.cli.migrate.option_text import write_arguments
from airflow_provider_k8sexec.cli.migrate.reading.project import Project
from airflow_provider_k8sexec.cli.migrate.reading.read_file import read_file

OWN_SECRET = "infrared-photon-7780-env"  # noqa: S105  # its name
PAGE = (Path(__file__).parents[2] / "docs/migration.md").read_text(encoding="utf-8")
_ROWS = PAGE.partition("| key | pod option |")[2].partition("\n\n")[0].splitlines()[2:]
LEGACY_ROWS = [re.findall("`([^`]+)`", row) for row in _ROWS]
HEAD = "from airflow.decorators import task\nfrom kubernetes.client import models as k8s\n"


@pytest.fixture
def read(tmp_path):
    """Read the mistakes of a DAG file whose one task has a config."""

    def read(config, head="", template=None):
        source = f"{HEAD}{head}\n@task(executor_config={config})\ndef run(): ...\n"
        (tmp_path / "dag.py").write_text(source, encoding="utf-8")
        project = Project([tmp_path])
        source = project.load(tmp_path / "dag.py")
        mistakes = read_mistakes(source, project, OWN_SECRET, template)
        return mistakes, leave_mistakes(read_file(source, project, OWN_SECRET), mistakes)

    return read


def options_of(reading):
    """Give the options of the one edit that a file needs."""
    (edit,) = [edit for edit in reading.edits if hasattr(edit, "options")]
    return ", ".join(f"{name}={value}" for name, value in write_arguments(edit.options))


def pod(container='name="base", image="etl:1"', spec=""):
    """Write a pod whose one container has some fields."""
    return f"k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container({container})]{spec}))"


def override(*arguments):
    """Write a config with such a pod."""
    return f'{{"pod_override": {pod(*arguments)}}}'


@pytest.mark.parametrize(("before", "after"), LEGACY_ROWS)
def test_a_key_of_airflow_1_becomes_the_option_that_the_page_names(read, before, after):
    """The page on migration and the command agree on every key."""
    mistakes, _ = read(f'{{"KubernetesExecutor": {{{before}}}}}')
    assert options_of(mistakes) == after
    assert "which today's executor refuses" in mistakes.edits[0].mistake


IMAGE = 'image="etl:1"'
DISK = 'node_selector={"disk": "ssd"}'
MENDED = {
    '{"KubernetesExecutor": {"envs": {"A": "1"}, "configmaps": ["app"]}}': (
        'env_vars={"A": "1"}, env_from=["configmap/app"]'
    ),
    '{"KubernetesExecutor": {"image": "etl:1", "labels": {}, "tolerations": []}}': IMAGE,
    f'{{"KubernetesExecutor": {pod()}}}': IMAGE,
    f'{{"KubernetesExecutor": {{"pod_override": {pod()}}}}}': IMAGE,
    'dict(KubernetesExecutor=dict(image="etl:1"))': IMAGE,
    '{"pod_override": {"spec": {"nodeSelector": {"disk": "ssd"}}}}': DISK,
    '{"pod_override": k8s.V1Pod(spec={"nodeSelector": {"disk": "ssd"}})}': DISK,
    '{"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[{"name": "base", "image": "etl:1"}]))}': IMAGE,
    f'{{"pod_overide": {pod()}}}': IMAGE,
    f'{{"podOverride": {pod()}}}': IMAGE,
    override("name='worker', image='example.com/Airflow-etl:1'"): 'image="example.com/Airflow-etl:1"',
    override("name='worker', resources={'limits': {'memory': '1Gi'}}"): 'memory=(None, "1Gi")',
    override("name='base', image='etl:1', args=['python']"): IMAGE,
    '{"cpu": 1, "memory": "1Gi"}': 'cpu=1, memory="1Gi"',
    '{"resources": {"limits": {"memory": "1Gi"}}, "nodeSelector": {"disk": "ssd"}}': (
        f'memory=(None, "1Gi"), {DISK}'
    ),
    '{"pod_template_fil": "/pods/big.yaml"}': 'pod_template_file="/pods/big.yaml"',
    pod(): IMAGE,
}
"""Configs that do not do what was meant, and the options that were meant."""


@pytest.mark.parametrize(("config", "options"), MENDED.items())
def test_what_was_meant_is_written_as_options(read, config, options):
    """The edit has what was meant, and a sentence with what the config does today."""
    mistakes, right = read(config)
    assert options_of(mistakes) == options
    (edit,) = mistakes.edits
    assert re.fullmatch(r"(executor_config|pod_override).+\.", edit.mistake)
    assert (mistakes.refusals, right.edits, right.refusals) == ((), (), ())


NOT_SURE = {
    override("name='base', args=['python']"): "so the task itself does not run; remove it",
    override("name='a'), k8s.V1Container(name='b'"): "has no container 'base'",
    override("name='log-shipper', image='fluent-bit:3'"): "would put the task into 'log-shipper'; name the",
    override("name='etl', image='airflow:3', args=['serve']"): "so the task itself does not run; name the",
    override("name='etl', ports=[{'containerPort': 80}]"): "has no container 'base'",
    override("name='a'), k8s.V1Container(name='base'"): "has 'base' behind 'a'",
    '{"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[...]))}': "has a literal `...`",
    '{"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[], volumes=[k8s.V1Volume(name="v")]))}': (
        "is mounted by no container"
    ),
    '{"KubernetesExecutor": {"image": "etl:1", "worker": 1}}': "'worker' was never a key",
    '{"KubernetesExecutor": {"gcp_service_account_key": "key"}}': "has not the form 'name:/file'",
    '{"KubernetesExecutor": {"image": IMAGE}}': "`os.environ.get('IMAGE')` is known only",
    '{"KubernetesExecutor": "small"}': "what is under 'KubernetesExecutor' is no dict",
}
"""Configs of which it is not sure what was meant, and what is explained."""


@pytest.mark.parametrize(("config", "explained"), NOT_SURE.items())
def test_what_is_not_sure_is_explained_and_left(read, config, explained):
    """No edit guesses, and none keeps the mistake; a sentence has the problem and the remedy."""
    mistakes, right = read(config, head="import os\nIMAGE = os.environ.get('IMAGE')")
    (refusal,) = mistakes.refusals
    assert explained in refusal.reason
    assert refusal.reason.endswith(".")
    assert (mistakes.edits, right.edits, right.refusals) == ((), (), ())


RIGHT = [
    override(),
    '{"overrides": {"cpu": 1}}',
    '{"CeleryExecutor": {"queue": "big"}}',
    '{"pod_template_file": "/pods/big.yaml"}',
    "{}",
    "None",
]


@pytest.mark.parametrize("config", RIGHT)
def test_what_is_right_or_of_another_executor_is_no_mistake(read, config):
    """A key of another executor is none that was misspelt."""
    mistakes, _ = read(config)
    assert (mistakes.edits, mistakes.refusals) == ((), ())


MOUNT = override("name='base', volume_mounts=[k8s.V1VolumeMount(name='logs', mount_path='/logs')]")


def test_a_mount_may_be_of_a_volume_of_the_template(read):
    """Without the template it is not known; with it, its volumes are there."""
    template = yaml.safe_load(HELM_TEMPLATE.read_text(encoding="utf-8"))
    assert read(MOUNT)[0].refusals == ()
    assert read(MOUNT, template=template)[0].refusals == ()
    (refusal,) = read(MOUNT, template={"spec": {}})[0].refusals
    assert "there is no volume of that name, neither here nor in the pod template" in refusal.reason


def test_a_pod_in_the_place_of_a_config_is_mended_where_it_is_made(read):
    """The constant becomes the config, unless something else reads it."""
    mistakes, _ = read("POD", head=f"POD = {pod()}")
    assert mistakes.edits[0].span.line == 3
    mistakes, _ = read("POD", head=f'POD = {pod()}\nOTHER = {{"pod_override": POD}}\nprint(OTHER)')
    assert mistakes.edits[0].span.line == 6


def test_a_config_of_a_class_is_read_by_its_attribute(read):
    """Both ``lint`` and ``migrate`` know ``Pods.big`` as a use of what the body of the class sets."""
    mistakes, right = read("Pods.big", head=f'class Pods:\n    big = {{"pod_override": {pod()}}}')
    assert mistakes.refusals == ()
    assert options_of(right) == options_of(read(f'{{"pod_override": {pod()}}}')[1])


def test_a_config_that_no_task_has_is_explained(read):
    """What is set and never read does nothing, and is not made to look as if it did."""
    mistakes, right = read("None", head=f'BIG = {{"pod_override": {pod()}}}')
    assert "'BIG', which no task has" in mistakes.refusals[0].reason
    assert right.edits == ()


def test_a_config_that_another_file_reads_is_used(read, tmp_path):
    """A module of presets has no tasks of its own."""
    (tmp_path / "other.py").write_text("from dag import BIG\n", encoding="utf-8")
    mistakes, right = read("None", head=f'BIG = {{"pod_override": {pod()}}}')
    assert mistakes.refusals == ()
    assert len(right.edits) == 1


WORKER = k8s.V1Container(name="base")


@pytest.mark.parametrize(
    "config", [{"KubernetesExecutor": {"image": "etl:1"}}, {"pod_override": {"spec": {}}}]
)
def test_airflow_refuses_what_is_no_pod(config):
    """Legacy and plain dicts fail as the executor launches the task."""
    with pytest.raises(TypeError, match="Cannot convert a non-kubernetes"):
        PodGenerator.from_obj(config)


def test_airflow_cannot_read_a_bare_pod():
    """The executor looks for keys in a config."""
    with pytest.raises(AttributeError, match="get"):
        PodGenerator.from_obj(k8s.V1Pod())


@pytest.mark.parametrize("config", [{"pod_overide": k8s.V1Pod()}, {"cpu": 1, "resources": {}}])
def test_airflow_ignores_keys_that_it_does_not_know(config):
    """The task has the pod of the template alone."""
    assert PodGenerator.from_obj(config) is None


@pytest.mark.parametrize(
    "pod",
    [k8s.V1Pod(spec={"containers": [{"name": "base"}]}), k8s.V1Pod(spec=k8s.V1PodSpec(containers=[...]))],
)
def test_airflow_cannot_merge_what_is_no_model(pod):
    """The task fails when it is launched."""
    template = yaml.safe_load(HELM_TEMPLATE.read_text(encoding="utf-8"))
    with pytest.raises(PodReconciliationError):
        construct_pod(pod, template)


def test_airflow_runs_the_args_in_the_place_of_the_task():
    """The task itself does not run."""
    template = yaml.safe_load(HELM_TEMPLATE.read_text(encoding="utf-8"))
    override = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", args=["python"])]))
    assert construct_pod(override, template).spec.containers[0].args == ["python"]
