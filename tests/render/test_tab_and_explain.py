"""The Pod tab and ``explain`` name the same origin for every field of a pod: they ask one engine."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from airflow_lines import HELM_TEMPLATE, deserialize, serialize
from attrs import evolve
from golden_pods import EXAMPLES
from hypothesis import given
from hypothesis import strategies as st
from properties import examples
from sample_declarations import DEPLOYMENT, NOTHING, declarations, declare

from airflow_provider_k8sexec import k8s_config, per_try
from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.options.paths import show_path
from airflow_provider_k8sexec.options.per_try import choose_by_try
from airflow_provider_k8sexec.pod.executor_config import ExecutorConfig
from airflow_provider_k8sexec.pod.merge_repair import find_worker
from airflow_provider_k8sexec.pod.task_request import TaskRequest
from airflow_provider_k8sexec.render.executor_pod import PodMerge
from airflow_provider_k8sexec.render.explanation import explain_pod, read_override
from airflow_provider_k8sexec.ui.pods import choose_pod, merge_pod
from airflow_provider_k8sexec.ui.subject import Subject, Try

if TYPE_CHECKING:
    from collections.abc import Mapping

    from airflow_provider_k8sexec.options.declaration import Declaration

pytestmark = pytest.mark.any_python

EVERY_OPTION = Path(__file__).parents[1] / "support" / "dags" / "every_option.py"
PROPERTY = examples(25)


@pytest.fixture(autouse=True, scope="module")
def _template() -> Any:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(HELM_TEMPLATE))
        yield


def explained_origins(task_id: str, config: Mapping[str, Any]) -> dict[str, str]:
    """Give who set each field by ``explain``."""
    fields = explain_pod(PodMerge.load("a_dag", task_id, config))
    return {field.path: field.origin for field in fields if field.value is not None}


def origins_in_the_tab(task_id: str, config: dict[str, Any]) -> dict[str, str]:
    """Give who set each field by the tab."""
    merged = merge_pod(Subject("a_dag", task_id), Try(1, config, (1,)))
    assert merged.problem == ""
    origins = choose_pod(merged, None).origins
    return {show_path(path): ", ".join(found) for path, found in origins.items()}


def compare(task_id: str, config: Mapping[str, Any], stored: dict[str, Any]) -> dict[str, str]:
    """Require that both name the same origins, and give them."""
    explained, in_tab = explained_origins(task_id, config), origins_in_the_tab(task_id, stored)
    assert explained == {path: in_tab[path] for path in explained}
    return explained


@pytest.mark.parametrize("file", [*sorted(EXAMPLES.glob("*.py")), EVERY_OPTION], ids=lambda file: file.stem)
def test_of_each_task_of_a_dag_file_both_name_the_same_origins(
    file: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """The tab has the serialised DAG alone, and ``explain`` the file: of every field they say the same."""
    text = file.read_text(encoding="utf-8").replace("/opt/airflow/pod_template.yaml", str(HELM_TEMPLATE))
    for name in ("pod_templates", "profiles.yaml"):
        if (file.parent / name).exists():
            (tmp_path / name).symlink_to(file.parent / name)
    (tmp_path / file.name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    bag = load_dag_bag(str(tmp_path / file.name))
    assert bag.import_errors == {}
    for dag in bag.dags.values():
        read_back = deserialize(serialize(dag))
        for task in dag.tasks:
            config, stored = task.executor_config, read_back.get_task(task.task_id).executor_config
            assert compare(task.task_id, config or {}, stored or {})


def make(*layers: tuple[str, Declaration]) -> ExecutorConfig:
    """Make a config of layers."""
    return ExecutorConfig.of(TaskRequest(layers[:-1], layers[-1:], DEPLOYMENT))


def test_items_without_names_have_their_layer_in_both() -> None:
    """Tolerations and envFrom of the site's pod options are the option's, in the tab as in ``explain``."""
    site = declare(tolerations=["gpu=true:NoSchedule"], env_from=["configmap/site"])
    own = declare(tolerations=["spot:NoExecute"], env_from=["secret/own"], cpu=1)
    config = make(("[k8sexec] pod_options", site), ("", own))
    origins = compare("a_task", config, dict(config))
    assert origins["spec.tolerations[0]"] == "[k8sexec] pod_options"
    assert origins["spec.tolerations[1]"] == "the task"
    sources = [origin for path, origin in origins.items() if ".envFrom[" in path]
    assert sources[-2:] == ["[k8sexec] pod_options", "the task"]


@PROPERTY
@given(st.lists(declarations(), min_size=1, max_size=4))
def test_of_any_layers_both_name_the_same_origins(said: list[Declaration]) -> None:
    """Whatever the layers request, every field that both show has one origin."""
    places = [*(f"layer {index}" for index in range(len(said) - 1)), ""]
    on_the_sites_template = (evolve(one, pod_template_file=None) for one in said)
    config = make(*zip(places, on_the_sites_template, strict=True))
    if config.declaration == NOTHING:
        return
    try:
        PodMerge.load("a_dag", "a_task", config).render()
    except K8sExecError:  # what the strategies draw is not always a pod
        return
    compare("a_task", config, dict(config))


@pytest.mark.parametrize("number", [1, 2, 3])
def test_what_a_task_requests_in_a_try_is_what_its_pod_has_in_that_try(number: int) -> None:
    """A side that a later try leaves unset is in neither, because one function sets the amounts of a try."""
    config = k8s_config(cpu=1, memory=per_try(("1Gi", "2Gi"), (None, "4Gi"), "8Gi"), gpu=per_try(0, 1))
    (requested,) = read_override(config, choose_by_try(number))["spec"]["containers"]
    worker = find_worker(PodMerge.load("a_dag", "a_task", config, number).render()["spec"])
    assert {**requested["resources"]} == {side: it for side, it in worker["resources"].items() if it}
