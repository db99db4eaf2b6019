"""YAML whose values know the file and line that they stand in, so that what is wrong with one is found."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import yaml
from attrs import frozen

from airflow_provider_k8sexec.exceptions import Problem

if TYPE_CHECKING:
    from collections.abc import Iterator

# The one in C is an order of magnitude faster, and not everywhere.
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_STEP = re.compile(r"\['([^']*)'\]|\[(\d+)\]|(\w+)")


@frozen
class Document:
    """One YAML text.

    Attributes:
        source: The file, or the option, that it stands in.
        content: The values; ``None`` if there are none.
        root: The same with marks.
    """

    source: str
    content: Any = None
    root: yaml.Node | None = None

    def place_of(self, key: str = "", field: str = "") -> str:
        """Tell where a value stands.

        Args:
            key: A key of the document.
            field: The way to the value below that key, as problems write it: ``env_vars['STAGE']``.

        Returns:
            The file, and the line of the last step of the way that is there.
        """
        node, mark = self.root, self.root.start_mark if self.root is not None else None
        for step in [key, *("".join(groups) for groups in _STEP.findall(field))]:
            found = list(_items(node, step))
            if not found:
                break
            mark, node = found[-1]
        return _place(self.source, mark)


def parse_yaml(source: str, text: str | bytes) -> tuple[Document, list[Problem]]:
    """Read a YAML text, of which JSON is a part.

    Args:
        source: The file, or the option, that the text stands in.
        text: The text.

    Returns:
        The document, which is empty if it cannot be read, and what is wrong with it.
    """
    loader = _MarkingLoader(text)
    try:
        root = loader.get_single_node()
        # Merge keys (`<<`) are no longer to be seen afterwards.
        problems = [*_find_repeats(source, root)] if root is not None else []
        content = loader.construct_document(root) if root is not None else None
    except (yaml.YAMLError, RecursionError) as error:
        # The text itself may hold a password, and is not shown.
        reason = getattr(error, "problem", None) or getattr(error, "reason", "is nested too deep")
        place = _place(source, getattr(error, "problem_mark", None))
        return Document(source), [Problem(place, "", f"cannot be read as YAML: {reason}", "correct it")]
    finally:
        loader.dispose()
    return Document(source, content, root), problems


class _MarkingLoader(_Safe):  # type: ignore[misc]  # either of two classes
    """Tells the line of a value that cannot be what it looks like, such as a thirteenth month."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  # as in yaml
        try:
            return super().construct_object(node, deep=deep)
        except ValueError as error:
            reason = f"found no value of the kind {node.tag.rpartition(':')[2]!r}"
            raise yaml.constructor.ConstructorError(None, None, reason, node.start_mark) from error


def _find_repeats(source: str, root: yaml.Node) -> Iterator[Problem]:
    """Find the keys that stand twice in one mapping, of which YAML would keep the last without a word."""
    seen: set[int] = set()
    waiting = [root]
    while waiting:
        node = waiting.pop(0)
        if id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))  # an alias leads to what has been seen, and may lead in a circle
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
            continue
        keys: set[str] = set()
        for key, value in node.value:
            waiting.append(value)
            if isinstance(key, yaml.ScalarNode) and key.value in keys:
                place = _place(source, key.start_mark)
                yield Problem(f"{place}: {key.value}", "", "stands there twice", "leave one of the two out")
            keys.add(str(key.value))


def _items(node: yaml.Node | None, step: str) -> Iterator[tuple[yaml.Mark, yaml.Node]]:
    """Find what is one step below a node: each with the mark of its key, or of itself in a list."""
    if isinstance(node, yaml.MappingNode):
        yield from ((key.start_mark, value) for key, value in node.value if key.value == step)
    if isinstance(node, yaml.SequenceNode) and step.isdecimal():
        yield from ((item.start_mark, item) for item in node.value[int(step) :][:1])


def _place(source: str, mark: yaml.Mark | None) -> str:
    return f"{source}, line {mark.line + 1}" if mark is not None else source
