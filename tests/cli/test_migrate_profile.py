"""``k8sexec migrate --profile``: a pod template becomes a profile whose pods are the same."""

from __future__ import annotations

import argparse
import copy
import re
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from airflow_lines import HELM_TEMPLATE

from airflow_provider_k8sexec.cli.migrate.from_yaml.profile import print_profile
from airflow_provider_k8sexec.cli.output import kept_stdout
from airflow_provider_k8sexec.context import forget_context

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Run = tuple[int, dict[str, Any] | None, str]

TEMPLATE: dict[str, Any] = yaml.safe_load(HELM_TEMPLATE.read_text(encoding="utf-8"))
OWN_SECRET = "infrared-photon-7780-env"  # noqa: S105  # the name of one


@pytest.fixture
def migrate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], release: str
) -> Callable[..., Run]:
    """Run the command on a template, and give its status, the profile, and what it has written of it."""
    assert OWN_SECRET.startswith(release)

    def run(template: Any, site: Any = TEMPLATE) -> Run:
        path, site_path = tmp_path / "gpu.yaml", tmp_path / "site.yaml"
        if template is not None:
            text = template if isinstance(template, str) else yaml.safe_dump(template)
            path.write_text(text, encoding="utf-8")
        option = "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE"
        monkeypatch.delenv(option, raising=False)
        if site is not None:
            site_path.write_text(yaml.safe_dump(site), encoding="utf-8")
            monkeypatch.setenv(option, str(path if site is template else site_path))
        forget_context()
        status = 0
        with kept_stdout():
            try:
                print_profile("gpu", str(path), argparse.Namespace())
            except SystemExit as end:
                status = int(str(end.code))
        out, err = capsys.readouterr()
        profiles = yaml.safe_load(out)
        return status, profiles and profiles["gpu"], err

    return run


def edited(**worker: Any) -> dict[str, Any]:
    """Copy the site's template, and edit fields of its worker."""
    template = copy.deepcopy(TEMPLATE)
    template["spec"]["containers"][0].update(worker)
    return template


def test_a_copy_of_the_sites_template_becomes_what_was_edited_in_it(migrate: Callable[..., Run]) -> None:
    """That is what a profile has; everything else, each worker has from the template."""
    worker = TEMPLATE["spec"]["containers"][0]
    template = edited(
        resources={
            "requests": {"cpu": "2", "memory": "16Gi", "nvidia.com/gpu": 1},
            "limits": {"cpu": "2", "memory": "16Gi", "nvidia.com/gpu": 1},
        },
        env=[
            *worker["env"],
            {"name": "STAGE", "value": "prod"},
            {"name": "TOKEN", "valueFrom": {"secretKeyRef": {"name": OWN_SECRET, "key": "TOKEN"}}},
        ],
        volumeMounts=[
            *worker["volumeMounts"],
            {"name": "scratch", "mountPath": "/scratch"},
            {"name": "app", "mountPath": "/etc/app", "readOnly": True},
            {"name": "logs", "mountPath": "/more", "subPath": "more"},
        ],
    )
    spec, labels = template["spec"], template["metadata"]["labels"]
    spec["nodeSelector"] = {"pool": "gpu"}
    spec["tolerations"] = [
        {"key": "gpu", "operator": "Exists", "effect": "NoExecute", "tolerationSeconds": 60},
        {"key": "spot", "operator": "Exists"},
    ]
    spec["volumes"] += [
        {"name": "scratch", "emptyDir": {"sizeLimit": "2Gi"}},
        {"name": "app", "configMap": {"name": "app"}},
    ]
    spec["dnsPolicy"] = "Default"
    labels["team"] = "ml"
    assert migrate(template) == (
        0,
        {
            "cpu": 2,
            "memory": "16Gi",
            "gpu": 1,
            "secrets": ["TOKEN"],
            "env_vars": {"STAGE": "prod"},
            "volumes": {"/scratch": {"emptyDir": {"sizeLimit": "2Gi"}}},
            "node_selector": {"pool": "gpu"},
            "tolerations": [spec["tolerations"][0], "spot"],
            "labels": {"team": "ml"},
            "pod_override": {
                "spec": {
                    "containers": [
                        {
                            "name": "base",
                            "volumeMounts": [
                                {"name": "app", "mountPath": "/etc/app", "readOnly": True},
                                {"name": "logs", "mountPath": "/more", "subPath": "more"},
                            ],
                        }
                    ],
                    "volumes": [{"name": "app", "configMap": {"name": "app"}}],
                    "dnsPolicy": "Default",
                }
            },
        },
        "",
    )


def test_a_volume_of_the_sites_template_is_replaced_by_its_name(migrate: Callable[..., Run]) -> None:
    """Airflow lays the one of that name over the other; under another name, the pod would have both."""
    template = edited()
    template["spec"]["volumes"][0] = {"name": "logs", "persistentVolumeClaim": {"claimName": "logs"}}
    status, profile, err = migrate(template)
    assert (status, err) == (0, "")
    assert profile == {
        "pod_override": {
            "spec": {"volumes": [{"name": "logs", "persistentVolumeClaim": {"claimName": "logs"}}]}
        }
    }


@pytest.mark.parametrize("site", [None, TEMPLATE], ids=["none", "itself"])
def test_without_another_template_the_profile_is_laid_over_a_minimal_one(
    migrate: Callable[..., Run], site: Any
) -> None:
    """It then has all of the template, and the command writes what of it every worker needs."""
    status, profile, err = migrate(TEMPLATE, site)
    assert status == 0
    assert profile is not None
    assert (profile["cpu"], profile["image"]) == (["100m", 1], TEMPLATE["spec"]["containers"][0]["image"])
    assert profile["secrets"][-1] == "WAREHOUSE_TOKEN"
    assert profile["volumes"] == {"/usr/local/airflow/logs": {"emptyDir": {}}}
    assert [*profile["pod_override"]["spec"]] == ["containers", "volumes"]  # no `hostNetwork: false`
    assert "is laid over a minimal template" in err
    assert "metadata.name is left out: the executor gives each pod a name of its own." in err


def test_what_only_the_executor_sets_is_left_out(
    migrate: Callable[..., Run], monkeypatch: pytest.MonkeyPatch
) -> None:
    """It has no effect in a template, and would have one in a profile."""
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_REPOSITORY", "airflow")
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_TAG", "2")
    template = edited(args=["worker"], image="other:1")
    template["metadata"].update(name="other", namespace="other")
    template["metadata"]["labels"]["dag_id"] = "other"
    status, profile, err = migrate(template)
    assert (status, profile) == (0, {})
    assert {line.partition(" is left out")[0] for line in err.splitlines()} == {
        "Warning: metadata.name",
        "Warning: metadata.labels.dag_id",
        "Warning: metadata.namespace",
        "Warning: spec.containers[base].args",
        "Warning: spec.containers[base].image",
    }


def test_what_the_template_lacks_of_the_sites_own_is_a_difference(migrate: Callable[..., Run]) -> None:
    """A profile adds to the pods of a site, and takes nothing off them: the task keeps its template."""
    template = edited(env=TEMPLATE["spec"]["containers"][0]["env"][1:])
    del template["spec"]["tolerations"]
    status, profile, err = migrate(template)
    assert (status, profile) == (1, {})
    first, second, third = err.splitlines()
    assert first == (
        "Warning: spec.containers[base].env[AIRFLOW__CORE__EXECUTOR] is in the template below alone, "
        "and no profile takes it off."
    )
    assert second.startswith("Warning: spec.tolerations is in the template below alone")
    assert third.startswith("The pod of the profile is not that of the template: ")


def test_a_command_is_a_difference(migrate: Callable[..., Run]) -> None:
    """Airflow starts each task with the command of its template, and no profile has one."""
    status, profile, err = migrate(edited(command=["dumb-init", "--"]))
    assert (status, profile) == (1, {})
    assert "spec.containers[base].command is left out" in err


def test_what_options_have_as_values_is_a_mapping_in_yaml(migrate: Callable[..., Run]) -> None:
    """A file of a secret, a claim of devices, a directory at two paths: each in the form that YAML has."""
    files = {"secret": {"secretName": "tls", "items": [{"key": "crt", "path": "a.crt"}]}}
    worker = TEMPLATE["spec"]["containers"][0]
    template = edited(
        resources={
            **worker["resources"],
            "claims": [{"name": "a", "request": "r"}, {"name": "b", "request": "s"}],
        },
        volumeMounts=[
            *worker["volumeMounts"],
            {"name": "tls", "mountPath": "/tls/a.crt", "subPath": "a.crt", "readOnly": True},
            {"name": "scratch", "mountPath": "/one"},
            {"name": "scratch", "mountPath": "/two"},
        ],
        envFrom=[{"secretRef": {"name": "db"}}],
    )
    spec = template["spec"]
    spec["volumes"] += [{"name": "tls", **files}, {"name": "scratch", "emptyDir": {}}]
    spec["resourceClaims"] = [
        {"name": "a", "resourceClaimTemplateName": "a100"},
        {"name": "b", "resourceClaimName": "team"},
    ]
    status, profile, err = migrate(template)
    assert (status, err) == (0, "")
    assert profile == {
        "cpu": ["100m", 1],
        "memory": ["384Mi", "2Gi"],
        "resource_claims": {
            "a": {"resourceClaimTemplateName": "a100", "request": "r"},
            "b": {"resourceClaimName": "team", "request": "s"},
        },
        "secrets": [{"key": "crt", "file": "/tls/a.crt", "name": "tls"}],
        "env_from": ["secret/db"],
        "volumes": {path: {"name": "scratch", "emptyDir": {}} for path in ("/one", "/two")},
    }


def test_containers_of_the_sites_template_alone_are_differences(migrate: Callable[..., Run]) -> None:
    """A profile takes no container off, nor a source of variables."""
    site = edited(envFrom=[{"secretRef": {"name": "db"}}])
    site["spec"]["containers"].append({"name": "beside", "image": "a"})
    status, profile, err = migrate(TEMPLATE, site)
    assert (status, profile) == (1, {})
    assert "spec.containers[base].envFrom is in the template below alone" in err
    assert "spec.containers[beside] is in the template below alone" in err


def test_a_container_without_a_name_has_no_profile(migrate: Callable[..., Run]) -> None:
    """The error is that of the rules for templates."""
    status, profile, err = migrate({"spec": {"containers": [{"image": "a"}], "restartPolicy": "Never"}})
    assert (status, profile) == (1, None)
    assert "is not 'base'" in err


@pytest.mark.parametrize(
    ("template", "message"),
    [
        (None, r"gpu.yaml' cannot be read: No such file or directory; name the file of one\."),
        ("a: [", r"gpu.yaml' cannot be read as YAML in line 2"),
        ("kind: Pod\n---\nkind: Pod\n", r"gpu.yaml' .*document"),
        ("- 1\n", r"gpu.yaml: .*is not the manifest of a pod"),
        ({"apiVersion": "apps/v1", "kind": "Deployment", "spec": {}}, r"is another kind of object"),
        ({"spec": {"containers": [{"name": "main", "image": "a"}]}}, r"is not 'base'"),
        ({"spec": {"containers": []}}, r"has no container for the task"),
    ],
    ids=[
        "no file",
        "no YAML",
        "two documents",
        "a list",
        "a Deployment",
        "another container",
        "no container",
    ],
)
def test_a_file_that_is_no_pod_template_is_refused(
    migrate: Callable[..., Run], template: Any, message: str
) -> None:
    """The sentence names the file and what is wrong with it, and nothing is printed."""
    status, profile, err = migrate(template)
    assert (status, profile) == (1, None)
    assert re.search(message, err), err


def test_a_profile_that_the_rules_refuse_is_not_printed(migrate: Callable[..., Run]) -> None:
    """The site would not load it."""
    template = edited()
    template["spec"]["nodeSelector"] = {"pool": "g p u"}
    status, profile, err = migrate(template)
    assert (status, profile) == (1, None)
    assert "profile 'gpu': node_selector" in err
