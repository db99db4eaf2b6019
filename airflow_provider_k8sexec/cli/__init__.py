"""The commands: ``k8sexec ...`` everywhere, and ``airflow k8sexec ...`` from Airflow 3.2 on.

Airflow imports this module at every start of its own command line, so it defines, and does no more.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from airflow.cli.cli_config import GroupCommand


def get_commands() -> list[GroupCommand]:
    """Define the commands, in Airflow's terms.

    Source: https://airflow.apache.org/docs/apache-airflow-providers/core-extensions/cli-commands.html
    """
    from airflow.cli.cli_config import (  # loaded when Airflow asks for the commands
        ActionCommand,
        Arg,
        GroupCommand,
        lazy_load_command,
        positive_int,
    )

    dag_files = Arg(("dag_files",), nargs="+", metavar="DAG_FILE", help="A DAG file, or a folder of such")
    only_dag = Arg(("--dag",), metavar="ID", help="Only this DAG")
    choice = (only_dag, Arg(("--task",), metavar="ID", help="Only this task"))
    selection = (dag_files, *choice)
    report = Arg(
        ("-o", "--output"),
        choices=("table", "json"),
        default="table",
        help="table is for people, json for programs (default: table)",
    )
    render = ActionCommand(
        name="render",
        help="Print the pods that the KubernetesExecutor would launch for the tasks of DAG files",
        description=(
            "Print the pods that the KubernetesExecutor would launch, template and pod_override merged by "
            "Airflow itself. Values of the pod template and of hooks are <hidden>. Asks no cluster and no "
            "database."
        ),
        func=lazy_load_command("airflow_provider_k8sexec.cli.render.render"),
        args=(
            *selection,
            Arg(
                ("--try",),
                dest="try_number",
                type=positive_int(allow_zero=False),
                default=1,
                metavar="N",
                help="The pods of this try, for resources that differ from try to try (default: 1)",
            ),
            Arg(
                ("-o", "--output"),
                choices=("yaml", "json", "table"),
                default="yaml",
                help="yaml and json have whole pods, table has what differs between tasks (default: yaml)",
            ),
            Arg(
                ("--show-template-values",),
                action="store_true",
                help=(
                    "Print the pod template's own values, too, which may be secrets; those under sensitive "
                    "names, and the worker's args, stay hidden"
                ),
            ),
        ),
    )
    explain = ActionCommand(
        name="explain",
        help="Print who set each field of a task's pod, and what was overridden",
        description=(
            "Print for each field of a task's pod its value, who set it (the pod template, the executor, the "
            "site, a profile, default_args of the DAG or a task group, the task, a hook), and what that "
            "overrode. Asks no cluster and no database."
        ),
        func=lazy_load_command("airflow_provider_k8sexec.cli.explain.explain"),
        args=(
            dag_files,
            only_dag,
            Arg(("--task",), metavar="ID", required=True, help="The task"),
            report,
        ),
    )
    check = ActionCommand(
        name="check",
        help="Ask the cluster what it has against the pods of DAG files",
        description=(
            "Ask the cluster for a dry-run of each pod, and for the secrets, keys and other objects that it "
            "names. Creates nothing. Exits with status 1 if anything is wrong."
        ),
        func=lazy_load_command("airflow_provider_k8sexec.cli.check.check"),
        args=(
            *selection,
            Arg(("--conn-id",), metavar="ID", help="One of Airflow's Kubernetes connections"),
            report,
        ),
    )
    lint = ActionCommand(
        name="lint",
        help="Print what is wrong with the pods of DAG files, hand-written executor configs included",
        description=(
            "Judge every task of DAG files by the rules of this package and of the site, as the policy does "
            "where Airflow loads them. Asks no cluster and no database. Exits with status 1 if anything is "
            "wrong."
        ),
        func=lazy_load_command("airflow_provider_k8sexec.cli.lint.lint"),
        args=(
            dag_files,
            report,
        ),
    )
    doctor = ActionCommand(
        name="doctor",
        help="Print what was found about this deployment, from where, and what is wrong",
        func=lazy_load_command("airflow_provider_k8sexec.cli.doctor.doctor"),
        args=(report,),
    )
    template = ActionCommand(
        name="template",
        help="Print a pod template with the site's pod options and a profile",
        description=(
            "Print a pod template: [k8sexec] pod_options and a profile laid over a base, for one Deployment "
            "or, as Helm values, for all Deployments of an installation of Astronomer Software. Tells on "
            "standard error what to do with it. Asks no cluster."
        ),
        func=lazy_load_command("airflow_provider_k8sexec.cli.template.template"),
        args=(
            Arg(
                ("--from",),
                dest="base",
                metavar="FILE",
                help="The base, such as the chart's own template (default: a minimal one)",
            ),
            Arg(("--image",), metavar="IMAGE", help="The image of the worker"),
            Arg(
                ("--profile",),
                metavar="NAME",
                help="A profile of the site (default: its default one)",
            ),
            Arg(
                ("--path",),
                default="/tmp/pod_template.yaml",  # noqa: S108  # where Astronomer's own guide puts it
                help="Where the template is to lie in the scheduler's image (default: %(default)s)",
            ),
            Arg(
                ("-o", "--output"),
                choices=("yaml", "helm"),
                default="yaml",
                help="yaml is for a Deployment's image, helm for the installation's values (default: yaml)",
            ),
        ),
    )
    usage = ActionCommand(
        name="usage",
        help="Print what tasks have used over their last runs, against what they asked for",
        description=(
            "Print the memory and CPU that each task has asked for, has used at most, and should ask for, "
            "from the records that its tries have left in the metadata database. Needs that database, as "
            "Airflow's own commands do. Exits with status 1 if there is no record."
        ),
        func=lazy_load_command("airflow_provider_k8sexec.cli.usage.usage"),
        args=(
            *choice,
            Arg(
                ("--last",),
                metavar="N",
                type=positive_int(allow_zero=False),
                default=30,
                help="Of how many runs of each task (default: %(default)s)",
            ),
            report,
        ),
    )
    subcommands = (render, explain, check, lint, doctor, template, usage)
    return [GroupCommand(name="k8sexec", help="Pods of the KubernetesExecutor", subcommands=subcommands)]


def main(arguments: Sequence[str] | None = None) -> int:
    """Run ``k8sexec``.

    Args:
        arguments: The words after ``k8sexec``; those of the process if not given.

    Returns:
        The exit code: 0 when all is well, 1 when a problem was found, 2 for wrong arguments.
    """
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
