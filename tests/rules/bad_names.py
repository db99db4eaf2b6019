"""Names of options that an author may get wrong.

Rows: wrong options; the value and the argument as the error shows them; the remedy; and what follows it.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_k8sexec import PodOptions

ALL_OPTIONS = f"choose from {', '.join(sorted(PodOptions.__annotations__))}"

ROWS: dict[str, tuple[dict[str, Any], str, str, dict[str, Any] | None]] = {
    "memory misspelt": ({"memroy": "1Gi"}, "memroy='1Gi'", "write memory=...", {"memory": "1Gi"}),
    "cpu in the plural": ({"cpus": 1}, "cpus=1", "write cpu=...", {"cpu": 1}),
    "secrets in the singular": (
        {"secret": ["MY_SECRET"]},
        "secret=<list>",
        "write secrets=...",
        {"secrets": ["MY_SECRET"]},
    ),
    "variables in the singular": (
        {"env_var": {"PASSWORD": "hunter2"}},
        "env_var=<dict>",
        "write env_vars=...",
        {"env_vars": {"PASSWORD": "hunter2"}},
    ),
    "variables in the singular and in a line": (
        {"env_var": "PASSWORD=hunter2"},
        "env_var=<str>",
        "write env_vars=...",
        None,
    ),
    "variables in camel case": (
        {"envVars": {"PASSWORD": "hunter2"}},
        "envVars=<dict>",
        "write env_vars=...",
        {"env_vars": {"PASSWORD": "hunter2"}},
    ),
    "the override misspelt": (
        {"pod_overide": {"spec": {}}},
        "pod_overide=<dict>",
        "write pod_override=...",
        {"pod_override": {"spec": {}}},
    ),
    "a selector in camel case": (
        {"nodeSelector": {"disk": "ssd"}},
        "nodeSelector=<dict>",
        "write node_selector=...",
        {"node_selector": {"disk": "ssd"}},
    ),
    "a service account in camel case": (
        {"serviceAccountName": "etl"},
        "serviceAccountName='etl'",
        "write service_account_name=...",
        {"service_account_name": "etl"},
    ),
    "a toleration in the singular": (
        {"toleration": ["gpu"]},
        "toleration=<list>",
        "write tolerations=...",
        {"tolerations": ["gpu"]},
    ),
    "the legacy dict": (
        {"KubernetesExecutor": {"request_memory": "1Gi"}},
        "KubernetesExecutor=<dict>",
        ALL_OPTIONS,
        None,
    ),
    "a legacy argument": ({"request_memory": "1Gi"}, "request_memory='1Gi'", "write memory=...", None),
    "an executor_config": (
        {"executor_config": {"pod_override": {}}},
        "executor_config=<dict>",
        ALL_OPTIONS,
        None,
    ),
    "a password": ({"password": "hunter2"}, "password=<str>", ALL_OPTIONS, None),
    "a profile misspelt": (
        {"profile": "gpu-larg"},
        "profile='gpu-larg'",
        "write 'gpu-large'; there are gpu, gpu-large, small",
        {"profile": "gpu-large"},
    ),
    "a profile that is not there": (
        {"profile": "spark"},
        "profile='spark'",
        "choose from gpu, gpu-large, small",
        {"profile": "small"},
    ),
    "a profile by number": ({"profile": 1}, "profile=1", "write profile='1'", None),
    "an argument of the operator": ({"retries": 3}, "retries=3", ALL_OPTIONS, None),
}
