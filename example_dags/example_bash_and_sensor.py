"""### Every flavour of task

`k8s_task` has what `@task` has: Bash, sensors, branches, virtual environments. `k8s_operator` gives the
same options to any other operator, and `k8s_config` to one that somebody else makes.
"""

import pendulum
from airflow import DAG

from airflow_provider_k8sexec import K8sBashOperator, k8s_config, k8s_task

with DAG(
    dag_id="example_bash_and_sensor",
    schedule=None,
    start_date=pendulum.datetime(2023, 1, 1, tz="UTC"),
    doc_md=__doc__,
):

    @k8s_task.sensor(poke_interval=5, mode="reschedule", cpu="100m", memory="256Mi")
    def file_is_there():
        return True

    @k8s_task.bash(cpu=1, memory="1Gi", env_vars={"LC_ALL": "C"})
    def sort_file():
        return "printf 'b\\na\\n' | sort"

    done = K8sBashOperator(task_id="done", bash_command="echo done", executor_config=k8s_config(cpu="100m"))

    file_is_there() >> sort_file() >> done
