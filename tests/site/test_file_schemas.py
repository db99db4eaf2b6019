"""The JSON Schemas of the files of a site: what an editor marks, the loader refuses, and the reverse.

An editor sees shapes: names, types, choices. That an image has no name that a registry takes, only the rules
see; so the two are compared by the codes of problems of shape.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from checked_declarations import check_declaration
from doc_pages import PAGES, ROOT, blocks_of
from jsonschema import Draft7Validator
from sample_declarations import IN_YAML

from airflow_provider_k8sexec import REPOSITORY_URL
from airflow_provider_k8sexec.options.option_texts import read_option_texts
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from airflow_provider_k8sexec.site.deployment import Deployment
from airflow_provider_k8sexec.site.policy_rules import SiteRules, load_site_rules
from airflow_provider_k8sexec.site.prices import Prices, load_prices
from airflow_provider_k8sexec.site.profiles import parse_profiles
from airflow_provider_k8sexec.site.schemas import SCHEMAS, modeline, read_schema

if TYPE_CHECKING:
    from airflow_provider_k8sexec.exceptions import Problem
    from airflow_provider_k8sexec.options.declaration import Declaration

VALIDATORS = {kind: Draft7Validator(json.loads(read_schema(kind))) for kind in SCHEMAS}
MARK = "# yaml-language-server:"
OPTIONS: dict[str, Any] = yaml.safe_load(IN_YAML)
ODD = [
    *("x", "512Mi", "1", "Always", 1, 2.5, -1, True, [], {}, [1], ["a"], [["a"]]),
    *({"a": 1}, {"a": "b"}, {"a": {"b": 1}}, [None, "1Gi"], ["1Gi", "2Gi", "3Gi"]),
    *({"per_try": ["1Gi", "2Gi"]}, {"per_try": [1, 2]}, {"per_try": []}, [{"name": "a"}]),
    *({"per_try": ["1Gi", "2Gi"], "after": "oom"}, {"per_try": [1], "after": "omo"}, {"per_try": {}}),
    *({"per_try": {"first": 1, "up_to": 4}}, {"per_try": {"first": "1Gi", "up_to": "4Gi"}, "after": "oom"}),
    *({"per_try": [{"a": "b"}, {"c": "d"}], "after": "disruption"}, {"from_param": "a", "defualt": "1Gi"}),
    *([{"key": "A", "emv": "B"}], {"spec": {"containers": [{"name": "base", "tyt": True}]}}),
]
RULES = [
    *(
        {"memory": "64Gi"},
        {"memroy": "64Gi"},
        {"memory": []},
        {"gpu": {"amd.com/gpu": 2}},
        8,
        "*",
        ["*"],
        [8],
    ),
    *({"a": "*"}, {"a": ["*", "b"]}, {"a": 1}, True, "baseline", "lax", {"cpu": [1, 2]}),
]
OF_PRICES = [
    *("", "EUR", "the money of us", "acme.com/team", "-", 7, 0.5, -1, True, None, [], {}, ["a"], {"cpu": 1}),
    *({"nvidia.com/gpu": 2.2, "memory": 0}, {"memroy": 1}, {"cpu": "1"}, {"cpu": True}, {"cpu": 1e10}),
    *([{}], [{"node_selector": {}}], [{"node_selector": {"pool": "spot"}, "per_hour": {"cpu": 1}}]),
    *([{"node_selector": {"pool": 1}}], [{"node_selector": {"pool": "spot"}, "pool": "spot"}], [["a"]]),
]
OF_SHAPE = {"K8S101", "K8S102", "K8S201"}
UNDESCRIBED = {"resource_claims", "env_vars"}
"""Options whose type has no model of Kubernetes for what a mapping holds."""
READ_IN_PART = {"image_pull_secrets"}
"""The loader reads the name of a reference alone, and the schema allows nothing else."""


def load(kind: str, text: str) -> list[Problem]:
    """Load a file as the site's context does, and give its problems."""

    def check(declaration: Declaration) -> list[Problem]:
        return check_declaration(declaration, Deployment())

    if kind == "profiles":
        return parse_profiles([("/site/profiles.yaml", text)], check)[1]
    option = text if text.startswith("{") else json.dumps(yaml.safe_load(text))
    return load_prices(option)[1] if kind == "prices" else load_site_rules(option, check)[1]


def samples() -> dict[str, tuple[str, str]]:
    """Give every file that is shown with the line for editors: its kind, and its text."""
    files = {path.name: path.read_text(encoding="utf-8") for path in ROOT.glob("example_dags/*.yaml")}
    shown = {
        f"{block.page}, line {block.line}": block.text for page in PAGES for block in blocks_of(page, "yaml")
    }
    kinds = {modeline(kind): kind for kind in SCHEMAS}
    return {
        name: (kinds[text.partition("\n")[0]], text)
        for name, text in {**files, **shown}.items()
        if MARK in text
    }


SAMPLES = samples()


@pytest.mark.parametrize("name", SAMPLES)
def test_a_file_that_is_shown_is_right_for_its_schema_and_its_loader(name: str) -> None:
    """Whoever copies it into an editor sees no mark, and Airflow loads it."""
    kind, text = SAMPLES[name]
    assert [error.message for error in VALIDATORS[kind].iter_errors(yaml.safe_load(text))] == []
    assert load(kind, text) == []


def test_the_files_that_are_shown_name_their_schema() -> None:
    """An editor finds the schema by the first line: the example, and the files on the pages of both kinds."""
    assert "profiles.yaml" in SAMPLES
    assert {kind for kind, _ in SAMPLES.values()} == {*SCHEMAS}
    unmarked = [
        block
        for page in PAGES
        for block in blocks_of(page, "yaml")
        if block.text.startswith(("# include/profiles.yaml", "# include/policy.yaml"))
    ]
    assert unmarked == []


def test_every_option_in_yaml_is_right_for_the_schema() -> None:
    """The schema knows each option in the form that YAML has for it."""
    assert [*VALIDATORS["profiles"].iter_errors({"all": OPTIONS})] == []
    assert load("profiles", json.dumps({"all": OPTIONS})) == []


@pytest.mark.parametrize("option", [*OPTIONS, "memroy", "profile", "extends"])
def test_the_schema_marks_what_the_loader_refuses(option: str) -> None:
    """Each option with the values of all others, and with odd ones: some two thousand documents."""
    for value in [*OPTIONS.values(), *ODD]:
        document = {"wrong": {option: value}}
        problems = load("profiles", json.dumps(document))
        is_right = VALIDATORS["profiles"].is_valid(document)
        if option not in READ_IN_PART:
            assert problems or is_right, f"the schema refuses what is loaded: {document}"
        is_misshapen = any(problem.code in OF_SHAPE for problem in problems) and not _is_unwritten(problems)
        if option not in UNDESCRIBED:
            assert not (is_misshapen and is_right), f"the schema takes {document}: {problems[0]}"


def _is_unwritten(problems: list[Problem]) -> bool:
    """Whether what is wrong is a string that has another form, or something that is missing."""
    return any("is missing" in str(problem) or "'configmap/NAME'" in str(problem) for problem in problems)


@pytest.mark.parametrize("rule", ["max", "default", *SiteRules.__annotations__, "maxima"])
def test_the_schema_of_policy_rules_marks_what_their_loader_refuses(rule: str) -> None:
    """Each rule with values of all kinds."""
    for value in RULES:
        document = {rule: value}
        is_right = VALIDATORS["policy-rules"].is_valid(document)
        problems = load("policy-rules", json.dumps(document))
        assert is_right == (problems == []) or "is a pair" in str(problems), (document, problems)


@pytest.mark.parametrize("key", [*Prices.__annotations__, "curency"])
def test_the_schema_of_prices_marks_what_their_loader_refuses(key: str) -> None:
    """Each key with values of all kinds."""
    for value in OF_PRICES:
        document = {key: value}
        problems = load("prices", json.dumps(document))
        assert VALIDATORS["prices"].is_valid(document) == (problems == []), (document, problems)


@pytest.mark.parametrize("document", [["a"], "a", {"a": ["cpu"]}, {"a": {"b": {"cpu": 1}}}])
def test_a_file_of_another_shape_is_refused_by_both(document: Any) -> None:
    """Profiles are a mapping of names to pod options."""
    assert not VALIDATORS["profiles"].is_valid(document)
    assert load("profiles", json.dumps(document))


def test_every_description_of_an_option_is_its_own() -> None:
    """An editor shows what the reference has: the text is written once, under the option."""
    options = VALIDATORS["profiles"].schema["additionalProperties"]["properties"]
    assert options.keys() == (POD_OPTIONS - {"profile"}) | {"extends"}
    for name, text in read_option_texts().items():
        if name != "profile":
            assert options[name]["description"] == text.meaning.replace("``", "`")


def test_every_rule_is_described_as_in_the_code() -> None:
    """A rule that is added has its place in the schema, and its text."""
    rules = VALIDATORS["policy-rules"].schema["properties"]
    documented = " ".join((SiteRules.__doc__ or "").replace("``", "`").split())
    assert rules.keys() == SiteRules.__annotations__.keys()
    for name, rule in rules.items():
        assert f"{name}: {rule['description']}" in documented


def test_schemas_are_found_at_the_address_that_they_have() -> None:
    """The line of a file leads to the file of this version in the repository."""
    for kind, validator in VALIDATORS.items():
        Draft7Validator.check_schema(validator.schema)
        address = validator.schema["$id"]
        assert modeline(kind) == f"{MARK} $schema={address}"
        path = address.removeprefix(f"{REPOSITORY_URL}/raw/").partition("/")[2]
        assert (ROOT / path).read_text(encoding="utf-8") == read_schema(kind)
