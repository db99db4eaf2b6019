"""Runs ``k8sexec migrate`` over copies of ``migrate_corpus``, and gives what became of the files."""

from __future__ import annotations

import ast
import io
import json
import os
import subprocess
import sys
import tokenize
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Any

from airflow_lines import HELM_TEMPLATE
from processes import output_of, run_python

from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

CORPUS = Path(__file__).parent / "migrate_corpus"
PROJECTS = sorted(path for path in (CORPUS / "right").iterdir() if (path / "dags").is_dir())
DAG_FOLDERS = [str((path / "dags").relative_to(CORPUS)) for path in PROJECTS]
RIGHT = [*DAG_FOLDERS, *(f"{Path(folder).parent}/include" for folder in DAG_FOLDERS)]
RIGHT = [folder for folder in RIGHT if (CORPUS / folder).is_dir()]
"""The folders of right files, relative to the corpus: those of DAG files, and what they import."""

_MAIN = "import sys; from airflow_provider_k8sexec.cli import main; sys.exit(main())"
_RUFF = Path(sys.executable).parent / "ruff"
_LINTED = "F401,F811,F821,F841,E9"


def run_k8sexec(root: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the command in a copy of the corpus.

    Args:
        root: The copy.
        *arguments: What stands after ``k8sexec``; paths are relative to the copy.
    """
    return run_python(
        "-c", f"import os; os.chdir({str(root)!r}); {_MAIN}", *arguments, **_environment_of(root)
    )


def describe(root: Path, folders: Iterable[str]) -> dict[str, Any]:
    """Give the pods of all tasks below some folders of a copy; see ``describe_pods.py``."""
    run = run_python(Path(__file__).parent / "describe_pods.py", root, *folders, **_environment_of(root))
    described: dict[str, Any] = json.loads(output_of(run).splitlines()[-1])
    return described


def _environment_of(root: Path) -> dict[str, str]:
    """Give the variables of a process that loads a copy: its projects are on the path, as in their images."""
    roots = [str(root / project.relative_to(CORPUS)) for project in PROJECTS]
    return {
        "PYTHONPATH": os.pathsep.join([str(Path(__file__).parents[2]), *roots]),
        "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE": str(HELM_TEMPLATE),
        "AIRFLOW_VAR_RECOMMENDATIONS_MEMORY": "4Gi",
        "AIRFLOW_VAR_PRICING_RELEASE": "2024.1",
    }


def count_findings(findings: Iterable[Mapping[str, Any]]) -> Counter[tuple[str, str, str]]:
    """Count what ``k8sexec lint`` reports: file, task and code."""
    return Counter((item["file"], item["task"], item["code"]) for item in findings)


def find_unused(root: Path) -> Counter[tuple[str, str]]:
    """Give the names that ruff finds unused or undefined, and what is no Python: file and message."""
    command = [_RUFF, "check", "--isolated", "--select", _LINTED, "--output-format", "json", root]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    found = json.loads(run.stdout)
    return Counter((str(Path(item["filename"]).relative_to(root)), item["message"]) for item in found)


def find_unformatted(root: Path) -> set[str]:
    """Give the files that ruff would lay out in another way; it reads no file in another encoding."""
    command = [_RUFF, "format", "--check", "--isolated", "--output-format", "json", root]
    run = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    found = [item["filename"] for item in json.loads(run.stdout) if item["code"] == "unformatted"]
    return {str(Path(name).relative_to(root.resolve())) for name in found}


def contents(root: Path) -> dict[str, bytes]:
    """Give the bytes of every file below a folder."""
    files = sorted(path for path in root.rglob("*") if path.is_file() and "__pycache__" not in path.parts)
    return {str(path.relative_to(root)): path.read_bytes() for path in files}


def comments_of(source: bytes) -> Counter[str]:
    """Give the comments of a file, each as often as it is there."""
    tokens = tokenize.tokenize(io.BytesIO(source).readline)
    return Counter(token.string for token in tokens if token.type == tokenize.COMMENT)


def options_in(source: bytes) -> list[list[str]]:
    """Give the pod options of each call of this package in a file, by lines; in a call by their names."""
    calls = [
        node
        for node in ast.walk(ast.parse(source))
        if isinstance(node, ast.Call)
        and ast.unparse(node.func).partition(".")[0] in ("k8s_config", "k8s_task")
    ]
    return [keywords_of(call) for call in sorted(calls, key=lambda call: (call.lineno, call.col_offset))]


def read_options(text: str) -> list[str]:
    """Give the options of a call, as they are written between its parentheses."""
    call = ast.parse(f"call({text})", mode="eval").body
    assert isinstance(call, ast.Call)
    return keywords_of(call)


def keywords_of(call: ast.Call) -> list[str]:
    """Give the pod options among the arguments of a call, each as Python itself would write it."""
    return sorted(ast.unparse(keyword) for keyword in call.keywords if keyword.arg in POD_OPTIONS)
