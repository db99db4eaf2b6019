"""Lines of ``/etc/hosts``: the names of each address.

Source: https://kubernetes.io/docs/tasks/network/customize-hosts-file-for-pods/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.problems import PartReader, refusal, show, show_shape
from airflow_provider_k8sexec.options.readers import parse_list, parse_manifest

_FIELDS = ("ip", "hostnames")
_EXAMPLE = "{'10.0.0.1': ['db.local']}"


def parse_host_aliases(field: str, value: object) -> dict[str, tuple[str, ...]]:
    """Read ``{address: [names]}``, or Kubernetes' list of ``{"ip": ..., "hostnames": [...]}``.

    Raises:
        SpecError: The value is neither, or an address or a name is not a string.
    """
    parts = PartReader()
    if isinstance(value, Mapping):
        given = [(f"{field}[{show(address)}]", address, names) for address, names in value.items()]
    elif isinstance(value, (list, tuple)):
        given = list(_iter_items(field, value, parts))
    else:
        reason = "is not a mapping of addresses to host names"
        raise SpecError([Problem(field, show_shape(value), reason, f"write {field}={_EXAMPLE}")])
    read: dict[str, tuple[str, ...]] = {}
    for path, address, names in given:
        if not isinstance(address, str):
            reason = "has an address that is not a string"
            parts.problems.append(Problem(path, show_shape(names), reason, f"write for example {_EXAMPLE}"))
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
        for key in [key for key in manifest if key not in _FIELDS]:
            shown, remedy = show_shape(manifest[key]), f"write one of {show([*_FIELDS])}"
            parts.problems.append(
                Problem(f"{path}[{show(key)}]", shown, "is not a field of HostAlias", remedy)
            )
        if "ip" in manifest:
            yield f"{path}['hostnames']", manifest["ip"], manifest.get("hostnames", [])
        else:
            reason = "is missing, and HostAlias requires it"
            parts.problems.append(Problem(f"{path}['ip']", "None", reason, "write for example '10.0.0.1'"))
