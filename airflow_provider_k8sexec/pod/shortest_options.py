"""The shortest pod options that build a given pod."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from attrs import frozen

if TYPE_CHECKING:
    from airflow_provider_k8sexec.options.manifests import Manifest
    from airflow_provider_k8sexec.options.paths import Path


@frozen
class WrittenOption:
    """A pod option with the value that an author would write.

    Attributes:
        name: The option.
        value: Its value, in the terms of :class:`~airflow_provider_k8sexec.options.pod_options.PodOptions`;
            an expression of the author's own file is a :class:`~airflow_provider_k8sexec.options.code.Code`.
        fields: The fields of the pod that it stands for.
    """

    name: str
    value: Any
    fields: tuple[Path, ...]


def find_shortest(pod: Manifest, own_secret: str | None = None) -> list[WrittenOption]:
    """Find the pod options that build a partial pod, in the order in which authors write them.

    Args:
        pod: What is requested of the worker's pod, as a manifest; any value in it may be a ``Code``.
        own_secret: The deployment's own secret, whose keys need no name of a secret.

    Raises:
        ValueError: No options build it; the message is a sentence with the reason.
    """
    raise NotImplementedError
