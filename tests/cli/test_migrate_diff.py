"""The diff that ``migrate`` prints: whoever applies it gets the rewritten file, to the byte."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from airflow_provider_k8sexec.cli.migrate.file_bytes import FileBytes
from airflow_provider_k8sexec.cli.migrate.results.diff import write_diff
from airflow_provider_k8sexec.cli.migrate.results.new_files import NewFile, print_diffs
from airflow_provider_k8sexec.cli.output import kept_stdout

pytestmark = pytest.mark.any_line

BEFORE = "".join(f"line {number}\n" for number in range(20))
AFTER = BEFORE.replace("line 3\n", "").replace("line 17", "line seventeen")
TEXTS = {
    "plain": (BEFORE, AFTER),
    "crlf": (BEFORE.replace("\n", "\r\n"), AFTER.replace("\n", "\r\n")),
    "no newline at the end": (BEFORE.rstrip(), AFTER.rstrip()),
    "a newline more at the end": (BEFORE.rstrip(), AFTER),
    "form feeds and other odd ends": (f"a\x0cb\u2028c\rd\n{BEFORE}", f"a\x0cb\u2028c\rd\n{AFTER}"),
    "all of it": ("only\n", ""),
}


@pytest.mark.parametrize(
    "program", [["git", "apply"], ["patch", "-p1", "-s", "--binary"]], ids=["git", "patch"]
)
@pytest.mark.parametrize("texts", TEXTS.values(), ids=TEXTS)
def test_a_diff_can_be_applied(
    texts: tuple[str, str], program: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The file becomes the rewritten one, with its own line ends."""
    monkeypatch.chdir(tmp_path)
    before, after = texts
    file = tmp_path / "dags/load.py"
    file.parent.mkdir()
    file.write_bytes(before.encode())
    diff = write_diff(str(file), before, after, ["k8sexec: dags/load.py:3: a note"])
    applied = subprocess.run(program, input=diff.encode(), check=False)  # noqa: S603  # as parametrised
    assert applied.returncode == 0, diff
    assert (file.read_bytes() if file.exists() else b"") == after.encode()


@pytest.mark.parametrize(
    "name", ["my load.py", 'a "quoted" one.py', "tab\there.py", "schön.py", "back\\slash.py"]
)
def test_a_diff_names_odd_files(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Git finds a file whose name has spaces, quotes or letters beyond ASCII."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / name).write_text(BEFORE)
    (tmp_path / "a.diff").write_text(write_diff(str(tmp_path / name), BEFORE, AFTER))
    assert subprocess.run(["git", "apply", "a.diff"], check=False).returncode == 0  # noqa: S607
    assert (tmp_path / name).read_text() == AFTER


@pytest.mark.parametrize("encoding", ["utf-8-sig", "latin-1"])
def test_a_diff_is_in_the_encoding_of_its_file(
    encoding: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfdbinary: pytest.CaptureFixture[bytes]
) -> None:
    """Git applies it to a file with a mark of UTF-8, and to one of Latin-1 whose name has other letters."""
    monkeypatch.chdir(tmp_path)
    before, after = (f"# coding: {encoding}\n# \xe9\n{rest}\n" for rest in ("old", "new"))
    Path("sch\u014dn.py").write_bytes(before.encode(encoding))
    file = FileBytes.read("sch\u014dn.py")
    with kept_stdout():
        print_diffs([NewFile(file, before, after, ("a note: \u2026",))])
    diff = capfdbinary.readouterr().out
    applied = subprocess.run(["git", "apply"], input=diff, check=False)  # noqa: S607
    assert applied.returncode == 0, diff
    assert Path("sch\u014dn.py").read_bytes() == after.encode(encoding)


def test_a_file_elsewhere_is_named_from_the_root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """``cd / && patch -p1`` applies it, and the header is what tools know."""
    monkeypatch.chdir("/")
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    diff = write_diff(str(tmp_path / "load.py"), "a\n", "b\n")
    assert diff.splitlines()[:2] == [f"--- a{tmp_path}/load.py", f"+++ b{tmp_path}/load.py"]


def test_equal_texts_have_no_diff() -> None:
    """No header stands there without a change, and no note."""
    assert write_diff("load.py", BEFORE, BEFORE, ["a note"]) == ""
