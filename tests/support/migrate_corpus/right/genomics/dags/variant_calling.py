"""Calls variants of a cohort: one task a chromosome, then joint genotyping."""

from datetime import datetime

from airflow.decorators import dag, task

from lab.executor import make_executor_config

COMPUTE = {"lab.example/pool": "compute"}
CHROMOSOMES = [*map(str, range(1, 23)), "X", "Y"]


@dag(schedule=None, start_date=datetime(2024, 1, 1), tags=["wgs"], max_active_tasks=24)
def variant_calling():
    @task(executor_config=make_executor_config("tiny"))
    def read_cohort() -> list[str]:
        return ["sample-1", "sample-2"]

    @task(executor_config=make_executor_config("core", node_selector=COMPUTE))
    def call(chromosome: str, samples: list[str]) -> str:
        return f"s3://lab/{chromosome}.g.vcf.gz"

    @task(executor_config=make_executor_config("node", COMPUTE), retries=1)
    def genotype(files: list[str]) -> None:
        print(len(list(files)))

    genotype(call.partial(samples=read_cohort()).expand(chromosome=CHROMOSOMES))


variant_calling()
