# Lädt die Schlusskurse aller Börsenplätze
from datetime import datetime

from airflow import DAG
from airflow.operators.python import PythonOperator

from common.k8s import resources


BOERSEN = ['XETR', 'XFRA', 'XSTU', 'XAMS', 'XPAR']


def lade(boerse, tag):
    print('lade %s für %s' % (boerse, tag))


default_args = {'owner': 'kurse', 'retries': 3}

dag = DAG('kurse_laden', default_args=default_args, schedule='30 18 * * 1-5', start_date=datetime(2021, 1, 4), catchup=False)

# XETR ist mit Abstand am größten
groessen = {'XETR': resources(cpu=1, memory=4000)}
klein = resources(cpu=0.25, memory=800)

for boerse in BOERSEN:
    PythonOperator(task_id='lade_' + boerse.lower(),
                   python_callable=lade,
                   op_args=[boerse, '{{ ds }}'],
                   executor_config=groessen.get(boerse, resources(cpu=0.5, memory=1500)),
                   dag=dag)

pruefe = PythonOperator(task_id='pruefe', python_callable=lambda: print('geprüft'), executor_config=klein, dag=dag)
