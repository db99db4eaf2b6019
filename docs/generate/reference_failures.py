"""Makes the page of the codes by which failed pods and checks are reported."""

from __future__ import annotations

from page_parts import write_page, write_table

from airflow_provider_k8sexec.diagnosis.codes import CHECK_CODES, CODES

_FIRST = """\
The code with which the sentence on [a pod that failed or waits](../explanation/failures.md) begins, in Airflow's event
log, at the Pod tab and in `failure_of(context)`. A code is stable: programs may compare it, and a later version adds
codes and changes none.

Who acts: the author of the task, the site (who runs this Airflow: quotas, roles, templates, policies), or the cluster
(who runs it; often no person, because the next try succeeds). The pod: it was refused, so that there is none; it waits,
and may still start; or it has ended.

Counts for: [per-try values](../guides/retries.md) with `after="oom"` or `after="disruption"` take a step for each earlier
try that ended with such a code. An out-of-memory kill of any container of the pod is an `oom`. A `disruption` is
an end that the cluster, or the node, gave to a pod that it had taken: another node would have helped. `Killed` is not,
because what killed the container is unknown; `NodeAdmission` is not, because nothing that ran was lost; `Evicted` is not,
because the pod itself used more than it had requested."""
_CHECKS = """\
[`k8sexec check`](../explanation/cluster.md) has the codes of refused pods, because they mean the same where a pod is
launched, and these besides:"""


def build_page() -> str:
    """Make the page."""
    failures = sorted(CODES.items(), key=lambda item: item[0].lower())
    rows = [(f"`{name}`", code.actor, code.stage, code.counts_for, code.meaning) for name, code in failures]
    parts = [
        _FIRST,
        write_table(("code", "who acts", "the pod", "counts for", "what happened"), rows),
        "## Codes of checks",
        _CHECKS,
        write_table(("code", "what is wrong"), [(f"`{code}`", text) for code, text in CHECK_CODES.items()]),
    ]
    return write_page("Codes of failures", parts)
