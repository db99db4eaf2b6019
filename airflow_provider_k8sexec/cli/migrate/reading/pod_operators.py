"""Finds calls of KubernetesPodOperator of which arguments are no longer as pod options of K8sPodOperator."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.cli.migrate.edits import OperatorEdit, Refusal, Span
from airflow_provider_k8sexec.cli.migrate.option_text import write_arguments
from airflow_provider_k8sexec.cli.migrate.reading.configs import texts_of
from airflow_provider_k8sexec.cli.migrate.reading.evaluation import Reader
from airflow_provider_k8sexec.cli.migrate.reading.imports import External
from airflow_provider_k8sexec.cli.migrate.reading.operator_arguments import (
    ARGUMENTS,
    is_in_models,
    lay_arguments,
)
from airflow_provider_k8sexec.cli.migrate.reading.values import (
    Fields,
    UnreadableError,
    iter_lines,
    make_plain,
    show_code,
)
from airflow_provider_k8sexec.executor_names import POD_OPERATOR, POD_OVERRIDE
from airflow_provider_k8sexec.pod.shortest.options import find_shortest, sort_options

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from airflow_provider_k8sexec.cli.migrate.reading.imports import Linker
    from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile
    from airflow_provider_k8sexec.cli.migrate.reading.scopes import Binding
    from airflow_provider_k8sexec.options.paths import Path
    from airflow_provider_k8sexec.pod.shortest.options import WrittenOption

_PARTIAL = "partial"
_WORDS = ("PodOperator", ".kubernetes(", ".kubernetes_cmd(")
"""A file without these makes no pod but the workers'."""
_OTHERS = {
    "GKEStartPodOperator": "`GKEStartPodOperator` is left; `k8s_pod_operator(GKEStartPodOperator)`",
    "EksPodOperator": "`EksPodOperator` is left; `k8s_pod_operator(EksPodOperator)`",
    "kubernetes": "`@task.kubernetes` is left; `@k8s_task.kubernetes`",
    "kubernetes_cmd": "`@task.kubernetes_cmd` is left; `@k8s_task.kubernetes_cmd`",
}
"""What else starts pods, and what of it takes pod options."""

_ENVIRONMENT = ("env_vars", "secrets", "env_from")
_VOLUMES = ("volumes", "volume_mounts")
_GROUPS = ((*_ENVIRONMENT, *_VOLUMES), _ENVIRONMENT, _VOLUMES, *((name,) for name in ARGUMENTS))
"""Arguments that become options together, the largest groups first."""


@frozen
class ReadOperator:
    """What becomes of a call.

    Attributes:
        edit: The edit.
        used: The bindings whose values are in it.
        names: The expressions that are kept in it.
        replaced: The parts of the file that the edit takes away: the arguments.
        statements: The statements that it replaces as well: none.
    """

    edit: OperatorEdit
    used: tuple[Binding, ...]
    names: tuple[str, ...]
    replaced: tuple[Span, ...]
    statements: tuple[ast.stmt, ...] = ()


@frozen(eq=False)
class _Argument:
    """An argument in the terms of Kubernetes's models, or of Airflow's ``Secret``.

    Attributes:
        keyword: Where it is written.
        value: What it is.
        used: The bindings whose values are in it.
    """

    keyword: ast.keyword
    value: Any
    used: tuple[Binding, ...]


@frozen
class _Rewritten:
    """Arguments as options."""

    arguments: tuple[_Argument, ...]
    options: tuple[WrittenOption, ...]
    lines: Mapping[Path, int]
    names: tuple[str, ...]


def find_operators(
    source: ParsedFile, linker: Linker, own_secret: str | None
) -> Iterator[ReadOperator | Refusal]:
    """Find the calls of a file that start pods by arguments for which there are shorter pod options.

    Args:
        source: The file.
        linker: Follows names.
        own_secret: The deployment's own secret.
    """
    if not any(word in source.text for word in _WORDS):
        return
    for node, place in linker.names_of(source).places.items():
        if isinstance(node, ast.Call) and not ARGUMENTS.isdisjoint(_names_given(node)):
            reader = Reader(linker, place)
            name = _find_operator(node.func, reader)
            if name == POD_OPERATOR:
                yield from _Call(source, node, reader, own_secret).rewrite()
            elif name in _OTHERS:
                yield Refusal(node.lineno, f"{_OTHERS[name]} takes pod options.")


def _names_given(node: ast.Call) -> set[str | None]:
    names = {keyword.arg for keyword in node.keywords}
    return names | ARGUMENTS if None in names else names


def _find_operator(function: ast.expr, reader: Reader) -> str:
    """Find which operator or decorator of Airflow's a call is of; nothing of another one."""
    root = function
    while isinstance(root, ast.Attribute):
        root = root.value
    if not isinstance(root, ast.Name):
        return ""
    try:
        found = reader.read(function, reader.frame)
    except UnreadableError:
        return ""
    if not isinstance(found, External) or not found.name.startswith("airflow."):
        return ""
    return found.name.removesuffix(f".{_PARTIAL}").rpartition(".")[2]


@frozen
class _Call:
    """A call of KubernetesPodOperator."""

    source: ParsedFile
    node: ast.Call
    reader: Reader
    own_secret: str | None

    def rewrite(self) -> Iterator[ReadOperator | Refusal]:
        """Write the arguments as options that are no longer so."""
        arguments: dict[str, _Argument] = {}
        reasons = []
        for keyword in self.node.keywords:
            try:
                read = self._read(keyword)
            except UnreadableError as reason:
                reasons.append(str(reason))
            else:
                if read:
                    arguments[str(keyword.arg)] = read
        found = [*self._find_groups(arguments, reasons)]
        made = [each for each in found if self._is_no_longer(each)]
        if made:
            yield self._join(made)
        elif reasons:
            yield Refusal(self.node.lineno, f"The pod that it starts is left: {reasons[0]}.")

    def _read(self, keyword: ast.keyword) -> _Argument | None:
        """Read an argument; nothing of one that K8sPodOperator takes in no shorter form.

        Raises:
            UnreadableError: It is known only when the file is loaded.
        """
        if keyword.arg is None:
            given = self._begin().read(keyword.value, self.reader.frame)
            found = ARGUMENTS.intersection(given) if isinstance(given, Fields) else ()
            if not found:
                return None
            raise UnreadableError(f"{show_code(keyword.value)} gives it `{min(found)}`")
        if keyword.arg not in ARGUMENTS:
            return None
        reader = self._begin()
        value = reader.read(keyword.value, reader.frame)
        is_shorter = is_in_models(keyword.arg, value)
        return _Argument(keyword, value, tuple(reader.used)) if is_shorter else None

    def _begin(self) -> Reader:
        return Reader(self.reader.linker, self.reader.target)

    def _find_groups(self, arguments: Mapping[str, _Argument], reasons: list[str]) -> Iterator[_Rewritten]:
        """Find the options for arguments, of which some can only be written together."""
        left = dict(arguments)
        for names in _GROUPS:
            group = [left[name] for name in names if name in left]
            if not group:
                continue
            try:
                found = self._find_options(group)
            except UnreadableError as reason:
                reasons.append(str(reason))
            else:
                yield found
                left = {name: argument for name, argument in left.items() if argument not in group}

    def _find_options(self, group: Sequence[_Argument]) -> _Rewritten:
        """Find the options that build what arguments set.

        Raises:
            UnreadableError: None do.
        """
        pod = lay_arguments({str(argument.keyword.arg): argument.value for argument in group})
        manifest = make_plain(pod)
        try:
            options = find_shortest(manifest, self.own_secret)
        except ValueError as reason:
            raise UnreadableError(str(reason).removesuffix(".")) from None
        replaced = {argument.keyword.arg for argument in group}
        others = {keyword.arg for keyword in self.node.keywords} - replaced
        for option in options:
            if option.name == POD_OVERRIDE:
                raise UnreadableError(f"no option stands for a part of `{min(map(str, replaced))}`")
            if option.name in others:
                raise UnreadableError(f"`{option.name}` is given in another form as well")
        return _Rewritten(tuple(group), tuple(options), dict(iter_lines(pod)), tuple(texts_of(manifest)))

    def _is_no_longer(self, made: _Rewritten) -> bool:
        new = ",".join(f"{name}={text}" for name, text in write_arguments(made.options))
        return len(_without_space(new)) <= sum(self._measure(argument) for argument in made.arguments)

    def _measure(self, argument: _Argument) -> float:
        """Count the letters of an argument, with its share of the statements that are for it."""
        length = float(len(_without_space(self.source.segment(argument.keyword))) + 1)
        names = self.reader.linker.names_of(self.source)
        for binding in argument.used:
            if binding.source is self.source and isinstance(binding.node, ast.stmt):
                text = self.source.segment(binding.node)
                length += len(_without_space(text)) / max(len(names.uses.get(binding.name, ())), 1)
        return length

    def _join(self, made: Sequence[_Rewritten]) -> ReadOperator:
        arguments = [argument for each in made for argument in each.arguments]
        edit = OperatorEdit(
            Span.of(self.node),
            tuple(sort_options(option for each in made for option in each.options)),
            frozenset(str(argument.keyword.arg) for argument in arguments),
            {path: line for each in made for path, line in each.lines.items()},
        )
        used = dict.fromkeys(binding for argument in arguments for binding in argument.used)
        names = tuple(name for each in made for name in each.names)
        return ReadOperator(
            edit, tuple(used), names, tuple(Span.of(each.keyword.value) for each in arguments)
        )


def _without_space(text: str) -> str:
    return "".join(text.split())
