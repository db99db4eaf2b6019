"""Calibrates the pricing models to the volatility surfaces of the evening."""
from datetime import datetime

from airflow.decorators import dag, task
from kubernetes.client import models as k8s

# fmt: off
CALIBRATION = {"pod_override": k8s.V1Pod(
    metadata=k8s.V1ObjectMeta(labels     ={"desk": "exotics"},
                              annotations={"kontor.example/owner": "quant-dev"}),
    spec=k8s.V1PodSpec(
        containers=[k8s.V1Container(
            name="base",
            resources=k8s.V1ResourceRequirements(requests={"cpu": "3500m", "memory": "6Gi" },
                                                 limits  ={"cpu": "7"    , "memory": "12Gi"}))],
        tolerations=[k8s.V1Toleration(key="dedicated", operator="Equal", value="quant", effect="NoSchedule")]))}
# fmt: on

SURFACES = ["SX5E", "DAX", "SMI"]


@dag(schedule="30 19 * * 1-5", start_date=datetime(2023, 1, 1), catchup=False)
def calibrate_models():
    @task(executor_config=CALIBRATION)
    def calibrate(surface):
        print(surface)

    calibrate.expand(surface=SURFACES)


calibrate_models()
