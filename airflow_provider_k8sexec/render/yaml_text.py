"""Manifests as YAML that every reader reads alike.

YAML 1.1 and 1.2 differ in which plain words are numbers or truths, and readers take something of both:
kubectl's, Helm's and PyYAML's differ from one another in 17 of 76 such words. Strings of those kinds are
quoted. Source: https://yaml.org/type/ (1.1), https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import re
from typing import Any

import yaml

_NO_WIDTH = 2**31 - 1

_WORDS = r"y|yes|n|no|on|off|true|false|null|~|nan|[-+]?\.?inf|\.nan|<<|="
_NUMBERS = r"[-+]?[.0-9][0-9a-fxo_.:+-]*"
_AMBIGUOUS = re.compile(f"(?:{_WORDS}|{_NUMBERS})", re.IGNORECASE)

# That of libyaml takes a tenth of the time: two thousand variables would take over half a second.
_Base: Any = getattr(yaml, "CSafeDumper", yaml.SafeDumper)


class _Dumper(_Base):  # type: ignore[misc]
    """Writes strings that some reader takes for something else in quotes, and no aliases."""

    def ignore_aliases(self, data: object) -> bool:  # noqa: ARG002
        return True


def _represent_text(dumper: Any, text: str) -> yaml.ScalarNode:
    text = text.encode(errors="backslashreplace").decode()  # a file's name may be no UTF-8
    style = "'" if _AMBIGUOUS.fullmatch(text) else None
    node: yaml.ScalarNode = dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)
    return node


_Dumper.add_representer(str, _represent_text)


def to_yaml(value: Any) -> str:
    """Write a manifest, or a part of one, each value on lines of its own."""
    return to_documents([value])


def to_documents(values: list[Any], *, explicit_start: bool = False) -> str:
    """Write manifests one after another."""
    text: str = yaml.dump_all(
        values,
        Dumper=_Dumper,
        sort_keys=False,
        width=_NO_WIDTH,
        allow_unicode=True,
        default_flow_style=False,
        explicit_start=explicit_start,
    )
    return text
