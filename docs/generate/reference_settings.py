"""Makes the page of what a site sets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from page_parts import write_page, write_sentence

from airflow_provider_k8sexec.site.option_table import BOOLEAN, OPTIONS, SECTION, SiteOption

if TYPE_CHECKING:
    from collections.abc import Iterator

_FIRST = f"""\
What a site sets: each is an option of the section `[{SECTION}]` in `airflow.cfg`, or an environment variable
`AIRFLOW__{SECTION.upper()}__<OPTION>`. All can be omitted. `airflow config list --section {SECTION}` shows them with
their values, and `k8sexec doctor` what is wrong with one."""


def build_page() -> str:
    """Make the page."""
    return write_page("Settings", [_FIRST, *_write_options()])


def _write_options() -> Iterator[str]:
    for name, option in OPTIONS.items():
        yield f"## `{name}`"
        yield write_sentence(option.description)
        yield "\n".join(f"- {fact}" for fact in _list_facts(name, option))


def _list_facts(name: str, option: SiteOption) -> Iterator[str]:
    values = ("True", "False") if option.type == BOOLEAN else option.choices
    if values:
        yield f"Values: {', '.join(f'`{value}`' for value in values)}"
    yield f"Default: `{option.default}`" if option.default else "Default: none"
    if option.example:
        yield f"Example: `{option.example}`"
    yield f"Variable: `AIRFLOW__{SECTION.upper()}__{name.upper()}`"
