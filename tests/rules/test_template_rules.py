"""A pod template is held against rules of its own: what would fail or surprise at the launch is found."""

from __future__ import annotations

import copy
import time
from typing import Any

import pytest

from airflow_provider_k8sexec.rules.template import check_template, check_template_meaning, image_of_worker

RIGHT: dict[str, Any] = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "worker", "labels": {"tier": "airflow"}},
    "spec": {
        "containers": [
            {
                "name": "base",
                "image": "airflow:3",
                "command": [],
                "args": [],
                "env": [
                    {"name": "AIRFLOW__CORE__EXECUTOR", "value": "LocalExecutor"},
                    {
                        "name": "AIRFLOW__CORE__FERNET_KEY",
                        "valueFrom": {"secretKeyRef": {"name": "f", "key": "k"}},
                    },
                ],
            },
        ],
        "initContainers": [{"name": "log-shipper", "image": "shipper:1", "restartPolicy": "Always"}],
        "restartPolicy": "Never",
    },
}


def told(template: object) -> str:
    """Give everything that is wrong with a template, a line each."""
    return "\n".join(str(problem) for problem in check_template(template, "template"))


def changed(place: str, value: object) -> dict[str, Any]:
    """Give the right template with another value in one place; the value ``None`` takes it out."""
    template = copy.deepcopy(RIGHT)
    *way, last = place.split(".")
    inside: Any = template
    for step in way:
        inside = inside[int(step) if step.isdigit() else step]
    if value is None:
        del inside[last]
    else:
        inside[last] = value
    return template


def with_variable(name: str, value: str) -> dict[str, Any]:
    """Give the right template with one more literal in the worker's environment."""
    variables = [*RIGHT["spec"]["containers"][0]["env"], {"name": name, "value": value}]
    return changed("spec.containers.0.env", variables)


def test_a_right_template_has_nothing_against_it():
    """What charts and Airflow's own page write is accepted, further containers included."""
    assert told(RIGHT) == ""
    assert image_of_worker(RIGHT) == "airflow:3"
    assert image_of_worker(changed("spec.containers.0.image", None)) is None


def test_a_manifest_that_kubectl_has_written_is_right() -> None:
    """``kubectl run --dry-run=client -o yaml`` ends with an empty status, and has no time of creation."""
    assert told({**RIGHT, "metadata": {"creationTimestamp": None}, "status": {}}) == ""


@pytest.mark.parametrize("place", ["apiVersion", "kind", "metadata", "spec.containers.0.image"])
def test_what_airflow_does_not_need_may_be_missing(place):
    """A template that works without a field is no error; where its image comes from is not known here."""
    assert told(changed(place, None)) == ""


WRONG = {
    "a Deployment": (("kind", "Deployment"), "template['kind']='Deployment' is another kind of object"),
    "another version": (("apiVersion", "apps/v1"), "write apiVersion: v1."),
    "a misspelt field": (("spec.restartPolcy", "Never"), "is not a field of PodSpec; write 'restartPolicy'."),
    "a number for a string": (("metadata.labels.tier", 1), "must be a string; write a valid one."),
    "no restart policy": (
        ("spec.restartPolicy", None),
        "['restartPolicy'] is missing; the default, Always, restarts a finished task",
    ),
    "a restart policy": (("spec.restartPolicy", "Always"), "would start a finished task once more"),
    "another name": (("spec.containers.0.name", "worker"), "[0]['name']='worker' is not 'base'"),
    "base behind another": (
        ("spec.containers", [{"name": "proxy", "image": "p:1"}, {"name": "base"}]),
        "['proxy', 'base'] has 'base' behind 'proxy', and Airflow puts the task into the first",
    ),
    "no container": (("spec.containers", []), "has no container for the task"),
    "no spec": (("spec", None), "has no container for the task"),
    "an image that is none": (("spec.containers.0.image", "Airflow:3"), "is not an image reference"),
    "two of one name": (
        ("spec.containers", [{"name": "base"}, {"name": "base"}]),
        "[1]['name']='base' is defined twice",
    ),
    "a worker that restarts": (
        ("spec.containers.0.restartPolicy", "Always"),
        "['containers'][0]['restartPolicy']='Always' would start a finished task once more",
    ),
    "a rule that restarts the worker": (
        ("spec.containers.0.restartPolicyRules", [{"action": "Restart"}]),
        "['restartPolicyRules'][0]['action'] would start a finished task once more",
    ),
    "a rule that restarts all": (
        (
            "spec.containers",
            [
                {"name": "base"},
                {
                    "name": "a",
                    "image": "a:1",
                    "restartPolicy": "Never",
                    "restartPolicyRules": [{"action": "RestartAllContainers"}],
                },
            ],
        ),
        "[1]['restartPolicyRules'][0]['action'] would start a finished task",
    ),
    "a rule of a sidecar that restarts all": (
        ("spec.initContainers.0.restartPolicyRules", [{"action": "RestartAllContainers"}]),
        "['initContainers'][0]['restartPolicyRules'][0]['action'] would start a finished task once more",
    ),
    "a sidecar without an image": (
        ("spec.initContainers.0.image", None),
        "['initContainers'][0]['image'] is missing, and Kubernetes requires it",
    ),
    "a mount without its volume": (
        ("spec.containers.0.volumeMounts", [{"name": "logs", "mountPath": "/logs"}]),
        "['name']='logs' is mounted by 'base', and there is no volume of that name",
    ),
    "a volume twice": (
        ("spec.volumes", [{"name": "a", "emptyDir": {}}, {"name": "a", "emptyDir": {}}]),
        "['volumes'][1]['name']='a' is defined twice",
    ),
    "a volume with no source": (("spec.volumes", [{"name": "a"}]), "has 0 volume sources"),
    "a volume with two sources": (
        ("spec.volumes", [{"name": "a", "emptyDir": {}, "hostPath": {"path": "/a"}}]),
        "has 2 volume sources",
    ),
    "a bad label value": (("metadata.labels.tier", "data team"), "is not a label's value"),
    "a toleration of any value with a value": (
        ("spec.tolerations", [{"key": "a", "operator": "Exists", "value": "b"}]),
        "has a value although any value exists",
    ),
    "a limit below its request": (
        ("spec.containers.0.resources", {"requests": {"cpu": "2"}, "limits": {"cpu": "1"}}),
        "has a request, 2, above its limit, 1",
    ),
    "a value out of range": (("spec.terminationGracePeriodSeconds", -1), "terminationGracePeriodSeconds"),
    "a bad quantity": (
        ("spec.containers.0.resources", {"limits": {"memory": "1GB"}}),
        "['limits']['memory']='1GB'",
    ),
}


@pytest.mark.parametrize(("change", "said"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_told_with_its_place_and_remedy(change, said):
    """Each mistake is found by itself, with the way to it."""
    assert said in told(changed(*change))


@pytest.mark.parametrize("template", [None, [], "pod", 5])
def test_what_is_no_manifest_at_all_is_told(template):
    """An empty file and a list are no pods, and raise nothing."""
    assert "is not the manifest of a pod" in told(template)


SECRETS = {
    "DB_PASSWORD": "hunter22",
    "GITHUB_TOKEN": "hunter22",
    "AWS_SECRET_ACCESS_KEY": "hunter22",
    "api_key": "hunter22",
    "AIRFLOW__CORE__FERNET_KEY": "hunter22",
    "AIRFLOW__API_AUTH__JWT_SECRET": "hunter22",
    "AIRFLOW_CONN_WAREHOUSE": "postgresql://etl:hunter22@db/warehouse",
    "DSN": "postgresql://etl:hunter22@$(DB_HOST)/$(DB_NAME)",
    "OTHER_PASSWORD": "hunter22$$(NOT_A_REFERENCE)",
}


@pytest.mark.parametrize("name", SECRETS)
def test_a_secret_in_clear_is_told_and_not_shown(name):
    """A literal whose name or shape is that of a secret is refused by its name; its value is nowhere."""
    text = told(with_variable(name, SECRETS[name]))
    assert f"['env']['{name}'] has a plaintext secret" in text
    assert "secretKeyRef" in text
    assert "hunter22" not in text


def test_a_secret_of_an_init_container_is_told_too():
    """Every container of a pod can be seen by those who see the pod."""
    container = {"name": "init", "image": "i:1", "env": [{"name": "TOKEN", "value": "hunter22"}]}
    assert "['initContainers'][0]['env']['TOKEN']" in told(changed("spec.initContainers", [container]))


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DB_PASSWORD", "$(OTHER)"),
        ("DB_PASSWORD", "$(PREFIX)-$(SUFFIX)x"),
        ("DSN", "postgresql://u:$(PG_PASSWORD)@db/x"),
        ("DSN", "postgresql://$(PG_USER):$(PG_PASSWORD)@$(PG_HOST)/x"),
        ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN", "postgresql://u:${PG_PASSWORD}@db/x"),
        ("DB_PASSWORD", ""),
        ("REQUIRE_TOKEN", "no"),
        ("API_TOKEN", "None"),
        ("TOKEN", "file:///var/run/token"),
        ("SSH_PRIVATE_KEY", "~/.ssh/id_ed25519"),
        ("USE_SECRET", "1"),
        ("TOKEN", "/var/run/token"),
        ("KEYBOARD", "hunter22"),
        ("PASSWORD_LENGTH", "12"),
        ("AWS_ACCESS_KEY_ID", "AKIA"),
        ("AIRFLOW__KUBERNETES_SECRETS__DB_PASSWORD", "infrared-photon-7780-env=DB_PASSWORD"),
        ("AIRFLOW__DATABASE__SQL_ALCHEMY_CONN_SECRET", "sql_alchemy_conn"),
        ("AIRFLOW_CONN_WAREHOUSE", "postgresql://etl@db/warehouse"),
    ],
)
def test_what_only_refers_to_a_secret_is_none(name, value):
    """Paths, other variables, names and lengths are no secrets in clear."""
    assert told(with_variable(name, value)) == ""


def doubts(template: object) -> str:
    """Give what is probably not meant in a template, a line each."""
    return "\n".join(str(problem) for problem in check_template_meaning(template, "template"))


def test_a_template_of_many_variables_is_read_in_time() -> None:
    """The time grows with the number of variables, and not with its square: that took fourteen seconds."""
    variables = [
        {"name": f"A{index}", "value": f"$(A{index - 1})" if index else ""} for index in range(20_000)
    ]
    template = changed("spec.containers.0.env", variables)
    began = time.process_time()
    assert told(template) == doubts(template) == ""
    assert time.process_time() - began < 5


def test_a_regular_container_beside_the_worker_is_doubtful() -> None:
    """The pod would end only when all of its containers have ended; a native sidecar ends with the task."""
    containers = [*RIGHT["spec"]["containers"], {"name": "git-sync", "image": "git-sync:4"}]
    template = changed("spec.containers", containers)
    assert told(template) == ""
    assert doubts(template) == (
        "template['spec']['containers'][1]='git-sync' runs beside the task, and the pod ends only when all "
        "of its containers have ended; write it under initContainers with restartPolicy: Always, which "
        "ends with the task."
    )
    assert doubts(RIGHT) == ""


def test_a_reference_to_what_is_not_above_is_doubtful() -> None:
    """Kubernetes expands only what stands above; envFrom or a hook may define what the list does not."""
    env = [
        {"name": "DSN", "value": "postgresql://u:$(PW)@h/x"},
        {"name": "PW", "valueFrom": {"secretKeyRef": {"name": "s", "key": "k"}}},
        {"name": "RIGHT", "value": "$(PW) $(FROM_ELSEWHERE) $$(DSN)"},
        {"name": "PATH", "value": "$(PATH):/x"},
    ]
    template = changed("spec.containers.0.env", env)
    assert told(template) == ""
    assert [line.partition("['env']")[2].partition(";")[0] for line in doubts(template).splitlines()] == [
        "[0] refers to $(PW), which is defined below it alone, so the text stays as it is",
        "[3] refers to $(PATH), which is not defined above it, so the text stays as it is",
    ]
    template["spec"]["containers"][0]["envFrom"] = [{"configMapRef": {"name": "a"}}]
    assert "PATH" not in doubts(template)


@pytest.mark.parametrize("template", [None, [], "pod", {"spec": 5}, {"spec": {"containers": [{"env": 3}]}}])
def test_of_a_template_of_another_shape_nothing_is_doubted(template: object) -> None:
    """What is no pod is refused as such, and nothing raises."""
    assert doubts(template) == ""
