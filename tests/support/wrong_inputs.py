"""What people give the commands by mistake: words, files, options and environments, and what answers them."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from pathlib import Path

DAG_FILE = """
import pendulum
from airflow import DAG
from airflow_provider_k8sexec import k8s_task

with DAG("etl", start_date=pendulum.datetime(2023, 1, 1), schedule=None):
    @k8s_task({options})
    def extract(): ...
    @k8s_task(cpu=0.5, memory="1Gi")
    def load(): ...
    extract() >> load()
"""
FILES = {
    "good.py": DAG_FILE.format(options='cpu=0.5, memory="1Gi"'),
    "bad.py": DAG_FILE.format(options='memory=512, cpus=1, secrets="A B"'),
    "unknown_profile.py": DAG_FILE.format(options='profile="samll"'),
    "taskless.py": 'from airflow import DAG\ndag = DAG("idle", schedule=None)\n',
    "empty.py": "",
    "syntax.py": "from airflow import DAG\nx = (\n",
    "exits.py": "from airflow import DAG\nimport sys\nsys.exit(0)\n",
    "loops.py": "from airflow import DAG\nwhile True: pass\n",
    "recurses.py": "from airflow import DAG\ndef f(): f()\nf()\n",
    "imports.py": "from airflow import DAG\nimport no_such_module\n",
    "null.py": "from airflow import DAG\n\0\n",
    "notes.txt": "cpu: half a core\n",
    "broken.zip": "x",
    "not_a_pod.yaml": "just text\n",
    "tabs.yaml": "spec:\n\tcontainers: []\n",
    "profiles.yaml": "small: {cpu: 1, memroy: 1Gi}\n",
    "chart.yaml": "{{ if .Values.x }}\nspec: {}\n",
}
FOLDERS = ("nothing", "folder.py")
LOCAL_SETTINGS = "raise RuntimeError('the site is not at home')\n"


class Wrong(NamedTuple):
    """One wrong input.

    Attributes:
        command: The words after ``k8sexec``.
        named: What of the input the answer names.
        remedy: What the answer says to do.
        environ: The variables that are set, in which ``{here}`` is the folder of the files.
    """

    command: str
    named: str
    remedy: str
    environ: dict[str, str] = {}  # noqa: RUF012  # nothing changes it


def site(**options: str) -> dict[str, str]:
    """Give the variables of options of ``[k8sexec]``."""
    return {f"AIRFLOW__K8SEXEC__{name.upper()}": text for name, text in options.items()}


def template(file: str) -> dict[str, str]:
    """Give the variable of the pod template."""
    return {"AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE": f"{{here}}/{file}"}


WORDS = [
    Wrong("rendr good.py", "'rendr'", "write render"),
    Wrong("", "COMMAND", "`k8sexec --help` lists"),
    Wrong("lint", "DAG_FILE", "`k8sexec lint --help` lists"),
    Wrong("lint good.py --taks load", "--taks", "write --task"),
    Wrong("render good.py -o tabel", "'tabel'", "write table"),
    Wrong("render good.py --try 0", "'0'", "a number from 1 on"),
    Wrong("render good.py --try first", "'first'", "a number from 1 on"),
    Wrong("usage --last -3", "-3", "`k8sexec usage --help` lists"),
    Wrong("explain good.py", "--task", "`k8sexec explain --help` lists"),
    Wrong("lint good.py --select E501", "--select E501", "codes begin with"),
    Wrong("lint good.py --ignore K8S40l", "--ignore K8S40l", "write K8S4"),
    Wrong("lint good.py --target kubernetes", "'kubernetes'", "choose from 'airflow-3'"),
    Wrong("template --chart astronmer", "'astronmer'", "write astronomer"),
    Wrong(
        "template --image a --path pod.yaml", "'pod.yaml'", "absolute path, such as /tmp/pod_template.yaml"
    ),
]
PATHS = [
    Wrong("lint goood.py", "'goood.py'", "write 'good.py'"),
    Wrong("render no/such/folder", "'no/such/folder'", "name a DAG file, or a folder"),
    Wrong("check *.dag", "'*.dag'", "name a DAG file, or a folder"),
    Wrong("lint dangling.py", "'dangling.py' is a link to 'nowhere.py'", "name a DAG file, or a folder"),
    Wrong(f"lint {'a' * 300}.py", "'aaaa", "name a DAG file, or a folder"),
    Wrong("lint good.py/etl.py", "'good.py/etl.py'", "name a DAG file, or a folder"),
    Wrong("lint pipe.py", "'pipe.py' is neither a file nor a folder", "name a DAG file, or a folder"),
    Wrong("lint nothing", "The folder 'nothing' has no DAG file", "name a DAG file, or a folder"),
    Wrong("render folder.py", "The folder 'folder.py' has no DAG file", "name a DAG file, or a folder"),
    Wrong("lint notes.txt", "'notes.txt' is no DAG file", "ends with .py"),
    Wrong("explain /dev/null --task load", "'/dev/null'", "ends with .py"),
    Wrong("render empty.py", "empty.py defines no DAG", "with DAG(...)"),
    Wrong("lint taskless.py", "taskless.py have no task", "make one"),
    Wrong("render good.py --dag elt", "no DAG 'elt'", "write etl"),
    Wrong("explain good.py --task lod", "no task 'lod'", "write load"),
    Wrong("check good.py --dag etl --task transform", "no task 'transform'", "it has extract, load"),
]
CONTENTS = [
    Wrong("render syntax.py", "syntax.py:2", "'(' was never closed"),
    Wrong("lint binary.py", "binary.py", "null bytes"),
    Wrong("lint null.py", "null.py", "null bytes"),
    Wrong("lint exits.py", "exits.py:3", "remove the call of sys.exit"),
    Wrong("explain loops.py --task x", "loops.py:2", "import timeout"),
    Wrong("render recurses.py", "recurses.py:2", "maximum recursion depth"),
    Wrong("check imports.py", "imports.py:2", "No module named 'no_such_module'"),
    Wrong("lint broken.zip", "broken.zip", "name 'x' is not defined"),
    Wrong("render bad.py", "memory=512 is 512 bytes", "write memory='512Mi'"),
    Wrong("lint bad.py", "cpus=1 is", "write cpu="),
    Wrong("explain bad.py --task load", "secrets='A B'", "memory='512Mi'"),
    Wrong("render unknown_profile.py", "'samll' is not a profile", "write 'small'"),
    Wrong("template --image x --profile smal", "'smal' is not a profile", "write 'small'"),
    Wrong("template --image UPPER::x", "'UPPER::x'", "write for example"),
    Wrong("template", "'image'] is missing", "with --image"),
    Wrong("template --from nosuch.yaml", "'nosuch.yaml'", "name the file of a pod template"),
    Wrong("template --from nothing", "'nothing' cannot be read: Is a directory", "name the file"),
    Wrong("template --from binary.py", "'binary.py' is not YAML", "name the file of a pod template"),
    Wrong("template --from tabs.yaml", "'tabs.yaml'", "line 2"),
    Wrong("template -o helm", "A template for all Deployments", "with --from"),
]
SITES = [
    Wrong("lint good.py", "policy='wran'", "write one of off, warn, error, fix", site(policy="wran")),
    Wrong("render good.py", "platform='aws'", "write one of auto, astro", site(platform="aws")),
    Wrong("doctor", "pod_tab='perhaps'", "write one of the two", site(pod_tab="perhaps")),
    Wrong("lint good.py", "polcy is not an option", "write policy", site(polcy="warn")),
    Wrong("doctor", "pod_options", "write for example", site(pod_options="{memory")),
    Wrong("doctor", "pod_options: memory=512", "write memory='512Mi'", site(pod_options='{"memory": 512}')),
    Wrong("check good.py", "profiles_file", "nosuch.yaml", site(profiles_file="{here}/nosuch.yaml")),
    Wrong("lint good.py", "memroy", "write memory", site(profiles_file="{here}/profiles.yaml")),
    Wrong("explain good.py --task load", "'samll'", "write 'small'", site(default_profile="samll")),
    Wrong("lint good.py", "policy_rules", "write", site(policy_rules='{"maks": 1}')),
    Wrong("render good.py", "'{here}/nosuch.yaml'", "set pod_template_file", template("nosuch.yaml")),
    Wrong("render good.py", "not_a_pod.yaml' is not a pod", "set pod_tem", template("not_a_pod.yaml")),
    Wrong("doctor", "'{here}/nosuch.yaml'", "set the path", template("nosuch.yaml")),
    Wrong("check good.py --conn-id nosuch", "`nosuch`", "airflow connections add nosuch"),
    Wrong("check good.py", "The cluster cannot be reached", "Set KUBECONFIG"),
    Wrong("usage", "The metadata database cannot be read", "kubectl exec"),
]
IN_PROCESS = [*WORDS, *PATHS, *CONTENTS, *SITES]
"""What answers these is the same in any process."""

AS_PROCESSES = [
    Wrong("lint good.py", "{here}/broken_cfg/airflow.cfg", "Correct", {"AIRFLOW_HOME": "{here}/broken_cfg"}),
    Wrong("lint good.py", "the site is not at home", "Correct", {"AIRFLOW_HOME": "{here}/broken_settings"}),
    Wrong("render good.py", "'LOUD'", "Possible values", {"AIRFLOW__LOGGING__LOGGING_LEVEL": "LOUD"}),
    Wrong(
        "check good.py", "which is '{here}/binary.py'", "Set KUBECONFIG", {"KUBECONFIG": "{here}/binary.py"}
    ),
]
"""What a process reads as it starts."""


def write_files(folder: Path) -> None:
    """Write the files that the inputs name."""
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    for name in FOLDERS:
        (folder / name).mkdir()
    (folder / "binary.py").write_bytes(b"airflow dag\0\xe7\xff\xfe" * 9)
    (folder / "dangling.py").symlink_to("nowhere.py")
    os.mkfifo(folder / "pipe.py")
    for home, file, text in (
        ("broken_cfg", "airflow.cfg", "[core\n"),
        ("broken_settings", "config/airflow_local_settings.py", LOCAL_SETTINGS),
    ):
        (folder / home / file).parent.mkdir(parents=True)
        (folder / home / file).write_text(text, encoding="utf-8")
