"""Pods that several configs share: a constant, or a function that returns one, becomes the config itself."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.migrate.edits import NameEdit, Span
from airflow_provider_k8sexec.cli.migrate.reading.configs import (
    Config,
    ReadConfig,
    find_configs,
    has_pod_alone,
    make_edit,
)
from airflow_provider_k8sexec.cli.migrate.reading.evaluation import Reader
from airflow_provider_k8sexec.cli.migrate.reading.outside import is_named_outside
from airflow_provider_k8sexec.cli.migrate.reading.scopes import (
    ASSIGNED,
    FUNCTION,
    IMPORTED,
    Binding,
    Conditional,
    Place,
    position_of,
)
from airflow_provider_k8sexec.cli.migrate.reading.values import Fields, Frame, UnreadableError
from airflow_provider_k8sexec.rules.api_server.schema import POD_MODEL
from airflow_provider_k8sexec.site_policy.dag_source import name_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from airflow_provider_k8sexec.cli.migrate.reading.imports import Linker
    from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile


class SharedPods:
    """The pods of a project that are constants or returned by functions, and only configs have."""

    def __init__(self, linker: Linker, own_secret: str | None) -> None:
        """Take what follows names, and the deployment's own secret."""
        self._linker = linker
        self._own_secret = own_secret
        self._configs: dict[ParsedFile, list[Config]] = {}
        self._read: dict[Binding, tuple[ReadConfig, ...]] = {}

    def configs_of(self, source: ParsedFile) -> list[Config]:
        """Give the configs of a file."""
        if source not in self._configs:
            self._configs[source] = [*find_configs(source, self._linker)]
        return self._configs[source]

    def replace(self, config: Config) -> ReadConfig | None:
        """Replace a config by the name of its pod, or by the call that makes it, if that becomes a config."""
        node = config.override
        binding = self._definition_of(node.func if isinstance(node, ast.Call) else node, config.place)
        if binding is None or binding.kind != (FUNCTION if isinstance(node, ast.Call) else ASSIGNED):
            return None
        if not self.read(binding):
            return None
        text = config.place.scope.source.segment(node)
        return ReadConfig(NameEdit(Span.of(config.node), text), (), (text,))

    def find_in(self, source: ParsedFile) -> Iterator[ReadConfig]:
        """Find the pods of a file that become configs."""
        for scope in {self._linker.names_of(source).module, *self._linker.names_of(source).scopes.values()}:
            for bindings in scope.bindings.values():
                for binding in bindings:
                    if binding.kind in (ASSIGNED, FUNCTION):
                        yield from self.read(binding)

    def read(self, binding: Binding) -> tuple[ReadConfig, ...]:
        """Give what becomes of a constant or a function; nothing if it stays."""
        if binding not in self._read:
            self._read[binding] = ()  # should it refer to itself
            self._read[binding] = self._convert(binding)
        return self._read[binding]

    def _convert(self, binding: Binding) -> tuple[ReadConfig, ...]:
        expressions = self._expressions_of(binding)
        if not expressions or not _may_be_pod(expressions):
            return ()
        try:
            read = [self._read_pod(node, place) for node, place in expressions]
            configs = [self._config_at(node, source) for node, source in self._uses_of(binding)]
        except (UnreadableError, Conditional):
            return ()
        if not configs or not all(configs) or not all(read):
            return ()
        is_elsewhere = any(config and config.place.scope.source is not binding.source for config in configs)
        is_shared = len(configs) > 1 or is_elsewhere
        if is_shared and is_named_outside(binding, self._linker.project):
            return ()
        return tuple(one for one in read if one) if is_shared else ()

    def _expressions_of(self, binding: Binding) -> list[tuple[ast.expr, Place]]:
        if len(binding.place.scope.bindings[binding.name]) > 1:
            return []
        if self._linker.names_of(binding.source).find_sets(binding):
            return []
        if binding.kind == ASSIGNED and binding.value is not None and not binding.steps:
            return [(binding.value, binding.place)]
        if not isinstance(binding.node, ast.FunctionDef) or binding.node.decorator_list:
            return []
        scope = self._linker.names_of(binding.source).scopes[binding.node]
        return [(node.value, place) for node, place in scope.returned if node.value]

    def _read_pod(self, node: ast.expr, place: Place) -> ReadConfig | None:
        reader = Reader(self._linker, place)
        pod = reader.read(node, Frame(place.scope, place.block))
        if not isinstance(pod, Fields) or pod.model != POD_MODEL:
            return None
        return make_edit(pod, node, reader, self._own_secret)

    def _uses_of(self, binding: Binding) -> Iterator[tuple[ast.expr, ParsedFile]]:
        """Find where a constant or a function is read, in all files of the project."""
        source = binding.source
        for use in self._linker.names_of(source).uses.get(binding.name, ()):
            if use.place.find(binding.name) is binding:
                yield use.node, source
        if binding.place.scope.parent is None:
            for other in self._linker.project.mentioning(binding.name, source.module_name):
                if other is not source:
                    yield from self._uses_in(other, binding)

    def _uses_in(self, source: ParsedFile, binding: Binding) -> Iterator[tuple[ast.expr, ParsedFile]]:
        names = self._linker.names_of(source)
        for scope in {names.module, *names.scopes.values()}:
            for local in (one for bindings in scope.bindings.values() for one in bindings):
                if local.kind == IMPORTED and self._linker.follow(local) is binding:
                    for use in names.uses.get(local.name, ()):
                        if use.place.find(local.name) is local:
                            yield use.node, source
        for node in ast.walk(source.tree):
            if isinstance(node, ast.Attribute) and node.attr == binding.name:
                place = Place(names.module, names.module.body, position_of(node))
                if self._definition_of(node, place) is binding:
                    yield node, source

    def _definition_of(self, node: ast.expr, place: Place) -> Binding | None:
        """Find what a name, or an attribute of a module, stands for."""
        reader = Reader(self._linker, place)
        try:
            if isinstance(node, ast.Name):
                found = place.find(node.id) or self._linker.find_in(place.scope.source, node.id)
                found = self._linker.follow(found) if isinstance(found, Binding) else found
            elif isinstance(node, ast.Attribute) and isinstance(node.value, (ast.Name, ast.Attribute)):
                owner = reader.read(node.value, reader.frame)
                found = reader.module_attribute(owner, node.attr)
            else:
                return None
        except (Conditional, UnreadableError):
            return None
        return found if isinstance(found, Binding) else None

    def _config_at(self, node: ast.expr, source: ParsedFile) -> Config | None:
        """Give the config that has a name alone, or a call of it."""
        holder = self._linker.names_of(source).holders.get(node)
        value = node
        if isinstance(holder, ast.Call) and holder.func is node:
            value, holder = holder, self._linker.names_of(source).holders.get(holder)
        for config in self.configs_of(source):
            if config.node is holder and config.override is value and has_pod_alone(config):
                return config
        return None


def _may_be_pod(expressions: list[tuple[ast.expr, Place]]) -> bool:
    """Report whether expressions may be pods, by the names in them: other files are searched for these."""
    return all(
        isinstance(node, ast.Name) or (isinstance(node, ast.Call) and name_of(node.func).endswith("Pod"))
        for node, _ in expressions
    )
