"""Transcodes the training videos with ffmpeg, on the nodes with many cores."""

import pendulum
from airflow import DAG
from airflow.providers.cncf.kubernetes.operators.pod import KubernetesPodOperator
from kubernetes.client import models as k8s

BIG_NODE = k8s.V1Pod(
    spec=k8s.V1PodSpec(
        containers=[k8s.V1Container(name="base")],
        node_selector={"node.example.com/cores": "64"},
    )
)

with DAG(
    "video_transcoding",
    start_date=pendulum.datetime(2024, 6, 1, tz="UTC"),
    schedule=None,
    catchup=False,
    tags=["media"],
):
    for quality in ("720p", "1080p"):
        KubernetesPodOperator(
            task_id=f"transcode_{quality}",
            name=f"transcode-{quality}",
            image="jrottenberg/ffmpeg:6-alpine",
            arguments=["-i", "/videos/in.mp4", f"/videos/{quality}.mp4"],
            pod_override=BIG_NODE,
        )
