"""``k8sexec schema``: the JSON Schema of a file that a site writes, and how an editor finds it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from airflow_provider_k8sexec.cli.output import result_stdout
from airflow_provider_k8sexec.site.schemas import modeline, read_schema

if TYPE_CHECKING:
    import argparse


def schema(arguments: argparse.Namespace) -> None:
    """Print a schema, and on standard error the line of a file that names it."""
    with result_stdout():
        sys.stdout.write(read_schema(arguments.kind))
    print(f"The first line of such a file, for editors: {modeline(arguments.kind)}", file=sys.stderr)
