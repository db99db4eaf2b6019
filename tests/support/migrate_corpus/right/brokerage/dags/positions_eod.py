"""End of day positions"""
from datetime import datetime, timedelta
from airflow import DAG
from airflow.operators.python import PythonOperator
from airflow.operators.empty import EmptyOperator
from kubernetes.client import models as k8s

def compute(desk):
    print(desk)

with DAG('positions_eod',
         schedule='0 22 * * 1-5',
         start_date=datetime(2021, 6, 1),
         catchup=False,
         default_args={'owner': 'risk',
                       'retries': 2,
                       'retry_delay': timedelta(minutes=1)}) as dag:

    start = EmptyOperator(task_id='start')

    equities = PythonOperator(
        task_id='equities', python_callable=compute, op_args=['equities'],
        executor_config={"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[
            k8s.V1Container(name="base", resources=k8s.V1ResourceRequirements(
                requests={"cpu": "1", "memory": "2Gi"}, limits={"cpu": "2", "memory": "4Gi"}))]))})

    bonds = PythonOperator(
        task_id='bonds', python_callable=compute, op_args=['bonds'],
        executor_config={"pod_override": k8s.V1Pod(spec=k8s.V1PodSpec(containers=[
            k8s.V1Container(name="base", resources=k8s.V1ResourceRequirements(
                requests={"cpu": "1", "memory": "1Gi"},    # yield curves are small
                limits={"cpu": "2", "memory": "2Gi"}))]))})

    start >> [equities, bonds]
