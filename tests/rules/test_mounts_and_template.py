"""What is mounted is there: volumes of the template, claims once, and variables in a path."""

from __future__ import annotations

from typing import Any

import pytest
from sample_declarations import DEPLOYMENT, declare

from airflow_provider_k8sexec import PersistentVolumeClaim, TemplateVolume
from airflow_provider_k8sexec.options.requested_pod import RequestedPod
from airflow_provider_k8sexec.pod.manifest import build_requested_pod
from airflow_provider_k8sexec.rules import check_meaning
from airflow_provider_k8sexec.rules.api_server.names import APP_ARMOR
from airflow_provider_k8sexec.rules.template import check_template

LOGS = {"name": "logs", "emptyDir": {}}
LAKE = {"name": "lake", "persistentVolumeClaim": {"claimName": "lake"}}
TEAM = {"name": "TEAM", "value": "etl"}


def template(volumes: list[Any], **worker: Any) -> dict[str, Any]:
    """Make a pod template."""
    return {"spec": {"containers": [{"name": "base", **worker}], "volumes": volumes}}


def find(at_hand: Any, **options: Any) -> tuple[list[str], list[str]]:
    """Give what is wrong with the pod of some options over a template, and what is doubtful."""
    built = build_requested_pod(declare(**options), DEPLOYMENT)
    requested = RequestedPod(built.pod, template=at_hand, origins=built.origins)
    found = check_meaning(requested, DEPLOYMENT)
    return [*map(str, found.errors)], [*map(str, found.warnings)]


def test_a_volume_that_the_template_has_can_be_mounted() -> None:
    """Nothing is wrong with a mount of a volume that the template at hand has."""
    volumes = {"/work": TemplateVolume("logs", sub_path="work")}
    assert find(template([LOGS]), volumes=volumes) == ([], [])


def test_a_volume_in_the_place_of_the_templates_is_doubted() -> None:
    """Airflow adds both, one is kept, and the template's mounts would show another volume's files."""
    at_hand = template([LOGS], volumeMounts=[{"name": "logs", "mountPath": "/logs"}])
    config = {"name": "logs", "configMap": {"name": "app"}}
    errors, (doubt,) = find(at_hand, volumes={"/conf": config})
    assert errors == []
    assert doubt == (
        "volumes['/conf']['name']='logs' is also a volume of the pod template, and would be mounted at "
        "/logs in its place; choose another name or mount path."
    )
    assert find(at_hand, volumes={"/logs": config}) == ([], [])
    assert find(at_hand, volumes={"/more": LOGS}) == ([], [])


def test_a_volume_that_the_template_lacks_is_refused_with_those_that_it_has() -> None:
    """The author reads which volumes there are; where no template is at hand it is a doubt."""
    volumes = {"/work": TemplateVolume("losg")}
    expected = (
        "volumes['/work'].name='losg' is mounted by 'base', and there is no volume of that name, neither "
        "here nor in the pod template; write 'logs'; the pod template has 'lake', 'logs'."
    )
    assert find(template([LOGS, LAKE]), volumes=volumes) == ([expected], [])
    (other,), _ = find(template([LOGS]), volumes={"/work": TemplateVolume("scratch")})
    assert other.endswith("; correct the name, or add the volume; the pod template has 'logs'.")


def test_a_volume_that_may_be_the_templates_is_doubted_with_how_to_see_the_template() -> None:
    """Where no template is at hand, on a laptop for example, nobody knows whether the volume is there."""
    errors, (doubt,) = find(None, volumes={"/work": TemplateVolume("logs")})
    assert errors == []
    assert doubt == (
        "volumes['/work'].name='logs' is mounted by 'base', and there is no volume of that name here, nor is "
        "the pod template at hand, which may have it; set AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE to "
        "its path, or correct the name, or add the volume."
    )


def test_a_volume_of_an_override_can_be_mounted_by_its_name() -> None:
    """The volume may be the task's own, by hand."""
    override = {"spec": {"volumes": [LOGS]}}
    assert find(template([]), volumes={"/a": TemplateVolume("logs")}, pod_override=override) == ([], [])


def test_a_claim_that_the_template_mounts_is_mounted_from_there() -> None:
    """Two volumes of one claim would be in the pod, of which some nodes mount only one."""
    errors, doubts = find(template([LAKE]), volumes={"/out": PersistentVolumeClaim("lake")})
    assert (errors, doubts) == (
        [],
        [
            (
                "volumes['/out'].claim_name='lake' is the claim of the volume 'lake', too, and some nodes "
                "mount only one of two; mount that volume: TemplateVolume('lake')."
            )
        ],
    )
    assert find(template([LAKE]), volumes={"/out": TemplateVolume("lake")}) == ([], [])
    assert find(template([LAKE]), volumes={"/out": PersistentVolumeClaim("other")}) == ([], [])


@pytest.mark.parametrize(
    ("options", "worker"),
    [
        ({"env_vars": {"TEAM": "etl"}}, {}),
        ({}, {"env": [TEAM]}),
        ({"env_from": ["configmap/team"]}, {}),
        ({}, {"envFrom": [{"configMapRef": {"name": "team"}}]}),
    ],
)
def test_a_path_is_composed_of_variables_that_are_there(options: Any, worker: dict[str, Any]) -> None:
    """A variable of the task, of the template, or of what neither shows."""
    volumes = {"/work": TemplateVolume("logs", sub_path_expr="$(TEAM)/work")}
    assert find(template([LOGS], **worker), volumes=volumes, **options) == ([], [])


def test_a_path_of_a_variable_that_is_missing_is_doubtful() -> None:
    """The container would never start: Kubernetes finds no value for the path."""
    volumes = {"/work": TemplateVolume("logs", sub_path_expr="$(TEAM)/work")}
    assert find(template([LOGS]), volumes=volumes) == (
        [],
        [
            (
                "volumes['/work'].sub_path_expr='$(TEAM)/work' refers to the variable TEAM, and the "
                "container has none of that name; define TEAM in env_vars."
            )
        ],
    )
    assert "refers to the variable" not in str(find(None, volumes=volumes))


@pytest.mark.parametrize(
    ("value", "worker"),
    [
        ("$(PATH):/x", {"env": [{"name": "PATH", "value": "/bin"}]}),
        ("$(PATH):/x", {"envFrom": [{"configMapRef": {"name": "a"}}]}),
        ("$$(PATH):/x", {}),
    ],
)
def test_a_variable_may_be_the_templates_with_more(value: str, worker: dict[str, Any]) -> None:
    """A reference to its own name is to what the template, or envFrom, gives that name."""
    assert find(template([], **worker), env_vars={"PATH": value}) == ([], [])
    assert find(None, env_vars={"PATH": value}) == ([], [])


def test_a_variable_of_nothing_but_itself_is_doubtful() -> None:
    """Kubernetes does not know what the image sets: the task would get the literal text."""
    assert find(template([]), env_vars={"PATH": "$(PATH):/x"}) == (
        [],
        [
            (
                "env_vars['PATH'] refers to $(PATH), which is not defined above it, so the text stays as it "
                "is; define PATH above it, or write its value."
            )
        ],
    )


def test_a_template_of_the_task_is_doubted_as_the_sites_is() -> None:
    """What is not meant in a task's own template is a warning of the policy and of lint."""
    at_hand = {"spec": {"containers": [{"name": "base"}, {"name": "git-sync", "image": "g:4"}]}}
    requested = RequestedPod({}, pod_template_file="/t.yaml", template=at_hand)
    (doubt,) = check_meaning(requested, DEPLOYMENT).warnings
    assert str(doubt).startswith(
        "pod_template_file '/t.yaml': template['spec']['containers'][1]='git-sync' runs beside the task"
    )


def test_a_profile_names_a_container_that_is_there() -> None:
    """The server refuses an annotation for AppArmor that names none; the container may be the template's."""
    annotations = {f"{APP_ARMOR}proxy": "runtime/default"}
    ours = [{"name": "proxy", "image": "proxy:1"}]
    plain = {"restartPolicy": "Never", **template([])["spec"]}
    with_proxy = {"spec": {**plain, "initContainers": ours}}
    (error,), _ = find(template([]), annotations=annotations)
    assert "'proxy' names a container, and there is none of that name, neither here nor in the pod" in error
    assert find(with_proxy, annotations=annotations)[0] == []
    assert find(template([]), annotations=annotations, init_containers=ours)[0] == []
    assert find(template([]), annotations={f"{APP_ARMOR}base": "runtime/default"})[0] == []
    (problem,) = check_template({"metadata": {"annotations": annotations}, "spec": plain}, "template")
    assert "names a container, and there is none of that name" in problem.reason
    assert check_template({"metadata": {"annotations": annotations}, **with_proxy}, "template") == []


GPU = {"name": "gpu", "resourceClaimName": "team-gpus"}


def using(name: str) -> dict[str, Any]:
    """Make an override whose worker uses a claim."""
    return {"spec": {"containers": [{"name": "base", "resources": {"claims": [{"name": name}]}}]}}


@pytest.mark.parametrize(
    ("options", "declared", "reason", "remedy"),
    [
        ({}, [GPU], ", neither here nor in the pod template", "write 'gpu'"),
        ({}, [], ", neither here nor in the pod template", "declare it under resourceClaims"),
        ({"resource_claims": {"gpu": "x"}}, [{**GPU, "name": "gpuu"}], " here", "write 'gpu'"),
    ],
)
def test_a_device_claim_that_is_not_declared_is_refused(
    options: Any, declared: list[Any], reason: str, remedy: str
) -> None:
    """The server refuses it; what the task declares replaces the template's list in Airflow's merge."""
    at_hand = template([])
    at_hand["spec"]["resourceClaims"] = declared
    options = {"pod_override": using("gpuu"), **options}
    errors, _ = find(at_hand, **options)
    assert [error.partition("is the claim")[2] for error in errors] == [
        f" of a device, and none of that name is declared{reason}; {remedy}."
    ]
    assert "['claims'][0]['name']='gpuu'" in errors[0]
    errors, doubts = find(None, **options)
    assert errors == []
    assert "and none of that name is declared here" in str(doubts)


def test_a_device_claim_of_the_template_may_be_used() -> None:
    """A worker uses by hand what the template declares; an option declares what it uses."""
    at_hand = template([])
    at_hand["spec"]["resourceClaims"] = [GPU]
    assert find(at_hand, pod_override=using("gpu")) == ([], [])
    assert find(template([]), resource_claims={"gpu": "x"}) == ([], [])
    wrong: Any = {"spec": {"restartPolicy": "Never", **using("gpu")["spec"], "resourceClaims": []}}
    (problem,) = check_template(wrong, "template")
    assert str(problem).endswith("none of that name is declared; declare it under resourceClaims.")
    wrong["spec"]["resourceClaims"] = [GPU]
    assert check_template(wrong, "template") == []


TA = {"name": "TA", "value": "a"}


@pytest.mark.parametrize(
    ("at_hand", "options", "said"),
    [
        (
            template([]),
            {"env_vars": {"DSN": "u:$(DB_PASSWORD)@w"}, "secrets": ["DB_PASSWORD2"]},
            (
                "DSN'] refers to $(DB_PASSWORD), which is not defined, so the text stays as it is; write "
                "$(DB_PASSWORD2)"
            ),
        ),
        (
            None,
            {"env_vars": {"DSN": "u:$(DB_PASSWORD)@w"}, "secrets": ["DB_PASSWORD2"]},
            "refers to $(DB_PASSWORD), which is not defined here; write $(DB_PASSWORD2)",
        ),
        (template([], env=[TA]), {"env_vars": {"URL": "x://$(TAA)"}}, "write $(TA)"),
        (
            None,
            {
                "env_vars": {"TEAM": "x"},
                "volumes": {"/a": PersistentVolumeClaim("a", sub_path_expr="$(TEAMM)")},
            },
            "refers to the variable TEAMM, and the container has none of that name here; write $(TEAM)",
        ),
        (
            template([LOGS], env=[TEAM]),
            {"volumes": {"/a": TemplateVolume("logs", sub_path_expr="$(TEAMM)")}},
            "refers to the variable TEAMM, and the container has none of that name; write $(TEAM)",
        ),
        (
            None,
            {"env_vars": {"U": "x://${DB}", "DB": "d"}},
            "env_vars['U'] has ${DB}, which Kubernetes does not replace; write $(DB)",
        ),
        (
            None,
            {"volumes": {"/a": PersistentVolumeClaim("a", sub_path="$(TEAM)")}},
            (
                "volumes['/a'].sub_path='$(TEAM)' is a directory of exactly that name, and no variable is "
                "replaced in it; write it as sub_path_expr"
            ),
        ),
        (
            None,
            {"volumes": {"/a": PersistentVolumeClaim("a", sub_path_expr="logs")}},
            (
                "sub_path_expr='logs' refers to no variable; write it as sub_path, or refer to a variable by "
                "$(NAME)"
            ),
        ),
        (
            None,
            {"volumes": {"/a": PersistentVolumeClaim("a", sub_path_expr="${TEAM}")}},
            "has ${TEAM}, which Kubernetes does not replace; write $(TEAM)",
        ),
        (
            None,
            {"volumes": {"/a": PersistentVolumeClaim("a", sub_path_expr="$(A")}},
            "sub_path_expr='$(A' has a reference that does not end; write $(NAME)",
        ),
    ],
)
def test_a_reference_that_was_probably_meant_otherwise_is_doubtful(
    at_hand: Any, options: Any, said: str
) -> None:
    """Kubernetes leaves as it is what it cannot replace, and starts no container for such a path."""
    errors, (doubt,) = find(at_hand, **options)
    assert errors == []
    assert said in doubt


@pytest.mark.parametrize(
    ("at_hand", "options"),
    [
        (None, {"env_vars": {"A": "$(POD_NAMESPACE)", "POD_NAME": "x"}}),  # the template's, probably
        (
            template([]),
            {"env_vars": {"A": "$(DB_PASSWORD)", "DB_PASSWORD2": "$(A)"}, "env_from": ["secret/db"]},
        ),
        (template([]), {"env_vars": {"A": "$(API_SERVICE_HOST)", "API_SERVICE_HOSTS": "x"}}),
        (
            template([]),
            {"env_vars": {"A": "$(AIRFLOW__CORE__PARALLELISM)", "AIRFLOW__CORE_PARALLELISM": "x"}},
        ),
        (template([]), {"env_vars": {"A": "$(OF_A_HOOK)", "B": "x"}}),
        (template([]), {"env_vars": {"A": "${HOME} $${B} $$(BB)", "B": "x"}}),
    ],
)
def test_a_reference_to_what_others_may_define_is_not_doubted(at_hand: Any, options: Any) -> None:
    """The template, envFrom, Kubernetes' services, Airflow's executor, a hook, and a shell have variables."""
    assert find(at_hand, **options) == ([], [])


def test_a_ring_by_way_of_the_template_is_refused() -> None:
    """Neither of the two would be expanded; of what both define, the template's value counts."""
    of_template = {"name": "TA", "value": "$(TB)"}
    (error,), _ = find(template([], env=[of_template]), env_vars={"TB": "$(TA)"})
    assert error == (
        "env_vars['TB']='$(TA)' refers to itself by way of the pod template's variables: TA -> TB -> TA; "
        "write its value."
    )
    above = [{"name": "TB", "value": "b"}, of_template]
    assert find(template([], env=above), env_vars={"TB": "$(TA)"})[0] == []
    assert find(template([], env=[of_template]), env_vars={"TB": "b"})[0] == []
