"""The Pod tab, the table of ``render`` and ``check`` name the same secrets of a pod: they ask one reader."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_k8sexec.options.per_try import choose_by_try
from airflow_provider_k8sexec.pod.references import resolve_references
from airflow_provider_k8sexec.render.summary import summarize
from airflow_provider_k8sexec.ui.page import list_secrets

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.manifests import Manifest

NAMES = st.sampled_from(["db", "tls"])
ITEMS = st.lists(st.sampled_from(["user", "password"]), max_size=2, unique=True).map(
    lambda keys: {"items": [{"key": key, "path": f"of/{key}"} for key in keys]} if keys else {}
)
SOURCES = st.builds(lambda name, items: {"name": name, **items}, NAMES, ITEMS)
VOLUMES = SOURCES.map(lambda it: {"secret": {"secretName": it["name"], **_items_of(it)}}) | st.lists(
    SOURCES | st.none(), min_size=1, max_size=3
).map(lambda sources: {"projected": {"sources": [_project(source) for source in sources]}})
VARIABLES = st.builds(
    lambda name, key: {"secretKeyRef": {"name": name, "key": key}}, NAMES, st.sampled_from(["user", "host"])
)


def _items_of(source: Manifest) -> Manifest:
    return {key: value for key, value in source.items() if key == "items"}


def _project(source: Manifest | None) -> Manifest:
    return {"configMap": {"name": "app"}} if source is None else {"secret": source}


def _pod(variables: list[Any], bulk: list[str], volumes: list[Manifest]) -> Manifest:
    """Make a pod that the executor has merged, whose worker uses all that it has."""
    mounts = [{"name": f"v{index}", "mountPath": f"/m/{index}"} for index in range(len(volumes))]
    worker = {
        "name": "base",
        "env": [{"name": f"V{index}", "valueFrom": source} for index, source in enumerate(variables)],
        "envFrom": [{"secretRef": {"name": name}} for name in bulk],
        "volumeMounts": mounts,
    }
    return {
        "metadata": {"annotations": {"try_number": "1"}},
        "spec": {
            "containers": [worker],
            "volumes": [{"name": f"v{index}", **volume} for index, volume in enumerate(volumes)],
        },
    }


PODS = st.builds(
    _pod, st.lists(VARIABLES, max_size=2), st.lists(NAMES, max_size=2), st.lists(VOLUMES, max_size=3)
)


@given(PODS)
def test_all_name_the_same_secrets_and_keys(pod: Manifest) -> None:
    """What one of them shows, the others show: variables, whole secrets, files, projected ones."""
    in_table = set(filter(None, summarize(pod, choose_by_try(1))["secrets"].split(", ")))
    in_tab = {f"{use.secret}/{use.key or '*'}" for use in list_secrets(pod, {})}
    looked_up = {
        f"{needed.name}/{needed.key or '*'}" for needed in resolve_references(pod) if needed.kind == "Secret"
    }
    assert in_table == in_tab == looked_up
