"""The grammars of names, as the API server has them.

Source: https://kubernetes.io/docs/concepts/overview/working-with-objects/names/
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.rules.findings import Finding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from airflow_provider_k8sexec.options.paths import Path


APP_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
"""The annotations, by container, for AppArmor profiles before Kubernetes 1.30."""


@frozen
class Grammar:
    """What a kind of name may look like.

    Attributes:
        kind: The kind, as a noun with its article.
        pattern: The pattern of the whole name.
        longest: The most characters it may have.
        rule: The pattern in words.
        example: A right one.
    """

    kind: str
    pattern: re.Pattern[str]
    longest: int
    rule: str
    example: str

    def check(self, path: Path, name: object) -> Iterator[Finding]:
        """Find what is wrong with a name."""
        if not isinstance(name, str) or not name or not self.pattern.fullmatch(name):
            reason = f"is not {self.kind} ({self.rule})"
            yield Finding(path, show(name), reason, f"write for example '{self._near(name)}'", code="K8S202")
        elif len(name) > self.longest:
            reason = f"has {len(name)} characters, and {self.kind} has at most {self.longest}"
            yield Finding(path, show(name), reason, "write a shorter one", code="K8S202")

    def _near(self, name: object) -> str:
        """Give the name in lower case and with hyphens, where it is right so; otherwise any right one."""
        near = name.lower().replace("_", "-") if isinstance(name, str) and len(name) <= self.longest else ""
        return near if near and self.pattern.fullmatch(near) else self.example


_LABEL = "[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_LOWER = "lower case letters, digits and '-', letters and digits at both ends"
_NAME_PART = "[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?"
_VALUE_RULE = "letters, digits, '-', '_' and '.', letters and digits at both ends"

DNS_LABEL = Grammar("a DNS label", re.compile(_LABEL), 63, _LOWER, "fetch-data")
DNS_SUBDOMAIN = Grammar(
    "a DNS subdomain",
    re.compile(rf"{_LABEL}(\.{_LABEL})*"),
    253,
    f"{_LOWER}, '.' between parts",
    "etl-worker",
)
ENVIRONMENT_NAME = Grammar(
    "the name of an environment variable",
    re.compile(r"[ -<>-~]+"),
    1000,
    "printable ASCII characters but '='",
    "MY_VARIABLE",
)
"""Since Kubernetes 1.34; source:
https://kubernetes.io/docs/tasks/inject-data-application/define-environment-variable-container/"""

PORTABLE_NAME = re.compile(r"(?!\.\.)[-._a-zA-Z][-._a-zA-Z0-9]*(?<!^\.)")
"""The name of a variable as every release of Kubernetes takes it."""

SECRET_KEY = Grammar(
    "a key of a secret",
    re.compile(r"(?!\.\.)[-._a-zA-Z0-9]+(?<!^\.)"),
    253,
    "letters, digits, '-', '_' and '.'",
    "MY_SECRET",
)
LABEL_VALUE = Grammar("a label's value", re.compile(_NAME_PART), 63, _VALUE_RULE, "team-a")
_LABEL_NAME = Grammar(
    "the name in a label's key", re.compile(_NAME_PART), 63, _VALUE_RULE, "example.com/team"
)
IMAGE = Grammar(
    "an image reference",
    re.compile(
        r"(?:[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[-A-Za-z0-9]*[A-Za-z0-9])?)*(?::[0-9]+)?/)?"
        r"[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*(?:/[a-z0-9]+(?:(?:\.|_{1,2}|-+)[a-z0-9]+)*)*"
        r"(?::[A-Za-z0-9_][-A-Za-z0-9_.]{0,127})?(?:@[A-Za-z][A-Za-z0-9]*(?:[-_+.][A-Za-z][A-Za-z0-9]*)*:[0-9a-fA-F]{32,})?"
    ),
    1000,
    "registry/repository:tag or registry/repository@digest, the repository in lower case",
    "registry.example.com/airflow:3.3.2",
)


def check_label_key(path: Path, key: str) -> Iterator[Finding]:
    """Check the key of a label or taint: ``name`` or ``prefix/name``."""
    prefix, slash, name = key.rpartition("/")
    if slash:
        yield from DNS_SUBDOMAIN.check(path, prefix)
    yield from _LABEL_NAME.check(path, name)


def check_annotation_key(path: Path, key: str) -> Iterator[Finding]:
    """Check the key of an annotation, whose prefix may have capitals."""
    prefix, slash, name = key.rpartition("/")
    for finding in check_label_key(path, f"{prefix.lower()}{slash}{name}"):
        yield evolve(finding, value=show(key))


def check_label_value(path: Path, value: str) -> Iterator[Finding]:
    """Check the value of a label, which may be empty."""
    if value:
        yield from LABEL_VALUE.check(path, value)


def check_choice(path: Path, value: object, choices: Iterable[str]) -> Iterator[Finding]:
    """Check that a value is one of a few, and find the one that was meant."""
    words = list(choices)
    if value not in words:
        nearest = find_nearest(str(value), words)
        remedy = f"write '{nearest}'" if nearest else f"write one of {', '.join(map(repr, words))}"
        yield Finding(
            path, show(value), "is not one of the choices that Kubernetes has here", remedy, code="K8S202"
        )
