"""Draws the picture of ``docs/explanation/architecture.md``, and makes its tables of processes and rooms.

Arrows are the imports, layers are import-linter's in ``pyproject.toml``, and what a room is for is the first
line of its docstring. Which process of Airflow enters where is written here, and is held against the imports.
"""

from __future__ import annotations

import ast
import sys
from graphlib import TopologicalSorter
from itertools import chain
from typing import TYPE_CHECKING, Any

import grimp
from architecture_picture import draw
from page_parts import ROOT

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

PACKAGE = ROOT / "airflow_provider_k8sexec"
PAGE = ROOT / "docs/explanation/architecture.md"
BEGIN = "<!-- Drawn by docs/generate from here on: change the code, and run `make reference`. -->"
_SHOWN = (
    "![The processes in a row, and below them the rooms of each layer, with an arrow for each import that is "
    "described above; the tables below list the same](../images/architecture.svg)"
)
END = "<!-- Drawn up to here. -->"

ENTRANCES = {
    "dag-processor": (
        ("decorators", "authoring", "a DAG file is parsed: `@k8s_task`"),
        ("operators", "authoring", "a DAG file is parsed: `k8s_operator`"),
        (
            "policies",
            "authoring",
            "`dag_policy`: adds layers to what `k8s_config` has made, for any operator",
        ),
        ("policies", "site_policy", "`task_policy`, for every task of every DAG"),
        (
            "plugin",
            "",
            "`on_starting`: loads the kubernetes client once, before a child is forked for each file",
        ),
        ("plugin", "authoring", "an import error is recorded: is it about a pod option?"),
    ),
    "worker": (
        ("plugin", "authoring", "`on_starting`: masks what comes from secrets"),
        ("decorators", "authoring", "the DAG file is loaded once more"),
        ("operators", "authoring", "the DAG file is loaded once more; `K8sPodOperator` builds its pod"),
        ("plugin", "usage", "the try has ended: reports what it used"),
    ),
    "scheduler": (
        ("policies", "launch", "`pod_mutation_hook`, for every pod"),
        ("plugin", "launch", "`on_starting`: the watch begins; a refused pod is recorded"),
    ),
    "local run": (("plugin", "authoring", "`dag.test()` begins a task: are its secrets here?"),),
    "api-server": (("plugin", "ui", "the Pod tab"),),
    "terminal": (
        ("cli", "render", "`k8sexec render`, `explain`, `check`"),
        ("cli", "site_policy", "`k8sexec lint`"),
        ("cli", "past_tries", "`k8sexec usage`"),
    ),
    "any of them": (("provider_info", "site", "Airflow lists its providers, their options and decorators"),),
}
"""By which door each process enters, into which room, and when: Airflow's part, which no import shows."""

DOORS = {
    door
    for process, entrances in ENTRANCES.items()
    if process != "terminal"  # only there the program is this package's own
    for door, _, _ in entrances
}
"""By what Airflow and DAG files enter."""

Arrows = dict[str, set[str]]
"""The rooms that each room imports."""


def read_layers() -> tuple[list[list[str]], set[str]]:
    """Read the layers of rooms, the uppermost first, and the rooms that have never heard of Airflow."""
    configuration = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    contracts = configuration["tool"]["importlinter"]["contracts"]
    (layers,) = (contract["layers"] for contract in contracts if contract.get("containers") == [PACKAGE.name])
    (stages,) = (
        contract["source_modules"]
        for contract in contracts
        if contract.get("forbidden_modules") == ["airflow"]
    )
    return [layer.split(" | ") for layer in layers], {name.rpartition(".")[2] for name in stages}


def read_arrows() -> Arrows:
    """Read which room imports which as the program runs, types aside; the package's face imports by name."""
    graph = grimp.build_graph(PACKAGE.name, cache_dir=None, exclude_type_checking_imports=True)
    arrows: Arrows = {}
    for module in graph.modules - {PACKAGE.name}:
        imported = arrows.setdefault(_room_of(module), set())
        imported |= {_room_of(name) for name in graph.find_modules_directly_imported_by(module)}
    return {room: imported - {room, PACKAGE.name} for room, imported in arrows.items()}


def _room_of(module: str) -> str:
    return ".".join(module.split(".")[1:2]) or module


def leave_shortcuts_out(arrows: Arrows) -> Arrows:
    """Leave out each arrow to a room that is reached by way of another one as well."""
    reached: Arrows = {}
    for room in TopologicalSorter(arrows).static_order():
        reached[room] = set(chain(arrows[room], *(reached[other] for other in arrows[room])))
    return {
        room: {other for other in imported if not any(other in reached[way] for way in imported)}
        for room, imported in arrows.items()
    }


def draw_picture() -> str:
    """Draw the processes, and the rooms with their arrows."""
    layers, stages = read_layers()
    kinds = {room: kind_of(room, layers, stages) for room in chain(*layers)}
    calls = {process: {door for door, _, _ in entrances} for process, entrances in ENTRANCES.items()}
    arrows = leave_shortcuts_out(read_arrows())
    return draw([[*ENTRANCES], *layers], kinds | dict.fromkeys(ENTRANCES, "process"), calls | arrows)


def kind_of(room: str, layers: list[list[str]], stages: set[str]) -> str:
    """Name what a room is: a door, the part of a process, a stage of a declaration, or what all share."""
    (height,) = (number for number, layer in enumerate(layers) if room in layer)
    (lowest,) = (number for number, layer in enumerate(layers) if "authoring" in layer)
    if room in layers[-1] or room.startswith("_"):
        return "other"
    if room in stages:
        return "stage"
    if room in DOORS or not (PACKAGE / room).is_dir():
        return "door"
    return "room" if height <= lowest else "other"


def list_entrances(arrows: Mapping[str, set[str]]) -> Iterator[str]:
    """List which process enters by which door into which room; each must be an import."""
    yield "| process | enters by | into | when |"
    yield "|---|---|---|---|"
    for process, entrances in ENTRANCES.items():
        for door, room, when in entrances:
            if room and room not in arrows[door]:
                raise ValueError(f"{door} does not import {room}: correct ENTRANCES")
            yield f"| {process} | `{door}` | {room and f'`{room}`'} | {when} |"


def list_rooms(layers: list[list[str]]) -> Iterator[str]:
    """List the rooms with their docstrings, the uppermost layer first."""
    yield "| layer | room | what it is for |"
    yield "|--:|---|---|"
    for height, layer in zip(range(len(layers), 0, -1), layers, strict=True):
        for room in layer:
            path = PACKAGE / room
            module = path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
            docstring = ast.get_docstring(ast.parse(module.read_text(encoding="utf-8"))) or ""
            summary, _, _ = docstring.replace("``", "`").partition("\n")
            yield f"| {height} | `{room}` | {summary} |"


def build_page() -> str:
    """Give the page with what is drawn in it made anew."""
    page = PAGE.read_text(encoding="utf-8")
    layers, _ = read_layers()
    arrows = read_arrows()
    parts: tuple[Any, ...] = ([_SHOWN], list_entrances(arrows), list_rooms(layers))
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return "\n\n".join([f"{before}{BEGIN}", *("\n".join(part) for part in parts), f"{END}{after}"])
