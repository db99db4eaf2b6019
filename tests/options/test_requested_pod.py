"""A requested pod names its parts as their author wrote them."""

from __future__ import annotations

import pytest

from airflow_provider_k8sexec.options.origins import Origin
from airflow_provider_k8sexec.options.requested_pod import RequestedPod

VOLUME = ("spec", "volumes", 0)
POD = RequestedPod(
    {"spec": {"volumes": [{"name": "k8sexec-d", "emptyDir": {"sizeLimit": "1Gi"}}], "hostNetwork": True}},
    origins={VOLUME: Origin("", "volumes", ("/d",)), ("spec", "hostNetwork"): Origin("profile 'gpu'", "x")},
)


@pytest.mark.parametrize(
    ("path", "words"),
    [
        (VOLUME, "volumes['/d']"),
        ((*VOLUME, "emptyDir", "sizeLimit"), "volumes['/d']['emptyDir']['sizeLimit']"),
        (("spec", "containers", 0), "spec['containers'][0]"),
        (("spec",), "spec"),
        ((), ""),
    ],
)
def test_a_path_is_named_after_the_longest_part_whose_author_is_known(
    path: tuple[str | int, ...], words: str
) -> None:
    """No generated name, such as that of a volume, is shown where the author wrote another word."""
    assert POD.name_path(path) == words


def test_an_origin_holds_for_all_below_it() -> None:
    """Who set a volume has set its size; of what nobody is known to have set, there is no origin."""
    assert POD.origin_of(VOLUME) == Origin("", "volumes", ("/d",))
    assert POD.origin_of((*VOLUME, "emptyDir")) == Origin("", "volumes", ("/d", "emptyDir"))
    assert POD.origin_of(("spec", "hostNetwork")) == Origin("profile 'gpu'", "x")
    assert POD.origin_of(("metadata", "labels")) is None


def test_a_manifest_is_named_by_what_its_author_calls_it() -> None:
    """A hand-written override, a profile's or a template: the path goes on from its name."""
    requested = RequestedPod.of_manifest({"spec": {"tolerations": [{}]}}, "pod_override", "profile 'gpu'")
    assert requested.name_path(("spec", "tolerations", 0)) == (
        "profile 'gpu': pod_override['spec']['tolerations'][0]"
    )
    assert requested.origin_of(("spec",)) == Origin("profile 'gpu'", "pod_override", ("spec",))
