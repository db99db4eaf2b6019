"""What CONTRIBUTING.md and the pages promise of this repository: files, modules, commands, the picture."""

from __future__ import annotations

import ast
import re
import runpy
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest
import yaml

pytestmark = pytest.mark.any_line

ROOT = Path(__file__).parent.parent
PACKAGE = ROOT / "airflow_provider_k8sexec"
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(ROOT.glob("docs/**/*.md"))]
DRAWING = runpy.run_path(str(ROOT / "docs/generate"))["architecture"].__dict__
HOOKS = [
    hook
    for repo in yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))["repos"]
    for hook in repo["hooks"]
]
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
TARGETS = set(re.findall(r"^([a-z0-9-]+):", MAKEFILE, re.MULTILINE))
ROOMS = {path.stem for path in PACKAGE.iterdir()} - {"__init__", "__pycache__", "py"}
FILE = re.compile(r"[\w.-]+(/[\w.-]+)*/?")
NAMES_OF_FILES = (".yaml", ".py", ".css", ".js", ".svg", ".html", ".md", ".toml")


HOMES = {
    "executor_config": "executor_names.py",
    "pod_override": "executor_names.py",
    "pod_template_file": "executor_names.py",
    "k8sexec-": "executor_names.py",
    "k8sexec/": "executor_names.py",
    "nvidia.com/gpu": "options/resource_names.py",
    "ephemeral-storage": "options/resource_names.py",
    "ephemeral_storage": "options/resource_names.py",
    ("requests", "limits"): "options/manifests.py",
    ("containers", "initContainers"): "options/manifests.py",
}

WORDS = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8").partition("| write | not |")[2]
AVOIDED = [word for row in re.findall(r"^\| .+ \| (.+) \|$", WORDS, re.MULTILINE) for word in row.split(", ")]
WRITTEN = [*PAGES, ROOT / "CHANGELOG.md", *sorted(PACKAGE.rglob("*.py")), *sorted(PACKAGE.rglob("*.html"))]


@cache
def read_written(file: Path) -> str:
    """Read what people read, without its line breaks and the table of words."""
    return re.sub(r"\s+", " ", file.read_text(encoding="utf-8").replace(WORDS, ""))


@cache
def literals_of_the_package() -> list[tuple[Path, ast.Constant | ast.Tuple]]:
    """Give every constant and tuple in the source of every module."""
    return [
        (file, node)
        for file in sorted(PACKAGE.rglob("*.py"))
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant | ast.Tuple)
    ]


LOOSE = re.compile(
    r"\b(told|said|(is|are|was|be) asked|ask(s|ed)? (for|of)|(no|some)body|leave (it|one of the two) out"
    r"|stands? twice|whole number|not ours)\b",
    re.IGNORECASE,
)


def code_spans(page: Path) -> set[str]:
    """Give what a page sets as code within its sentences."""
    text = re.sub(r"^ *```.*?^ *```$", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    return set(re.findall(r"`([^`\n]+)`", text))


def is_module(span: str) -> bool:
    """Whether a span names a module of the package, or something in one, by its path from the package."""
    first, dot, _ = span.removeprefix("airflow_provider_k8sexec.").partition(".")
    dotted = re.fullmatch(r"\w+(\.\w+)+", span) is not None
    return dotted and bool(dot) and first in ROOMS and not span.endswith(NAMES_OF_FILES)


def defines(span: str) -> bool:
    """Whether the package has the module that a span names, and in it the function, class or constant."""
    path, parts = PACKAGE, span.removeprefix("airflow_provider_k8sexec.").split(".")
    while parts and (path / parts[0]).is_dir():
        path /= parts.pop(0)
    path /= "__init__"
    if parts and path.with_name(f"{parts[0]}.py").exists():
        path = path.with_name(parts.pop(0))
    source = path.with_suffix(".py").read_text(encoding="utf-8")
    return all(re.search(rf"^ *(def |class )?{name}\b", source, re.MULTILINE) for name in parts)


def is_path(span: str) -> bool:
    """Whether a span names a file or folder of the repository, from its root or from the package."""
    first, slash, _ = span.partition("/")
    return bool(FILE.fullmatch(span) and slash) and ((ROOT / first).exists() or first in ROOMS)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_file_that_a_page_names_exists(page: Path) -> None:
    """A reader finds each file and folder that a page names, under the root or the package, or makes it."""
    made = {line.strip("/") for line in (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()}
    named = {span for span in code_spans(page) if is_path(span)}
    named -= {span for span in named if any(span == item or span.startswith(f"{item}/") for item in made)}
    missing = {span for span in named if not ((ROOT / span).exists() or (PACKAGE / span).exists())}
    assert missing == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_module_and_function_that_a_page_names_exists(page: Path) -> None:
    """A reader finds each module, class and function that a page names by its dotted path."""
    assert {span for span in code_spans(page) if is_module(span) and not defines(span)} == set()


def test_every_table_that_contributing_names_is_where_it_says() -> None:
    """Who follows the page finds each table and function by its name in the file that is named with it."""
    page = (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8")
    pairs = re.findall(r"`(\w+)`\s+(?:in|of)\s+`([\w./]+\.py)`", page)
    pairs += [
        (name, file) for file, name in re.findall(r"`([\w./]+\.py)`:\s+(?:\w+\s+){0,4}in\s+`(\w+)`", page)
    ]
    assert len(pairs) > 8
    for name, file in pairs:
        path = ROOT / file if (ROOT / file).exists() else PACKAGE / file
        assert re.search(rf"\b{name}\b", path.read_text(encoding="utf-8")), (name, file)


def test_the_pages_do_name_files_and_modules() -> None:
    """The two tests above find what they are to hold: they can fail."""
    architecture = code_spans(ROOT / "docs/explanation/architecture.md")
    assert sum(map(is_module, architecture)) > 20
    assert sum(map(is_path, code_spans(ROOT / "CONTRIBUTING.md"))) > 20
    assert not is_module("pod.yaml")
    assert not is_path("application/json")
    assert defines("pod.manifest.build_requested_pod")
    assert not defines("pod.manifest.build_a_manifest")
    assert not defines("pod.manifests.build_requested_pod")


@pytest.mark.parametrize("word", AVOIDED)
def test_one_word_stands_for_one_thing(word: str) -> None:
    """Pages, messages and docstrings use the left column of the table of words, and not the right one."""
    avoided = re.compile(rf"\b{word}", re.IGNORECASE)
    assert [str(file.relative_to(ROOT)) for file in WRITTEN if avoided.search(read_written(file))] == []


def test_messages_and_docstrings_name_who_does_what() -> None:
    """No sentence of the package uses a word for which the page has an exact one; identifiers are free."""
    sentences = [
        (str(file.relative_to(PACKAGE)), node.lineno, found[0])
        for file, node in literals_of_the_package()
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value
        if (found := LOOSE.search(re.sub(r"\s+", " ", node.value)))
    ]
    assert sentences == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_make_target_that_a_page_names_exists(page: Path) -> None:
    """A reader can type each `make TARGET` that a page shows."""
    text = page.read_text(encoding="utf-8")
    named = re.findall(r"^make ([a-z0-9-]+)|`make ([a-z0-9-]+)", text, re.MULTILINE)
    assert {target for pair in named for target in pair if target} <= TARGETS


def test_every_function_fits_a_screen() -> None:
    """No function of the package has more than the 40 lines that the page allows, its docstring included."""
    functions = [
        (f"{file.relative_to(PACKAGE)}:{node.name}", (node.end_lineno or 0) - node.lineno + 1)
        for file in PACKAGE.rglob("*.py")
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    ]
    assert len(functions) > 500
    assert [(name, lines) for name, lines in functions if lines > 40] == []


def constants_of(node: ast.AST) -> object:
    """Give the string, or the tuple of strings, that a node of the source is."""
    if isinstance(node, ast.Tuple):
        return tuple(map(constants_of, node.elts))
    return node.value if isinstance(node, ast.Constant) else None


@pytest.mark.parametrize("constant", HOMES)
def test_a_constant_is_written_in_its_home_alone(constant: object) -> None:
    """A name that several modules need is written once: two that agree today disagree tomorrow."""
    homes = {
        str(file.relative_to(PACKAGE))
        for file, node in literals_of_the_package()
        if constants_of(node) == constant
    }
    assert homes == {HOMES[constant]}


def test_the_picture_is_what_the_code_draws() -> None:
    """The committed picture and tables are those that `make reference` draws from today's imports."""
    page = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
    assert DRAWING["build_page"]() == page, "the rooms or their arrows have changed: run `make reference`"


def test_the_house_is_small_enough_to_be_known() -> None:
    """The package has no more entries, and no more layers, than the page on the architecture promises."""
    page = (ROOT / "docs/explanation/architecture.md").read_text(encoding="utf-8")
    promised = re.search(r"at most (\d+) entries in at most (\d+) layers", page)
    assert promised is not None
    entries = [path.name for path in PACKAGE.iterdir() if path.name not in {"__pycache__", "py.typed"}]
    layers, _ = DRAWING["read_layers"]()
    assert len(entries) <= int(promised[1])
    assert len(layers) <= int(promised[2])


def test_the_picture_shows_every_room_and_each_way_between_two() -> None:
    """An arrow that the picture leaves out is one whose ends are joined by other arrows of the picture."""
    arrows = DRAWING["read_arrows"]()
    shown = DRAWING["leave_shortcuts_out"](arrows)
    assert set(arrows) == ROOMS

    def reached(room: str) -> set[str]:
        return set().union(shown[room], *(reached(other) for other in shown[room]))

    assert all(imported <= reached(room) for room, imported in arrows.items())
    assert sum(map(len, shown.values())) < sum(map(len, arrows.values()))


def test_a_shortcut_is_left_out_of_the_picture() -> None:
    """Of two ways from one room to another the picture shows the one with more stations."""
    arrows = {"roof": {"floor", "ground"}, "floor": {"ground"}, "ground": set()}
    assert DRAWING["leave_shortcuts_out"](arrows) == {"roof": {"floor"}, "floor": {"ground"}, "ground": set()}


def test_the_picture_refuses_a_way_that_no_import_takes() -> None:
    """What the script knows of Airflow's processes is held against the imports: an old entry is an error."""
    arrows = {room: set(imported) for room, imported in DRAWING["read_arrows"]().items()}
    arrows["policies"].discard("launch")
    with pytest.raises(ValueError, match="policies does not import launch: correct ENTRANCES"):
        list(DRAWING["list_entrances"](arrows))


def test_the_pre_commit_configuration_is_valid() -> None:
    """The command `pre-commit` itself accepts the configuration, without a warning."""
    command = [sys.executable, "-m", "pre_commit", "validate-config", str(ROOT / ".pre-commit-config.yaml")]
    ran = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    assert (ran.returncode, ran.stdout + ran.stderr) == (0, "")


def test_pre_commit_needs_no_network() -> None:
    """Each hook runs a command of the environment: nothing is fetched, and nothing is pinned twice."""
    environment = str(Path(sys.executable).parent)
    for hook in HOOKS:
        assert hook["language"] == "system"
        assert shutil.which(hook["entry"].split()[0], path=environment), hook["entry"]


def test_pre_commit_runs_what_make_lint_runs() -> None:
    """Who commits with the hooks installed passes `make lint`: the commands are the same."""
    recipe = re.search(r"^lint:.*\n((?:\t.*\n)+)", MAKEFILE, re.MULTILINE)
    assert recipe is not None
    linted = {line.strip().removeprefix("$(BIN)/").split(" --")[0] for line in recipe[1].splitlines()}
    assert {hook["entry"].split(" --")[0] for hook in HOOKS} == linted
