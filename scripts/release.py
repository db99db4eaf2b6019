"""Rehearse a release, or make it: ``make release``, and ``make release ARGS=--tag``.

The files are built twice, in two folders, from the commit alone, and have to be the same byte for byte. They
are checked, installed in a new environment, and described by a bill of materials. With ``--tag``, and if
nothing is in the way, the commit gets its tag, with the digests of the files. A workflow of the repository's
host then publishes them, without a password: CONTRIBUTING.md describes it.
"""

from __future__ import annotations

import argparse
import hashlib
import os
import re
import runpy
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

from check_dist import check

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
DIST = ROOT / "dist"
SBOM = ROOT / "build/sbom.cdx.json"
ENVIRONMENT = ROOT / ".venv-release"
WHAT_FOLLOWS = """\
{would}git tag --sign v{version} {commit}, with these digests
{would}git push origin v{version}
{then} the workflow of the tag, on a runner of the repository's host:
- builds the files from the tag, with SOURCE_DATE_EPOCH={epoch}, and compares them with the tag's digests;
- attests where they come from: the workflow's identity signs their digests, without a key (PEP 740);
- uploads them as a trusted publisher: the package index takes the workflow's identity for a password;
- makes a release of the tag, with {sbom} and the section of CHANGELOG.md.
"""


def run(*command: str | Path, cwd: Path = ROOT, **env: str) -> str:
    """Run a command, and give what it prints."""
    done = subprocess.run(command, cwd=cwd, env=os.environ | env, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def find_tool(name: str) -> Path:
    """Give the path of a tool beside this interpreter."""
    return Path(sys.executable).parent / name


def find_obstacles(version: str, repository: str) -> Iterator[str]:
    """Describe what has to be done before this commit can be released."""
    if run("git", "status", "--porcelain"):
        yield "The work tree has changes: commit them."
    if run("git", "tag", "--list", f"v{version}"):
        yield f"v{version} has been released: raise __version__ in airflow_provider_k8sexec/__init__.py."
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE):
        yield f"CHANGELOG.md has no section of it: write '## [{version}] - <date>' below '## [Unreleased]'."
    if ".example/" in repository:
        yield f"{repository} is a placeholder: set REPOSITORY_URL in airflow_provider_k8sexec/__init__.py."


def build(commit: str, epoch: str, folder: Path) -> dict[str, str]:
    """Build the files of a commit in a folder of its own, and give their digests."""
    archive = folder / "source.tar"
    run("git", "archive", "--output", archive, commit)
    with tarfile.open(archive) as files:
        files.extractall(folder, filter="data")
    run(sys.executable, "-m", "build", "--installer", "uv", cwd=folder, SOURCE_DATE_EPOCH=epoch)
    built = sorted((folder / "dist").iterdir())
    return {path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in built}


def build_twice(commit: str, epoch: str) -> str:
    """Build the files in two folders, leave them in ``dist`` if they are the same, and list their digests."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        first, second = build(commit, epoch, Path(one)), build(commit, epoch, Path(other))
        if first != second:
            sys.exit(f"Two builds of {commit} differ:\n{first}\n{second}")
        shutil.rmtree(DIST, ignore_errors=True)
        shutil.copytree(Path(one) / "dist", DIST)
    return "\n".join(f"sha256:{digest} {name}" for name, digest in first.items())


def check_contents(commit: str) -> None:
    """End with what is wrong with the files, if anything is."""
    problems = [*check(DIST, run("git", "ls-tree", "-r", "--name-only", commit).splitlines())]
    if problems:
        sys.exit("\n".join(problems))
    run(find_tool("twine"), "check", "--strict", *sorted(DIST.iterdir()))


def install(constraints: Path) -> Path:
    """Install the wheel, with what it requires, in a new environment; give its interpreter."""
    run(find_tool("uv"), "venv", "--quiet", "--clear", ENVIRONMENT)
    interpreter = ENVIRONMENT / "bin/python"
    (wheel,) = DIST.glob("*.whl")
    pip = (find_tool("uv"), "pip")
    run(*pip, "install", "--quiet", "--python", interpreter, wheel, "--constraint", constraints)
    run(*pip, "check", "--quiet", "--python", interpreter)
    return interpreter


def write_bill(interpreter: Path) -> None:
    """Write which packages, in which versions, the wheel has been installed with."""
    SBOM.parent.mkdir(exist_ok=True)
    options = ("--output-reproducible", "--output-format", "JSON", "--output-file", SBOM)
    run(find_tool("cyclonedx-py"), "environment", *options, interpreter)


def main() -> None:
    """Do everything but publish."""
    parser = argparse.ArgumentParser(description="Rehearse a release, or make it.")
    parser.add_argument("constraints", type=Path, help="what the wheel is installed with")
    parser.add_argument("--tag", action="store_true", help="tag the commit; without it, nothing is changed")
    arguments = parser.parse_args()
    package = runpy.run_path(str(ROOT / "airflow_provider_k8sexec/__init__.py"))
    version, repository = package["__version__"], package["REPOSITORY_URL"]
    commit, epoch = run("git", "log", "-1", "--format=%H %ct").split()
    obstacles = [*find_obstacles(version, repository)]
    if arguments.tag and obstacles:
        sys.exit("\n".join(obstacles))

    print(f"airflow-provider-k8sexec {version}, commit {commit}")
    digests = build_twice(commit, epoch)
    print(f"built twice, the same both times:\n{digests}")
    check_contents(commit)
    print("checked: contents, metadata, links; twine check --strict")
    write_bill(install(arguments.constraints))
    print(f"installed with {arguments.constraints.stem}; bill of materials: {SBOM.relative_to(ROOT)}")
    for obstacle in obstacles:
        print(f"before a release: {obstacle}")
    if arguments.tag:
        run("git", "tag", "--sign", f"v{version}", "--message", f"{version}\n\n{digests}", commit)
    would, then = ("", "When it is pushed,") if arguments.tag else ("would run: ", "Then")
    names = {"would": would, "then": then, "version": version, "commit": commit, "epoch": epoch}
    print(WHAT_FOLLOWS.format(sbom=SBOM.relative_to(ROOT), **names), end="")


if __name__ == "__main__":
    main()
