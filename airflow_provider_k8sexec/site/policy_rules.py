"""What a site requires of every task's pod: maximum amounts, defaults, and what is allowed."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Collection, Iterable, Iterator, Mapping
from typing import Any

from attrs import field, fields, frozen

from airflow_provider_k8sexec.exceptions import Problem, SpecError
from airflow_provider_k8sexec.options.declaration import NOTHING, Check, Declaration, parse_declaration
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problems import refusal, show_shape
from airflow_provider_k8sexec.options.resource_names import AMOUNT_OPTIONS, COMPUTE_RESOURCES
from airflow_provider_k8sexec.options.run_time_places import name_place
from airflow_provider_k8sexec.site.located_yaml import parse_yaml
from airflow_provider_k8sexec.site.option_document import read_document
from airflow_provider_k8sexec.site.option_table import name_option

OPTION = "policy_rules"
POD_SECURITY_LEVELS = ("baseline", "restricted")
Patterns = tuple[str, ...]
PatternsByName = Mapping[str, Patterns]


def _parse_amounts(name: str, value: object) -> Declaration:
    if not isinstance(value, Mapping):
        raise refusal(name, value, "is not a mapping", f"write {name}: {{memory: 64Gi}}", code="K8S903")
    foreign = [key for key in value if key not in AMOUNT_OPTIONS]
    problems = [_unknown(f"{name}.{key}", str(key), AMOUNT_OPTIONS) for key in foreign]
    declared, wrong = parse_declaration({key: item for key, item in value.items() if key in AMOUNT_OPTIONS})
    problems += [problem.within(f"{name}.") for problem in wrong]
    for place, source in declared.run_time.items():
        reason = "is known only as a task runs, and a rule holds for every task"
        problems.append(
            Problem(f"{name}.{name_place(place)}", repr(source), reason, "write an amount", code="K8S903")
        )
    if problems:
        raise SpecError(problems)
    return declared


def _parse_most(name: str, value: object) -> Declaration:
    declared = _parse_amounts(name, value)
    problems = [
        Problem(
            f"{name}.{option}",
            "",
            "is a pair, and a maximum is one amount",
            "write the larger alone",
            code="K8S903",
        )
        for option in COMPUTE_RESOURCES
        if (bounds := getattr(declared, option)) is not None and bounds.request != bounds.limit
    ]
    if problems:
        raise SpecError(problems)
    return declared


def _parse_patterns(name: str, value: object) -> Patterns:
    items = [value] if isinstance(value, str) else value
    if not isinstance(items, (list, tuple)) or not all(isinstance(item, str) for item in items):
        raise SpecError(
            [
                Problem(
                    name, show_shape(value), "is not a list of strings", f'write {name}: ["*"]', code="K8S903"
                )
            ]
        )
    return tuple(items)


def _parse_switch(name: str, value: object) -> bool:
    if isinstance(value, bool):
        return value
    raise SpecError(
        [Problem(name, show_shape(value), "is neither true nor false", f"write {name}: true", code="K8S903")]
    )


def _parse_pod_security(name: str, value: object) -> str:
    if value in POD_SECURITY_LEVELS:
        return str(value)
    remedy = f"write {name}: {' or '.join(POD_SECURITY_LEVELS)}"
    raise SpecError(
        [Problem(name, show_shape(value), "is not a Pod Security Standard", remedy, code="K8S903")]
    )


def _parse_patterns_by_name(name: str, value: object) -> PatternsByName:
    named = value if isinstance(value, Mapping) else dict.fromkeys(_parse_patterns(name, value), "*")
    return {str(key): _parse_patterns(f"{name}[{key!r}]", item) for key, item in named.items()}


@frozen(kw_only=True)
class SiteRules:
    """What a site requires of every task's pod; patterns are globs, and an empty rule requires nothing.

    Attributes:
        max: The most that a task's pod may request, of each resource that is named.
        default: What a task gets that requests none of a resource, under the policy ``fix``.
        images: Images that containers may have.
        service_accounts: Service accounts that pods may act as.
        namespaces: Namespaces that pods may be in.
        node_selectors: Labels of nodes that pods may select, with their values.
        required_labels: Labels that every pod has, with their values.
        pod_security: The Pod Security Standard that pods keep: ``baseline`` or ``restricted``.
        require_executor: Whether a KubernetesExecutor runs every task with pod options.
        exempt: DAGs, and their tasks, that are not validated.
    """

    max: Declaration = field(default=NOTHING, metadata={"parse": _parse_most})
    default: Declaration = field(default=NOTHING, metadata={"parse": _parse_amounts})
    images: Patterns = field(default=(), metadata={"parse": _parse_patterns})
    service_accounts: Patterns = field(default=(), metadata={"parse": _parse_patterns})
    namespaces: Patterns = field(default=(), metadata={"parse": _parse_patterns})
    node_selectors: PatternsByName = field(factory=dict, metadata={"parse": _parse_patterns_by_name})
    required_labels: PatternsByName = field(factory=dict, metadata={"parse": _parse_patterns_by_name})
    pod_security: str | None = field(default=None, metadata={"parse": _parse_pod_security})
    require_executor: bool = field(default=False, metadata={"parse": _parse_switch})
    exempt: PatternsByName = field(factory=dict, metadata={"parse": _parse_patterns_by_name})

    @property
    def has_limits(self) -> bool:
        """Whether any rule limits what a launched pod may have."""
        limits = (self.images, self.service_accounts, self.namespaces, self.node_selectors, self.pod_security)
        return any(limits) or bool(self.max.resources)

    def exempts(self, dag_id: str, task_id: str) -> bool:
        """Report whether a task is not validated."""
        return any(matches(dag_id, [dag]) and matches(task_id, tasks) for dag, tasks in self.exempt.items())


def parse_site_rules(given: object, check: Check) -> tuple[SiteRules, list[Problem]]:
    """Read and validate a site's rules.

    Args:
        given: A mapping of the rules' names, as YAML or JSON has it.
        check: Validates the amounts of a rule.

    Returns:
        The rules that can be read, and everything that is wrong.
    """
    if not isinstance(given, Mapping):
        shape = Problem(OPTION, show_shape(given), "is not a mapping", "write max: {cpu: 8}", code="K8S903")
        return SiteRules(), [shape]
    parsers = {attribute.name: attribute.metadata["parse"] for attribute in fields(SiteRules)}
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for name, value in given.items():
        if name not in parsers:
            problems.append(_unknown(str(name), str(name), parsers))
            continue
        try:
            values[name] = parsers[name](name, value)
        except SpecError as error:
            problems += error.problems
    rules = SiteRules(**values)
    for name, declared in (("max", rules.max), ("default", rules.default)):
        problems += [problem.within(f"{name}.") for problem in check(declared)]
    return rules, [*problems, *_check_contradictions(rules)]


def _check_contradictions(rules: SiteRules) -> Iterator[Problem]:
    """A default amount is within the maximum."""
    for option in COMPUTE_RESOURCES:
        most, default = getattr(rules.max, option), getattr(rules.default, option)
        if most is None or default is None:
            continue
        amounts = [amount for amount in (default.request, default.limit) if amount is not None]
        if max(amounts) > most.limit:
            reason = f"is above the site's own maximum, {most.limit}"
            yield Problem(
                f"default.{option}",
                repr(max(amounts).text),
                reason,
                "lower it, or raise the maximum",
                code="K8S903",
            )


def _unknown(field: str, name: str, known: Collection[str]) -> Problem:
    nearest = find_nearest(name, known)
    return Problem(
        field, "", "is not known", f"write {nearest or 'one of ' + ', '.join(sorted(known))}", code="K8S903"
    )


def matches(name: str, patterns: Iterable[str]) -> bool:
    """Report whether a name fits one of the globs, case and all."""
    return any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)


def load_site_rules(option: str, check: Check) -> tuple[SiteRules, list[Problem]]:
    """Read and validate the site's rules.

    Args:
        option: What ``[k8sexec] policy_rules`` is set to: JSON, or the path of a YAML file.
        check: Validates the amounts of a rule.

    Returns:
        The rules that can be read, and everything that is wrong, each mistake with its file and line.
    """
    text = option.strip()
    if not text:
        return SiteRules(), []
    document, problems = read_document(OPTION, text)
    if document is None:
        return SiteRules(), problems
    rules, found = parse_site_rules(document.content, check)
    located = [problem.within(f"{document.find_location(*_split(problem.field))}: ") for problem in found]
    return rules, [*problems, *located]


def parse_max_runtime(option: str) -> tuple[Declaration, list[Problem]]:
    """Read the most that values may request that are known only at run time.

    Args:
        option: What ``[k8sexec] max_runtime`` is set to: JSON.

    Returns:
        The amounts, and what is wrong with them.
    """
    if not option.strip():
        return NOTHING, []
    name = name_option("max_runtime")
    document, problems = parse_yaml(name, option.encode(errors="surrogatepass"))
    if not document.is_read:
        return NOTHING, problems
    try:
        return _parse_most(name, document.content), problems
    except SpecError as error:
        return NOTHING, [*problems, *error.problems]


def _split(field: str) -> tuple[str, str]:
    """Split the way into a rule, ``max.memory``, after the rule's own name."""
    rule = re.split(r"[.\[]", field, maxsplit=1)[0]
    return rule, field.removeprefix(rule)
