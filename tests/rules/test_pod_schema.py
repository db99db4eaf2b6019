"""The table of the pod's fields that the package ships, against the kubernetes client that is installed."""

from __future__ import annotations

import json
import re
import runpy
import subprocess
import sys
from pathlib import Path
from typing import Any

GENERATOR = runpy.run_path(str(Path(__file__).with_name("pod_schema.py")))
TEXT: str = GENERATOR["TABLE"].read_text(encoding="utf-8")
SHIPPED: dict[str, Any] = json.loads(TEXT)
SCALARS = {"str", "int", "float", "bool", "time", "quantity", "int-or-string", "object"}


def unknown_to_the_table(client_model: str, table_model: str) -> list[str]:
    """Walk a model of the client and its row of the table together; name what differs.

    Models go by their place and not by their name: Kubernetes has renamed some.
    """
    differences = []
    for name, kind in GENERATOR["fields_of"](client_model).items():
        shipped = SHIPPED["models"][table_model].get(name, "nothing")
        if shape(kind) != shape(shipped):
            differences.append(f"{client_model}.{name} is {kind}, the table says {shipped}")
        else:
            pairs = zip(GENERATOR["models_in"](kind), GENERATOR["models_in"](shipped), strict=True)
            differences += [line for pair in pairs for line in unknown_to_the_table(*pair)]
    return differences


def shape(kind: str) -> str:
    """Give a type without the names of models."""
    return re.sub(r"\w*V\d\w+", "model", kind)


def run_python(code: str) -> str:
    """Give what a program prints in a Python of its own."""
    command = [sys.executable, "-c", code]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout  # noqa: S603


def test_table_knows_every_field_of_the_installed_client() -> None:
    """No manifest may be refused for a field that the installed kubernetes client has, old or new."""
    assert unknown_to_the_table("V1Pod", "V1Pod") == []


def test_table_is_what_its_generator_writes() -> None:
    """With the client it was made from, the table comes out byte by byte; any other it has to cover."""
    if GENERATOR["client_version"]() == SHIPPED["client"]:
        assert GENERATOR["render"]() == TEXT
    assert unknown_to_the_table("V1Pod", "V1Pod") == []


def test_generator_gives_the_same_bytes_every_time() -> None:
    """A new table differs from the last one only where Kubernetes does."""
    assert GENERATOR["render"]() == GENERATOR["render"]()


def test_table_has_one_model_a_line_in_order() -> None:
    """A new client shows as a short, readable diff."""
    models = re.findall(r'^"(\w+)":\{.*\},?$', TEXT, flags=re.MULTILINE)
    assert models == sorted(SHIPPED["models"])
    assert all(list(fields) == sorted(fields) for fields in SHIPPED["models"].values())


def test_table_speaks_only_of_types_it_defines() -> None:
    """Every type is a scalar or a model of the table, so that a walk through it cannot get lost."""
    kinds = {kind for fields in SHIPPED["models"].values() for kind in fields.values()}
    inner = {re.sub(r"^(list|dict)\[(.*)\]$", r"\2", kind) for kind in kinds}
    assert inner - SCALARS - SHIPPED["models"].keys() == set()


def test_table_requires_only_fields_it_has() -> None:
    """A field that must be there can be there."""
    required = {(model, name) for model, names in SHIPPED["required"].items() for name in names}
    fields = {(model, name) for model, names in SHIPPED["models"].items() for name in names}
    assert required <= fields


def test_table_requires_what_kubernetes_requires() -> None:
    """The fields that every manifest needs are among the required ones, and optional ones are not."""
    required = SHIPPED["required"]
    assert required["V1Container"] == ["name"]
    assert required["V1EnvVar"] == ["name"]
    assert required["V1Volume"] == ["name"]
    assert required["V1VolumeMount"] == ["mountPath", "name"]
    assert required["V1PodSpec"] == ["containers"]
    assert "V1Toleration" not in required


def test_table_tells_quantities_from_strings() -> None:
    """What Kubernetes parses as a quantity may be a number in a manifest, and is marked for it."""
    models = SHIPPED["models"]
    assert models["V1ResourceRequirements"]["limits"] == "dict[quantity]"
    assert models["V1VolumeResourceRequirements"]["requests"] == "dict[quantity]"
    assert models["V1PodSpec"]["overhead"] == "dict[quantity]"
    assert models["V1EmptyDirVolumeSource"]["sizeLimit"] == "quantity"
    assert models["V1ResourceFieldSelector"]["divisor"] == "quantity"


def test_table_tells_ports_that_may_have_a_name() -> None:
    """The port of a probe is a number or a name; that of gRPC and of a container is a number."""
    models = SHIPPED["models"]
    assert models["V1HTTPGetAction"]["port"] == "int-or-string"
    assert models["V1TCPSocketAction"]["port"] == "int-or-string"
    assert models["V1GRPCAction"]["port"] == "int"
    assert models["V1ContainerPort"]["containerPort"] == "int"


def test_table_has_no_status() -> None:
    """A pod that is asked for has no status yet, so the table spends no room on it."""
    assert set(SHIPPED["models"]["V1Pod"]) == {"apiVersion", "kind", "metadata", "spec"}
    assert not [model for model in SHIPPED["models"] if model.endswith("Status")]


def test_table_is_small() -> None:
    """The table is read while DAGs are parsed, so it stays a fraction of what the client takes."""
    assert len(TEXT) < 32 * 1024


def test_check_reads_the_table_without_importing_kubernetes() -> None:
    """Parsing a DAG must not pay for the kubernetes client."""
    code = """
import sys
from airflow_provider_k8sexec.rules.api_server.schema import read_manifest
print(len(read_manifest({"spec": {"containers": [{"nme": "base"}]}}, "V1Pod")[1]))
print("kubernetes" in sys.modules)
"""
    assert run_python(code).split() == ["1", "False"]


def test_import_reads_nothing() -> None:
    """The table is read when the first manifest is checked, and not when the module is imported."""
    code = """
import sys
opened = []
sys.addaudithook(lambda event, args: opened.append(str(args[0])) if event == "open" else None)
from airflow_provider_k8sexec.rules.api_server.schema import read_manifest
print(sum(name.endswith("pod_schema.json") for name in opened))
read_manifest({}, "V1Pod")
read_manifest({}, "V1Pod")
print(sum(name.endswith("pod_schema.json") for name in opened))
"""
    assert run_python(code).split() == ["0", "1"]
