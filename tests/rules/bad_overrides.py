"""Hand-written pods that an author may get wrong.

Rows: wrong options; the value and the argument as the error shows them; the remedy; and what follows it.
"""

from __future__ import annotations

from typing import Any

from kubernetes.client import models as k8s

from airflow_provider_k8sexec import EmptyDir

LOOP: dict[str, Any] = {}
LOOP["spec"] = LOOP


def worker(**fields: Any) -> dict[str, Any]:
    """Write a pod whose worker has something by hand."""
    return {"pod_override": {"spec": {"containers": [{"name": "base", **fields}]}}}


ROWS: dict[str, tuple[dict[str, Any], str, str, dict[str, Any] | None]] = {
    "a pod as YAML": (
        {"pod_override": "spec: {containers: []}"},
        "pod_override=<str>",
        "write a dict, as in YAML",
        None,
    ),
    "a class for a pod": (
        {"pod_override": k8s.V1Pod},
        "pod_override=<class 'kubernetes.client.models.v1_pod.V1Pod'>",
        "write a dict, as in YAML",
        None,
    ),
    "a pod in a list": (
        {"pod_override": [k8s.V1Pod()]},
        "pod_override=<list>",
        "write a dict, as in YAML",
        None,
    ),
    "an executor_config for a pod": (
        {"pod_override": {"pod_override": k8s.V1Pod()}},
        "pod_override['pod_override']=<dict>",
        "remove it, or write one of ['apiVersion', 'kind', 'metadata', 'spec']",
        None,
    ),
    "the legacy dict for a pod": (
        {"pod_override": {"KubernetesExecutor": {"request_memory": "1Gi"}}},
        "pod_override['KubernetesExecutor']=<dict>",
        "remove it, or write one of ['apiVersion', 'kind', 'metadata', 'spec']",
        None,
    ),
    "a pod that contains itself": (
        {"pod_override": LOOP},
        "pod_override=<dict>",
        "write less, or remove it",
        None,
    ),
    "containers beside the spec": (
        {"pod_override": {"containers": []}},
        "pod_override['containers']=<list>",
        "it belongs in PodSpec",
        {"pod_override": {"spec": {"containers": []}}},
    ),
    "a spec that is a list": (
        {"pod_override": {"spec": []}},
        "pod_override['spec']=<list>",
        (
            "write one, with fields of ['activeDeadlineSeconds', 'affinity', 'automountServiceAccountToken', "
            "'containers', 'dnsConfig', 'dnsPolicy', ...]"
        ),
        None,
    ),
    "a spec in snake case": (
        {"pod_override": {"spec": {"node_selector": {"disk": "ssd"}}}},
        "pod_override['spec']['node_selector']=<dict>",
        "write 'nodeSelector'",
        {"pod_override": {"spec": {"nodeSelector": {"disk": "ssd"}}}},
    ),
    "a spec in snake case in a model": (
        {"pod_override": k8s.V1Pod(spec={"containers": [], "node_selector": {"disk": "ssd"}})},
        "pod_override['spec']['node_selector']=<dict>",
        "write 'nodeSelector'",
        {"pod_override": {"spec": {"nodeSelector": {"disk": "ssd"}}}},
    ),
    "a literal ellipsis for containers": (
        {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[...]))},
        "pod_override['spec']['containers'][0]=...",
        "write one, with fields of ['args', 'command', 'env', 'envFrom', 'image', 'imagePullPolicy', ...]",
        None,
    ),
    "a container without a name": (
        {"pod_override": {"spec": {"containers": [{"image": "airflow"}]}}},
        "pod_override['spec']['containers'][0]['name']=None",
        "write a string",
        None,
    ),
    "a list for a container's name": (
        {"pod_override": {"spec": {"containers": [{"name": ["base"]}]}}},
        "pod_override['spec']['containers'][0]['name']=<list>",
        "write one",
        None,
    ),
    "a worker of another name": (
        {"pod_override": {"spec": {"containers": [{"name": "main", "image": "airflow"}]}}},
        "pod_override['spec']['containers']=['main']",
        "name the worker's container 'base'",
        {"pod_override": {"spec": {"containers": [{"name": "base", "image": "airflow"}]}}},
    ),
    "a misspelt worker": (
        {"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[k8s.V1Container(name="bas")]))},
        "pod_override['spec']['containers']=['bas']",
        "name the worker's container 'base'",
        None,
    ),
    "args on the worker": (
        worker(args=["--password", "hunter2"]),
        "pod_override['spec']['containers'][0]['args']=<list>",
        "remove it",
        worker(),
    ),
    "a command on the worker": (
        worker(command=["bash", "-c", "echo hunter2"]),
        "pod_override['spec']['containers'][0]['command']=<list>",
        "remove it",
        worker(),
    ),
    "a name for the pod": (
        {"pod_override": {"metadata": {"name": "mine"}}},
        "pod_override['metadata']['name']='mine'",
        "remove it",
        {"pod_override": {"metadata": {}}},
    ),
    "a prefix for the pod's name": (
        {"pod_override": {"metadata": {"generateName": "mine-"}}},
        "pod_override['metadata']['generateName']='mine-'",
        "remove it",
        {"pod_override": {"metadata": {}}},
    ),
    "the executor's label in a pod": (
        {"pod_override": {"metadata": {"labels": {"run_id": "mine"}}}},
        "pod_override['metadata']['labels']='run_id'",
        "choose another, for example 'my-run-id'",
        {"pod_override": {"metadata": {"labels": {"my-run-id": "mine"}}}},
    ),
    "the executor's annotation in a pod": (
        {"pod_override": {"metadata": {"annotations": {"task_id": "mine"}}}},
        "pod_override['metadata']['annotations']='task_id'",
        "choose another, for example 'my-task-id'",
        {"pod_override": {"metadata": {"annotations": {"my-task-id": "mine"}}}},
    ),
    "a number for a label in a pod": (
        {"pod_override": {"metadata": {"labels": {"team": 5}}}},
        "pod_override['metadata']['labels']['team']=5",
        "write '5'",
        {"pod_override": {"metadata": {"labels": {"team": "5"}}}},
    ),
    "a pod that starts again": (
        {"pod_override": {"spec": {"restartPolicy": "OnFailure"}}},
        "pod_override['spec']['restartPolicy']='OnFailure'",
        "write 'Never', or remove it",
        {"pod_override": {"spec": {"restartPolicy": "Never"}}},
    ),
    "resources with a B": (
        worker(resources={"limits": {"memory": "1GB"}}),
        "pod_override['spec']['containers'][0]['resources']['limits']['memory']='1GB'",
        "write for example '500m' or '1Gi'",
        None,
    ),
    "a number of bytes in resources": (
        worker(resources={"limits": {"memory": 512}}),
        "pod_override['spec']['containers'][0]['resources']['limits']['memory']='512'",
        "write '512Mi'",
        worker(resources={"limits": {"memory": "512Mi"}}),
    ),
    "milli-bytes in resources": (
        worker(resources={"limits": {"memory": "512m"}}),
        "pod_override['spec']['containers'][0]['resources']['limits']['memory']='512m'",
        "write '512Mi'",
        worker(resources={"limits": {"memory": "512Mi"}}),
    ),
    "a misspelt resource": (
        worker(resources={"limits": {"memry": "1Gi"}}),
        "pod_override['spec']['containers'][0]['resources']['limits']='memry'",
        "write 'memory'",
        worker(resources={"limits": {"memory": "1Gi"}}),
    ),
    "a misspelt resource of the pod": (
        {"pod_override": {"spec": {"resources": {"limits": {"memry": "1Gi"}}}}},
        "pod_override['spec']['resources']['limits']='memry'",
        "write 'memory'",
        {"pod_override": {"spec": {"resources": {"limits": {"memory": "1Gi"}}}}},
    ),
    "a resource of the pod that only containers have": (
        {"pod_override": {"spec": {"resources": {"limits": {"ephemeral-storage": "1Gi"}}}}},
        "pod_override['spec']['resources']['limits']['ephemeral-storage']='1Gi'",
        "write it in a container's resources",
        worker(resources={"limits": {"ephemeral-storage": "1Gi"}}),
    ),
    "a singular in resources": (
        worker(resources={"limit": {"memory": "1Gi"}}),
        "pod_override['spec']['containers'][0]['resources']['limit']=<dict>",
        "write 'limits'",
        worker(resources={"limits": {"memory": "1Gi"}}),
    ),
    "request above limit in resources": (
        worker(resources={"requests": {"cpu": 2}, "limits": {"cpu": 1}}),
        "pod_override['spec']['containers'][0]['resources']['requests']['cpu']=('2', '1')",
        "write the smaller first: ('1', '2')",
        worker(resources={"requests": {"cpu": 1}, "limits": {"cpu": 2}}),
    ),
    "a GPU without a limit": (
        worker(resources={"requests": {"nvidia.com/gpu": 1}}),
        "pod_override['spec']['containers'][0]['resources']['requests']['nvidia.com/gpu']='1'",
        "write 'limits': {'nvidia.com/gpu': '1'}, too",
        worker(resources={"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": "1"}}),
    ),
    "a GPU with another limit": (
        worker(resources={"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": 2}}),
        "pod_override['spec']['containers'][0]['resources']['requests']['nvidia.com/gpu']='1'",
        "write 'limits': {'nvidia.com/gpu': '1'}, too",
        worker(resources={"requests": {"nvidia.com/gpu": 1}, "limits": {"nvidia.com/gpu": "1"}}),
    ),
    "a variable twice": (
        worker(env=[{"name": "A", "value": "hunter2"}, {"name": "A", "value": "hunter2"}]),
        "pod_override['spec']['containers'][0]['env'][1]['name']='A'",
        "remove one",
        worker(env=[{"name": "A", "value": "hunter2"}]),
    ),
    "a variable with a value in its name in a pod": (
        worker(env=[{"name": "FA=2", "value": "hunter2"}]),
        "pod_override['spec']['containers'][0]['env'][0]['name']='FA=2'",
        "write for example 'MY_VARIABLE'",
        worker(env=[{"name": "MY_VARIABLE", "value": "hunter2"}]),
    ),
    "a number for a variable in a pod": (
        worker(env=[{"name": "PORT", "value": 5432}]),
        "pod_override['spec']['containers'][0]['env'][0]['value']=5432",
        "write '5432'",
        worker(env=[{"name": "PORT", "value": "5432"}]),
    ),
    "a variable in snake case in a pod": (
        worker(env=[{"name": "A", "value_from": {"secretKeyRef": {"name": "a", "key": "b"}}}]),
        "pod_override['spec']['containers'][0]['env'][0]['value_from']=<dict>",
        "write 'valueFrom'",
        worker(env=[{"name": "A", "valueFrom": {"secretKeyRef": {"name": "a", "key": "b"}}}]),
    ),
    "a variable with a value and a source in a pod": (
        worker(
            env=[{"name": "A", "value": "hunter2", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}]
        ),
        "pod_override['spec']['containers'][0]['env'][0]='A'",
        "remove one",
        worker(env=[{"name": "A", "value": "hunter2"}]),
    ),
    "a mount twice": (
        worker(volumeMounts=[{"name": "a", "mountPath": "/a"}, {"name": "b", "mountPath": "/a"}]),
        "pod_override['spec']['containers'][0]['volumeMounts'][1]['mountPath']='/a'",
        "remove one",
        worker(volumeMounts=[{"name": "a", "mountPath": "/a"}]),
    ),
    "a relative mount": (
        worker(volumeMounts=[{"name": "a", "mountPath": "a"}]),
        "pod_override['spec']['containers'][0]['volumeMounts'][0]['mountPath']='a'",
        "write '/a'",
        worker(volumeMounts=[{"name": "a", "mountPath": "/a"}]),
    ),
    "a mount without a path": (
        worker(volumeMounts=[{"name": "a"}]),
        "pod_override['spec']['containers'][0]['volumeMounts'][0]['mountPath']=None",
        "write a string",
        None,
    ),
    "a volume twice": (
        {
            "pod_override": {
                "spec": {"volumes": [{"name": "a", "emptyDir": {}}, {"name": "a", "emptyDir": {}}]}
            }
        },
        "pod_override['spec']['volumes'][1]['name']='a'",
        "remove one",
        {"pod_override": {"spec": {"volumes": [{"name": "a", "emptyDir": {}}]}}},
    ),
    "a volume's name in capitals in a pod": (
        {"pod_override": {"spec": {"volumes": [{"name": "A", "emptyDir": {}}]}}},
        "pod_override['spec']['volumes'][0]['name']='A'",
        "write for example 'a'",
        {"pod_override": {"spec": {"volumes": [{"name": "a", "emptyDir": {}}]}}},
    ),
    "an image with a space in a pod": (
        worker(image="airflow: latest"),
        "pod_override['spec']['containers'][0]['image']='airflow: latest'",
        "write for example 'registry.example.com/airflow:3.3.2'",
        worker(image="registry.example.com/airflow:3.3.2"),
    ),
    "a pull policy in lower case in a pod": (
        worker(imagePullPolicy="always"),
        "pod_override['spec']['containers'][0]['imagePullPolicy']='always'",
        "write 'Always'",
        worker(imagePullPolicy="Always"),
    ),
    "a toleration in lower case in a pod": (
        {"pod_override": {"spec": {"tolerations": [{"key": "gpu", "effect": "noSchedule"}]}}},
        "pod_override['spec']['tolerations'][0]='noSchedule'",
        "write 'NoSchedule'",
        {"pod_override": {"spec": {"tolerations": [{"key": "gpu", "effect": "NoSchedule"}]}}},
    ),
    "an option's variable in the pod, too": (
        {"env_vars": {"A": "x"}} | worker(env=[{"name": "A", "value": "hunter2"}]),
        "pod_override='A'",
        "remove one",
        {"env_vars": {"A": "x"}},
    ),
    "a secret's variable in the pod, too": (
        {"secrets": ["A"]} | worker(env=[{"name": "A", "value": "hunter2"}]),
        "pod_override='A'",
        "remove one",
        {"secrets": ["A"]},
    ),
    "a volume's path in the pod, too": (
        {"volumes": {"/a": EmptyDir()}} | worker(volumeMounts=[{"name": "a", "mountPath": "/a/"}]),
        "pod_override='/a'",
        "remove one",
        {"volumes": {"/a": EmptyDir()}},
    ),
}
