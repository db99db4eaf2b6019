"""``k8sexec render``: the pods that the KubernetesExecutor would launch."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_k8sexec.cli.output import print_result, result_stdout
from airflow_provider_k8sexec.cli.pods import OfPod, map_pods
from airflow_provider_k8sexec.cli.shown_try import ShownTry
from airflow_provider_k8sexec.options.per_try import choose_by_try
from airflow_provider_k8sexec.options.requested_pod import STARTED_POD
from airflow_provider_k8sexec.render.explanation import show_rendered_pod
from airflow_provider_k8sexec.render.started_pod import StartedMerge, show_started_pod
from airflow_provider_k8sexec.render.summary import summarize, summarize_container
from airflow_provider_k8sexec.render.yaml_text import to_documents

if TYPE_CHECKING:
    import argparse

    from airflow_provider_k8sexec.options.manifests import Manifest


def render(arguments: argparse.Namespace) -> None:
    """Print the pods of the tasks that the arguments name.

    Raises:
        SystemExit: A file cannot be loaded, a pod cannot be built, or there is no such task; with status 1.
    """
    shown_try = ShownTry.of(arguments)

    def show_task(task: Any, kind: str) -> Rendered:
        if kind == STARTED_POD:
            return _show_started(StartedMerge.load(task, shown_try.number), arguments)
        merge = shown_try.load_merge(task)
        template = [merge.read_template()] if arguments.show_template_values else []
        shown = show_rendered_pod(merge.render(), task.executor_config, *template)
        return Rendered(shown, summarize(shown, shown_try.choose))

    reports = map_pods(arguments, show_task)
    pods = reports.pods
    if arguments.output == "yaml":
        _print_documents(pods)
    else:
        print_result(arguments.output, lambda: [*map(_build_row, pods)], lambda: [*map(_to_json, pods)])
    reports.finish()


class Rendered(NamedTuple):
    """What is shown of a pod, and the row of a table that it is summarized in."""

    pod: Manifest
    summary: dict[str, str]


def _show_started(merge: StartedMerge, arguments: argparse.Namespace) -> Rendered:
    template = [merge.read_template()] if arguments.show_template_values else []
    shown = show_started_pod(merge.render(), [*merge.written(), *template])
    container = merge.find_container(shown)
    choose = choose_by_try(merge.try_number)
    return Rendered(shown, summarize_container(shown, container, merge.per_try_values, choose))


def _print_documents(pods: list[OfPod[Rendered]]) -> None:
    """Print a YAML document a pod, as kubectl takes them."""
    with result_stdout():
        for pod in pods:
            print(f"---\n# {pod.task}: {pod.kind}")
            print(to_documents([pod.report.pod]), end="")


def _to_json(pod: OfPod[Rendered]) -> Manifest:
    # Beside the fields of a pod, which no program would take for one of them.
    return {"task": pod.task, "pod": pod.kind, **pod.report.pod}


def _build_row(pod: OfPod[Rendered]) -> dict[str, str]:
    return {"task": pod.name, **pod.report.summary}
