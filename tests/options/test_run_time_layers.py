"""Layering of values that are known later, over known ones and under them."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from properties import examples
from sample_declarations import declare

from airflow_provider_k8sexec import from_param, from_xcom
from airflow_provider_k8sexec.options.declaration import NOTHING, Declaration, resolve_layers

PROPERTY = examples(100)
SOURCE = st.sampled_from([from_param("a"), from_param("b", default="1"), from_xcom("t")])
KEYS = st.dictionaries(st.sampled_from(["a", "b"]), SOURCE | st.sampled_from(["x", "y"]), max_size=2)
LAYER = st.fixed_dictionaries(
    {},
    optional={
        "cpu": SOURCE | st.sampled_from([1, 2]),
        "image": SOURCE | st.just("x"),
        "node_selector": SOURCE | KEYS,
        "labels": SOURCE | KEYS,
        "gpu": SOURCE | st.dictionaries(st.sampled_from(["a.b/c", "nvidia.com/gpu"]), SOURCE | st.just(1)),
    },
).map(lambda options: declare(**options))


@PROPERTY
@given(LAYER, LAYER, LAYER)
def test_layers_with_later_values_may_be_resolved_in_parts(
    outer: Declaration, middle: Declaration, inner: Declaration
) -> None:
    """Layering is associative, in whatever layers something is known later."""
    whole = resolve_layers([outer, middle, inner])
    assert resolve_layers([resolve_layers([outer, middle]), inner]) == whole
    assert resolve_layers([outer, resolve_layers([middle, inner])]) == whole


@PROPERTY
@given(LAYER)
def test_a_layer_with_later_values_over_itself_changes_nothing(layer: Declaration) -> None:
    """It is idempotent, and an empty layer is neither above nor below anything."""
    assert resolve_layers([layer, layer]) == layer
    assert resolve_layers([NOTHING, layer]) == resolve_layers([layer, NOTHING]) == layer


@PROPERTY
@given(LAYER, LAYER)
def test_no_value_is_known_and_known_later(outer: Declaration, inner: Declaration) -> None:
    """Of both, the inner layer's holds, so that a launch never replaces what an inner layer has written."""
    laid = resolve_layers([outer, inner])
    for option, *keys in laid.run_time:
        value: Any = getattr(laid, option)
        assert keys == [] or keys[0] not in value
        assert keys != [] or value is None or isinstance(value, dict)


def test_keys_of_inner_layers_stay_under_a_mapping_that_is_known_later() -> None:
    """The whole mapping of an outer layer is laid under what inner layers have set by key."""
    inner = declare(labels={"team": "finance", "tier": from_param("tier")})
    laid = resolve_layers([declare(labels=from_xcom("plan")), inner])
    assert laid.run_time["labels",].kept == ("team", "tier")
    assert laid.labels == {"team": "finance"}
