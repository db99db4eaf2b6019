"""What is wrong with a text, in its language's words, with its line and column, and what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from airflow_provider_k8sexec.site.located_yaml import parse_yaml
from airflow_provider_k8sexec.site.policy_rules import load_site_rules
from airflow_provider_k8sexec.site.profiles import parse_profiles
from airflow_provider_k8sexec.site.settings import parse_settings

SOURCES = Path(__file__).parents[2] / "airflow_provider_k8sexec"
SCANNING = "while scanning for the next token, found character that cannot start any token"
SPACES = "indent with spaces instead of tabs"
# The text, the position, what the parser reports, the remedy, and the text as the remedy corrects it.
YAML = {
    "a tab": ("gpu:\n\tgpu: 1\n", "line 2, column 1", SCANNING, SPACES, "gpu:\n  gpu: 1\n"),
    "a tab in a list": (
        "a:\n  - b\n\t- c\n",
        "line 3, column 1",
        "while scanning a plain scalar (line 2, column 5), found a tab character that violates indentation",
        SPACES,
        "a:\n  - b\n  - c\n",
    ),
    "a key twice": (
        "gpu:\n  gpu: 1\n  gpu: 2\n",
        "line 3, column 3",
        "gpu is",
        "remove one",
        "gpu:\n  gpu: 1\n",
    ),
    "an undefined alias": (
        "a: 1\nb: *all\n",
        "line 2, column 4",
        "found undefined alias",
        "define its anchor (&name) above it, or write the value in quotes",
        "a: &all 1\nb: *all\n",
    ),
    "a glob without quotes": (
        "images: *.example.com\n",
        "line 1, column 10",
        "while scanning an alias (line 1, column 9), did not find expected alphabetic or numeric character",
        "write the value in quotes",
        "images: '*.example.com'\n",
    ),
    "an anchor twice": (
        "a: &x 1\nb: &x 2\n",
        "line 2, column 4",
        "found duplicate anchor; first occurrence (line 1, column 4), second occurrence",
        "give each anchor a name of its own",
        "a: &x 1\nb: &y 2\n",
    ),
    "an unclosed quote": (
        "a: 1\nb: 'x\nc: 2\n",
        "line 2, column 4",
        "while scanning a quoted scalar, found unexpected end of stream",
        "close the quote",
        "a: 1\nb: 'x'\nc: 2\n",
    ),
    "an unclosed list": (
        "a: [1, 2\nb: 3\n",
        "line 2, column 2",
        "while parsing a flow sequence (line 1, column 4), did not find expected ',' or ']'",
        "write a comma between two items, and ] after the last",
        "a: [1, 2]\nb: 3\n",
    ),
    "an unclosed mapping": (
        "a: {x: 1\n",
        "line 1, column 4",
        "while parsing a flow mapping, did not find expected ',' or '}'",
        "write a comma between two entries, and } after the last",
        "a: {x: 1}\n",
    ),
    "a colon in a value": (
        "a: b: c\n",
        "line 1, column 5",
        "mapping values are not allowed in this context",
        "write a value with a colon in it in quotes",
        "a: 'b: c'\n",
    ),
    "an indicator": ("a: é\nb: @x\n", "line 2, column 4", SCANNING, "write the value in quotes", "b: '@x'\n"),
    "a control character": (
        "a: é\nb: \a\n",
        "line 2, column 4",
        "control characters are not allowed",
        "remove it",
        "a: é\n",
    ),
    "two documents": (
        "a: 1\n---\nb: 2\n",
        "line 2, column 1",
        "expected a single document in the stream (line 1, column 1), but found another document",
        "write one document, without ---",
        "a: 1\nb: 2\n",
    ),
    "a bad indentation": (
        "a:\n  b: 1\n c: 2\n",
        "line 3, column 2",
        "while parsing a block mapping (line 1, column 1), did not find expected key",
        "indent the keys of one mapping alike, and quote a value with quotes in it",
        "a:\n  b: 1\n  c: 2\n",
    ),
}
JSON = {
    "a missing colon": ('{"a": {"cpu" 1}}', "line 1, column 14", "Expecting ':' delimiter"),
    "a missing comma": ('{"a": {"cpu": 1}\n "b": {}}', "line 2, column 2", "Expecting ',' delimiter"),
    "an unclosed quote": ('{"a": {"image": "x}}', "line 1, column 17", "Unterminated string starting"),
    "an unclosed bracket": ('{"a": {"cpu": 1}', "line 1, column 17", "Expecting ',' delimiter"),
}


@pytest.mark.parametrize("name", YAML)
def test_yaml_is_refused_in_yamls_words_with_a_remedy(name: str) -> None:
    """The platform team reads where it is, what the parser reports and what to write; which is then right."""
    text, position, words, remedy, right = YAML[name]
    _, (problem,) = parse_yaml("/site/profiles.yaml", text)
    shown = str(problem)
    assert shown.startswith(f"/site/profiles.yaml, {position}")
    assert words in shown
    assert shown.endswith(f"; {remedy}.")
    assert parse_yaml("/site/profiles.yaml", right)[1] == []


@pytest.mark.parametrize("name", JSON)
def test_json_is_refused_in_jsons_words(name: str) -> None:
    """Whoever wrote JSON, in whichever option, reads nothing of flow mappings and scalars."""
    text, position, words = JSON[name]
    _, from_profiles = parse_profiles([("[k8sexec] profiles", text)], lambda _: [])
    _, from_rules = load_site_rules(text, lambda _: [])
    _, from_options = parse_settings({"pod_options": text})
    for option, (problem,) in {
        "profiles": from_profiles,
        "policy_rules": from_rules,
        "pod_options": from_options,
    }.items():
        assert str(problem).startswith(f"[k8sexec] {option}, {position} cannot be read as JSON: {words};")


def test_a_flow_mapping_is_no_json() -> None:
    """An option may hold YAML in one line, and its mistakes are YAML's."""
    _, (problem,) = parse_profiles([("[k8sexec] profiles", "{gpu: {gpu: 1}")], lambda _: [])
    assert "line 1, column 1 cannot be read as YAML: while parsing a flow mapping" in str(problem)


@pytest.mark.parametrize(
    "text", ["a: *hunter2", "a: &hunter2 1\nb: &hunter2 2", "a: !hunter2 x", '{"hunter2" 1}']
)
def test_nothing_of_the_text_is_shown(text: str) -> None:
    """A value that broke the syntax may be a password."""
    _, (problem,) = parse_yaml("[k8sexec] profiles", text)
    assert "hunter2" not in str(problem)


def test_no_other_module_describes_a_syntax_error() -> None:
    """A new reader that took the parser's marks by itself would have words of its own."""
    owners = {
        file.name
        for file in SOURCES.rglob("*.py")
        if any(word in file.read_text(encoding="utf-8") for word in ("problem_mark", ".lineno}", "error.msg"))
    }
    assert owners == {"syntax_errors.py", "located_yaml.py"}
