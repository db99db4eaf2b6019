"""Prints the pods of all tasks of some DAG files, as Airflow makes them, as JSON.

A program of its own, because files before and after a rewrite import modules of the same names.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import sys
import warnings
from pathlib import Path
from typing import Any

import started_pods
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow_lines import launched_pod
from kubernetes.client import Configuration

from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.options.manifests import to_manifest


def describe(root: Path, folders: list[str]) -> dict[str, Any]:
    """Load the DAG files of folders one after the other, and describe their tasks.

    Args:
        root: Where the folders are.
        folders: Those of one project each, relative to the root.
    """
    tasks: dict[str, Any] = {}
    errors: dict[str, str] = {}
    for folder in folders:
        bag = load_dag_bag(str(root / folder))
        errors |= {str(Path(file).relative_to(root)): error for file, error in bag.import_errors.items()}
        for dag in bag.dags.values():
            file = str(Path(dag.fileloc).relative_to(root))
            tasks |= {f"{file}:{dag.dag_id}.{task.task_id}": describe_task(task) for task in dag.tasks}
        forget_modules(root)
    return {"errors": errors, "tasks": tasks, "lint": lint(root, folders)}


def lint(root: Path, folders: list[str]) -> list[dict[str, Any]]:
    """Give what ``k8sexec lint`` reports below the folders."""
    os.chdir(root)
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        main(["lint", "-o", "json", *folders])
    findings: list[dict[str, Any]] = json.loads(printed.getvalue())
    return findings


def describe_task(task: Any) -> dict[str, Any]:
    """Give the pod that the executor launches for a task, and the one that the task starts itself."""
    config = task.executor_config
    described: dict[str, Any] = {"config": type(config).__name__, "operator": type(task).__name__}
    if config:
        described["template"] = config.get("pod_template_file")
        described["launched"] = to_manifest(launched_pod(config))
    if isinstance(task, KubernetesPodOperator):
        described["started"] = started_pods.start(task)
    return described


def forget_modules(root: Path) -> None:
    """Forget the modules of a project, whose names another project may have as well."""
    for name, module in list(sys.modules.items()):
        if str(getattr(module, "__file__", None) or "").startswith(f"{root}/"):
            del sys.modules[name]


if __name__ == "__main__":
    # Each model has one, and Airflow's merge copies every model several times: half of all the time.
    Configuration.__deepcopy__ = lambda self, _memo: self
    warnings.simplefilter("ignore")
    printed = describe(Path(sys.argv[1]), sys.argv[2:])
    sys.stdout.write(json.dumps(printed, default=str))
