"""Every page that a reader has: what is in it can be copied, read, seen and typed."""

from __future__ import annotations

import ast
import configparser
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from doc_pages import PAGES, ROOT, Block, blocks_of, code_spans_of, prose_of
from shown_commands import FILE, as_of_this_airflow

from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.cli.definition import COMMANDS
from airflow_provider_k8sexec.diagnosis.codes import CHECK_CODES
from airflow_provider_k8sexec.diagnosis.codes import CODES as FAILURE_CODES
from airflow_provider_k8sexec.options.problem_codes import CODES
from airflow_provider_k8sexec.site.option_table import OPTIONS

if sys.version_info >= (3, 11):
    import tomllib
else:
    import tomli as tomllib

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

pytestmark = pytest.mark.any_line

PARSED_ALONE = {
    "CONTRIBUTING.md": "a test that lacks its imports",
    "docs/explanation/architecture.md": "one task of a file",
    "docs/explanation/cluster.md": "asks a cluster",
    "docs/reference/options.md": "arguments; tests/test_docs.py evaluates them",
}
"""The pages whose programs are no DAG files, and why."""

TEXT = {"text", "console", "diff", "dockerfile"}
"""The languages that have no parser here."""

FLAGS = {
    command.name: {"--help", "-h", *(flag for argument in command.arguments for flag in argument.flags)}
    for command in COMMANDS
}


def name(block: Block) -> str:
    """Name a block as an editor does."""
    return f"{block.page}:{block.line}"


def parse_ini(text: str) -> None:
    """Parse what belongs into ``airflow.cfg``."""
    configparser.ConfigParser(interpolation=None).read_string(text)


PARSERS: dict[str, Callable[[str], object]] = {
    "python": ast.parse,
    "yaml": lambda text: [*yaml.safe_load_all(text)],
    "json": json.loads,
    "toml": tomllib.loads,
    "ini": parse_ini,
}
BLOCKS = [block for page in PAGES for block in blocks_of(page)]
CODE = [block for block in BLOCKS if not block.language.startswith("{")]
PROGRAMS = [
    block
    for block in BLOCKS
    if block.language == "python"
    and PARSED_ALONE.get(block.page) is None
    and not FILE.match(block.text)  # a file, which the commands of its page load
]


def test_every_block_names_its_language() -> None:
    """An editor and the site colour it, and the tests below know how to read it."""
    known = {*PARSERS, *TEXT, "sh"}
    assert [name(block) for block in CODE if block.language not in known] == []
    assert len(CODE) > 60


@pytest.mark.parametrize("language", PARSERS)
def test_every_block_can_be_parsed(language: str) -> None:
    """A reader can copy it: it is whole, and the copy is what its language allows."""
    wrong = []
    for block in CODE:
        if block.language == language:
            try:
                PARSERS[language](block.text)
            except (ValueError, SyntaxError, yaml.YAMLError, configparser.Error) as error:
                wrong.append(f"{name(block)}: {error}")
    assert wrong == []


def test_the_commands_of_a_shell_can_be_parsed() -> None:
    """A reader can paste each block into a shell."""
    text = "\n".join(f"# {name(block)}\n{block.text}" for block in CODE if block.language == "sh")
    parsed = subprocess.run(["/bin/bash", "-n"], input=text, text=True, capture_output=True, check=False)
    assert parsed.stderr == ""


@pytest.mark.parametrize("program", PROGRAMS, ids=name)
def test_every_program_loads_as_a_dag_file(program: Block, tmp_path: Path) -> None:
    """A reader can copy a program into the folder of DAGs, and Airflow imports it."""
    path = tmp_path / "program.py"
    path.write_text(as_of_this_airflow(program.text))
    assert load_dag_bag(str(path)).import_errors == {}


def words_of_commands() -> Iterable[tuple[str, list[str]]]:
    """Give the words of each command of this package that a page shows."""
    for page in PAGES:
        spans = [(page, span) for span in code_spans_of(page)]
        lines = [
            (name(block), line.partition(" #")[0].removeprefix("$ "))
            for block in blocks_of(page)
            if block.language in ("sh", "console")
            for line in block.text.replace("\\\n", " ").splitlines()
        ]
        for where, text in spans + lines:
            match = re.match(r"(?:\w+=\S+ )*(?:airflow )?k8sexec ([a-z].*)", text)
            if match:
                yield where, match[1].split()


def test_every_command_that_a_page_shows_exists() -> None:
    """A reader can type it: the command is one, and takes these options."""
    shown = [*words_of_commands()]
    wrong = [
        (where, words)
        for where, words in shown
        if words[0] not in FLAGS
        or {word.partition("=")[0] for word in words if re.match("--?[a-z]", word)} - FLAGS[words[0]]
    ]
    assert wrong == []
    assert len(shown) > 30


@pytest.mark.parametrize("page", PAGES)
def test_every_setting_and_code_that_a_page_names_exists(page: str) -> None:
    """A reader can set it, and finds it in the reference."""
    text = PAGES[page]
    settings = [option for span in code_spans_of(page) for option in re.findall(r"\[k8sexec\] (\w+)", span)]
    settings += [
        setting.lower() for setting in re.findall(r"AIRFLOW__K8SEXEC__([A-Z_]+[A-Z])(?![A-Z_<])", text)
    ]
    assert {*settings} - {*OPTIONS} == set()
    assert {*re.findall(r"\bK8S\d{3}\b", text)} - {*CODES} == set()
    begun = re.findall(r"`([A-Z][A-Za-z]+)(?: \([A-Za-z]+\))?: [^`]*[.;]`", prose_of(page))
    assert {*begun} - {*FAILURE_CODES, *CHECK_CODES} == set()


@pytest.mark.parametrize("page", [page for page in PAGES if page.startswith("docs/")])
def test_a_page_answers_its_question_first(page: str) -> None:
    """Below the title comes a paragraph: no list, no table, no picture, no heading."""
    text = re.sub(r"<!--.*?-->|\A---\n.*?\n---\n", "", PAGES[page], flags=re.DOTALL)
    title, first, *_ = re.findall(r"^(?!\(.*\)=$)\S.*$", text, re.MULTILINE)
    assert title.startswith("# ")
    assert re.match(r"(?!\d+\. |\* )[\w`\[*(]", first), first


@pytest.mark.parametrize("page", PAGES)
def test_every_picture_is_there_and_is_described(page: str) -> None:
    """Who cannot see a picture reads what it shows."""
    assert not re.search(r"\{(image|figure)\}", PAGES[page]), "write ![what it shows](path)"
    pictures = re.findall(r"!\[([^\]]*)\]\(([^)\s]+)", PAGES[page])
    for description, path in pictures:
        assert len(description.split()) > 3, path
        assert ((ROOT / page).parent / path).is_file(), path


def test_no_picture_is_left_over() -> None:
    """Each file of ``docs/images`` is on a page."""
    shown = " ".join(PAGES.values())
    pictures = [path.name for path in (ROOT / "docs/images").glob("*") if path.suffix != ".md"]
    assert [picture for picture in pictures if picture not in shown] == []


def test_no_page_names_a_machine() -> None:
    """What a page shows holds on the reader's machine."""
    here = [re.escape(f"{folder}/") for folder in (ROOT, ROOT.parent, Path.home()) if folder.name]
    wrong = re.compile("|".join([*here, r"/root/", r"/home/(?!airflow)\w+", r"\blocalhost:\d{5}\b"]))
    found: list[Any] = [(page, match[0]) for page, text in PAGES.items() if (match := wrong.search(text))]
    assert found == []
