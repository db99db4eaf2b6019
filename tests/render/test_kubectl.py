"""What this package writes as YAML is read by kubectl as it was meant."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

from yaml_words import AMBIGUOUS, PLAIN

from airflow_provider_k8sexec.render.yaml_text import to_yaml

if TYPE_CHECKING:
    from pathlib import Path


def test_kubectl_reads_each_word_as_text(kubectl: Path) -> None:
    """Of a value that kubectl would take for a number, the API server would refuse the pod."""
    words = [*AMBIGUOUS, *PLAIN]
    env = [{"name": "A", "value": word} for word in words]
    pod = {
        "apiVersion": "v1",
        "kind": "Pod",
        "metadata": {"name": "p", "annotations": {f"example.com/{word}": word for word in PLAIN}},
        "spec": {"containers": [{"name": "base", "image": "i", "env": env}]},
    }
    command = [kubectl, "annotate", "--local", "--filename=-", "--output=json", "example.com/read=by-kubectl"]
    read = subprocess.run(command, input=to_yaml(pod), capture_output=True, text=True, check=True)  # noqa: S603
    found = json.loads(read.stdout)
    assert [variable.get("value") for variable in found["spec"]["containers"][0]["env"]] == words
