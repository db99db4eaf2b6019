"""A pod template in Helm's language: what is laid over it goes into its text, and Helm's own stays verbatim.

Such a text is YAML only after Helm has rendered it. So each action, ``{{ ... }}``, is hidden behind as many
other characters; what is left is read as YAML, and shows where in the text each thing is.
Source: https://helm.sh/docs/chart_template_guide/
"""

from __future__ import annotations

import json
import re
import textwrap
from itertools import takewhile
from typing import TYPE_CHECKING, Any

import yaml
from yaml.nodes import CollectionNode, MappingNode, Node, ScalarNode, SequenceNode

from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.options.assembly import merge_manifests
from airflow_provider_k8sexec.options.manifests import (
    CONTAINERS,
    IDENTITIES,
    WHOLE,
    Manifest,
)
from airflow_provider_k8sexec.render.yaml_text import to_yaml
from airflow_provider_k8sexec.site.located_yaml import compose_yaml, construct_yaml, find_repeats, reason_of

if TYPE_CHECKING:
    from collections.abc import Iterator

_ACTION = re.compile(
    r"""\{\{-?\s*/\*.*?\*/\s*-?\}\}|\{\{(?:"(?:\\.|[^"\\])*"|`[^`]*`|(?!\}\}).)*\}\}""", re.DOTALL
)
_KEYWORD = re.compile(r"\{\{-?\s*(?P<word>\w+)")
_INDENT = re.compile(r"indent (?P<columns>\d+)")
_WRITTEN_MAP = re.compile(
    r"(?P<open>\{\{-?)\s*(?P<expression>(?!(?:if|with|range|define|block|else|end|template)\b|\$\w+\s*:?=).+?)"
    r"\s*\|\s*(?P<indent>n?indent \d+)\s*(?P<close>-?\}\})",
    re.DOTALL,
)
"""An action that writes YAML below a key."""
_BLOCKS = {"if", "with", "range", "define", "block"}
_OPENING = "{{"
_ESCAPED = '{{ "{{" }}'
OF_ALL_DEPLOYMENTS = ("astronomer", "houston", "config", "deployments", "helm", "airflow", "podTemplate")
"""Where an Astronomer installation has the pod template of all Deployments in its values."""

_OF_THE_COMMUNITY = ("airflow", "kubernetesPodTemplate", "stringOverride")
_OF_AIRFLOW = ("podTemplate",)

HOMES = {
    OF_ALL_DEPLOYMENTS: OF_ALL_DEPLOYMENTS,
    # Astronomer's chart of one Deployment, which is not for changing.
    ("airflow", "podTemplate"): OF_ALL_DEPLOYMENTS,
    _OF_THE_COMMUNITY: _OF_THE_COMMUNITY,
    _OF_AIRFLOW: _OF_AIRFLOW,
}
"""Where charts have a pod template in their values, and where a new one is to stand: those of an Astronomer
installation, of the community, and Airflow's own. Sources:
https://www.astronomer.io/docs/software/kubernetes-executor,
https://github.com/airflow-helm/charts/blob/main/charts/airflow/docs/faq/configuration/kubernetes-pod-template.md,
https://airflow.apache.org/docs/helm-chart/stable/parameters-ref.html"""

_LONGEST_KEY = 100
_Change = tuple[int, tuple[int, ...]]
"""An offset in a text, and the branches of Helm's blocks that hold from there, each as where it begins."""


def has_actions(text: str) -> bool:
    """Report whether a text is in Helm's language."""
    return _ACTION.search(text) is not None


def read_around_actions(text: str) -> Any:
    """Read what a template has outside of Helm's actions.

    Raises:
        K8sExecError: It is not YAML, or has a key twice.
    """
    try:
        root = compose_yaml(_hide_actions(text))
        repeats = _list_repeats(root, list(_conditions(text)))
        content = construct_yaml(root)
    except yaml.YAMLError as error:
        raise _not_yaml(error) from None
    if repeats:
        raise K8sExecError("\n".join(repeats))
    return content


def _list_repeats(root: Node | None, conditions: list[_Change]) -> list[str]:
    """List the keys that are defined twice; Helm keeps one of those in two branches of a condition."""
    return [
        f"line {second.start_mark.line + 1}: {second.value[:_LONGEST_KEY]} is defined twice; remove one."
        for first, second in find_repeats(root)
        if _condition_at(conditions, first.start_mark.index)
        == _condition_at(conditions, second.start_mark.index)
    ]


def _not_yaml(error: yaml.YAMLError) -> K8sExecError:
    mark = getattr(error, "problem_mark", None)
    return K8sExecError(f"line {mark.line + 1 if mark else 1}: is not YAML: {reason_of(error)}.")


def find_template(text: str) -> tuple[tuple[str, ...], str] | None:
    """Find the pod template in the values of a chart, and the path at which a new one is to stand.

    Raises:
        K8sExecError: The values have one, and a key twice, so that another template may be meant.
    """
    try:
        root = compose_yaml(text)
        repeats = _list_repeats(root, [])
        values = construct_yaml(root)
    except yaml.YAMLError:
        return None
    for path, home in HOMES.items():
        part = values
        for key in path:
            part = part.get(key) if isinstance(part, dict) else None
        if isinstance(part, str):
            if repeats:
                raise K8sExecError("\n".join(repeats))
            return home, part
    return None


def build_values(template: str, path: tuple[str, ...]) -> str:
    """Write the Helm values by which a chart has a pod template at a path."""
    above = "".join(f"{'  ' * depth}{key}:\n" for depth, key in enumerate(path[:-1]))
    indicator = "|2" if template.startswith(" ") else "|"
    content = textwrap.indent(template.rstrip("\n"), "  " * len(path))
    return f"{above}{'  ' * (len(path) - 1)}{path[-1]}: {indicator}\n{content}\n"


def lay_over(text: str, manifest: Manifest) -> tuple[str, list[str]]:
    """Lay a manifest over a template in Helm's language, by key and by name.

    New items come first in their list, so that what Helm adds to it comes last.

    Returns:
        The new text, and what of Helm's had to be replaced, for people.

    Raises:
        K8sExecError: Something is to go where Helm decides whether it is there.
    """
    sheet = _Sheet(text)
    sheet.lay(sheet.root, manifest, "")
    if sheet.problems:
        raise K8sExecError("\n".join(sheet.problems))
    return sheet.edited(), sheet.notes


class _Sheet:
    """A text, and the edits that are made to it."""

    def __init__(self, text: str) -> None:
        self.problems: list[str] = []
        self.notes: list[str] = []
        self._text = text
        self._hidden = _hide_actions(text)
        self.root = _compose(self._hidden)
        self._conditions = list(_conditions(text))
        self._unconditional = _condition_at(self._conditions, self.root.start_mark.index)
        self._edits: list[tuple[int, int, str]] = []

    def edited(self) -> str:
        """Give the text with all edits made."""
        text = self._text
        for start, end, new in sorted(self._edits, reverse=True):
            text = text[:start] + new + text[end:]
        return text

    def lay(self, node: Node, fields: Manifest, path: str) -> None:
        """Lay the fields of a manifest over those of a node."""
        missing: Manifest = {}
        for name, value in fields.items():
            here = f"{path}.{name}".removeprefix(".")
            there = [pair for pair in node.value if pair[0].value == name]
            if not there:
                missing[name] = value
            elif len(there) == 1 and self._is_certain(there[0][0]):
                self._lay_value(there[0][0], there[0][1], value, here)
            elif len(there) == 1 and self._end_of_condition(there[0][0]):
                self._lay_in_both_cases(there[0][0], there[0][1], value, here)
            else:
                self._refuse(there[0][0], here)
        if not missing:
            return
        anchor = next((key for key, _ in node.value if self._is_certain(key)), None)
        if anchor is None:
            self._refuse(node, path)
            return
        column = anchor.start_mark.column
        start = anchor.start_mark.index
        self._edits.append((start, start, f"{_block(missing, column).lstrip()}\n{' ' * column}"))

    def _lay_in_both_cases(self, key: Node, node: Node, value: Any, path: str) -> None:
        """Lay a value over one that is there on a condition, and write it for when that does not hold."""
        outside, self._unconditional = (
            self._unconditional,
            _condition_at(self._conditions, key.start_mark.index),
        )
        self._lay_value(key, node, value, path)
        self._unconditional = outside
        end = self._end_of_condition(key)
        otherwise = f"{{{{- else }}}}\n{_block({key.value: value}, key.start_mark.column)}\n"
        self._edits.append((end, end, otherwise))

    def _lay_value(self, key: Node, node: Node, value: Any, path: str) -> None:
        is_block = isinstance(node, (MappingNode, SequenceNode)) and not node.flow_style
        if isinstance(node, ScalarNode) and construct_yaml(node) == value:
            return
        if isinstance(value, dict) and key.value not in WHOLE and self._merge_by_helm(key, node, value):
            return
        if is_block and isinstance(node, MappingNode) and isinstance(value, dict) and key.value not in WHOLE:
            self.lay(node, value, path)
        elif is_block and isinstance(node, SequenceNode) and _are_maps(value):
            self._lay_items(key, node, value, path)
        elif node.start_mark.index == node.end_mark.index:
            self._insert_below(key, value, self._indent_below(node) or key.start_mark.column + 2)
        else:
            self._replace_value(key, node, value, path)

    def _merge_by_helm(self, key: Node, node: Node, value: Manifest) -> bool:
        """Have Helm merge a map into one that it writes, by key; report whether it writes one there."""
        start = self._hidden.index(":", key.end_mark.index) + 1
        end = self._end(node) if node.value else self._end_of_blank(start)
        written = self._text[start:end]
        action = _WRITTEN_MAP.fullmatch(written.strip())
        if not isinstance(node, ScalarNode) or action is None or "`" in json.dumps(value):
            return False
        helms = f"(default dict (fromYaml ({action['expression']})))"
        merged = f"mergeOverwrite {helms} (fromJson `{json.dumps(value)}`) | toYaml | {action['indent']}"
        at = start + written.index(action[0])
        self._edits.append((at, at + len(action[0]), f"{action['open']} {merged} {action['close']}"))
        return True

    def _end_of_blank(self, start: int) -> int:
        """Find where the next text that is not Helm's begins."""
        rest = self._hidden[start:]
        return start + len(rest) - len(rest.lstrip(" \t\n\0"))

    def _lay_items(self, key: Node, node: SequenceNode, items: list[Manifest], path: str) -> None:
        name = IDENTITIES.get(key.value, "name")
        old = [(item, construct_yaml(item)) for item in node.value]
        new = []
        for item in items:
            same = [there for there, known in old if name in item and known.get(name) == item[name]]
            if not same and all(item != known for _, known in old):
                new.append(item)
            for there in same:
                self._lay_item(key, there, item, f"{path}[{item[name]!r}]")
        if new and key.value == "containers":
            self._refuse(node, f"{path}, beside the worker's,")
        elif new:
            self._insert_below(key, new, node.start_mark.column)

    def _lay_item(self, key: Node, node: CollectionNode, item: Manifest, path: str) -> None:
        if not self._is_certain(node):
            self._refuse(node, path)
        elif key.value in CONTAINERS and not node.flow_style:
            self.lay(node, item, path)
        elif self._has_blocks(node) or self._indent_below(node) > node.start_mark.column:
            self._refuse(node, path)
        else:
            start, end = node.start_mark.index, self._end(node)
            if not self._note_replaced(start, end, path) and key.value in CONTAINERS:
                item = merge_manifests(construct_yaml(node), item)
            self._edits.append((start, end, _block(item, node.start_mark.column).lstrip()))

    def _replace_value(self, key: Node, node: Node, value: Any, path: str) -> None:
        start, end = self._hidden.index(":", key.end_mark.index) + 1, self._end(node)
        if self._has_blocks(node):
            self._refuse(node, path)
            return
        if not self._note_replaced(start, end, path):
            value = merge_manifests({key.value: construct_yaml(node)}, {key.value: value})[key.value]
        written = _block({key.value: value}, key.start_mark.column).partition(":")[2]
        self._edits.append((start, end, written))

    def _insert_below(self, key: Node, value: Any, column: int) -> None:
        end = self._hidden.find("\n", key.end_mark.index)
        end = len(self._hidden) if end < 0 else end
        self._edits.append((end, end, f"\n{_block(value, column)}"))

    def _note_replaced(self, start: int, end: int, path: str) -> bool:
        actions = _ACTION.findall(self._text[start:end])
        if actions:
            self.notes.append(f"{path}: Helm's {' '.join(actions)} is replaced.")
        return bool(actions)

    def _refuse(self, node: Node, path: str) -> None:
        self.problems.append(
            f"line {node.start_mark.line + 1}: {path or 'the pod'} cannot be laid over what Helm decides; "
            "write it into the base, outside of Helm's conditions."
        )

    def _end(self, node: Node) -> int:
        """Find the end of a node's last character; YAML has it reach to the next node."""
        start = node.start_mark.index
        return int(start + len(self._hidden[start : node.end_mark.index].rstrip()))

    def _indent_below(self, node: Node) -> int:
        """Measure how far Helm indents what it writes after a node's own text; 0 if it does not."""
        rest = self._hidden[self._end(node) :]
        blank = len(list(takewhile(str.isspace, rest)))
        indent = _INDENT.search(self._text[self._end(node) : self._end(node) + blank])
        return int(indent["columns"]) if indent else 0

    def _has_blocks(self, node: Node) -> bool:
        start, end = node.start_mark.index, self._end(node)
        return any(start < offset < end for offset, _ in self._conditions)

    def _end_of_condition(self, key: Node) -> int:
        """Find where the line of the ``end`` begins, if one ``if`` without ``else`` has the key; or 0."""
        condition = _condition_at(self._conditions, key.start_mark.index)
        later = (change for change in self._conditions if change[0] > key.start_mark.index)
        left = (change for change in later if change[1][: len(condition)] != condition)
        offset, after = next(left, (0, condition))
        if not condition or condition[:-1] != self._unconditional or after != self._unconditional:
            return 0
        keyword = _KEYWORD.match(self._text, condition[-1])
        start = self._text.rfind("\n", 0, offset) + 1
        is_alone = not self._text[start:offset].strip()
        return start if keyword and keyword["word"] == "if" and is_alone else 0

    def _is_certain(self, node: Node) -> bool:
        return _condition_at(self._conditions, node.start_mark.index) == self._unconditional


def _condition_at(changes: list[_Change], offset: int) -> tuple[int, ...]:
    """Give the branches of Helm's blocks that an offset in the text is in."""
    before = takewhile(lambda change: change[0] <= offset, changes)
    return next(reversed([(), *(condition for _, condition in before)]))


def _conditions(text: str) -> Iterator[_Change]:
    """Give the offsets where Helm's blocks begin, branch or end, with the branches that hold from there."""
    branches: list[int] = []
    for action in _ACTION.finditer(text):
        keyword = _KEYWORD.match(action[0])
        word = keyword["word"] if keyword else ""
        if word not in {*_BLOCKS, "else", "end"}:
            continue
        if word not in _BLOCKS and not branches:
            line = text.count("\n", 0, action.start()) + 1
            raise K8sExecError(f"line {line}: {action[0]} ends what has not begun.")
        if word not in _BLOCKS:
            branches.pop()
        if word != "end":
            branches.append(action.start())
        yield action.start(), tuple(branches)
    if branches:
        line = text.count("\n", 0, branches[-1]) + 1
        raise K8sExecError(f"line {line}: what Helm begins there has no end.")


def _hide_actions(text: str) -> str:
    """Put other characters in place of actions: blanks for whole lines, letters inside of a line."""
    hidden = _ACTION.sub(lambda action: re.sub(r"[^\n]", "\0", action[0]), text)
    return "\n".join(
        line.replace("\0", "x") if line.strip(" \t\0") else " " * len(line) for line in hidden.split("\n")
    )


def _compose(text: str) -> Node:
    try:
        node = compose_yaml(text, yaml.SafeLoader)
    except yaml.YAMLError as error:
        raise _not_yaml(error) from None
    if not isinstance(node, MappingNode) or node.flow_style:
        raise K8sExecError("line 1: is not the manifest of a pod, with a line for each field.")
    return node


def _block(value: Any, column: int) -> str:
    """Write a value as lines, in which nothing is an action of Helm's."""
    return textwrap.indent(to_yaml(value).rstrip("\n").replace(_OPENING, _ESCAPED), " " * column)


def _are_maps(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, dict) for item in value)
