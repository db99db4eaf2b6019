"""Evaluates candidate models on our question sets; started by hand."""

from datetime import datetime

from airflow.decorators import dag, task
from airflow.models.param import Param

from include import pods

QUESTION_SETS = ["support", "returns", "shipping", "smalltalk"]


@dag(
    schedule=None,
    start_date=datetime(2024, 1, 1),
    params={"model": Param("candidate", type="string")},
    tags=["llm", "manual"],
)
def llm_evaluation():
    @task
    def answer(question_set: str, model: str) -> dict:
        print(f"{model} answers {question_set}")
        return {"set": question_set, "score": 0.5}

    @task(executor_config=pods.pod_config("4Gi", "1"))
    def judge(answers: list[dict]) -> float:
        return sum(a["score"] for a in answers) / len(answers)

    answers = (
        answer.override(executor_config=pods.GPU)
        .partial(model="{{ params.model }}")
        .expand(question_set=QUESTION_SETS)
    )
    judge(answers)


llm_evaluation()
