"""Executor configs in YAML, from which dag-factory makes tasks: what each does, and the options for it.

From 0.23 on, dag-factory calls what ``__type__`` names with the other keys as arguments, inner ones first:
https://astronomer.github.io/dag-factory/latest/configuration/custom_py_object/. The ``operator_args`` of
Cosmos are in the same files. Nothing is rewritten: a project's own loader may read the files in another way.
"""

from __future__ import annotations

from collections import deque
from pathlib import Path
from typing import TYPE_CHECKING, Any

import yaml
from attrs import frozen

from airflow_provider_k8sexec import _compat as compat
from airflow_provider_k8sexec.authoring.attach import k8s_config
from airflow_provider_k8sexec.cli.migrate.from_yaml.profile_values import find_profile
from airflow_provider_k8sexec.cli.migrate.from_yaml.typed_yaml import (
    TYPE,
    UnreadableYamlError,
    read_config,
)
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.executor_names import EXECUTOR_CONFIG, POD_TEMPLATE_FILE
from airflow_provider_k8sexec.options.bounds import LONGEST_TEXT
from airflow_provider_k8sexec.options.shown import show_written
from airflow_provider_k8sexec.pod.same_pod import find_difference_of_overrides
from airflow_provider_k8sexec.render.yaml_text import to_yaml
from airflow_provider_k8sexec.site.located_yaml import compose_yaml, construct_yaml, load_yaml
from airflow_provider_k8sexec.site.syntax_errors import describe_yaml_error

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.options.manifests import Manifest

K8S_CONFIG = "airflow_provider_k8sexec.k8s_config"
"""What ``__type__`` names for a config of pod options."""

_ONE_LINE = 10**9


@frozen(order=True)
class YamlFinding:
    """An executor config in a YAML file.

    Attributes:
        file: The file.
        line: The line of its key, counted from 1.
        reason: What it does today: a sentence without its full stop.
        options_text: What to write in its place, in YAML on one line, with what may be secret hidden; empty
            where no options are certain.
    """

    file: str
    line: int
    reason: str
    options_text: str = ""


def find_in_yaml(
    paths: Iterable[str], own_secret: str | None = None, template: Manifest | None = None
) -> list[YamlFinding]:
    """Find the executor configs in the YAML files of folders, and in files.

    Args:
        paths: The files and folders; in a folder, ``.airflowignore`` holds.
        own_secret: The deployment's own secret, whose keys need no name of a secret.
        template: The pod template, where it is known.
    """
    find = _Finder(own_secret, template or {})
    files = dict.fromkeys(file for path in paths for file in compat.list_yaml_files(path))
    return sorted(finding for file in files for finding in find.in_file(file))


@frozen
class _Finder:
    """Reads files.

    Attributes:
        own_secret: The deployment's own secret; ``None`` where it is unknown.
        template: The pod template; empty where it is unknown.
    """

    own_secret: str | None
    template: Manifest

    def in_file(self, file: str) -> Iterator[YamlFinding]:
        """Find the configs of a file."""
        try:
            with Path(file).open("rb") as opened:
                text = opened.read(LONGEST_TEXT + 1)
        except OSError:
            return
        if EXECUTOR_CONFIG.encode() not in text or len(text) > LONGEST_TEXT:
            return
        try:
            found = [*_find_configs(compose_yaml(text))]
        except yaml.YAMLError as error:
            wrong = describe_yaml_error(error, text)
            yield YamlFinding(file, 0, f"it has an {EXECUTOR_CONFIG}, and {wrong.describe()}")
            return
        for line, node in found:
            reason, options = self._read(node)
            if reason:
                yield YamlFinding(file, line, reason, options)

    def _read(self, node: yaml.Node) -> tuple[str, str]:
        """Give what a config does today, and what to write; nothing where it needs no change."""
        try:
            config = read_config(construct_yaml(node))
        except yaml.YAMLError:
            return f"the {EXECUTOR_CONFIG} has a tag that no safe loader of YAML knows", ""
        except UnreadableYamlError as error:
            return str(error), ""
        if config is None:
            return "", ""
        if config.pod is None:
            return config.effect, ""
        try:
            _prove(config.pod, find_profile(config.pod, self.own_secret, self.template))
            options = find_profile(_hide(config.pod), self.own_secret, self.template)
        except (ValueError, K8sExecError) as error:
            return f"{config.effect}, and no options are certain: {str(error).rstrip('.')}", ""
        if config.template_file:
            options[POD_TEMPLATE_FILE] = config.template_file
        return config.effect, _write({EXECUTOR_CONFIG: {TYPE: K8S_CONFIG, **options}})


def _find_configs(root: yaml.Node | None) -> Iterator[tuple[int, yaml.Node]]:
    """Find every mapping whose key is ``executor_config``, each once, with the line of its first key."""
    seen: set[int] = set()
    found: set[int] = set()
    waiting = deque([root])
    while waiting:
        node = waiting.popleft()
        if node is None or id(node) in seen:
            continue
        seen.add(id(node))  # an alias leads to what has been seen
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        for key, value in node.value if isinstance(node, yaml.MappingNode) else ():
            waiting.append(value)
            if (
                key.value == EXECUTOR_CONFIG
                and isinstance(value, yaml.MappingNode)
                and id(value) not in found
            ):
                found.add(id(value))
                yield key.start_mark.line + 1, value


def _prove(pod: Manifest, options: Manifest) -> None:
    """Build the pod of the options, as the loader will.

    Raises:
        K8sExecError: The options are refused, or build another pod.
    """
    built: Any = k8s_config(**options)
    difference = find_difference_of_overrides(pod, built.manifest)
    if difference:
        raise K8sExecError(difference)


def _hide(pod: Manifest) -> Manifest:
    """Hide what may be secret: what is printed may be the log of CI."""
    return show_written(pod, [{"metadata": pod.get("metadata", {})}], compat.is_sensitive_name)


def _write(config: Manifest) -> str:
    plain = load_yaml(to_yaml(config))
    written = yaml.safe_dump(plain, default_flow_style=True, sort_keys=False, width=_ONE_LINE)
    return str(written).strip().removeprefix("{").removesuffix("}")
