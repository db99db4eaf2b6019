"""The tab key: what a shell completes of ``k8sexec``, and how it is told to."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs/guides/local-development.md"
PROGRAM = """#!{python}
# PYTHON_ARGCOMPLETE_OK
import os, sys
end = os._exit  # by which argcomplete ends
def leave(status):
    if "airflow" in sys.modules:
        open("with-airflow", "w").close()
    end(status)
os._exit = leave
from airflow_provider_k8sexec.cli import main
sys.exit(main())
"""
PRESS_TAB = """
{enable}
while read -r line; do
    words=($line); [ "${{line: -1}}" = " " ] && words+=("")
    COMP_LINE=$line COMP_POINT=${{#line}} COMP_TYPE=9
    COMP_CWORD=$((${{#words[@]}} - 1)) COMP_WORDS=("${{words[@]}}")
    COMPREPLY=()
    _python_argcomplete k8sexec
    echo "${{COMPREPLY[*]}}"
done
"""


@pytest.fixture(scope="module")
def pressed(tmp_path_factory: pytest.TempPathFactory) -> dict[str, set[str]]:
    """Press the tab key after several lines, in a bash that has run what the page shows."""
    folder = tmp_path_factory.mktemp("shell")
    for name in ("etl.py", "extra.txt", "eggs.zip", "base.yaml"):
        (folder / name).write_text("")
    (folder / "examples").mkdir()
    program = folder / "k8sexec"
    program.write_text(PROGRAM.format(python=sys.executable))
    program.chmod(0o755)
    (enable,) = re.findall(r'^eval "\$\(register-python-argcomplete .*$', PAGE.read_text(), re.MULTILINE)
    lines = [
        "k8sexec re",
        "k8sexec lint e",
        "k8sexec lint --ig",
        "k8sexec lint --ignore K8S401,K8S60",
        "k8sexec template --from b",
    ]
    run = subprocess.run(  # noqa: S603  # what the page shows
        ["bash", "-c", PRESS_TAB.format(enable=enable)],  # noqa: S607
        input="".join(f"{line}\n" for line in lines),
        env={
            **os.environ,
            "PATH": f"{folder}:{Path(sys.executable).parent}:{os.environ['PATH']}",
            "_ARC_DEBUG": "",
        },
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    answers = run.stdout.splitlines()
    assert not (folder / "with-airflow").exists(), "a shell waits for the import of Airflow"
    assert len(answers) == len(lines), run.stderr
    return {line: {*answer.split()} for line, answer in zip(lines, answers, strict=True)}


@pytest.mark.once_a_line
def test_a_shell_completes_commands_options_files_and_codes(pressed: dict[str, set[str]]) -> None:
    """Only files that a command can read, and the last of several codes."""
    codes = pressed.pop("k8sexec lint --ignore K8S401,K8S60")
    assert {"K8S401,K8S601", "K8S401,K8S602"} <= codes
    assert pressed == {
        "k8sexec re": {"render"},
        "k8sexec lint e": {"etl.py", "eggs.zip", "examples/"},
        "k8sexec lint --ig": {"--ignore"},
        "k8sexec template --from b": {"base.yaml"},
    }
