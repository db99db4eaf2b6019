"""Launches pods of several tasks under each hook of a site, by Airflow's code, and writes them as JSON."""

import json
import sys
from pathlib import Path

import airflow_local_settings
import another_plugin
from airflow import settings
from airflow.providers.cncf.kubernetes.pod_generator import PodGenerator
from executor_pods import construct_pod

from airflow_provider_k8sexec import EmptyDir, k8s_config, per_try

ZONE = {
    "nodeAffinity": {
        "requiredDuringSchedulingIgnoredDuringExecution": {
            "nodeSelectorTerms": [{"matchExpressions": [{"key": "zone", "operator": "Exists"}]}]
        }
    }
}
OPTIONS = {
    "nothing": None,
    "tries": k8s_config(memory=per_try("2Gi", "8Gi"), cpu=1, affinity=ZONE),
    "emptied": k8s_config(
        memory="1Gi",
        pod_override={
            "spec": {
                "nodeSelector": {},
                "tolerations": [],
                "imagePullSecrets": [],
                "containers": [{"name": "base"}],
            }
        },
    ),
    "everything": k8s_config(
        memory="16Gi",
        image="task.example.com/image",
        env_vars={"PROXY": "of-the-task"},
        node_selector={"pool": "task"},
        tolerations=["task:NoSchedule"],
        service_account_name="task-account",
        volumes={"/data": EmptyDir()},
        affinity=ZONE,
        image_pull_secrets=["task"],
    ),
    "falsy": k8s_config(
        memory="1Gi",
        termination_grace_period_seconds=0,
        automount_service_account_token=False,
        pod_override={"spec": {"hostNetwork": False, "containers": [{"name": "base"}]}},
    ),
}
TEMPLATE = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "worker"},
    "spec": {
        "nodeSelector": {"pool": "template"},
        "tolerations": [{"key": "template"}],
        "terminationGracePeriodSeconds": 600,
        "containers": [{"name": "base", "image": "template"}],
    },
}


def launch(config):
    pod = construct_pod(PodGenerator.from_obj(config), TEMPLATE, try_number=2, with_mutation_hook=True)
    return PodGenerator.serialize_pod(pod)


def main(file, *hooks):
    launched = {}
    for hook in hooks:
        airflow_local_settings.chosen = getattr(airflow_local_settings, hook)
        launched[hook] = {name: launch(config) for name, config in OPTIONS.items()}
    # Airflow 2.11 has it as a variable.
    manager = getattr(settings, "POLICY_PLUGIN_MANAGER", None) or settings.get_policy_plugin_manager()
    manager.register(another_plugin.Plain())
    manager.register(another_plugin.Wrapper())
    airflow_local_settings.chosen = airflow_local_settings.cap_memory
    pod = launch(OPTIONS["tries"])
    results = {"launched": launched, "seen": another_plugin.SEEN, "wrapped": pod}
    Path(file).write_text(json.dumps(results), encoding="utf-8")


main(*sys.argv[1:])
