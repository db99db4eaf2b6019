"""Masks what comes from secrets in the pod that a task starts: that pod's log goes into the log of the task.

The values are in the started pod, and not in the worker's process. Those of the deployment's own secret are
often variables of the worker, too; the others are read from the cluster, by the connection of the operator.
"""

from __future__ import annotations

import base64
import json
import logging
import os
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.authoring.masking import mask_values
from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.options.usual_variables import is_usual
from airflow_provider_k8sexec.pod.fields import read_containers, read_field
from airflow_provider_k8sexec.pod.key_sources import ALL_KEYS, read_text
from airflow_provider_k8sexec.pod.secret_uses import read_secret_uses

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_logger = logging.getLogger(__name__)
ANSWER_SECONDS = (2, 3)
"""For the connection and the answer: a task does not wait longer for what its log alone needs."""


def mask_started(operator: Any, read_pod: Any) -> None:
    """Mask, in the log of this process, what the pod that an operator starts gets from secrets; never raises.

    Args:
        operator: The operator.
        read_pod: Gives the pod, as the API server gets it or has it.
    """
    if not load_context().is_on("mask_secrets"):
        return
    try:
        _mask(operator, read_pod())
    except Exception as error:  # noqa: BLE001  # the task must run all the same
        # The type alone: the text of the error may contain a value.
        _logger.warning(
            "The log of the started pod is not masked, because its secrets could not be read: %s.",
            type(error).__name__,
        )


def _mask(operator: Any, pod: Any) -> None:
    wanted = _find_keys(read_field(pod, "spec"))
    values = _take_present(wanted)
    namespace = read_text(read_field(pod, "metadata"), "namespace")
    unread = []
    for name, keys in wanted.items():
        found = _read(operator, name, namespace) if keys else {}
        if found is None:
            unread.append(name)
            continue
        named = found if ALL_KEYS in keys else keys
        values.update({f"{name}/{key}": text for key in named for text in _decode(found.get(key))})
    cut = mask_values(values)
    if cut:
        _logger.warning("Too large to be masked in full in this log: %s.", ", ".join(cut))
    if unread:
        _logger.warning(
            "The log of the started pod is not masked, because this worker cannot read the secrets %s in the "
            "namespace %s: allow its service account to get them, or set [k8sexec] mask_secrets = False.",
            ", ".join(unread),
            namespace,
        )


def _take_present(wanted: dict[str, dict[str, None]]) -> dict[str, str]:
    """Take the keys of the deployment's own secret that are variables of this process, with their values."""
    keys = wanted.get(load_context().of_started_pods.deployment.secret_name or "", {})
    present = {
        key: os.environ[key] for key in keys if key in os.environ and not is_usual(key, os.environ[key])
    }
    for key in present:
        del keys[key]
    return present


def _find_keys(spec: Any) -> dict[str, dict[str, None]]:
    """Find the keys of each secret that the containers get; the empty key stands for all."""
    wanted: dict[str, dict[str, None]] = {}
    for container in read_containers(spec):
        for use in read_secret_uses(spec, container):
            if use.secret:
                wanted.setdefault(use.secret, {})[use.key] = None
    return wanted


def _read(operator: Any, name: str, namespace: str) -> Mapping[str, str] | None:
    """Read a secret, an empty one if there is none; ``None`` if the API refuses.

    Where it does not answer, the error ends the reading of all: each would take its time.
    """
    try:
        # Of an answer that it reads itself, the client logs the whole text where the level is DEBUG.
        answer = operator.client.read_namespaced_secret(
            name, namespace, _preload_content=False, _request_timeout=ANSWER_SECONDS
        )
        found: Mapping[str, str] = json.loads(answer.data).get("data") or {}
    except Exception as error:
        status = getattr(error, "status", None)
        if not status:
            raise
        return {} if status == HTTPStatus.NOT_FOUND else None
    return found


def _decode(value: str | None) -> Iterator[str]:
    try:
        yield base64.b64decode(value or "").decode()
    except ValueError:  # of no text, nothing is printed as it is
        return
