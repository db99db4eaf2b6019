"""What ``k8sexec migrate`` explains and writes of the files of ``migrate_corpus`` that are not right."""

from __future__ import annotations

from attrs import frozen


@frozen
class Wrong:
    """A file whose pods are not what was meant.

    Attributes:
        explained: What the explanation of each mistake has in it, in the order of the lines.
        meant: The pod options that ``--fix`` writes, a call each, in the order of the lines; none where
            nothing is sure, and the file stays as it is.
        right: The options of what is right in the same file, which are written without ``--fix``, too.
    """

    explained: tuple[str, ...]
    meant: tuple[str, ...] = ()
    right: tuple[str, ...] = ()


_LEGACY = "the form of Airflow 1"
_NO_POD = "is not a V1Pod"
_IGNORED = "silently ignores"
_ARGS, _COMMAND = "replaces the args", "replaces the command"
_NO_WORKER = "has no container 'base'"

_AFFINITY = (
    '{"podAntiAffinity": {"requiredDuringSchedulingIgnoredDuringExecution": [{"topologyKey": '
    '"kubernetes.io/hostname", "labelSelector": {"matchExpressions": [{"key": "app", "operator": "In", '
    '"values": ["clickstream-api"]}]}}]}}'
)
_BACKFILL = (
    f'memory=("512Mi", None), affinity={_AFFINITY}, tolerations=["spot", "dedicated=batch:NoSchedule"]'
)
_DBT = 'image="registry.example.com/analytics/dbt-airflow:1.4.2"'
_KEY = 'secrets=[Secret("key.json", file="/var/secrets/google/key.json", name="bq-loader")]'
_CMS = 'env_vars={"CMS_URL": "https://cms.example.com"'

WRONG = {
    "legacy_daily_sales.py": Wrong(
        (_LEGACY, _LEGACY),
        ('cpu=("200m", None), memory=("256Mi", None)', 'cpu=("500m", None), memory=("2Gi", None)'),
    ),
    "legacy_report_builder.py": Wrong(
        (_LEGACY, _LEGACY), ('cpu=("500m", 1), memory="1Gi"', 'cpu=(1, 4), memory=("4Gi", "12Gi")')
    ),
    "legacy_churn_features.py": Wrong(
        (_LEGACY, _LEGACY), ('cpu="500m", memory="1Gi"', 'cpu=2, memory="4Gi"')
    ),
    "legacy_gpu_training.py": Wrong(
        (_LEGACY, _LEGACY),
        (
            (
                'gpu=1, memory="16Gi", '
                'node_selector={"cloud.google.com/gke-accelerator": "nvidia-tesla-t4"}, '
                'tolerations=["nvidia.com/gpu=present:NoSchedule"]'
            ),
            'memory="8Gi"',
        ),
    ),
    "legacy_dbt_nightly.py": Wrong(
        (_LEGACY,) * 3,
        (
            _DBT,
            f'{_DBT}, image_pull_policy="Always", memory=("1Gi", None)',
            f'{_DBT}, image_pull_policy="IfNotPresent"',
        ),
    ),
    "legacy_spot_backfill.py": Wrong((_LEGACY, _LEGACY), (_BACKFILL, _BACKFILL)),
    "legacy_cost_labels.py": Wrong(
        (_LEGACY, _LEGACY),
        (
            (
                'labels={"team": "finance", "cost-centre": COST_CENTRE}, '
                'annotations={"example.com/egress": "sftp.auditors.example.com"}'
            ),
            'labels={"team": "finance", "cost-centre": COST_CENTRE}',
        ),
    ),
    "legacy_scratch_volume.py": Wrong((_LEGACY,), ('memory="2Gi", volumes={"/scratch": EmptyDir()}',)),
    "legacy_shared_claim.py": Wrong(
        (_LEGACY, _LEGACY),
        (
            (
                'volumes={"/in": PersistentVolumeClaim("supplier-files", sub_path="incoming"), '
                '"/etc/ssl/certs": HostPath("/etc/ssl/certs", read_only=True)}'
            ),
            (
                'cpu=("100m", None), '
                'volumes={"/out": PersistentVolumeClaim("supplier-files", sub_path="rejected")}'
            ),
        ),
    ),
    "legacy_bigquery_key.py": Wrong((_LEGACY, _LEGACY), (f'memory=("1Gi", None), {_KEY}', _KEY)),
    "legacy_pod_below_the_key.py": Wrong((_LEGACY,), ('cpu=(1, 2), memory="3Gi"',)),
    "legacy_override_below_the_key.py": Wrong(
        (_LEGACY,),
        ('labels={"team": "crm"}, service_account_name="crm-reader", env_vars={"CHUNK": "50000"}',),
    ),
    "legacy_helper_amounts.py": Wrong((_LEGACY,), ("cpu=cpu, memory=memory",)),
    "legacy_size_presets.py": Wrong(
        (_LEGACY,) * 3,
        (
            'cpu=("250m", None), memory=("512Mi", None)',
            'cpu=(1, None), memory=("2Gi", "4Gi")',
            'cpu=(4, None), memory="16Gi", node_selector={"node.example.com/size": "big"}',
        ),
    ),
    "legacy_default_args.py": Wrong(
        (_LEGACY,), ('memory="1536Mi", image="registry.example.com/compliance/airflow:2.3.1"',)
    ),
    "legacy_regions_loop.py": Wrong((_LEGACY,), ('memory=("1Gi", "2Gi"), labels={"region": region}',)),
    "legacy_constant_keys.py": Wrong((_LEGACY,), ('image=IMAGE, cpu=("500m", None), memory=("1Gi", None)',)),
    "legacy_taskflow_sizes.py": Wrong(
        (_LEGACY, _LEGACY),
        (
            'cpu=("100m", None)',
            ('cpu=("3500m", 7), memory=("12Gi", "14Gi"), tolerations=["batch:NoSchedule"]'),
        ),
    ),
    "legacy_envs_and_account.py": Wrong(
        (_LEGACY, _LEGACY),
        (
            f'memory=("512Mi", None), {_CMS}, "LOG_LEVEL": "debug"}}',
            f'{_CMS}}}, service_account_name="cms-writer"',
        ),
    ),
    "legacy_beside_a_right_one.py": Wrong(
        (_LEGACY,), ('memory=("512Mi", "1Gi")', 'memory="2Gi"'), right=('memory=("512Mi", "1Gi")',)
    ),
    "legacy_dict_calls.py": Wrong(
        (_LEGACY, _LEGACY),
        ('cpu=("100m", None), memory=("128Mi", None)', 'memory="1Gi", node_selector={"pool": "batch"}'),
    ),
    "legacy_volume_models.py": Wrong(
        (_LEGACY,),
        ('memory=("3Gi", None), volumes={"/maps": PersistentVolumeClaim("osm-maps", read_only=True)}',),
    ),
    "plain_dict_cpu_and_memory.py": Wrong((_IGNORED,) * 2, ('cpu="2", memory="4Gi"', 'cpu="500m"')),
    "plain_dict_manifest.py": Wrong(
        (_NO_POD,),
        ('cpu=(1, None), memory="6Gi", labels={"team": "crm"}, node_selector={"pool": "memory"}',),
    ),
    "plain_dict_resources.py": Wrong(
        (_IGNORED, _IGNORED), ('cpu=("250m", "500m"), memory="512Mi"', 'memory="2Gi"')
    ),
    "plain_dict_image.py": Wrong((_IGNORED,), ('image=OCR_IMAGE, image_pull_policy="Always"',)),
    "plain_dict_env_and_volumes.py": Wrong(
        (_NO_POD,),
        (
            (
                'env_vars={"CURRENCY": "EUR"}, '
                'secrets=[Secret("password", env="SHOP_PASSWORD", name="shop-db")], '
                'volumes={"/lists": PersistentVolumeClaim("price-lists")}'
            ),
        ),
    ),
    "plain_dict_from_helper.py": Wrong((_NO_POD,), ("cpu=cpu, memory=memory",)),
    "plain_dict_scheduling.py": Wrong(
        (_NO_POD,),
        (
            (
                'node_selector={"topology.kubernetes.io/zone": "eu-central-1b"}, '
                'tolerations=["archive:NoSchedule"], '
                'service_account_name="archive-indexer"'
            ),
        ),
    ),
    "replaced_args_load_script.py": Wrong(
        (_ARGS,), ('image="registry.example.com/science/airflow:5", memory="2Gi"',)
    ),
    "replaced_command_shell.py": Wrong(
        (_COMMAND,), ('service_account_name="cdn-writer", cpu=("500m", 1), memory="256Mi"',)
    ),
    "replaced_args_of_a_helper.py": Wrong(
        (_ARGS,), ('image="registry.example.com/billing/airflow-java:17", memory=memory',)
    ),
    "replaced_command_of_java.py": Wrong(
        (_COMMAND,), ('image="registry.example.com/edi/airflow:3.2", env_vars={"EDI_STRICT": "1"}',)
    ),
    "not_base_worker.py": Wrong((_NO_WORKER,), ('cpu=2, memory="6Gi"',)),
    "not_base_named_after_the_task.py": Wrong(
        (_NO_WORKER,),
        (
            (
                'image="registry.example.com/language/airflow:cuda12", gpu=1, labels={"app": "translate"}, '
                'node_selector={"accelerator": "nvidia-l4"}, '
                'tolerations=["nvidia.com/gpu:NoSchedule"]'
            ),
        ),
    ),
    "not_base_in_a_loop.py": Wrong((_NO_WORKER,), ('volumes={"/cache": EmptyDir(size="1Gi")}',)),
    "not_base_proxy_first.py": Wrong(("behind 'cloud-sql-proxy'",)),
    "pod_operator_with_override.py": Wrong(("is no argument of KubernetesPodOperator",)),
    "pod_operator_override_constant.py": Wrong(("is no argument of KubernetesPodOperator",)),
    "spec_is_a_dict.py": Wrong(
        ("needs a V1PodSpec there",), ('memory="3Gi", service_account_name="invoice-matcher"',)
    ),
    "ellipsis_for_containers.py": Wrong(("has a literal `...`",)),
    "bare_pod.py": Wrong(
        ("is a V1Pod, where Airflow takes a dict",), ('cpu=("300m", None), memory=("700Mi", "1400Mi")',)
    ),
    "misspelt_key.py": Wrong((_IGNORED,), ('memory="4Gi"',)),
    "never_attached.py": Wrong(("which no task has",)),
    "mount_without_volume.py": Wrong(("there is no volume",)),
    "volume_without_mount.py": Wrong(("is mounted by no container",)),
}

UNTOUCHED = {
    "memory_from_a_variable.py": "Variable.get",
    "image_from_the_environment.py": "os.environ",
    "namespace_from_the_configuration.py": "conf.get",
    "pod_by_environment.py": "os.getenv",
    "image_tag_from_a_variable.py": "Variable.get",
    "memory_by_the_day.py": "depends on a condition",
    "pod_from_a_yaml_file.py": "deserialize_model_file",
    "pod_changed_after_it_was_made.py": "is changed on line",
    "helper_with_branches.py": "is changed on line",
    "volume_of_the_provider.py": "is not a value",
    "zone_by_chance.py": "random.choice",
    "factory_with_keywords.py": "`**`",
}
"""What the reason for leaving a file has in it."""
