"""What DAG files of old Airflow have that Airflow 3 has not: modules, classes, arguments, options.

Only what concerns pods and their executor, and what ruff's AIR rules either do not see or change to what does
not work. What those rules do right is left to them.
"""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, NamedTuple

from airflow_provider_k8sexec.executor_names import POD_OPERATOR, POD_TEMPLATE_FILE
from airflow_provider_k8sexec.options.resource_names import EPHEMERAL_STORAGE, NVIDIA_GPU
from airflow_provider_k8sexec.site_policy.dag_source import FUNCTIONS, walk_file

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
    "request_ephemeral_storage": ("requests", EPHEMERAL_STORAGE),
    "limit_memory": ("limits", "memory"),
    "limit_cpu": ("limits", "cpu"),
    "limit_gpu": ("limits", NVIDIA_GPU),
    "limit_ephemeral_storage": ("limits", EPHEMERAL_STORAGE),
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

_DATABASE = {
    f"airflow.{module}.{name}"
    for module in ("settings", "utils.session", "utils.db")
    for name in ("Session", "create_session", "provide_session")
}
"""What opens a session of the metadata database. Ruff 0.17 knows one of them, and does not fix it."""

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
        POD_TEMPLATE_FILE,
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
        for node in walk_file(tree):
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
        is_found = is_of(imported.path, MODULES, CLASS_MODULES, GONE) or is_hybrid(imported.path)
        if imported.path.startswith(_RUFF_PREFIXES) and not is_found:
            yield imported.statement.lineno, imported.path
    for node in walk_file(tree):
        for keyword in node.keywords if isinstance(node, ast.Call) else ():
            if keyword.arg == "schedule_interval":
                yield keyword.value.lineno, keyword.arg


def is_hybrid(path: str) -> bool:
    """Report whether the name of an executor, or its path, is of one that is two in one."""
    return path.rpartition(".")[2] in HYBRID_EXECUTORS


def is_of(path: str, *modules: Iterable[str]) -> bool:
    """Report whether a name is one of modules, or in one."""
    return any(f"{path}.".startswith(f"{module}.") for listed in modules for module in listed)


def find_config_reads(tree: ast.AST, names: Names) -> Iterator[ast.Call]:
    """Find ``conf.get("kubernetes", ...)``: what reads the old section of the executor's options."""
    for node in walk_file(tree):
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


def find_database_uses(tree: ast.AST, names: Names) -> Iterator[tuple[int, str]]:
    """Find where sessions of the metadata database are opened: calls, and decorated functions."""
    for node in walk_file(tree):
        if isinstance(node, ast.Call) and (path := names.path_of(node.func)) in _DATABASE:
            yield node.lineno, path
        for decorator in node.decorator_list if isinstance(node, FUNCTIONS) else ():
            if (path := names.path_of(decorator)) in _DATABASE:
                yield decorator.lineno, path


class RemovedArgument(NamedTuple):
    """An argument that KubernetesPodOperator no longer has.

    Attributes:
        name: The argument.
        value: Its value.
        start: Where it begins: the keyword of a call, or the key in ``default_args``.
        siblings: The other arguments there.
    """

    name: str
    value: ast.expr
    start: ast.keyword | ast.expr
    siblings: frozenset[str]

    @property
    def is_default(self) -> bool:
        """Whether it stands in ``default_args``."""
        return not isinstance(self.start, ast.keyword)

    @property
    def is_ignored(self) -> bool:
        """Whether it is silently ignored, and not refused."""
        return self.name in IGNORED_ARGUMENTS or (self.is_default and self.name != "resources")


def find_removed_arguments(tree: ast.AST, names: Names) -> Iterator[RemovedArgument]:
    """Find arguments of KubernetesPodOperator that it no longer has, in calls and in ``default_args``."""
    calls = [node for node in walk_file(tree) if isinstance(node, ast.Call)]
    of_pods = [call for call in calls if is_pod_operator(call.func, names)]
    for call in of_pods:
        siblings = frozenset(keyword.arg or "" for keyword in call.keywords)
        for keyword in call.keywords:
            if _is_removed(keyword.arg, keyword.value):
                yield RemovedArgument(str(keyword.arg), keyword.value, keyword, siblings)
    for defaults in _find_default_args(tree, calls) if of_pods else ():
        keys = {key.value: key for key in defaults.keys if isinstance(key, ast.Constant)}
        for key, value in zip(defaults.keys, defaults.values, strict=True):
            name = key.value if isinstance(key, ast.Constant) else None
            if key and _is_removed(name, value):
                yield RemovedArgument(str(name), value, key, frozenset(map(str, keys)))


def _find_default_args(tree: ast.AST, calls: Iterable[ast.Call]) -> Iterator[ast.Dict]:
    """Find the literals that are ``default_args`` by the argument, or by the name of a constant."""
    for call in calls:
        for keyword in call.keywords:
            if keyword.arg == "default_args" and isinstance(keyword.value, ast.Dict):
                yield keyword.value
    for node in walk_file(tree):
        if not isinstance(node, ast.Assign) or not isinstance(node.value, ast.Dict):
            continue
        if any(isinstance(target, ast.Name) and target.id == "default_args" for target in node.targets):
            yield node.value


def describe_argument(removed: RemovedArgument) -> str:
    """Describe what becomes of a removed argument, as a clause."""
    if removed.name in IGNORED_ARGUMENTS:
        return f"is silently ignored by {POD_OPERATOR} since the provider 10"
    if removed.is_ignored:
        return "is silently ignored in default_args, for no operator has it"
    return f"is refused by {POD_OPERATOR}"


def is_pod_operator(function: ast.expr, names: Names) -> bool:
    """Report whether what is called is KubernetesPodOperator, its ``partial``, or ``@task.kubernetes``."""
    if isinstance(function, ast.Attribute) and function.attr == "partial":
        function = function.value
    return names.path_of(function) in _POD_OPERATORS | _POD_DECORATORS


def _is_removed(name: object, value: ast.expr) -> bool:
    """Recognise a removed argument; ``resources={"cpus": 1}`` is one of every operator."""
    keys = {getattr(key, "value", None) for key in value.keys} if isinstance(value, ast.Dict) else set()
    return name in REMOVED_ARGUMENTS and not (name == "resources" and keys & _OPERATOR_RESOURCES)
