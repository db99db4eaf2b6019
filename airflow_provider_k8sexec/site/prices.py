"""What a site pays for an hour of each resource, on which nodes."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from attrs import field, fields, frozen

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problems import PartlyReadError, PartReader, show, show_shape
from airflow_provider_k8sexec.options.resource_names import BYTES, COMPUTE_RESOURCES
from airflow_provider_k8sexec.site.option_document import read_document

OPTION = "prices"
TEAM_LABEL = "team"
"""The label of a pod that names its team, where the site names no other."""
_EXAMPLE = "{currency: EUR, per_hour: {cpu: 0.04, memory: 0.005}}"
_NODE_EXAMPLE = "{node_selector: {pool: spot}, per_hour: {cpu: 0.01}}"
LABEL_KEY = r"([a-z0-9.-]{1,253}/)?[A-Za-z0-9]([A-Za-z0-9._-]{0,61}[A-Za-z0-9])?"
LONGEST_CURRENCY = 10
DEAREST = 1e9
_GIBIBYTE = 2**30


@frozen
class NodePrices:
    """The prices on some nodes.

    Attributes:
        node_selector: The labels of these nodes; empty for all.
        per_hour: The price of an hour by resource: of a core, a GiB, a device.
    """

    node_selector: Mapping[str, str] = field(factory=dict)
    per_hour: Mapping[str, float] = field(factory=dict)


@frozen
class Prices:
    """What a site pays.

    Attributes:
        currency: The currency, as it is shown.
        nodes: Prices on nodes with certain labels; the first that fits a pod counts.
        per_hour: The prices on all other nodes.
        team_label: The label of pods that names their team, where Airflow has no teams of its own.
    """

    currency: str = ""
    nodes: tuple[NodePrices, ...] = ()
    per_hour: Mapping[str, float] = field(factory=dict)
    team_label: str = TEAM_LABEL

    def find(self, node_selector: Mapping[str, str]) -> Mapping[str, float]:
        """Give the prices of a pod; what its nodes have no price of is priced as elsewhere.

        Args:
            node_selector: The labels that it requires of its node.
        """
        for nodes in self.nodes:
            if nodes.node_selector.items() <= node_selector.items():
                return {**self.per_hour, **nodes.per_hour}
        return self.per_hour

    def estimate(
        self, amounts: Mapping[str, float], seconds: float, node_selector: Mapping[str, str]
    ) -> float:
        """Estimate the cost of a pod: what it requested, for as long as it ran. It is no bill.

        Args:
            amounts: What is reserved, by resource, in base units: cores, bytes, devices.
            seconds: How long.
            node_selector: The labels that the pod requires of its node.
        """
        prices = self.find(node_selector)
        units = (
            (prices.get(name, 0.0), amount / _GIBIBYTE if name in BYTES else amount)
            for name, amount in amounts.items()
        )
        return sum(price * amount for price, amount in units) * seconds / 3600


KEYS = tuple(attribute.name for attribute in fields(Prices))
_NODE_KEYS = tuple(attribute.name for attribute in fields(NodePrices))


def load_prices(option: str) -> tuple[Prices | None, list[Problem]]:
    """Read the site's prices.

    Args:
        option: What ``[k8sexec] prices`` is set to: JSON, or the path of a YAML file.

    Returns:
        The prices, ``None`` where there are none; and all problems, each with its file and line.
    """
    text = option.strip()
    if not text:
        return None, []
    document, problems = read_document(OPTION, text)
    if document is None:
        return None, problems
    try:
        return _parse(document.content), problems
    except SpecError as error:
        found = (
            problem.within(f"{document.find_location(*_split_path(problem.field))}: ")
            for problem in error.problems
        )
        return None, [*problems, *found]


def _split_path(field: str) -> tuple[str, str]:
    """Split the path of a value into the key of the document, and the way below it."""
    key = re.split(r"[.\[]", field, maxsplit=1)[0]
    return key, field.removeprefix(key).removeprefix(".")


def _parse(content: object) -> Prices:
    parts = PartReader()
    given = parts.read(partial(_read_keys, KEYS, ""), OPTION, content) or {}
    read = {
        "currency": parts.read(_parse_currency, "currency", given.get("currency", "")),
        "nodes": parts.read(_parse_nodes, "nodes", given.get("nodes", [])),
        "per_hour": parts.read(_parse_per_hour, "per_hour", given.get("per_hour", {})),
        "team_label": parts.read(_parse_label, "team_label", given.get("team_label", TEAM_LABEL)),
    }
    parts.require_none()
    return Prices(**read)  # type: ignore[arg-type]  # there is no problem, so each has been read


def _read_keys(known: Sequence[str], prefix: str, field: str, value: object) -> dict[str, Any]:
    """Read a mapping; unknown keys are problems, and hide none of the known ones."""
    if not isinstance(value, Mapping):
        example = _NODE_EXAMPLE if prefix else _EXAMPLE
        raise SpecError([_refuse(field, value, "is not a mapping", f"write for example {example}")])
    read = {key: item for key, item in value.items() if key in known}
    problems = [
        _refuse(
            f"{prefix}{key}",
            item,
            "is not known",
            f"write {find_nearest(str(key), known) or ' or '.join(known)}",
        )
        for key, item in value.items()
        if key not in known
    ]
    if problems:
        raise PartlyReadError(problems, read)
    return read


def _parse_currency(field: str, value: object) -> str:
    if not isinstance(value, str) or len(value) > LONGEST_CURRENCY or not value.isprintable():
        raise SpecError([_refuse(field, value, "is not a currency", f"write {field}: EUR")])
    return value


def _parse_label(field: str, value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch(LABEL_KEY, value):
        raise SpecError([_refuse(field, value, "is not the name of a label", f"write {field}: {TEAM_LABEL}")])
    return value


def _parse_nodes(field: str, value: object) -> tuple[NodePrices, ...]:
    if not isinstance(value, list):
        raise SpecError([_refuse(field, value, "is not a list", f"write {field}: [{{node_selector: ...}}]")])
    parts = PartReader()
    read = [parts.read(_parse_node, f"{field}[{index}]", item) for index, item in enumerate(value)]
    parts.require_none()
    return tuple(item for item in read if item is not None)


def _parse_node(field: str, value: object) -> NodePrices:
    parts = PartReader()
    given = parts.read(partial(_read_keys, _NODE_KEYS, f"{field}."), field, value)
    selector, per_hour = None, None
    if given is not None:
        selector = parts.read(_parse_selector, f"{field}.node_selector", given.get("node_selector"))
        per_hour = parts.read(_parse_per_hour, f"{field}.per_hour", given.get("per_hour", {}))
    parts.require_none()
    return NodePrices(selector or {}, per_hour or {})


def _parse_selector(field: str, value: object) -> dict[str, str]:
    labels = dict(value) if isinstance(value, Mapping) else {}
    if not labels or not all(isinstance(word, str) for item in labels.items() for word in item):
        raise SpecError(
            [_refuse(field, value, "has no labels of nodes", "write node_selector: {pool: spot}")]
        )
    return labels


def _parse_per_hour(field: str, value: object) -> dict[str, float]:
    if not isinstance(value, Mapping):
        raise SpecError([_refuse(field, value, "is not a mapping", f"write {field}: {{cpu: 0.04}}")])
    problems = [problem for name, price in value.items() for problem in _check_price(field, name, price)]
    if problems:
        raise SpecError(problems)
    return {str(name): float(price) for name, price in value.items()}


def _check_price(field: str, name: object, price: object) -> Iterable[Problem]:
    known = COMPUTE_RESOURCES.values()
    if name not in known and not (isinstance(name, str) and "/" in name):
        nearest = find_nearest(str(name), known)
        remedy = f"write {nearest or 'cpu, memory, ephemeral-storage, or a device such as nvidia.com/gpu'}"
        yield _refuse(f"{field}.{name}", price, "is not a resource", remedy)
    # A bool is an int to isinstance; NaN and the infinities are not within the bounds.
    elif type(price) not in {int, float} or not 0 <= price <= DEAREST:  # type: ignore[operator]
        yield _refuse(f"{field}.{name}", price, "is not a price", "write a number, such as 0.04")


def _refuse(field: str, value: object, reason: str, remedy: str) -> Problem:
    shown = show(value) if isinstance(value, (str, int, float)) else show_shape(value)
    return Problem(field, shown, reason, remedy, code="K8S905")
