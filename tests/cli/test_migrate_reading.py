"""What `k8sexec migrate` reads of a file: the options of each config, and why others are left."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from airflow_provider_k8sexec.cli.migrate.edits import ConfigEdit, Reading
from airflow_provider_k8sexec.cli.migrate.option_text import write_arguments
from airflow_provider_k8sexec.cli.migrate.project import Project
from airflow_provider_k8sexec.cli.migrate.reading import read_file

if TYPE_CHECKING:
    from pathlib import Path

OWN = "infrared-photon-7780-env"
IMPORT = "from kubernetes.client import models as k8s\n"


def read(folder: Path, text: str, **others: str) -> Reading:
    """Read a file of a project."""
    for name, other in {**others, "dag": text}.items():
        path = folder / f"{name.replace('__', '/')}.py"
        path.parent.mkdir(exist_ok=True)
        path.write_text(textwrap.dedent(other), encoding="utf-8")
    project = Project([folder])
    source = project.load(folder / "dag.py")
    assert source is not None
    return read_file(source, project, OWN)


def options_of(reading: Reading) -> list[str]:
    """Give the options of each config as text."""
    assert not reading.refusals
    configs = [edit for edit in reading.edits if isinstance(edit, ConfigEdit)]
    return [", ".join(f"{name}={text}" for name, text in write_arguments(edit.options)) for edit in configs]


def pod(container: str = "", spec: str = "", metadata: str = "") -> str:
    """Give the source of a config."""
    inner = f"containers=[k8s.V1Container(name='base', {container})], {spec}"
    meta = f"metadata=k8s.V1ObjectMeta({metadata}), " if metadata else ""
    return f"{{'pod_override': k8s.V1Pod({meta}spec=k8s.V1PodSpec({inner}))}}"


ALIASES = [
    ("from kubernetes.client import models as k8s", "k8s."),
    ("from kubernetes.client import models", "models."),
    ("import kubernetes.client as k", "k."),
    ("import kubernetes.client", "kubernetes.client."),
    ("import kubernetes.client.models", "kubernetes.client.models."),
    ("import kubernetes", "kubernetes.client.models."),
    ("from kubernetes import client", "client."),
    ("from kubernetes import client as c", "c.models."),
    ("from kubernetes.client import V1Pod, V1PodSpec, V1Container", ""),
    ("from kubernetes.client.models.v1_pod import V1Pod\nfrom kubernetes.client import *", ""),
]


@pytest.mark.parametrize(("imports", "prefix"), ALIASES, ids=[one for one, _ in ALIASES])
def test_models_are_known_under_any_name(tmp_path: Path, imports: str, prefix: str) -> None:
    """People import the client in many ways."""
    made = f"{prefix}V1Pod(spec={prefix}V1PodSpec(containers=[{prefix}V1Container(name='base', image='a')]))"
    reading = read(tmp_path, f"{imports}\nCONFIG = {{'pod_override': {made}}}\n")
    assert options_of(reading) == ['image="a"']


VALUES = {
    # a constant keeps its name
    "IMAGE = 'a:1'": ("image=IMAGE", "image=IMAGE"),
    "REPO = 'r'\nTAG = '1'": ("image=f'{REPO}/a:{TAG}'", "image=f'{REPO}/a:{TAG}'"),
    "REPO: str = 'r'": ("image=REPO + ':1'", "image=REPO + ':1'"),
    "TAG = 2": ("image='a:%s' % TAG", "image='a:%s' % TAG"),
    "TAG = '2'": ("image='a:{}'.format(TAG)", "image='a:{}'.format(TAG)"),
    "A, B = 'a', 'b'": ("image=B", "image=B"),
    "IMAGES = {'x': 'a'}": ("image=IMAGES['x']", "image=IMAGES['x']"),
    "IMAGES = {'x': 'b'}": ("image=IMAGES.get('x')", "image=IMAGES.get('x')"),
    "IMAGES = ['x', 'b']": ("image=IMAGES[-1]", "image=IMAGES[-1]"),
    "class Image:\n    GEO = 'a'": ("image=Image.GEO", "image=Image.GEO"),
    "import enum\nclass Image(enum.Enum):\n    GEO = 'a'": (
        "image=Image.GEO.value",
        "image=Image.GEO.value",
    ),
    "from enum import Enum\nclass Image(str, Enum):\n    GEO = 'a'": ("image=Image.GEO", "image=Image.GEO"),
    "from dataclasses import dataclass\n@dataclass\nclass Size:\n    cpu: str\n    image: str = 'a'\n"
    "S = Size('1')": ("image=S.image", "image=S.image"),
    "from typing import NamedTuple\nclass Size(NamedTuple):\n    cpu: str\n    image: str\n"
    "S = Size('1', image='a')": ("image=S.image", "image=S.image"),
    "import json": (
        "env=[k8s.V1EnvVar(name='A', value=json.dumps(['a', 1]))]",
        "env_vars={\"A\": json.dumps(['a', 1])}",
    ),
    "NAME = 'A'": ("env=[k8s.V1EnvVar(NAME, 'x')]", 'env_vars={NAME: "x"}'),
    # structures are written out
    "RES = k8s.V1ResourceRequirements(requests={'cpu': '1'}, limits={'cpu': '1'})": (
        "resources=RES",
        "cpu=1",
    ),
    "AMOUNTS = {'memory': '1Gi'}": (
        "resources=k8s.V1ResourceRequirements(requests=AMOUNTS, limits=AMOUNTS)",
        'memory="1Gi"',
    ),
    "BASE = {'memory': '1Gi'}": (
        "resources=k8s.V1ResourceRequirements(requests={**BASE, 'cpu': 1}, limits=BASE | {'cpu': 1})",
        'cpu=1, memory="1Gi"',
    ),
    "M = 512": (
        "resources=k8s.V1ResourceRequirements(requests={'memory': f'{M}Mi'}, limits={'memory': f'{M}Mi'})",
        "memory=f'{M}Mi'",
    ),
    "GPU = 'nvidia.com/gpu'": (
        "resources=k8s.V1ResourceRequirements(requests={GPU: 1}, limits={GPU: 1})",
        "gpu=1",
    ),
    "A = [k8s.V1EnvVar(name='A', value='1')]\nB = k8s.V1EnvVar(name='B', value='2')": (
        "env=[*A, B]",
        'env_vars={"A": "1", "B": "2"}',
    ),
    "A2 = [k8s.V1EnvVar(name='A', value='1')]\nB2 = [k8s.V1EnvVar(name='B', value='2')]": (
        "env=A2 + B2",
        'env_vars={"A": "1", "B": "2"}',
    ),
    "import copy\nRES = k8s.V1ResourceRequirements(requests={'cpu': '1'}, limits={'cpu': '1'})": (
        "resources=copy.deepcopy(RES)",
        "cpu=1",
    ),
    "ENV = {'A': '1', 'B': '2'}": (
        "env=[k8s.V1EnvVar(name=f'X_{k}', value=v) for k, v in ENV.items()]",
        'env_vars={"X_A": "1", "X_B": "2"}',
    ),
    "KW = {'image': 'a', 'image_pull_policy': 'Always'}": ("**KW", 'image="a", image_pull_policy="Always"'),
    "def var(name, value='1'):\n    return k8s.V1EnvVar(name=name, value=value)": (
        "env=[var('A'), var('B', value='2')]",
        'env_vars={"A": "1", "B": "2"}',
    ),
    "def secret(env, key=None):\n    '''Doc.'''\n"
    f"    ref = k8s.V1SecretKeySelector(name='{OWN}', key=key or env)\n"
    "    return k8s.V1EnvVar(name=env, value_from=k8s.V1EnvVarSource(secret_key_ref=ref))": (
        "env=[secret('A'), secret('B', 'C')]",
        'secrets=["A", Secret("C", env="B")]',
    ),
    "def mib(n):\n    return f'{n}Mi'": (
        "resources=k8s.V1ResourceRequirements(requests={'memory': mib(512)}, limits={'memory': mib(512)})",
        "memory=mib(512)",
    ),
    "try:\n    pass\nexcept ImportError:\n    k8s = None": ("image='a'", 'image="a"'),
}


@pytest.mark.parametrize(("before", "container", "expected"), [(key, *both) for key, both in VALUES.items()])
def test_what_can_be_read_of_a_value(tmp_path: Path, before: str, container: str, expected: str) -> None:
    """A constant keeps its name, and what is made of parts is written out."""
    reading = read(tmp_path, f"{IMPORT}{before}\nCONFIG = {pod(container)}\n")
    assert options_of(reading) == [expected]


REFUSED = {
    "from airflow.models import Variable": ("image=Variable.get('x')", "`Variable.get('x')` is known only"),
    "import os": (
        "image=os.environ['IMAGE']",
        "`os.environ['IMAGE']` is known only when the file is loaded.",
    ),
    "import os as o": ("image=o.getenv('IMAGE', 'hunter2')", "`o.getenv('IMAGE')` is known only"),
    "from datetime import datetime": (
        "env=[k8s.V1EnvVar(name='A', value=datetime.now().isoformat())]",
        "`datetime.now()` is known only",
    ),
    "X = __file__": ("image=open(X).read()", "`open(...)` is known only when the file is loaded."),
    "import random": ("image=random.choice(['a', 'b'])", "`random.choice(...)` is known only"),
    "IMAGE = 'a'\nIMAGE = IMAGE + 'b'\ndef f():\n    global IMAGE\n    IMAGE = 'c'": (
        "image=IMAGE",
        "`IMAGE` is set under a condition.",
    ),
    "import os\nif os.environ:\n    IMAGE = 'a'\nelse:\n    IMAGE = 'b'": (
        "image=IMAGE",
        "`IMAGE` is set under a condition.",
    ),
    "try:\n    from elsewhere import IMAGE\nexcept ImportError:\n    IMAGE = 'b'": (
        "image=IMAGE",
        "`IMAGE` is set under a condition.",
    ),
    "PROD = True": (
        "image='a' if PROD else 'b'",
        "An expression with `if` and `else` depends on a condition.",
    ),
    "from nowhere import IMAGE": ("image=IMAGE", "`IMAGE` is known only when the file is loaded."),
    "ENV = []\nENV.append(k8s.V1EnvVar(name='A'))": (
        "env=ENV",
        "`ENV` is changed on line 3, after it was made.",
    ),
    "AMOUNTS = {}\nAMOUNTS['cpu'] = 1": (
        "resources=k8s.V1ResourceRequirements(limits=AMOUNTS)",
        "`AMOUNTS` is changed on line 3, after it was made.",
    ),
    "RES = k8s.V1ResourceRequirements()\nalias = RES\nalias.limits = {'cpu': 1}": (
        "resources=RES",
        "`RES` is changed on line 4, after it was made.",
    ),
    "def env():\n    if 1:\n        return []\n    return [2]": (
        "env=env()",
        "`env(...)` does more than to return one value.",
    ),
    "def env2(n):\n    return env2(n)": ("env=env2(1)", "refers to itself, or is nested too deeply."),
    "IMAGES = {'a': 'x'}": ("image=IMAGES['b']", "`IMAGES[...]` does not exist."),
}


@pytest.mark.parametrize(("before", "container", "reason"), [(key, *both) for key, both in REFUSED.items()])
def test_what_is_known_only_when_the_file_is_loaded_is_left(
    tmp_path: Path, before: str, container: str, reason: str
) -> None:
    """A sentence names the expression, and shows no value."""
    reading = read(tmp_path, f"{IMPORT}{before}\nCONFIG = {pod(container)}\n")
    assert not reading.edits
    [refusal] = reading.refusals
    assert reason in refusal.reason
    assert "hunter2" not in refusal.reason
    lines = (tmp_path / "dag.py").read_text(encoding="utf-8").splitlines()
    assert "pod_override" in lines[refusal.line - 1]
