"""A misspelt name brings the one that was probably meant."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest

from airflow_provider_k8sexec import (
    ConfigMap,
    EmptyDir,
    HostPath,
    ImageVolume,
    PersistentVolumeClaim,
    ResourceClaim,
    ResourceClaimTemplate,
    Secret,
    SpecError,
    TemplateVolume,
    Toleration,
)
from airflow_provider_k8sexec.options.nearest_names import find_nearest


@pytest.mark.parametrize(
    ("name", "names", "meant"),
    [
        ("always", ["Always", "Never"], "Always"),
        ("MY_SECRT", ["MY_SECRET", "YOUR_SECRET"], "MY_SECRET"),
        ("x", ["Always", "Never"], None),
        ("x", [], None),
        ("memmory", ["memory", "image"], "memory"),
        ("image_tag", ["memory", "image"], None),
        ("m" * 1_000_000, ["memory"], None),
    ],
)
def test_the_nearest_name_is_suggested(name: str, names: list[str], meant: str | None) -> None:
    """Whatever its case; and nothing, where nothing is near."""
    assert find_nearest(name, names) == meant


@pytest.mark.parametrize(
    ("value", "arguments", "line"),
    [
        (
            ConfigMap,
            {"name": "a", "itms": {}},
            "itms=<dict> is not an argument of ConfigMap; write items=",
        ),
        (EmptyDir, {"sise": "1Gi"}, "sise=<str> is not an argument of EmptyDir; write size=..."),
        (EmptyDir, {"limit": 5}, "limit=5 is not an argument of EmptyDir; write one of size, medium."),
        (HostPath, {"path": "/a", "readonly": True}, "is not an argument of HostPath; write read_only=..."),
        (ImageVolume, {"referense": "a"}, "is not an argument of ImageVolume; write reference=..."),
        (PersistentVolumeClaim, {"claim_name": "a", "subpath": "b"}, "; write sub_path=..."),
        (ResourceClaim, {"nme": "a"}, "nme=<str> is not an argument of ResourceClaim; write name=..."),
        (ResourceClaimTemplate, {"name": "a", "requests": "b"}, "; write request=..."),
        (Secret, {"key": "A", "optionl": True}, "optionl=True is not an argument of Secret; write optional="),
        (TemplateVolume, {"name": "a", "sub_pth": "b"}, "; write sub_path=..."),
        (Toleration, {"tolerationSeconds": 5}, "; write toleration_seconds=..."),
    ],
)
def test_a_value_reports_an_argument_that_it_does_not_have(
    value: Any, arguments: dict[str, Any], line: str
) -> None:
    """Each of this package's values names the argument that was probably meant, as the pod options do."""
    with pytest.raises(SpecError, match=re.escape(line)):
        value(**arguments)
    assert "kwargs" not in str(inspect.signature(value))
