"""What the page on migration puts beside each other is the same pod, before and after."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
from airflow_lines import amounts_by_value, pod_of
from kubernetes.client import models as k8s
from started_pods import make, start

import airflow_provider_k8sexec as k8sexec
from airflow_provider_k8sexec import K8sPodOperator, SpecError, k8s_config, k8s_task
from airflow_provider_k8sexec.options.manifests import to_manifest
from airflow_provider_k8sexec.pod.shortest.options import find_shortest

PAGE = (Path(__file__).parents[2] / "docs/migration.md").read_text(encoding="utf-8")
NAMES = {"k8s": k8s, "AirflowSecret": AirflowSecret} | {
    name: getattr(k8sexec, name) for name in k8sexec.__all__
}


def rows(header: str) -> list[tuple[str, ...]]:
    """Give the rows of a table, by its first cells: what stands in each as code, else the cell."""
    _, _, table = PAGE.partition(f"| {header} |")
    lines = table.partition("\n\n")[0].splitlines()[2:]
    cells = [line.strip("| ").split(" | ") for line in lines]
    return [tuple(re.sub(r"^`(.*)`$", r"\1", cell) for cell in row) for row in cells]


def arguments(text: str) -> dict[str, Any]:
    """Read what stands in a cell as arguments of a call."""
    read: dict[str, Any] = eval(f"dict({text})", dict(NAMES))  # noqa: S307  # our own documentation
    return read


def pod_after(text: str, before: str) -> dict[str, Any]:
    """Give the pod of the options of a row."""
    options = arguments(before if text.startswith("the same") else text)
    return amounts_by_value(pod_of(k8s_config(**options)))


def write_by_hand(
    spec: dict[str, Any], metadata: dict[str, Any] | None = None, **container: Any
) -> k8s.V1Pod:
    """Write an override by hand."""
    return k8s.V1Pod(
        metadata=k8s.V1ObjectMeta(**metadata) if metadata else None,
        spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="base", **container)], **spec),
    )


def pod_before(
    spec: dict[str, Any], metadata: dict[str, Any] | None = None, **container: Any
) -> dict[str, Any]:
    """Give the pod of a hand-written override."""
    return amounts_by_value(pod_of({"pod_override": write_by_hand(spec, metadata, **container)}))


def options_found(pod: k8s.V1Pod) -> dict[str, Any]:
    """Give the options that migrate finds for an override."""
    found = find_shortest(to_manifest(pod), "infrared-photon-7780-env")
    return {option.name: option.value for option in found}


def assert_found(pod: k8s.V1Pod, after: str, before: str) -> None:
    """The options that migrate finds are those of a row; amounts, and models, may be written otherwise."""
    options = arguments(before if after.startswith("the same") else after)
    found = options_found(pod)
    assert [*found] == [*options]
    written = {name: value for name, value in found.items() if name not in {"cpu", "memory", "affinity"}}
    assert written == {name: options[name] for name in written}


@pytest.mark.parametrize(("before", "after"), rows('in `V1Container(name="base", ...)`'))
def test_a_field_of_the_container_and_its_option_are_the_same_pod(before: str, after: str) -> None:
    """A reader can replace what is on the left by what is on the right."""
    assert pod_after(after, before) == pod_before({}, **arguments(before))
    assert_found(write_by_hand({}, **arguments(before)), after, before)


@pytest.mark.parametrize(("before", "after"), rows("in `V1PodSpec(...)`"))
def test_a_field_of_the_pod_and_its_option_are_the_same_pod(before: str, after: str) -> None:
    """A reader can replace what is on the left by what is on the right."""
    assert pod_after(after, before) == pod_before(arguments(before))
    assert_found(write_by_hand(arguments(before)), after, before)


@pytest.mark.parametrize(("before", "after"), rows("in `V1ObjectMeta(...)`"))
def test_metadata_and_its_option_are_the_same_pod(before: str, after: str) -> None:
    """A reader can replace what is on the left by what is on the right."""
    assert pod_after(after, before) == pod_before({}, arguments(before))
    assert_found(write_by_hand({}, arguments(before)), after, before)


@pytest.mark.parametrize(("volume", "mount", "after"), rows('`V1Volume(name="v", ...)`'))
def test_a_volume_with_its_mount_is_one_entry(volume: str, mount: str, after: str) -> None:
    """But for the name of the volume, the pod is the same."""
    ours = pod_after(after, "")
    (one,) = ours["spec"]["volumes"]
    name = one["name"]
    spec = {"volumes": [k8s.V1Volume(name=name, **arguments(volume))]}
    mounts = [k8s.V1VolumeMount(name=name, **arguments(mount))]
    assert ours == pod_before(spec, volume_mounts=mounts)
    assert options_found(write_by_hand(spec, volume_mounts=mounts)) == arguments(after)


@pytest.mark.parametrize(("before", "after"), rows("key"))
def test_a_key_of_the_legacy_dictionary_is_refused_and_its_option_is_not(before: str, after: str) -> None:
    """The form of Airflow 1 is an error that names it, and the option declares something."""
    legacy = eval(f"{{{before}}}", {})  # noqa: S307  # our own documentation
    a_task = k8s_task(executor_config={"KubernetesExecutor": legacy})(lambda: None)
    with pytest.raises(SpecError, match=r"executor_config\['KubernetesExecutor'\]"):
        a_task()
    assert k8s_config(**arguments(after))


@pytest.mark.parametrize(("before", "after"), rows("`KubernetesPodOperator(...)`"))
def test_an_argument_of_the_pod_operator_and_its_option_start_the_same_pod(before: str, after: str) -> None:
    """A reader can rename the operator, and then replace what is on the left by what is on the right."""
    theirs = start(make(KubernetesPodOperator, **arguments(before)))
    assert amounts_by_value(start(make(K8sPodOperator, **arguments(before)))) == amounts_by_value(theirs)
    assert amounts_by_value(start(make(K8sPodOperator, **arguments(after)))) == amounts_by_value(theirs)


def test_the_tables_are_there() -> None:
    """Each table of the page is found, so that its rows are compared."""
    headers = ['in `V1Container(name="base", ...)`', "in `V1PodSpec(...)`", "in `V1ObjectMeta(...)`", "key"]
    headers += ['`V1Volume(name="v", ...)`', "`KubernetesPodOperator(...)`"]
    assert [header for header in headers if not rows(header)] == []


OPTION = "|".join(k8sexec.PodOptions.__annotations__)
_VENDOR = PAGE.partition("## From Astronomer's pages\n")[2]
OPTIONS_FOR_VENDOR = re.findall(rf"\| `((?:{OPTION})=[^`]+)` \|", _VENDOR)


@pytest.mark.parametrize("after", OPTIONS_FOR_VENDOR)
def test_what_replaces_a_sample_of_the_vendor_is_accepted(after: str) -> None:
    """They are pod options; tests/test_seeds.py compares their pods with those of the samples."""
    assert k8s_config(**arguments(after))


def test_options_replace_samples_of_the_vendor() -> None:
    """The table is found, so that its options are tried."""
    assert len(OPTIONS_FOR_VENDOR) > 2
