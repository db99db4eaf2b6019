"""What is imported, and what is not: nobody pays for kubernetes who doesn't need it."""

from __future__ import annotations

import ast
import json
import re
import sys
from importlib.metadata import distribution
from pathlib import Path

import pytest
from processes import DAGS, output_of, run_python

import airflow_provider_k8sexec as package
from airflow_provider_k8sexec._compat import load_operator
from airflow_provider_k8sexec.options.pod_options import POD_OPTIONS
from benchmarks.alternatives import OURS, PLAIN, write_dags

pytestmark = pytest.mark.any_python

WORKER = {"AIRFLOW_IS_K8S_EXECUTOR_POD": "True", "AIRFLOW__K8SEXEC__RELEASE_NAME": None}
SCHEDULER = {"AIRFLOW__K8SEXEC__RELEASE_NAME": "infrared-photon-7780"}
PROGRAM = """
import sys

class NoKubernetes:
    asked = []

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in ("kubernetes", "kubernetes_asyncio"):
            self.asked.append(name)
            raise ModuleNotFoundError(name)

sys.meta_path.insert(0, NoKubernetes())
{before}
had = set(sys.modules)
NoKubernetes.asked.clear()  # Airflow 2 itself asks
{code}
loaded = sorted(set(sys.modules) - had)
import json
print("\\n" + json.dumps({{"loaded": loaded, "asked": NoKubernetes.asked}}))
"""
LOAD_BAG = """
from airflow_provider_k8sexec._compat import load_dag_bag
bag = load_dag_bag({path!r})
assert bag.dags and not bag.import_errors, bag.import_errors
"""
NO_WORKERS = (
    "cli",
    "authoring.option_help",
    "options.option_texts",
    "site.pod_template",
    "site.profiles",
    "pod.provenance",
    "rules",
)
LIGHT = {
    "airflow_provider_k8sexec.cli.definition",
    "airflow_provider_k8sexec.executor_names",
    "airflow_provider_k8sexec.plugin.listeners",
    "airflow_provider_k8sexec.context",
    "airflow_provider_k8sexec.context.site_context",
    "airflow_provider_k8sexec.exceptions",
    "airflow_provider_k8sexec.options",
    "airflow_provider_k8sexec.options.after",
    "airflow_provider_k8sexec.site",
    "airflow_provider_k8sexec.site.option_table",
    "airflow_provider_k8sexec.site.schemas",
}
"""Modules that entry points import: they define, and import what they need when it is needed."""

ENTRY_MODULES = {
    entry_point.module
    for entry_point in distribution("airflow-provider-k8sexec").entry_points
    if entry_point.group != "console_scripts"
} | {"airflow_provider_k8sexec.cli"}


def imports_of(code, before="import airflow", **environ):
    """Tell what a process imports, which cannot import kubernetes, and whether it has asked for that.

    Args:
        code: The program.
        before: What the process does before anybody looks.
        **environ: The environment.
    """
    program = PROGRAM.format(code=code, before=before)
    told = json.loads(output_of(run_python("-c", program, **environ)).splitlines()[-1])
    return set(told["loaded"]), told["asked"]


def packages(modules):
    """Give the packages that modules belong to."""
    return {module.partition(".")[0] for module in modules}


def test_importing_the_package_loads_nothing_else():
    """Import airflow_provider_k8sexec costs one module, and Airflow is none of it."""
    loaded, _ = imports_of("import airflow_provider_k8sexec", before="")
    assert packages(loaded) - set(sys.stdlib_module_names) == {"airflow_provider_k8sexec"}
    assert {name for name in loaded if name.startswith("airflow_provider_k8sexec")} == {
        "airflow_provider_k8sexec"
    }


def test_every_public_name_for_dag_files_leaves_kubernetes_out():
    """Importing all public names leaves kubernetes out, but for the hook and operators that start pods."""
    code = """
import airflow_provider_k8sexec as package
for name in set(package.__all__) - {"DeploymentHook", "K8sPodOperator", "k8s_pod_operator"}:
    getattr(package, name)
"""
    loaded, requested = imports_of(code)
    assert "airflow_provider_k8sexec.operators" in loaded
    assert requested == []


def test_the_package_lists_its_public_names():
    """An editor finds the public names in the package before any of them is loaded, and no other."""
    assert dir(package) == sorted(package.__all__)
    assert all(hasattr(package, name) for name in package.__all__)
    with pytest.raises(AttributeError, match="module 'airflow_provider_k8sexec' has no attribute 'k8s_taks'"):
        _ = package.k8s_taks


def test_what_no_airflow_has_is_told_with_the_places():
    """Where an Airflow lacks what the package needs of it, the error names its version and the places."""
    with pytest.raises(ImportError, match=r"Airflow [23]\..* has none of .*operators\.bash:FishOperator"):
        load_operator("bash", "FishOperator")


def test_the_dag_file_of_this_test_uses_every_option():
    """The DAG file that the next tests load has a value for each pod option."""
    tree = ast.parse((DAGS / "every_option.py").read_text(encoding="utf-8"))
    (options,) = (
        node.value
        for node in tree.body
        if isinstance(node, ast.Assign) and node.targets[0].id == "EVERY_OPTION"
    )
    assert {key.value for key in options.keys} == POD_OPTIONS


@pytest.mark.parametrize("environ", [WORKER, SCHEDULER], ids=["worker", "scheduler"])
def test_a_dag_of_every_option_and_flavour_leaves_kubernetes_out(environ):
    """A process that only loads the DAG file, as a worker does, never asks for kubernetes."""
    loaded, requested = imports_of(LOAD_BAG.format(path=str(DAGS / "every_option.py")), **environ)
    assert "airflow_provider_k8sexec.pod.manifest" in loaded
    assert requested == []


def test_a_worker_loads_of_others_only_what_a_plain_task_does(tmp_path):
    """On top of a plain task's DAG file, a file of ours loads this package, and of that not the rules."""
    plain, file = (
        LOAD_BAG.format(path=str(write_dags(tmp_path, way, tasks=1) / "dag_0.py")) for way in (PLAIN, OURS)
    )
    loaded, _ = imports_of(file, before=plain, **WORKER)
    ours = {name for name in loaded if packages([name]) == {"airflow_provider_k8sexec"}}
    assert "airflow_provider_k8sexec.authoring.attach" in ours
    assert {name for name in loaded - ours if not name.startswith("unusual_prefix_")} == set()
    assert not [name for name in ours if name.partition(".")[2].startswith(NO_WORKERS)]


def test_a_hand_written_dag_asks_for_kubernetes():
    """The seeds' own DAG file does ask for kubernetes: the test above can fail."""
    code = LOAD_BAG.format(path=str(DAGS / "secret_by_hand.py")).replace("assert", "bag.import_errors or")
    _, requested = imports_of(code, **SCHEDULER)
    assert "kubernetes" in requested


def test_who_looks_at_a_pod_asks_for_kubernetes():
    """Asking about the dict does not make the pod; taking the pod out does."""
    code = """
from airflow_provider_k8sexec import k8s_config
config = k8s_config(cpu=1)
assert config and "pod_override" in config and list(config) == ["pod_override"]
assert not NoKubernetes.asked
try:
    config["pod_override"]
except ModuleNotFoundError:
    pass
"""
    _, requested = imports_of(code)
    assert requested == ["kubernetes"]


def test_a_worker_that_tells_what_a_task_has_used_leaves_kubernetes_out():
    """At the end of a task, the listener finds what was asked for without making the pod."""
    code = """
from types import SimpleNamespace
from airflow_provider_k8sexec import k8s_config
from airflow_provider_k8sexec.plugin import listeners
from airflow_provider_k8sexec.usage import report as usage_report
from airflow_provider_k8sexec.usage.cgroup import Counters
usage_report.read_counters = lambda: Counters(2**30, True, 0, 0, 2**30, 0, 1.0, 1.0, 1.0)
told = []
usage_report._store = lambda instance, usage: told.append(usage.memory_request)
task = SimpleNamespace(executor_config=k8s_config(memory="1Gi", secrets=["A_KEY"]))
listeners.on_task_instance_success(SimpleNamespace(task=task, dag_id="a", task_id="b", try_number=1))
assert told == [2**30], told
"""
    loaded, requested = imports_of(code, **WORKER)
    assert "airflow_provider_k8sexec.usage.report" in loaded
    assert requested == []


def test_masking_leaves_kubernetes_and_the_options_out():
    """A worker that masks what the scheduler has named loads what that needs, and no more of ours."""
    code = """
from airflow_provider_k8sexec.plugin import listeners
listeners.on_starting(None)
"""
    loaded, requested = imports_of(
        code, **WORKER, K8SEXEC_SECRET_NAMES='{"variables": ["A"]}', A="a-secret-value"
    )
    assert "airflow_provider_k8sexec.authoring.secret_parts" in loaded
    assert "airflow_provider_k8sexec.authoring.attach" not in loaded
    assert requested == []


def test_what_every_process_of_airflow_imports_loads_nothing():
    """A module behind an entry point costs itself, what of ours it names, and of others what Airflow has."""
    before = "import airflow, airflow.policies, airflow.plugins_manager, airflow.listeners"
    ours = "[name for name in sys.modules if name.startswith('airflow_provider_k8sexec')]"
    code = f"""
import importlib
for module in {sorted(ENTRY_MODULES)}:
    for name in {ours}:
        del sys.modules[name]
    importlib.import_module(module)
    others = set({ours}) - {{"airflow_provider_k8sexec", module}}
    assert others <= {LIGHT}, (module, others)
"""
    loaded, requested = imports_of(code, before=before)
    assert packages(loaded) - set(sys.stdlib_module_names) <= {"airflow_provider_k8sexec"}
    assert requested == []


def test_a_process_that_loads_all_entry_points_loads_no_more_of_ours():
    """Providers, their options and commands, policies and plugins cost the modules that they name."""
    code = """
from airflow.providers_manager import ProvidersManager
manager = ProvidersManager()
manager.initialize_providers_list()
manager.initialize_providers_configuration()
if hasattr(manager, "initialize_providers_cli_command"):
    manager.initialize_providers_cli_command()
import airflow.plugins_manager
import airflow.settings
airflow.settings.initialize()
"""
    loaded, _ = imports_of(code, before="")
    ours = {name for name in loaded if packages([name]) == {"airflow_provider_k8sexec"}}
    assert {"airflow_provider_k8sexec.policies", "airflow_provider_k8sexec.provider_info"} <= ours
    assert ours <= {"airflow_provider_k8sexec", *LIGHT} | ENTRY_MODULES


@pytest.mark.parametrize("words", [["--help"], ["render", "--help"]])
def test_the_console_script_loads_no_more_than_it_needs_to_explain_itself(words):
    """``k8sexec --help`` loads the definition of the commands, and neither Airflow nor a library."""
    code = f"""
from airflow_provider_k8sexec.cli import main
try:
    main({words!r})
except SystemExit as stop:
    assert stop.code == 0
"""
    loaded, _ = imports_of(code, before="")
    assert "airflow_provider_k8sexec.cli.parser" in loaded
    assert not packages(loaded) & {"airflow", "attr", "attrs", "kubernetes", "pendulum", "rich", "yaml"}


def test_a_command_of_airflow_loads_only_entry_points_of_ours():
    """``airflow version`` loads none of the package but modules that Airflow names by themselves."""
    code = """
sys.argv = ["airflow", "version"]
from airflow.__main__ import main
main()
"""
    loaded, _ = imports_of(code, before="")
    ours = {name for name in loaded if packages([name]) == {"airflow_provider_k8sexec"}}
    assert ours <= {"airflow_provider_k8sexec", *LIGHT} | ENTRY_MODULES


def test_a_worker_pays_nothing_for_the_policy():
    """A worker that loads a hand-written config judges nothing, and imports neither policy nor rules."""
    path = str(DAGS / "secret_by_hand.py")
    for before, environ in {"enforce": SCHEDULER, "": WORKER}.items():
        program = (
            "import sys\n"
            f"{LOAD_BAG.format(path=path)}\n"
            "names = [name for name in sys.modules if name.startswith('airflow_provider_k8sexec.')]\n"
            "found = [name for name in names if '.rules' in name or name.endswith('.enforce')]\n"
            "print('\\n' + ' '.join(found))\n"
        )
        said = output_of(run_python("-c", program, **environ)).splitlines()[-1]
        assert (before in said) if before else said == ""


def test_no_class_of_attrs_stands_beside_a_global_that_it_takes_for_attrs_own():
    """The ``__repr__`` that attrs writes looks for ``_compat``, a module of its own, among the globals."""
    modules = [path.read_text(encoding="utf-8") for path in Path(package.__file__).parent.rglob("*.py")]
    with_classes = [text for text in modules if re.search(r"^@(frozen|define)", text, re.MULTILINE)]
    assert len(with_classes) > 20
    for text in with_classes:
        imports = re.findall(r"^from airflow_provider_k8sexec import (.+)$", text, re.MULTILINE)
        assert not re.search(r"\b_compat\b(?! as )", ", ".join(imports)), text[:200]
