"""``k8sexec migrate`` on DAG files that do not do what was meant: explained, and mended with ``--fix``."""

from __future__ import annotations

import re
import shutil
from types import SimpleNamespace

import pytest
from meant_options import WRONG
from migrated_corpus import CORPUS, contents, options_in, read_options, run_k8sexec

pytestmark = pytest.mark.once_a_line

MENDED = {name: wrong for name, wrong in WRONG.items() if wrong.meant}
OF_THE_LOAD = ("TypeError: ", "AirflowException: ")  # Airflow 3 and 2, of an argument that is none
EXPLAINED = {name: wrong for name, wrong in WRONG.items() if not wrong.meant}


@pytest.fixture(scope="module")
def mended(tmp_path_factory):
    """Run the command over copies of the wrong files, as it is and with ``--fix``."""
    found = {}
    for name, flags in (("explained", ["--write"]), ("fixed", ["--write", "--fix"])):
        root = tmp_path_factory.mktemp(name)
        shutil.copytree(CORPUS / "wrong", root / "wrong", ignore=shutil.ignore_patterns(".*", "__pycache__"))
        run = run_k8sexec(root, "migrate", *flags, "wrong")
        found[name] = SimpleNamespace(root=root, run=run, files=contents(root / "wrong"))
    return SimpleNamespace(**found, original=contents(CORPUS / "wrong"))


@pytest.mark.parametrize(("name", "wrong"), WRONG.items())
def test_what_is_wrong_stays_as_it_is(mended, name, wrong):
    """Without ``--fix``, no pod changes that does not do today what was meant."""
    after = mended.explained.files[name]
    if wrong.right:
        assert options_in(after) == [*map(read_options, wrong.right)]
    else:
        assert after == mended.original[name]


@pytest.mark.parametrize(("name", "wrong"), WRONG.items())
def test_what_is_wrong_is_explained(mended, name, wrong):
    """A sentence for each mistake names the file and line, and what the pod does today."""
    found = re.findall(rf"^\S*{name}:[0-9]+: (.+)$", mended.explained.run.stderr, re.MULTILINE)
    sentences = [sentence for sentence in found if not sentence.startswith(OF_THE_LOAD)]
    assert len(sentences) == len(wrong.explained), mended.explained.run.stderr
    for sentence, expected in zip(sentences, wrong.explained, strict=True):
        assert expected in sentence


@pytest.mark.parametrize(("name", "wrong"), MENDED.items())
def test_a_fix_writes_what_was_meant(mended, name, wrong):
    """The pod options of every call are those that the author meant, and no other."""
    assert options_in(mended.fixed.files[name]) == [*map(read_options, wrong.meant)]


@pytest.mark.parametrize("name", EXPLAINED)
def test_what_is_not_sure_is_not_mended(mended, name):
    """Where nobody can know what was meant, the file stays as it is."""
    assert mended.fixed.files[name] == mended.original[name]


def test_lint_has_nothing_against_what_is_mended(mended):
    """What was wrong is right, in every file that is mended."""
    run = run_k8sexec(mended.fixed.root, "lint", *(f"wrong/{name}" for name in MENDED))
    assert run.returncode == 0, run.stdout
