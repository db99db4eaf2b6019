"""What ``migrate`` needs besides Airflow: the extra ``[migrate]``."""

from __future__ import annotations

from importlib.util import find_spec

from airflow_provider_k8sexec.exceptions import K8sExecError

_TOOLS = ("libcst", "ruff")


def check_tools() -> None:
    """Make sure that the extra is installed.

    Raises:
        K8sExecError: It is not.
    """
    missing = [name for name in _TOOLS if find_spec(name) is None]
    if missing:
        are = "is" if len(missing) == 1 else "are"
        raise K8sExecError(
            f"k8sexec migrate needs {' and '.join(missing)}, which {are} not installed; "
            "run pip install 'airflow-provider-k8sexec[migrate]'."
        )
