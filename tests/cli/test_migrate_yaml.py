"""What migrate finds in the YAML files of dag-factory, and the options that it has for them."""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from airflow_provider_k8sexec._compat import load_pod_generator
from airflow_provider_k8sexec.cli.migrate.from_yaml.yaml_files import YamlFinding, find_in_yaml
from airflow_provider_k8sexec.options.manifests import to_manifest
from airflow_provider_k8sexec.pod.same_pod import find_difference_of_overrides

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.any_line

MODELS = "kubernetes.client.models"
TYPED = f"""\
finance:
  schedule: "@daily"
  tasks:
    - task_id: load
      operator: airflow.operators.bash.BashOperator
      bash_command: "true"
      executor_config:
        pod_override:
          __type__: {MODELS}.V1Pod
          metadata:
            __type__: {MODELS}.V1ObjectMeta
            labels: {{team: finance}}
          spec:
            __type__: {MODELS}.V1PodSpec
            volumes:
              - __type__: {MODELS}.V1Volume
                name: scratch
                empty_dir: {{__type__: {MODELS}.V1EmptyDirVolumeSource, size_limit: 1Gi}}
            containers:
              __type__: builtins.list
              items:
                - __type__: {MODELS}.V1Container
                  name: base
                  volume_mounts:
                    - {{__type__: {MODELS}.V1VolumeMount, name: scratch, mount_path: /scratch}}
                  env:
                    - __type__: {MODELS}.V1EnvVar
                      name: PASSWORD
                      value_from:
                        __type__: {MODELS}.V1EnvVarSource
                        secret_key_ref:
                          __type__: {MODELS}.V1SecretKeySelector
                          name: warehouse
                          key: password
                  resources:
                    __type__: {MODELS}.V1ResourceRequirements
                    limits: {{cpu: "1", memory: 1024Mi}}
                    requests: {{cpu: "0.5", memory: 1Gi}}
"""
OPTIONS = (
    "executor_config: {__type__: airflow_provider_k8sexec.k8s_config, cpu: [0.5, 1], memory: 1Gi, "
    "secrets: [{key: password, env: PASSWORD, name: warehouse}], "
    "volumes: {/scratch: {emptyDir: {sizeLimit: 1Gi}}}, labels: {team: finance}}"
)
SAME = "pod_override is made of Kubernetes's models, and pod options make the same pod"


def find(tmp_path: Path, text: str) -> list[tuple[int, str, str]]:
    """Give what is found in one file: line, what it does, and options."""
    file = tmp_path / "dags.yaml"
    file.write_text(text, encoding="utf-8")
    found = find_in_yaml([str(file)])
    assert {finding.file for finding in found} <= {str(file)}
    return [(finding.line, finding.reason, finding.options_text) for finding in found]


def make(value: Any) -> Any:
    """Make what dag-factory documents for ``__type__``: what it names, called with the other keys."""
    if isinstance(value, list):
        return [make(item) for item in value]
    if not isinstance(value, dict):
        return value
    if value.get("__type__") == "builtins.list":
        return make(value["items"])
    made = {key: make(item) for key, item in value.items() if key != "__type__"}
    module, _, name = value.get("__type__", "").rpartition(".")
    return getattr(importlib.import_module(module), name)(**made) if module else made


def test_the_options_are_what_makes_the_same_pod(tmp_path: Path) -> None:
    """In the form that the loader of the file takes, and that makes the same pod there."""
    assert find(tmp_path, TYPED) == [(7, SAME, OPTIONS)]
    before = make(yaml.safe_load(TYPED)["finance"]["tasks"][0]["executor_config"])
    after = make(yaml.safe_load(OPTIONS)["executor_config"])
    pods = [to_manifest(config["pod_override"]) for config in (before, after)]
    assert find_difference_of_overrides(*pods) is None


def test_what_is_written_is_not_found_again(tmp_path: Path) -> None:
    """A config that a function makes needs no change."""
    assert find(tmp_path, f"a:\n  {OPTIONS}\n") == []


POD = "{spec: {containers: [{name: base, resources: {limits: {memory: 1Gi}, requests: {memory: 1Gi}}}]}}"
START = "executor_config: {__type__: airflow_provider_k8sexec.k8s_config, "
ONE_GIB = f"{START}memory: 1Gi}}"
PLAIN = "pod_override has no __type__, so it stays a mapping, which the executor refuses"
FINDINGS = {
    f"executor_config: {{pod_override: {POD}}}": (PLAIN, ONE_GIB),
    f"operator_args: {{executor_config: {{pod_override: {POD}}}}}": (PLAIN, ONE_GIB),
    f"executor_config: {{pod_overide: {POD}}}": (
        "executor_config['pod_overide'] is a key that Airflow silently ignores",
        ONE_GIB,
    ),
    "executor_config: {KubernetesExecutor: {request_memory: 1Gi, limit_memory: 1Gi}}": (
        "executor_config['KubernetesExecutor'] is the form of Airflow 1, which today's executor refuses",
        ONE_GIB,
    ),
    f"executor_config: {{pod_override: {POD}, pod_template_file: /t.yaml}}": (
        PLAIN,
        f"{START}memory: 1Gi, pod_template_file: /t.yaml}}",
    ),
    "executor_config: {pod_override: {spec: {nodeSelector: {disk: ssd}}}}": (
        PLAIN,
        f"{START}node_selector: {{disk: ssd}}}}",
    ),
    f"executor_config: {{pod_override: {{__type__: {MODELS}.V1Pod, spec: {POD[7:-1]}}}}}": (
        "pod_override.spec has no __type__, so it stays a mapping, which the executor refuses",
        ONE_GIB,
    ),
    f"executor_config: {{pod_override: {{__type__: {MODELS}.V1Pod, spec: "
    f"{{__type__: {MODELS}.V1PodSpec, node_selector: {{a: b}}}}}}}}": (
        "pod_override.spec has no containers, which V1PodSpec refuses",
        f"{START}node_selector: {{a: b}}}}",
    ),
    "executor_config: {pod_override: {spec: {nodeSelector: {disk: $DISK}}}}": (
        "the executor_config has values that are known only when it is loaded",
        "",
    ),
    "executor_config: {pod_override: {spec: {nodeSelector: {disk: '{{ disk }}'}}}}": (
        "the executor_config has values that are known only when it is loaded",
        "",
    ),
    "executor_config: {pod_override: !!python/object:kubernetes.client.V1Pod {}}": (
        "the executor_config has a tag that no safe loader of YAML knows",
        "",
    ),
    "executor_config: {pod_override: {__type__: acme.make_pod, size: 3}}": (
        "pod_override has a part that acme.make_pod makes",
        "",
    ),
    "executor_config: {pod_override: {spec: {wrong: 1}}}": (
        f"{PLAIN}; pod_override has a mistake: spec.wrong is not a field of PodSpec",
        "",
    ),
    "executor_config: {KubernetesExecutor: {size: 3}}": (
        (
            "executor_config['KubernetesExecutor'] is the form of Airflow 1, which today's executor refuses, "
            "and no options are certain: 'size' was never a key of this form that made a part of a pod"
        ),
        "",
    ),
    "executor_config: {pod_override: {spec: {containers: [{name: main, image: 'a:1'}]}}}": (
        (
            f"{PLAIN}, and no options are certain: the first container is 'main', and not 'base', in which "
            "Airflow runs the task"
        ),
        "",
    ),
}


@pytest.mark.parametrize(("text", "expected"), FINDINGS.items(), ids=range(len(FINDINGS)))
def test_each_form_is_found_with_what_it_does_today(
    text: str, expected: tuple[str, str], tmp_path: Path
) -> None:
    """With options where they are certain, and with the reason where not."""
    assert find(tmp_path, f"dag:\n  tasks:\n  - task_id: a\n    {text}\n") == [(4, *expected)]


def test_values_of_variables_are_not_printed(tmp_path: Path) -> None:
    """The log of CI is read by more people than the file."""
    env = "env: [{name: DB_PASSWORD, value: hunter2}, {name: MODE, value: fast}]"
    text = f"executor_config: {{pod_override: {{spec: {{containers: [{{name: base, {env}}}]}}}}}}\n"
    ((_, _, options),) = find(tmp_path, text)
    assert options == f"{START}env_vars: {{DB_PASSWORD: <hidden>, MODE: <hidden>}}}}"


UNTOUCHED = [
    "executor_config: {log_folder: logs}",
    "executor_config: {pod_template_file: /t.yaml}",
    "executor_config: {__type__: airflow_provider_k8sexec.k8s_config, memory: 1Gi}",
    "executor_config: {}",
    "executor_config:",
    f"pod_override: {POD}",  # of a profile
    "- executor_config",
]


@pytest.mark.parametrize("text", UNTOUCHED)
def test_what_is_of_no_pod_or_right_is_left(text: str, tmp_path: Path) -> None:
    """Such as the profiles of this package, whose option pod_override is."""
    assert find(tmp_path, text) == []


def test_one_config_of_several_tasks_is_found_once(tmp_path: Path) -> None:
    """Where it is written."""
    text = f"a:\n  executor_config: &one {{pod_override: {POD}}}\nb:\n  executor_config: *one\n"
    assert [line for line, _, _ in find(tmp_path, text)] == [2]


@pytest.mark.filterwarnings("ignore:GitWildMatchPattern")  # Airflow's
def test_folders_are_searched_as_airflow_searches_them(tmp_path: Path) -> None:
    """What ``.airflowignore`` names is not; nor is what is no YAML."""
    text = f"executor_config: {{pod_override: {POD}}}\n"
    for name in ("a.yaml", "deep/b.yml", "ignored/c.yaml", "d.json", "e.yaml.bak"):
        file = tmp_path / name
        file.parent.mkdir(exist_ok=True)
        file.write_text(text, encoding="utf-8")
    (tmp_path / ".airflowignore").write_text("ignored\n", encoding="utf-8")
    found = find_in_yaml([str(tmp_path), str(tmp_path / "a.yaml")])
    assert [finding.file for finding in found] == [str(tmp_path / "a.yaml"), str(tmp_path / "deep/b.yml")]


def test_a_file_that_cannot_be_read_is_named_where_it_matters(tmp_path: Path) -> None:
    """A template of YAML is no YAML; one without a config is nobody's concern here."""
    (tmp_path / "template.yaml").write_text("{% for a in b %}\nexecutor_config: {}\n", encoding="utf-8")
    (tmp_path / "other.yaml").write_text("{% for a in b %}\n", encoding="utf-8")
    (tmp_path / "large.yaml").write_text("# executor_config\n" + "#\n" * 2**20, encoding="utf-8")
    (tmp_path / "binary.yaml").write_bytes(b"\xff\xfeexecutor_config")
    found = find_in_yaml([str(tmp_path)])
    assert {finding.file.rpartition("/")[2] for finding in found} <= {"template.yaml", "binary.yaml"}
    assert all(finding.reason.startswith("it has an executor_config, and ") for finding in found)
    assert found[0] == YamlFinding(found[0].file, 0, found[0].reason, "")


REFUSED = [
    f"{{pod_override: {POD}}}",
    f"{{pod_override: {{__type__: {MODELS}.V1Pod, spec: {POD[7:-1]}}}}}",
    f"{{pod_override: {{__type__: {MODELS}.V1Pod, metadata: {{labels: {{a: b}}}}}}}}",
    (
        f"{{pod_override: {{__type__: {MODELS}.V1Pod, spec: {{__type__: {MODELS}.V1PodSpec, "
        "containers: [{name: base, image: a}]}}}"
    ),
    f"{{pod_override: {{__type__: {MODELS}.V1Pod, spec: {{__type__: {MODELS}.V1PodSpec, hostname: a}}}}}}",
    "{KubernetesExecutor: {request_memory: 1Gi}}",
]


@pytest.mark.parametrize("text", REFUSED)
def test_airflow_refuses_what_is_reported_as_refused(text: str, tmp_path: Path) -> None:
    """The executor merges models alone; some are not even made."""
    ((_, reason, _),) = find(tmp_path, f"executor_config: {text}\n")
    assert "refuses" in reason
    assert launch(text) in {"TypeError", "PodReconciliationError", "ValueError"}


def test_airflow_takes_what_is_made_of_models() -> None:
    """So that a refusal is that of the part that is none."""
    config = yaml.safe_load(TYPED)["finance"]["tasks"][0]["executor_config"]
    assert launch(yaml.safe_dump(config)) == ""


def launch(text: str) -> str:
    """Merge a config as the executor does, and give the kind of error that it raises."""
    from kubernetes.client import models as k8s

    generator = load_pod_generator()
    worker = k8s.V1Container(name="base", image="airflow:3")
    template = k8s.V1Pod(metadata=k8s.V1ObjectMeta(), spec=k8s.V1PodSpec(containers=[worker]))
    try:
        generator.construct_pod(
            dag_id="a",
            task_id="a",
            pod_id="a",
            try_number=1,
            kube_image="airflow:3",
            date=None,
            args=["a"],
            pod_override_object=generator.from_obj(make(yaml.safe_load(text))),
            base_worker_pod=template,
            namespace="a",
            scheduler_job_id="1",
            run_id="a",
        )
    except Exception as error:  # noqa: BLE001  # of several kinds, some without a message
        return type(error).__name__
    return ""
