"""The web application of the Pod tab: one page, and its pod as a file.

Its annotations are read by FastAPI as it runs, hence no ``from __future__ import annotations``.
"""

import base64
import hashlib
import importlib
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from importlib.resources import files
from typing import Annotated, Any

from airflow.api_fastapi.auth.managers.models.resource_details import DagAccessEntity
from airflow.api_fastapi.core_api.security import GetUserDep
from fastapi import Depends, FastAPI, HTTPException, Request, Response
from fastapi.responses import HTMLResponse
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException as StarletteHTTPException

from airflow_provider_k8sexec.context import load_context
from airflow_provider_k8sexec.context.unapplied import describe_podless, find_podless
from airflow_provider_k8sexec.past_tries.usage_record import show_bytes, show_cores
from airflow_provider_k8sexec.pod.provenance import TEMPLATE
from airflow_provider_k8sexec.render.yaml_text import to_yaml
from airflow_provider_k8sexec.ui.access import READS_TASK, may_read
from airflow_provider_k8sexec.ui.cluster import find_launched_pod
from airflow_provider_k8sexec.ui.measured import History
from airflow_provider_k8sexec.ui.notices import NO_AUDIT_LOG, NO_RECORD, NO_XCOMS, list_notices
from airflow_provider_k8sexec.ui.page import (
    Failure,
    build_lines,
    build_usages,
    choose_colours,
    list_resources,
    list_secrets,
    read_failure,
)
from airflow_provider_k8sexec.ui.plot import HEIGHT, WIDTH
from airflow_provider_k8sexec.ui.pods import ShownPod, choose_pod, merge_pod
from airflow_provider_k8sexec.ui.stored import load_failure, load_history, load_try
from airflow_provider_k8sexec.ui.subject import Subject, Try

_TASK = "/dags/{dag_id}/tasks/{task_id}"
_PRELOADED = tuple(
    f"airflow.providers.cncf.kubernetes.{module}"
    for module in ("pod_generator", "kube_config", "kube_client")
)
_BROKEN = "This page could not be made. The log of the API server has the reason."
_MESSAGES = {
    401: "Log in to Airflow to see this pod.",
    403: "You are not allowed to view this task.",
    404: "There is no such task, task instance or try.",
}


@cache
def load_app() -> FastAPI:
    """Make the application, which the plugin mounts."""
    app = FastAPI(title="Pod tab", openapi_url=None, lifespan=preload)
    app.get(f"{_TASK}/pod", dependencies=READS_TASK)(show_pod)
    app.get(f"{_TASK}/pod.yaml", dependencies=READS_TASK)(download_pod)
    app.add_exception_handler(StarletteHTTPException, show_error)
    app.add_exception_handler(Exception, show_error)
    return app


@asynccontextmanager
async def preload(_app: FastAPI) -> AsyncIterator[None]:
    """Load what the first page needs as the API server starts, beside its start: that takes seconds.

    Airflow calls this in the process that answers requests, after any fork.
    """
    if load_context().has_kubernetes_executor and load_context().is_on("preload_kubernetes_client"):
        threading.Thread(target=_preload, name="k8sexec-preload", daemon=True).start()
    yield


def _preload() -> None:
    with suppress(Exception):  # the page that needs it fails by itself, with the reason
        for module in _PRELOADED:
            importlib.import_module(module)
        _environment().get_template("pod.html")


def parse_subject(
    dag_id: str,
    task_id: str,
    run_id: str = "",
    map_index: str = "",
    try_number: str = "",
) -> Subject:
    """Read what is requested; Airflow leaves a placeholder such as ``{MAP_INDEX}`` where it has no value."""
    return Subject(
        dag_id=dag_id,
        task_id=task_id,
        run_id=None if run_id in ("", "{RUN_ID}") else run_id,
        map_index=_whole(map_index, -1),
        try_number=_whole(try_number, None),
    )


def _whole(text: str, otherwise: Any) -> Any:
    return int(text) if text.isdecimal() and len(text) < _LONGEST else otherwise


_LONGEST = 10
_HEADERS = {
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}
SubjectDep = Annotated[Subject, Depends(parse_subject)]


async def show_pod(request: Request, user: GetUserDep, subject: SubjectDep) -> HTMLResponse:
    """Show the pod, its history and its failure."""

    def load_rest(requested: Try) -> tuple[History, Failure]:
        reads_xcoms = may_read(DagAccessEntity.XCOM, request, user)
        reads_events = may_read(DagAccessEntity.AUDIT_LOG, request, user)
        history = History(missing=NO_XCOMS)
        if reads_xcoms:
            history = load_history(subject, reads_events=reads_events)
        if not reads_events:
            return history, Failure(missing=NO_AUDIT_LOG if requested.has_failed else "")
        sentence = load_failure(subject, requested.number)
        if sentence:
            return history, read_failure(sentence)
        return history, Failure(missing=NO_RECORD if requested.has_failed else "")

    requested, pod = await _load_pod(subject)
    history, failure = await run_in_threadpool(load_rest, requested)
    return await run_in_threadpool(_show, subject, requested, pod, history, failure)


async def download_pod(subject: SubjectDep) -> Response:
    """Give the pod as a file."""
    _, pod = await _load_pod(subject)
    if isinstance(pod, str):
        return Response(pod, 404, media_type="text/plain", headers=_HEADERS)
    name = "".join(letter if letter.isascii() and letter.isalnum() else "-" for letter in subject.task_id)
    return Response(
        await run_in_threadpool(to_yaml, pod.shown),
        media_type="application/yaml",
        headers={"Content-Disposition": f'attachment; filename="pod-{name}.yaml"', **_HEADERS},
    )


async def _load_pod(subject: Subject) -> tuple[Try, ShownPod | str]:
    """Load the requested try and its pod; no session and no thread of Airflow waits for the cluster.

    Returns:
        The try, and its pod; where an executor without pods runs it, a sentence about that instead.

    Raises:
        HTTPException: There is no such task, instance or try.
    """
    requested = await run_in_threadpool(load_try, subject)
    if requested is None:
        raise HTTPException(404)
    sentence = await run_in_threadpool(_describe_podless, requested)
    if sentence:
        return requested, sentence
    merged = await run_in_threadpool(merge_pod, subject, requested)
    answer = None
    if requested.state:
        answer = await find_launched_pod(subject, requested, merged.namespace, merged.release)
    return requested, await run_in_threadpool(choose_pod, merged, answer)


def _describe_podless(requested: Try) -> str:
    """Describe why a try has no worker pod; empty where it may have one."""
    context, team = load_context(), requested.team
    podless = find_podless(context, requested.executor, requested.queue, team)
    return describe_podless(requested.executor_config, podless, context, team) if podless else ""


def _show(
    subject: Subject, requested: Try, pod: ShownPod | str, history: History, failure: Failure
) -> HTMLResponse:
    common: dict[str, Any] = {
        "subject": subject,
        "requested": requested,
        "usage": build_usages(history),
        "failure": failure,
        "notices": list_notices(requested, pod),
    }
    if isinstance(pod, str):
        return _render("pod.html", **common, pod=None)
    lines = build_lines(pod.manifest, pod.shown, pod.origins)
    secrets = list_secrets(pod.manifest, pod.origins)
    return _render(
        "pod.html",
        **common,
        pod=pod,
        resources=list_resources(pod.manifest, pod.origins),
        secrets=[use for use, origin in secrets.items() if origin != TEMPLATE],
        template_secrets=[use for use, origin in secrets.items() if origin == TEMPLATE],
        lines=lines,
        colours=choose_colours(line.origin for line in lines),
    )


def show_error(_request: Request, error: Exception) -> HTMLResponse:
    """Show why there is no pod."""
    status = getattr(error, "status_code", 500)
    return _render("message.html", status, message=_MESSAGES.get(status, _BROKEN))


def _render(template: str, status: int = 200, **values: Any) -> HTMLResponse:
    page = _environment().get_template(template).render(values)
    return HTMLResponse(page, status, {**_HEADERS, "Content-Security-Policy": _policy()})


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("airflow_provider_k8sexec.ui"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals.update(
        style=Markup(_read("pod.css")),  # noqa: S704  # a file of this package
        script=Markup(_read("pod.js")),  # noqa: S704  # likewise
        width=WIDTH,
        height=HEIGHT,
        show_bytes=show_bytes,
        show_cores=show_cores,
    )
    return environment


@cache
def _policy() -> str:
    """Allow the browser the style and the script of this package, by their digests, and nothing else."""
    digests = {name: hashlib.sha256(_read(name).encode()).digest() for name in ("pod.css", "pod.js")}
    style, script = (base64.b64encode(digest).decode() for digest in digests.values())
    return (
        f"default-src 'none'; style-src 'sha256-{style}'; script-src 'sha256-{script}'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'self'"
    )


def _read(name: str) -> str:
    return (files("airflow_provider_k8sexec.ui") / "static" / name).read_text(encoding="utf-8")
