"""The values of declared secrets, hidden from the task's log before user code runs."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from airflow_provider_k8sexec import _compat

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from airflow_provider_k8sexec.spec.declaration import Declaration


def mask_secrets(declaration: Declaration, environ: Mapping[str, str]) -> None:
    """Hand the values of declared secrets to Airflow's secrets masker, where this process has them.

    A worker loads the DAG file before it runs the task, so its log has ``***`` from the first line of user
    code on. Elsewhere the values are not there, and nothing happens.

    Args:
        declaration: What the task asks for.
        environ: The environment of the process.
    """
    for value in _present_values(declaration, environ):
        _compat.mask_secret(value)


def _present_values(declaration: Declaration, environ: Mapping[str, str]) -> Iterator[str]:
    for secret in declaration.secrets():
        if secret.env_name is not None and environ.get(secret.env_name):
            yield environ[secret.env_name]
        if secret.file is not None:
            yield from _read(Path(secret.file))


def _read(path: Path) -> Iterator[str]:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return
    yield from {text, text.strip()} - {""}
