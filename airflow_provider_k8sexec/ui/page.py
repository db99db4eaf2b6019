"""What the Pod tab shows, arranged from the pod and what is known of the try, and from nothing else."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from attrs import frozen

from airflow_provider_k8sexec.diagnosis.codes import CODES, Actor
from airflow_provider_k8sexec.diagnosis.sentence import split_sentence
from airflow_provider_k8sexec.options.manifests import SIDES
from airflow_provider_k8sexec.options.paths import iter_children, show_path, step_to
from airflow_provider_k8sexec.past_tries.cost import estimate_cost
from airflow_provider_k8sexec.past_tries.suggestion import describe_few, suggest_memory_option
from airflow_provider_k8sexec.pod.merge_repair import find_worker
from airflow_provider_k8sexec.pod.provenance import EXECUTOR, TEMPLATE
from airflow_provider_k8sexec.pod.secret_uses import read_secret_uses
from airflow_provider_k8sexec.render.yaml_text import to_yaml
from airflow_provider_k8sexec.ui.measured import list_measured
from airflow_provider_k8sexec.ui.plot import build_plots

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Sequence

    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import NamedPath
    from airflow_provider_k8sexec.past_tries.suggestion import OptionSuggestion
    from airflow_provider_k8sexec.pod.provenance import Origins
    from airflow_provider_k8sexec.pod.secret_uses import SecretUse
    from airflow_provider_k8sexec.site.prices import Prices
    from airflow_provider_k8sexec.ui.measured import History, Measured
    from airflow_provider_k8sexec.ui.plot import Plot


@frozen
class Resource:
    """One resource of the worker's container.

    Attributes:
        name: Its name in Kubernetes.
        request: The request; empty if there is none.
        limit: The limit; empty if there is none.
        origin: Who set it.
    """

    name: str
    request: str
    limit: str
    origin: str


@frozen
class Failure:
    """Why the pod of a try failed or waits.

    Attributes:
        sentence: The whole sentence; empty where none is known.
        head: Its code, with Kubernetes' own term; empty where it has none.
        cause: What happened.
        remedy: What to change; empty where the sentence does not have it.
        actor: Who is to act, in a sentence; empty where that is not known.
        missing: Why there is no sentence, where a reader would expect one.
    """

    sentence: str = ""
    head: str = ""
    cause: str = ""
    remedy: str = ""
    actor: str = ""
    missing: str = ""


@frozen
class Usages:
    """What past tries used.

    Attributes:
        runs: The tries, the oldest first.
        plots: A plot for each resource that was measured.
        suggestion: The ``memory=`` that the runs suggest; empty where there are too few.
        confidence: How many runs suggest it, and for how many it should be enough, as sentences; or that they
            are too few.
        cost: What the tries are estimated to have cost; empty where that is not known.
        missing: One line about what is missing, and why.
    """

    runs: Sequence[Measured]
    plots: Sequence[Plot]
    suggestion: str
    confidence: str
    cost: str
    missing: str

    @property
    def has_killed(self) -> bool:
        """Whether a try was killed at the limit."""
        return any(run.kept.was_killed for run in self.runs)


@frozen
class Line:
    """One line of the pod's YAML.

    Attributes:
        text: The line.
        origin: Who set it; empty where several did, or nothing is set.
        path: The field; empty where there is none.
        is_first: Whether the line above is of another origin.
    """

    text: str
    origin: str
    path: str
    is_first: bool

    @property
    def rest(self) -> str:
        """The line without its indentation, below which the page wraps it."""
        return self.text.lstrip(" ")

    @property
    def indent(self) -> str:
        """The indentation."""
        return self.text[: len(self.text) - len(self.rest)]


_ACTORS = {
    Actor.AUTHOR: "The author of the task can change it.",
    Actor.SITE: "Who runs this Airflow can change it.",
    Actor.CLUSTER: "It is a matter of the cluster: the next try often succeeds.",
}


def read_failure(sentence: str) -> Failure:
    """Take a recorded sentence apart, so that what to do stands out."""
    parts = split_sentence(sentence)
    actor = _ACTORS[CODES[parts.code].actor] if parts.code else ""
    return Failure(sentence, parts.head, parts.cause, parts.remedy, actor)


def build_usages(history: History) -> Usages:
    """Arrange what past tries used."""
    runs = list_measured(history.kept, history.map_index)
    suggested = suggest_memory_option(history.kept)
    option = f"memory={suggested.value}" if suggested else ""
    few = describe_few(history.kept) if runs else ""
    confidence = _describe_confidence(suggested) if suggested else few and f"No suggestion: {few}."
    return Usages(
        runs, build_plots(runs), option, confidence, _describe_cost(runs, history.prices), history.missing
    )


def _describe_confidence(suggested: OptionSuggestion) -> str:
    share = (
        f"The first amount is enough for about {100 * (suggested.confidence or 0):.0f} % of runs like them."
    )
    return f"By the last {suggested.runs} tries that look alike. {share}"


def _describe_cost(runs: Iterable[Measured], prices: Prices | None) -> str:
    if prices is None:
        return ""
    cost = sum(estimate_cost(run.kept, prices) for run in runs)
    return f"{cost:.2f} {prices.currency}".strip()


def list_resources(pod: Manifest, origins: Origins) -> list[Resource]:
    """List the resources of the worker's container, those that every pod has first."""
    worker = find_worker(pod.get("spec")) or {}
    resources = worker.get("resources") or {}
    requests, limits = (resources.get(side) or {} for side in SIDES)
    path = (*_path_to(worker), "resources")
    return [
        Resource(
            name,
            str(requests.get(name, "")),
            str(limits.get(name, "")),
            _name_origins([(*path, side, step_to(name)) for side in SIDES], origins),
        )
        for name in dict.fromkeys(["cpu", "memory", *requests, *limits])
    ]


def list_secrets(pod: Manifest, origins: Origins) -> dict[SecretUse, str]:
    """List the secrets that the worker's container gets, each use with who requests it."""
    spec = pod.get("spec")
    worker = find_worker(spec) or {}
    uses = {}
    for use in read_secret_uses(spec, worker):
        if use.secret:
            holder = ("spec",) if use.path else _path_to(worker)
            uses[use] = _name_origins([(*holder, *use.requested_by)], origins)
    return uses


def _path_to(worker: Manifest) -> NamedPath:
    return ("spec", "containers", f"[{worker.get('name', 0)}]")


def _name_origins(paths: Iterable[NamedPath], origins: Origins) -> str:
    """Name who set anything at or below some paths."""
    return ", ".join(dict.fromkeys(origin for path in paths for origin in origins.get(path, ())))


_ONE_LINE = re.compile(r"[ -~]{0,100}\Z")
"""What is one line, whatever YAML makes of it."""


def build_lines(pod: Manifest, shown: Manifest, origins: Origins) -> list[Line]:
    """Write a pod as YAML, and name who set each line.

    Args:
        pod: The pod.
        shown: What is shown of it.
        origins: Who set its fields.
    """
    begins = dict(_find_begins(pod, shown, "", ((), ()), 0))
    lines: list[Line] = []
    paths: tuple[NamedPath, NamedPath] = ((), ())
    for number, line in enumerate(to_yaml(shown).splitlines()):
        paths = begins.get(number, paths)
        found = origins.get(paths[0], ())
        origin = found[0] if len(found) == 1 else ""
        is_first = bool(origin) and not (lines and lines[-1].origin == origin)
        lines.append(Line(line, origin, show_path(paths[1]), is_first))
    return lines


def _find_begins(
    real: Any, shown: Any, field: str, paths: tuple[NamedPath, NamedPath], line: int
) -> Generator[tuple[int, tuple[NamedPath, NamedPath]], None, int]:
    """Give the line where each field begins, the outer ones first: its path, and the path as it is shown.

    The lines are counted, because to parse the YAML again takes longer than all else.

    Returns:
        The line after the last.
    """
    for key, of_real, of_shown, item, shown_item in _pair_children(real, shown, field):
        inner = (*paths[0], *of_real), (*paths[1], of_shown)
        yield line, inner
        holder: Any = {key: shown_item} if isinstance(shown, dict) else [shown_item]
        if not isinstance(shown_item, (dict, list)) or not shown_item:
            line += _height(holder, key, shown_item)
        elif isinstance(shown, dict):
            # After a key of several lines, what it holds begins beside the last of them.
            below = line + max(_height({key: None}, key) - 1, 1)
            line = yield from _find_begins(item, shown_item, str(key), inner, below)
        else:  # begins beside its dash
            line = yield from _find_begins(item, shown_item, "", inner, line)
    return line


def _height(holder: Any, *words: Any) -> int:
    """Count the lines of a mapping of one value, or of a list of one."""
    if all(not isinstance(word, str) or _ONE_LINE.match(word) for word in words):
        return 1
    return len(to_yaml(holder).splitlines())


def _pair_children(real: Any, shown: Any, field: str) -> Iterator[tuple[Any, NamedPath, str, Any, Any]]:
    """Give what a mapping or a list holds: its key, the steps to it and to what is shown of it, and both.

    The steps differ where a name is shown in part only, such as a URL without its login.
    """
    below = list(iter_children(shown, field))
    if isinstance(shown, dict):
        for key, (step, item) in zip(shown, below, strict=True):
            yield key, (step,), step, real[key], item
    elif len(real) == len(shown):
        for index, ((step, item), (shown_step, shown_item)) in enumerate(
            zip(iter_children(real, field), below, strict=True)
        ):
            yield index, (step,), shown_step, item, shown_item
    else:  # of a list that is hidden there is one item, which stands for all
        for index, (step, item) in enumerate(below):
            yield index, (), step, None, item


def choose_colours(origins: Iterable[str]) -> dict[str, str]:
    """Give each origin the name of a colour: what every pod has is quiet, what this task has stands out."""
    others = (origin for origin in dict.fromkeys(origins) if origin and origin not in _QUIET)
    return {**_QUIET, **{origin: f"c{number % _COLOURS}" for number, origin in enumerate(others)}}


_QUIET = {TEMPLATE: "template", EXECUTOR: "executor"}
_COLOURS = 6
