"""A misspelt name brings the one that was probably meant."""

from __future__ import annotations

import pytest

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
