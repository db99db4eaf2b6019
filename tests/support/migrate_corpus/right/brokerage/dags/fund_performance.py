"""Performance of the funds, with tabs as the fund team likes them."""
from datetime import datetime

from airflow import DAG
from airflow.operators.bash import BashOperator
from kubernetes.client import models as k8s

dag = DAG(
	'fund_performance',
	schedule='@monthly',
	start_date=datetime(2021, 1, 1),
	catchup=False,
)

nav = BashOperator(
	task_id='nav',
	bash_command='fundctl nav --month {{ data_interval_start.strftime("%Y-%m") }}',
	executor_config={
		'pod_override': k8s.V1Pod(
			spec=k8s.V1PodSpec(
				containers=[
					k8s.V1Container(
						name='base',
						image='harbor.kontor.example/airflow/fundctl:7.2',
						# fundctl keeps its state in the working directory
						working_dir='/opt/fundctl',
					),
				],
			),
		),
	},
	dag=dag,
)

report = BashOperator(
	task_id='report',
	bash_command='fundctl report',
	executor_config={
		'pod_override': k8s.V1Pod(
			spec=k8s.V1PodSpec(
				containers=[
					k8s.V1Container(
						name='base',
						image='harbor.kontor.example/airflow/fundctl:7.2',
					),
				],
			),
		),
	},
	dag=dag,
)

nav >> report
