"""What labels the nodes of a pod have for sure."""

import pytest

from airflow_provider_k8sexec.pod.node_labels import find_required_labels


def need(key, *values, operator="In"):
    """Write an expression of a node selector."""
    return {"key": key, "operator": operator, "values": [*values]}


def require(*terms):
    """Write a required node affinity."""
    required = {"nodeSelectorTerms": [{"matchExpressions": term} for term in terms]}
    return {"affinity": {"nodeAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": required}}}


SPOT, ZONE = need("pool", "spot"), need("zone", "a")


@pytest.mark.parametrize(
    ("spec", "labels"),
    [
        ({"nodeSelector": {"pool": "spot"}}, {"pool": "spot"}),
        (require([SPOT, ZONE]), {"pool": "spot", "zone": "a"}),
        ({"nodeSelector": {"zone": "a"}, **require([SPOT])}, {"pool": "spot", "zone": "a"}),
        (require([SPOT, ZONE], [SPOT]), {"pool": "spot"}),
        (require([SPOT], [need("pool", "on-demand")]), {}),
        (require([need("pool", "spot", "on-demand")]), {}),
        (require([need("pool", "spot", operator="NotIn")]), {}),
        (require([need("pool", operator="Exists")]), {}),
        ({"tolerations": [{"key": "spot"}]}, {}),
    ],
)
def test_a_label_is_known_where_every_node_that_fits_has_it(spec, labels):
    """A node selector, and an affinity with one value in each of its terms, leave no other node."""
    assert find_required_labels(spec) == labels


@pytest.mark.parametrize("spec", [None, {"affinity": 1}, {"nodeSelector": [1], **require([{"values": "a"}])}])
def test_of_a_spec_of_another_shape_nothing_is_known(spec):
    """The watch reads whatever a server sends."""
    assert find_required_labels(spec) == {}
