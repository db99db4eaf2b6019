"""Lines of ``/etc/hosts``: the names of each address.

Source: https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterator, Mapping
from typing import Any

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problems import PartReader, refusal, show, show_shape
from airflow_provider_k8sexec.options.readers import parse_list, parse_manifest

_EXAMPLE = "{'10.0.0.1': ['db.local']}"
_FIELDS = ("ip", "hostnames")


def parse_host_aliases(field: str, value: object) -> dict[str, tuple[str, ...]]:
    """Read ``{address: [names]}``, or Kubernetes' list of ``{"ip": ..., "hostnames": [...]}``.

    Raises:
        SpecError: The value is neither, has other fields, or an address or a name is not a string.
    """
    parts = PartReader()
    if isinstance(value, Mapping) and set(_FIELDS) & set(value):
        reason = "is one of Kubernetes' host aliases, not a list of them"
        remedy = f"write {field}=[{show(dict(value))}]"
        raise SpecError([Problem(field, show_shape(value), reason, remedy, code="K8S102")])
    if isinstance(value, Mapping):
        given = [(f"{field}[{show(address)}]", address, names) for address, names in value.items()]
    elif isinstance(value, (list, tuple)):
        given = list(_iter_items(field, value, parts))
    else:
        reason, remedy = "is not a mapping of addresses to host names", f"write {field}={_EXAMPLE}"
        raise SpecError([Problem(field, show_shape(value), reason, remedy, code="K8S102")])
    read: dict[str, tuple[str, ...]] = {}
    for path, address, names in given:
        if not isinstance(address, str):
            reason, remedy = "has an address that is not a string", f"write for example {_EXAMPLE}"
            parts.problems.append(Problem(path, show_shape(names), reason, remedy, code="K8S102"))
            continue
        behind = [names] if isinstance(names, str) else names
        if not _is_address(address) and isinstance(behind, list) and any(map(_is_address, behind)):
            remedy = f"write the address first: {{{show(behind[0])}: [{show(address)}]}}"
            parts.problems.append(
                Problem(path, show(names), "has the address behind the name", remedy, code="K8S102")
            )
            continue
        listed = parts.read(
            parse_list, path, names, kind="host names", example="'db.local'", parse_item=_parse_host
        )
        read[address] = (*read.get(address, ()), *(name for name in listed or () if name is not None))
    parts.require_none(read)
    return read


def _parse_host(field: str, value: object) -> str:
    if isinstance(value, str):
        return value
    raise refusal(field, value, "is not a string", "write for example 'db.local'")


def _iter_items(field: str, items: Any, parts: PartReader) -> Iterator[tuple[str, object, object]]:
    for index, item in enumerate(items):
        path = f"{field}[{index}]"
        manifest = parts.read(parse_manifest, path, item)
        if manifest is None:
            continue
        known: dict[str, object] = {"hostnames": []}
        for key, part in manifest.items():
            nearest = find_nearest(key, _FIELDS) if isinstance(key, str) else None
            known[nearest or ""] = part
            if key not in _FIELDS:
                remedy = f"write {nearest!r}" if nearest else f"write one of {show([*_FIELDS])}"
                reason = "is not a field of HostAlias"
                parts.problems.append(
                    Problem(f"{path}[{show(key)}]", show_shape(part), reason, remedy, code="K8S102")
                )
        if "ip" in known:
            yield f"{path}['hostnames']", known["ip"], known["hostnames"]
        else:
            reason = "is missing, and HostAlias requires it"
            parts.problems.append(
                Problem(f"{path}['ip']", "None", reason, "write for example '10.0.0.1'", code="K8S102")
            )


def _is_address(text: object) -> bool:
    try:
        return isinstance(text, str) and bool(ipaddress.ip_address(text))
    except ValueError:
        return False
