"""What people keep in CI: codes that are chosen or ignored, levels, and the forms that reviewers see."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import yaml

from airflow_provider_k8sexec import docs_url
from airflow_provider_k8sexec.cli import main
from airflow_provider_k8sexec.options.problem_codes import CODES

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    Run = Callable[..., tuple[int, str, str]]

DAG_FILE = """\
import pendulum
from airflow import DAG
from airflow_provider_k8sexec import K8sBashOperator

with DAG("etl", start_date=pendulum.datetime(2026, 1, 1), schedule=None):
    K8sBashOperator(task_id="load", bash_command="true", memory=512, image="python:3.12"){comment}
    K8sBashOperator(task_id="save", bash_command="true", memory="1Gi", env_vars={{"PASSWORD": "tr0ub4dor&3"}})
"""


@pytest.fixture
def lint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Run:
    """Write the DAG file, stand beside it, run the command, and give its status and output."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments: str, comment: str = "") -> tuple[int, str, str]:
        (tmp_path / "etl.py").write_text(DAG_FILE.format(comment=comment), encoding="utf-8")
        capsys.readouterr()
        code = main(["lint", "etl.py", *arguments])
        out, err = capsys.readouterr()
        return code, out, err

    return run


def found(lint: Run, *arguments: str, comment: str = "") -> list[tuple[str, str]]:
    """Give the lines and codes of the findings."""
    _, out, _ = lint("-o", "json", *arguments, comment=comment)
    return [(item["line"], item["code"]) for item in json.loads(out)]


ALL = [(6, "K8S103"), (6, "K8S402"), (7, "K8S401")]


@pytest.mark.parametrize(
    ("arguments", "comment", "expected"),
    [
        ((), "", ALL),
        (("--select", "K8S4"), "", ALL[1:]),
        (("--select", "K8S401,K8S103"), "", [ALL[0], ALL[2]]),
        (("--ignore", "K8S402, K8S1"), "", ALL[2:]),
        (("--select", "K8S4", "--ignore", "K8S401"), "", [ALL[1]]),
        ((), "  # k8sexec: ignore[K8S402]", [ALL[0], ALL[2]]),
        ((), "  # noqa: E501  # k8sexec: ignore[K8S402, K8S103]", ALL[2:]),
        ((), "  # k8sexec: ignore[K8S401]", [*ALL[:2], (6, "K8S808"), ALL[2]]),
        (("--ignore", "K8S808"), "  # k8sexec: ignore[K8S401]", ALL),
        (("--task", "load"), "  # k8sexec: ignore[K8S401]", ALL[:2]),
        (("--task", "save"), "", ALL[2:]),
        (("--dag", "etl", "--task", "load"), "", ALL[:2]),
    ],
)
def test_findings_are_chosen_by_code_line_and_task(
    lint: Run, arguments: tuple[str, ...], comment: str, expected: list[tuple[int, str]]
) -> None:
    """A code, or its beginning, on the command line, and a comment on the finding's own line."""
    assert found(lint, *arguments, comment=comment) == expected


@pytest.mark.parametrize(
    ("arguments", "status", "summary"),
    [
        ((), 1, "2 tasks in 1 file: 3 problems"),
        (("--select", "K8S401"), 1, "2 tasks in 1 file: 1 problem"),
        (("--select", "K8S6"), 0, "2 tasks in 1 file: no problems"),
        (("--task", "save"), 1, "1 task in 1 file: 1 problem"),
    ],
)
def test_a_run_ends_with_what_was_looked_at(
    lint: Run, arguments: tuple[str, ...], status: int, summary: str
) -> None:
    """The summary stands apart from the result, on standard error."""
    code, out, err = lint(*arguments)
    assert (code, err.splitlines()[-1]) == (status, summary)
    assert summary not in out


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--select", "K8S999"), "--select K8S999: there is no such code; write K8S"),
        (("--ignore", "E501"), "--ignore E501: there is no such code; codes begin with K8S1 (Pod options), "),
    ],
)
def test_a_code_that_does_not_exist_is_an_error(lint: Run, arguments: tuple[str, ...], message: str) -> None:
    """A misspelt code would silence nothing, or everything: it is wrong usage, with status 2."""
    code, out, err = lint(*arguments)
    assert (code, out) == (2, "")
    assert message in err


@pytest.mark.parametrize("words", [("gone.py",), ("broken.py",), ("etl.py", "--task", "gone")])
def test_what_could_not_be_looked_at_is_no_success_whatever_is_selected(
    words: tuple[str, ...], lint: Run, tmp_path: Path
) -> None:
    """A path, a file or a task that is not there has no finding of any code."""
    lint(comment="\n    config = {'pod_override': None}")
    (tmp_path / "broken.py").write_text("from airflow import DAG\nimport no_such_module\n", encoding="utf-8")
    assert main(["lint", *words, "--select", "K8S6"]) == 1


def test_github_shows_each_finding_at_its_line(lint: Run) -> None:
    """The lines are commands to GitHub, with its own escapes."""
    _, out, _ = lint("-o", "github", "--select", "K8S4")
    first, second = out.splitlines()
    assert first.startswith(
        "::warning file=etl.py,line=6,title=K8S402::etl.load: image='python:3.12' has no Airflow"
    )
    assert second.startswith(
        "::warning file=etl.py,line=7,title=K8S401::etl.save: env_vars['PASSWORD'] looks"
    )
    assert "tr0ub4dor" not in out


COMMENTS = """\
import pendulum
from airflow import DAG
from airflow_provider_k8sexec import K8sBashOperator, k8s_task

with DAG("etl", start_date=pendulum.datetime(2026, 1, 1), schedule=None):
    K8sBashOperator(
        task_id="load",
        bash_command="echo '# k8sexec: ignore[K8S103]'",
        memory=512,  # k8sexec: ignore[K8S103]
        image="python:3.12",
    )  # k8sexec: ignore[K8S402]

    @k8s_task(
        memory=512,
    )
    def extract(
        day=1,  # k8sexec: ignore[K8S1]
    ):
        ...

    K8sBashOperator.partial(
        task_id="mapped",
        image="python:3.12",  # k8sexec: ignore[K8S402]
    ).expand(bash_command=["true"])

    extract()  # k8sexec: ignore[K8S104]
    K8sBashOperator(task_id="a", bash_command="true")  # k8sexec: ignore
    K8sBashOperator(task_id="b", bash_command="true")  # k8sexec: ignore[K8S999, E501]
"""


def test_a_comment_silences_on_any_line_of_the_call(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On any line of a long call, or of a function's decorators and signature; bad comments are notes."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "etl.py").write_text(COMMENTS, encoding="utf-8")
    assert main(["lint", "etl.py", "-o", "json"]) == 0
    notes = json.loads(capsys.readouterr().out)
    assert {(item["level"], item["code"]) for item in notes} == {("note", "K8S808")}
    assert [item["line"] for item in notes] == [26, 27, 28, 28]
    texts = [item["problem"] for item in notes]
    assert texts[0] == "# k8sexec: ignore K8S104: the call on this line has no such finding; remove it."
    assert texts[1].endswith("write # k8sexec: ignore[K8S401].")
    assert "K8S999: there is no such code; write K8S" in texts[2]
    assert "E501: there is no such code; codes begin with" in texts[3]


SARIF = {  # the parts of the schema of SARIF 2.1.0 that lint writes, and what GitHub requires besides
    "type": "object",
    "required": ["$schema", "version", "runs"],
    "additionalProperties": False,
    "properties": {
        "$schema": {"const": "https://json.schemastore.org/sarif-2.1.0.json"},
        "version": {"const": "2.1.0"},
        "runs": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/run"}},
    },
    "$defs": {
        "message": {
            "type": "object",
            "required": ["text"],
            "additionalProperties": False,
            "properties": {"text": {"type": "string", "minLength": 1}},
        },
        "level": {"enum": ["none", "note", "warning", "error"]},
        "run": {
            "type": "object",
            "required": ["tool", "results"],
            "additionalProperties": False,
            "properties": {
                "tool": {
                    "type": "object",
                    "required": ["driver"],
                    "additionalProperties": False,
                    "properties": {"driver": {"$ref": "#/$defs/driver"}},
                },
                "columnKind": {"enum": ["utf16CodeUnits", "unicodeCodePoints"]},
                "results": {"type": "array", "items": {"$ref": "#/$defs/result"}},
                "invocations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "required": ["executionSuccessful"],
                        "additionalProperties": False,
                        "properties": {
                            "executionSuccessful": {"type": "boolean"},
                            "toolConfigurationNotifications": {
                                "type": "array",
                                "items": {
                                    "type": "object",
                                    "required": ["message"],
                                    "additionalProperties": False,
                                    "properties": {
                                        "message": {"$ref": "#/$defs/message"},
                                        "level": {"$ref": "#/$defs/level"},
                                    },
                                },
                            },
                        },
                    },
                },
            },
        },
        "driver": {
            "type": "object",
            "required": ["name", "rules"],
            "additionalProperties": False,
            "properties": {
                "name": {"type": "string"},
                "version": {"type": "string"},
                "informationUri": {"type": "string", "format": "uri"},
                "rules": {
                    "type": "array",
                    "uniqueItems": True,
                    "items": {
                        "type": "object",
                        "required": ["id"],
                        "additionalProperties": False,
                        "properties": {
                            "id": {"type": "string"},
                            "shortDescription": {"$ref": "#/$defs/message"},
                            "helpUri": {"type": "string", "format": "uri"},
                        },
                    },
                },
            },
        },
        "result": {
            "type": "object",
            "required": ["message", "ruleId", "locations"],
            "additionalProperties": False,
            "properties": {
                "ruleId": {"type": "string"},
                "ruleIndex": {"type": "integer", "minimum": 0},
                "level": {"$ref": "#/$defs/level"},
                "message": {"$ref": "#/$defs/message"},
                "locations": {"type": "array", "minItems": 1, "items": {"$ref": "#/$defs/location"}},
            },
        },
        "location": {
            "type": "object",
            "required": ["physicalLocation"],
            "additionalProperties": False,
            "properties": {
                "physicalLocation": {
                    "type": "object",
                    "required": ["artifactLocation"],
                    "additionalProperties": False,
                    "properties": {
                        "artifactLocation": {
                            "type": "object",
                            "required": ["uri"],
                            "additionalProperties": False,
                            "properties": {"uri": {"type": "string", "pattern": "^[!-~]+$"}},
                        },
                        "region": {
                            "type": "object",
                            "required": ["startLine"],
                            "additionalProperties": False,
                            "properties": {"startLine": {"type": "integer", "minimum": 1}},
                        },
                    },
                },
                "logicalLocations": {
                    "type": "array",
                    "items": {
                        "type": "object",
                        "additionalProperties": False,
                        "properties": {
                            "fullyQualifiedName": {"type": "string"},
                            "kind": {"type": "string"},
                        },
                    },
                },
            },
        },
    },
}


def test_sarif_has_the_codes_and_the_lines(lint: Run) -> None:
    """Code scanning reads it; each result refers to its rule, and each rule to its page."""
    _, out, _ = lint("-o", "sarif")
    log = json.loads(out)
    jsonschema.Draft202012Validator(SARIF).validate(log)
    (run,) = log["runs"]
    rules = run["tool"]["driver"]["rules"]
    results: list[dict[str, Any]] = run["results"]
    assert [rule["id"] for rule in rules] == ["K8S103", "K8S401", "K8S402"]
    assert all(rule["shortDescription"]["text"] == CODES[rule["id"]] for rule in rules)
    assert [rule["helpUri"] for rule in rules] == [
        docs_url("reference/codes", rule["id"].lower()) for rule in rules
    ]
    assert [rules[item["ruleIndex"]]["id"] for item in results] == [code for _, code in ALL]
    (place,) = results[0]["locations"]
    assert place["physicalLocation"]["region"] == {"startLine": 6}
    assert place["logicalLocations"][0]["fullyQualifiedName"] == "etl.load"


def test_sarif_is_right_where_there_is_nothing_to_look_at_and_with_odd_paths(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A result has a file, with a URI of its path; that a path is not there is about the run."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my dags%.py").write_text("raise ValueError('a,b: 100%\\n::error::')\n", encoding="utf-8")
    assert main(["lint", "nowhere.py", "my dags%.py", "-o", "sarif"]) == 1
    log = json.loads(capsys.readouterr().out)
    jsonschema.Draft202012Validator(SARIF).validate(log)
    (run,) = log["runs"]
    (result,) = run["results"]
    assert result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"] == "my%20dags%25.py"
    (invocation,) = run["invocations"]
    (notification,) = invocation["toolConfigurationNotifications"]
    assert notification["message"]["text"].startswith("There is no file 'nowhere.py'")
    assert main(["lint", "nowhere.py", "my dags%.py", "-o", "github"]) == 1
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith("::error title=K8S802::There is no file")
    assert second == ("::error file=my dags%25.py,line=1,title=K8S801::ValueError: a,b: 100%25%0A::error::")


def test_yaml_and_plain_have_the_same_findings(lint: Run) -> None:
    """YAML is for programs as JSON is, and plain is one line a finding."""
    _, text, _ = lint("-o", "yaml")
    _, out, _ = lint("-o", "json")
    assert yaml.safe_load(text) == json.loads(out)
    _, plain, _ = lint("-o", "plain")
    head, *lines = plain.splitlines()
    assert head.split() == ["location", "task", "level", "code", "problem"]
    assert [line.split()[0] for line in lines] == ["etl.py:6", "etl.py:6", "etl.py:7"]
