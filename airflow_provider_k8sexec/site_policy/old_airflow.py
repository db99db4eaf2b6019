"""What DAG files of old Airflow have that Airflow 3 has not: modules, classes, arguments, options.

Only what concerns pods and their executor, and what ruff's AIR rules either do not see or change to what does
not work. What those rules do right is left to them.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_k8sexec.executor_names import KUBERNETES_EXECUTOR, POD_OPERATOR
from airflow_provider_k8sexec.options.resource_names import NVIDIA_GPU

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

PROVIDER = "airflow.providers.cncf.kubernetes"

MODULES = {
    "airflow.contrib.kubernetes.secret": f"{PROVIDER}.secret",
    "airflow.contrib.operators.kubernetes_pod_operator": f"{PROVIDER}.operators.pod",
    "airflow.executors.kubernetes_executor": f"{PROVIDER}.executors.kubernetes_executor",
    f"{PROVIDER}.operators.kubernetes_pod": f"{PROVIDER}.operators.pod",
    f"{PROVIDER}.triggers.kubernetes_pod": f"{PROVIDER}.triggers.pod",
}
"""Modules that Airflow 3 and its provider do not have, by where their names are today."""


class OldClass(NamedTuple):
    """A class of Airflow's own in whose place Kubernetes's models are used today.

    Attributes:
        model: The model.
        parameters: The parameters of the class, in their order.
        model_parameters: Those that the model has as well.
    """

    model: str
    parameters: tuple[str, ...]
    model_parameters: tuple[str, ...]


RESOURCES: Mapping[str, tuple[str, str]] = {
    "request_memory": ("requests", "memory"),
    "request_cpu": ("requests", "cpu"),
    "request_ephemeral_storage": ("requests", "ephemeral-storage"),
    "limit_memory": ("limits", "memory"),
    "limit_cpu": ("limits", "cpu"),
    "limit_gpu": ("limits", NVIDIA_GPU),
    "limit_ephemeral_storage": ("limits", "ephemeral-storage"),
}
"""The parameters of ``Resources``, and the keys of ``resources=`` of KubernetesPodOperator."""

_MOUNT = ("name", "mount_path", "sub_path", "read_only")
_CLASSES = {
    "pod": {
        "Port": OldClass("V1ContainerPort", ("name", "container_port"), ("name", "container_port")),
        "Resources": OldClass("V1ResourceRequirements", tuple(RESOURCES), ()),
    },
    "volume": {"Volume": OldClass("V1Volume", ("name", "configs"), ("name",))},
    "volume_mount": {"VolumeMount": OldClass("V1VolumeMount", _MOUNT, _MOUNT)},
    "pod_runtime_info_env": {"PodRuntimeInfoEnv": OldClass("V1EnvVar", ("name", "field_path"), ("name",))},
}
_MODELS = ("kubernetes.client.models", "kubernetes.client")
_CLASS_PACKAGES = ("airflow.kubernetes", "airflow.contrib.kubernetes", f"{PROVIDER}.backcompat")
CLASS_MODULES = {
    f"{package}.{module}": classes for package in _CLASS_PACKAGES for module, classes in _CLASSES.items()
}
"""The modules of these classes. Airflow 2.11 has some of them, and fails to import what they stand for."""
CLASSES = {
    f"{module}.{name}": old for module, classes in CLASS_MODULES.items() for name, old in classes.items()
}
"""The classes. Ruff's fix of AIR302 renames them, and keeps arguments that the models do not have."""

_RENAMED = {f"{package}.{old.model}": old for package in _MODELS for old in CLASSES.values()}

GONE = {
    "airflow.contrib.kubernetes": "write kubernetes.client's models",
    f"{PROVIDER}.utils.pod_launcher": f"use {PROVIDER}.utils.pod_manager",
    f"{PROVIDER}.pod_launcher_deprecated": f"use {PROVIDER}.utils.pod_manager",
    f"{PROVIDER}.pod_generator_deprecated": f"use {PROVIDER}.pod_generator",
}
"""Modules that are gone, with no new home for all of their names, and what to use instead."""

HYBRID_EXECUTORS = ("LocalKubernetesExecutor", "CeleryKubernetesExecutor")
"""The executors that are two in one; Airflow 3 runs neither."""

RUFF = "ruff check --select AIR301,AIR302 --fix --unsafe-fixes"
"""The command that does what is left to ruff: most of its fixes of imports are unsafe ones.

Of ``AIR3``, these two are what Airflow 3 refuses. The others write ``airflow.sdk``, which Airflow 2 does not
have.
"""

_RUFF_PREFIXES = ("airflow.kubernetes.", "airflow.contrib.", "airflow.executors.celery")

OLD_SECTION = "kubernetes"
SECTION = "kubernetes_executor"
"""The section of the executor's options since Airflow 2.5. Airflow 3 does not know the old one."""

REMOVED_ARGUMENTS: Mapping[str, str] = {
    "is_delete_operator_pod": "on_finish_action",
    "node_selectors": "node_selector",
    "progress_callback": "callbacks",
    "resources": "container_resources",
    "xcom_push": "do_xcom_push",
    **dict.fromkeys(RESOURCES, "container_resources"),
}
"""The arguments that KubernetesPodOperator no longer has, and those in their place."""

IGNORED_ARGUMENTS = ("is_delete_operator_pod", "progress_callback")
"""Of these, the ones that the operator still takes: it does nothing with them."""

_OPERATOR_RESOURCES = {"cpus", "ram", "disk", "gpus"}
"""What ``resources`` of any operator may have, which is another thing, and works."""

_POD_OPERATORS = {f"{PROVIDER}.operators.pod.{POD_OPERATOR}"} | {
    f"{module}.{POD_OPERATOR}" for module in MODULES
}
_POD_DECORATORS = {"airflow.sdk.task.kubernetes", "airflow.decorators.task.kubernetes"}
_CONF = "airflow.configuration.conf"


SECTION_OPTIONS = frozenset(
    {
        "api_client_retry_configuration",
        "cluster_context",
        "config_file",
        "delete_option_kwargs",
        "delete_worker_pods",
        "delete_worker_pods_on_failure",
        "enable_tcp_keepalive",
        "in_cluster",
        "kube_client_request_args",
        "logs_task_metadata",
        "multi_namespace_mode",
        "multi_namespace_mode_namespace_list",
        "namespace",
        "pod_template_file",
        "running_pod_log_lines",
        "ssl_ca_cert",
        "task_publish_max_retries",
        "tcp_keep_cnt",
        "tcp_keep_idle",
        "tcp_keep_intvl",
        "verify_ssl",
        "worker_container_repository",
        "worker_container_tag",
        "worker_pod_pending_fatal_container_state_reasons",
        "worker_pods_creation_batch_size",
    }
)
"""The options of that section that both lines of Airflow have."""


class Import(NamedTuple):
    """A name that a file imports.

    Attributes:
        statement: The statement.
        alias: The name in it.
        path: What it is: ``airflow.kubernetes.pod.Port``; of ``import a.b``, ``a.b``.
    """

    statement: ast.Import | ast.ImportFrom
    alias: ast.alias
    path: str


def find_imports(tree: ast.AST) -> Iterator[Import]:
    """Find what a file imports whatever Airflow it is loaded on: in no condition, and in no ``try``."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from (Import(node, alias, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (Import(node, alias, f"{node.module}.{alias.name}") for alias in node.names)
        elif not isinstance(node, (ast.If, ast.Try)):
            yield from find_imports(node)


class Names:
    """What the names of a file stand for, as far as they are imported."""

    def __init__(self, tree: ast.Module) -> None:
        self.imports = [*find_imports(tree)]
        self._paths: dict[str, str] = {}
        for node in ast.walk(tree):
            for alias in node.names if isinstance(node, (ast.Import, ast.ImportFrom)) else ():
                path = f"{node.module}.{alias.name}" if isinstance(node, ast.ImportFrom) else alias.name
                bound = alias.asname or alias.name.partition(".")[0]
                self._paths[bound] = path if alias.asname or isinstance(node, ast.ImportFrom) else bound

    def path_of(self, node: ast.AST) -> str:
        """Give what an expression stands for: ``airflow.configuration.conf``; empty if it is not imported."""
        if isinstance(node, ast.Name):
            return self._paths.get(node.id, "")
        if isinstance(node, ast.Attribute):
            outer = self.path_of(node.value)
            return f"{outer}.{node.attr}" if outer else ""
        return ""

    def find_models(self) -> str:
        """Give the name by which the file has the module of Kubernetes's models; empty if it imports none."""
        for imported in self.imports:
            is_named = imported.alias.asname or isinstance(imported.statement, ast.ImportFrom)
            if is_named and imported.path in _MODELS:
                return imported.alias.asname or imported.alias.name
        return ""

    @property
    def bound(self) -> frozenset[str]:
        """The names that imports bind."""
        return frozenset(self._paths)


def find_class(call: ast.Call, names: Names) -> OldClass | None:
    """Find the old class that a call makes, or made before ruff renamed it: the arguments show which."""
    path = names.path_of(call.func)
    old = CLASSES.get(path) or _RENAMED.get(path)
    if old is None or path in CLASSES:
        return old
    given = {keyword.arg for keyword in call.keywords}
    has_old = bool(given & set(old.parameters) - set(old.model_parameters))
    # The models have their parameters in the order of the alphabet.
    first = min(old.model_parameters, default="")
    is_shifted = bool(call.args) and (
        first in given or (first == "container_port" and _is_text(call.args[0]))
    )
    return old if has_old or is_shifted else None


def _is_text(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and isinstance(node.value, str)


def find_left_to_ruff(tree: ast.AST, names: Names) -> Iterator[tuple[int, str]]:
    """Find what ruff's AIR rules report in this field, and either fix or say what to write: line and name."""
    for imported in names.imports:
        if imported.path.startswith(_RUFF_PREFIXES) and not is_of(
            imported.path, MODULES, CLASS_MODULES, GONE
        ):
            yield imported.statement.lineno, imported.path
    for node in ast.walk(tree):
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg == "schedule_interval":
                yield keyword.value.lineno, keyword.arg


def is_of(path: str, *modules: Iterable[str]) -> bool:
    """Report whether a name is one of modules, or in one."""
    return any(f"{path}.".startswith(f"{module}.") for listed in modules for module in listed)


def find_config_reads(tree: ast.AST, names: Names) -> Iterator[ast.Call]:
    """Find ``conf.get("kubernetes", ...)``: what reads the old section of the executor's options."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call) or not isinstance(node.func, ast.Attribute) or not node.args:
            continue
        of = names.path_of(node.func.value)
        section = node.args[0]
        if (
            of in {_CONF, "airflow.configuration"}
            and isinstance(section, ast.Constant)
            and section.value == OLD_SECTION
        ):
            yield node


class RemovedArgument(NamedTuple):
    """An argument that KubernetesPodOperator no longer has.

    Attributes:
        call: The call of the operator, its ``partial``, or ``@task.kubernetes``.
        keyword: The argument.
    """

    call: ast.Call
    keyword: ast.keyword


def find_removed_arguments(tree: ast.AST, names: Names) -> Iterator[RemovedArgument]:
    """Find arguments of KubernetesPodOperator that it no longer has."""
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and is_pod_operator(node.func, names):
            for keyword in node.keywords:
                if keyword.arg in REMOVED_ARGUMENTS and not _is_for_any_operator(keyword):
                    yield RemovedArgument(node, keyword)


def describe_argument(name: str) -> str:
    """Say what an argument does that KubernetesPodOperator no longer has. A whole sentence."""
    if name in IGNORED_ARGUMENTS:
        return f"KubernetesPodOperator silently ignores {name}= since the provider 10."
    return f"KubernetesPodOperator refuses {name}=."


def is_pod_operator(function: ast.expr, names: Names) -> bool:
    """Report whether what is called is KubernetesPodOperator, its ``partial``, or ``@task.kubernetes``."""
    if isinstance(function, ast.Attribute) and function.attr == "partial":
        function = function.value
    return names.path_of(function) in _POD_OPERATORS | _POD_DECORATORS


def _is_for_any_operator(keyword: ast.keyword) -> bool:
    """Recognise ``resources={"cpus": 1}``, which is an argument of every operator."""
    if keyword.arg != "resources" or not isinstance(keyword.value, ast.Dict):
        return False
    keys = {key.value for key in keyword.value.keys if isinstance(key, ast.Constant)}
    return bool(keys & _OPERATOR_RESOURCES)


def advise_executor(name: str) -> str:
    """Advise what to write for a hybrid executor."""
    other = name.replace("Kubernetes", "")
    both = f"{other},{KUBERNETES_EXECUTOR}"
    return f"write '{KUBERNETES_EXECUTOR}' or '{other}', and set [core] executor to {both}"
