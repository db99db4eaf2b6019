"""What the commands are called, what they take and what their help says, without Airflow.

``k8sexec --help`` and a wrong argument are answered from here alone; :func:`for_airflow` gives the same to
Airflow's own command line.
"""

from __future__ import annotations

import argparse
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple

from airflow_provider_k8sexec.options.after import AFTERS, FAILURE
from airflow_provider_k8sexec.site.schemas import SCHEMAS

if TYPE_CHECKING:
    from collections.abc import Callable

    from airflow.cli.cli_config import GroupCommand

NAME = "k8sexec"
SUMMARY = "Pods of the KubernetesExecutor"
_TEMPLATE_PATH = "/tmp/pod_template.yaml"  # noqa: S108  # where Astronomer's own guide puts it


class Argument(NamedTuple):
    """One argument of a command.

    Attributes:
        flags: Its names.
        options: What :meth:`argparse.ArgumentParser.add_argument` takes besides these.
    """

    flags: tuple[str, ...]
    options: dict[str, Any]


class Command(NamedTuple):
    """One command, which is the function of its name in the module of its name.

    Attributes:
        name: Its name.
        summary: What it does, in a line.
        description: What it does, what it needs, and how it ends.
        arguments: What it takes.
    """

    name: str
    summary: str
    description: str
    arguments: tuple[Argument, ...]


def _argument(*flags: str, **options: Any) -> Argument:
    return Argument(flags, options)


def _number(flag: str, meaning: str, default: int, **options: Any) -> Argument:
    meaning = f"{meaning} (default: %(default)s)"
    return _argument(flag, type=_positive, default=default, metavar="N", help=meaning, **options)


def _absolute(text: str) -> str:
    if not text.startswith("/"):
        raise argparse.ArgumentTypeError(f"{text!r} is no absolute path, such as {_TEMPLATE_PATH}")
    return text


def _positive(text: str) -> int:
    if not (text.isdecimal() and int(text) > 0):
        raise argparse.ArgumentTypeError(f"{text!r} is not a number from 1 on")
    return int(text)


_FOR_PEOPLE_AND_PROGRAMS = "table and plain are for people, json and yaml for programs"


def _output(meaning: str = _FOR_PEOPLE_AND_PROGRAMS, *choices: str) -> Argument:
    choices = choices or ("table", "plain", "json", "yaml")
    meaning = f"{meaning} (default: {choices[0]})"
    return _argument("-o", "--output", choices=choices, default=choices[0], help=meaning)


_DAG_FILES = _argument("dag_files", nargs="+", metavar="DAG_FILE", help="A DAG file, or a folder of such")
_ONLY_DAG = _argument("--dag", metavar="ID", help="Only this DAG")
_ONLY_TASK = _argument("--task", metavar="ID", help="Only this task")
_OF_TRY = (
    _number(
        "--try",
        "The pods of this try, for values that differ from try to try",
        1,
        dest="try_number",
    ),
    _argument(
        "--after",
        choices=AFTERS,
        default=FAILURE,
        help="How all earlier tries ended: after a failure, steps that are taken after an oom or a "
        "disruption stay the first (default: %(default)s)",
    ),
)

OF_PODS = (
    Command(
        "render",
        "Print the pods that the KubernetesExecutor would launch for the tasks of DAG files",
        "Print the pods that the KubernetesExecutor would launch, template and pod_override merged by "
        "Airflow itself. Values of the pod template and of hooks are <hidden>. Uses no cluster and no "
        "database.",
        (
            _DAG_FILES,
            _ONLY_DAG,
            _ONLY_TASK,
            *_OF_TRY,
            _output(
                "yaml and json have whole pods, table and plain have what differs between tasks",
                "yaml",
                "json",
                "table",
                "plain",
            ),
            _argument(
                "--show-template-values",
                action="store_true",
                help="Print the pod template's own values, too, which may be secrets; those under sensitive "
                "names, and the worker's args, stay hidden",
            ),
        ),
    ),
    Command(
        "explain",
        "Print what is set of a task's pod, by whom, and what that overrode",
        "Print for each field of a task's pod that is set its value, who set it (the site, a profile, "
        "default_args of the DAG or a task group, the task, a hook), and what that overrode. Uses "
        "no cluster and no database.",
        (
            _DAG_FILES,
            _ONLY_DAG,
            _argument("--task", metavar="ID", required=True, help="The task"),
            *_OF_TRY,
            _argument(
                "--all", action="store_true", help="Print what the pod template and Airflow have set, too"
            ),
            _output(),
        ),
    ),
)
OF_THE_CLUSTER = (
    Command(
        "check",
        "Dry-run the pods of DAG files in the cluster, and look up what they refer to",
        "Ask the cluster for a dry-run of each pod, and for the secrets, keys and other objects that it "
        "refers to; name the fields that the cluster is too old for. Creates nothing. Exits with status 1 if "
        "anything is wrong.",
        (
            _DAG_FILES,
            _ONLY_DAG,
            _ONLY_TASK,
            *_OF_TRY,
            _argument("--conn-id", metavar="ID", help="One of Airflow's Kubernetes connections"),
            _output(),
        ),
    ),
)
OF_FILES = (
    Command(
        "lint",
        "Print what is wrong with the pods of DAG files, hand-written executor configs included",
        "Validate every task of DAG files by the rules of this package and of the site, as the policy does "
        "where Airflow loads them. A finding has a code; `# k8sexec: ignore[CODE]` on its call silences it. "
        "Uses no cluster and no database. Exits with status 1 if anything is wrong; notes are not.",
        (
            _DAG_FILES,
            _ONLY_DAG,
            _ONLY_TASK,
            _argument(
                "--select",
                metavar="CODES",
                default="",
                help="Report these alone: codes, or their beginnings, with commas: K8S401,K8S6",
            ),
            _argument("--ignore", metavar="CODES", default="", help="Do not report these"),
            _argument(
                "--target",
                choices=["airflow-3", "kubernetes-client-37"],
                help="Also name what breaks, or is silently ignored, with that release",
            ),
            _output(
                f"{_FOR_PEOPLE_AND_PROGRAMS}, sarif for code scanning, github for notes in a pull request",
                "table",
                "plain",
                "json",
                "yaml",
                "sarif",
                "github",
            ),
        ),
    ),
    Command(
        "migrate",
        "Rewrite hand-written pods of DAG files as pod options, where the pods stay equal",
        "Print a unified diff that rewrites hand-written executor configs as pod options. Airflow loads the "
        "rewritten files, and a file changes only if the pod of each of its tasks stays equal. Prints on "
        "standard error what is left as it is, why, and the options to write. Uses no cluster and no "
        "database; needs the extra [migrate]. Exits with status 1 if a file cannot be loaded or written.",
        (
            _argument(
                "dag_files",
                nargs="+",
                metavar="PATH",
                help="A DAG file, or a folder of such; with --profile, a pod template",
            ),
            _argument("--write", action="store_true", help="Change the files, and print no diff"),
            _argument(
                "--check",
                action="store_true",
                help="Change nothing, and exit with status 1 if anything could be rewritten; mistakes "
                "count with --fix alone",
            ),
            _argument(
                "--fix",
                action="store_true",
                help="Also rewrite what does not do today what it was meant to, in a diff of its own",
            ),
            _argument(
                "--profile", metavar="NAME", help="Print a pod template as a profile of this name instead"
            ),
        ),
    ),
)
OF_THE_SITE = (
    Command(
        "doctor",
        "Print what was detected of this deployment, from where, and what is wrong",
        "Print what was detected of this deployment, from where, and what is wrong; of the cluster of "
        "KUBECONFIG, or of this pod, the version, and what the site's template, options and profiles have "
        "that it is too old for. Exits with status 1 if anything is wrong.",
        (_output(),),
    ),
    Command(
        "template",
        "Print a pod template with the site's pod options and a profile",
        "Print a pod template: [k8sexec] pod_options and a profile laid over a base, for one Deployment "
        "or, as Helm values, for all Deployments of an installation of Astronomer Software, or for another "
        "chart. Prints on standard error what to do with it. Uses no cluster.",
        (
            _argument(
                "--from",
                dest="base",
                metavar="FILE",
                help="The base, such as the chart's own template (default: a minimal one)",
            ),
            _argument("--image", metavar="IMAGE", help="The image of the worker"),
            _argument("--profile", metavar="NAME", help="A profile of the site (default: its default one)"),
            _argument(
                "--path",
                type=_absolute,
                default=_TEMPLATE_PATH,
                help="Where the template is to lie in the scheduler's image (default: %(default)s)",
            ),
            _output("yaml is for a Deployment's image, helm for the values of a chart", "yaml", "helm"),
            _argument(
                "--chart",
                choices=("astronomer", "apache", "community"),
                help="Whose values -o helm writes (default: those that the base was found in, or astronomer)",
            ),
        ),
    ),
)
_COST = _argument(
    "--cost",
    choices=("task", "dag", "team"),
    help="Estimate what each has cost, by the prices of the site ([k8sexec] prices)",
)
_BACKTEST = _argument(
    "--backtest",
    action="store_true",
    help="Replay the records: GiB-hours of memory that were requested, were used, and would have been "
    "requested by auto(...), and the tries that were lost and would have been",
)
OF_THE_DATABASE = (
    Command(
        "usage",
        "Print what tasks have used over their last runs, against what they requested",
        "Print the memory and CPU that each task has requested, has used at most, and should request, "
        "from the records that its tries have left in the metadata database. Needs that database, as "
        "Airflow's own commands do. Exits with status 1 if there is no record.",
        (
            _ONLY_DAG,
            _ONLY_TASK,
            _number("--last", "Of how many runs of each task", 30),
            _BACKTEST,
            _COST,
            _output(),
        ),
    ),
)
WITHOUT_AIRFLOW = (
    Command(
        "schema",
        "Print the JSON Schema of the site's files, by which editors complete and check them",
        "Print the JSON Schema of a file of profiles ([k8sexec] profiles_file), of policy rules ([k8sexec] "
        "policy_rules) or of prices ([k8sexec] prices). Prints on standard error the first line of such a "
        "file, by which editors find it. "
        "Needs no Airflow.",
        (_argument("kind", choices=SCHEMAS, help="The kind of file"),),
    ),
)
_VERBOSE = _argument(
    "-v", "--verbose", action="store_true", help="Print what Airflow logs and warns of, and tracebacks"
)
COMMANDS = tuple(
    command._replace(arguments=(*command.arguments, _VERBOSE))
    for command in (*OF_PODS, *OF_THE_CLUSTER, *OF_FILES, *OF_THE_SITE, *OF_THE_DATABASE, *WITHOUT_AIRFLOW)
)


def for_airflow(run: Callable[[str, argparse.Namespace], None]) -> GroupCommand:
    """Define the commands in Airflow's terms.

    Args:
        run: Runs a command by its name, with its arguments.

    Source: https://airflow.apache.org/docs/apache-airflow-providers/core-extensions/cli-commands.html
    """
    from airflow.cli.cli_config import ActionCommand, Arg, GroupCommand

    make_argument: Any = Arg
    commands = [
        ActionCommand(
            name=command.name,
            help=command.summary,
            description=command.description,
            func=partial(run, command.name),
            args=[make_argument(argument.flags, **argument.options) for argument in command.arguments],
        )
        for command in COMMANDS
    ]
    return GroupCommand(name=NAME, help=SUMMARY, subcommands=commands)
