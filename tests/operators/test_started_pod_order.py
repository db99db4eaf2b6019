"""What wins in a started pod: the template, the pod options, ``full_pod_spec``, or Airflow's arguments."""

from __future__ import annotations

from inspect import signature

import pytest
import yaml
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
from kubernetes.client import models as k8s
from started_pods import make, start

from airflow_provider_k8sexec import EmptyDir, PersistentVolumeClaim, Secret
from airflow_provider_k8sexec.pod.executor_config import build_v1_pod

CLAIM = k8s.V1Volume(
    name="lake", persistent_volume_claim=k8s.V1PersistentVolumeClaimVolumeSource(claim_name="lake")
)


def pod(container=None, **spec):
    """Write a pod whose first container has these fields."""
    return {"spec": {"containers": [{"name": "base", **(container or {})}], **spec}}


def env(**values):
    return [{"name": name, "value": value} for name, value in values.items()]


def container_of(started):
    return started["spec"]["containers"][0]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ({"pod_template_dict": pod({"image": "t"})}, {"image": "t"}),
        ({"pod_template_dict": pod({"image": "t"}), "image": "o"}, {"image": "o"}),
        ({"full_pod_spec": build_v1_pod(pod({"image": "f"}))}, {"image": "f"}),
        ({"full_pod_spec": build_v1_pod(pod({"image": "f"})), "image": "o"}, {"image": "o"}),
        (
            {
                "pod_template_dict": pod({"env": env(A="t", B="t", C="t", D="t")}),
                "pod_override": pod({"env": env(B="o", C="o", D="o")}),
                "full_pod_spec": build_v1_pod(pod({"env": env(C="f", D="f")})),
                "env_vars": [k8s.V1EnvVar(name="D", value="a")],
            },
            {"env": env(A="t", B="o", C="f", D="a")},
        ),
        (
            {
                "pod_template_dict": pod({"resources": {"limits": {"memory": "1Gi"}}}),
                "memory": "2Gi",
                "container_resources": k8s.V1ResourceRequirements(limits={"memory": "4Gi"}),
            },
            {"resources": {"limits": {"memory": "4Gi"}}},
        ),
        (
            {
                "full_pod_spec": build_v1_pod(pod({"resources": {"limits": {"memory": "4Gi"}}})),
                "memory": "2Gi",
            },
            {"resources": {"limits": {"memory": "4Gi"}}},
        ),
    ],
)
def test_the_order_is_airflows_own(arguments, expected):
    """Template < pod options < full_pod_spec < arguments, and nothing is there twice."""
    container = container_of(start(make(**{"image": None, **arguments})))
    assert {name: container[name] for name in expected} == expected


def test_what_an_argument_mounts_is_taken_out_of_the_options():
    """One mount for one path, and no volume that nothing mounts."""
    started = start(
        make(
            volumes=[CLAIM],
            volume_mounts=[k8s.V1VolumeMount(name="lake", mount_path="/d")],
            default_args={"volumes": {"/d": EmptyDir(), "/e": EmptyDir()}},
        )
    )
    assert [(item["mountPath"], item["name"]) for item in container_of(started)["volumeMounts"]] == [
        ("/e", "k8sexec-e"),
        ("/d", "lake"),
    ]
    assert [item["name"] for item in started["spec"]["volumes"]] == ["k8sexec-e", "lake"]


def test_variables_stand_below_those_that_they_refer_to():
    """Kubernetes replaces $(NAME) there alone, whichever vocabulary has the name."""
    task = make(
        env_vars=[k8s.V1EnvVar(name="HOST", value="h"), k8s.V1EnvVar(name="ALL", value="$(URL)!")],
        default_args={"env_vars": {"URL": "u:$(PASSWORD)@$(HOST)"}, "secrets": ["PASSWORD"]},
        secrets=[AirflowSecret("env", "OTHER", "db", "pw")],
    )
    names = [item["name"] for item in container_of(start(task))["env"]]
    assert names == ["PASSWORD", "HOST", "URL", "ALL", "OTHER"]


def test_one_volume_serves_all_mounts_of_a_source():
    """Two volumes of one claim keep a pod from starting on some nodes."""
    claims = {"/in": PersistentVolumeClaim("lake", read_only=True), "/out": PersistentVolumeClaim("lake")}
    started = start(make(volumes=claims))
    assert len(started["spec"]["volumes"]) == 1
    assert len(container_of(started)["volumeMounts"]) == 2


@pytest.mark.parametrize(
    ("options", "field"),
    [
        ({"automount_service_account_token": False}, "automountServiceAccountToken"),
        ({"termination_grace_period_seconds": 0}, "terminationGracePeriodSeconds"),
    ],
)
def test_false_and_0_arrive(options, field):
    """Airflow's merge takes them for unset, and the template's would win."""
    template = pod(automountServiceAccountToken=True, terminationGracePeriodSeconds=30)
    (value,) = options.values()
    assert start(make(pod_template_dict=template, **options))["spec"][field] == value


def test_false_wins_over_full_pod_spec_where_airflow_has_the_argument():
    """An argument of KubernetesPodOperator keeps its rank."""
    whole = build_v1_pod(pod(automountServiceAccountToken=True))
    task = make(full_pod_spec=whole, automount_service_account_token=False)
    assert start(task)["spec"]["automountServiceAccountToken"] is False
    assert whole.spec.automount_service_account_token is True


def test_the_container_has_the_name_that_the_operator_gives_it():
    """Found after rendering; what the options call base is that container."""
    task = make(
        base_container_name="{{ 'main' }}",
        memory="1Gi",
        secrets=["TOKEN"],
        sidecars=[{"name": "proxy", "image": "p"}],
        pod_template_dict={
            "spec": {"containers": [{"name": "log", "image": "l"}, {"name": "main", "tty": True}]}
        },
    )
    started = start(task)
    assert [item["name"] for item in started["spec"]["containers"]] == ["main", "log"]
    assert container_of(started)["resources"]["limits"] == {"memory": "1Gi"}
    assert container_of(started)["tty"] is True
    assert started["spec"]["initContainers"][0]["restartPolicy"] == "Always"


def test_a_template_file_is_read_as_airflow_reads_it(tmp_path):
    """Its path is a template field, and is Airflow's own argument."""
    path = tmp_path / "2026-01-02.yaml"
    path.write_text(yaml.safe_dump(pod({"image": "t"}, nodeSelector={"a": "b"})))
    task = make(image=None, pod_template_file=f"{tmp_path}/{{{{ ds }}}}.yaml", memory="1Gi")
    started = start(task)
    assert container_of(started)["image"] == "t"
    assert started["spec"]["nodeSelector"] == {"a": "b"}


def test_nothing_of_this_package_is_on_the_started_pod():
    """No hook needs its annotations there."""
    started = start(make(memory="1Gi", automount_service_account_token=False, annotations={"a": "b"}))
    assert started["metadata"]["annotations"] == {"a": "b"}


def test_the_xcom_sidecar_is_there():
    """Airflow adds it, as it does for its own operator."""
    own = start(make(do_xcom_push=True, memory="1Gi"))
    airflows = start(make(KubernetesPodOperator, do_xcom_push=True))
    assert own["spec"]["containers"][1] == airflows["spec"]["containers"][1]


def test_site_options_and_profiles_reach_the_started_pod(configure, tmp_path):
    """They are the outermost layers of every task."""
    profiles = tmp_path / "profiles.yaml"
    profiles.write_text("big:\n  memory: 8Gi\n  node_selector: {pool: big}\n")
    configure(profiles_file=str(profiles), pod_options='{"labels": {"team": "a"}, "cpu": 1}')
    started = start(make(profile="big", node_selector={"disk": "ssd"}, labels={"x": "y"}))
    assert container_of(started)["resources"]["limits"] == {"cpu": "1", "memory": "8Gi"}
    assert started["spec"]["nodeSelector"] == {"pool": "big", "disk": "ssd"}
    assert {"team": "a", "x": "y"}.items() <= started["metadata"]["labels"].items()


@pytest.mark.skipif(
    "dry_run" not in signature(KubernetesPodOperator.build_pod_request_obj).parameters,
    reason="the dry run of older providers asks whether it is in a cluster",
)
def test_dry_run_needs_no_cluster(capsys):
    """As with Airflow's own operator."""
    make(memory="1Gi", secrets=[Secret("pw", env="P", name="db")], namespace="etl").dry_run()
    assert "memory: 1Gi" in capsys.readouterr().out
