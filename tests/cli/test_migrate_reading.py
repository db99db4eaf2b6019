"""What `k8sexec migrate` reads of a file: the options of each config, and why others are left."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import pytest

from airflow_provider_k8sexec.cli.migrate.edits import ConfigEdit, NameEdit, Reading, RemovalEdit
from airflow_provider_k8sexec.cli.migrate.option_text import write_arguments
from airflow_provider_k8sexec.cli.migrate.reading.project import Project
from airflow_provider_k8sexec.cli.migrate.reading.read_file import read_file

if TYPE_CHECKING:
    from pathlib import Path

OWN = "infrared-photon-7780-env"
IMPORT = "from kubernetes.client import models as k8s\n"


def read(folder: Path, text: str, **others: str) -> Reading:
    """Read a file of a project."""
    for name, other in {**others, "dag": text}.items():
        path = folder / f"{name.replace('__', '/', 1)}.py"
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


def removed_of(reading: Reading) -> list[int]:
    """Give the first lines of the statements that are removed."""
    return sorted(edit.span.line for edit in reading.edits if isinstance(edit, RemovalEdit))


def replaced_of(reading: Reading) -> list[str]:
    """Give what expressions become that are no config of options."""
    return [edit.text for edit in reading.edits if isinstance(edit, NameEdit)]


BODIES = {
    "def f(memory='2Gi', cpu='1'):\n"
    "    r = k8s.V1ResourceRequirements(requests={'cpu': cpu}, limits={'memory': memory, 'cpu': cpu})\n"
    f"    return {pod('resources=r')}": ["cpu=cpu, memory=(None, memory)"],
    "def f(mb):\n"
    "    amounts = {'memory': f'{mb}Mi'}\n"
    f"    return {pod('resources=k8s.V1ResourceRequirements(requests=amounts, limits=amounts)')}": [
        "memory=f'{mb}Mi'"
    ],
    "def f(memory, limit=None):\n"
    "    if limit is None:\n"
    "        limit = memory\n"
    "    r = k8s.V1ResourceRequirements(requests={'memory': memory}, limits=dict(memory=limit))\n"
    f"    return {pod('resources=r')}": ["memory=(memory, limit)"],
    "def f(memory, limit=None):\n"
    "    limits = {'memory': limit or memory}\n"
    f"    return {pod('resources=k8s.V1ResourceRequirements(limits=limits)')}": [
        "memory=(None, limit or memory)"
    ],
    "SIZES = {'s': {'m': '1Gi'}, 'l': {'m': '2Gi'}}\n"
    "def f(size):\n"
    "    found = SIZES[size]\n"
    "    amounts = {'memory': found['m']}\n"
    f"    return {pod('resources=k8s.V1ResourceRequirements(requests=amounts, limits=amounts)')}": [
        "memory=found['m']"
    ],
    "def f(size):\n"
    "    if size == 's':\n"
    f"        return {pod('image=size')}\n    return {pod('image=None')}": [
        "image=size",
        "",
    ],
    "def f(env, extra=None):\n"
    f"    return {pod('env=[k8s.V1EnvVar(name=k, value=v) for k, v in env.items()]')}": ["env_vars=env"],
    "def f(env):\n"
    "    made = [k8s.V1EnvVar(name=k, value=v) for k, v in (env or {}).items()]\n"
    f"    return {pod('env=made')}": ["env_vars=env or {}"],
    f"f = lambda image: {pod('image=image')}": ["image=image"],
    f"P = {{'s': {pod(chr(39).join(['image=', 's', '']))}, 'l': {pod('image=str(1)')}}}": [
        'image="s"',
        "image=str(1)",
    ],
    f"for name, image in {{'a': 'x', 'b': 'y'}}.items():\n    c = {pod('image=image')}": ["image=image"],
    f"for image in ['a', 'b']:\n    tag = f'{{image}}:1'\n    c = {pod('image=tag')}": ["image=tag"],
    f"C = [{pod('image=i')} for i in ('a', 'b')]": ["image=i"],
    f"class T:\n    image = 'a'\n    c = {pod('image=image')}": ["image=image"],
    f"class T:\n    def f(self):\n        return {pod('image=self.image')}": ["image=self.image"],
    "c = k8s.V1Container(name='base')\nc.image = 'a'\nc.image_pull_policy = 'Always'\n"
    "C = {'pod_override': k8s.V1Pod(spec=k8s.V1PodSpec(containers=[c]))}": [
        'image="a", image_pull_policy="Always"'
    ],
    f"LABELS = {{'team': 'a'}}\nOTHER = LABELS\nC = {pod(metadata='labels=LABELS')}": ["labels=LABELS"],
    f"LABELS = {{'team': 'a'}}\nC = {pod(metadata='labels=LABELS')}": ['labels={"team": "a"}'],
    "C = {'pod_template_file': '/a.yaml'}": ['pod_template_file="/a.yaml"'],
    f"C = {{**{pod('image=str(1)')}, 'pod_template_file': '/a.yaml'}}": ["image=str(1)"],
    f"C = dict({pod('image=str(1)')[1:-1].replace(': ', '=', 1).replace(chr(39), '', 2)}, "
    "pod_template_file='/a.yaml')": ['image=str(1), pod_template_file="/a.yaml"'],
    f"if k8s:\n    C = {pod('image=str(1)')}": ["image=str(1)"],
    "K = 'pod_override'\nKEY = K\n"
    f"C = {pod('image=str(1)').replace(chr(39) + 'pod_override' + chr(39), 'KEY')}": ["image=str(1)"],
}


@pytest.mark.parametrize(("text", "expected"), BODIES.items())
def test_configs_of_helpers_loops_and_classes_keep_the_names_around_them(
    tmp_path: Path, text: str, expected: list[str]
) -> None:
    """Parameters and variables of loops have no value, and stay as they are written."""
    assert options_of(read(tmp_path, IMPORT + text + "\n")) == expected


def test_a_value_of_a_condition_on_what_is_loaded_is_left(tmp_path: Path) -> None:
    """Only one of the branches is ever loaded here."""
    text = (
        f"import os\n{IMPORT}if os.getenv('A') == 'b':\n    C = {pod('image=str(1)')}\nelse:\n    C = {{}}\n"
    )
    [refusal] = read(tmp_path, text).refusals
    assert refusal.line == 4
    assert refusal.reason == (
        "The config depends on a condition, and `os.getenv('A')` is known only when the file is loaded."
    )


def test_what_only_rewritten_configs_used_is_removed(tmp_path: Path) -> None:
    """Nothing else reads it, and making it does nothing else."""
    text = f"""\
    from kubernetes.client import models as k8s
    AMOUNTS = {{"cpu": "1"}}
    RESOURCES = k8s.V1ResourceRequirements(requests=AMOUNTS, limits=AMOUNTS)
    READ = k8s.V1EnvVar(name="A", value="b")
    def variable(name):
        return k8s.V1EnvVar(name=name, value="c")
    C = {pod("resources=RESOURCES, env=[READ, variable('B')]")}
    print(READ)
    """
    reading = read(tmp_path, text)
    assert options_of(reading) == ['cpu=1, env_vars={"A": "b", "B": "c"}']
    assert removed_of(reading) == [2, 3, 5]
    [config] = [edit.span for edit in reading.edits if isinstance(edit, ConfigEdit)]
    [last] = [edit for edit in reading.edits if isinstance(edit, RemovalEdit) and edit.span.line == 3]
    assert last.after == (config,)


def test_what_another_file_imports_is_not_removed(tmp_path: Path) -> None:
    """It may be a file that is not to be rewritten."""
    text = f"{IMPORT}RES = k8s.V1ResourceRequirements(limits={{'cpu': 1}})\nC = {pod('resources=RES')}\n"
    assert removed_of(read(tmp_path, text)) == [2]
    reading = read(tmp_path, text, other="from dag import RES\n")
    assert options_of(reading) == ["cpu=(None, 1)"]
    assert removed_of(reading) == []


def test_what_a_test_beside_the_dag_folder_imports_is_not_removed(tmp_path: Path) -> None:
    """Tests and scripts of a repository import from its DAG files; installed packages do not."""
    (tmp_path / "setup.cfg").touch()
    container = f"{pod('resources=RES')}\n"
    text = f"{IMPORT}RES = k8s.V1ResourceRequirements(requests={{'cpu': '1'}})\nCONFIG = {container}"
    for folder in ("tests", ".venv", "node_modules"):
        (tmp_path / folder).mkdir()
    installed = "from dags.dag import RES\n"
    (tmp_path / ".venv" / "own.py").write_text(installed, encoding="utf-8")
    (tmp_path / "node_modules" / "own.py").write_text(installed, encoding="utf-8")
    (tmp_path / "tests" / "test_dag.py").write_text("from dags.dag import CONFIG, REST\n", encoding="utf-8")
    (tmp_path / "dags").mkdir()
    assert removed_of(read(tmp_path / "dags", text)) == [2]
    (tmp_path / "tests" / "test_dag.py").write_text("from dags.dag import RES\n", encoding="utf-8")
    assert removed_of(read(tmp_path / "dags", text)) == []
    (tmp_path / "tests" / "test_dag.py").write_text("from dags.dag import RES\n", encoding="utf-8")
    text = f"{IMPORT}RES = {pod()[17:-1]}\nC = [{{'pod_override': RES}}, {{'pod_override': RES}}]\n"
    assert replaced_of(read(tmp_path / "dags", text)) == []


def test_a_pod_of_one_config_is_written_in_its_place(tmp_path: Path) -> None:
    """The pod has no other use."""
    text = f"{IMPORT}POD = {pod('image=str(1)')[17:-1]}\nC = {{'pod_override': POD}}\n"
    reading = read(tmp_path, text)
    assert options_of(reading) == ["image=str(1)"]
    assert removed_of(reading) == [2]


def test_a_pod_of_several_configs_becomes_the_config(tmp_path: Path) -> None:
    """Each config becomes its name."""
    text = (
        f"{IMPORT}POD = {pod('image=str(1)')[17:-1]}\nC = [{{'pod_override': POD}}, dict(pod_override=POD)]\n"
    )
    reading = read(tmp_path, text)
    assert options_of(reading) == ["image=str(1)"]
    assert replaced_of(reading) == ["POD", "POD"]
    assert removed_of(reading) == []
    reading = read(tmp_path, text + "print(POD)\n")
    assert options_of(reading) == ["image=str(1)", "image=str(1)"]
    assert replaced_of(reading) == []


def test_a_function_that_makes_pods_of_configs_becomes_one_of_configs(tmp_path: Path) -> None:
    """Callers keep the call."""
    made = pod("image=image")[17:-1]
    text = f"{IMPORT}def make(image='a'):\n    return {made}\n"
    text += "C = [{'pod_override': make('a')}, {'pod_override': make()}]\n"
    reading = read(tmp_path, text)
    assert options_of(reading) == ["image=image"]
    assert replaced_of(reading) == ["make('a')", "make()"]


def test_pods_of_another_file_become_configs_where_all_of_their_uses_do(tmp_path: Path) -> None:
    """The file of the pod is rewritten with those that import it."""
    pods = f"{IMPORT}POD = {pod('image=str(1)')[17:-1]}\n"
    text = "import common\nfrom common import POD as P\n"
    text += "C = [{'pod_override': P}, {'pod_override': common.POD}]\n"
    reading = read(tmp_path, text, common=pods)
    assert replaced_of(reading) == ["P", "common.POD"]
    project = Project([tmp_path])
    source = project.load(tmp_path / "common.py")
    assert source is not None
    assert options_of(read_file(source, project, OWN)) == ["image=str(1)"]
    reading = read(tmp_path, text, common=pods, other="from common import POD\nprint(POD.spec)\n")
    assert options_of(reading) == ["image=str(1)", "image=str(1)"]


def test_constants_and_helpers_of_other_files_are_read(tmp_path: Path) -> None:
    """A name is kept where the file has it; else its value is written."""
    common = """\
    from kubernetes.client import models as k8s
    IMAGE = "a:1"
    POLICY = "Always"
    RESOURCES = k8s.V1ResourceRequirements(limits={"memory": "1Gi"})
    def container(**more):
        return k8s.V1Container(name="base", image=IMAGE, image_pull_policy=POLICY, **more)
    """
    text = (
        "from kubernetes.client import models as k8s\n"
        "from pack.common import IMAGE, container\n"
        "import pack.common as c\n"
        "made = container(resources=c.RESOURCES)\n"
        "C = {'pod_override': k8s.V1Pod(spec=k8s.V1PodSpec(containers=[made]))}\n"
    )
    reading = read(tmp_path, text, pack__common=common, pack____init__="")
    assert options_of(reading) == ['memory=(None, "1Gi"), image=IMAGE, image_pull_policy="Always"']


def test_a_config_that_gets_its_pod_in_the_next_statement_is_one(tmp_path: Path) -> None:
    """Two statements become one."""
    made = pod("image=str(1)")[17:-1]
    reading = read(tmp_path, f"{IMPORT}C = {{}}\nC['pod_override'] = {made}\n")
    assert options_of(reading) == ["image=str(1)"]
    assert removed_of(reading) == [3]


def test_what_has_no_pod_of_this_client_is_no_matter_of_reading(tmp_path: Path) -> None:
    """Plain dicts, the legacy form and what was rewritten before are others' matter."""
    text = f"""\
    from kubernetes.client import models as k8s
    from airflow_provider_k8sexec import k8s_config
    A = {{"pod_override": {{"spec": {{}}}}}}
    B = {{"KubernetesExecutor": {pod()}}}
    C = k8s_config(pod_override={{"spec": {{"hostname": "a"}}}})
    """
    reading = read(tmp_path, text)
    assert reading == Reading()


def test_an_unknown_key_beside_the_pod_is_named(tmp_path: Path) -> None:
    """What it was to do, its author must say."""
    [refusal] = read(
        tmp_path, f"{IMPORT}C = {{**{pod()}, 'pod_override': k8s.V1Pod(), 'image': 'x'}}\n"
    ).refusals
    assert refusal.reason == "The config has the key 'image', which no executor reads."


def test_types_name_no_pod_where_configs_are_options(tmp_path: Path) -> None:
    """Else the client would be imported for a type alone."""
    text = f"""\
    from typing import Dict
    from kubernetes.client import models as k8s
    Config = Dict[str, k8s.V1Pod]
    def config() -> dict[str, k8s.V1Pod]:
        return {pod("image='a'")}
    def make(image) -> k8s.V1Pod:
        return {pod("image=image")[17:-1]}
    def other() -> k8s.V1Pod:
        return k8s.V1Pod()
    C: Dict[str, k8s.V1Pod] = {{"pod_override": make("a")}}
    D: Dict[str, k8s.V1Pod] = {{"pod_override": make("b")}}
    """
    reading = read(tmp_path, text)
    assert options_of(reading) == ['image="a"', "image=image"]
    texts = [(edit.span.line, edit.text) for edit in reading.edits if isinstance(edit, NameEdit)]
    assert sorted(texts) == [
        (3, "object"),
        (4, "object"),
        (6, "dict[str, object]"),
        (10, 'make("a")'),
        (10, "object"),
        (11, 'make("b")'),
        (11, "object"),
    ]


def test_a_config_within_another_is_read_with_it(tmp_path: Path) -> None:
    """The statement of the inner one, and what it used, is removed once the outer one is options."""
    text = """\
    from kubernetes.client import models as k8s
    IMAGE = k8s.V1Container(name="base", image="a")
    BASE = {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[IMAGE]))}
    C = {**BASE, "pod_template_file": "/a.yaml", "pod_override": BASE["pod_override"]}
    """
    reading = read(tmp_path, text)
    assert options_of(reading) == ['image="a", pod_template_file="/a.yaml"']
    first, second, _ = reading.edits
    assert isinstance(first, RemovalEdit)
    assert (first.span.line, first.after) == (2, (second.span,))


@pytest.mark.usefixtures("usual_recursion_limit")
def test_a_file_that_is_nested_too_deeply_is_left(tmp_path: Path) -> None:
    """Python can load it, as its own stack is another one."""
    reading = read(tmp_path, f"X = {' + '.join(['1'] * 2000)}\n{IMPORT}C = {pod()}\n")
    assert [refusal.reason for refusal in reading.refusals] == ["The file is nested too deeply."]


AMOUNTS = pod("resources=k8s.V1ResourceRequirements(requests=amounts, limits=amounts)")
SELECTS = "{'pod_override': k8s.V1Pod(spec=k8s.V1PodSpec(node_selector=S))}"
SELECTS_OF_CLASS = SELECTS.replace("=S)", "=S.A)")
CONTAINER = "{'pod_override': k8s.V1Pod(spec=k8s.V1PodSpec(containers=[c]))}"
TRAPS = {
    "a parameter that is set anew": f"""\
    def f(memory=None):
        memory = memory or '1Gi'
        amounts = {{'memory': memory}}
        return {AMOUNTS}  # memory=memory
    """,
    "a parameter with the name of a constant": f"""\
    IMAGE = 'a'
    def base(more):
        return k8s.V1Container(name='base', image=IMAGE, image_pull_policy=more)
    def f(IMAGE):
        c = base(IMAGE)
        return {CONTAINER}  # image="a", image_pull_policy=IMAGE
    """,
    "a constant that has another value later": f"""\
    IMAGE = 'a'
    C = {pod("image=IMAGE")}  # image=IMAGE
    IMAGE = 'b'
    D = {pod("image=IMAGE")}  # image=IMAGE
    """,
    "a structure that has another value later": f"""\
    amounts = {{'cpu': 1}}
    C = {AMOUNTS}  # cpu=1
    amounts = {{'cpu': 2}}
    D = {AMOUNTS}  # cpu=2
    """,
    "an argument with the name of a variable of a comprehension": f"""\
    def variables(values, name):
        return [k8s.V1EnvVar(name=f'{{name}}_{{k}}', value=v) for k, v in values.items()]
    def f(k):
        return {pod("env=variables(dict(A='1'), k)")}  # env_vars={{f'{{k}}_A': "1"}}
    """,
}


@pytest.mark.parametrize("text", TRAPS.values(), ids=[*TRAPS])
def test_a_name_is_written_only_where_it_means_the_same(tmp_path: Path, text: str) -> None:
    """Elsewhere its value is written; the comments have the options."""
    expected = [line.partition("  # ")[2] for line in text.splitlines() if "  # " in line]
    assert options_of(read(tmp_path, IMPORT + textwrap.dedent(text))) == expected


CHANGED = {
    "a name that means another thing there": f"""\
    def f(memory=None):
        amounts = {{'memory': memory}}
        memory = 1
        return {AMOUNTS}  # `memory` has no value where the options would be written.
    """,
    "a config": f"""\
    C = {pod()}  # `C` is changed on line 3, after it was made.
    C['pod_override'].spec.node_selector = {{}}
    """,
    "a config among others": f"""\
    C = {{'a': {pod()}}}  # `C` is changed on line 3, after it was made.
    C['a']['pod_override'].spec.node_selector = {{}}
    """,
    "an argument of a statement": f"""\
    from team import add
    c = k8s.V1Container(name='base')
    add(c)
    C = {CONTAINER}  # `c` is changed on line 4, after it was made.
    """,
    "a part of an argument": """\
    P = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name='base')]))
    setattr(P.spec, 'hostname', NAME)
    C = {'pod_override': P}  # `P` is changed on line 3, after it was made.
    """,
    "a function that changes what it gets": """\
    def tune(pod):
        pod.spec.hostname = os.environ.get('NAME')
        return pod
    C = {'pod_override': tune(k8s.V1Pod())}  # `pod` is changed on line 3, after it was made.
    """,
    "a function that changes a constant": """\
    def tune(*, pod):
        if NAME:
            pod.spec.hostname = NAME
    P = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name='base')]))
    done = tune(pod=P)
    C = {'pod_override': P}  # `P` is changed on line 4, after it was made.
    """,
    "a loop over names": """\
    A, B = k8s.V1Container(name='base'), k8s.V1Container(name='b')
    for c in (A, B):
        c.image = NAME
    P = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[A, B]))
    C = {'pod_override': P}  # `A` is changed on line 4, after it was made.
    """,
    "a part of what has it": """\
    R = {'memory': '1Gi'}
    S = k8s.V1ResourceRequirements(limits=R)
    S.limits['memory'] = NAME
    B = k8s.V1Container(name='base', resources=k8s.V1ResourceRequirements(limits=R))
    P = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[B]))
    C = {'pod_override': P}  # `R` is changed on line 4, after it was made.
    """,
    "the first of a list": """\
    P = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name='base')]))
    first = next(iter(P.spec.containers))
    first.image = NAME
    C = {'pod_override': P}  # `P` is changed on line 4, after it was made.
    """,
    "the names of the module": f"""\
    S = {{'a': 'b'}}
    globals()['S'] = NAME
    C = {SELECTS}  # `S` is changed on line 3, after it was made.
    """,
    "all names of the module": f"""\
    S = {{'a': 'b'}}
    globals().update(NAMES)
    C = {SELECTS}  # `S` is changed on line 3, after it was made.
    """,
    "code in a string": f"""\
    S = {{'a': 'b'}}
    exec(NAME)
    C = {SELECTS}  # `S` is changed on line 3, after it was made.
    """,
    "an attribute of a class": f"""\
    class S:
        A = {{'a': 'b'}}
    S.A = NAME
    C = {SELECTS_OF_CLASS}  # `S.A` is changed on line 4, after it was made.
    """,
    "an attribute of a class under a condition": f"""\
    class S:
        if NAME:
            A = {{'a': 'b'}}
    C = {SELECTS_OF_CLASS}  # `S.A` is set under a condition.
    """,
    "a loop over parts": """\
    P = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name='base')]))
    for c in P.spec.containers:
        c.image = 'a'
    C = {'pod_override': P}  # `P` is changed on line 4, after it was made.
    """,
    "a variable of a loop that is set for the next round": f"""\
    image = 'a'
    for i in range(2):
        C = {pod("image=image")}  # `image` is set again on line 5.
        image = 'b'
    """,
    "a name of a closure": f"""\
    def f():
        image = 'a'
        def g():
            return {pod("image=image")}  # `image` is set again on line 6.
        image = 'b'
        return g
    """,
    "a loop over what is loaded": f"""\
    import yaml
    for size in yaml.safe_load(open('a')):
        C = {pod("image=size")}  # `yaml.safe_load(...)` is known only when the file is loaded.
    """,
}


@pytest.mark.parametrize("text", CHANGED.values(), ids=[*CHANGED])
def test_what_is_changed_or_means_another_thing_is_left(tmp_path: Path, text: str) -> None:
    """Its value at the place of the config is not what its expression shows; the comment has the reason."""
    reading = read(tmp_path, IMPORT + textwrap.dedent(text))
    assert [refusal.reason for refusal in reading.refusals] == [text.partition("  # ")[2].partition("\n")[0]]
    assert not [edit for edit in reading.edits if isinstance(edit, (ConfigEdit, NameEdit))]


def test_names_that_are_read_by_their_text_stay(tmp_path: Path) -> None:
    """No expression shows that they are read."""
    text = f"{IMPORT}R = k8s.V1ResourceRequirements(limits={{'cpu': 1}})\nC = {pod('resources=R')}\n"
    assert len(removed_of(read(tmp_path, text))) == 1
    for use in (
        "globals()",
        "__all__ += ['R']",
        "__all__.extend(['R'])",
        "getattr(me, 'R')",
        "'\\n >>> R.limits'",
    ):
        assert removed_of(read(tmp_path, f"{text}{use}\n")) == [], use


def test_a_volume_may_be_called_as_its_variable(tmp_path: Path) -> None:
    """The name of the volume is rewritten as well, so that it reads nothing."""
    text = (
        f"{IMPORT}tmp = k8s.V1Volume(name='tmp', empty_dir=k8s.V1EmptyDirVolumeSource())\n"
        "mount = k8s.V1VolumeMount(name='tmp', mount_path='/tmp')\n"
        "P = k8s.V1Pod(spec=k8s.V1PodSpec(volumes=[tmp], containers=[\n"
        "    k8s.V1Container(name='base', volume_mounts=[mount])]))\n"
        "C = {'pod_override': P}\n"
    )
    assert len(removed_of(read(tmp_path, text))) == 3


DATA_CLASS = """\
import dataclasses
@dataclasses.dataclass(frozen=True)
class S:
    image: str = dataclasses.field(default='a:1')
    cpu: str = '1'
ONE = S(cpu='2')"""
MORE_VALUES = {
    "a comprehension of a mapping": (
        "K = ('a', 'b')",
        "env=var({k: k for k in K})",
        'env_vars={"a": "a", "b": "b"}',
    ),
    "items of pairs": ("P = [('a', '1')]", "env=var(dict(P))", 'env_vars={"a": "1"}'),
    "a mapping with more": (
        "P = {'a': '1'}",
        "env=var(dict(P, b='2', **{'c': '3'}))",
        'env_vars={"a": "1", "b": "2", "c": "3"}',
    ),
    "a copy": ("P = {'a': '1'}", "env=var(P.copy())", 'env_vars={"a": "1"}'),
    "keys in order": (
        "P = {'b': '1', 'a': '2'}",
        "env=[k8s.V1EnvVar(name=k, value=P[k]) for k in sorted(P)]",
        "env_vars={\"a\": P['a'], \"b\": P['b']}",
    ),
    "numbered": (
        "P = ['x', 'y']",
        "env=[k8s.V1EnvVar(name=f'A{i:02d}', value=v) for i, v in enumerate(P, 1)]",
        'env_vars={"A01": "x", "A02": "y"}',
    ),
    "side by side": (
        "P = list(zip(['a', 'b'], ('1', '2')))",
        "env=[k8s.V1EnvVar(name=k, value=v) for k, v in P]",
        'env_vars={"a": "1", "b": "2"}',
    ),
    "in two loops": (
        "P = ['a', 'b']",
        "env=[k8s.V1EnvVar(name=k + str(n), value='1') for k in P for n in range(2)]",
        'env_vars={"a0": "1", "a1": "1", "b0": "1", "b1": "1"}',
    ),
    "unpacked": (
        "A = [k8s.V1EnvVar('a', '1')]\nB = (*A, k8s.V1EnvVar('b', '2'))",
        "env=list(B)",
        'env_vars={"a": "1", "b": "2"}',
    ),
    "rounded": ("import math", "image=f'a:{math.ceil(1.5)}'", "image=f'a:{math.ceil(1.5)}'"),
    "of two": ("A = 'a:1'", "image=A or 'b'", "image=A"),
    "with a sign": ("N = 1", "image='a:%d-%s' % (N, 'x')", "image='a:%d-%s' % (N, 'x')"),
    "in capitals": ("N = 'a'", "image='A:1'.lower()", 'image="a:1"'),
    "of an Enum by its name": (
        "from enum import Enum\nclass S(Enum):\n    L = 'a:1'",
        "image=S['L'].value",
        "image=S['L'].value",
    ),
    "a default of a class": (
        DATA_CLASS,
        "image=ONE.image",
        "image=ONE.image",
    ),
    "a part of a pod": (
        "P = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name='x', image='a:1')]))",
        "image=P.spec.containers[0].image",
        "image=P.spec.containers[0].image",
    ),
    "a function with more arguments": (
        "def c(image, /, *more, tag='1', **rest):\n    return {'image': f'{image}:{tag}', **rest}",
        "**c('a', tag='2', image_pull_policy='Always')",
        'image="a:2", image_pull_policy="Always"',
    ),
    "a number with a sign": ("N = 3", "image=f'a{-N}'", "image=f'a{-N}'"),
    "a string that is joined": ("P = ['a', 'b']", "image='/'.join(P)", "image='/'.join(P)"),
    "the largest": ("P = [1, 3]", "image=f'a:{max(P)}'", "image=f'a:{max(P)}'"),
}
VAR = "def var(mapping):\n    return [k8s.V1EnvVar(name=k, value=f'{v}') for k, v in mapping.items()]\n"


@pytest.mark.parametrize(("before", "container", "expected"), MORE_VALUES.values(), ids=[*MORE_VALUES])
def test_more_that_can_be_read(tmp_path: Path, before: str, container: str, expected: str) -> None:
    """What computes alone is computed."""
    text = f"{IMPORT}{VAR}{before}\nCONFIG = {pod(container)}\n"
    assert options_of(read(tmp_path, text)) == [expected]


@pytest.mark.parametrize(
    "statement", ["_ = N.append(1)", "_: None = N.append(1)", "N[0] = 'b'", "_ = [N.pop() for _ in 'a']"]
)
def test_a_function_that_does_more_than_to_return_is_left(tmp_path: Path, statement: str) -> None:
    """What it does else would be lost with its call; what it computes alone is no loss."""
    text = f"{IMPORT}N = ['a']\ndef make():\n    {{}}\n    return 'a'\nC = {pod('image=make()')}\n"
    [refusal] = read(tmp_path, text.replace("{}", statement, 1)).refusals
    assert refusal.reason == "`make(...)` does more than to return one value."
    assert not read(tmp_path, text.replace("{}", "_ = ', '.join(N)", 1)).refusals


MORE_REFUSED = {
    "image=b'a'": "Bytes has no place in a pod.",
    "env=...": "`...` stands for a part of the pod.",
    "image=[1, 2][0:1]": "`(...)[...]` is a part of a list.",
    "image=[1][3]": "`(...)[...]` does not exist.",
    "imagee='a'": "V1Container has no field `imagee`.",
    "image=k8s": "`k8s` is known only when the file is loaded.",
    "image=unknown": "`unknown` is not defined in the file.",
    "image=(lambda: 1)": "A lambda is a function of its own.",
    "image=(x := 'a')": "An expression sets a name.",
    "image='a' and 'b'": "An expression with `and` or `or` depends on a condition.",
    "image='a' + 1": "A computed value fails (TypeError).",
    "image=int('a')": "`int(...)` fails (ValueError).",
    "image=not True": "An expression is known only when the file is loaded.",
    "**{1: 2}['a']": "`(...)[...]` does not exist.",
    "*['a']": "V1Container takes `*` arguments.",
    "image='a'.encode()": "`(...).encode()` is known only when the file is loaded.",
    "env=[k8s.V1EnvVar(name=x) for x in ['a'] if x]": "A comprehension with `if` depends on a condition.",
    "env=[k8s.V1EnvVar(name=x) for x in 5]": "A constant is known only when the file is loaded.",
    "env=[k8s.V1EnvVar(name=x) for x, y in [(1,)]]": (
        "A comprehension takes apart what does not have as many parts."
    ),
    "image=f(1, 2)": "`f(...)` lacks the argument `c`.",
    "image=Plain().a": "`Plain()` is known only when the file is loaded.",
    "image=Plain.b": "`Plain.b` is known only when the file is loaded.",
    "image=counted": "`counted` is changed on line 7.",
    "image=opened": "`opened` is known only when the file is loaded.",
    "image=f": "`f` is known only when the file is loaded.",
    "image=decorated()": "`decorated()` is known only when the file is loaded.",
}
SCENE = """\
def f(a, b, c):
    return c
class Plain:
    a = 1
counted = 1
counted += 1
with open('x') as opened:
    pass
@staticmethod
def decorated():
    return 1
"""


@pytest.mark.parametrize(("container", "reason"), MORE_REFUSED.items())
def test_more_that_is_left(tmp_path: Path, container: str, reason: str) -> None:
    """Each has a whole sentence."""
    inner = (
        f"k8s.V1Container({container})"
        if container.startswith("*")
        else f"k8s.V1Container(name='base', {container})"
    )
    text = f"C = {{'pod_override': k8s.V1Pod(spec=k8s.V1PodSpec(containers=[{inner}]))}}\n"
    reading = read(tmp_path, IMPORT + SCENE + text)
    assert [refusal.reason for refusal in reading.refusals] == [reason]


def test_names_of_every_statement_are_seen(tmp_path: Path) -> None:
    """What a statement sets is known only when the file is loaded, or has another value."""
    text = f"""\
    from kubernetes.client import models as k8s
    match 1:
        case [a, *b] as c:
            d = {pod("image=c")}
    try:
        e = 'x'
    except ValueError as error:
        f = {pod("image=error")}
    else:
        pass
    finally:
        g = 'y'
    while True:
        h = {pod("image=g")}
    async def later():
        nonlocal_ = 1
        def inner():
            nonlocal nonlocal_
            nonlocal_ = 2
        async with g as i:
            async for j in i:
                return {pod("image=nonlocal_")}
    del g
    {{k: v for k, v in {{}}.items()}}
    l: int
    m = n = {pod("image=e")}
    """
    reading = read(tmp_path, text)
    assert [refusal.reason for refusal in reading.refusals] == [
        "`c` is known only when the file is loaded.",
        "`error` is known only when the file is loaded.",
        "`nonlocal_` is set under a condition.",
        "`e` is set under a condition.",
    ]


def test_modules_are_found_as_python_finds_them(tmp_path: Path) -> None:
    """Packages, relative imports and imports of all names."""
    sizes = "from .names import *\nfrom . import names as n\nIMAGE = n.IMAGE\n"
    text = (
        f"{IMPORT}import pack.inner.sizes\nfrom pack import OTHER\nfrom pack.inner.sizes import *\n"
        f"C = {pod('image=pack.inner.sizes.IMAGE')}\nD = {pod('image=OTHER')}\nE = {pod('image=STAR')}\n"
        f"F = {pod('image=pack.inner.sizes.NOTHING')}\n"
    )
    others = {
        "pack____init__": "from .inner.names import IMAGE as OTHER\n",
    }
    inner = {"sizes": sizes, "names": "IMAGE = 'a:1'\nSTAR = 'b:1'\n", "__init__": ""}
    for name, content in inner.items():
        path = tmp_path / "pack" / "inner" / f"{name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content, encoding="utf-8")
    reading = read(tmp_path, text, **others)
    assert [refusal.reason for refusal in reading.refusals] == ["`pack.inner.sizes.NOTHING` is not defined."]
    configs = [edit for edit in reading.edits if isinstance(edit, ConfigEdit)]
    assert [write_arguments(edit.options) for edit in configs] == [
        [("image", "pack.inner.sizes.IMAGE")],
        [("image", "OTHER")],
        [("image", "STAR")],
    ]
    project = Project([tmp_path])
    gathered = project.gather([tmp_path / "dag.py"])
    assert {str(source.path.relative_to(tmp_path)) for source in gathered} == {
        "dag.py",
        "pack/__init__.py",
        "pack/inner/__init__.py",
        "pack/inner/sizes.py",
        "pack/inner/names.py",
    }


def test_files_that_are_no_python_are_none(tmp_path: Path) -> None:
    """They are others' matter."""
    (tmp_path / "a.py").write_text("def", encoding="utf-8")
    (tmp_path / "b.py").write_bytes(b"# -*- coding: nothing -*-\n")
    project = Project([tmp_path])
    assert [project.load(tmp_path / name) for name in ("a.py", "b.py", "c.py")] == [None, None, None]
    assert [*project.mentioning("def")] == []


def test_other_shapes_of_configs_are_read_or_left(tmp_path: Path) -> None:
    """Keys that are unknown, pods that are not in sight, and templates that are known only at loading."""
    text = f"""\
    import os
    from kubernetes.client import models as k8s
    KEY = os.environ["KEY"]
    A = {{KEY: 1}}
    def b(pod):
        return {{"pod_override": pod}}
    C = {{"pod_template_file": os.environ["T"]}}
    D = {{"pod_template_file": 5}}
    E = dict({{"other": 1}}, pod_template_file="/a.yaml")
    F = {{"pod_override": None}}
    G = {{}}
    G["pod_override"] = os.environ["G"]
    H = {{"x": 1}}
    H["pod_override"] = k8s.V1Pod()
    if True and not (1 < 2):
        I = {pod()}
    J = {{"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name=b, image=len)]))}}
    """
    reading = read(tmp_path, text)
    assert [refusal.reason for refusal in reading.refusals] == [
        "The pod is `pod`, which is not known in this place.",
        "`b` is known only when the file is loaded.",
    ]
    assert [edit.span.line for edit in reading.edits] == [16]


def test_the_names_of_all_stay(tmp_path: Path) -> None:
    """A module offers them to others by these strings."""
    text = f"{IMPORT}__all__ = ['amounts']\namounts = {{'cpu': 1}}\nC = {AMOUNTS}\n"
    assert removed_of(read(tmp_path, text)) == []


def test_a_block_keeps_a_statement(tmp_path: Path) -> None:
    """A block without one is no Python."""
    text = f"{IMPORT}with open('a'):\n    amounts = {{'cpu': 1}}\nC = {AMOUNTS}\n"
    reading = read(tmp_path, text)
    assert options_of(reading) == ["cpu=1"]
    assert removed_of(reading) == []


ELSEWHERE = {
    "another file": {
        "dag": "import patches\nfrom team import S\n",
        "team": "S = {'a': 'b'}\n",
        "patches": "import os\nfrom team import S\nif os.environ.get('X'):\n    S['x'] = 'y'\n",
        "where": "line 4 of patches.py",
    },
    "an attribute of a module": {
        "dag": "import os\nimport team\nif os.environ.get('X'):\n    team.S = {}\nfrom team import S\n",
        "team": "S = {'a': 'b'}\n",
        "where": "line 5 of dag.py",
    },
    "a function of another file": {
        "dag": "from team import tune\nS = {'a': 'b'}\nx = tune(S)\n",
        "team": "import os\ndef tune(labels):\n    labels['x'] = os.environ.get('X')\n    return labels\n",
        "where": "line 3 of team.py",
    },
    "an import of all names": {
        "dag": "S = {'a': 'b'}\nfrom team import *\n",
        "team": "import os\nif os.environ.get('X'):\n    S = {}\n",
        "where": "line 3",
    },
}


@pytest.mark.parametrize("files", ELSEWHERE.values(), ids=[*ELSEWHERE])
def test_what_is_changed_in_another_file_is_left(tmp_path: Path, files: dict[str, str]) -> None:
    """The change may come only now and then, so that no comparison of pods shows it."""
    others = {name: text for name, text in files.items() if name not in ("dag", "where")}
    reading = read(tmp_path, f"{IMPORT}{files['dag']}C = {SELECTS}\n", **others)
    reasons = [refusal.reason for refusal in reading.refusals]
    assert reasons == [f"`S` is changed on {files['where']}, after it was made."]


def test_the_last_import_of_all_names_counts(tmp_path: Path) -> None:
    """As Python has it."""
    text = f"{IMPORT}from one import *\nfrom two import *\nC = {SELECTS}\n"
    one, two = "S = {'a': 'b'}\n", "S = {'c': 'd'}\n"
    assert options_of(read(tmp_path, text, one=one, two=two)) == ['node_selector={"c": "d"}']


KEPT = {
    "a function that changes nothing": "def show(s):\n    return len(s)\nn = show(S)\nshow(S)\n",
    "a copy": "T = dict(S)\nT['x'] = 'y'\n",
    "a mapping with more": "T = {**S}\nT['x'] = 'y'\n",
    "a list that grows": "ALL = [S]\nALL.append({})\n",
    "the operator that has it": "import airflow\nt = airflow.Operator(labels=S)\nt.doc_md = 'x'\n",
}


@pytest.mark.parametrize("more", KEPT.values(), ids=[*KEPT])
def test_what_is_read_alone_is_no_change(tmp_path: Path, more: str) -> None:
    """Constants are given to functions, and copied."""
    reading = read(tmp_path, f"{IMPORT}S = {{'a': 'b'}}\n{more}C = {SELECTS}\n")
    assert options_of(reading) == ["node_selector=S"]
