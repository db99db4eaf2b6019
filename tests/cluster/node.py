"""A node for tests: plays the kubelet for the worker pods of one namespace.

A pod runs as a process of this machine, whose files are its image, with the environment and the volumes that
its container `base` asks for, in a cgroup of its own where this machine allows that, and with a status that
says what a kubelet would say. Not played: images (they are all this machine's), resources (memory is counted,
but nothing is limited, and no device is needed), scheduling (any pod fits, unless it requests more memory
than the node has; none is bound, so that the server deletes it at once), probes, and containers beside
`base` (or the first, where none has that name). An init container runs if its `command` is a program that
this machine has; else it counts as done.

With a :class:`kubelet.Kubelet` pods are bound to its node: the API server gives their logs, asks before it
deletes a pod that runs, and a container that holds more memory than its limit is killed.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import shutil
import subprocess
import threading
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from isolation import isolate_with, read_memory
from own_cgroup import make_cgroup
from pod_inputs import ADDRESS, Manifest, PodWaitsError, expand, resolve_env, resolve_mounts, write_volumes

from airflow_provider_k8sexec.options.quantity import Quantity

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from types import TracebackType

    from kubelet import Kubelet
    from kubernetes.client import ApiClient
    from typing_extensions import Self

SCHEDULER_NAME = "node-for-tests"
"""What ``schedulerName`` the pods should have, so that no real scheduler takes them."""

WORKER = "base"
UNSCHEDULABLE = (
    "0/1 nodes are available: 1 Insufficient memory. preemption: 0/1 nodes are available: "
    "1 No preemption victims found for incoming pod."
)
_CORES = 64
"""The limit of a container's CPU where its memory has one: none that is felt."""
KILLED = 137
"""The exit code of a container that got SIGKILL."""


class Node:
    """Runs the pods of a namespace, a few at a time; the others stay pending.

    Attributes:
        kubelet: Serves the logs of the pods; ``None`` for a node that is not registered.
        memory: The most memory that a pod may request.
        limits_memory: Whether the kernel holds a container to its memory limit, where this machine allows it.
        pods: Every pod that was seen, by uid, as the server last showed it.
        logs: The directory of what the pods wrote to stdout and stderr, ``<pod>.log``.
    """

    def __init__(
        self,
        client: ApiClient,
        namespace: str,
        folder: Path,
        image_env: Mapping[str, str],
        room: int = 2,
    ) -> None:
        """Make a node.

        Args:
            client: An admin's client.
            namespace: Where the pods are.
            folder: An empty directory for volumes and logs.
            image_env: The variables that the image has, ``PATH`` among them.
            room: How many pods run at a time.
        """
        self.kubelet: Kubelet | None = None
        self._server = _Server(client, namespace)
        self.pods = self._server.pods
        self.memory = Quantity("1Ti")
        self.limits_memory = False
        self.logs = folder / "logs"
        self.logs.mkdir(parents=True)
        self._folder = folder
        self._image_env = image_env
        self._room = room
        self._runs: dict[str, _PodRun] = {}
        self._waiting: dict[str, str] = {}
        self._errors: list[Exception] = []
        self._thread = threading.Thread(target=self._work, name=f"node of {namespace}")

    def __enter__(self) -> Self:
        """Begin to run pods."""
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Kill all pods, and raise what went wrong in the node itself."""
        self._server.left.set()
        self._thread.join()
        for run in self._runs.values():
            run.kill()
            run.thread.join()
        errors = [*self._errors, *(run.error for run in self._runs.values() if run.error is not None)]
        if errors and error is None:
            raise errors[0]

    @property
    def is_idle(self) -> bool:
        """Whether every pod that has begun to run has ended, and the server knows it."""
        return not any(run.thread.is_alive() for run in self._runs.values())

    @property
    def peaks(self) -> dict[str, int]:
        """The most memory that a pod has had, in bytes, by uid, where this machine can count that."""
        return {uid: run.peak for uid, run in self._runs.items() if run.peak is not None}

    def kill_out_of_memory(self, name: str) -> None:
        """Kill a running pod as the kernel does when its memory limit is reached."""
        (run,) = [run for run in self._runs.values() if run.pod["metadata"]["name"] == name]
        run.kill("OOMKilled")

    def disrupt(self, name: str, reason: str) -> None:
        """End a running pod as the cluster does: its condition says why, and then its process is killed."""
        (run,) = [run for run in self._runs.values() if run.pod["metadata"]["name"] == name]
        condition = {"type": "DisruptionTarget", "status": "True", "reason": reason, "message": "taken"}
        self._server.patch_status(run.pod, "Running", {}, conditions=[condition])
        run.kill()

    def _work(self) -> None:
        while not self._server.left.wait(0.3):
            try:
                with suppress(*_away()):
                    self._look()
            except Exception as error:  # noqa: BLE001  # raised when the node stops
                self._errors.append(error)

    def _look(self) -> None:
        found = {pod["metadata"]["uid"]: pod for pod in self._server.list_pods()}
        for uid, run in self._runs.items():
            if uid not in found or _is_deleted(found[uid]):
                run.kill()
        for uid, pod in sorted(found.items(), key=lambda item: item[1]["metadata"]["creationTimestamp"]):
            running = sum(run.thread.is_alive() for run in self._runs.values())
            if _is_deleted(pod) and not self._is_running(uid):
                self._server.delete(pod)
            if uid in self._runs or pod["status"]["phase"] != "Pending" or _is_deleted(pod):
                continue
            if self._requested_memory(pod) > self.memory:
                self._refuse(uid, pod)
            elif running < self._room:
                self._admit(uid, pod)

    def _is_running(self, uid: str) -> bool:
        return uid in self._runs and self._runs[uid].thread.is_alive()

    def _requested_memory(self, pod: Manifest) -> Quantity:
        base = main_container(pod)
        return Quantity(base.get("resources", {}).get("requests", {}).get("memory", "0"))

    def _refuse(self, uid: str, pod: Manifest) -> None:
        """Say that the pod fits on no node, as the scheduler of Kubernetes does."""
        if uid not in self._waiting:
            self._waiting[uid] = UNSCHEDULABLE
            condition = {"type": "PodScheduled", "status": "False", "reason": "Unschedulable"}
            conditions = [{**condition, "message": UNSCHEDULABLE, "lastTransitionTime": _now()}]
            self._server.patch_status(pod, "Pending", {}, conditions=conditions)

    def _admit(self, uid: str, pod: Manifest) -> None:
        log = self.logs / f"{pod['metadata']['name']}.log"
        if self.kubelet is not None:
            self._server.bind(pod, self.kubelet.name)
        try:
            run = _PodRun(pod, self._server, self._image_env, self._folder / uid, log)
            run.kernel_limit = _memory_limit(pod) if self.limits_memory else None
        except PodWaitsError as wait:
            # Like a kubelet, it says so once, and tries again.
            if self._waiting.get(uid) != str(wait):
                self._waiting[uid] = str(wait)
                waiting = {"reason": wait.reason, "message": wait.message}
                self._server.patch_status(pod, "Pending", {main_container(pod)["name"]: {"waiting": waiting}})
        else:
            self._runs[uid] = run
            if self.kubelet is not None:
                run.memory = _memory_limit(pod)
                self.kubelet.serve(pod, log, run.thread)
            run.thread.start()


class _PodRun:
    """One pod, from its volumes to its exit code.

    Attributes:
        pod: The pod.
        thread: Runs it; ends with the pod.
        error: What went wrong in the node, and not in the pod.
        peak: The most memory that its container has had, in bytes; ``None`` where that is not known.
        memory: The most memory that its container may have, in bytes; ``None`` for any.
        kernel_limit: The memory at which the kernel kills a process of it, in bytes; ``None`` for any.
    """

    def __init__(
        self, pod: Manifest, server: _Server, image_env: Mapping[str, str], folder: Path, log: Path
    ) -> None:
        """Prepare what the pod needs.

        Raises:
            PodWaitsError: Something of it is missing.
        """
        self.pod = pod
        self.thread = threading.Thread(target=self._run, name=pod["metadata"]["name"])
        self.error: Exception | None = None
        self.peak: int | None = None
        self.memory: int | None = None
        self.kernel_limit: int | None = None
        self._main = main_container(pod)
        self._server = server
        self._image_env = image_env
        self._folder = folder
        self._log = log
        self._lock = threading.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._killed: str | None = None
        containers = [item for item in pod["spec"].get("initContainers") or [] if self._has_program(item)]
        self._steps = [(item["name"], *self._prepare(item)) for item in [*containers, self._main]]

    def kill(self, reason: str = "Error") -> None:
        """Kill the pod's process, and all that it has started."""
        with self._lock:
            self._killed = self._killed or reason
            if self._process is not None:
                self._process.kill()

    def _has_program(self, container: Manifest) -> bool:
        command = container.get("command")
        return bool(command) and shutil.which(command[0], path=self._image_env["PATH"]) is not None

    def _prepare(self, container: Manifest) -> tuple[list[str], dict[str, str]]:
        env = {**self._image_env, **resolve_env(container, self.pod, self._server.read)}
        volumes = write_volumes(self.pod, self._server.read, self._folder / "volumes")
        root = self._folder / "root" / container["name"]
        root.mkdir(parents=True, exist_ok=True)
        argv = [*(container.get("command") or []), *(container.get("args") or [])]
        binds = resolve_mounts(container, self.pod, volumes)
        return isolate_with(binds, root, [expand(word, env) for word in argv]), env

    def _run(self) -> None:
        try:
            self._run_steps()
        except Exception as error:  # noqa: BLE001  # raised when the node stops
            self.error = error
        finally:
            shutil.rmtree(self._folder)

    def _run_steps(self) -> None:
        pod_started = {"podIP": ADDRESS, "hostIP": ADDRESS, "startTime": _now()}
        states: dict[str, Manifest] = {}
        phase = "Pending"
        for name, command, env in self._steps:
            started = _now()
            states[name] = {"running": {"startedAt": started}}
            phase = "Running" if name == self._main["name"] else "Pending"
            self._server.patch_status(self.pod, phase, states, **pod_started)
            code = self._execute(command, env)
            reason = "Completed" if code == 0 else self._killed or "Error"
            times = {"startedAt": started, "finishedAt": _now()}
            states[name] = {"terminated": {"exitCode": code, "reason": reason, **times}}
            phase = "Succeeded" if code == 0 else "Failed"
            if phase == "Failed":
                break
        self._server.patch_status(self.pod, phase, states)

    def _execute(self, command: list[str], env: dict[str, str]) -> int:
        with self._log.open("ab") as log, make_cgroup(self.kernel_limit, _CORES) as own:
            with self._lock:
                if self._killed:
                    return KILLED
                self._process = subprocess.Popen(  # noqa: S603  # what the pod's author wrote
                    own.enter(command), env=env, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd="/"
                )
            code = self._wait(self._process)
            self.peak = own.read_peak() if own.version else None
        with self._lock:
            self._process = None
        return KILLED if code < 0 else code

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        """Wait for the container's end, and see to it that it keeps to its memory."""
        while self.memory is not None:
            with suppress(subprocess.TimeoutExpired):
                return process.wait(0.2)
            if read_memory(process.pid) > self.memory:
                self.kill("OOMKilled")
        return process.wait()


class _Server:
    """What a kubelet asks of the API server, and tells it.

    Attributes:
        pods: Every pod that the server has shown, by uid, in its latest version.
        left: Set when there is nobody left to tell.
    """

    def __init__(self, client: ApiClient, namespace: str) -> None:
        from kubernetes.client import CoreV1Api

        self.pods: dict[str, Manifest] = {}
        self.left = threading.Event()
        self._api = CoreV1Api(client)
        self._namespace = namespace
        self._options = {"_preload_content": False, "_request_timeout": 10}

    def list_pods(self) -> list[dict[str, Any]]:
        """Give the pods of the namespace."""
        response = self._api.list_namespaced_pod(self._namespace, **self._options)
        pods = json.loads(response.data)["items"]
        for pod in pods:
            self._note(pod)
        return pods

    def bind(self, pod: Manifest, node: str) -> None:
        """Bind a pod to a node, as a scheduler does, unless it is bound."""
        if "nodeName" not in pod["spec"]:
            name = pod["metadata"]["name"]
            target = {"apiVersion": "v1", "kind": "Node", "name": node}
            binding = {"metadata": {"name": name}, "target": target}
            self._api.create_namespaced_pod_binding(name, self._namespace, binding, **self._options)
            pod["spec"]["nodeName"] = node

    def delete(self, pod: Manifest) -> None:
        """Take a pod away for which the server waits, as a kubelet does when its containers have ended."""
        from kubernetes.client.exceptions import NotFoundException

        body = {"gracePeriodSeconds": 0, "preconditions": {"uid": pod["metadata"]["uid"]}}
        with suppress(NotFoundException):
            self._api.delete_namespaced_pod(
                pod["metadata"]["name"], self._namespace, body=body, **self._options
            )

    def _note(self, pod: Manifest) -> None:
        noted = self.pods.setdefault(pod["metadata"]["uid"], pod)
        if int(pod["metadata"]["resourceVersion"]) > int(noted["metadata"]["resourceVersion"]):
            self.pods[pod["metadata"]["uid"]] = pod

    def read(self, kind: str, name: str) -> dict[str, bytes] | None:
        """Read a secret or a config map; ``None`` if there is none."""
        from kubernetes.client.exceptions import NotFoundException

        api = self._api
        call = api.read_namespaced_secret if kind == "Secret" else api.read_namespaced_config_map
        try:
            found = json.loads(call(name, self._namespace, **self._options).data)
        except NotFoundException:
            return None
        entries = (found.get("data") or {}).items()
        return {key: base64.b64decode(text) if kind == "Secret" else text.encode() for key, text in entries}

    def patch_status(self, pod: Manifest, phase: str, states: Mapping[str, Manifest], **others: Any) -> None:
        """Patch a pod's status; again and again while the server is away, as a kubelet does.

        Args:
            pod: The pod.
            phase: Its phase.
            states: The state of each of its containers that has one.
            others: More fields of the status.
        """
        from kubernetes.client.exceptions import NotFoundException

        name, status = pod["metadata"]["name"], {"phase": phase, **_statuses(pod, states), **others}
        while not self.left.is_set():
            try:
                with suppress(*_away()):
                    response = self._api.patch_namespaced_pod_status(
                        name, self._namespace, {"status": status}, **self._options
                    )
                    self._note(json.loads(response.data))
                    return
            except NotFoundException:
                return
            self.left.wait(0.5)


def main_container(pod: Manifest) -> Manifest:
    """Give the container that is played: ``base``, or the first where none has that name."""
    containers = pod["spec"]["containers"]
    return next((item for item in containers if item["name"] == WORKER), containers[0])


def _memory_limit(pod: Manifest) -> int | None:
    limit = main_container(pod).get("resources", {}).get("limits", {}).get("memory")
    return None if limit is None else int(Quantity(limit).number)


def _is_deleted(pod: Manifest) -> bool:
    return "deletionTimestamp" in pod["metadata"]


def _statuses(pod: Manifest, states: Mapping[str, Manifest]) -> dict[str, list[dict[str, Any]]]:
    """Give the statuses of a pod's containers, as far as they have a state."""
    fields = {"initContainers": "initContainerStatuses", "containers": "containerStatuses"}
    return {
        field: [
            {
                "name": container["name"],
                "image": container.get("image", ""),
                "imageID": "",
                "ready": "running" in states[container["name"]],
                "restartCount": 0,
                "state": states[container["name"]],
            }
            for container in pod["spec"].get(containers) or []
            if container["name"] in states
        ]
        for containers, field in fields.items()
    }


def _away() -> tuple[type[Exception], ...]:
    """Give the errors of a server that is not there; one that has just started forbids things at first."""
    from kubernetes.client.exceptions import ForbiddenException, ServiceException
    from urllib3.exceptions import HTTPError

    return ForbiddenException, ServiceException, HTTPError


def _now() -> str:
    return dt.datetime.now(dt.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
