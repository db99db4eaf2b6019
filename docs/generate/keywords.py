"""Makes ``authoring/keywords.pyi``: the pod options as parameters, from their definitions.

mypy, pyright and PyCharm read the options from ``Unpack[PodOptions]``. jedi does not know ``Unpack``: it finds the
parameters of a function to which the arguments are handed on.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.authoring import task_types
from airflow_provider_k8sexec.options import pod_options
from airflow_provider_k8sexec.options.option_texts import find_class, parse_module

if TYPE_CHECKING:
    from types import ModuleType

_TEXT = '''\
"""The pod options as parameters, for editors and type checkers: nothing here runs.

Made by docs/generate/keywords.py from PodOptions and OperatorArguments: change those, and run `make reference`.
"""

{imports}

T_co = TypeVar("T_co", covariant=True)

def take_options(
    *,
{options}
) -> NoReturn:
    """Take the pod options: editors complete what is handed on to it."""

def complete(
    *,
{every}
    **arguments: Any,
) -> NoReturn:
    """Take the pod options, the arguments of every operator, and others."""

class K8sOperatorClass(Protocol[T_co]):
    """An operator class that takes the pod options besides its own arguments, which are not known here."""

    def __call__(
        self,
        *,
        task_id: str,
{indented}
        **arguments: Any,
    ) -> T_co:
        """Make a task."""

    def partial(
        self,
        *,
        task_id: str,
{indented}
        **arguments: Any,
    ) -> OperatorPartial:
        """Make a task that is to be mapped over the rest of its arguments."""

class OtherFlavour(Protocol):
    """A flavour of another provider, whose own arguments are not known here."""

    def __call__(
        self,
        python_callable: Callable[..., Any] = ...,
        /,
        *,
{indented}
        **arguments: Any,
    ) -> Any:
        """Decorate a function, or make a decorator."""
'''
_IMPORTS = """
from typing import Any, NoReturn, Protocol, TypeVar
from airflow.sdk.definitions.mappedoperator import OperatorPartial
from airflow_provider_k8sexec.authoring.task_types import Callback, Callbacks
from airflow_provider_k8sexec.options.pod_options import Bytes, CpuAmount, CpuBounds, ManifestMapping, RunTime
"""


def build_keywords() -> str:
    """Give the text of the module, as the definitions have it now."""
    options = _read_types(pod_options, "PodOptions")
    started = _read_types(task_types, "StartedPodArguments")  # of which some take Airflow's own forms as well
    every = {**options, **_read_types(task_types, "OperatorArguments")}
    every.update({name: kind for name, kind in started.items() if name in options})
    listed, indented = _list(options, 1), _list(options, 2)
    text = _TEXT.format(imports="{imports}", options=listed, every=_list(every, 1), indented=indented)
    return text.replace("{imports}", "\n".join(_read_imports(set(re.findall(r"\w+", text)))))


def _list(types: dict[str, str], depth: int) -> str:
    return "\n".join(f"{'    ' * depth}{name}: {kind} = ...," for name, kind in types.items())


def _read_types(module: ModuleType, name: str) -> dict[str, str]:
    """Read the keys of a TypedDict, each with its type as it is written."""
    fields = find_class(parse_module(module), name).body
    return {
        ast.unparse(field.target): ast.unparse(field.annotation)
        for field in fields
        if isinstance(field, ast.AnnAssign)
    }


def _read_imports(used: set[str]) -> list[str]:
    """Give the imports that the types need, as the modules of the definitions have them."""
    modules = [ast.parse(_IMPORTS), parse_module(pod_options), parse_module(task_types)]
    imports = {
        f"from {node.module} import {ast.unparse(alias)}": (alias.asname or alias.name)
        for module in modules
        for node in ast.walk(module)
        if isinstance(node, ast.ImportFrom) and not str(node.module).endswith((".keywords", "__future__"))
        for alias in node.names
    }
    return sorted(line for line, name in imports.items() if name in used)
