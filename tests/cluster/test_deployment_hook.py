"""What the hook tells of a deployment, with no more rights than the documentation asks for."""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from kubernetes.client import (
    AuthenticationV1TokenRequest,
    CoreV1Api,
    RbacAuthorizationV1Api,
    V1TokenRequestSpec,
)
from local_queues import local_queues

from airflow_provider_k8sexec import ClusterError, DeploymentHook
from airflow_provider_k8sexec.pod.references import KINDS, Reference

if TYPE_CHECKING:
    from conftest import Cluster

DOCS = Path(__file__).parents[2] / "docs/explanation/cluster.md"
SECRET = "infrared-photon-7780-env"  # noqa: S105  # a name
VALUE = "do-not-keep-me"


@pytest.fixture(scope="module")
def namespace(cluster: Cluster) -> str:
    """Make a namespace with a secret, a config map, a limit range and a quota."""
    name = cluster.create_namespace("hook")
    core = CoreV1Api(cluster.client)
    encoded = base64.b64encode(VALUE.encode()).decode()
    core.create_namespaced_secret(name, {"metadata": {"name": SECRET}, "data": {"MY_SECRET": encoded}})
    core.create_namespaced_config_map(name, {"metadata": {"name": "app"}, "data": {"mode": "fast"}})
    core.create_namespaced_service_account(name, {"metadata": {"name": "default"}})
    limits = [{"type": "Container", "max": {"memory": "4Gi"}}]
    core.create_namespaced_limit_range(name, {"metadata": {"name": "limits"}, "spec": {"limits": limits}})
    core.create_namespaced_resource_quota(
        name, {"metadata": {"name": "quota"}, "spec": {"hard": {"pods": "5"}}}
    )
    return name


@pytest.fixture(scope="module")
def least(cluster: Cluster, namespace: str, tmp_path_factory: pytest.TempPathFactory) -> DeploymentHook:
    """Give a hook whose token has the documented rights, and no others."""
    role, cluster_role = yaml.safe_load_all(re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)[-1])
    rbac = RbacAuthorizationV1Api(cluster.client)
    subject = {"kind": "ServiceAccount", "name": "default", "namespace": namespace}
    rbac.create_namespaced_role(namespace, role)
    rbac.create_namespaced_role_binding(namespace, _binding("Role", role, subject))
    cluster_role["metadata"]["name"] += f"-{cluster.token}"
    rbac.create_cluster_role(cluster_role)
    rbac.create_cluster_role_binding(_binding("ClusterRole", cluster_role, subject))
    token = CoreV1Api(cluster.client).create_namespaced_service_account_token(
        "default", namespace, AuthenticationV1TokenRequest(spec=V1TokenRequestSpec(audiences=[]))
    )
    return _hook(cluster, tmp_path_factory.mktemp("least"), token.status.token)


def _binding(kind: str, role: Any, subject: Any) -> dict[str, Any]:
    name = role["metadata"]["name"]
    reference = {"kind": kind, "name": name, "apiGroup": "rbac.authorization.k8s.io"}
    return {"metadata": {"name": name}, "roleRef": reference, "subjects": [subject]}


def _hook(cluster: Cluster, folder: Path, token: str) -> DeploymentHook:
    config = yaml.safe_load(Path(cluster.kubeconfig).read_text())
    config["users"] = [{"name": user["name"], "user": {"token": token}} for user in config["users"]]
    return _hook_of(config, folder)


def _hook_of(config: Any, folder: Path) -> DeploymentHook:
    path = folder / "kubeconfig"
    path.write_text(yaml.safe_dump(config))
    return DeploymentHook(kubernetes_conn_id=None, config_file=str(path))


def pod(namespace: str, memory: str = "1Gi") -> dict[str, Any]:
    """Give a pod that the namespace takes, unless it asks for more than 4Gi."""
    resources = {"limits": {"memory": memory}, "requests": {"memory": memory}}
    container = {"name": "base", "image": "airflow", "resources": resources}
    return {"metadata": {"name": "task", "namespace": namespace}, "spec": {"containers": [container]}}


def test_the_version_of_the_server_is_read_with_the_least_rights(least: DeploymentHook) -> None:
    """Any account may read it."""
    version = least.read_version()
    assert version is not None
    assert version >= (1, 20)


@pytest.mark.parametrize(
    ("answer", "version"),
    [
        ({"major": "1", "minor": "29+"}, (1, 29)),
        ({"major": "1", "minor": ""}, None),
        ({"kind": "Status"}, None),
    ],
)
def test_the_version_of_a_managed_cluster_may_have_a_plus(
    answer: dict[str, str], version: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Managed clusters mark their own builds; a gateway may give another answer at that address."""
    hook = DeploymentHook(kubernetes_conn_id=None)
    monkeypatch.setattr(DeploymentHook, "api_client", object())
    monkeypatch.setattr(hook, "_ask", lambda *_: answer)
    assert hook.read_version() == version


def test_the_keys_of_a_secret_are_read_without_their_values(least: DeploymentHook, namespace: str) -> None:
    """The names of keys are told; a value is in no attribute of the hook."""
    assert least.read_keys("Secret", SECRET, namespace) == {"MY_SECRET"}
    assert VALUE not in repr(vars(least))


def test_a_secret_that_does_not_exist_has_no_keys_at_all(least: DeploymentHook, namespace: str) -> None:
    """A missing object is told from an empty one."""
    assert least.read_keys("Secret", "other", namespace) is None


@pytest.mark.parametrize(
    ("reference", "there"),
    [
        (Reference("ConfigMap", "app", "mode"), True),
        (Reference("ConfigMap", "app", "mood"), False),
        (Reference("ConfigMap", "app"), True),
        (Reference("ServiceAccount", "default"), True),
        (Reference("ServiceAccount", "loader"), False),
        (Reference("PersistentVolumeClaim", "lake"), False),
        (Reference("PriorityClass", "system-cluster-critical"), True),
        (Reference("RuntimeClass", "gvisor"), False),
        (Reference("StorageClass", "fast"), False),
        (Reference("CSIDriver", "csi.example.com"), False),
        (Reference("Secret", ".."), False),
    ],
)
def test_each_kind_of_object_can_be_looked_up(
    least: DeploymentHook, namespace: str, reference: Reference, there: bool
) -> None:
    """The documented rights are enough to tell whether what a pod names exists."""
    assert least.has(reference, namespace) is there


def test_queues_are_looked_up_and_listed_with_the_least_rights(
    least: DeploymentHook, cluster: Cluster, namespace: str
) -> None:
    """An older Kueue has them in an older version, and none at all is no 403."""
    with pytest.raises(ClusterError, match="has no localqueues; install Kueue"):
        least.list_names("LocalQueue", namespace)
    with local_queues(cluster.client, namespace, "team-a"):
        assert least.has(Reference("LocalQueue", "team-a"), namespace)
        assert not least.has(Reference("LocalQueue", "team-b"), namespace)
        assert least.list_names("LocalQueue", namespace) == ["team-a"]
    with pytest.raises(ClusterError, match=r"is not allowed to list localqueues \(403\)"):
        least.list_names("LocalQueue", "default")


def test_the_documented_rights_are_those_that_the_lookups_need() -> None:
    """Each kind that a pod can name is in the role of its scope, and nothing else may be read."""
    roles = yaml.safe_load_all(re.findall(r"```yaml\n(.*?)```", DOCS.read_text(), re.DOTALL)[-1])
    granted = {
        (group, plural, role["kind"] == "ClusterRole")
        for role in roles
        for rule in role["rules"]
        for group in rule["apiGroups"]
        for plural in rule["resources"]
        if rule["verbs"] == ["get"]
    }
    assert granted == {(kind.group, kind.plural, kind.is_of_cluster) for kind in KINDS.values()}


def test_limits_and_quotas_are_listed(least: DeploymentHook, namespace: str) -> None:
    """What the namespace allows is told as the server has it."""
    (limits,) = least.list_limit_ranges(namespace)
    (quota,) = least.list_resource_quotas(namespace)
    assert limits["spec"]["limits"][0]["max"] == {"memory": "4Gi"}
    assert quota["spec"]["hard"] == {"pods": "5"}


def test_a_pod_that_the_server_takes_meets_no_objection_and_is_not_created(
    least: DeploymentHook, namespace: str, cluster: Cluster
) -> None:
    """A dry-run judges, and leaves nothing behind."""
    assert least.refusals(pod(namespace)) == []
    assert CoreV1Api(cluster.client).list_namespaced_pod(namespace).items == []


def test_the_servers_objections_are_passed_on(least: DeploymentHook, namespace: str) -> None:
    """A limit range's refusal is told in the server's words, and so is a malformed pod's."""
    (objection,) = least.refusals(pod(namespace, memory="5Gi"))
    assert "maximum memory usage per Container is 4Gi" in objection
    broken = pod(namespace)
    broken["spec"]["containers"][0]["resources"]["requests"]["memory"] = "2Gi"
    assert any("must be less than or equal to memory limit" in text for text in least.refusals(broken))


def test_a_namespace_that_does_not_exist_is_an_objection(cluster: Cluster) -> None:
    """A pod cannot be put where there is no place."""
    admin = DeploymentHook(kubernetes_conn_id=None, config_file=str(cluster.kubeconfig))
    (objection,) = admin.refusals(pod("no-such-namespace"))
    assert 'namespaces "no-such-namespace" not found' in objection


def test_a_missing_right_is_named(least: DeploymentHook, cluster: Cluster) -> None:
    """A 403 says which right to grant, and where it is documented."""
    other = cluster.create_namespace("other")
    with pytest.raises(
        ClusterError, match=r"is not allowed to list resourcequotas \(403\)(.|\n)*docs/explanation/cluster.md"
    ):
        least.list_resource_quotas(other)


def test_an_unknown_token_is_told_from_a_missing_right(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    """A 401 says to renew the credentials."""
    with pytest.raises(ClusterError, match=r"list limitranges: authentication failed \(401\); renew"):
        _hook(cluster, tmp_path, "wrong").list_limit_ranges(namespace)


def test_a_server_that_is_not_there_says_what_to_set(
    cluster: Cluster, namespace: str, tmp_path: Path
) -> None:
    """A refused connection names the settings."""
    config = yaml.safe_load(Path(cluster.kubeconfig).read_text())
    config["clusters"][0]["cluster"]["server"] = "https://127.0.0.1:1"
    with pytest.raises(ClusterError, match=r"cannot be reached(.|\n)*Set KUBECONFIG"):
        _hook_of(config, tmp_path).list_limit_ranges(namespace)


def test_the_connection_can_be_tested_from_the_ui(cluster: Cluster, least: DeploymentHook) -> None:
    """The button in Airflow's connection form says whether the cluster answers, and if not, why."""
    admin = DeploymentHook(kubernetes_conn_id=None, config_file=str(cluster.kubeconfig))
    assert admin.test_connection() == (True, "The cluster answers for the namespace 'default'.")
    works, why = least.test_connection()
    assert not works
    assert "Grant it" in why
