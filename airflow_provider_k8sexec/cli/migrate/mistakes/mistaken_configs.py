"""Finds what keeps an executor config from doing what was meant, by its source, and what was meant."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.cli.migrate.mistakes.legacy_configs import lay, read_google_secret, read_legacy
from airflow_provider_k8sexec.cli.migrate.mistakes.mistaken_pods import (
    OVERRIDE,
    examine_pod,
    find_plain_dicts,
)
from airflow_provider_k8sexec.cli.migrate.reading.values import Fields, UnreadableError, make_plain
from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.executor_names import KNOWN_KEYS, LEGACY_KEY, POD_OVERRIDE
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.pod.shortest.options import WrittenOption
from airflow_provider_k8sexec.rules.api_server.schema import POD_MODEL
from airflow_provider_k8sexec.rules.requested_pod.handwritten import (
    BARE_POD,
    PARTS_OF_PODS,
    check_config_key,
    check_override_models,
    find_nearest_key,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow_provider_k8sexec.cli.migrate.reading.configs import Config
    from airflow_provider_k8sexec.cli.migrate.reading.evaluation import Reader
    from airflow_provider_k8sexec.options.manifests import Manifest

_FAILS = ", so the task fails when it is launched"
_NO_EFFECT = ", so the task has the pod of the template alone"


@frozen
class Mistake:
    """A config that does not do what was meant.

    Attributes:
        problems: What is wrong.
        effect: What follows, as the end of a sentence.
        pod: What was meant; ``None`` where that is not sure.
        options: Options that were meant besides.
        unreadable: What of it is known only when the file is loaded, as a sentence without its full stop.
    """

    problems: Sequence[Problem]
    effect: str = ""
    pod: Fields | None = None
    options: tuple[WrittenOption, ...] = ()
    unreadable: str = ""

    @property
    def today(self) -> str:
        """What the config does today: a sentence without its full stop."""
        parts = dict.fromkeys(_describe(problem) for problem in self.problems)
        return f"{' and '.join(parts)}{self.effect}"

    @property
    def remedy(self) -> str:
        """What to do where it is not sure what was meant, likewise."""
        if self.unreadable:
            return f"it is left as it is: {self.unreadable}"
        return "; ".join(dict.fromkeys(problem.remedy.rstrip(".") for problem in self.problems))


def _describe(problem: Problem) -> str:
    return f"{problem.field}{'=' * bool(problem.value)}{problem.value} {problem.reason}"


def find_in_legacy(config: Config, reader: Reader, template: Manifest | None) -> Mistake:
    """Find what was meant by a config of Airflow 1."""
    problems = [*check_config_key(LEGACY_KEY)]
    try:
        content = reader.read(config.parts[LEGACY_KEY], reader.frame)
        pod, options = _read_content(content)
    except UnreadableError as reason:
        return Mistake(problems, _FAILS, unreadable=str(reason))
    verdict = examine_pod(pod, template)
    meant = None if POD_OVERRIDE in config.parts else verdict.pod
    return Mistake([*problems, *verdict.problems], _FAILS, meant, options)


def _read_content(content: Any) -> tuple[Fields, tuple[WrittenOption, ...]]:
    """Read what is under the legacy key: its own keys, or a pod as of today."""
    inner = content.get(POD_OVERRIDE) if isinstance(content, Fields) else None
    pod = inner if isinstance(inner, Fields) else content
    if isinstance(pod, Fields) and (pod.model == POD_MODEL or pod is inner):
        return Fields(pod, POD_MODEL), ()
    if not isinstance(content, Fields) or content.model:
        raise UnreadableError(f"what is under {LEGACY_KEY!r} is no dict")
    secret = read_google_secret(content)
    return read_legacy(content), (WrittenOption("secrets", [secret], ()),) if secret else ()


def find_in_override(config: Config, reader: Reader, template: Manifest | None) -> Mistake | None:
    """Find what was meant by a config whose pod is no model, or not one that runs the task."""
    if any(isinstance(node, ast.Constant) and node.value is ... for node in ast.walk(config.override)):
        reason = "has a literal `...`, with which Airflow cannot merge a pod"
        remedy = "write what it stands for, or remove it"
        return Mistake([Problem(OVERRIDE, "", reason, remedy, code="K8S307")], _FAILS)
    pod = reader.read(config.override, reader.frame)
    if not isinstance(pod, Fields) or not pod or pod.model not in ("", POD_MODEL):
        return None
    problems = [*(find_plain_dicts(pod) if pod.model else check_override_models(dict(pod)))]
    verdict = examine_pod(Fields(pod, POD_MODEL), template)
    effect = _FAILS if problems and pod.model else verdict.effect
    problems += verdict.problems
    return Mistake(problems, effect, verdict.pod) if problems else None


def find_in_keys(config: Config, reader: Reader, template: Manifest | None) -> Mistake | None:
    """Find what was meant by keys that the executor ignores: misspelt ones, options, parts of pods."""
    parts = {key: part for key, part in config.parts.items() if key not in KNOWN_KEYS}
    problems = {key: [*check_config_key(key)] for key in parts}
    if not parts or not all(problems.values()):  # keys of another executor
        return None
    pod, options = Fields(model=POD_MODEL), []
    for key, part in parts.items():
        value = reader.read(part, reader.frame)
        if is_misspelt(key):
            if not isinstance(value, Fields):
                return None
            pod.update(value)
            pod.lines |= value.lines
        elif key in POD_OPTIONS or find_nearest_key(key):
            options.append(WrittenOption(find_nearest_key(key) or key, make_plain(value), ((key,),)))
        else:
            lay(pod, PARTS_OF_PODS[key], value, part.lineno)
    verdict = examine_pod(pod, template)
    found = [*(problem for of_key in problems.values() for problem in of_key), *verdict.problems]
    return Mistake(found, _NO_EFFECT, verdict.pod, tuple(options))


def is_misspelt(key: str) -> bool:
    """Report whether a key is that of the pod, misspelt."""
    return key != POD_OVERRIDE and find_nearest_key(key) == POD_OVERRIDE


def find_in_pod(config: Config, reader: Reader, template: Manifest | None) -> Mistake | None:
    """Find what was meant by a pod in the place of a config."""
    pod = reader.read(config.node, reader.frame)
    if not isinstance(pod, Fields) or pod.model != POD_MODEL:
        return None
    verdict = examine_pod(pod, template)
    return Mistake([BARE_POD, *verdict.problems], _FAILS, verdict.pod)
