"""A site's own pod mutation hook has the last word on every value, whatever a task asks for."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import pytest
from processes import output_of, run_python

pytestmark = pytest.mark.any_python

HOOKS = Path(__file__).parent / "site_hooks"
SUPPORT = Path(__file__).parents[1] / "support"
TASKS = ("nothing", "tries", "emptied", "everything", "falsy")


def base_of(pod: dict[str, Any]) -> dict[str, Any]:
    """Give the worker's container."""
    return pod["spec"]["containers"][0]


WORDS: dict[str, Any] = {
    "cap_memory": lambda pod: (
        base_of(pod)["resources"] == {"requests": {"memory": "4Gi"}, "limits": {"memory": "4Gi"}}
    ),
    "select_nodes": lambda pod: (
        (pod["spec"]["nodeSelector"], pod["spec"]["tolerations"])
        == ({"pool": "airflow-only"}, [{"key": "airflow-only", "operator": "Exists"}])
    ),
    "empty_tolerations": lambda pod: (
        not any(pod["spec"][name] for name in ("tolerations", "nodeSelector", "imagePullSecrets"))
    ),
    "mirror_image": lambda pod: base_of(pod)["image"] == "mirror.example.com/airflow",
    "set_account": lambda pod: (
        (pod["spec"]["serviceAccountName"], pod["spec"]["automountServiceAccountToken"])
        == ("site-account", True)
    ),
    "set_variable": lambda pod: (
        [item["value"] for item in base_of(pod)["env"] if item["name"] == "PROXY"] == ["of-the-site"]
    ),
    "mount": lambda pod: (
        [item["name"] for item in base_of(pod)["volumeMounts"] if item["mountPath"] == "/data"] == ["site"]
    ),
    "set_affinity": lambda pod: (
        (pod["spec"]["affinity"], pod["spec"]["terminationGracePeriodSeconds"], pod["spec"]["hostNetwork"])
        == ({}, 77, True)
    ),
}
"""What each hook of ``site_hooks/airflow_local_settings.py`` says, as a test of the pod that is launched."""


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Launch pods in a process that has the site's ``airflow_local_settings``, and then another plugin."""
    file = tmp_path_factory.mktemp("results") / "pods.json"
    path = f"{HOOKS}:{SUPPORT}:{os.environ.get('PYTHONPATH', '')}"
    output_of(run_python(HOOKS / "launch_pods.py", file, *WORDS, "chart", PYTHONPATH=path))
    return json.loads(file.read_text(encoding="utf-8"))


@pytest.mark.parametrize("task", TASKS)
@pytest.mark.parametrize("hook", WORDS)
def test_the_hook_of_the_site_has_the_last_word(results: dict[str, Any], hook: str, task: str) -> None:
    """Per-try values, emptied lists, false values and options of a task change nothing that it has set."""
    pod = results["launched"][hook][task]
    assert WORDS[hook](pod), pod["spec"]


@pytest.mark.parametrize("task", ["tries", "everything"])
def test_an_affinity_that_the_charts_hook_loses_is_back(results: dict[str, Any], task: str) -> None:
    """It was lost by mistake: the hook writes the result of ``dict.update``, which is ``None``."""
    assert "nodeAffinity" in results["launched"]["chart"][task]["spec"]["affinity"]


def test_the_amounts_of_the_try_are_set_before_other_hooks(results: dict[str, Any]) -> None:
    """Hooks of the site and of other plugins, wrappers registered later included, see the pod of this try."""
    assert [tuple(seen) for seen in results["seen"]] == [
        ("wrapper before", "8Gi"),
        # Of plain hooks, the last registered is called first; the site's has capped it in between or after.
        ("plain", "8Gi"),
        ("wrapper after", "4Gi"),
    ]


def test_what_another_wrapper_loses_is_mended_after_it(results: dict[str, Any]) -> None:
    """The hook of this package is outermost, and the last to see the pod."""
    pod = results["wrapped"]
    assert "nodeAffinity" in pod["spec"]["affinity"]
    assert pod["metadata"]["labels"]["of"] == "another plugin"
    assert base_of(pod)["resources"]["limits"] == {"memory": "4Gi"}
