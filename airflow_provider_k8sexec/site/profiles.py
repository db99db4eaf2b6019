"""Profiles: the site's named declarations, which tasks request by name.

They are defined in a YAML file (``[k8sexec] profiles_file``) or in an option (``[k8sexec] profiles``)::

    gpu:
      gpu: 1
      tolerations: ["gpu=true:NoSchedule"]
    gpu-large:
      extends: gpu
      memory: 64Gi
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TYPE_CHECKING

from attrs import field, frozen

from airflow_provider_k8sexec.exceptions import Problem
from airflow_provider_k8sexec.options.declaration import NOTHING, Check, Declaration, parse_declaration
from airflow_provider_k8sexec.options.nearest_names import find_nearest
from airflow_provider_k8sexec.options.problems import describe_unreadable, show, show_shape
from airflow_provider_k8sexec.site.files import read_file
from airflow_provider_k8sexec.site.located_yaml import Document, parse_yaml
from airflow_provider_k8sexec.site.option_table import name_option

if TYPE_CHECKING:
    from airflow_provider_k8sexec.site.settings import Settings

_EXTENDS = "extends"
_EXAMPLE = "write for example {gpu: {gpu: 1, memory: 16Gi}}"
_OWN_NAME = "give each profile a name of its own"


@frozen
class Profile:
    """One named declaration.

    Attributes:
        declaration: Its own options.
        parent: The profile that it extends, if it does.
        location: The file, or the option, and the line.
    """

    declaration: Declaration
    parent: str | None
    location: str


@frozen
class Profiles:
    """All profiles of the site.

    Attributes:
        by_name: Each profile by its name.
    """

    by_name: Mapping[str, Profile] = field(factory=dict)

    def resolve(self, name: str) -> list[tuple[str, Declaration]]:
        """Resolve the layers of a profile, the outermost first: what it extends, then itself."""
        profile = self.by_name[name]
        below = self.resolve(profile.parent) if profile.parent is not None else []
        return [*below, (f"profile {name!r}", profile.declaration)]

    def describe_unknown(self, field: str, name: str) -> Problem:
        """Describe a name that is not a profile's: which one was probably meant, and which are defined."""
        if not self.by_name:
            remedy = f"remove it, or set {name_option('profiles_file')}"
            return Problem(
                field, show(name), "is not a profile; this site defines none", remedy, code="K8S112"
            )
        nearest, known = find_nearest(name, self.by_name), ", ".join(sorted(self.by_name))
        remedy = f"write {nearest!r}; there are {known}" if nearest else f"choose from {known}"
        return Problem(field, show(name), "is not a profile of this site", remedy, code="K8S112")


def load_profiles(settings: Settings, check: Check) -> tuple[Profiles, list[Problem]]:
    """Read and validate the profiles of the site.

    Args:
        settings: Which file and option define them, and which profile is the default.
        check: Validates each.

    Returns:
        The profiles, and all problems of them.
    """
    texts: list[tuple[str, str | bytes]] = []
    unreadable: list[Problem] = []
    if settings.profiles_file is not None:
        try:
            texts.append((settings.profiles_file, read_file(settings.profiles_file)))
        except (OSError, ValueError) as error:
            field, reason = name_option("profiles_file"), describe_unreadable(error)
            unreadable.append(
                Problem(
                    field,
                    show(settings.profiles_file),
                    reason,
                    "write the path of a YAML file",
                    code="K8S902",
                )
            )
    if settings.profiles is not None:
        texts.append((name_option("profiles"), settings.profiles))
    # The file that cannot be read may define the default profile.
    profiles, problems = parse_profiles(texts, check, None if unreadable else settings.default_profile)
    return profiles, [*unreadable, *problems]


def parse_profiles(
    texts: Iterable[tuple[str, str | bytes]], check: Check, default: str | None = None
) -> tuple[Profiles, list[Problem]]:
    """Read and validate profiles.

    Args:
        texts: YAML or JSON, each with the name of its file or option.
        check: Validates each.
        default: The name of the profile of tasks that name none.

    Returns:
        The profiles, and all problems of them, each with its file and line.
    """
    by_name: dict[str, Profile] = {}
    found: list[Problem] = []
    is_complete = True
    for source, text in texts:
        document, problems = parse_yaml(source, text)
        found += problems
        is_complete = is_complete and document.is_read
        content = {} if document.content is None else document.content
        if not isinstance(content, Mapping):
            reason = f"holds {show_shape(content)}, not a mapping of names to pod options"
            found.append(Problem(document.find_location(), "", reason, _EXAMPLE, code="K8S902"))
            continue
        for name, options in content.items():
            profile, problems = _parse_profile(str(name), options, document, check)
            found += problems
            if name in by_name:
                reason = f"is defined twice, also in {by_name[name].location}"
                location = f"{profile.location}: profile {name!r}"
                found.append(Problem(location, "", reason, _OWN_NAME, code="K8S902"))
            by_name[str(name)] = profile
    profiles = Profiles(by_name)
    if is_complete:  # else the part that cannot be read may define the name
        found += [problem for name in by_name for problem in _check_parent(name, profiles)]
        if default is not None and default not in by_name:
            found.append(profiles.describe_unknown(name_option("default_profile"), default))
    return profiles, found


def _parse_profile(
    name: str, options: object, document: Document, check: Check
) -> tuple[Profile, list[Problem]]:
    location = document.find_location(name, _EXTENDS)
    given = {} if options is None else options
    if not isinstance(given, Mapping):
        field = f"{location}: profile {name!r}"
        shape = Problem(field, show_shape(given), "is not a mapping of pod options", _EXAMPLE, code="K8S902")
        return Profile(NOTHING, None, location), [shape]
    own = {str(option): value for option, value in given.items()}
    parent = own.pop(_EXTENDS, None)
    declaration, problems = parse_declaration(own)
    problems += check(declaration)
    if parent is not None and not isinstance(parent, str):
        remedy = "write the name of one profile"
        problems.append(Problem(_EXTENDS, show_shape(parent), "is not a name", remedy, code="K8S902"))
        parent = None
    if declaration.profile is not None:
        reason = "is an option of tasks, and not of profiles"
        remedy = f"write {_EXTENDS}: {declaration.profile}"
        problems.append(Problem("profile", show(declaration.profile), reason, remedy, code="K8S902"))
    located = [
        problem.within(f"{document.find_location(name, problem.field)}: profile {name!r}: ")
        for problem in dict.fromkeys(problems)
    ]
    return Profile(declaration, parent, location), located


def _check_parent(name: str, profiles: Profiles) -> Iterator[Problem]:
    """Check that what a profile extends is defined, and is not the profile itself."""
    profile = profiles.by_name[name]
    field = f"{profile.location}: profile {name!r}: {_EXTENDS}"
    if profile.parent is not None and profile.parent not in profiles.by_name:
        yield profiles.describe_unknown(field, profile.parent)
    ancestors: list[str] = []
    ancestor: str | None = profile.parent
    while ancestor is not None and ancestor in profiles.by_name and ancestor not in ancestors:
        ancestors.append(ancestor)
        ancestor = profiles.by_name[ancestor].parent
    if name in ancestors:
        cycle = " -> ".join([name, *ancestors])
        yield Problem(
            field, show(profile.parent), f"makes a cycle, {cycle}", "remove one of these", code="K8S902"
        )
