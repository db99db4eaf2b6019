"""The codes of problems: what programs compare, and what ``k8sexec lint --select`` and ``--ignore`` take.

The hundreds are whose rule it is. A code is never given to another rule, and one that is no longer used stays
unused.
"""

from __future__ import annotations

from airflow_provider_k8sexec import docs_url

FAMILIES = {
    "K8S1": "Pod options",
    "K8S2": "What the API server takes",
    "K8S3": "What Airflow's executor takes",
    "K8S4": "Likely mistakes",
    "K8S5": "The platform",
    "K8S6": "The site's policy rules",
    "K8S7": "Where options apply",
    "K8S8": "DAG files",
    "K8S9": "The site's configuration",
}
"""What the codes that begin so are about."""

CODES = {
    "K8S101": "An argument is neither a pod option nor an argument of the operator.",
    "K8S102": "An option has a value of a kind that it does not take.",
    "K8S103": "An amount is no quantity, or has a unit of something else.",
    "K8S104": "A variable, a file, a path or a name has two sources.",
    "K8S105": "An annotation of this package is set by hand.",
    "K8S106": "Two options contradict each other.",
    "K8S107": "Per-try values cannot be read, or no try will have them.",
    "K8S108": "A pod template, or a release, is named in a form that cannot be found.",
    "K8S109": "The deployment's secret is known not to have a key.",
    "K8S110": "A task is mapped over pod options, which all its instances share.",
    "K8S111": "A container beside the worker's has no image.",
    "K8S112": "The site defines no profile of this name.",
    "K8S113": "Keys of the deployment's secret are requested, and its release is unknown.",
    "K8S114": "A declared secret is absent from the process that runs the task locally.",
    "K8S115": "An operator that starts a pod, or one that starts none, is made by the other's function.",
    "K8S201": "A field is unknown, or of another type.",
    "K8S202": "A name is not one that Kubernetes takes.",
    "K8S203": "An amount is not one that Kubernetes takes.",
    "K8S204": "A path, an address or a number is not one that Kubernetes takes.",
    "K8S205": "Fields that exclude each other are set together, or one that another needs is missing.",
    "K8S206": "A container, or the pod as a whole, has what the API server refuses.",
    "K8S207": "A security context, or a profile of one, is refused.",
    "K8S208": "A selector, an affinity, a toleration or a spread constraint is refused.",
    "K8S209": "The kubernetes client, or the cluster, is too old to know a field.",
    "K8S301": "A name, label or annotation by which Airflow knows its pod is replaced.",
    "K8S302": "The worker's container has another name or position than Airflow puts the task into.",
    "K8S303": "The command of the worker's container is replaced, and the task with it.",
    "K8S304": "The variable by which a worker knows that it is one is set.",
    "K8S305": "A finished task would be started once more.",
    "K8S306": "An executor_config has a key, or a form, that the KubernetesExecutor ignores or refuses.",
    "K8S307": "A pod_override is not made of the kubernetes client's models.",
    "K8S308": "Airflow's merge drops what the pod template has, or what the task sets.",
    "K8S309": "What a task requests clashes with the pod template, or needs what that does not have.",
    "K8S310": "A pod template has a mistake.",
    "K8S311": "An executor_config cannot be read.",
    "K8S401": "A password is written in the clear.",
    "K8S402": "The worker's image has no Airflow in it.",
    "K8S403": "A variable has a name that only Kubernetes 1.34 and later take.",
    "K8S404": "A pod is sent to GPU nodes, and requests no GPU.",
    "K8S405": "A topology spread constraint counts no pod.",
    "K8S406": "A Jinja template is written where Airflow renders none.",
    "K8S407": "A name is new at each parse, and so is the version of the DAG.",
    "K8S408": "A container beside the worker's keeps the pod from ending.",
    "K8S409": "A variable refers to another in a way that Kubernetes does not expand.",
    "K8S410": "A volume is not mounted, or a claim is two volumes.",
    "K8S411": "A path inside a volume is plain where it has variables, or the reverse.",
    "K8S501": "Astro has no persistent volumes.",
    "K8S502": "On Astro, a task with a pod template of its own fails.",
    "K8S503": "Astro raises a request to its limit.",
    "K8S504": "Astro does not test pods with more than the worker's container.",
    "K8S505": "Astro does not support service accounts of another cloud account.",
    "K8S601": "An amount is above the site's maximum.",
    "K8S602": "The site does not allow an image.",
    "K8S603": "The site does not allow a service account.",
    "K8S604": "The site does not allow a namespace.",
    "K8S605": "The site does not allow a node, or a label of nodes.",
    "K8S606": "The site's level of the Pod Security Standards forbids a field.",
    "K8S607": "A label that the site requires is missing, or has another value.",
    "K8S608": "An amount that the site has a default for is not requested.",
    "K8S701": "No KubernetesExecutor runs the task, so its pod options do nothing.",
    "K8S702": "A coordinator of the task's queue wins over the task's template or image.",
    "K8S703": "Workers do not know an executor that a task names.",
    "K8S704": "The site routes tasks to an executor that a team does not have.",
    "K8S705": "Airflow gives pod options in default_args to an operator that misreads them.",
    "K8S706": "Pod options in default_args are replaced, and not merged.",
    "K8S707": "A started pod gets the deployment's secret in a namespace that does not have it.",
    "K8S708": "Pod options in default_args reach no task.",
    "K8S801": "A DAG file cannot be loaded.",
    "K8S802": "There is nothing to look at.",
    "K8S803": "pod_override is given to an operator that starts its own pod.",
    "K8S804": "No task has an executor_config that is written.",
    "K8S805": "A layer in an operator's own default_args is replaced by its executor_config.",
    "K8S806": "kubernetes client 37 refuses a value.",
    "K8S807": "Two files define one DAG.",
    "K8S808": "A comment that silences findings has an unknown code, or silences nothing.",
    "K8S901": "An option of [k8sexec] has a mistake.",
    "K8S902": "A profile has a mistake.",
    "K8S903": "A policy rule has a mistake.",
    "K8S904": "A file is not YAML, or defines a key twice.",
}
"""What each code means: the reference is made from this table, and from nothing else."""


def docs_of_code(code: str) -> str:
    """Link to what the reference has of a code."""
    return docs_url("reference/codes", code.lower())
