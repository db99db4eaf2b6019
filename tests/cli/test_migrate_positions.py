"""Where nodes of a file are: as LibCST's own provider has it, for every node."""

from __future__ import annotations

from pathlib import Path

import libcst as cst
import pytest
from libcst.metadata import MetadataWrapper, PositionProvider

from airflow_provider_k8sexec.cli.migrate.writing.positions import find_positions

pytestmark = pytest.mark.any_line

FILES = sorted((Path(__file__).parents[1] / "support" / "migrate_corpus").rglob("*.py"))[::8]
ODD = 'x = (\n  (1,  # one\n\t2)\n)\r\nif x:\r\n\ty = """a\r\nb"""\r\n@f\nclass A: pass ; z = f"{x}"\n'


@pytest.mark.parametrize(
    "source", [ODD, *(file.read_bytes() for file in FILES)], ids=["odd", *map(str, FILES)]
)
def test_each_node_is_where_libcst_finds_it(source: str | bytes) -> None:
    """Brackets, decorators and line ends of each kind count as they do there, the file itself aside."""
    module = cst.parse_module(source)
    found = find_positions(module)
    for node, where in MetadataWrapper(module, unsafe_skip_copy=True).resolve(PositionProvider).items():
        if not isinstance(node, cst.Module):
            start, end = where.start, where.end
            assert found[node] == ((start.line, start.column), (end.line, end.column)), node
