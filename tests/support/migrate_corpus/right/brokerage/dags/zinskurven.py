# -*- coding: latin-1 -*-
"""Zinskurven für alle Währungen, täglich nach Börsenschluß."""
from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator
from kubernetes.client import models as k8s

WAEHRUNGEN = ['EUR', 'USD', 'CHF', 'GBP']

# Größe reicht für 40 Jahre Historie
KURVEN_POD = {
    'pod_override': k8s.V1Pod(
        metadata=k8s.V1ObjectMeta(labels={'abteilung': 'zinsen'}),
        spec=k8s.V1PodSpec(containers=[
            k8s.V1Container(
                name='base',
                resources=k8s.V1ResourceRequirements(
                    requests={'cpu': '500m', 'memory': '1G'},
                    limits={'cpu': '500m', 'memory': '1G'}))]))}


def baue_kurve(waehrung):
    print('Kurve für', waehrung)


with DAG('zinskurven', schedule='0 19 * * 1-5', start_date=datetime(2020, 1, 1), catchup=False) as dag:
    for waehrung in WAEHRUNGEN:
        PythonOperator(task_id='kurve_%s' % waehrung.lower(), python_callable=baue_kurve,
                       op_args=[waehrung], executor_config=KURVEN_POD)
