"""The commands: ``k8sexec ...`` everywhere, and ``airflow k8sexec ...`` from Airflow 3.2 on.

Airflow imports this module at every start of its own command line, so it defines, and does no more.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from airflow.cli.cli_config import ActionCommand, GroupCommand


def get_commands() -> list[GroupCommand]:
    """Define the commands, in Airflow's terms.

    Source: https://airflow.apache.org/docs/apache-airflow-providers/core-extensions/cli-commands.html
    """
    from airflow.cli.cli_config import GroupCommand  # loaded when Airflow asks for the commands

    commands = (
        *_commands_of_pods(),
        *_commands_of_the_cluster(),
        *_commands_of_files(),
        *_commands_of_the_site(),
        *_commands_of_the_database(),
    )
    return [GroupCommand(name="k8sexec", help="Pods of the KubernetesExecutor", subcommands=commands)]


def _commands_of_pods() -> Iterator[ActionCommand]:
    yield _define(
        "render",
        "Print the pods that the KubernetesExecutor would launch for the tasks of DAG files",
        "Print the pods that the KubernetesExecutor would launch, template and pod_override merged by "
        "Airflow itself. Values of the pod template and of hooks are <hidden>. Uses no cluster and no "
        "database.",
        _dag_files(),
        _only_dag(),
        _only_task(),
        _number("--try", "The pods of this try, for resources that differ from try to try", 1, "try_number"),
        _output(
            "yaml and json have whole pods, table has what differs between tasks", "yaml", "json", "table"
        ),
        _arg(
            "--show-template-values",
            action="store_true",
            help="Print the pod template's own values, too, which may be secrets; those under sensitive "
            "names, and the worker's args, stay hidden",
        ),
    )
    yield _define(
        "explain",
        "Print who set each field of a task's pod, and what was overridden",
        "Print for each field of a task's pod its value, who set it (the pod template, the executor, the "
        "site, a profile, default_args of the DAG or a task group, the task, a hook), and what that "
        "overrode. Uses no cluster and no database.",
        _dag_files(),
        _only_dag(),
        _arg("--task", metavar="ID", required=True, help="The task"),
        _output(),
    )


def _commands_of_the_cluster() -> Iterator[ActionCommand]:
    yield _define(
        "check",
        "Dry-run the pods of DAG files in the cluster, and look up what they refer to",
        "Ask the cluster for a dry-run of each pod, and for the secrets, keys and other objects that it "
        "refers to; name the fields that the cluster is too old for. Creates nothing. Exits with status 1 if "
        "anything is wrong.",
        _dag_files(),
        _only_dag(),
        _only_task(),
        _arg("--conn-id", metavar="ID", help="One of Airflow's Kubernetes connections"),
        _output(),
    )


def _commands_of_files() -> Iterator[ActionCommand]:
    yield _define(
        "lint",
        "Print what is wrong with the pods of DAG files, hand-written executor configs included",
        "Validate every task of DAG files by the rules of this package and of the site, as the policy does "
        "where Airflow loads them. Uses no cluster and no database. Exits with status 1 if anything is "
        "wrong.",
        _dag_files(),
        _arg(
            "--target",
            choices=["kubernetes-client-37"],
            help="Also name each hand-written value that becomes an exception there: its models cast none",
        ),
        _output(),
    )


def _commands_of_the_site() -> Iterator[ActionCommand]:
    yield _define(
        "doctor",
        "Print what was detected of this deployment, from where, and what is wrong",
        "Print what was detected of this deployment, from where, and what is wrong; of the cluster of "
        "KUBECONFIG, or of this pod, the version, and what the site's template, options and profiles have "
        "that it is too old for. Exits with status 1 if anything is wrong.",
        _output(),
    )
    yield _define(
        "template",
        "Print a pod template with the site's pod options and a profile",
        "Print a pod template: [k8sexec] pod_options and a profile laid over a base, for one Deployment "
        "or, as Helm values, for all Deployments of an installation of Astronomer Software, or for another "
        "chart. Prints on standard error what to do with it. Uses no cluster.",
        _arg(
            "--from",
            dest="base",
            metavar="FILE",
            help="The base, such as the chart's own template (default: a minimal one)",
        ),
        _arg("--image", metavar="IMAGE", help="The image of the worker"),
        _arg("--profile", metavar="NAME", help="A profile of the site (default: its default one)"),
        _arg(
            "--path",
            default="/tmp/pod_template.yaml",  # noqa: S108  # where Astronomer's own guide puts it
            help="Where the template is to lie in the scheduler's image (default: %(default)s)",
        ),
        _output("yaml is for a Deployment's image, helm for the values of a chart", "yaml", "helm"),
        _arg(
            "--chart",
            choices=("astronomer", "apache", "community"),
            help="Whose values -o helm writes (default: those in which the base was found, or astronomer)",
        ),
    )


def _commands_of_the_database() -> Iterator[ActionCommand]:
    yield _define(
        "usage",
        "Print what tasks have used over their last runs, against what they requested",
        "Print the memory and CPU that each task has requested, has used at most, and should request, "
        "from the records that its tries have left in the metadata database. Needs that database, as "
        "Airflow's own commands do. Exits with status 1 if there is no record.",
        _only_dag(),
        _only_task(),
        _number("--last", "Of how many runs of each task", 30),
        _output(),
    )


def _define(name: str, summary: str, description: str | None, *arguments: Any) -> ActionCommand:
    """Define a command, which is the function of its name in the module of its name."""
    from airflow.cli.cli_config import ActionCommand, lazy_load_command

    def function(arguments: argparse.Namespace) -> None:
        from airflow_provider_k8sexec.cli.output import kept_stdout  # every process lists the commands

        with kept_stdout():
            lazy_load_command(f"{__name__}.{name}.{name}")(arguments)

    return ActionCommand(name=name, help=summary, description=description, func=function, args=arguments)


def _arg(flag: str, **options: Any) -> Any:
    from airflow.cli.cli_config import Arg

    return Arg((flag,), **options)


def _dag_files() -> Any:
    return _arg("dag_files", nargs="+", metavar="DAG_FILE", help="A DAG file, or a folder of such")


def _only_dag() -> Any:
    return _arg("--dag", metavar="ID", help="Only this DAG")


def _only_task() -> Any:
    return _arg("--task", metavar="ID", help="Only this task")


def _number(flag: str, meaning: str, default: int, dest: str | None = None) -> Any:
    from airflow.cli.cli_config import positive_int

    kind = positive_int(allow_zero=False)
    options = {"dest": dest} if dest else {}
    meaning = f"{meaning} (default: %(default)s)"
    return _arg(flag, type=kind, default=default, metavar="N", help=meaning, **options)


def _output(meaning: str = "table is for people, json for programs", *choices: str) -> Any:
    from airflow.cli.cli_config import Arg

    choices = choices or ("table", "json")
    meaning = f"{meaning} (default: {choices[0]})"
    return Arg(("-o", "--output"), choices=choices, default=choices[0], help=meaning)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``k8sexec``.

    Args:
        arguments: The arguments after ``k8sexec``; those of the process if not given.

    Returns:
        The exit code: 0 when all is well, 1 when a problem was found, 2 for wrong arguments.
    """
    from airflow_provider_k8sexec.cli.output import kept_stdout  # as above

    with kept_stdout():  # Airflow and its plugins may log as they are loaded
        (group,) = get_commands()
    parser = argparse.ArgumentParser(prog=group.name, description=group.help)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")
    for command in group.subcommands:
        subparser = commands.add_parser(command.name, help=command.help, description=command.description)
        subparser.set_defaults(func=command.func)
        for argument in command.args:
            argument.add_to_parser(subparser)
    chosen = parser.parse_args(arguments)
    try:
        chosen.func(chosen)
    except SystemExit as stop:
        return stop.code if isinstance(stop.code, int) else 1
    return 0
