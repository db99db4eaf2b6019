"""Every YAML text that this package reads: within bounds, no key twice, and with the line of each value.

A text of 458 bytes with aliases of aliases is a structure of 10 million values to everybody who walks it, and
one of 200,000 nested lists ends the process: the parser in C recurses.
"""

from __future__ import annotations

import ast
import re
from collections import deque
from typing import TYPE_CHECKING, Any

import yaml
from attrs import frozen

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.bounds import DEEPEST, LONGEST_TEXT, MOST_DIGITS, MOST_VALUES
from airflow_provider_k8sexec.site.syntax_errors import describe_yaml_error, position_of

if TYPE_CHECKING:
    from collections.abc import Iterator

# The one in C is an order of magnitude faster, and not everywhere.
_Safe: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_LONGEST_KEY = 100
_INSIDE = (0, 0)
_STEP = re.compile(r"""\[(?P<key>'(?:[^'\\]|\\.)*'|"(?:[^"\\]|\\.)*"|\d+)\]|(?P<name>\w+)""")
"""A step of a path: a key as Python writes it, which may hold brackets and quotes, an index, or a name."""


@frozen
class Document:
    """One YAML text.

    Attributes:
        source: The file, or the option, that it stands in.
        content: The values; ``None`` if there are none.
        root: The same with marks.
        is_read: Whether it is YAML, and the content all of it.
    """

    source: str
    content: Any = None
    root: yaml.Node | None = None
    is_read: bool = True

    def find_location(self, key: str = "", field: str = "") -> str:
        """Find the file and line of a value.

        Args:
            key: A key of the document.
            field: The way to the value below that key, as problems write it: ``env_vars['STAGE']``.

        Returns:
            The file, and the line of the last step of the way that is there.
        """
        node, mark = self.root, self.root.start_mark if self.root is not None else None
        for step in [key, *_read_steps(field)]:
            found = list(_items(node, step))
            if not found:
                break
            mark, node = found[-1]
        return _locate(self.source, mark)


def parse_yaml(source: str, text: str | bytes) -> tuple[Document, list[Problem]]:
    """Read a YAML text, of which JSON is a part.

    Args:
        source: The file, or the option, that the text stands in.
        text: The text.

    Returns:
        The document, which is empty if it cannot be read, and what is wrong with it.
    """
    try:
        root = compose_yaml(text)
        # Merge keys (`<<`) are no longer to be seen afterwards.
        problems = check_repeats(source, root)
        content = construct_yaml(root)
    except yaml.YAMLError as error:
        wrong = describe_yaml_error(error, text)
        problem = Problem(wrong.locate(source), "", wrong.describe(), wrong.remedy, code="K8S904")
        return Document(source, is_read=False), [problem]
    return Document(source, content, root), problems


def load_yaml(text: str | bytes) -> Any:
    """Read a YAML text.

    Raises:
        yaml.YAMLError: It cannot be read.
    """
    return construct_yaml(compose_yaml(text))


def compose_yaml(text: str | bytes, loader: Any = _Safe) -> yaml.Node | None:
    """Read a YAML text into nodes, within bounds.

    Args:
        text: The text.
        loader: The loader whose marks the nodes are to have; the two differ at the ends of blocks.

    Raises:
        yaml.YAMLError: It cannot be read.
    """
    if len(text) > LONGEST_TEXT:
        raise yaml.MarkedYAMLError(problem=f"found more than {LONGEST_TEXT} characters")
    try:
        _check_events(text)
        root: yaml.Node | None = yaml.compose(text, Loader=loader)
    except UnicodeError:  # half of a surrogate pair
        raise yaml.MarkedYAMLError(problem="found a character that UTF-8 does not have") from None
    if root is not None:
        _measure(root, 1, {})
    return root


def construct_yaml(root: yaml.Node | None) -> Any:
    """Give the values of nodes that :func:`compose_yaml` has read.

    Raises:
        yaml.YAMLError: One cannot be what it looks like.
    """
    if root is None:
        return None
    loader = _MarkingLoader("")
    try:
        return loader.construct_document(root)
    finally:
        loader.dispose()


def _check_events(text: str | bytes) -> None:
    """Refuse what is too much before anything recurses; events come one by one."""
    depth = 0
    for number, event in enumerate(_parse_events(text)):
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST or number > 2 * MOST_VALUES:
            raise _too_much(event.start_mark)


def _parse_events(text: str | bytes) -> Iterator[Any]:
    """Parse a text event by event; newer releases of libyaml have a bound of their own on nesting."""
    try:
        yield from yaml.parse(text, Loader=_Safe)
    except yaml.MarkedYAMLError as error:
        if "nesting depth" not in (error.problem or ""):
            raise
        raise _too_much(error.problem_mark) from None


def _measure(node: yaml.Node, depth: int, known: dict[int, tuple[int, int]]) -> tuple[int, int]:
    """Give how many values a node has with all aliases written out, and how deep they are nested."""
    if isinstance(node, yaml.ScalarNode):
        return 1, 1
    if id(node) not in known:
        known[id(node)] = _INSIDE
        is_mapping = isinstance(node, yaml.MappingNode)
        children = [child for pair in node.value for child in pair] if is_mapping else node.value
        below = [(1, 0), *(_measure(child, depth + 1, known) for child in children)]
        known[id(node)] = sum(size for size, _ in below), 1 + max(height for _, height in below)
    size, height = known[id(node)]
    if (size, height) == _INSIDE:
        reason = "found an alias inside of what it stands for"
        raise yaml.MarkedYAMLError(problem=reason, problem_mark=node.start_mark)
    if size > MOST_VALUES or depth + height > DEEPEST:
        raise _too_much(node.start_mark)
    return size, height


def _too_much(mark: Any) -> yaml.MarkedYAMLError:
    most = f"more than {MOST_VALUES} values, aliases written out, or more than {DEEPEST} nested ones"
    return yaml.MarkedYAMLError(problem=f"found {most}", problem_mark=mark)


class _MarkingLoader(_Safe):  # type: ignore[misc]  # either of two classes
    """Gives the line of a value that cannot be what it looks like, such as a thirteenth month."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002  # as in yaml
        kind = node.tag.rpartition(":")[2]
        if kind in {"int", "float"} and len(node.value) > MOST_DIGITS:
            reason = f"found a number of more than {MOST_DIGITS} digits"
            raise yaml.constructor.ConstructorError(None, None, reason, node.start_mark)
        try:
            return super().construct_object(node, deep=deep)
        except ValueError as error:
            reason = f"found no value of the kind {kind}"
            raise yaml.constructor.ConstructorError(None, None, reason, node.start_mark) from error


def check_repeats(source: str, root: yaml.Node | None) -> list[Problem]:
    """No mapping has one key twice: YAML would silently keep the last, and the first may be what was meant.

    Args:
        source: The file, or the option, that the text stands in.
        root: Its nodes, from which no values have been made yet: that resolves merge keys (``<<``).
    """
    return [
        Problem(
            f"{source}, {position_of(key.start_mark)}: {key.value[:_LONGEST_KEY]}",
            "",
            "is defined twice",
            "remove one",
            code="K8S904",
        )
        for _, key in find_repeats(root)
    ]


def find_repeats(root: yaml.Node | None) -> Iterator[tuple[yaml.ScalarNode, yaml.ScalarNode]]:
    """Find the keys that are defined twice in one mapping: each with the one before it."""
    seen: set[int] = set()
    waiting = deque([root])
    while waiting:
        node = waiting.popleft()
        if node is None or id(node) in seen or isinstance(node, yaml.ScalarNode):
            continue
        seen.add(id(node))  # an alias leads to what has been seen, and may lead in a circle
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
            continue
        keys: dict[str, yaml.ScalarNode] = {}
        for key, value in node.value:
            waiting.append(value)
            if isinstance(key, yaml.ScalarNode):
                if key.value in keys:
                    yield keys[key.value], key
                keys[key.value] = key


def _read_steps(field: str) -> Iterator[str]:
    for match in _STEP.finditer(field):
        try:
            yield match["name"] or str(ast.literal_eval(match["key"]))
        except (SyntaxError, ValueError):  # an unknown option, whose name may be any string
            return


def _items(node: yaml.Node | None, step: str) -> Iterator[tuple[yaml.Mark, yaml.Node]]:
    """Find what is one step below a node: each with the mark of its key, or of itself in a list."""
    if isinstance(node, yaml.MappingNode):
        yield from ((key.start_mark, value) for key, value in node.value if key.value == step)
    if isinstance(node, yaml.SequenceNode) and step.isdecimal():
        yield from ((item.start_mark, item) for item in node.value[int(step) :][:1])


def _locate(source: str, mark: yaml.Mark | None) -> str:
    return f"{source}, line {mark.line + 1}" if mark is not None else source
