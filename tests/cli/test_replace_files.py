"""How ``migrate --write`` replaces files."""

from __future__ import annotations

import os
import re
import signal
from typing import TYPE_CHECKING

import pytest

from airflow_provider_k8sexec.cli.migrate.results.replace_files import (
    ended_by_signals,
    explain_unwritable,
    replace_file,
)
from airflow_provider_k8sexec.exceptions import K8sExecError

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_line


def names_in(folder: Path) -> list[str]:
    """List what is in a folder."""
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def file(tmp_path: Path) -> Path:
    """Make a file to replace."""
    path = tmp_path / "load.py"
    path.write_bytes(b"old")
    return path


def test_a_file_keeps_its_mode_and_leaves_nothing_behind(file: Path) -> None:
    """The new file has the rights of the old one, and nothing else is in the folder."""
    file.chmod(0o640)
    replace_file(str(file), b"old", b"new")
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"new", 0o640)
    assert names_in(file.parent) == ["load.py"]


def test_the_dag_processor_sees_that_a_file_is_new(file: Path) -> None:
    """Its time is that of the change: Airflow parses a file again when that has grown."""
    os.utime(file, (1, 1))
    replace_file(str(file), b"old", b"new")
    assert file.stat().st_mtime > 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives files away")
def test_a_file_keeps_its_owner(file: Path) -> None:
    """Root, who runs the command in a container, does not take a file from who it belongs to."""
    os.chown(file, 1234, 1235)
    replace_file(str(file), b"old", b"new")
    assert (file.stat().st_uid, file.stat().st_gid) == (1234, 1235)


def test_of_a_link_the_file_that_it_leads_to_is_replaced(file: Path) -> None:
    """A link stays a link: several may lead to one file."""
    link = file.parent / "link.py"
    link.symlink_to("load.py")
    replace_file(str(link), b"old", b"new")
    assert link.is_symlink()
    assert file.read_bytes() == b"new"


def test_a_file_that_has_changed_since_is_not_overwritten(file: Path) -> None:
    """What an editor has saved meanwhile is kept, and the author learns of it."""
    file.write_bytes(b"edited")
    with pytest.raises(K8sExecError, match=r"load.py has changed since it was read; run the command again."):
        replace_file(str(file), b"old", b"new")
    assert file.read_bytes() == b"edited"
    assert names_in(file.parent) == ["load.py"]


def test_a_file_that_is_gone_is_a_sentence(file: Path) -> None:
    """A file that somebody has removed does not come back."""
    file.unlink()
    with pytest.raises(K8sExecError, match=r"load.py could not be written: no such file or directory; "):
        replace_file(str(file), b"old", b"new")
    assert names_in(file.parent) == []


def test_what_is_read_only_is_known_before_anything_is_written(file: Path) -> None:
    """The reason names the file or its folder, for root as well, and what to do."""
    assert explain_unwritable(str(file)) == ""
    file.chmod(0o444)
    assert re.search(r"load.py is read-only; make it writable \(chmod u\+w\)", explain_unwritable(str(file)))
    file.chmod(0o644)
    file.parent.chmod(0o555)
    try:
        assert "The folder of " in explain_unwritable(str(file))
    finally:
        file.parent.chmod(0o755)


def test_sigterm_leaves_no_temporary_file(file: Path) -> None:
    """A run that is ended in the middle ends with the status of shells, after its clean-up."""

    def write_and_be_ended() -> None:
        os.kill(os.getpid(), signal.SIGTERM)
        replace_file(str(file), b"old", b"new")

    with ended_by_signals(), pytest.raises(SystemExit, match="143"):
        write_and_be_ended()
    assert file.read_bytes() == b"old"
    assert names_in(file.parent) == ["load.py"]
