"""What no edit concerns is hidden from LibCST, and comes back as it was: only the edit shows."""

from __future__ import annotations

import ast

import pytest

from airflow_provider_k8sexec.cli.migrate.edits import NameEdit, Span
from airflow_provider_k8sexec.cli.migrate.writing.hidden_text import HiddenText
from airflow_provider_k8sexec.cli.migrate.writing.write_edits import write_edits

pytestmark = pytest.mark.any_line

OLD = '{"pod_override": POD}'

SOURCES = {
    "two spaces, the first block hidden": "def f():\n  if x:\n    return 1\n\ndef g():\n  use(CONFIG)\n",
    "tabs": "def f():\n\tpass\nif x:\n\tif y:\n\t\tz = 1\n\tuse(CONFIG)\n",
    "if and else": "if a:\n    x = 1\n    y = 2\nelse:\n    use(CONFIG)\nz = 3\n",
    "elif with an edit": "if a:\n    x = 1\nelif b:\n    use(CONFIG)\nelif c:\n    x = 2\nelse:\n    x = 3\n",
    "elif without one": "if a:\n    use(CONFIG)\nelif b:\n    x = 1\nelse:\n    x = [1,2]\n",
    "match": "match a:\n  case 1:\n    x\n  case [b, *_] if b:\n    use(CONFIG)\n  case _:\n    y = 2\n",
    "try": "try:\n    x = 1\nexcept A:\n    use(CONFIG)\nexcept B:\n    y = 2\nfinally:\n    z = 3\n",
    "other line ends": 'x = """a\r\nb"""\r\nif y:\r\n    z = 1\r\n\r\nuse(CONFIG)\r\nif z:\r\n    y = 1\r\n',
    "comments below": "def f():\n  a\n  # in\n\n  # still\n# out\nuse(CONFIG)\nx = 1\n  # odd\ny = 2\n",
    "a block on one line": "if x: y = 1\nelse: y = 2\nif z: use(CONFIG)\nfor a in b: c; d\nclass A: pass\n",
    "several on a line": "x = 1; use(CONFIG); y = 2\nz = 3; w = 4\n",
    "other letters before": 'x = "äöü"\nuse("ä€😀", CONFIG, "ü")\ny = "😀"\n',
    "other letters in hidden blocks": "def f():\n    ä = '€'\n    use('ß', CONFIG)\n    ö = 'ü'  # ñ\n",
    "form feeds": "x = 1\n\x0c\ny = 2\nuse(CONFIG)\n\x0c\nz = 3\n",
    "no line end": "x = 1\nuse(CONFIG)\ny = 2",
    "continued lines": "x = 1 + \\\n    2\nuse(CONFIG)\nassert x, \\\n    y\n",
    "decorators": "@a\n# between\n@b(1)\ndef f():\n    pass\n\n@c(CONFIG)\nclass A:\n    x = 1\n",
    "docstrings": '"""Of the file."""\n\ndef f():\n    """Of f."""\n\n    x = 1\n    use(CONFIG)\n',
    "quotes": "x = '''\"\"\"'''\ny = r'\\1 \\g<0>'\nuse(CONFIG)\nz = r'\\d'\n",
    "imports": "if a:\n    import b\n    x = b\nuse(CONFIG)\ndef f():\n    from c import d\n    return d\n",
}


def edit_of(source: str) -> NameEdit:
    """Give the edit of the one config in a source."""
    before = source[: source.index(OLD)]
    line, column = before.count("\n") + 1, len(before.rpartition("\n")[2].encode())
    return NameEdit(Span(line, column, line, column + len(OLD)), "POD")


@pytest.mark.parametrize("name", SOURCES)
def test_only_the_edit_changes_a_file(name: str) -> None:
    """Line ends, indentation, comments and letters of each kind stay, in what is hidden and around it."""
    source = SOURCES[name].replace("CONFIG", OLD)
    assert write_edits(source, [edit_of(source)]) == source.replace(OLD, "POD")


@pytest.mark.parametrize("name", SOURCES)
def test_what_is_hidden_is_restored(name: str) -> None:
    """What is shown has as many lines, is Python, has the edit where it was, and becomes the file again."""
    source = SOURCES[name].replace("CONFIG", OLD)
    edit = edit_of(source)
    hidden = HiddenText.hide(source, ast.parse(source), [edit])
    ast.parse(hidden.shown)
    assert hidden.shown.count("\n") == source.count("\n")
    restored = hidden.restore(hidden.shown)
    assert restored.replace(f"[{' ' * (len(OLD) - 2)}]", OLD) == source


def test_what_no_edit_concerns_is_hidden() -> None:
    """Neither a statement nor a block beside the edit is left to LibCST, which takes most of the time."""
    source = f"def f():\n    first()\n\nuse({OLD})\nsecond()\n"
    shown = HiddenText.hide(source, ast.parse(source), [edit_of(source)]).shown
    assert "first" not in shown
    assert "second" not in shown
    assert "use(" in shown
