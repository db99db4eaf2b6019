"""A merged pod with what it was merged from: template, executor, layers, the task, and a hook."""

from __future__ import annotations

from airflow_provider_k8sexec.pod.provenance import Ingredients

TEMPLATE = {
    "metadata": {"labels": {"tier": "airflow"}},
    "spec": {
        "restartPolicy": "Never",
        "containers": [
            {
                "name": "base",
                "image": "old",
                "env": [{"name": "A", "value": "1"}],
                "resources": {"limits": {"cpu": "1"}},
            }
        ],
    },
}
OVERRIDE = {
    "metadata": {"labels": {"team": "finance"}, "annotations": {"a.b/c": "d"}},
    "spec": {
        "containers": [
            {
                "name": "base",
                "env": [{"name": "B", "value": "2"}],
                "resources": {"limits": {"memory": "1Gi"}, "requests": {"memory": "1Gi"}},
            }
        ],
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
    },
}
POD = {
    "metadata": {
        "labels": {"tier": "airflow", "team": "finance", "dag_id": "it"},
        "annotations": {"a.b/c": "d"},
    },
    "spec": {
        "restartPolicy": "Never",
        "containers": [
            {
                "name": "base",
                "image": "new",
                "env": [{"name": "A", "value": "1"}, {"name": "B", "value": "2"}],
                "resources": {"limits": {"memory": "2Gi"}, "requests": {"memory": "1Gi"}},
            }
        ],
        "tolerations": [{"key": "gpu", "operator": "Exists"}],
    },
}
COMPLETED = {
    "metadata": {"labels": {"tier": "airflow", "dag_id": "it"}},
    "spec": {"containers": [{"name": "base", "image": "new", "env": [{"name": "A", "value": "1"}]}]},
}
RECORDED = {"metadata.labels.team": "default_args of the DAG", "metadata.annotations[a.b/c]": "profile 'x'"}
INGREDIENTS = Ingredients(TEMPLATE, COMPLETED, OVERRIDE, RECORDED)
