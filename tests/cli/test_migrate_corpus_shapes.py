"""The right DAG files of the corpus of migrate set what people set, as often, in the shapes of theirs."""

from __future__ import annotations

import re
import tokenize
from pathlib import Path

import pytest
from corpus_features import features_of

RIGHT = Path(__file__).parents[1] / "support" / "migrate_corpus" / "right"
DAG_FILES = 92

PUBLIC_USES = 143
PUBLIC = {
    "requests and limits differ": 36,
    "requests and limits are equal": 17,
    "requests only": 5,
    "limits only": 1,
    "a memory limit without a CPU limit": 10,
    "a plain number": 6,
    "ephemeral-storage": 9,
    "nvidia.com/gpu": 2,
    "V1Container.image": 48,
    "V1Container.image_pull_policy": 13,
    "V1EnvVar.value": 17,
    "V1EnvVar.value_from": 9,
    "V1Container.env_from": 2,
    "V1ObjectMeta.labels": 21,
    "V1ObjectMeta.annotations": 12,
    "V1ObjectMeta.namespace": 7,
    "V1PodSpec.node_selector": 15,
    "V1PodSpec.tolerations": 12,
    "V1PodSpec.affinity": 7,
    "V1PodSpec.service_account_name": 10,
    "V1Volume.persistent_volume_claim": 10,
    "V1Volume.empty_dir": 7,
    "V1Volume.secret": 4,
    "V1Volume.projected": 4,
    "V1Volume.ephemeral": 3,
    "V1Volume.host_path": 3,
    "V1Volume.config_map": 2,
    "V1VolumeMount.read_only": 8,
    "V1VolumeMount.sub_path": 2,
    "V1PodSpec.security_context": 8,
    "V1Container.security_context": 6,
    "pod_template_file": 8,
    "V1PodSpec.restart_policy": 5,
    "V1PodSpec.automount_service_account_token": 4,
    "V1PodSpec.image_pull_secrets": 3,
    "V1PodSpec.scheduler_name": 3,
    "V1PodSpec.init_containers": 2,
}
"""What so many of the uses of ``pod_override`` set that were counted in public repositories.

Resources (59) are their amounts here: several files may have those of one module."""

SHAPES = {
    r"@task\([^@]*?executor_config=": 30,
    r"@task\.bash\([^@]*?executor_config=": 1,
    r"@task\.virtualenv\([^@]*?executor_config=": 1,
    r"@task\.short_circuit\([^@]*?executor_config=": 2,
    r"@task\.branch\([^@]*?executor_config=": 1,
    r"@task\.sensor\([^@]*?executor_config=": 1,
    r"\.override\([^)]*executor_config=": 3,
    r"\.partial\([^@]*?executor_config=[^@]*?\.expand\(": 2,
    r"default_args(=| = )[^)]*?executor_config": 6,
    r"TaskGroup\([^@]*?executor_config": 2,
    r"@task_group\([^@]*?executor_config": 1,
    r"dict\(\s*pod_override=": 2,
    r"Operator\((?s:.)*executor_config=": 25,
    r"Sensor\((?s:.)*executor_config=": 2,
    r"(?m)^ *for .* in ": 20,
    r" in enumerate\(": 2,
    r"(?m)^[A-Za-z_]\w*(: [^=]*)? = (\{\s*[\"']pod_override|k8s\.V1Pod\(|V1Pod\()": 20,
    r"from (include|common|geo|shared|lab)\b": 16,
    r"def \w+\([^)]*\)[^:]*:(?s:.)*?V1(Pod|EnvVar|Affinity|ResourceRequirements)\(": 10,
    r"from kubernetes\.client import models as k8s": 50,
    r"from kubernetes import client": 3,
    r"import kubernetes\.client as kc": 2,
    r"from kubernetes\.client(\.models)? import \(?\s*V1": 2,
    r"KubernetesPodOperator\(": 5,
    r"KubernetesPodOperator\.partial\(": 1,
    r"with DAG\(": 30,
    r"dag=dag": 4,
    r"@dag\(": 40,
    r"if TYPE_CHECKING": 1,
    r"from __future__ import annotations": 10,
    r"(?m)#(?! noqa).*(?=\n(?s:.)*V1)": 30,
    r"# fmt: off": 1,
    r"coding: latin-1": 1,
    r"(?m)^\t": 2,
    r"\r\n": 2,
    r"[^\n]\Z": 1,
    r"[^\x00-\x7f]": 5,
}
"""In how many files each pattern is, at the least."""


@pytest.fixture(scope="module")
def sources():
    """Read all right files as Python does, the modules that DAG files import among them."""
    read = {}
    for path in RIGHT.rglob("*.py"):
        with path.open("rb") as file:
            encoding, _ = tokenize.detect_encoding(file.readline)
        read[path] = path.read_bytes().decode(encoding)
    return read


@pytest.fixture(scope="module")
def features(sources):
    """Find what each file sets."""
    return [features_of(source) for source in sources.values()]


def test_there_are_as_many_dag_files_as_counted(sources):
    """What is claimed of migrate is claimed of this many right files."""
    assert sum(path.parent.name == "dags" for path in sources) == DAG_FILES


@pytest.mark.parametrize("feature", PUBLIC)
def test_it_is_set_as_often_as_in_public_repositories(features, feature):
    """What people set often is in many files, and what they set rarely is in one at the least."""
    files = sum(feature in found for found in features)
    assert files >= max(1, int(PUBLIC[feature] * DAG_FILES / PUBLIC_USES))


@pytest.mark.parametrize("shape", SHAPES)
def test_the_shape_is_in_enough_files(sources, shape):
    """Each shape of source in which people write overrides is in the corpus."""
    assert sum(bool(re.search(shape, source)) for source in sources.values()) >= SHAPES[shape]
