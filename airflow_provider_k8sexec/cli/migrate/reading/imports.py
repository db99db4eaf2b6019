"""What a name of a file stands for, also where it is imported: from the project, or from outside of it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from attrs import frozen

from airflow_provider_k8sexec.cli.migrate.reading.changes import Changes
from airflow_provider_k8sexec.cli.migrate.reading.collected_names import collect_names
from airflow_provider_k8sexec.cli.migrate.reading.scopes import IMPORTED, Place
from airflow_provider_k8sexec.rules.api_server.schema import is_model

if TYPE_CHECKING:
    from airflow_provider_k8sexec.cli.migrate.reading.project import ParsedFile, Project
    from airflow_provider_k8sexec.cli.migrate.reading.scopes import Binding, Names

_END = (2**31, 0)
_CLIENT = "kubernetes.client"


@frozen
class External:
    """What is not of the project.

    Attributes:
        name: Its whole name: ``kubernetes.client.models.V1Pod``, ``builtins.str``.
    """

    name: str


class Linker:
    """Follows names through the files of a project.

    Attributes:
        project: The project.
        changes: Finds where what they have is changed.
    """

    def __init__(self, project: Project) -> None:
        """Take the project."""
        self.project = project
        self.changes = Changes(self)
        self._names: dict[ParsedFile, Names] = {}
        self._searched: list[tuple[ParsedFile, str]] = []

    def names_of(self, source: ParsedFile) -> Names:
        """Give the names of a file."""
        if source not in self._names:
            self._names[source] = collect_names(source)
        return self._names[source]

    def find_in(self, source: ParsedFile, name: str) -> Binding | ParsedFile | External | None:
        """Find what a module of the project has under a name.

        Raises:
            Conditional: It has another value from time to time.
        """
        if (source, name) in self._searched:  # modules that import one another
            return None
        self._searched.append((source, name))
        try:
            return self._find_in(source, name)
        finally:
            self._searched.pop()

    def _find_in(self, source: ParsedFile, name: str) -> Binding | ParsedFile | External | None:
        names = self.names_of(source)
        binding = Place(names.module, names.module.body, _END).find(name)
        if binding:
            return self.follow(binding)
        for star in reversed(names.stars):  # the last one wins
            module = self.project.resolve(source, star.module or "", star.level)
            found = self.find_in(module, name) if module and module is not source else None
            if found:
                return found
            if star.module and is_model(name) and star.module.startswith(_CLIENT):
                return External(f"{star.module}.{name}")
        is_package = source.path.name == "__init__.py"
        return self.project.resolve(source, name, 1) if is_package else None

    def follow(self, binding: Binding) -> Binding | ParsedFile | External:
        """Find what a name stands for: itself, or what is imported under it.

        Raises:
            Conditional: It has another value from time to time.
        """
        if binding.kind != IMPORTED:
            return binding
        node, source = binding.node, binding.source
        if isinstance(node, ast.Import):
            alias = next(a for a in node.names if binding.name in (a.asname, a.name.split(".")[0]))
            module = alias.name if alias.asname else alias.name.split(".")[0]
            return self.project.resolve(source, module) or External(module)
        assert isinstance(node, ast.ImportFrom)  # noqa: S101  # the two kinds of imports
        alias = next(a for a in node.names if binding.name == (a.asname or a.name))
        return self._import_from(source, node, alias.name)

    def _import_from(
        self, source: ParsedFile, node: ast.ImportFrom, name: str
    ) -> Binding | ParsedFile | External:
        module = node.module or ""
        file = self.project.resolve(source, module, node.level)
        found = self.find_in(file, name) if file and file is not source else None
        whole = f"{module}.{name}".lstrip(".")
        return found or self.project.resolve(source, whole, node.level) or External(whole)

    def attribute_of(
        self, owner: ParsedFile | External, name: str, source: ParsedFile
    ) -> Binding | ParsedFile | External | None:
        """Find an attribute of a module, which a file has imported."""
        if isinstance(owner, External):
            whole = f"{owner.name}.{name}"
            return self.project.resolve(source, whole) or External(whole)
        return self.find_in(owner, name)
