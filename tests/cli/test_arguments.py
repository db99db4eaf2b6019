"""What the command line answers without Airflow: help, its version, and arguments that are wrong."""

from __future__ import annotations

import pytest

from airflow_provider_k8sexec import __version__
from airflow_provider_k8sexec.cli import main


@pytest.mark.parametrize(
    ("words", "message"),
    [
        ("rendr x.py", "k8sexec: argument COMMAND: invalid choice: 'rendr' (choose from "),
        ("rendr x.py", "; write render. `k8sexec --help` lists what there is."),
        ("lint --taget x", "k8sexec lint: unrecognized arguments: --taget; write --target."),
        ("render x.py --tsk=a", "k8sexec render: unrecognized arguments: --tsk=a; write --task."),
        ("render -o tabl x.py", "'tabl' (choose from "),
        ("render -o tabl x.py", "; write table. `k8sexec render --help` lists what there is."),
        ("usage --last 0", "k8sexec usage: argument --last: '0' is not a number from 1 on."),
        ("usage --last many", "'many' is not a number from 1 on."),
        ("lint", "k8sexec lint: the following arguments are required: DAG_FILE."),
        ("", "k8sexec: the following arguments are required: COMMAND."),
    ],
)
def test_wrong_arguments_end_with_what_to_write(words: str, message: str, capsys: pytest.CaptureFixture[str]):
    """A command, an option or a choice that is misspelt gets its candidate; the status is 2."""
    with pytest.raises(SystemExit, match="2"):
        main(words.split())
    out, err = capsys.readouterr()
    assert message in err
    assert (out, len(err.splitlines())) == ("", 1)


def test_the_version_is_that_of_the_package(capsys: pytest.CaptureFixture[str]):
    """``k8sexec --version`` is what an issue begins with."""
    with pytest.raises(SystemExit, match="0"):
        main(["--version"])
    assert capsys.readouterr().out == f"k8sexec {__version__}\n"
