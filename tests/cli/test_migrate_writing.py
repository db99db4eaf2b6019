"""From edits to the new source of a file."""

from __future__ import annotations

import ast
import io
import textwrap
import tokenize

import pytest
from edited_sources import replace_config, span_of, write_options

from airflow_provider_k8sexec.cli.migrate.edits import NameEdit, OperatorEdit, RemovalEdit
from airflow_provider_k8sexec.cli.migrate.writing.write_edits import write_edits

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
            bash_command='x', executor_config=k8s_config(memory='2Gi') )
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


@pytest.mark.parametrize(
    ("before", "reason"),
    [
        (f"@task(image='x', executor_config={CONFIG})\ndef run(): ...\n", "an argument has an option's name"),
        (f"@task(**common, executor_config={CONFIG})\ndef run(): ...\n", "any argument may have one"),
        (f"@task.kubernetes(executor_config={CONFIG})\ndef run(): ...\n", "the task starts a pod of its own"),
        (
            f"@task(executor_config={CONFIG})\ndef run(): ...\n\n\nrun.override(executor_config=BIG)()\n",
            "what is overridden would lose to the options of the decorator",
        ),
        (
            f"@task(executor_config={CONFIG})\ndef run(): ...\n\n\n[it.override(**x)() for it in (run,)]\n",
            "anything may be overridden",
        ),
        (f"@mine.task(executor_config={CONFIG})\ndef run(): ...\n", "the decorator is not Airflow's"),
    ],
)
def test_a_decorator_stays_where_options_in_it_would_not_be_the_same(before: str, reason: str) -> None:
    """The config alone is rewritten where the decorator's other arguments or its uses are in the way."""
    before = f"from airflow.sdk import task\n\n\n{before}"
    edit = replace_config(before, CONFIG, memory="2Gi")
    after = before.replace(CONFIG, 'k8s_config(memory="2Gi")')
    written = write_edits(before, [edit]).replace("'2Gi'", '"2Gi"')
    assert written.endswith(after.partition("\n\n\n")[2]), reason


def test_a_function_that_other_files_import_keeps_its_decorator() -> None:
    """They may override what they import."""
    before = f"from airflow.sdk import task\n\n\n@task(executor_config={CONFIG})\ndef run(): ...\n"
    written = write_edits(before, [replace_config(before, CONFIG, memory="2Gi")], frozenset({"run"}))
    assert '@task(executor_config=k8s_config(memory="2Gi"))' in written


WITH_COMMENTS = """\
{
    "pod_override": k8s.V1Pod(  # of the team
        spec=k8s.V1PodSpec(
            containers=[
                k8s.V1Container(
                    # as measured in May
                    # and in June
                    resources=amounts("2Gi"),  # peak  # noqa: X1
                    env=[
                        variable("A"),
                    ],  # type: ignore[x]
                    image="x",  # noqa: E501
                    # no command
                )
            ]
        )
    )  # the end
}"""


def test_comments_stand_at_the_options_that_replace_their_fields() -> None:
    """Beside it what was beside the field, above it what was above; those for tools go with their code."""
    before = f"from kubernetes.client import models as k8s\n\nCONFIG = {WITH_COMMENTS}\n"
    marks = {"memory": "resources", "secrets": "env=", "image": "image"}
    edit = replace_config(before, WITH_COMMENTS, marks, memory="2Gi", secrets=["A"], image="x")
    assert (
        write_edits(before, [edit])
        == """\
from airflow_provider_k8sexec import k8s_config

CONFIG = k8s_config(
    # of the team
    # the end
    # as measured in May
    # and in June
    memory="2Gi",  # peak
    secrets=["A"],
    # no command
    image="x",
)
"""
    )


def test_comments_in_a_decorator_stand_at_the_options() -> None:
    """Each argument gets a line, and the comments of the other arguments stay at these."""
    config = '{\n    # big\n    "pod_override": pod,\n}'
    check(
        f"""\
from airflow.sdk import task


@task(retries=2, executor_config={config},  # both
      pool="x")  # slow
def run(): ...
""",
        """\
from airflow_provider_k8sexec import k8s_task


@k8s_task(
    retries=2,
    # big
    # both
    memory="2Gi",
    pool="x",
)  # slow
def run(): ...
""",
        text=config,
        memory="2Gi",
    )


IMPORTS = """\
CONFIG = f(1)
-----
from airflow_provider_k8sexec import k8s_config

CONFIG = {}
=====
'''Doc.'''

from __future__ import annotations

CONFIG = f(1)
-----
'''Doc.'''

from __future__ import annotations

from airflow_provider_k8sexec import k8s_config

CONFIG = {}
=====
import os

from .pods import f

CONFIG = f(1)
-----
import os

from airflow_provider_k8sexec import k8s_config

CONFIG = {}
=====
from airflow_provider_k8sexec import Secret, k8s_task
CONFIG = f(1)
-----
from airflow_provider_k8sexec import Secret, k8s_config, k8s_task
CONFIG = {}
=====
from airflow_provider_k8sexec import (
    Secret,  # of ours
    k8s_task,
)
CONFIG = f(1)
-----
from airflow_provider_k8sexec import (
    Secret,  # of ours
    k8s_config,
    k8s_task,
)
CONFIG = {}
=====
from airflow_provider_k8sexec import k8s_config as config
CONFIG = f(1)
-----
from airflow_provider_k8sexec import k8s_config as config
CONFIG = config(memory="2Gi")
=====
from airflow import DAG


def k8s_config(): ...


CONFIG = f(1)
-----
from airflow import DAG
from airflow_provider_k8sexec import k8s_config as k8sexec_config


def k8s_config(): ...


CONFIG = k8sexec_config(memory="2Gi")
=====
from mine import k8s_config

CONFIG = k8s_config(f(1))
-----
from airflow_provider_k8sexec import k8s_config as k8sexec_config
from mine import k8s_config

CONFIG = k8s_config(k8sexec_config(memory="2Gi"))
=====
from mine import k8s_config as f, k8s_config

CONFIG = f(1)
k8s_config
-----
from airflow_provider_k8sexec import k8s_config as k8sexec_config
from mine import k8s_config

CONFIG = k8sexec_config(memory="2Gi")
k8s_config
=====
import a
from kubernetes.client import (
    V1Pod,
    # pods
    f,  # old
)

CONFIG = f(1)
V1Pod()
-----
import a
from airflow_provider_k8sexec import k8s_config
from kubernetes.client import (
    V1Pod,
    # pods
    # old
)

CONFIG = {}
V1Pod()
=====
from kubernetes.client import (
    V1Pod,
    f,
)

CONFIG = f(1)
V1Pod()
-----
from airflow_provider_k8sexec import k8s_config
from kubernetes.client import V1Pod

CONFIG = {}
V1Pod()
=====
# Models
import kubernetes.client as f

CONFIG = f(1)
__all__ = ["f"]
-----
# Models
import kubernetes.client as f
from airflow_provider_k8sexec import k8s_config

CONFIG = {}
__all__ = ["f"]
=====
import kubernetes.client

CONFIG = kubernetes.f(1)
pod = None  # type: kubernetes.V1Pod
-----
import kubernetes.client
from airflow_provider_k8sexec import k8s_config

CONFIG = {}
pod = None  # type: kubernetes.V1Pod
=====
import kubernetes.client, os

CONFIG = kubernetes.f(1)


def run(pod: "os.PathLike"): ...
-----
import os
from airflow_provider_k8sexec import k8s_config

CONFIG = {}


def run(pod: "os.PathLike"): ...
=====
try:
    from kubernetes.client import f
except ImportError:
    pass

CONFIG = f(1)
-----
from airflow_provider_k8sexec import k8s_config

try:
    from kubernetes.client import f
except ImportError:
    pass

CONFIG = {}
=====
from airflow import DAG


def make():
    from kubernetes.client import f

    return f(1)
-----
from airflow import DAG
from airflow_provider_k8sexec import k8s_config


def make():
    return {}
"""


@pytest.mark.parametrize("case", IMPORTS.split("=====\n"))
def test_imports_are_added_where_isort_has_them_and_removed_where_unused(case: str) -> None:
    """An import of a name that is taken has another one; what may fail, or is used otherwise, stays."""
    before, after = case.split("-----\n")
    text = "kubernetes.f(1)" if "kubernetes.f" in before else "f(1)"
    written = write_edits(before, [replace_config(before, text, memory="2Gi")])
    assert written == after.replace("{}", 'k8s_config(memory="2Gi")').replace("'2", '"2')
    ast.parse(written)


def test_what_other_files_import_stays_imported() -> None:
    """A module of constants may be where other files have `k8s` from."""
    before = f"from kubernetes.client import models as k8s\n\nCONFIG = {CONFIG}\n"
    edits = [replace_config(before, CONFIG, memory="2Gi")]
    assert "models as k8s" in write_edits(before, edits, frozenset({"k8s"}))
    assert "models as k8s" not in write_edits(before, edits)


def test_a_pod_operator_gets_options_in_the_place_of_its_arguments() -> None:
    """The first argument that goes makes room for them; all others stay as they were."""
    before = """\
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator

run = KubernetesPodOperator(
    task_id="run",  # as ever
    container_resources=amounts(),
    image="x",
    env_vars=variables,
)
"""
    call = before.partition("run = ")[2].strip()
    options = write_options(memory="2Gi", secrets=["A"])
    edit = OperatorEdit(span_of(before, call), options, frozenset({"container_resources", "env_vars"}))
    assert (
        write_edits(before, [edit])
        == """\
from airflow_provider_k8sexec import K8sPodOperator

run = K8sPodOperator(
    task_id="run",  # as ever
    memory="2Gi",
    secrets=["A"],
    image="x",
)
"""
    )


def test_an_expression_becomes_a_name_with_its_comments() -> None:
    """A dict around a pod that becomes a config is the name of the config."""
    one = 'one(executor_config={"pod_override": POD})\n'
    before = f"{one}two(\n    executor_config={{  # big\n        **POD\n    }},\n)\n"
    edits = [
        NameEdit(span_of(before, '{"pod_override": POD}'), "POD"),
        NameEdit(span_of(before, "{  # big\n        **POD\n    }"), "POD"),
    ]
    after = "one(executor_config=POD)\ntwo(\n    executor_config=(\n        # big\n        POD\n    ),\n)\n"
    assert write_edits(before, edits) == after


def test_the_comments_of_a_statement_that_goes_are_kept() -> None:
    """They stand at the option that came of it, or above the next statement."""
    before = """\
from kubernetes.client import models as k8s

# What the lake needs
amounts = k8s.V1ResourceRequirements()
# Nothing
other = 1

CONFIG = f(1)
"""
    edits = [
        replace_config(before, "f(1)", {"memory": "amounts ="}, memory="2Gi"),
        RemovalEdit(span_of(before, "amounts = k8s.V1ResourceRequirements()")),
        RemovalEdit(span_of(before, "other = 1")),
    ]
    assert (
        write_edits(before, edits)
        == """\
from airflow_provider_k8sexec import k8s_config

# Nothing
CONFIG = k8s_config(
    # What the lake needs
    memory="2Gi",
)
"""
    )


def test_one_of_several_statements_on_a_line_goes() -> None:
    """The others stay on it."""
    before = "a = 1; b = 2; c = 3  # all\n"
    assert write_edits(before, [RemovalEdit(span_of(before, "c = 3"))]) == "a = 1; b = 2  # all\n"


def test_words_stay_apart_from_what_takes_the_place_of_a_bracket() -> None:
    """`return{...}` needs no space, and `returnk8s_config(...)` would be a name."""
    check(
        f"def make():\n    return{CONFIG}\n",
        """\
        from airflow_provider_k8sexec import k8s_config

        def make():
            return(k8s_config(memory="2Gi"))
        """,
    )


@pytest.mark.parametrize(
    "source",
    [
        f"import a\r\n\r\nCONFIG = {CONFIG}\r\n",
        f"import a\n\x0c\nCONFIG = {CONFIG}",
        f"# -*- coding: latin-1 -*-\nimport a\n\nNAME = 'größer'; CONFIG = {CONFIG}\n",
        f"import a\n\nif a:\n\tCONFIG = {CONFIG}\n",
    ],
)
def test_line_ends_and_letters_stay_as_they_are(source: str) -> None:
    """All but the expression and the imports is the same, byte for byte."""
    written = write_edits(source, [replace_config(source, CONFIG, memory="2Gi")])
    added = "from airflow_provider_k8sexec import k8s_config" + ("\r\n" if "\r\n" in source else "\n")
    assert added in written
    restored = (
        written.replace(added, "", 1).replace("'2Gi'", '"2Gi"').replace('k8s_config(memory="2Gi")', CONFIG)
    )
    assert restored == source


def test_an_edit_of_what_is_not_there_is_refused() -> None:
    """A file that has changed since it was read is not written."""
    edit = replace_config(f"CONFIG = {CONFIG}\n", CONFIG, memory="2Gi")
    with pytest.raises(ValueError, match="a part that the file does not have"):
        write_edits("CONFIG = 1\n", [edit])
