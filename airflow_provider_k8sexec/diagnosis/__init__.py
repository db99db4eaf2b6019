"""Why a pod failed, was refused or does not start, and what to change, in one sentence."""

from __future__ import annotations

from airflow_provider_k8sexec.diagnosis.containers import diagnose_exceeded, diagnose_whole_exceeded
from airflow_provider_k8sexec.diagnosis.pods import diagnose_pod
from airflow_provider_k8sexec.diagnosis.refusals import diagnose_answer, diagnose_refusal
from airflow_provider_k8sexec.diagnosis.sentence import Diagnosis
from airflow_provider_k8sexec.diagnosis.volumes import diagnose_events

__all__ = [
    "Diagnosis",
    "diagnose_answer",
    "diagnose_events",
    "diagnose_exceeded",
    "diagnose_pod",
    "diagnose_refusal",
    "diagnose_whole_exceeded",
]
