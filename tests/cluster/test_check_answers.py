"""``k8sexec check`` tells the answers of servers apart, also of those that this folder's server cannot give.

The bodies are those of Kubernetes 1.36: of its documentation, of ``apiserver`` and its admission plugins, and
of the recorded verdicts. A proxy before a real server gives them to the pods of single tasks.
"""

from __future__ import annotations

import json
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from fault_proxy import RESET, FaultProxy, PlayedAnswer, run_fault_proxy

from airflow_provider_k8sexec import hooks
from airflow_provider_k8sexec.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from conftest import Cluster

VERDICTS = Path(__file__).parents[1] / "support/verdicts-1.36.jsonl"
TEMPLATE = {
    "apiVersion": "v1",
    "kind": "Pod",
    "spec": {"containers": [{"name": "base", "image": "apache/airflow:3.3.2"}], "restartPolicy": "Never"},
}
JSON = (("Content-Type", "application/json"),)
Found = dict[str, dict[str, Any]]


class Checks:
    """Runs the command on DAGs of some tasks, at a server behind a proxy."""

    def __init__(self, proxy: FaultProxy, folder: Path) -> None:
        self.proxy = proxy
        self.errors = ""
        self._file = folder / "planted.py"

    def run(self, capsys: pytest.CaptureFixture[str], tasks: Mapping[str, str]) -> tuple[int, Found]:
        """Check tasks, each with its pod options; give the exit code, and what is reported of each."""
        lines = "\n".join(
            f"    k8s_task(task_id={name!r}, {options})(lambda: None)()" for name, options in tasks.items()
        )
        self._file.write_text(
            textwrap.dedent(
                """
                import pendulum
                from airflow import DAG
                from airflow_provider_k8sexec import *

                with DAG("planted", schedule=None, start_date=pendulum.datetime(2026, 1, 1, tz="UTC")):
                """
            )
            + lines
        )
        code = main(["check", str(self._file), "-o", "json", "--conn-id", "proxied"])
        output = capsys.readouterr()
        *lines_of_errors, _summary = output.err.splitlines(keepends=True)
        self.errors = "".join(lines_of_errors)
        return code, {entry["task"].partition(".")[2]: entry for entry in json.loads(output.out)}


@pytest.fixture(scope="module")
def proxy(cluster: Cluster) -> Iterator[FaultProxy]:
    """Run a proxy before the server."""
    with run_fault_proxy(cluster.client) as proxy:
        yield proxy


@pytest.fixture
def checks(
    cluster: Cluster, proxy: FaultProxy, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Checks]:
    """Set a site up at a namespace of its own, whose server is behind the proxy."""
    template = tmp_path / "template.yaml"
    template.write_text(yaml.safe_dump(TEMPLATE))
    extra = {"kube_config_path": str(proxy.write_kubeconfig(tmp_path / "kubeconfig"))}
    monkeypatch.setenv("AIRFLOW_CONN_PROXIED", json.dumps({"conn_type": "kubernetes", "extra": extra}))
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE", str(template))
    monkeypatch.setenv("AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE", cluster.create_namespace("answers"))
    yield Checks(proxy, tmp_path)
    proxy.played.clear()


def refuse(status: int, message: str, reason: str = "", **details: Any) -> dict[str, Any]:
    """Give a server's refusal: its ``Status``, with its code."""
    about = {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Failure"}
    return {**about, "message": message, "reason": reason, "details": details, "code": status}


def denied(status: int, message: str, **details: Any) -> dict[str, Any]:
    """Give the refusal of an admission plugin."""
    return refuse(status, f'pods "planted" is forbidden: {message}', **details)


def answer(body: Mapping[str, Any] | str, *parts: str, status: int = 200, **others: Any) -> PlayedAnswer:
    """Give an answer to requests that contain some texts."""
    if isinstance(body, str):
        return PlayedAnswer(
            parts, status, lambda _: body.encode(), (("Content-Type", "text/html"),), **others
        )
    return PlayedAnswer(parts, body.get("code", status), lambda _: json.dumps(body).encode(), JSON, **others)


POLICY = "ValidatingAdmissionPolicy 'limits.example.com' with binding 'limits' denied request:"
NO_RIGHTS = 'User "ci" cannot create resource "pods" in API group "" in the namespace "team-a"'
WEBHOOK = 'failed to call webhook: Post "https://kyverno.kyverno.svc:443/validate/fail?timeout=10s":'
GATEKEEPER = (
    'admission webhook "validation.gatekeeper.sh" denied the request: [limits] container <base> has no'
)
CONFLICT = "the object has been modified; please apply your changes to the latest version and try again"
HTML = "<html><head><title>413 Request Entity Too Large</title></head></html>"

ANSWERS: dict[str, tuple[dict[str, Any] | PlayedAnswer, str, str, str]] = {
    "policy_invalid": (
        denied(422, f"{POLICY} no", causes=[{"message": f"{POLICY} a pod needs a memory limit"}]),
        "AdmissionPolicy",
        "limits.example.com",
        "change what it names",
    ),
    "policy_forbidden": (
        denied(403, f"{POLICY} a pod cannot run without a memory limit"),
        "AdmissionPolicy",
        "a pod cannot run without a memory limit",
        "change what it names",
    ),
    "policy_like_rbac": (denied(403, f"{POLICY} {NO_RIGHTS}"), "AdmissionPolicy", "denied request", "change"),
    "policy_unauthorized": (denied(401, f"{POLICY} no"), "AdmissionPolicy", "denied request", "change what"),
    "policy_too_large": (
        denied(413, f"{POLICY} too many variables"),
        "AdmissionPolicy",
        "too many",
        "change",
    ),
    "webhook_bad_request": (
        refuse(400, 'admission webhook "validate.kyverno.svc-fail" denied the request: \n\nblocked'),
        "AdmissionWebhook",
        "validate.kyverno.svc-fail",
        "change what it names",
    ),
    "webhook_forbidden": (
        refuse(403, f"{GATEKEEPER} memory limit"),
        "AdmissionWebhook",
        "has no memory limit",
        "change what it names",
    ),
    "webhook_unauthorized": (
        refuse(401, f"{GATEKEEPER} owner"),
        "AdmissionWebhook",
        "has no owner",
        "change",
    ),
    "webhook_times_out": (
        refuse(
            500,
            f'Internal error occurred: failed calling webhook "kyverno": {WEBHOOK} context deadline exceeded',
            "InternalError",
            causes=[{"message": f'failed calling webhook "kyverno": {WEBHOOK} context deadline exceeded'}],
        ),
        "Webhook",
        "context deadline exceeded",
        "have the service of the webhook 'kyverno' run and answer",
    ),
    "webhook_without_dry_run": (
        refuse(400, 'admission webhook "inject.example.com" does not support dry run', "BadRequest"),
        "DryRunUnsupported",
        "inject.example.com",
        "declare sideEffects: None",
    ),
    "pod_security": (
        denied(
            403, 'violates PodSecurity "restricted:latest": runAsNonRoot != true (pod or container "base")'
        ),
        "PodSecurity",
        "runAsNonRoot != true",
        "container_security_context",
    ),
    "quota": (
        denied(
            403,
            "exceeded quota: q, requested: limits.memory=2Gi, used: limits.memory=7Gi, "
            "limited: limits.memory=8Gi",
        ),
        "Quota",
        "the quota 'q' has memory='1Gi' left of '8Gi'",
        "request at most memory='1Gi'",
    ),
    "quota_unspecified": (
        denied(403, "failed quota: q: must specify limits.cpu for: base; limits.memory for: base"),
        "QuotaUnspecified",
        "the quota 'q'",
        "set cpu=..., memory=...",
    ),
    "quota_conflict": (
        refuse(409, f'Operation cannot be fulfilled on resourcequotas "q": {CONFLICT}', "Conflict"),
        "QuotaConflict",
        "has been modified",
        "check again",
    ),
    "limit_range": (
        denied(403, "cpu max limit to request ratio per Container is 2, but provided ratio is 4.000000"),
        "LimitRange",
        "max limit to request ratio",
        "at most 2 times its request",
    ),
    "terminating": (
        denied(403, "unable to create new content in namespace team-a because it is being terminated"),
        "Namespace",
        "is being terminated",
        "create the namespace, or name another",
    ),
    "other_rule": (
        denied(403, "the integer value of priority (5) must not be provided in pod spec"),
        "Forbidden",
        "must not be provided",
        "correct the pod options",
    ),
    "too_large": (
        refuse(413, "Request entity too large: limit is 3145728", "RequestEntityTooLarge"),
        "RequestEntityTooLarge",
        "limit is 3145728",
        "make the pod smaller",
    ),
    "too_large_for_a_proxy": (
        answer(HTML, status=413),
        "RequestEntityTooLarge",
        "Request Entity Too Large",
        "make the pod smaller",
    ),
    "too_many_requests": (
        PlayedAnswer((), 429, lambda _: b"Too many requests", (("Retry-After", "1"),)),
        "TooManyRequests",
        "Too Many Requests",
        "check again",
    ),
    "unavailable": (answer("<html>", status=503), "APIServer", "Service Unavailable", "check again"),
    "server_times_out": (
        refuse(504, "Timeout: request did not complete within the allotted timeout", "Timeout"),
        "APIServer",
        "did not complete",
        "check again",
    ),
    "name_is_taken": (
        refuse(409, 'pods "planted" already exists', "AlreadyExists"),
        "AlreadyExists",
        "",
        "check",
    ),
}


def play(checks: Checks, task: str, given: dict[str, Any] | PlayedAnswer, *parts: str) -> None:
    """Play an answer to the dry-run of a task's pod."""
    played = given if isinstance(given, PlayedAnswer) else answer(given)
    where = ("dryRun", f'"task_id": "{task}"', *parts)
    checks.proxy.played.append(
        PlayedAnswer(where, played.status, played.body, played.headers, played.seconds)
    )


def test_each_answer_has_a_code_a_cause_and_a_remedy_of_its_own(
    checks: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    """All tasks of one file: none hides the trouble of another, or the peace of the last."""
    for task, (given, *_) in ANSWERS.items():
        play(checks, task, given)
    code, found = checks.run(capsys, {**dict.fromkeys(ANSWERS, "cpu=1"), "peaceful": "cpu=1"})
    assert (code, checks.errors) == (1, "")
    peaceful = {"task": "planted.peaceful", "pod": "worker", "ok": True, "problems": [], "warnings": []}
    assert found["peaceful"] == peaceful
    for task, (_, expected, cause, remedy) in ANSWERS.items():
        (problem,) = found[task]["problems"]
        assert (task, problem["code"]) == (task, expected)
        assert cause in problem["reason"], task
        assert remedy in problem["remedy"], task


def test_what_the_server_does_not_know_is_named_beside_what_else_it_refuses(
    checks: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    """Strict validation ends at unknown fields: a second dry-run has the rest, and nothing is found twice."""
    unknown = (
        'unknown field "spec.containers[0].lifecycle.restart", unknown field "spec.volumes[0].newSource"'
    )
    message = f'Pod in version "v1" cannot be handled as a Pod: strict decoding error: {unknown}'
    play(checks, "task", refuse(400, message, "BadRequest"), "fieldValidation=Strict")
    invalid = 'Invalid value: "2Gi": must be less than or equal to memory limit'
    causes = [{"field": "spec.containers[0].resources.requests", "message": invalid}]
    play(checks, "task", refuse(422, "x", "Invalid", causes=causes), "fieldValidation=Ignore")
    _, found = checks.run(capsys, {"task": "memory=('1Gi', '2Gi'), volumes={'/d': EmptyDir()}"})
    problems = {problem["field"]: problem["code"] for problem in found["task"]["problems"]}
    assert problems == {
        "memory": "Invalid",
        "spec.containers[0].lifecycle.restart": "UnknownField",
        "volumes['/d']['newSource']": "UnknownField",
    }


def drop(*path: str | int) -> Callable[[bytes], bytes]:
    """Give the pod of a request back, without one of its fields."""

    def body(request: bytes) -> bytes:
        pod = json.loads(request)
        here = pod
        for step in path[:-1]:
            here = here[step]
        del here[path[-1]]
        return json.dumps(pod).encode()

    return body


def kept(body: Callable[[bytes], bytes], *headers: tuple[str, str]) -> PlayedAnswer:
    """Give the answer of a server that takes a pod."""
    return PlayedAnswer((), 201, body, (*JSON, *headers))


LOST = {
    "pod_override={'spec': {'containers': [{'name': 'base', 'lifecycle': {'stopSignal': 'SIGUSR1'}}]}}": (
        ("spec", "containers", 0, "lifecycle"),
        "pod_override['spec']['containers'][0]['lifecycle']['stopSignal']",
        "the feature gate ContainerStopSignals",
    ),
    "volumes={'/mnt/a': {'projected': {'sources': [{'podCertificate': {'signerName': 'example.com/s', "
    "'keyType': 'ED25519', 'credentialBundlePath': 'c.pem'}}]}}}": (
        ("spec", "volumes", 0, "projected", "sources", 0, "podCertificate"),
        "volumes['/mnt/a']['projected']['sources'][0]['podCertificate']",
        "the feature gate PodCertificateRequest",
    ),
    "labels={'team': 'a'}": (("metadata", "labels", "team"), "labels['team']", "silently dropped"),
}


def test_a_field_that_the_server_drops_is_an_error_in_its_authors_words(
    checks: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    """The server of the record took the first two, and did not keep them; the gate is named."""
    checks.proxy.played.append(answer({"major": "1", "minor": "36"}, "/version"))
    for number, (path, *_) in enumerate(LOST.values()):
        play(checks, f"task_{number}", kept(drop(*path)))
    code, found = checks.run(capsys, {f"task_{number}": options for number, options in enumerate(LOST)})
    assert code == 1
    for number, (_, name, reason) in enumerate(LOST.values()):
        (problem,) = found[f"task_{number}"]["problems"]
        assert (problem["code"], problem["field"]) == ("DroppedField", name)
        assert reason in problem["reason"]


def test_the_servers_warnings_are_shown_and_are_no_errors(
    checks: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    """Each that was recorded, in the server's words; and all of an answer that has several."""
    _, *verdicts = map(json.loads, VERDICTS.read_text(encoding="utf-8").splitlines())
    recorded = [warning for verdict in verdicts for warning in verdict.get("warnings", ())]
    for number, header in enumerate(recorded):
        play(checks, f"task_{number}", kept(bytes, ("Warning", header)))
    security = 'would violate PodSecurity "restricted:latest": runAsNonRoot != true, caf\xe9'
    quoted = json.dumps(security, ensure_ascii=False).encode().decode("latin-1")
    several = [("Warning", f"299 - {quoted}"), ("Warning", '299 - "a, b"')]
    play(checks, "several", kept(bytes, *several))
    names = [*(f"task_{number}" for number in range(len(recorded))), "several"]
    code, found = checks.run(capsys, dict.fromkeys(names, "cpu=1"))
    assert (code, checks.errors) == (0, "")
    assert len(recorded) > 10
    for number, header in enumerate(recorded):
        text = json.loads(header.removeprefix("299 - "))
        assert found[f"task_{number}"] == {
            "task": f"planted.task_{number}",
            "pod": "worker",
            "ok": True,
            "problems": [],
            "warnings": [text],
        }
    assert found["several"]["warnings"] == [security, "a, b"]


RIGHTS = 'User "ci" cannot {verb} resource "{plural}" in API group "{group}" in the namespace "team-a"'


def without_right(verb: str, plural: str, group: str = "") -> dict[str, Any]:
    """Give RBAC's refusal."""
    message = RIGHTS.format(verb=verb, plural=plural, group=group)
    return refuse(403, f"{plural} is forbidden: {message}", "Forbidden")


def test_a_missing_right_to_look_up_is_one_warning_and_hides_no_answer_of_the_server(
    checks: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    """The dry-run's word on the pod stays, whatever the account may read."""
    checks.proxy.played.append(answer(without_right("get", "secrets"), "/secrets/"))
    play(checks, "refused", denied(403, "failed quota: q: must specify limits.cpu for: base"))
    secrets = "secrets=[Secret('A', name='one'), Secret('B', name='two')]"
    code, found = checks.run(capsys, {"refused": secrets, "taken": secrets})
    assert code == 1
    assert [problem["code"] for problem in found["refused"]["problems"]] == ["QuotaUnspecified"]
    assert found["taken"]["ok"]
    assert checks.errors.count("Warning: Not looked up: the secrets in the namespace") == 1
    assert checks.errors.count("Grant it; docs/explanation/cluster.md has the role.") == 1


def test_a_namespace_without_rights_is_reported_once_and_the_others_are_checked(
    checks: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    """A task of another namespace may be all right, and is not left out for it."""
    checks.proxy.played.append(answer(without_right("create", "pods"), "/namespaces/team-a/pods"))
    options = {"one": "namespace='team-a'", "two": "namespace='team-a'", "here": "cpu=1"}
    code, found = checks.run(capsys, options)
    assert (code, list(found)) == (1, ["here"])
    assert found["here"]["ok"]
    assert checks.errors.count("The account is not allowed to create pods (403)") == 1
    assert "Not checked: 2 of 3 pods." in checks.errors


ENDING = {
    "an unknown token": (answer(refuse(401, "Unauthorized", "Unauthorized")), "authentication failed (401)"),
    "no credentials": (
        answer(
            refuse(
                403,
                'pods is forbidden: User "system:anonymous" cannot create resource "pods" in API '
                'group "" in the namespace "a"',
            )
        ),
        "authentication failed (403)",
    ),
    "no API server": (answer("<html>Sign in</html>"), "did not answer with JSON"),
    "no pod": (answer({"spec": "x"}), "did not answer with a pod"),
    "a body that cannot be read": (
        PlayedAnswer((), 201, bytes, (("Content-Encoding", "gzip"),)),
        "The cluster cannot be reached",
    ),
    "a broken connection": (PlayedAnswer((), RESET, bytes), "The cluster cannot be reached"),
}


@pytest.mark.parametrize("trouble", ENDING)
def test_what_concerns_the_whole_cluster_ends_the_run_and_is_reported_once(
    checks: Checks, capsys: pytest.CaptureFixture[str], trouble: str
) -> None:
    """What was found before is reported; no other task would fare better."""
    played, message = ENDING[trouble]
    for task in ("second", "third", "fourth"):
        play(checks, task, played)
    code, found = checks.run(capsys, dict.fromkeys(("first", "second", "third", "fourth"), "cpu=1"))
    assert (code, list(found)) == (1, ["first"])
    assert checks.errors.count(message) == 1
    assert "Not checked: 3 of 4 pods." in checks.errors


def test_a_connection_that_the_other_side_has_closed_is_made_anew(
    checks: Checks, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A load balancer closes idle connections; the next request is not lost for it."""
    resets = iter([PlayedAnswer((), RESET, bytes)])
    monkeypatch.setattr(
        FaultProxy, "find_played", lambda _, path, __: next(resets, None) if "dryRun" in path else None
    )
    code, found = checks.run(capsys, {"task": "cpu=1"})
    assert (code, found["task"]["ok"], checks.errors) == (0, True, "")


def test_a_task_without_an_answer_is_its_own_trouble_until_there_are_too_many(
    checks: Checks, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A webhook may hold one pod up; a server that holds up three ends the run."""
    monkeypatch.setattr(hooks, "_DRY_RUN_SECONDS", 0.2)
    slow = answer({}, seconds=0.5)
    play(checks, "slow", slow)
    code, found = checks.run(capsys, {"slow": "cpu=1", "peaceful": "cpu=1"})
    assert (code, checks.errors, found["peaceful"]["ok"]) == (1, "", True)
    assert found["slow"]["problems"][0]["code"] == "Timeout"
    checks.proxy.played.append(PlayedAnswer(("dryRun",), slow.status, slow.body, slow.headers, slow.seconds))
    code, found = checks.run(capsys, {f"task_{number}": "cpu=1" for number in range(5)})
    assert (code, list(found)) == (1, ["task_0", "task_1"])
    assert checks.errors.count("The cluster did not answer in time") == 1


def _note(requests: list[bytes], body: bytes) -> bytes:
    requests.append(body)
    return b"busy"


def test_a_lookup_that_fails_is_the_trouble_of_the_tasks_that_need_it(
    checks: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    """One request is enough for all of them, and it does not wait as long as a busy server would like."""
    requests: list[bytes] = []
    busy = (("Retry-After", "1"),)
    checks.proxy.played.append(PlayedAnswer(("/configmaps/",), 503, lambda body: _note(requests, body), busy))
    code, found = checks.run(
        capsys, {"one": "env_from=['configmap/a']", "two": "env_from=['configmap/a']", "peaceful": "cpu=1"}
    )
    assert (code, found["peaceful"]["ok"], len(requests)) == (1, True, 1)
    for task in ("one", "two"):
        (problem,) = found[task]["problems"]
        assert (problem["code"], problem["field"], problem["remedy"]) == (
            "APIServer",
            "ConfigMap",
            "check again",
        )


CLAIM = "pod_override={'spec': {'resourceClaims': [{'name': 'gpu', 'resourceClaimTemplateName': 'gpu'}]}}"
ABSENT = "404 page not found\n"


def test_a_claim_of_devices_is_looked_up_in_the_version_that_the_server_has(
    checks: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    """Kubernetes 1.32 has it in a beta, 1.34 in v1."""
    checks.proxy.played += [
        answer({"major": "1", "minor": "34"}, "/version"),
        answer({"metadata": {"name": "gpu"}}, "/apis/resource.k8s.io/v1beta1/"),
        answer(ABSENT, "/apis/resource.k8s.io/", status=404),
    ]
    play(checks, "task", kept(bytes))
    code, found = checks.run(capsys, {"task": CLAIM})
    assert (code, found["task"]["problems"]) == (0, [])


def test_a_cluster_without_the_kind_of_an_object_is_too_old_for_it(
    checks: Checks, capsys: pytest.CaptureFixture[str]
) -> None:
    """To create the object is no remedy."""
    checks.proxy.played.append(answer(ABSENT, "/apis/resource.k8s.io/", status=404))
    code, found = checks.run(capsys, {"task": CLAIM})
    problems = {problem["code"]: problem for problem in found["task"]["problems"]}
    assert code == 1
    assert problems["MissingAPI"]["field"] == "ResourceClaimTemplate"
    assert problems["MissingAPI"]["remedy"] == "upgrade the cluster to Kubernetes 1.34, or remove it"
