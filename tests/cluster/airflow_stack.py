"""Airflow's own components as processes: a deployment with the KubernetesExecutor, on SQLite or PostgreSQL.

The worker pods run on a :class:`node.Node`, whose image is this machine's files: ``airflow.cfg`` and the DAG
files are in it, as in the images that Astronomer's users build. What differs between components and workers
comes by environment, as Astronomer's chart gives it.
"""

from __future__ import annotations

import json
import secrets
import socket
import sqlite3
import subprocess
import sys
import time
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.request import urlopen

import yaml
from attrs import frozen
from isolation import isolate
from node import SCHEDULER_NAME

import airflow_provider_k8sexec
from airflow_provider_k8sexec._compat import AIRFLOW_3

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

HOST = "127.0.0.1"
BIN = Path(sys.executable).parent
PACKAGE = Path(airflow_provider_k8sexec.__file__).parent
TRIGGER = """
import sys
from airflow.api.client import get_current_api_client
client = get_current_api_client()
for dag_id in sys.argv[1:]:
    client.trigger_dag(dag_id)
"""
"""What ``airflow dags trigger`` does, for several DAGs in one process."""

TEMPLATE_OPTIONS = {
    "cpu": ["100m", 1],
    "memory": ["384Mi", "2Gi"],
    "tolerations": ["airflow:NoSchedule"],
    "scheduler_name": SCHEDULER_NAME,
}
"""The pod options that the pod template of all tasks is written from."""


class Component:
    """One of Airflow's long-running commands.

    Attributes:
        log: The file that gets its output.
        restarts: How often it has ended by itself, and was started again.
    """

    def __init__(self, command: list[str], env: Mapping[str, str], log: Path) -> None:
        self.log = log
        self.restarts = 0
        self._command = isolate(command)
        self._env = env
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it."""
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603  # Airflow's own command
                self._command, env=self._env, stdin=subprocess.DEVNULL, stdout=log, stderr=log
            )

    def kill(self) -> None:
        """Send SIGKILL to it and to all that it has started, and wait until they are gone."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @property
    def has_ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process is not None and self._process.poll() is not None

    def restart(self) -> None:
        """Start it again after it has ended."""
        self.restarts += 1
        self.start()


@frozen
class Site:
    """What a deployment of Airflow is like.

    Attributes:
        namespace: The namespace of worker pods.
        kubeconfig: How the executor gets to the API server.
        dags: The DAG folder.
        settings: Variables of the components.
        worker_env: Variables of the pod template, as in its ``env``.
        restarts: Whether a component that ends is started again, as in Kubernetes; else that is an error.
        database: The URL of an empty PostgreSQL; else the database is a file of SQLite.
        schedulers: How many schedulers there are; SQLite has room for one.
    """

    namespace: str
    kubeconfig: Path
    dags: Path
    settings: Mapping[str, str]
    worker_env: Sequence[Mapping[str, Any]] = ()
    restarts: bool = False
    database: str = ""
    schedulers: int = 1


class AirflowStack:
    """A deployment of Airflow.

    Attributes:
        home: Its ``AIRFLOW_HOME``.
        image_env: The variables of its image.
        env: The variables of its components.
        url: Where its api-server answers.
        components: The components by name.
    """

    def __init__(self, folder: Path, site: Site) -> None:
        """Write the configuration.

        Args:
            folder: An empty directory, for everything.
            site: What this deployment is like.
        """
        self.home = folder / "airflow"
        self.home.mkdir()
        self._site = site
        self._database = self.home / "airflow.db"
        self._port = free_port()
        self.url = f"http://{HOST}:{self._port}"
        self._write_config(site.dags)
        self.image_env = {
            "PATH": f"{BIN}:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(folder),
            "LANG": "C.UTF-8",
            # The package that the tests have imported, and no other that is installed.
            "PYTHONPATH": str(PACKAGE.parent),
            "AIRFLOW_HOME": str(self.home),
            # Airflow 2 refuses SQLite with parallel executors, except to tests.
            "_AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK": "1",
        }
        self.env = {
            **self.image_env,
            "AIRFLOW__CORE__EXECUTOR": "KubernetesExecutor",
            "AIRFLOW__API_AUTH__JWT_SECRET": secrets.token_hex(16),
            "AIRFLOW__KUBERNETES_EXECUTOR__NAMESPACE": site.namespace,
            "AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE": str(folder / "pod_template.yaml"),
            "AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_REPOSITORY": "registry.example.com/airflow",
            "AIRFLOW__KUBERNETES_EXECUTOR__WORKER_CONTAINER_TAG": "deploy-1",
            "AIRFLOW__KUBERNETES_EXECUTOR__WORKER_PODS_CREATION_BATCH_SIZE": "16",
            "AIRFLOW__KUBERNETES_EXECUTOR__IN_CLUSTER": "False",
            "AIRFLOW__KUBERNETES_EXECUTOR__CONFIG_FILE": str(site.kubeconfig),
            **site.settings,
        }
        self._write_template(folder)
        others = [f"scheduler-{number}" for number in range(2, site.schedulers + 1)]
        commands = {name: ["scheduler"] for name in ["scheduler", *others]}
        if AIRFLOW_3:
            commands |= {
                "dag-processor": ["dag-processor"],
                "api-server": ["api-server", "--port", str(self._port)],
            }
        logs = folder / "components"
        logs.mkdir()
        self.components = {
            name: Component([str(BIN / "airflow"), *command], self.env, logs / f"{name}.log")
            for name, command in commands.items()
        }

    def _write_config(self, dags: Path) -> None:
        sections = {
            "core": {
                "dags_folder": dags,
                "load_examples": False,
                "dags_are_paused_at_creation": False,
                "execution_api_server_url": f"http://{HOST}:{self._port}/execution/",
            },
            # Writers wait for each other longer than SQLite's 5 seconds, on a machine that is busy.
            "database": {"sql_alchemy_conn": self._site.database or f"sqlite:///{self._database}?timeout=60"},
            "api": {"host": HOST, "workers": 1, "base_url": f"http://{HOST}:{self._port}"},
            "dag_processor": {"min_file_process_interval": 600, "parsing_processes": 1},
            "scheduler": {"orphaned_tasks_check_interval": 10},
            # Workers wait for the API server longer than 5 seconds, likewise.
            "workers": {"execution_api_timeout": 60},
        }
        if not AIRFLOW_3:
            sections["scheduler"] |= sections.pop("dag_processor")
            # Without the locks of a server, worker and scheduler both count a try of what comes next.
            sections["scheduler"]["schedule_after_task_execution"] = False
        lines = []
        for section, options in sections.items():
            lines += [f"[{section}]", *(f"{name} = {value}" for name, value in options.items())]
        (self.home / "airflow.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")

    def _write_template(self, folder: Path) -> None:
        """Write the pod template as a platform team does: its options laid over what the chart gives."""
        worker = {
            "name": "base",
            "image": "registry.example.com/airflow:deploy-1",
            "env": [{"name": "AIRFLOW__CORE__EXECUTOR", "value": "LocalExecutor"}, *self._site.worker_env],
        }
        chart = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": "airflow-worker", "labels": {"tier": "airflow", "component": "worker"}},
            "spec": {"containers": [worker], "restartPolicy": "Never"},
        }
        base = folder / "chart.yaml"
        base.write_text(yaml.safe_dump(chart), encoding="utf-8")
        command = [str(BIN / "k8sexec"), "template", "--from", str(base)]
        template = self.run(command, AIRFLOW__K8SEXEC__POD_OPTIONS=json.dumps(TEMPLATE_OPTIONS))
        (folder / "pod_template.yaml").write_text(template, encoding="utf-8")

    def start(self) -> None:
        """Create the database, and start all components."""
        self.run([str(BIN / "airflow"), "db", "migrate"])
        if not self._site.database:
            self._write("PRAGMA journal_mode=WAL")
        # The api-server first: a worker that finds none gives up after some seconds.
        for name, component in reversed(self.components.items()):
            component.start()
            if name == "api-server":
                self.wait_until(self._answers, "the api-server")

    def _answers(self) -> bool:
        with suppress(OSError), urlopen(f"http://{HOST}:{self._port}/execution/health", timeout=60):
            return True
        return False

    def kill(self) -> None:
        """Kill all components."""
        for component in self.components.values():
            component.kill()

    @property
    def scheduler(self) -> str:
        """The id of the job of the last scheduler that has started."""
        return str(self.query("SELECT max(id) FROM job WHERE job_type = 'SchedulerJob'")[0][0])

    def restart_scheduler(self) -> None:
        """Kill the scheduler, and start another, which begins with the pods of the first."""
        before = self.scheduler
        self.components["scheduler"].kill()
        self.age_heartbeats(f"id = {before}")
        self.components["scheduler"].start()
        self.wait_until(lambda: self.scheduler != before, "a new scheduler")

    def run(self, command: list[str], **environ: str) -> str:
        """Run a command as one of the deployment's components would, and give what it prints.

        Args:
            command: The command.
            **environ: Variables that it has and the components have not.

        Raises:
            RuntimeError: It fails.
        """
        env = {**self.env, **environ}
        done = subprocess.run(  # noqa: S603  # our own commands
            command, env=env, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise RuntimeError(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout

    def trigger(self, dag_ids: Iterable[str]) -> None:
        """Make a run of each DAG."""
        self.run([str(BIN / "python"), "-c", TRIGGER, *dag_ids])

    def query(self, statement: str) -> list[tuple[Any, ...]]:
        """Ask the database."""
        with closing(self._connect()) as database, closing(database.cursor()) as cursor:
            cursor.execute(statement)
            return cursor.fetchall()

    def _write(self, statement: str) -> None:
        with closing(self._connect()) as database, closing(database.cursor()) as cursor:
            cursor.execute(statement)
            database.commit()

    def _connect(self) -> Any:
        if not self._site.database:
            return sqlite3.connect(self._database, timeout=60)
        import psycopg2  # only where there is such a server

        return psycopg2.connect(self._site.database.replace("+psycopg2", ""))

    def age_heartbeats(self, jobs: str) -> None:
        """Make jobs look as if they had not been heard of for long, so that nobody waits for them.

        Args:
            jobs: A condition on the table ``job``.
        """
        self._write(f"UPDATE job SET latest_heartbeat = '2020-01-01 00:00:00.000000' WHERE {jobs}")  # noqa: S608

    def dump(self) -> str:
        """Give everything that the database has, as text."""
        with closing(sqlite3.connect(f"file:{self._database}?mode=ro", uri=True, timeout=60)) as database:
            return "\n".join(database.iterdump())

    def wait_until(self, is_so: Callable[[], bool], what: str, seconds: float = 300) -> None:
        """Wait while the components do their work.

        Raises:
            RuntimeError: It took too long, or a component has ended.
        """
        end = time.monotonic() + seconds
        while not is_so():
            self._look_after_components()
            if time.monotonic() > end:
                states = self.query("SELECT dag_id, task_id, map_index, state FROM task_instance")
                raise RuntimeError(f"not in {seconds} seconds: {what}; tasks: {states}")
            time.sleep(0.5)

    def _look_after_components(self) -> None:
        for name, component in self.components.items():
            if component.has_ended and self._site.restarts:
                component.restart()
            elif component.has_ended:
                lines = component.log.read_text(encoding="utf-8", errors="replace").splitlines()
                raise RuntimeError("\n".join([f"{name} has ended:", *lines[-40:]]))

    def wait_for_dags(self, dag_ids: Iterable[str]) -> None:
        """Wait until DAGs are there.

        Raises:
            RuntimeError: A DAG file cannot be imported, or it took too long.
        """

        def are_there() -> bool:
            errors = self.query("SELECT filename, stacktrace FROM import_error")
            if errors:
                raise RuntimeError("\n".join(f"{file}: {trace}" for file, trace in errors))
            return {dag_id for (dag_id,) in self.query("SELECT dag_id FROM serialized_dag")} >= set(dag_ids)

        self.wait_until(are_there, f"DAGs {sorted(dag_ids)}")

    def wait_for_runs(self, dag_ids: Iterable[str], seconds: float = 300) -> None:
        """Wait until each DAG has a run that has ended.

        Raises:
            RuntimeError: It took too long.
        """
        ended = "SELECT dag_id FROM dag_run WHERE state IN ('success', 'failed')"
        self.wait_until(
            lambda: {dag_id for (dag_id,) in self.query(ended)} >= set(dag_ids),
            f"runs of {sorted(dag_ids)}",
            seconds,
        )


@contextmanager
def run_stack(stack: AirflowStack) -> Iterator[AirflowStack]:
    """Run a deployment, and leave no process of it behind."""
    try:
        stack.start()
        yield stack
    finally:
        stack.kill()


def free_port() -> int:
    """Give a port that nobody listens on."""
    with closing(socket.create_server((HOST, 0))) as server:
        return server.getsockname()[1]
