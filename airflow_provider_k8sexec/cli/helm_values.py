"""Where Helm charts have a pod template in their values.

Sources: https://www.astronomer.io/docs/software/kubernetes-executor,
https://airflow.apache.org/docs/helm-chart/stable/parameters-ref.html,
https://github.com/airflow-helm/charts/blob/main/charts/airflow/docs/faq/configuration/kubernetes-pod-template.md
"""

from __future__ import annotations

import textwrap

import yaml

from airflow_provider_k8sexec.cli.helm_text import list_repeats
from airflow_provider_k8sexec.exceptions import K8sExecError
from airflow_provider_k8sexec.site.located_yaml import compose_yaml, construct_yaml

Home = tuple[str, ...]
"""The keys under which a chart has its pod template."""

OF_ASTRONOMER: Home = ("astronomer", "houston", "config", "deployments", "helm", "airflow", "podTemplate")
"""The template of all Deployments of an Astronomer installation."""

OF_THE_COMMUNITY: Home = ("airflow", "kubernetesPodTemplate", "stringOverride")
"""The chart takes the text as it is: nothing in it is rendered."""

CHARTS = {"astronomer": OF_ASTRONOMER, "apache": ("podTemplate",), "community": OF_THE_COMMUNITY}

_BASES: dict[Home, str] = {
    OF_ASTRONOMER: "astronomer",
    ("airflow", "podTemplate"): "astronomer",  # that of one Deployment, which its users cannot change
    OF_THE_COMMUNITY: "community",
    ("data", "pod_template.yaml"): "community",  # as that chart has rendered it
    ("podTemplate",): "apache",
}
"""Where a base may be, and the chart that has it there."""


def find_template(text: str) -> tuple[str, str] | None:
    """Find the pod template in the values of a chart, and which chart it is.

    Raises:
        K8sExecError: The values have one, and a key twice, so that another template may be meant.
    """
    try:
        root = compose_yaml(text)
        repeats = list_repeats(root, [])
        values = construct_yaml(root)
    except yaml.YAMLError:
        return None
    for path, chart in _BASES.items():
        part = values
        for key in path:
            part = part.get(key) if isinstance(part, dict) else None
        if isinstance(part, str) and part.strip():
            if repeats:
                raise K8sExecError("\n".join(repeats))
            return chart, part
    return None


def build_values(template: str, home: Home) -> str:
    """Write the values by which a chart has a pod template."""
    above = "".join(f"{'  ' * depth}{key}:\n" for depth, key in enumerate(home[:-1]))
    indicator = "|2" if template.startswith((" ", "\n")) else "|"
    content = textwrap.indent(template.rstrip("\n"), "  " * len(home))
    return f"{above}{'  ' * (len(home) - 1)}{home[-1]}: {indicator}\n{content}\n"
