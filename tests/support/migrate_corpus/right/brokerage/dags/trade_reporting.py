from airflow.decorators import dag, task
from common.k8s import resources, with_image
import pendulum

@dag(schedule="0 6 * * *", start_date=pendulum.datetime(2022, 1, 1, tz="Europe/Zurich"), catchup=False)
def trade_reporting():
    """MiFIR transaction reports (RTS 22), T+1"""
    @task(executor_config=resources(memory=3000))
    def collect(): return ["T1", "T2"]

    # quant 2024.9 has the new schema of the regulator
    @task(executor_config=with_image("2024.9.1"))
    def build(trades): return "\n".join(trades)

    @task(executor_config=with_image("2024.9.1", pull_policy="Always"))
    def submit(report): print(report)

    submit(build(collect()))

trade_reporting()
