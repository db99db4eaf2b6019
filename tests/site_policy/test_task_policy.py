"""The policy: what it says of executor configs, in a DagBag of real Airflow, and what it does to them."""

from __future__ import annotations

import json
import re
import textwrap
import time
import warnings
from types import SimpleNamespace

import airflow
import pytest
from airflow_lines import pod_of, serialize
from kubernetes.client import models as k8s
from planted_mistakes import EXAMPLES, MISTAKES, PASSWORD, PLANTED, RIGHT, write_template

from airflow_provider_k8sexec import SpecWarning
from airflow_provider_k8sexec._compat import load_dag_bag
from airflow_provider_k8sexec.site_policy.validate import validate

HEAD = """
import pendulum
from kubernetes.client import models as k8s
from airflow_provider_k8sexec import k8s_config, k8s_task, per_try
try:
    from airflow.sdk import DAG, task
except ImportError:
    from airflow import DAG
    from airflow.decorators import task

def pod(container=None, **spec):
    worker = k8s.V1Container(name="base", **(container or {}))
    return {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[worker], **spec))}

def load(x=0):
    return x

def amounts(**given):
    return {"resources": k8s.V1ResourceRequirements(requests=given, limits=given)}

with DAG("etl", start_date=pendulum.datetime(2026, 1, 1), schedule=None):
"""
BY_HAND = "task(task_id={name!r}, executor_config={config})(load)()"


@pytest.fixture
def site(configure, monkeypatch, tmp_path):
    """Give a way to set the site's policy, its rules and its pod template."""
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", write_template(tmp_path))

    def set_site(policy="warn", rules=None, platform="generic"):
        text = rules if isinstance(rules, str) else json.dumps(rules or {})
        configure(policy=policy, platform=platform, policy_rules=text)

    set_site()
    return set_site


@pytest.fixture
def load(tmp_path):
    """Load a DAG of these lines, and give its tasks, the warnings, and the import error."""

    def load_lines(*lines):
        file = tmp_path / "etl.py"
        file.write_text(HEAD + textwrap.indent("\n".join(lines), "    "), encoding="utf-8")
        return load_bag(file)

    return load_lines


def load_bag(path):
    """Load DAG files: tasks by DAG and task, what was warned of, and import errors."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        bag = load_dag_bag(str(path))
    tasks = {f"{dag.dag_id}.{task.task_id}": task for dag in bag.dags.values() for task in dag.tasks}
    told = [str(warning.message) for warning in caught if issubclass(warning.category, SpecWarning)]
    return tasks, told, "\n".join(bag.import_errors.values())


def by_task(told):
    """Give what is said of each task by DAG and task."""
    named = {}
    for text in told:
        _, task, _, dag, _ = text.splitlines()[0].split("'")
        named[f"{dag}.{task}"] = text
    return named


def test_every_planted_mistake_is_told_with_its_remedy(site):
    """Under `warn`, each of the planted mistakes is a warning that names DAG, task, value and remedy."""
    site("warn")
    files = sorted(PLANTED.glob("*.py"))
    told = [text for file in files for text in load_bag(file)[1]]
    found = by_task(told)
    assert len(MISTAKES) >= 30
    assert set(found) == set(MISTAKES)
    for task, (said, remedy) in MISTAKES.items():
        assert said in found[task]
        assert remedy in found[task]


@pytest.mark.parametrize(
    ("options", "is_told"),
    [
        ('resource_claims={"gpu": "a100"}', True),
        ('resource_claims={"gpu": "a100"}, memory="2Gi"', False),
        ('pod_resources={"memory": "2Gi"}', False),
    ],
)
def test_claims_alone_drop_the_templates_amounts(site, load, options, is_told):
    """Airflow replaces the resources of a container as a whole, claims of devices among them."""
    site("warn")
    _, told, error = load(BY_HAND.format(name="it", config=f"k8s_config({options})"))
    assert error == ""
    dropped = "resource_claims['gpu']=['gpu'] is requested without amounts, which drops the pod template's "
    assert [f"{dropped}cpu=1, memory=2Gi" in text for text in told] == [True] * is_told


def test_a_warning_stands_at_the_tasks_line(site):
    """Where Python shows a warning's place, that is the line of the DAG file where the task is made."""
    site("warn")
    file = PLANTED / "keys.py"
    with pytest.warns(SpecWarning, match="1 problem in the pod of task") as caught:
        load_dag_bag(str(file))
    lines = file.read_text(encoding="utf-8").splitlines()
    (warning,) = [item for item in caught if "misspelt_key" in str(item.message)]
    assert warning.filename == str(file)
    assert "def misspelt_key" in "".join(lines[warning.lineno - 1 : warning.lineno + 1])


def test_no_message_shows_a_password(site):
    """A password in clear is told by the name of its variable, and not told again."""
    for policy in ("warn", "error"):
        site(policy)
        _, told, error = load_bag(PLANTED / "environment.py")
        assert ("WAREHOUSE_PASSWORD" in "\n".join(told)) == (policy == "warn")
        assert PASSWORD not in "\n".join([*told, error.rpartition("Violation")[2]])


def test_no_warning_is_about_a_dag_that_airflow_ships(site, monkeypatch):
    """Whoever tries Airflow with its examples can mend none of them; its folder is where they are."""
    site("warn")
    file = PLANTED / "keys.py"
    assert load_bag(file)[1]
    monkeypatch.setattr(airflow, "__path__", [*airflow.__path__, str(PLANTED)])
    assert load_bag(file)[1] == []


@pytest.mark.parametrize("policy", ["warn", "error"])
def test_right_dags_are_left_alone(site, policy):
    """Of realistic hand-written overrides, and of all example DAGs, nothing is said."""
    site(policy)
    loaded = {}
    for file in [*sorted(RIGHT.glob("*.py")), *sorted(EXAMPLES.glob("*.py"))]:
        tasks, told, error = load_bag(file)
        assert (told, error) == ([], "")
        loaded.update(tasks)
    assert len(loaded) >= 30


def test_an_error_is_an_import_error_that_has_all_problems_of_the_dag(site):
    """Under `error`, a DAG with mistakes is not imported; the error names all its tasks at once."""
    site("error")
    tasks, _, error = load_bag(PLANTED / "keys.py")
    assert tasks == {}
    assert "AirflowClusterPolicyViolation" in error
    lines = (PLANTED / "keys.py").read_text(encoding="utf-8").splitlines()
    located = re.findall(r"of task '(\w+)' of DAG 'keys' \((.*), line (\d+)\):", error)
    assert located
    for task, file, line in located:
        assert file == str(PLANTED / "keys.py")
        assert lines[int(line) - 1].lstrip().startswith("@task")
        assert f"def {task}(" in "\n".join(lines[int(line) : int(line) + 2])
    for task, (said, remedy) in MISTAKES.items():
        if task.startswith("keys."):
            assert f"task {task.removeprefix('keys.')!r} of DAG 'keys'" in error
            assert said in error
            assert remedy in error


def test_what_may_be_meant_is_a_warning_under_error(site):
    """Under `error`, what works and was probably not meant is still but a warning."""
    site("error")
    file = PLANTED / "containers.py"
    _, _, error = load_bag(file)
    assert "busybox" not in error.rpartition("Violation")[2]


def test_off_says_nothing(site):
    """Under `off`, nothing is judged."""
    site("off")
    tasks, told, error = load_bag(PLANTED / "keys.py")
    assert (told, error) == ([], "")
    assert len(tasks) == 9


def test_without_a_setting_mistakes_are_warnings(monkeypatch):
    """A site that has set nothing is warned of mistakes, and no DAG is refused."""
    monkeypatch.delenv("AIRFLOW__K8SEXEC__POLICY", raising=False)
    tasks, told, error = load_bag(PLANTED / "keys.py")
    assert len(told) == 9
    assert (len(tasks), error) == (9, "")


def test_a_worker_judges_nothing(site, monkeypatch):
    """In a worker pod nothing is judged, and nothing fails: its pod is launched already."""
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    for policy in ("warn", "error", "fix"):
        site(policy, {"max": {"memory": "1Gi"}})
        tasks, told, error = load_bag(PLANTED / "resources.py")
        assert (told, error) == ([], "")
        assert len(tasks) == 6


def test_a_worker_does_not_fail_for_the_sites_mistakes(site, load, monkeypatch):
    """Rules that cannot be read fail no task that runs."""
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    site("fix", "/nowhere/policy.yaml")
    tasks, told, error = load("task(load)()")
    assert (list(tasks), told, error) == (["etl.load"], [], "")


RULES = {
    "max": {"cpu": 4, "memory": "8Gi", "gpu": 1, "ephemeral_storage": "20Gi"},
    "images": ["registry.example.com/*"],
    "service_accounts": ["etl-*"],
    "namespaces": ["airflow"],
    "node_selectors": {"pool": ["batch", "gpu-*"]},
    "required_labels": {"team": ["finance", "sales"]},
}
TEAM = "metadata=k8s.V1ObjectMeta(labels={'team': 'finance'})"
VIOLATIONS = {
    "amounts(cpu=8)": "cpu limit='8' is above the site's maximum, 4; request at most '4'.",
    "amounts(memory='16Gi')": "memory limit='16Gi' is above the site's maximum, 8Gi; request at most '8Gi'.",
    "amounts(**{'nvidia.com/gpu': 2})": "nvidia.com/gpu limit='2' is above the site's maximum, 1",
    "amounts(**{'ephemeral-storage': '1Ti'})": (
        "ephemeral-storage limit='1Ti' is above the site's maximum, 20Gi"
    ),
    "{'image': 'elsewhere.example.com/etl:1'}": (
        "is not one that the site allows; choose from registry.example.com/*."
    ),
    "{}, service_account_name='admin'": (
        "['serviceAccountName']='admin' is not one that the site allows; choose from etl-*."
    ),
    "{}, node_selector={'pool': 'web'}": "['nodeSelector']['pool']='web' is not one that the site allows",
    "{}, node_selector={'disk': 'ssd'}": (
        "['nodeSelector']='disk' is not one that the site allows; choose from pool."
    ),
}


@pytest.mark.parametrize("spec", VIOLATIONS)
def test_what_the_site_does_not_allow_is_an_error(site, load, spec):
    """A hand-written override is held against the site's maxima, images, accounts, nodes and labels."""
    site("error", RULES)
    _, _, error = load(BY_HAND.format(name="load", config=f"pod({spec})"))
    assert VIOLATIONS[spec] in error
    assert "label team is missing, and the site requires it; give the pod a label team=finance." in error


OWN_VIOLATIONS = {
    "cpu=8": "cpu limit='8' is above the site's maximum, 4",
    "memory=('9Gi', None)": "memory request='9Gi' is above the site's maximum, 8Gi",
    "memory='6Gi', sidecars=[{'name': 'p', 'image': 'registry.example.com/p', 'resources': "
    "{'limits': {'memory': '4Gi'}}}]": "memory limit='10Gi' is above the site's maximum, 8Gi",
    "gpu=2": "nvidia.com/gpu limit='2' is above the site's maximum, 1",
    "retries=2, memory=per_try('1Gi', '16Gi')": "memory limit[try 2]='16Gi' is above the site's maximum, 8Gi",
    "retries=9, cpu=per_try.doubling((1), up_to=8)": "cpu limit[try 4]='8' is above the site's maximum, 4",
    "image='busybox'": "image='busybox' is not one that the site allows",
    "namespace='elsewhere'": "namespace='elsewhere' is not one that the site allows; choose from airflow.",
    "labels={'team': 'hr'}": "label team='hr' is not one that the site allows; choose from finance, sales.",
    "cpu=4": "memory limit is missing, so that the pod template's, '2Gi', does not hold",
    "init_containers=[{'name': 'i', 'image': 'registry.example.com/i', 'resources': "
    "{'limits': {'memory': '9Gi'}}}]": "memory limit='9Gi' is above the site's maximum, 8Gi",
    "pod_override={'spec': {'serviceAccount': 'admin'}}": "['serviceAccount']='admin' is not one",
    "pod_override={'spec': {'nodeName': 'n1'}}": "['nodeName']='n1' passes over the scheduler",
    "affinity={'nodeAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': {'nodeSelectorTerms': "
    "[{'matchExpressions': [{'key': 'pool', 'operator': 'In', 'values': ['gpu']}]}]}}}": (
        "node affinity pool='gpu' is not one that the site allows"
    ),
    "affinity={'nodeAffinity': {'requiredDuringSchedulingIgnoredDuringExecution': {'nodeSelectorTerms': "
    "[{'matchExpressions': [{'key': 'pool', 'operator': 'NotIn', 'values': ['batch']}]}]}}}": (
        "node affinity pool='NotIn' requests nodes by something else"
    ),
    "init_containers=[{'name': 'i', 'image': 'busybox'}]": "init_containers[0]['image']='busybox' is not one",
}


@pytest.mark.parametrize("options", OWN_VIOLATIONS)
@pytest.mark.parametrize("call", ["()", ".expand(x=[1, 2])"], ids=["single", "mapped"])
def test_our_own_tasks_are_held_against_the_sites_rules(site, load, options, call):
    """Pod options are held against the same rules, of mapped tasks, too."""
    site("error", RULES)
    _, _, error = load(f"k8s_task({options})(load){call}")
    assert "AirflowClusterPolicyViolation" in error
    assert OWN_VIOLATIONS[options] in error


def test_tasks_within_the_rules_pass(site, load):
    """What the site allows is not told, hand-written or not."""
    site("error", RULES)
    own = "labels={'team': 'finance'}, cpu=4, memory='2Gi', image='registry.example.com/etl'"
    own += ", node_selector={'pool': 'batch'}"
    by_hand = "{'pod_override': k8s.V1Pod(metadata=k8s.V1ObjectMeta(labels={'team': 'sales'}))}"
    tasks, told, error = load(f"k8s_task({own})(load)()", BY_HAND.format(name="by_hand", config=by_hand))
    assert (told, error) == ([], "")
    assert len(tasks) == 2


def test_a_task_that_asks_for_nothing_is_held_against_the_rules(site, load):
    """A required label is missing on a task without an executor_config, too."""
    site("error", RULES)
    _, _, error = load("task(load)()")
    assert "label team is missing" in error


def test_a_label_of_the_template_counts(site, load):
    """What the site's own pod template carries, no task has to repeat."""
    site("error", {"required_labels": ["workspace"]})
    tasks, _, error = load("task(load)()")
    assert (list(tasks), error) == (["etl.load"], "")


def test_exempt_tasks_are_left_alone(site, load):
    """DAGs and tasks that the site exempts are not judged, whatever is wrong with them."""
    rules = {**RULES, "exempt": {"et?": ["old_*"]}}
    lines = [BY_HAND.format(name=name, config="{'pod_overide': 1}") for name in ("old_load", "new_load")]
    site("warn", rules)
    _, told, _ = load(*lines)
    assert list(by_task(told)) == ["etl.new_load"]
    site("fix", {**rules, "default": {"cpu": 1}})
    tasks, _, _ = load("task(task_id='old_load')(load)()")
    assert tasks["etl.old_load"].executor_config == {}


DEFAULTS = {"default": {"cpu": "250m", "memory": ["512Mi", "1Gi"]}}


def resources_of(task):
    """Give the resources of a task's worker container."""
    return pod_of(task.executor_config)["spec"]["containers"][0]["resources"]


FILLED = {
    "task(load)()": ({"cpu": "250m", "memory": "512Mi"}, {"cpu": "250m", "memory": "1Gi"}),
    "task(load).expand(x=[1, 2])": ({"cpu": "250m", "memory": "512Mi"}, {"cpu": "250m", "memory": "1Gi"}),
    "k8s_task(cpu=2)(load)()": ({"cpu": "2", "memory": "512Mi"}, {"cpu": "2", "memory": "1Gi"}),
    "k8s_task(cpu=2)(load).expand(x=[1])": ({"cpu": "2", "memory": "512Mi"}, {"cpu": "2", "memory": "1Gi"}),
    "k8s_task(memory=('2Gi', None))(load)()": ({"cpu": "250m", "memory": "2Gi"}, {"cpu": "250m"}),
    "k8s_task(image='etl:1')(load)()": (
        {"cpu": "250m", "memory": "512Mi"},
        {"cpu": "250m", "memory": "1Gi"},
    ),
    "task(executor_config=pod(amounts(memory='4Gi')))(load)()": (
        {"cpu": "250m", "memory": "4Gi"},
        {"cpu": "250m", "memory": "4Gi"},
    ),
}


@pytest.mark.parametrize("worker", [False, True], ids=["dag-processor", "worker"])
@pytest.mark.parametrize("line", FILLED)
def test_fix_fills_in_what_is_not_asked_for(site, load, line, worker, monkeypatch):
    """A task gets the defaults for what it does not ask for, and keeps what it asks for."""
    if worker:
        monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    site("fix", DEFAULTS)
    tasks, told, error = load(line)
    requests, limits = FILLED[line]
    assert (told, error) == ([], "")
    assert resources_of(tasks["etl.load"]) == {"requests": requests, "limits": limits}


def test_what_fix_fills_in_is_what_the_executor_gets(site, load):
    """The serialised DAG, by which the scheduler launches tasks, has the defaults; also of mapped tasks."""
    site("fix", DEFAULTS)
    tasks, _, _ = load("task(load).expand(x=[1, 2])", "task(task_id='single')(load)()")
    text = json.dumps(serialize(tasks["etl.load"].dag))
    assert text.count("512Mi") == 2


def test_fix_keeps_the_rest_of_a_hand_written_override(site, load):
    """What a hand-written override has besides is the same pod as before."""
    site("fix", DEFAULTS)
    config = "pod({'image': 'etl:1', **amounts(memory='4Gi')}, node_selector={'disk': 'ssd'})"
    line = BY_HAND.format(name="load", config=config)
    filled = pod_of(load(line)[0]["etl.load"].executor_config)
    site("off")
    before = pod_of(load(line)[0]["etl.load"].executor_config)
    for side in ("requests", "limits"):
        assert filled["spec"]["containers"][0]["resources"][side].pop("cpu") == "250m"
    assert filled == before


def test_fix_leaves_a_shared_config_as_it_is(site, load):
    """A config that tasks share stays as it is; each task gets its own."""
    site("fix", DEFAULTS)
    tasks, _, _ = load(
        "shared = pod(amounts(memory='4Gi'))",
        "a = task(task_id='a', executor_config=shared)(load)()",
        "b = task(task_id='b', executor_config=shared)(load)()",
    )
    a, b = (tasks[f"etl.{name}"].executor_config for name in "ab")
    assert a is not b
    assert pod_of(a) == pod_of(b)


def test_fix_leaves_a_task_with_a_template_of_its_own(site, load):
    """A task's own pod template has its amounts, which a default would replace."""
    site("fix", DEFAULTS)
    line = BY_HAND.format(name="load", config="{'pod_template_file': '/opt/airflow/large.yaml'}")
    tasks, _, _ = load(line)
    assert tasks["etl.load"].executor_config == {"pod_template_file": "/opt/airflow/large.yaml"}


def test_what_cannot_be_fixed_is_an_error_under_fix(site, load):
    """Fix never changes what was asked for: a violation is an import error there."""
    site("fix", {**DEFAULTS, "max": {"memory": "8Gi"}})
    tasks, _, error = load("k8s_task(memory='16Gi')(load)()")
    assert tasks == {}
    assert "memory limit='16Gi' is above the site's maximum, 8Gi" in error


def test_without_fix_a_missing_default_is_a_warning(site, load):
    """Under `warn` and `error`, a site learns which tasks `fix` would fill in."""
    for policy in ("warn", "error"):
        site(policy, DEFAULTS)
        tasks, told, error = load("k8s_task(cpu=1)(load)()")
        assert (list(tasks), error) == (["etl.load"], "")
        assert "memory is not requested, and the site has a default for it" in told[0]
        assert "cpu is" not in told[0]


BAD_RULES = {
    '{"max": {"memroy": "1Gi"}}': "[k8sexec] policy_rules, line 1: max.memroy is not known; write memory.",
    '{"max": {"memory": 512}}': "max.memory=512 is 512 bytes; write memory='512Mi'.",
    '{"max": {"memory": ["1Gi", "2Gi"]}}': "max.memory is a pair, and a maximum is one amount",
    '{"max": 8}': "max=8 is not a mapping",
    '{"maxima": {}}': "maxima is not known; write one of default, exempt, images, max",
    '{"images": {"a": 1}}': "images=<dict> is not a list of strings",
    '{"max": {"cpu": 1}, "default": {"cpu": 2}}': "default.cpu='2' is above the site's own maximum, 1",
    "{": "policy_rules, line 2, column 1 cannot be read as YAML: while parsing a flow node, did not find",
    '{"max": {"memory": "1Gi"}, "max": {"cpu": 8}}': "rules, line 1, column 28: max is defined twice",
    "/nowhere/policy.yaml": "policy_rules='/nowhere/policy.yaml' cannot be read: No such file or directory",
}


@pytest.mark.parametrize("rules", BAD_RULES)
def test_rules_that_cannot_be_read_are_told(site, load, rules):
    """A mistake in the site's rules is an import error of every DAG, with its place and the remedy."""
    site("warn", rules)
    _, _, error = load("task(load)()")
    assert BAD_RULES[rules] in error


def test_all_mistakes_of_the_rules_are_told_at_once(site, load):
    """Nobody corrects one mistake to be shown the next."""
    site("warn", '{"max": {"memroy": 1, "cpu": "1Gb"}, "image": []}')
    _, _, error = load("task(load)()")
    for said in ("max.memroy", "max.cpu='1Gb'", "image is not known; write images"):
        assert said in error


def test_a_mistake_in_a_file_of_rules_has_its_line(site, load, tmp_path):
    """Rules in a file are read like profiles: what is wrong, or defined twice, is found by its line."""
    file = tmp_path / "policy.yaml"
    for text, line in {
        "max:\n  memory: 1Gi\nmax:\n  cpu: 8\n": "line 3, column 1: max is defined twice; remove one.",
        "max:\n  cpu: 8\n  memory: 512\n": "line 3: max.memory=512 is 512 bytes; write memory='512Mi'.",
    }.items():
        file.write_text(text, encoding="utf-8")
        site("warn", str(file))
        _, _, error = load("task(load)()")
        assert f"{file}, {line}" in error


def test_rules_may_stand_in_a_file(site, load, tmp_path):
    """The option may be the path of a YAML file."""
    file = tmp_path / "policy.yaml"
    file.write_text("max:\n  memory: 1Gi\nrequired_labels: [team]\n", encoding="utf-8")
    site("error", str(file))
    _, _, error = load("k8s_task(memory='2Gi')(load)()")
    assert "memory limit='2Gi' is above the site's maximum, 1Gi" in error
    assert "give the pod a label team=..." in error


ENDLESS = """
override = k8s.V1Pod(metadata=k8s.V1ObjectMeta(annotations={}))
inner = "x"
for _ in range(9):
    inner = [inner] * 10
override.metadata.annotations["a"] = inner
task(task_id="a_task", executor_config={"pod_override": override})(load)()
"""


def test_a_hand_written_override_is_read_within_bounds(site, load):
    """A structure of a thousand million values is refused before anybody walks it."""
    site("error")
    start = time.process_time()
    _, _, error = load("from kubernetes.client import models as k8s", *ENDLESS.splitlines())
    assert "executor_config=<dict> holds more than 50000 values; write less, or remove it." in error
    assert time.process_time() - start < 60


def test_an_unknown_policy_is_told(site, load):
    """A misspelt mode is told where DAGs are loaded, with the modes that there are."""
    site("wran")
    _, _, error = load("k8s_task(cpu=1)(load)()")
    assert "[k8sexec] policy='wran' is unknown; write one of off, warn, error, fix." in error


def test_a_platforms_error_is_one_for_hand_written_overrides_too(site, load):
    """What the platform cannot run is an error of hand-written overrides, too; what it changes, a warning."""
    claim = "k8s.V1PersistentVolumeClaimVolumeSource(claim_name='models')"
    volume = f"k8s.V1Volume(name='models', persistent_volume_claim={claim})"
    mount = "{'volume_mounts': [k8s.V1VolumeMount(name='models', mount_path='/models')]}"
    line = BY_HAND.format(name="load", config=f"pod({mount}, volumes=[{volume}], service_account_name='etl')")
    site("error", platform="astro")
    _, told, error = load(line)
    volume = "pod_override['spec']['volumes'][0]"
    assert f"{volume} has the source persistentVolumeClaim, and Astro has no persistent volumes" in error
    site("warn", platform="astro")
    _, told, error = load(line)
    assert "['serviceAccountName']='etl' cannot act for another cloud account on Astro" in told[0]
    site("error", platform="generic")
    assert load(line)[1:] == ([], "")


def test_our_own_tasks_are_warned_of_what_was_probably_not_meant(site, load):
    """Pod options are held against the same rules: a plaintext password, an image without Airflow."""
    site("warn")
    _, told, _ = load("k8s_task(env_vars={'DB_PASSWORD': 'hunter2'}, image='python:3.12')(load)()")
    assert "env_vars['DB_PASSWORD'] looks like a plaintext password" in told[0]
    assert "image='python:3.12' has no Airflow in it" in told[0]
    assert "hunter2" not in told[0]


class Unreadable:
    """Something that raises whatever is asked of it."""

    def __getattr__(self, name):
        """Raise."""
        raise RuntimeError(name)


def endless():
    """Make a dict that contains itself."""
    loop = {}
    loop["spec"] = loop
    return loop


BASE = k8s.V1Container(
    name="base", env=[None, {"name": ["a"]}], volume_mounts=["x", {"name": ["y"]}], image=7
)
ODD = {
    "a number": 5,
    "a list": [1],
    "a key that is no text": {1: 2, None: 3},
    "any object": {"pod_override": object()},
    "an endless dict": {"pod_override": endless()},
    "an endless spec": {"pod_override": k8s.V1Pod(spec=endless())},
    "a number for a spec": {"pod_override": k8s.V1Pod(spec=1)},
    "a list for metadata": {"pod_override": k8s.V1Pod(metadata=[1])},
    "a text for containers": {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers="base"))},
    "a container of odd parts": {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[BASE]))},
    "a number for a template": {"pod_template_file": 5},
    "what cannot be read": {"pod_override": k8s.V1Pod(spec=Unreadable())},
}
UNREADABLE = {"what cannot be read"}


@pytest.mark.parametrize("platform", ["astro", "software", "generic"])
@pytest.mark.parametrize("odd", ODD)
def test_whatever_a_config_is_it_is_judged(site, odd, platform):
    """A config of any shape has a verdict, and under `warn` no DAG is refused for it.

    Where no foreign object raises, each mistake is named.
    """
    site("warn", {**RULES, **DEFAULTS}, platform)
    task = SimpleNamespace(dag_id="etl", task_id="load", executor_config=ODD[odd])
    verdict = validate(task)
    assert verdict.errors
    assert any("cannot be read (" in str(problem) for problem in verdict.errors) == (odd in UNREADABLE)
    assert all(problem.remedy for problem in [*verdict.errors, *verdict.warnings])


OWN = "metadata=k8s.V1ObjectMeta(annotations={'k8sexec/per-try': '{}', 'team/note': 'x'})"
BY_HAND_ANNOTATIONS = {
    f"task(executor_config={{'pod_override': k8s.V1Pod({OWN})}})(load)()": (
        "executor_config['pod_override'].metadata.annotations='k8sexec/per-try' is set by this package alone"
    ),
    "k8s_task(pod_override={'metadata': {'annotations': {'k8sexec/exact': '{}'}}})(load)()": (
        "pod_override['metadata']['annotations']='k8sexec/exact' is set by this package alone"
    ),
    "k8s_task(annotations={'k8sexec/exact': '{}'})(load)()": (
        "annotations='k8sexec/exact' is set by this package alone"
    ),
}


@pytest.mark.parametrize("line", BY_HAND_ANNOTATIONS)
def test_annotations_of_this_package_are_not_written_by_hand(site, load, line):
    """They tell the pod mutation hook what to set, so nobody else writes one."""
    site("error")
    _, _, error = load(line)
    assert BY_HAND_ANNOTATIONS[line] in error
    assert "team/note" not in error


@pytest.mark.parametrize(
    "line",
    [
        "task(executor_config=dict(k8s_config(memory=per_try('1Gi', '2Gi'))), retries=1)(load)()",
        "k8s_task(pod_override=k8s_config(memory=per_try('1Gi', '2Gi'))['pod_override'], retries=1)(load)()",
    ],
)
def test_annotations_that_this_package_has_written_travel_with_the_pod(site, load, line):
    """A config of ours may be copied to a plain dict, and its pod may be laid under other options."""
    site("error")
    tasks, told, error = load(line)
    assert (told, error) == ([], "")
    (task,) = tasks.values()
    assert any(
        key.startswith("k8sexec/") for key in task.executor_config["pod_override"].metadata.annotations
    )


@pytest.mark.parametrize("policy", ["warn", "error", "fix"])
@pytest.mark.parametrize(
    "executor",
    [
        {"LocalExecutor,KubernetesExecutor": ""},
        {"KubernetesExecutor,LocalExecutor": "executor='LocalExecutor', "},
        {"CeleryExecutor": ""},
    ],
    ids=str,
)
def test_a_task_of_another_executor_is_left_alone(site, load, monkeypatch, policy, executor):
    """It has no pod: no rule of the site holds for it, and nothing is filled in."""
    ((option, arguments),) = executor.items()
    monkeypatch.setenv("AIRFLOW__CORE__EXECUTOR", option)
    site(policy, {**RULES, "default": {"memory": "1Gi"}})
    config = "{'overrides': {'cpu': '256'}}"
    tasks, told, error = load(f"task({arguments}executor_config={config})(load)()")
    assert (told, error) == ([], "")
    assert tasks["etl.load"].executor_config == {"overrides": {"cpu": "256"}}
