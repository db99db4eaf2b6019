"""Pictures of the commands on a real terminal, for people to look at; and those that the pages show.

Pages show output as text, which can be copied and is compared with the commands; so none of these is theirs.
"""

from __future__ import annotations

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
import textwrap
from pathlib import Path

import pytest
from chromium import resize
from pictures import needs_pictures

ROOT = Path(__file__).parents[2]
PICTURES = ROOT / "build" / "screenshots"
IMAGES = ROOT / "docs" / "images"
WIDTHS = (80, 120, 200)
LARGEST = 150_000
WRONG = """
    import pendulum
    from airflow.sdk import DAG

    from airflow_provider_k8sexec import k8s_task

    with DAG("sales", schedule="@daily", start_date=pendulum.datetime(2026, 1, 1)):

        @k8s_task(cpu="500", memory=512, env={"MODE": "daily"})
        def extract(): ...

        @k8s_task(cpu=(4, 2), memory="1Gi", secrets=["api-token"], node_selector={"disk": 1})
        def train(): ...

        extract() >> train()
"""
COMMANDS = {
    "render": "render example_secret.py example_gpu.py example_profiles.py -o table",
    "lint": "lint sales.py",
    "explain": "explain example_layered_defaults.py --task heavy.report",
}
SETTINGS = {
    "AIRFLOW__CORE__EXECUTOR": "KubernetesExecutor",
    "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE": "template.yaml",
    "AIRFLOW__K8SEXEC__PROFILES_FILE": "profiles.yaml",
}
BEGIN_AGAIN = "\r\x1b[K"
"""What erases a line of progress."""

STYLE = (
    "margin: 0; padding: 14px 18px; width: max-content; background: #16181d; color: #e6e6e6;"
    "font: 14px/1.35 'DejaVu Sans Mono', monospace; white-space: pre"
)


@pytest.fixture
def folder(tmp_path):
    """Make a folder of DAG files: the examples, and one with mistakes."""
    for example in (ROOT / "example_dags").glob("*.py"):
        (tmp_path / example.name).write_bytes(example.read_bytes())
    (tmp_path / "profiles.yaml").write_bytes((ROOT / "example_dags" / "profiles.yaml").read_bytes())
    (tmp_path / "template.yaml").write_text("spec: {containers: [{name: base, image: airflow}]}")
    (tmp_path / "sales.py").write_text(textwrap.dedent(WRONG).lstrip(), encoding="utf-8")
    return tmp_path


def run_on_a_terminal(arguments, width, folder):
    """Run a command on a terminal of a width, and give what it wrote there."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, width, 0, 0))
    env = {name: value for name, value in os.environ.items() if name not in {"COLUMNS", "LINES"}}
    program = "from airflow_provider_k8sexec.cli import main; main()"
    with subprocess.Popen(  # noqa: S603  # this package's own command
        [sys.executable, "-W", "ignore", "-c", program, *arguments],
        cwd=folder,
        env={**env, **SETTINGS, "TERM": "xterm", "PYTHONPATH": str(ROOT)},
        stdout=theirs,
        stderr=theirs,
        stdin=theirs,
    ):
        os.close(theirs)
        written = b""
        while True:
            try:
                piece = os.read(ours, 65536)
            except OSError:  # the end, on Linux
                break
            if not piece:
                break
            written += piece
    os.close(ours)
    return written.decode()


@needs_pictures
@pytest.mark.once_a_line
@pytest.mark.parametrize("name", COMMANDS)
def test_a_terminal_is_pictured(name, chromium, folder):
    """`make screenshots` runs the command on terminals of three widths, and shows the very bytes."""
    for width in WIDTHS:
        text = run_on_a_terminal(COMMANDS[name].split(), width, folder)
        lines = [line.rpartition(BEGIN_AGAIN)[2] for line in text.replace("\r\n", "\n").rstrip().split("\n")]
        assert lines != [""]
        assert max(map(len, lines)) <= width
        chromium.get("about:blank")
        size = chromium.execute_script(
            "const text = document.createElement('pre');"
            "text.style.cssText = arguments[0]; text.textContent = arguments[1];"
            "document.body.style.cssText = 'margin: 0; overflow: hidden';"
            "document.body.replaceChildren(text);"
            "return [text.offsetWidth, text.offsetHeight]",
            STYLE,
            "\n".join([f"$ k8sexec {COMMANDS[name]}", *lines]),
        )
        resize(chromium, size)
        PICTURES.mkdir(parents=True, exist_ok=True)
        assert chromium.save_screenshot(str(PICTURES / f"terminal-{name}-{width}.png"))


def test_each_picture_is_used_and_small_and_each_that_is_used_is_there():
    """Pages show the pictures of the folder with a text for who does not see them, and no others."""
    pages = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")]
    used = {}
    for page in pages:
        for alternative, target in re.findall(r"!\[([^]]*)\]\(([^)\s]+)", page.read_text(encoding="utf-8")):
            used[(page.parent / target).resolve()] = alternative
    there = {picture for picture in IMAGES.iterdir() if picture.suffix == ".png"}
    assert there <= set(used), "a picture that no page shows"
    assert {picture for picture in used if not picture.exists()} == set()
    assert {picture.name for picture, alternative in used.items() if len(alternative) < 20} == set()
    assert {picture.name for picture in there if picture.stat().st_size > LARGEST} == set()
