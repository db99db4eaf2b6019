"""What is shown of a pod: names to all, values to those who wrote them, the worker's args to nobody."""

from __future__ import annotations

import copy
import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_k8sexec.diagnosis import diagnose_refusal
from airflow_provider_k8sexec.options.problems import show
from airflow_provider_k8sexec.options.shown import HIDDEN, is_free, is_shown, show_answer, show_pod, show_text

SECRET = "c0rrect-horse"  # noqa: S105  # planted


def is_sensitive(name):
    """Stand in for Airflow."""
    return "password" in name.lower()


def pod_of(container=None, **parts):
    """Make a pod of one container, and what is given beside it."""
    metadata = {"metadata": parts.pop("metadata")} if "metadata" in parts else {}
    return {**metadata, "spec": {"containers": [{"name": "base", **(container or {})}], **parts}}


FREE = [
    pod_of({"env": [{"name": "PGPASS", "value": SECRET}]}),
    pod_of({"command": ["sh", "-c", SECRET]}),
    pod_of({"livenessProbe": {"exec": {"command": ["check", SECRET]}}}),
    pod_of({"readinessProbe": {"httpGet": {"path": f"/{SECRET}", "port": 80}}}),
    pod_of({"startupProbe": {"httpGet": {"host": SECRET, "httpHeaders": [{"name": "X", "value": SECRET}]}}}),
    pod_of({"livenessProbe": {"grpc": {"port": 80, "service": SECRET}}}),
    pod_of({"lifecycle": {"preStop": {"exec": {"command": [SECRET]}}}}),
    pod_of({"later": {"deep": [{"name": "n", "x": SECRET}]}}),
    pod_of(metadata={"annotations": {"note": SECRET}}),
    pod_of(metadata={"labels": {"note": SECRET}}),
    pod_of(metadata={"managedFields": [{"fieldsV1": {SECRET: {}}, "manager": SECRET}]}),
    pod_of(initContainers=[{"name": "init", "args": [SECRET]}]),
    pod_of(ephemeralContainers=[{"name": "debug", "command": [SECRET], "targetContainerName": SECRET}]),
    pod_of(hostAliases=[{"ip": "10.0.0.1", "hostnames": [SECRET]}]),
    pod_of(dnsConfig={"searches": [SECRET], "options": [{"name": "ndots", "value": SECRET}]}),
    pod_of(volumes=[{"name": "v", "csi": {"driver": "d", "volumeAttributes": {"name": SECRET}}}]),
    pod_of(volumes=[{"name": "v", "flexVolume": {"driver": "d", "options": {"user": SECRET}}}]),
    pod_of(volumes=[{"name": "v", "cephfs": {"user": SECRET, "monitors": [SECRET]}}]),
    pod_of(volumes=[{"name": "v", "gitRepo": {"repository": f"https://{SECRET}@git"}}]),
    pod_of(
        volumes=[{"name": "v", "ephemeral": {"volumeClaimTemplate": {"metadata": {"labels": {"a": SECRET}}}}}]
    ),
    pod_of(securityContext={"sysctls": [{"name": "kernel.x", "value": SECRET}]}),
    pod_of({"securityContext": {"windowsOptions": {"gmsaCredentialSpec": SECRET}}}),
    {
        **pod_of(),
        "status": {
            "message": SECRET,
            "containerStatuses": [{"name": "base", "state": {"waiting": {"message": SECRET}}}],
        },
    },
    {**pod_of(), "somethingNew": SECRET},
]


@pytest.mark.parametrize("pod", FREE, ids=str)
def test_of_a_free_value_that_nobody_has_written_the_name_alone_is_shown(pod):
    """What a template, a hook or the cluster has put anywhere is hidden; the pod itself stays as it is."""
    before = copy.deepcopy(pod)
    shown = show_pod(pod, [], is_sensitive)
    assert all(SECRET not in text for text in texts_of(shown, with_keys=False))
    assert HIDDEN in json.dumps(shown)
    assert pod == before


@pytest.mark.parametrize("pod", [pod for pod in FREE if "gitRepo" not in str(pod)], ids=str)
def test_a_free_value_is_shown_to_those_who_wrote_it(pod):
    """The same value in the same place of the task's declaration shows it; the same elsewhere does not."""
    assert show_pod(pod, [{}, copy.deepcopy(pod)], is_sensitive) == pod
    elsewhere = pod_of({"env": [{"name": "OTHER", "value": SECRET}]})
    assert show_pod(pod, [elsewhere], is_sensitive) == show_pod(pod, [], is_sensitive)


def texts_of(value, *, with_keys=True):
    """Give all texts of a manifest."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from [key] if with_keys else []
            yield from texts_of(item, with_keys=with_keys)
    elif isinstance(value, list):
        for item in value:
            yield from texts_of(item, with_keys=with_keys)
    else:
        yield str(value)


def test_names_amounts_and_choices_are_shown_whoever_set_them():
    """Resources, images, volumes, references to secrets, node selectors and the executor's labels stay."""
    reference = {"secretKeyRef": {"name": "db", "key": "password"}}
    pod = pod_of(
        {
            "image": "etl:1",
            "imagePullPolicy": "Always",
            "env": [
                {"name": "DB_PASSWORD", "valueFrom": reference},
                {"name": "AIRFLOW_IS_K8S_EXECUTOR_POD", "value": "True"},
            ],
            "envFrom": [{"prefix": "P_", "secretRef": {"name": "all"}}, {"configMapRef": {"name": "c"}}],
            "resources": {"requests": {"memory": "1Gi"}, "limits": {"nvidia.com/gpu": "1"}},
            "volumeMounts": [{"name": "password", "mountPath": "/p", "subPath": "p", "readOnly": True}],
            "ports": [{"name": "http", "containerPort": 80}],
            "securityContext": {"runAsUser": 50000, "capabilities": {"drop": ["ALL"]}},
        },
        metadata={
            "name": "p",
            "namespace": "n",
            "labels": {"dag_id": "d", "airflow-worker": "7", "airflow_version": "3.3.2"},
            "annotations": {
                "dag_id": "d",
                "task_id": "t",
                "run_id": "r",
                "try_number": "1",
                "map_index": "0",
            },
        },
        volumes=[
            {"name": "password", "secret": {"secretName": "s", "items": [{"key": "k", "path": "p"}]}},
            {"name": "all", "projected": {"sources": [{"secret": {"name": "s"}}]}},
            {"name": "csi", "csi": {"driver": "d", "nodePublishSecretRef": {"name": "s"}, "readOnly": True}},
            {"name": "claim", "persistentVolumeClaim": {"claimName": "c"}},
            {"name": "empty", "emptyDir": {"sizeLimit": "1Gi"}},
        ],
        nodeSelector={"pool": "gpu"},
        tolerations=[{"key": "gpu", "operator": "Equal", "value": "true", "effect": "NoSchedule"}],
        affinity={"nodeAffinity": {"x": [{"key": "zone", "operator": "In", "values": ["a"]}]}},
        imagePullSecrets=[{"name": "registry"}],
        serviceAccountName="worker",
        automountServiceAccountToken=False,
        terminationGracePeriodSeconds=0,
        restartPolicy="Never",
    )
    assert show_pod(pod, [], is_sensitive) == pod


@pytest.mark.parametrize("place", ["env", "annotations", "labels", "volumeAttributes", "httpHeaders"])
def test_a_sensitive_name_hides_what_was_written_under_it(place):
    """Airflow calls the name of a password sensitive, and hides its value from those who wrote it, too."""
    pods = {
        "env": pod_of({"env": [{"name": "DB_PASSWORD", "value": SECRET}]}),
        "annotations": pod_of(metadata={"annotations": {"password": SECRET}}),
        "labels": pod_of(metadata={"labels": {"password": SECRET}}),
        "volumeAttributes": pod_of(volumes=[{"csi": {"volumeAttributes": {"password": SECRET}}}]),
        "httpHeaders": pod_of(
            {"livenessProbe": {"httpGet": {"httpHeaders": [{"name": "X-Password", "value": SECRET}]}}}
        ),
    }
    assert SECRET not in str(show_pod(pods[place], [pods[place]], is_sensitive))


@pytest.mark.parametrize(
    "containers",
    [
        [{"name": "base", "args": [SECRET]}],
        [{"name": "proxy", "args": [SECRET]}],
        [{"name": "proxy"}, {"name": "base", "args": [SECRET]}],
        [
            {"name": "proxy"},
            {
                "name": "x",
                "args": [SECRET],
                "env": [{"name": "AIRFLOW_IS_K8S_EXECUTOR_POD", "value": "True"}],
            },
        ],
    ],
)
def test_the_workers_args_are_shown_to_nobody(containers):
    """The first container, the one called base and the one of the executor's mark may hold the workload."""
    pod = {"spec": {"containers": containers}}
    shown = show_pod(pod, [pod], is_sensitive)
    assert SECRET not in str(shown)
    assert shown["spec"]["containers"][-1]["args"] == [HIDDEN]


def test_a_sidecars_args_are_shown_to_those_who_wrote_all_of_them():
    """A list of words is shown as a whole or not at all; what follows a password's flag is not."""
    sidecar = {"name": "proxy", "args": ["--port", "80", "--db-password", SECRET]}
    pod = pod_of()
    pod["spec"]["containers"].append(sidecar)
    written = {"spec": {"containers": [sidecar]}}
    shown = show_pod(pod, [written], is_sensitive)["spec"]["containers"][1]
    assert shown["args"] == ["--port", "80", "--db-password", HIDDEN]
    sidecar = {**sidecar, "args": [*sidecar["args"], "--from-a-hook"]}
    pod["spec"]["containers"][1] = sidecar
    assert show_pod(pod, [written], is_sensitive)["spec"]["containers"][1]["args"] == [HIDDEN]


def test_another_layers_value_of_the_same_name_is_not_the_tasks():
    """Where a template's variable stands beside the task's of that name, its value is still hidden."""
    pod = pod_of({"env": [{"name": "A", "value": SECRET}, {"name": "A", "value": "task"}]})
    written = pod_of({"env": [{"name": "A", "value": "task"}]})
    (worker,) = show_pod(pod, [written], is_sensitive)["spec"]["containers"]
    assert worker["env"] == [{"name": "A", "value": HIDDEN}, {"name": "A", "value": "task"}]


_scalars = st.none() | st.booleans() | st.integers() | st.text()
_keys = st.text() | st.sampled_from(
    ["metadata", "spec", "containers", "env", "value", "name", "labels", "args"]
)
_manifests = st.dictionaries(
    _keys,
    st.recursive(
        _scalars, lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_keys, inner, max_size=4)
    ),
    max_size=4,
)


@given(_manifests, _manifests)
def test_whatever_a_pod_is_it_can_be_shown(pod, written):
    """Odd shapes of hooks do not make the page fail, and keep their keys."""
    shown = show_pod(pod, [written], is_sensitive)
    assert shown.keys() == pod.keys()


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("postgresql://u:p@ss-rest@h/db", f"postgresql://u:{HIDDEN}@h/db"),
        ("postgresql://u:p/ss@h/db", f"postgresql://u:{HIDDEN}@h/db"),
        ("postgres://u:123/@h", f"postgres://u:{HIDDEN}@h"),
        ("postgres://u:123/secret@h", f"postgres://u:{HIDDEN}@h"),
        ("postgres://u:1#sec@h", f"postgres://u:{HIDDEN}@h"),
        ("redis://:$ecret@h", f"redis://:{HIDDEN}@h"),
        ("postgres://u:$pa@h/db", f"postgres://u:{HIDDEN}@h/db"),
        ("Authorization: token abc", f"Authorization: {HIDDEN}"),
        ('{"Authorization": "Token abc", "n": 1}', f'{{"Authorization": {HIDDEN}, "n": 1}}'),
        ("http://h:8080/@me", f"http://h:{HIDDEN}@me"),
        ("redis://:x@cache:6379/0", f"redis://:{HIDDEN}@cache:6379/0"),
        ("https://token@example.com/a", f"https://{HIDDEN}@example.com/a"),
        ("see https://u:p@a, https://u:p@b", f"see https://u:{HIDDEN}@a, https://u:{HIDDEN}@b"),
        (
            "jdbc:postgresql://h:5432/db?user=u&password=x&ssl=true",
            f"jdbc:postgresql://h:5432/db?user=u&password={HIDDEN}&ssl=true",
        ),
        (
            "jdbc:sqlserver://h;user=u;password=x;encrypt=true",
            f"jdbc:sqlserver://h;user=u;password={HIDDEN};encrypt=true",
        ),
        ("jdbc:oracle:thin:scott/ti/ger@//h:1521/s", f"jdbc:oracle:thin:scott/{HIDDEN}@//h:1521/s"),
        ("export API_KEY='a b' && run", f"export API_KEY={HIDDEN} && run"),
        ("run --db-password x -v", f"run --db-password {HIDDEN} -v"),
        ('{"token": "x.y", "n": 1}', f'{{"token": {HIDDEN}, "n": 1}}'),
        ("Authorization: Bearer x.y", f"Authorization: Bearer {HIDDEN}"),
    ],
)
def test_logins_in_texts_are_hidden(text, shown):
    """A URL with a login, a JDBC password and the like are hidden wherever they stand in a value."""
    assert show_text(text) == shown
    pod = pod_of({"env": [{"name": "A", "value": text}]})
    assert show_pod(pod, [pod], is_sensitive) == pod_of({"env": [{"name": "A", "value": shown}]})


@pytest.mark.parametrize(
    "text",
    [
        "https://example.com/@me",
        "http://h:8080/me",
        "http://h:8080/a, me@example.com",
        "postgresql://u:$(DB_PASSWORD)@h/x",
        "postgresql://u:${db_password}@h/x",
        "postgresql://u:$DB_PASSWORD@h/x",
        "export TOKEN=$(cat /run/token)",
        '{"automountServiceAccountToken": false}',
        "me@example.com",
        "the secret of the token",
    ],
)
def test_texts_without_a_login_stay_as_they_are(text):
    """Ports, addresses, references to variables and plain words are no logins."""
    assert show_text(text) == text


@pytest.mark.parametrize(
    "text", ["authorization: a ", "://a:", "a.", "--a-", "password ", "thin:a/", "=", "Bearer ", '\\"']
)
def test_long_texts_take_linear_time(text):
    """A long value is shown within a moment, whatever it is made of."""
    started = time.process_time()
    show_text(text * (10**5 // len(text)))
    assert time.process_time() - started < 30


def test_what_a_server_quotes_is_hidden_where_the_field_is():
    """An answer keeps its reasons and amounts, and loses labels, annotations and other values of the pod."""
    message = (
        'Pod "p" is invalid: [metadata.labels: Invalid value: "c0rrect \\"horse": a valid label must, '
        'spec.containers[0].resources.requests: Invalid value: "2Gi": must be less than or equal to 1Gi, '
        'spec.containers[0].livenessProbe: Invalid value: core.Probe{Path:"c0rrect"}: no]'
    )
    shown = show_answer(message)
    assert "c0rrect" not in shown
    assert f"metadata.labels: Invalid value: {HIDDEN}: a valid label must" in shown
    assert 'requests: Invalid value: "2Gi": must be less than or equal to 1Gi' in shown


def test_of_a_long_answer_the_start_is_shown_and_no_half_of_a_value():
    """A value that begins within the start and ends beyond it is hidden as a short one is."""
    head = 'Pod "p" is invalid: spec.containers[0].env[0].value: Invalid value: '
    assert show_answer(f'{head}"c0rrect {"x" * 10**6}": no') == f"{head}{HIDDEN}"
    short = show_answer(f'{head}"c0rrect horse": no, ')
    several = show_answer(f'{head}"c0rrect horse": no, ' * 10**4)
    assert several.startswith(short)
    assert "c0rrect" not in several
    assert len(several) < 10**4


def test_an_answer_has_no_control_characters():
    """A message is printed in a terminal and written into logs, where an escape sequence has an effect."""
    assert show_answer("denied: \x1b[2Ja\x07\nb\u202ec") == "denied:  [2Ja  b c"


def test_the_excerpt_of_a_request_is_hidden():
    """What the server quotes around a value that it cannot read are the neighbours of that value."""
    message = (
        "json: cannot unmarshal number into Go struct field EnvVar.value of type string, error found in "
        '#10 byte of ...|"value":5},{"name":"|..., bigger context ...|"c0rrect horse"}|...'
    )
    assert show_answer(message) == (
        "json: cannot unmarshal number into Go struct field EnvVar.value of type string"
    )


@pytest.mark.parametrize(
    ("field", "names", "free"),
    [
        ("spec.containers[0].image", True, False),
        ("spec.volumes[2].secret.secretName", True, False),
        ("metadata.labels[a.b/c]", False, True),
        ("spec.containers[0].env[3].value", False, True),
        ("spec.containers", False, False),
    ],
)
def test_a_fields_path_tells_whether_it_is_shown(field, names, free):
    """Errors ask by the path of a field; a structure is neither, for it holds both."""
    assert (is_shown(field), is_free(field)) == (names, free)


def test_errors_hide_logins_in_values():
    """A value in an error has no login in it, and none is cut so that it could no longer be seen."""
    url = f"postgresql://user:{SECRET}@{'h' * 100}/db"
    assert show(url) == show(f"postgresql://user:{HIDDEN}@{'h' * 100}/db")
    assert SECRET not in show({"a": [url]})


def test_why_a_pod_was_refused_does_not_quote_its_neighbours():
    """The event of a pod that the server could not read has the reason, and not the excerpt."""
    excerpt = 'error found in #10 byte of ...|"value":5}|..., bigger context ...|"c0rrect-horse"},|...'
    message = f"json: cannot unmarshal number into Go struct field EnvVar.value of type string, {excerpt}"
    answer = json.dumps({"code": 400, "reason": "BadRequest", "message": message})
    diagnosis = diagnose_refusal(f"(400) Reason: Bad Request HTTP response body: {answer}")
    assert "EnvVar.value of type string" in str(diagnosis)
    assert SECRET not in str(diagnosis)
