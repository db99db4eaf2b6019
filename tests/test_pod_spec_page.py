"""Airflow 2.11's own page "K8s Pod Spec" shows the pods of this package's tasks."""

from __future__ import annotations

import json
import shutil

from airflow_lines import HELM_TEMPLATE
from processes import DAGS, output_of, run_python

SHOW = """
import json

import pendulum
from airflow.models.dagbag import DagBag
from airflow.providers.cncf.kubernetes.template_rendering import get_rendered_k8s_spec
from airflow.utils.session import create_session
from airflow.utils.types import DagRunType

DagBag({path!r}).sync_to_db()
dag = DagBag(read_dags_from_db=True).get_dag("test-secret")
start = pendulum.datetime(2026, 1, 1, tz="UTC")
dates = dict(execution_date=start, data_interval=(start, start))
with create_session() as session:
    run = dag.create_dagrun(
        run_id="manual__1", run_type=DagRunType.MANUAL, state="queued", session=session, **dates
    )
    instance = run.get_task_instance("test-py-env", session=session)
    print("\\n" + json.dumps(get_rendered_k8s_spec(instance, session=session)))
"""


def test_the_page_of_airflow_2_shows_the_merged_pod(empty_database, tmp_path):
    """What Airflow renders for a task instance has our secret by name, and the template's fields."""
    shutil.copy(empty_database, tmp_path / "airflow.db")
    shown = run_python(
        "-c",
        SHOW.format(path=str(DAGS / "secret.py")),
        AIRFLOW_HOME=str(tmp_path),
        AIRFLOW__CORE__EXECUTOR="KubernetesExecutor",
        _AIRFLOW__SKIP_DATABASE_EXECUTOR_COMPATIBILITY_CHECK="1",
        AIRFLOW__KUBERNETES_EXECUTOR__POD_TEMPLATE_FILE=str(HELM_TEMPLATE),
        MY_SECRET="the-value",  # to be seen nowhere
    )
    pod = json.loads(output_of(shown).splitlines()[-1])
    worker = pod["spec"]["containers"][0]
    reference = {"name": "infrared-photon-7780-env", "key": "MY_SECRET"}
    assert {"name": "MY_SECRET", "valueFrom": {"secretKeyRef": reference}} in worker["env"]
    assert worker["image"] == "registry.example.com/infrared-photon-7780/airflow:deploy-3"
    assert pod["metadata"]["labels"]["task_id"] == "test-py-env"
    assert "the-value" not in json.dumps(pod)
