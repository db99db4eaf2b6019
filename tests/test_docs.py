"""What the documentation shows is true."""

from __future__ import annotations

import re
import runpy
from typing import TYPE_CHECKING

import pytest
import yaml
from attrs import fields
from checked_declarations import check_declaration
from doc_pages import PAGES, ROOT, blocks_of
from shown_commands import FILE

import airflow_provider_k8sexec as k8sexec
from airflow_provider_k8sexec import (
    ConfigurationError,
    ImageVolume,
    PodOptions,
    Problem,
    SpecError,
    k8s_config,
)
from airflow_provider_k8sexec._compat import is_sensitive_name
from airflow_provider_k8sexec.past_tries.failures import FAILURE_KEY
from airflow_provider_k8sexec.past_tries.usage_record import USAGE_KEY
from airflow_provider_k8sexec.pod.references import KINDS
from airflow_provider_k8sexec.rules.api_server import since
from airflow_provider_k8sexec.site.deployment import Deployment
from airflow_provider_k8sexec.site.option_table import OPTIONS as SITE_OPTIONS
from airflow_provider_k8sexec.site.option_table import SECTION
from airflow_provider_k8sexec.site.policy_rules import SiteRules, parse_site_rules
from airflow_provider_k8sexec.site.profiles import Profiles, parse_profiles

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_line

REFERENCE = (ROOT / "docs/reference/options.md").read_text(encoding="utf-8")
OPTIONS = dict(re.findall(r"^### `(\w+)`\n.*?^```python\n(.*?)^```$", REFERENCE, re.MULTILINE | re.DOTALL))
GENERATED = runpy.run_path(str(ROOT / "docs/generate"))["FILES"]


def blocks(language: str, text: str) -> list[str]:
    """Give the code blocks of one language of a text, at the margin."""
    found = re.findall(rf"^( *)```{language}\n(.*?)^ *```$", text, re.MULTILINE | re.DOTALL)
    return [re.sub(rf"^{indent}", "", text, flags=re.MULTILINE) for indent, text in found]


def headings(page: Path) -> set[str]:
    """Give the anchors of a page's headings, as GitHub makes them."""
    titles = re.findall(r"^#+ (.+)$", page.read_text(encoding="utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", title.lower()).replace(" ", "-") for title in titles}


def test_every_option_is_documented_with_an_example() -> None:
    """The reference names each option, and none that does not exist."""
    assert OPTIONS.keys() == PodOptions.__annotations__.keys()


@pytest.mark.parametrize("option", OPTIONS)
def test_the_documented_example_of_an_option_is_accepted(option: str) -> None:
    """A reader can copy the example of each option, and it asks for something."""
    public = {name: getattr(k8sexec, name) for name in k8sexec.__all__}
    config = eval(f"k8s_config({OPTIONS[option]})", public)  # noqa: S307  # our own documentation
    assert config or option == "release"


def test_every_setting_is_documented() -> None:
    """The reference has each option of the section that is read, and none that is not."""
    page = (ROOT / "docs/reference/settings.md").read_text(encoding="utf-8")
    assert {*SITE_OPTIONS} == set(re.findall(r"^## `(\w+)`$", page, re.MULTILINE))
    assert f"[{SECTION}]" in page


@pytest.mark.parametrize("file", GENERATED)
def test_what_is_made_from_the_code_is_what_the_code_says(file: str) -> None:
    """The committed page, picture or file of the package is the one that `make reference` writes."""
    committed = (ROOT / file).read_text(encoding="utf-8")
    assert GENERATED[file]() == committed, "the code has changed: run `make reference`"


@pytest.mark.parametrize("page", [ROOT / page for page in PAGES], ids=lambda page: page.name)
def test_every_link_between_the_pages_leads_somewhere(page: Path) -> None:
    """A link to another page names a file that is there, and a heading that is in it."""
    for target in re.findall(r"\]\(([^):]+)\)", page.read_text(encoding="utf-8")):
        path, _, heading = target.partition("#")
        there = page.parent / path if path else page
        assert there.exists(), target
        assert not heading or heading in headings(there), target


def test_the_error_class_that_the_docs_name_is_public() -> None:
    """What a reader would catch can be imported."""
    with pytest.raises(SpecError, match="memory=512 is 512 bytes; write memory='512Mi'"):
        k8s_config(memory=512)


def test_the_sites_rules_of_the_docs_are_read() -> None:
    """A platform team can copy the rules that its page shows, which name every rule there is."""
    page = (ROOT / "docs/guides/policy.md").read_text(encoding="utf-8")
    (shown,) = [text for text in re.findall(r"```yaml\n(.*?)```", page, re.DOTALL) if "exempt:" in text]
    rules, problems = parse_site_rules(yaml.safe_load(shown), lambda _: [])
    assert problems == []
    assert yaml.safe_load(shown).keys() == {field.name for field in fields(SiteRules)}
    assert rules.exempts("legacy_etl", "load")


def test_every_kind_of_error_is_documented_with_its_reader() -> None:
    """The page on trouble has each public error, and no other."""
    page = (ROOT / "docs/troubleshooting.md").read_text(encoding="utf-8").partition("## Kinds of errors\n")[2]
    errors = [getattr(k8sexec, name) for name in k8sexec.__all__ if name.endswith("Error")]
    assert all(issubclass(error, k8sexec.K8sExecError) for error in errors)
    kinds = {error.__name__ for error in errors} - {"K8sExecError"}
    assert set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)) == kinds


def test_the_variables_of_the_examples_are_shown() -> None:
    """A reader who renders an example sees its own values, so none has a name that Airflow hides."""
    programs = [
        block.text
        for page in PAGES
        for block in blocks_of(page, "python")
        if not FILE.match(block.text)  # some of which show a mistake
    ]
    written = "\n".join(text for text in programs if "env_vars" in text)
    names = re.findall(r"[{ ]\"([A-Z][A-Z0-9_]*)\": ", written)
    assert "WAREHOUSE_URL" in names
    assert [name for name in names if is_sensitive_name(name)] == []


def test_the_hook_of_the_docs_is_the_one_that_is_defined() -> None:
    """The pre-commit configuration on the page names the hook of `.pre-commit-hooks.yaml`."""
    (hook,) = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text(encoding="utf-8"))
    page = (ROOT / "docs/guides/ci.md").read_text(encoding="utf-8")
    assert f"- id: {hook['id']}" in page


def test_the_profiles_that_their_page_shows_are_right() -> None:
    """A team can copy them, and what it reads of its mistakes is what the page shows."""
    page = (ROOT / "docs/guides/profiles.md").read_text(encoding="utf-8")

    def parse(text: str) -> tuple[Profiles, list[Problem]]:
        file = "/usr/local/airflow/include/profiles.yaml"
        return parse_profiles([(file, text)], lambda profile: check_declaration(profile, Deployment()))

    text = next(block for block in blocks("yaml", page) if "extends:" in block)
    assert [place for place, _ in parse(text)[0].resolve("gpu-large")] == [
        "profile 'gpu'",
        "profile 'gpu-large'",
    ]
    shown = next(block for block in blocks("text", page) if "in the configuration" in block)
    wrong = "small:\n  cpu: 0.5\n  memory: 512\nlarge:\n  memory: 8Gi\n  extends: smal\n"
    assert str(ConfigurationError(parse(wrong)[1])) == shown.rstrip()


def test_the_versions_of_kubernetes_in_texts_are_those_of_the_table() -> None:
    """What needs a newer Kubernetes names the first one that takes its field by default."""
    fields = {"resources": "V1PodSpec", "resourceClaims": "V1PodSpec", "image": "V1Volume"}
    usable = {field: since._features()[model, field][0].usable for field, model in fields.items()}
    amounts, claims, images = (since.write_version(version) for version in usable.values() if version)
    assert amounts == claims
    devices = " ".join((ROOT / "docs/guides/gpus.md").read_text(encoding="utf-8").split())
    sentence = "Amounts of the pod as a whole and claims of devices need Kubernetes"
    assert f"{sentence} {amounts}, and image volumes {images}." in devices
    for option in ("pod_resources", "resource_claims"):
        meaning = REFERENCE.partition(f"\n### `{option}`\n")[2].partition("```python")[0]
        assert f" Kubernetes {amounts}." in meaning
    assert f"; Kubernetes {images}." in str(ImageVolume.__doc__)
    for kind in ("ResourceClaim", "ResourceClaimTemplate"):
        assert KINDS[kind].remedy == f"upgrade the cluster to Kubernetes {claims}"


def test_what_is_stored_is_on_the_page_on_security() -> None:
    """A platform team learns of each record how long it stays: by its key, in the table."""
    page = (ROOT / "docs/security.md").read_text(encoding="utf-8")
    stored = page.partition("## What is stored")[2].partition("\n## ")[0]
    for key in (FAILURE_KEY, USAGE_KEY):
        assert f"XCom `{key}`" in stored


def test_what_a_user_gains_is_what_was_measured() -> None:
    """The first table on performance has its figures from the table of all figures below it."""
    page = PAGES["docs/performance.md"]

    def columns(heading: str, *numbers: int) -> list[set[str]]:
        section = page.partition(f"## {heading}\n")[2].partition("\n## ")[0]
        rows = [
            [cell.strip() for cell in line.split("|")] for line in section.splitlines() if line[:1] == "|"
        ]
        return [{row[number] for row in rows[2:]} for number in numbers]

    by_hand, ours = columns("What you gain", 3, 4)
    assert len(by_hand) > 6
    measured_by_hand, measured_ours = columns("All figures", 5, 6)
    assert by_hand <= measured_by_hand
    assert ours <= measured_ours
