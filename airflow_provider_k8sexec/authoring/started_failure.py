"""Says in a task's log why the pod that it starts failed or was refused, in the words of the pod options."""

from __future__ import annotations

import json
import logging
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from airflow_provider_k8sexec.authoring.started_masking import ANSWER_SECONDS
from airflow_provider_k8sexec.pod.started import started_request

if TYPE_CHECKING:
    from collections.abc import Iterator

_logger = logging.getLogger(__name__)


@contextmanager
def log_refusal() -> Iterator[None]:
    """Log why the API server refuses a pod that is created in the block, before the error goes on."""
    try:
        yield
    except Exception as error:
        from airflow_provider_k8sexec.diagnosis.started import diagnose_started_refusal  # few are refused

        diagnosis = diagnose_started_refusal(str(error))
        if diagnosis is not None:
            _logger.error("The API server refused the pod to start: %s", diagnosis)  # noqa: TRY400  # goes on
        raise


def log_failure(operator: Any, pod: Any) -> None:
    """Log why a started pod failed or does not start, where that is known; never raises.

    Args:
        operator: The operator that has started it.
        pod: The pod as Airflow has it at its end; it is read anew, because that may be how it was created.
    """
    try:
        if pod is None or pod.status.phase == "Succeeded":
            return
        from airflow_provider_k8sexec.diagnosis.started import diagnose_started_pod  # few tasks fail

        name, namespace = pod.metadata.name, pod.metadata.namespace
        # As JSON: the models have other times than the API.
        answer = operator.client.read_namespaced_pod(
            name, namespace, _preload_content=False, _request_timeout=ANSWER_SECONDS
        )
        request = started_request(operator)
        steps = request.requested.per_try_values if request is not None else {}
        diagnosis = diagnose_started_pod(json.loads(answer.data), operator.base_container_name, steps)
        if diagnosis is not None:
            _logger.error("The started pod %s: %s", name, diagnosis)
    except Exception:  # the error of the pod is Airflow's to raise
        _logger.debug("Why the started pod failed is not known.", exc_info=True)
