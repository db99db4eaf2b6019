"""Profiles: read from YAML or JSON, judged as a whole, and told with file, line and key what is wrong."""

from __future__ import annotations

import json
import re
from textwrap import indent
from typing import TYPE_CHECKING, Any

import pytest
from checked_declarations import check_declaration
from sample_declarations import DEPLOYMENT, EVERY_OPTION, IN_YAML, declare

from airflow_provider_k8sexec import (
    ConfigurationError,
    ResourceClaimTemplate,
    Secret,
    SpecError,
    k8s_config,
    per_try,
)
from airflow_provider_k8sexec.options.declaration import Declaration, resolve_layers
from airflow_provider_k8sexec.pod.manifest import build_requested_pod
from airflow_provider_k8sexec.site.deployment import Deployment
from airflow_provider_k8sexec.site.located_yaml import parse_yaml
from airflow_provider_k8sexec.site.policy_rules import load_site_rules
from airflow_provider_k8sexec.site.profiles import Profiles, load_profiles, parse_profiles
from airflow_provider_k8sexec.site.settings import Settings

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from airflow_provider_k8sexec.exceptions import Problem

    Set = Callable[..., None]

FILE = "/site/profiles.yaml"


def check(declaration: Declaration) -> list[Problem]:
    """Judge a profile as a process that parses DAGs does."""
    return check_declaration(declaration, Deployment())


def parse(text: str | bytes, *more: tuple[str, str], default: str | None = None) -> Profiles:
    """Read the profiles of the file, and of other texts."""
    profiles, problems = parse_profiles([(FILE, text), *more], check, default)
    assert problems == []
    return profiles


def problems_of(text: str | bytes, *more: tuple[str, str], default: str | None = None) -> list[str]:
    """Read wrong profiles, and give what is reported of them."""
    _, problems = parse_profiles([(FILE, text), *more], check, default)
    assert problems
    return [str(problem) for problem in problems]


def limits_of(config: dict[str, Any]) -> dict[str, str]:
    """Give the limits of the worker's container."""
    limits: dict[str, str] = config["pod_override"].spec.containers[0].resources.limits
    return limits


@pytest.fixture
def site(configure: Set) -> Set:
    """Give a way to set options of the section, instead of those of the tests."""
    configure(profiles_file=None)
    return configure


def test_a_profile_is_a_declaration_by_name() -> None:
    """It takes pod options, as a task does; one that says nothing is one, too."""
    profiles = parse("small: {cpu: 0.5, memory: [1Gi, 2Gi]}\nplain:\n")
    assert profiles.resolve("small") == [("profile 'small'", declare(cpu=0.5, memory=("1Gi", "2Gi")))]
    assert profiles.resolve("plain") == [("profile 'plain'", declare())]


def test_every_option_can_be_said_in_yaml() -> None:
    """What has a class in Python has a form in YAML, and yields the same pod."""
    ((_, declaration),) = parse(f"all:\n{indent(IN_YAML, '  ')}").resolve("all")
    said = {
        "cpu": (0.5, 2),
        "memory": ("1Gi", "2Gi"),
        "ephemeral_storage": "10Gi",
        "gpu": 1,
        "resource_claims": {"gpu": ResourceClaimTemplate("a100", request="gpu"), "shared": "team-gpus"},
        "shared_memory": "1Gi",
        "pod_resources": {"cpu": (1, 4), "memory": "8Gi"},
        "secrets": ["A", Secret("B", env="C"), Secret("D", file="/run/d", name="other", optional=True)],
        "env_vars": {"STAGE": "test", "POD_IP": {"fieldRef": {"fieldPath": "status.podIP"}}},
        "env_from": ["configmap/app"],
        "image": "registry.example.com/airflow:1",
        "image_pull_policy": "Always",
        "image_pull_secrets": ["regcred"],
        "volumes": {
            "/scratch": {"emptyDir": {"sizeLimit": "2Gi"}},
            "/model": {"image": {"reference": "model:1"}},
        },
        "container_security_context": {"runAsNonRoot": True},
        "node_selector": {"disk": "ssd"},
        "tolerations": ["gpu=true:NoSchedule", {"key": "spot", "operator": "Exists"}],
        "affinity": {"podAntiAffinity": {}},
        "topology_spread_constraints": [
            {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
        ],
        "disruption": "avoid",
        "queue_name": "team-a",
        "priority_class_name": "high",
        "scheduler_name": "volcano",
        "service_account_name": "etl",
        "automount_service_account_token": False,
        "runtime_class_name": "gvisor",
        "security_context": {"fsGroup": 50000},
        "host_aliases": {"10.1.2.3": ["db.local"]},
        "labels": {"team": "data"},
        "annotations": {"example.com/a": "b"},
        "init_containers": [{"name": "fetch", "image": "busybox:1.37"}],
        "sidecars": [{"name": "proxy", "image": "proxy:1"}],
        "termination_grace_period_seconds": 0,
        "active_deadline_seconds": 60,
        "namespace": "jobs",
        "release": "quasar-nebula-1234",
        "pod_template_file": "/opt/t.yaml",
        "pod_override": {"spec": {"containers": [{"name": "base", "tty": True}]}},
    }
    assert said.keys() == EVERY_OPTION.keys() - {"profile"}
    assert declaration == declare(**said)
    assert (
        build_requested_pod(declaration, DEPLOYMENT).pod
        == build_requested_pod(declare(**said), DEPLOYMENT).pod
    )


def test_amounts_for_each_try_have_a_form_in_yaml() -> None:
    """Of a resource and of a device; in pairs, too, and judged as those of per_try."""
    text = "a: {memory: {per_try: [1Gi, [2Gi, 4Gi]]}, gpu: {amd.com/gpu: {per_try: [1, 2]}}}"
    said = {"memory": per_try("1Gi", ("2Gi", "4Gi")), "gpu": {"amd.com/gpu": per_try(1, 2)}}
    assert parse(text).by_name["a"].declaration == declare(**said)
    (line,) = problems_of("a:\n  memory: {per_try: [1Gi, 512]}\n")
    assert line.startswith(f"{FILE}, line 2: profile 'a': memory[try 2]=512 is 512 bytes")
    (line,) = problems_of("a: {memory: {per_try: [1Gi], up_to: 2Gi}}")
    assert line.endswith("memory['up_to']=<str> is not a key of per-try values; write 'after' alone.")


def test_a_profile_lies_over_what_it_extends() -> None:
    """However long the chain is, and wherever in the text its links stand."""
    text = """
    c: {extends: b, memory: 3Gi}
    a: {cpu: 1, memory: 1Gi, labels: {a: '1'}}
    b: {extends: a, labels: {b: '2'}}
    """
    layers = parse(text).resolve("c")
    assert [place for place, _ in layers] == ["profile 'a'", "profile 'b'", "profile 'c'"]
    resolved = resolve_layers(said for _, said in layers)
    assert resolved == declare(cpu=1, memory="3Gi", labels={"a": "1", "b": "2"})


def test_profiles_of_several_texts_are_one_set() -> None:
    """A profile of the option may extend one of the file."""
    profiles = parse(
        "gpu: {gpu: 1}", ("[k8sexec] profiles", '{"large": {"extends": "gpu", "memory": "64Gi"}}')
    )
    assert [place for place, _ in profiles.resolve("large")] == ["profile 'gpu'", "profile 'large'"]


@pytest.mark.parametrize("text", ["", "# nothing yet", "{}", b"\xef\xbb\xbf{}"])
def test_a_text_may_hold_no_profile(text: str | bytes) -> None:
    """A site can begin with an empty file."""
    assert parse(text).by_name == {}


WRONG = {
    "a bad amount": (
        "small:\n  cpu: 1\n  memory: 512\n",
        ["line 3: profile 'small': memory=512 is 512 bytes; write memory='512Mi'."],
    ),
    "an option that is none": (
        "small:\n  memroy: 1Gi\n",
        ["line 2: profile 'small': memroy='1Gi' is not a pod option; write memory=..."],
    ),
    "a key that is a number": ("a: {1: 2}", ["line 1: profile 'a': 1=2 is not a pod option; choose from"]),
    "a value deep inside": (
        "a:\n  env_vars:\n    STAGE: test\n    DEBUG: true\n",
        ["line 4: profile 'a': env_vars['DEBUG']=True is not a string; write 'DEBUG': 'true'."],
    ),
    "an item of a list": (
        "a:\n  sidecars:\n    - name: proxy\n      image: proxy:1\n    - name: B_\n      image: b\n",
        ["line 5: profile 'a': sidecars[1]['name']='B_' is not a DNS label"],
    ),
    "what a rule of the whole finds": (
        "a:\n  cpu: 1\n  memory: [2Gi, 1Gi]",
        ["line 3: profile 'a': memory=('2Gi', '1Gi') has a request, 2Gi, above its limit, 1Gi"],
    ),
    "a parent that is not there": (
        "gpu:\n  gpu: 1\nlarge:\n  memory: 1Gi\n  extends: gpuu\n",
        ["line 5: profile 'large': extends='gpuu' is not a profile of this site; write 'gpu'; there are"],
    ),
    "a parent that is no name": (
        "a: {extends: [b, c]}",
        ["line 1: profile 'a': extends=<list> is not a name; write the name of one profile."],
    ),
    "a profile that extends itself": (
        "a:\n  extends: a\n",
        ["line 2: profile 'a': extends='a' makes a cycle, a -> a; remove one of these."],
    ),
    "profiles that extend one another": (
        "a: {extends: b}\nb: {extends: c}\nc: {extends: b}\n",
        [
            "line 2: profile 'b': extends='c' makes a cycle, b -> c -> b; remove one of these.",
            "line 3: profile 'c': extends='b' makes a cycle, c -> b -> c; remove one of these.",
        ],
    ),
    "a profile in a profile": (
        "a:\n  profile: b\nb:\n",
        ["line 2: profile 'a': profile='b' is an option of tasks, and not of profiles; write extends: b."],
    ),
    "options in a list": (
        "a: {cpu: 1}\nb: [cpu]\n",
        ["line 2: profile 'b'=<list> is not a mapping of pod options; write for example {gpu:"],
    ),
    "profiles in a list": ("- cpu: 1\n", ["line 1 holds <list>, not a mapping of names to pod options"]),
    "an option twice": (
        "a:\n  memory: 1Gi\n  cpu: 1\n  memory: 2Gi\n",
        ["line 4, column 3: memory is defined twice; remove one."],
    ),
    "a profile twice": ("a: {cpu: 1}\na: {cpu: 2}\n", ["line 2, column 1: a is defined twice"]),
    "a key twice, deep inside, once": (
        "a: &a\n  sidecars:\n    - {name: b, image: c, name: d}\nc: *a\n",
        ["line 3, column 27: name is defined twice; remove one."],
    ),
    "text that is no YAML": (
        "a:\n  cpu: 1\n b: {",
        [
            "line 3, column 2 cannot be read as YAML: while parsing a block mapping (line 1, column 1)",
        ],
    ),
    "a day that is none": (
        "a:\n  labels:\n    day: 2026-13-45\n",
        ["line 3, column 10 cannot be read as YAML: found no value of the kind timestamp; correct it."],
    ),
    "a tag of another program": (
        "a: !vault hunter2",
        ["line 1, column 4 cannot be read as YAML: could not determine a constructor for the tag <hidden>"],
    ),
    "bytes that are no text": (b"a: \xff", [" cannot be read as YAML: "]),
    "a nest without an end": ("[" * 2000, [" cannot be read as YAML: "]),
    "an alias of what it is in": (
        "a: &a {env_vars: *a}",
        ["line 1, column 4 cannot be read as YAML: found an alias inside of what it stands for; correct it."],
    ),
}


@pytest.mark.parametrize(("text", "told"), WRONG.values(), ids=WRONG)
def test_a_mistake_is_told_with_its_file_line_and_key(text: str | bytes, told: list[str]) -> None:
    """The platform team reads where it is, what is wrong with it, and what to write."""
    lines = problems_of(text)
    assert len(lines) == len(told)
    for line, part in zip(lines, told, strict=True):
        assert line.startswith(FILE)
        assert part in line


def test_all_mistakes_are_told_at_once() -> None:
    """Of all texts, and of the default as well."""
    lines = problems_of(
        "a: {memory: 512, cpus: 1}\nb: {extends: c}", ("[k8sexec] profiles", "[]"), default="nope"
    )
    assert [line.partition(" ")[0] for line in lines] == [
        "/site/profiles.yaml,",
        "/site/profiles.yaml,",
        "[k8sexec]",
        "/site/profiles.yaml,",
        "[k8sexec]",
    ]
    assert lines[-1] == "[k8sexec] default_profile='nope' is not a profile of this site; choose from a, b."


def test_names_that_may_stand_in_a_text_that_is_not_yaml_are_not_missed() -> None:
    """Only what is certain is reported: the first correction may bring the parent, and the default."""
    (line,) = problems_of("b: {extends: c}", ("[k8sexec] profiles", "{"), default="nope")
    assert line.startswith("[k8sexec] profiles, line 2, column 1 cannot be read as YAML")


def test_a_name_in_two_texts_is_told_with_both_places() -> None:
    """Neither of the two wins without a word."""
    (line,) = problems_of("a: {cpu: 1}", ("[k8sexec] profiles", "\n\na: {cpu: 2}"))
    assert line == (
        "[k8sexec] profiles, line 3: profile 'a' is defined twice, also in /site/profiles.yaml, line 1; "
        "give each profile a name of its own."
    )


def test_what_may_be_a_password_is_not_shown() -> None:
    """Neither a literal of a variable, nor a line of YAML that cannot be read."""
    for text in ("a: {env_vars: [hunter2]}", "a: {cpu: 1\nPASSWORD: hunter2", "a: !!int hunter2"):
        assert all("hunter2" not in line for line in problems_of(text))


def test_merge_keys_of_yaml_are_understood() -> None:
    """An anchor can stand for what several profiles share, and its keys count as given where it stands."""
    text = "a: &shared\n  cpu: 1\n  memory: 1Gi\nb:\n  <<: *shared\n  memory: 2Gi\n"
    assert parse(text).by_name["b"].declaration == declare(cpu=1, memory="2Gi")
    (line,) = problems_of("a: &shared\n  memory: 512\nb:\n  <<: *shared\n  memory: 1Gi\n")
    assert line.startswith(f"{FILE}, line 2: profile 'a': memory=512")


def test_a_place_is_the_last_line_that_is_there() -> None:
    """What problems name beyond the text, such as a field that is missing, stands where it should be."""
    document, _ = parse_yaml(FILE, "a:\n  sidecars:\n    - {name: b}\n")
    assert document.find_location("a", "sidecars[0]['image']") == f"{FILE}, line 3"
    assert document.find_location("a", "sidecars[7]['image']") == f"{FILE}, line 2"
    assert document.find_location("a", r"sidecars['\x']") == f"{FILE}, line 2"
    assert document.find_location("b") == f"{FILE}, line 1"
    assert parse_yaml(FILE, "")[0].find_location("a") == FILE


def test_a_file_that_cannot_be_read_is_told_with_its_option(tmp_path: Path) -> None:
    """It may be missing, or a folder."""
    for path in (tmp_path / "none.yaml", tmp_path):
        _, (problem,) = load_profiles(Settings(profiles_file=str(path), default_profile="a"), check)
        assert str(problem).startswith(f"[k8sexec] profiles_file='{path}' cannot be read: ")


def test_the_file_and_the_option_are_read(tmp_path: Path) -> None:
    """Either is enough, and none is no profile."""
    file = tmp_path / "profiles.yaml"
    file.write_text("a: {cpu: 1}", encoding="utf-8")
    both = Settings(profiles_file=str(file), profiles="b: {cpu: 2}", default_profile="b")
    profiles, problems = load_profiles(both, check)
    assert ([*profiles.by_name], problems) == (["a", "b"], [])
    assert load_profiles(Settings(), check) == (Profiles(), [])


def test_a_task_gets_its_profile_under_its_own_options(site: Set) -> None:
    """The profile lies over the site's options, and under the task's."""
    site(pod_options='{"cpu": 1, "memory": "1Gi", "image": "site:1"}', profiles="a: {cpu: 2, memory: 2Gi}")
    assert limits_of(k8s_config(profile="a", cpu=3)) == {"cpu": "3", "memory": "2Gi"}
    assert k8s_config(profile="a")["pod_override"].spec.containers[0].image == "site:1"
    assert limits_of(k8s_config(cpu=3)) == {"cpu": "3", "memory": "1Gi"}


def test_the_default_profile_is_that_of_tasks_that_name_none(site: Set) -> None:
    """The site's own options may name one as well, and the innermost name wins."""
    site(profiles="a: {cpu: 1}\nb: {cpu: 2}\nc: {cpu: 3}", default_profile="a")
    assert limits_of(k8s_config()) == {"cpu": "1"}
    site(pod_options='{"profile": "b"}')
    assert limits_of(k8s_config()) == {"cpu": "2"}
    assert limits_of(k8s_config(profile="c")) == {"cpu": "3"}


def test_a_name_that_is_no_profile_is_told_with_those_that_are(site: Set) -> None:
    """The nearest is suggested, and a site without profiles says so."""
    with pytest.raises(
        SpecError, match="profile='a' is not a profile; this site defines none; remove it, or set"
    ):
        k8s_config(profile="a")
    site(profiles="gpu-large: {gpu: 1}\nsmall: {cpu: 1}")
    line = "profile='gpu-larg' is not a profile of this site; write 'gpu-large'; there are gpu-large, small."
    with pytest.raises(SpecError, match=re.escape(line)):
        k8s_config(profile="gpu-larg")
    with pytest.raises(
        SpecError, match=r"profile='' is not a profile of this site; choose from gpu-large, small\."
    ):
        k8s_config(profile="")


def test_an_unknown_profile_is_told_with_the_other_mistakes(site: Set) -> None:
    """An author corrects everything in one go."""
    site(profiles="small: {cpu: 1}")
    with pytest.raises(SpecError, match=r"^2 problems") as caught:
        k8s_config(profile="smal", memory=512)
    assert [problem.field for problem in caught.value.problems] == ["memory", "profile"]


def test_wrong_profiles_fail_the_tasks_that_ask_for_one_and_no_other(site: Set) -> None:
    """A mistake of the site stops nobody who does not need the profiles."""
    site(profiles="a: {memory: 512}")
    assert k8s_config(cpu=1)
    with pytest.raises(
        ConfigurationError, match=r"\[k8sexec\] profiles, line 1: profile 'a': memory=512 is 512"
    ):
        k8s_config(profile="a")


def test_keys_of_the_deployments_secret_are_judged_where_a_task_asks_for_them(
    site: Set, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One file serves many deployments, and each has other keys."""
    monkeypatch.setenv("AIRFLOW__KUBERNETES_SECRETS__TOKEN", "infrared-photon-7780-env=TOKEN")
    site(profiles="a: {secrets: [TOKEN]}\nb: {secrets: [OTHER]}")
    assert k8s_config(profile="a")
    with pytest.raises(SpecError, match="'OTHER' is not a key of the deployment's secret"):
        k8s_config(profile="b")


@pytest.mark.parametrize(
    "options",
    [
        {},
        {"profiles": "other: {cpu: 1}"},
        {"profiles": "{"},
        {"profiles_file": "/none.yaml"},
        {"profiles_file": "/none.yaml", "default_profile": "a"},
    ],
)
def test_a_worker_without_the_profiles_does_not_fail(
    site: Set, options: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its pod is there already, and the task is to run."""
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    site(**options)
    assert limits_of(k8s_config(profile="a", cpu=1)) == {"cpu": "1"}


def test_a_worker_with_the_profiles_resolves_them(site: Set, monkeypatch: pytest.MonkeyPatch) -> None:
    """On Airflow 2.11 it writes the executor_config back, from where a retry starts; it judges nothing."""
    monkeypatch.setenv("AIRFLOW_IS_K8S_EXECUTOR_POD", "True")
    site(profiles="a: {memory: 2Gi, cpu: [2, 1]}")
    assert limits_of(k8s_config(profile="a", cpu=1)) == {"cpu": "1", "memory": "2Gi"}


def test_profiles_are_read_once_and_only_if_somebody_asks(tmp_path: Path, site: Set) -> None:
    """Tasks without a profile leave the file alone, and all that have one share one look."""
    file = tmp_path / "profiles.yaml"
    site(profiles_file=str(file))
    k8s_config(cpu=1)
    file.write_text("a: {cpu: 2}", encoding="utf-8")
    first = k8s_config(profile="a")
    file.unlink()
    assert k8s_config(profile="a") == first


@pytest.mark.parametrize(
    "name", ["A[B", "A]B", "it's", 'say "it\'s"', "A['it']", "A'].it", "0", "back\\slash", "é"]
)
def test_a_key_of_any_characters_has_its_own_line(name: str) -> None:
    """The path of a problem is read as Python writes it, whatever brackets and quotes a key has."""
    text = f"a:\n  labels:\n    it: x\n    s: x\n    {json.dumps(name)}: 3\n"
    _, (problem, *_) = parse_profiles([(FILE, text)], lambda _: [])
    assert problem.field == f"{FILE}, line 5: profile 'a': labels[{name!r}]"


def test_a_pattern_of_a_policy_rule_has_its_own_line(tmp_path: Path) -> None:
    """The names of labels have dots, as the paths of problems do."""
    file = tmp_path / "rules.yaml"
    file.write_text("required_labels:\n  example.com/team: [finance]\n  a.b: [1]\nmax:\n  cpu: x\n", "utf-8")
    _, problems = load_site_rules(str(file), lambda _: [])
    assert [problem.field for problem in problems] == [
        f"{file}, line 3: required_labels['a.b']",
        f"{file}, line 5: max.cpu",
    ]
