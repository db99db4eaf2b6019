"""``k8sexec schema``: the schema on standard output, and the line that names it on standard error."""

from __future__ import annotations

from processes import run_python

from airflow_provider_k8sexec.site.schemas import SCHEMAS, modeline, read_schema

PROGRAM = """
import sys
from airflow_provider_k8sexec.cli import main
try:
    main()
finally:
    print(sorted({"airflow", "kubernetes"} & {*sys.modules}), file=sys.stderr)
"""


def test_a_schema_is_printed_without_airflow() -> None:
    """A person with an editor may have the wheel alone; what is printed can be stored as it is."""
    for kind in SCHEMAS:
        ended = run_python("-c", PROGRAM, "schema", kind)
        assert ended.returncode == 0
        assert ended.stdout == read_schema(kind)
        assert modeline(kind) in ended.stderr
        assert ended.stderr.splitlines()[-1] == "[]"


def test_another_kind_of_file_gets_the_kinds_that_there_are() -> None:
    """The kinds are few, and in the message."""
    ended = run_python("-c", PROGRAM, "schema", "profile")
    assert ended.returncode == 2
    assert "profiles" in ended.stderr
    assert "policy-rules" in ended.stderr
