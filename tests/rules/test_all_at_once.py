"""All problems of a task at once, whatever their kinds, each in the words of whoever wrote the part."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from attrs import evolve
from kubernetes.client import models as k8s
from sample_declarations import DEPLOYMENT, declare

from airflow_provider_k8sexec import (
    DeploymentError,
    EmptyDir,
    HostPath,
    K8sBashOperator,
    PersistentVolumeClaim,
    SpecError,
    k8s_config,
    per_try,
)
from airflow_provider_k8sexec.options.manifests import to_manifest
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.pod.manifest import build_requested_pod
from airflow_provider_k8sexec.pod.task_request import TaskRequest
from airflow_provider_k8sexec.rules import check_config, check_declaration
from airflow_provider_k8sexec.rules.findings import find_path
from airflow_provider_k8sexec.rules.requested_pod.site_limits import Traces, check_limits
from airflow_provider_k8sexec.rules.template import check_template
from airflow_provider_k8sexec.site.policy_rules import parse_site_rules

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def refused(**options: Any) -> list[str]:
    """Give the fields that an error of these options names, each with its value."""
    with pytest.raises(SpecError, match="problem") as caught:
        k8s_config(**options)
    return [f"{problem.field}={problem.value}" for problem in caught.value.problems]


def test_a_value_of_a_wrong_type_hides_no_other_mistake_of_its_mapping() -> None:
    """A label that is a number, one with a bad value, one with a bad key, and one of the executor's own."""
    labels = {"team": "Finance & Sales", "dag_id": "x", "Bad Key!": "v", "n": 3}
    found = refused(labels=labels)
    assert sorted(found) == sorted(
        ["labels['team']='Finance & Sales'", "labels='dag_id'", "labels='Bad Key!'", "labels['n']=3"]
    )


def test_a_mistake_of_the_author_does_not_hide_what_the_platform_cannot_run(
    configure: Callable[..., None],
) -> None:
    """On Astro there are no claims; the volume goes by its mount path, and not by its generated name."""
    configure(platform="astro")
    found = refused(cpu="500Mi", volumes={"/d": PersistentVolumeClaim("lake")})
    assert {"cpu='500Mi'", "volumes['/d']="} <= {*found}
    assert "k8sexec-" not in str(found)


def test_an_unknown_release_is_one_problem_among_others(
    configure: Callable[..., None], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A mistake in the task's template is reported beside it; by itself it is the deployment's error."""
    template = tmp_path / "pod.yaml"
    template.write_text("spec: {restartPolicy: Always, containers: [{name: base, image: a}]}", "utf-8")
    configure(release_name=None)
    monkeypatch.setenv("KUBERNETES_SERVICE_HOST", "10.0.0.1")
    with pytest.raises(DeploymentError, match="the release name is unknown"):
        k8s_config(secrets=["TOKEN"])
    field = f"pod_template_file {str(template)!r}: template['spec']['restartPolicy']"
    found = refused(secrets=["TOKEN"], pod_template_file=str(template))
    assert found == [f"{field}='Always'", "secrets="]


def test_a_worker_of_another_name_does_not_hide_its_command() -> None:
    """The first container of a hand-written pod is the worker's, whatever its name."""
    container = k8s.V1Container(name="main", command=["bash"])
    pod = k8s.V1Pod(spec=k8s.V1PodSpec(containers=[container]))
    requested = RequestedPod.of_manifest(to_manifest(pod), "pod_override")
    found = [problem.field for problem in check_config({"pod_override": pod}, requested).errors]
    containers = "pod_override['spec']['containers']"
    assert found == [containers, f"{containers}[0]['command']"]


def test_a_template_is_held_to_the_rules_of_overrides() -> None:
    """What an override cannot have, no template has."""
    spec: dict[str, Any] = {
        "restartPolicy": "Never",
        "containers": [
            {
                "name": "base",
                "volumeMounts": [{"name": "nowhere", "mountPath": "/a"}],
                "resources": {"requests": {"cpu": 2}, "limits": {"cpu": 1}},
            }
        ],
        "tolerations": [{"key": "gpu", "operator": "Exists", "value": "true"}],
        "volumes": [{"name": "v"}, {"name": "v", "emptyDir": {}, "hostPath": {"path": "/a"}}],
    }
    template = {"metadata": {"labels": {"team": "a b"}}, "spec": spec}
    found = [problem.field.removeprefix("template") for problem in check_template(template, "template")]
    assert sorted(found) == [
        "['metadata']['labels']['team']",
        "['spec']['containers'][0]['resources']['requests']['cpu']",
        "['spec']['containers'][0]['volumeMounts'][0]['name']",
        "['spec']['tolerations'][0]",
        "['spec']['volumes'][0]",
        "['spec']['volumes'][1]",
        "['spec']['volumes'][1]['name']",
    ]


def test_request_and_limit_of_one_option_are_one_problem() -> None:
    """Two sides of one amount that cannot be read, or is too much, are corrected in one place."""
    rules, _ = parse_site_rules({"max": {"memory": "8Gi", "cpu": 4}}, lambda _: [])
    for amounts, fields in (
        ({"memory": "a lot"}, ["memory"]),
        ({"memory": "16Gi", "cpu": "8"}, ["cpu limit", "memory limit"]),
    ):
        container = {"name": "base", "resources": {"requests": amounts, "limits": amounts}}
        pod = RequestedPod({"spec": {"containers": [container]}})
        problems = [breach.problem for breach in check_limits(pod, rules, Traces)]
        assert sorted({problem.field for problem in problems}) == fields
        assert len({*problems}) == len(fields)


@pytest.mark.parametrize(
    ("options", "path", "name"),
    [
        ({"volumes": {"/d": EmptyDir("1Gi")}}, ("volumes", 0, "emptyDir", "sizeLimit"), "volumes['/d'].size"),
        ({"volumes": {"/d": {"nfs": {}}}}, ("volumes", 0, "nfs", "server"), "volumes['/d']['nfs']['server']"),
        ({"env_vars": {"A": "x"}}, ("containers", 0, "env", 0, "name"), "env_vars"),
        ({"env_vars": {"A": "x"}}, ("containers", 0, "env", 0, "value"), "env_vars['A']"),
        ({"secrets": ["A"]}, ("containers", 0, "env", 0, "valueFrom", "secretKeyRef", "key"), "secrets['A']"),
        ({"cpu": 1}, ("containers", 0, "resources", "limits", "cpu"), "cpu"),
        ({"shared_memory": "1Gi"}, ("volumes", 0, "emptyDir", "sizeLimit"), "shared_memory"),
    ],
)
def test_a_field_goes_by_the_name_that_its_author_gave_it(
    options: dict[str, Any], path: tuple[str | int, ...], name: str
) -> None:
    """An attribute, a key or an option, and no word of Kubernetes that the author has not written."""
    assert build_requested_pod(declare(**options), DEPLOYMENT).name_path(("spec", *path)) == name


def found_in(*layers: tuple[str, dict[str, Any]], platform: str = "generic") -> list[str]:
    """Give the fields that rules name in what layers declare together, each with its value."""
    declared = [(layer, declare(**options)) for layer, options in layers]
    request = TaskRequest((), declared, evolve(DEPLOYMENT, platform=platform))
    return [f"{problem.field}={problem.value}" for problem in check_declaration(request).errors]


@pytest.mark.parametrize(
    ("options", "found"),
    [
        ({"labels": {"team": "Fin & S"}}, "labels['team']='Fin & S'"),
        ({"labels": {"Bad Key!": "v"}}, "labels='Bad Key!'"),
        ({"image": "A b"}, "image='A b'"),
        ({"release": "A_b"}, "release='A_b'"),
        ({"memory": per_try("1Gi", "5m")}, "memory[try 2]='5m'"),
        ({"init_containers": [{"name": "x"}]}, "init_containers[0]='x'"),
        ({"volumes": {"/d": PersistentVolumeClaim("lake_")}}, "volumes['/d'].claim_name='lake_'"),
        ({"env_vars": {"A[=": "x"}}, "env_vars='A[='"),
    ],
)
def test_a_rule_names_the_layer_that_a_mistake_is_written_in(options: dict[str, Any], found: str) -> None:
    """As the problems of reading do; the task's own has no name."""
    dag = "default_args of the DAG"
    assert found_in((dag, options), ("", {"cpu": 1})) == [f"{dag}: {found}"]
    assert found_in((dag, {"cpu": 1}), ("", options)) == [found]


def test_on_a_platform_a_profile_is_named_whose_volume_cannot_be() -> None:
    """The author of the task has not written it."""
    profile = ("profile 'lake'", {"volumes": {"/d": PersistentVolumeClaim("lake")}})
    assert found_in(profile, ("", {"cpu": 1}), platform="astro") == ["profile 'lake': volumes['/d']="]


@pytest.mark.parametrize(
    ("dag", "task", "found"),
    [
        (
            {"volumes": [{"name": "a", "emptyDir": {}}]},
            {"volumes": [{"name": "b", "emptyDirr": {}}]},
            "pod_override['spec']['volumes'][0]['emptyDirr']",
        ),
        (
            {"containers": [{"name": "base", "env": [{"name": "A", "value": "1"}]}]},
            {"containers": [{"name": "base", "env": [{"name": "B", "valu": "2"}]}]},
            "pod_override['spec']['containers'][0]['env'][0]['valu']",
        ),
    ],
)
def test_a_mistake_in_an_override_is_found_once_where_its_author_wrote_it(
    dag: dict[str, Any], task: dict[str, Any], found: str
) -> None:
    """In the merged override it has another position, which no author has written."""
    layers = [("default_args of the DAG", dag), ("", task)]
    problems = found_in(*((layer, {"pod_override": {"spec": spec}}) for layer, spec in layers))
    assert [
        problem.partition("=")[0] for problem in problems if "emptyDirr" in problem or "valu" in problem
    ] == [found]
    assert not [problem for problem in problems if "[1]" in problem]


def test_a_container_has_the_position_that_its_author_gave_it() -> None:
    """The list of another layer is not counted."""
    dag = {"init_containers": [{"name": "a", "image": "busybox:1"}]}
    task = {"init_containers": [{"name": "b"}]}
    assert found_in(("default_args of the DAG", dag), ("", task)) == ["init_containers[0]='b'"]


def test_a_path_by_names_is_found_in_the_pod_that_a_task_requests() -> None:
    """What the site forbids goes by the words of its author, and not by a generated name."""
    requested = build_requested_pod(declare(volumes={"/d": HostPath("/x")}), DEPLOYMENT)
    path = find_path(requested.pod, ("spec", "volumes", "[k8sexec-d]", "hostPath", "path"))
    assert path is not None
    assert requested.name_path(path) == "volumes['/d'].path"
    assert find_path(requested.pod, ("spec", "serviceAccountName")) is None


@pytest.mark.parametrize("outer", [{}, {"cpu": 1}])
@pytest.mark.parametrize(
    "options", [{"affinity": {None: "a"}}, {"security_context": {None: 1}}, {"pod_override": {None: "a"}}]
)
def test_a_key_that_is_not_a_string_is_refused_in_every_layer(options, outer):
    """YAML writes ``~:`` for such a key; it is named with the field that holds it."""
    with pytest.raises(SpecError, match=r"<NoneType>.* is not a field of"):
        K8sBashOperator(task_id="it", bash_command="true", default_args=options, **outer)
