"""Rehearse a release, or make it: ``make release``, and ``make release ARGS=--tag``.

The files are built twice, in two folders, from the commit alone, and have to be the same byte for byte. They are
checked, installed in a new environment, and described by a bill of materials. With ``--tag`` and nothing in the way,
the commit gets its tag; publishing it is left to the workflow of the tag, which needs no password
(CONTRIBUTING.md).
"""

from __future__ import annotations

import argparse
import hashlib
import io
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
NEWEST = sorted(ROOT.glob("tests/constraints/airflow-*.txt"))[-1]
WHAT_FOLLOWS = """\
{would}git tag --sign v{version} --message "{version}" {commit}
{would}git push origin v{version}
{then} the workflow of the tag, on a runner of the repository's host:
- builds the files from the tag, with SOURCE_DATE_EPOCH={epoch}, and stops if they are other ones than those above;
- attests where they come from: the workflow's identity signs their digests, without a key (PEP 740);
- uploads them as a trusted publisher: the package index takes the workflow's identity, there is no password;
- makes a release of the tag, with {sbom} and the section of CHANGELOG.md.
"""


def run(*command: str | Path, cwd: Path = ROOT, **env: str) -> str:
    """Run a command, and give what it prints."""
    done = subprocess.run(command, cwd=cwd, env=os.environ | env, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        sys.exit(f"{' '.join(map(str, command))}:\n{done.stdout}{done.stderr}")
    return done.stdout.strip()


def tool(name: str) -> Path:
    """Give the path of a tool beside this interpreter."""
    return Path(sys.executable).parent / name


def find_obstacles(version: str, repository: str) -> Iterator[str]:
    """Say what has to be done before this commit can be released."""
    if run("git", "status", "--porcelain"):
        yield "The work tree has changes: commit them."
    if run("git", "tag", "--list", f"v{version}"):
        yield f"v{version} has been released: raise __version__ in airflow_provider_k8sexec/__init__.py."
    changes = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    if not re.search(rf"^## \[{re.escape(version)}\] - \d{{4}}-\d\d-\d\d$", changes, re.MULTILINE):
        yield f"CHANGELOG.md has no section [{version}]: write '## [{version}] - <date>' below '## [Unreleased]'."
    if ".example/" in repository:
        yield f"{repository} is a placeholder: set REPOSITORY_URL in airflow_provider_k8sexec/__init__.py."


def build(commit: str, epoch: str, folder: Path) -> dict[str, str]:
    """Build the files of a commit in a folder of its own, and give their digests."""
    archive = subprocess.run(  # noqa: S603
        ["git", "archive", commit],  # noqa: S607
        cwd=ROOT, check=True, capture_output=True,
    ).stdout  # fmt: skip
    with tarfile.open(fileobj=io.BytesIO(archive)) as files:
        files.extractall(folder, filter="data")
    run(sys.executable, "-m", "build", "--installer", "uv", cwd=folder, SOURCE_DATE_EPOCH=epoch)
    return {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted((folder / "dist").iterdir())
    }


def build_twice(commit: str, epoch: str) -> dict[str, str]:
    """Build the files in two folders, and leave them in ``dist`` if they are the same."""
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other:
        first, second = build(commit, epoch, Path(one)), build(commit, epoch, Path(other))
        if first != second:
            sys.exit(f"Two builds of {commit} differ:\n{first}\n{second}")
        shutil.rmtree(DIST, ignore_errors=True)
        shutil.copytree(Path(one) / "dist", DIST)
    return first


def install() -> Path:
    """Install the wheel, with what it requires, in a new environment; give its interpreter."""
    run(tool("uv"), "venv", "--quiet", "--clear", ENVIRONMENT)
    interpreter = ENVIRONMENT / "bin/python"
    (wheel,) = DIST.glob("*.whl")
    run(tool("uv"), "pip", "install", "--quiet", "--python", interpreter, wheel, "--constraint", NEWEST)
    run(tool("uv"), "pip", "check", "--quiet", "--python", interpreter)
    return interpreter


def main() -> None:
    """Do everything but publish."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--tag", action="store_true", help="tag the commit; without it, nothing is changed")
    is_real = parser.parse_args().tag
    package = runpy.run_path(str(ROOT / "airflow_provider_k8sexec/__init__.py"))
    version = package["__version__"]
    commit, epoch = run("git", "log", "-1", "--format=%H %ct").split()
    obstacles = [*find_obstacles(version, package["REPOSITORY_URL"])]
    if is_real and obstacles:
        sys.exit("\n".join(obstacles))

    print(f"airflow-provider-k8sexec {version}, commit {commit}")
    for name, digest in build_twice(commit, epoch).items():
        print(f"built twice, the same: sha256:{digest} {name}")
    tracked = run("git", "ls-tree", "-r", "--name-only", commit).splitlines()
    if problems := [*check(DIST, tracked)]:
        sys.exit("\n".join(problems))
    run(tool("twine"), "check", "--strict", *DIST.iterdir())
    print("checked: contents, metadata and links; twine check --strict")
    interpreter = install()
    print(f"installed with {NEWEST.stem}: uv pip check")
    SBOM.parent.mkdir(exist_ok=True)
    run(tool("cyclonedx-py"), "environment", "--output-reproducible", "--of", "JSON", "-o", SBOM, interpreter)
    print(f"bill of materials (CycloneDX): {SBOM.relative_to(ROOT)}")
    if is_real:
        run("git", "tag", "--sign", f"v{version}", "--message", version, commit)
    for obstacle in obstacles:
        print(f"before a release: {obstacle}")
    would, then = ("", "When it is pushed,") if is_real else ("would run: ", "Then")
    print(WHAT_FOLLOWS.format(**locals() | {"sbom": SBOM.relative_to(ROOT)}), end="")


if __name__ == "__main__":
    main()
