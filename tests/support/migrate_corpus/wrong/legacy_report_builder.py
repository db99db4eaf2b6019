"""Builds the PDF reports for the finance department every Monday."""
import pendulum
from airflow import DAG
from airflow.operators.bash import BashOperator
from airflow.operators.python import PythonOperator


def render_reports():
    # LaTeX needs a lot of memory for the appendix with all the tables
    print("rendering")


dag = DAG(
    dag_id="finance_report_builder",
    start_date=pendulum.datetime(2021, 1, 4, tz="Europe/Berlin"),
    schedule="0 6 * * 1",
    catchup=False,
)

fetch = BashOperator(
    task_id="fetch_figures",
    bash_command="echo fetch",
    executor_config={
        "KubernetesExecutor": {
            "request_cpu": "500m",
            "limit_cpu": "1",
            "request_memory": "1Gi",
            "limit_memory": "1Gi",
        }
    },
    dag=dag,
)

render = PythonOperator(
    task_id="render_reports",
    python_callable=render_reports,
    executor_config={
        "KubernetesExecutor": {
            "request_cpu": "1",
            "limit_cpu": "4",
            "request_memory": "4Gi",
            "limit_memory": "12Gi",  # 8Gi was not enough in December
        }
    },
    dag=dag,
)

fetch >> render
