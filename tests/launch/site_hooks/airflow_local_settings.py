"""A site's pod mutation hooks, as sites write them: each sets something of a pod, one loses something."""

from kubernetes.client import models as k8s


def cap_memory(pod):
    pod.spec.containers[0].resources = k8s.V1ResourceRequirements(
        requests={"memory": "4Gi"}, limits={"memory": "4Gi"}
    )


def select_nodes(pod):
    pod.spec.node_selector = {"pool": "airflow-only"}
    pod.spec.tolerations = [k8s.V1Toleration(key="airflow-only", operator="Exists")]


def empty_tolerations(pod):
    pod.spec.tolerations = []
    pod.spec.node_selector = {}
    pod.spec.image_pull_secrets = []


def mirror_image(pod):
    pod.spec.containers[0].image = "mirror.example.com/airflow"


def set_account(pod):
    pod.spec.service_account_name = "site-account"
    pod.spec.automount_service_account_token = True


def set_variable(pod):
    pod.spec.containers[0].env.append(k8s.V1EnvVar(name="PROXY", value="of-the-site"))


def mount(pod):
    pod.spec.containers[0].volume_mounts = [
        k8s.V1VolumeMount(name="site", mount_path="/data"),
        *(pod.spec.containers[0].volume_mounts or []),
    ]
    pod.spec.volumes = [*(pod.spec.volumes or []), k8s.V1Volume(name="site", empty_dir={})]


def set_affinity(pod):
    pod.spec.affinity = k8s.V1Affinity()
    pod.spec.termination_grace_period_seconds = 77
    pod.spec.host_network = True


def chart(pod):
    """What the hook of Astronomer's chart does to an affinity: ``dict.update`` gives ``None``."""
    if pod.spec.affinity:
        pod.spec.affinity = pod.spec.affinity.to_dict().update({"podAntiAffinity": {}})


chosen = chart


def pod_mutation_hook(pod):
    chosen(pod)
