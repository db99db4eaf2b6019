"""From edits to the new source of a file."""

from __future__ import annotations

import ast
import io
import textwrap
import tokenize

import pytest
from edited_sources import replace_config

from airflow_provider_k8sexec.cli.migrate.writing import write_edits

CONFIG = '{"pod_override": k8s.V1Pod()}'


def comments_of(source: str) -> list[str]:
    tokens = tokenize.generate_tokens(io.StringIO(source).readline)
    return sorted(token.string for token in tokens if token.type == tokenize.COMMENT)


def check(before: str, after: str, *, text: str = CONFIG, **options: object) -> None:
    """Replace one expression, and compare the whole file."""
    before, after = textwrap.dedent(before), textwrap.dedent(after)
    written = write_edits(before, [replace_config(before, text, **(options or {"memory": "2Gi"}))])
    assert written == after
    ast.parse(written)
    assert comments_of(written) == comments_of(before)


def test_a_config_of_an_operator_becomes_k8s_config_in_its_place() -> None:
    """All that is around the expression stays as it is, and the import that it needed goes."""
    check(
        """\
        from airflow.providers.standard.operators.bash import BashOperator
        from kubernetes.client import models as k8s

        extract = BashOperator( task_id = 'extract',  # as it was
            bash_command='x', executor_config={"pod_override": k8s.V1Pod()} )
        """,
        """\
        from airflow.providers.standard.operators.bash import BashOperator
        from airflow_provider_k8sexec import k8s_config

        extract = BashOperator( task_id = 'extract',  # as it was
            bash_command='x', executor_config=k8s_config(memory="2Gi") )
        """,
    )


@pytest.mark.parametrize(
    ("imported", "decorator", "remaining", "written"),
    [
        ("from airflow.sdk import task", "task", "", "k8s_task"),
        ("from airflow.sdk import dag, task", "task.bash", "from airflow.sdk import dag\n", "k8s_task.bash"),
        ("from airflow.decorators import task as t", "t.branch", "", "k8s_task.branch"),
        ("from airflow import decorators", "decorators.task", "", "k8s_task"),
        ("import airflow.sdk as sdk", "sdk.task.virtualenv", "", "k8s_task.virtualenv"),
    ],
)
def test_a_decorator_takes_the_options(imported: str, decorator: str, remaining: str, written: str) -> None:
    """However a file calls Airflow's decorator, it becomes that of this package, and its import goes."""
    before = f"{imported}\n\n\n@{decorator}(retries=2, executor_config={CONFIG})\ndef run(): ...\n"
    after = f'@{written}(retries=2, memory="2Gi", cpu=1)\ndef run(): ...\n'
    check(
        before, f"{remaining}from airflow_provider_k8sexec import k8s_task\n\n\n{after}", memory="2Gi", cpu=1
    )
