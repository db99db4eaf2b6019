"""What an author may get wrong of the pod itself, and of the containers beside the worker's.

Rows: wrong options; the value and the argument as the error shows them; the remedy; and what follows it.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_k8sexec import ImageVolume, ResourceClaimTemplate, Toleration, per_try

ROWS: dict[str, tuple[dict[str, Any], str, str, dict[str, Any] | None]] = {
    "an image with a space": (
        {"image": "airflow: latest"},
        "image='airflow: latest'",
        "write for example 'registry.example.com/airflow:3.3.2'",
        {"image": "registry.example.com/airflow:3.3.2"},
    ),
    "no image": (
        {"image": ""},
        "image=''",
        "write for example 'registry.example.com/airflow:3.3.2'",
        {"image": "registry.example.com/airflow:3.3.2"},
    ),
    "an image as a template": (
        {"image": "{{ var.value.image }}"},
        "image='{{ var.value.image }}'",
        (
            "write the value itself, which the DAG file may compute, or use K8sPodOperator, which renders "
            "image for the pod that it starts"
        ),
        {"image": "registry.example.com/airflow:3.3.2"},
    ),
    "an image in a list": ({"image": ["airflow"]}, "image=['airflow']", "write image='...'", None),
    "a pull policy in lower case": (
        {"image_pull_policy": "always"},
        "image_pull_policy='always'",
        "write 'Always'",
        {"image_pull_policy": "Always"},
    ),
    "a pull policy that is none": (
        {"image_pull_policy": "sometimes"},
        "image_pull_policy='sometimes'",
        "write one of 'Always', 'IfNotPresent', 'Never'",
        {"image_pull_policy": "IfNotPresent"},
    ),
    "a choice of disruption that is none": (
        {"disruption": "never"},
        "disruption='never'",
        "write 'avoid' or 'allow'",
        {"disruption": "avoid"},
    ),
    "a choice of disruption in capitals": (
        {"disruption": "Avoid"},
        "disruption='Avoid'",
        "write 'avoid'",
        {"disruption": "avoid"},
    ),
    "an annotation against disruption": (
        {"disruption": "avoid", "annotations": {"karpenter.sh/do-not-disrupt": "false"}},
        "annotations['karpenter.sh/do-not-disrupt']='false'",
        "remove one of the two",
        {"disruption": "avoid"},
    ),
    "an annotation of an override against disruption": (
        {
            "disruption": "allow",
            "pod_override": {
                "metadata": {"annotations": {"cluster-autoscaler.kubernetes.io/safe-to-evict": "false"}}
            },
        },
        "pod_override['metadata']['annotations']['cluster-autoscaler.kubernetes.io/safe-to-evict']='false'",
        "remove one of the two",
        {"disruption": "allow"},
    ),
    "a queue in capitals": (
        {"queue_name": "Team_A"},
        "queue_name='Team_A'",
        "write for example 'team-a'",
        {"queue_name": "team-a"},
    ),
    "no queue": (
        {"queue_name": ""},
        "queue_name=''",
        "write for example 'team-a', or remove it",
        {"queue_name": "team-a"},
    ),
    "a queue that no label may be": (
        {"queue_name": "team a"},
        "queue_name='team a'",
        "write for example 'team-a'",
        {"queue_name": "team-a"},
    ),
    "a label of a queue in capitals": (
        {"labels": {"kueue.x-k8s.io/queue-name": "Team_A"}},
        "labels['kueue.x-k8s.io/queue-name']='Team_A'",
        "write for example 'team-a'",
        {"labels": {"kueue.x-k8s.io/queue-name": "team-a"}},
    ),
    "a label of an override of a queue in capitals": (
        {"pod_override": {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "Team_A"}}}},
        "pod_override['metadata']['labels']['kueue.x-k8s.io/queue-name']='Team_A'",
        "write for example 'team-a'",
        {"labels": {"kueue.x-k8s.io/queue-name": ""}},
    ),
    "a label of another queue": (
        {"queue_name": "team-a", "labels": {"kueue.x-k8s.io/queue-name": "team-b"}},
        "labels['kueue.x-k8s.io/queue-name']='team-b'",
        "remove one of the two",
        {"queue_name": "team-a"},
    ),
    "a label of an override of another queue": (
        {
            "queue_name": "team-a",
            "pod_override": {"metadata": {"labels": {"kueue.x-k8s.io/queue-name": "team-b"}}},
        },
        "pod_override['metadata']['labels']['kueue.x-k8s.io/queue-name']='team-b'",
        "remove one of the two",
        {"queue_name": "team-a"},
    ),
    "a host alias that is no address": (
        {"host_aliases": {"10.0.0": ["db.local"]}},
        "host_aliases='10.0.0'",
        "write for example '10.0.0.10'",
        {"host_aliases": {"10.0.0.1": ["db.local"]}},
    ),
    "a host name with an underscore": (
        {"host_aliases": {"10.0.0.1": ["db_local"]}},
        "host_aliases['10.0.0.1'][0]='db_local'",
        "write for example 'db-local'",
        {"host_aliases": {"10.0.0.1": ["db-local"]}},
    ),
    "one host name without a list": (
        {"host_aliases": {"10.0.0.1": "db.local"}},
        "host_aliases['10.0.0.1']='db.local'",
        "write host_aliases['10.0.0.1']=['db.local']",
        {"host_aliases": {"10.0.0.1": ["db.local"]}},
    ),
    "a host alias with a misspelt field": (
        {"host_aliases": [{"ip": "10.0.0.1", "hostname": ["db.local"]}]},
        "host_aliases[0]['hostname']=<list>",
        "write 'hostnames'",
        {"host_aliases": [{"ip": "10.0.0.1", "hostnames": ["db.local"]}]},
    ),
    "a host alias without its address": (
        {"host_aliases": [{"hostnames": ["db.local"]}]},
        "host_aliases[0]['ip']=None",
        "write for example '10.0.0.1'",
        {"host_aliases": [{"ip": "10.0.0.1", "hostnames": ["db.local"]}]},
    ),
    "a host name that is a number": (
        {"host_aliases": [{"ip": "10.0.0.1", "hostnames": [1]}]},
        "host_aliases[0]['hostnames'][0]=1",
        "write for example 'db.local'",
        {"host_aliases": [{"ip": "10.0.0.1", "hostnames": ["db.local"]}]},
    ),
    "host aliases as a string": (
        {"host_aliases": "10.0.0.1 db"},
        "host_aliases=<str>",
        "write host_aliases={'10.0.0.1': ['db.local']}",
        {"host_aliases": {"10.0.0.1": ["db.local"]}},
    ),
    "a host name behind its address": (
        {"host_aliases": {"db.local": "10.1.2.3"}},
        "host_aliases['db.local']='10.1.2.3'",
        "write the address first: {'10.1.2.3': ['db.local']}",
        {"host_aliases": {"10.1.2.3": ["db.local"]}},
    ),
    "a host name behind a list of its address": (
        {"host_aliases": {"db.local": ["10.1.2.3"]}},
        "host_aliases['db.local']=['10.1.2.3']",
        "write the address first: {'10.1.2.3': ['db.local']}",
        {"host_aliases": {"10.1.2.3": ["db.local"]}},
    ),
    "a host alias with a misspelt address": (
        {"host_aliases": [{"ipp": "10.1.2.3", "hostnames": ["db"]}]},
        "host_aliases[0]['ipp']=<str>",
        "write 'ip'",
        {"host_aliases": [{"ip": "10.1.2.3", "hostnames": ["db"]}]},
    ),
    "a host alias with a field of no meaning": (
        {"host_aliases": [{"ip": "10.1.2.3", "target": ["db"]}]},
        "host_aliases[0]['target']=<list>",
        "write one of ['ip', 'hostnames']",
        {"host_aliases": [{"ip": "10.1.2.3", "hostnames": ["db"]}]},
    ),
    "one host alias without a list": (
        {"host_aliases": {"ip": "10.1.2.3", "hostnames": ["db"]}},
        "host_aliases=<dict>",
        "write host_aliases=[{'hostnames': ['db'], 'ip': '10.1.2.3'}]",
        {"host_aliases": [{"hostnames": ["db"], "ip": "10.1.2.3"}]},
    ),
    "a spread without a domain": (
        {"topology_spread_constraints": [{"maxSkew": 1, "whenUnsatisfiable": "ScheduleAnyway"}]},
        "topology_spread_constraints[0]['topologyKey']=None",
        "write a string",
        None,
    ),
    "a spread of no skew": (
        {
            "topology_spread_constraints": [
                {"maxSkew": 0, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
            ]
        },
        "topology_spread_constraints[0]['maxSkew']=0",
        "write a number from 1 to 2147483647",
        None,
    ),
    "a spread in snake case": (
        {
            "topology_spread_constraints": [
                {"max_skew": 1, "topologyKey": "zone", "whenUnsatisfiable": "ScheduleAnyway"}
            ]
        },
        "topology_spread_constraints[0]['max_skew']=1",
        "write 'maxSkew'",
        None,
    ),
    "labels as a selector": (
        {
            "topology_spread_constraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "zone",
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"team": "etl"},
                }
            ]
        },
        "topology_spread_constraints[0]['labelSelector']['team']=<str>",
        "write {'matchLabels': {'team': 'etl'}}",
        {
            "topology_spread_constraints": [
                {
                    "maxSkew": 1,
                    "topologyKey": "zone",
                    "whenUnsatisfiable": "ScheduleAnyway",
                    "labelSelector": {"matchLabels": {"team": "etl"}},
                }
            ]
        },
    ),
    "one spread without a list": (
        {"topology_spread_constraints": {"maxSkew": 1}},
        "topology_spread_constraints=<dict>",
        (
            "write topology_spread_constraints=[{'maxSkew': 1, 'topologyKey': 'topology.kubernetes.io/zone', "
            "...}]"
        ),
        None,
    ),
    "bytes of the pod as a bare number": (
        {"pod_resources": {"memory": 4096}},
        "pod_resources['memory']=4096",
        "write '4096Mi'",
        {"pod_resources": {"memory": "4096Mi"}},
    ),
    "cores of the pod as bytes": (
        {"pod_resources": {"cpu": "500Mi"}},
        "pod_resources['cpu']='500Mi'",
        "write '500m' for thousandths of a core",
        {"pod_resources": {"cpu": "500m"}},
    ),
    "devices of the pod as a whole": (
        {"pod_resources": {"nvidia.com/gpu": 1}},
        "pod_resources['nvidia.com/gpu']=1",
        "write gpu=1 instead",
        {"gpu": 1},
    ),
    "a resource that only containers have": (
        {"pod_resources": {"ephemeral-storage": "1Gi"}},
        "pod_resources['ephemeral-storage']='1Gi'",
        "write ephemeral_storage='1Gi' instead",
        {"ephemeral_storage": "1Gi"},
    ),
    "a device of the pod": (
        {"pod_resources": {"gpu": 2}},
        "pod_resources['gpu']=2",
        "write gpu=2 instead",
        {"gpu": 2},
    ),
    "another device of the pod": (
        {"pod_resources": {"amd.com/gpu": 2}},
        "pod_resources['amd.com/gpu']=2",
        "write gpu={'amd.com/gpu': 2} instead",
        {"gpu": {"amd.com/gpu": 2}},
    ),
    "memory of the pod with a letter left out": (
        {"pod_resources": {"memry": "1Gi"}},
        "pod_resources['memry']='1Gi'",
        "write 'memory'",
        {"pod_resources": {"memory": "1Gi"}},
    ),
    "a resource of the pod that is none": (
        {"pod_resources": {"disk": "1Gi"}},
        "pod_resources['disk']='1Gi'",
        "write one of 'cpu', 'memory', or for example 'hugepages-2Mi'",
        {"pod_resources": {"memory": "1Gi"}},
    ),
    "a resource of the pod that is a number": (
        {"pod_resources": {5: 1}},
        "pod_resources[5]=1",
        "write one of 'cpu', 'memory', or for example 'hugepages-2Mi'",
        {"pod_resources": {"cpu": 1}},
    ),
    "amounts of the pod as Kubernetes has them": (
        {"pod_resources": {"requests": {"cpu": 1}, "limits": {"cpu": 2}}},
        "pod_resources=<dict>",
        "write {'cpu': (1, 2)}",
        {"pod_resources": {"cpu": (1, 2)}},
    ),
    "amounts of the pod as one side": (
        {"pod_resources": {"limits": {"memory": "1Gi"}}},
        "pod_resources=<dict>",
        "write {'memory': (None, '1Gi')}",
        {"pod_resources": {"memory": (None, "1Gi")}},
    ),
    "a side of the pod's amounts that is a number": (
        {"pod_resources": {"requests": 3}},
        "pod_resources=<dict>",
        "write {'cpu': (1, 2), 'memory': '4Gi'}",
        {"pod_resources": {"cpu": (1, 2), "memory": "4Gi"}},
    ),
    "a pod with less memory than its container": (
        {"memory": "10Gi", "pod_resources": {"memory": "8Gi"}},
        "pod_resources['memory']='8Gi'",
        "write at least '10Gi'",
        {"memory": "10Gi", "pod_resources": {"memory": "10Gi"}},
    ),
    "a container's limit above the pod's": (
        {"memory": ("1Gi", "16Gi"), "pod_resources": {"memory": "8Gi"}},
        "memory='16Gi'",
        "write at most that, or more in the pod's resources",
        {"memory": ("1Gi", "8Gi"), "pod_resources": {"memory": "8Gi"}},
    ),
    "a limit of a later try above the pod's": (
        {"memory": per_try("4Gi", "16Gi"), "pod_resources": {"memory": "8Gi"}},
        "memory[try 2]='16Gi'",
        "write at most that, or more in the pod's resources",
        {"memory": per_try("4Gi", "16Gi"), "pod_resources": {"memory": "16Gi"}},
    ),
    "a pod that is smaller than its container": (
        {"cpu": 2, "pod_resources": {"cpu": 1}},
        "pod_resources['cpu']='1'",
        "write at least '2'",
        {"cpu": 2, "pod_resources": {"cpu": "2"}},
    ),
    "amounts of the pod that grow": (
        {"pod_resources": {"memory": per_try("1Gi", "2Gi")}},
        "pod_resources['memory']=per_try('1Gi', '2Gi')",
        "write one amount, and cpu= or memory=per_try(...)",
        {"pod_resources": {"memory": "2Gi"}},
    ),
    "amounts of the pod that are no pair": (
        {"pod_resources": {"memory": ("1Gi", "2Gi", "4Gi")}},
        "pod_resources['memory']=('1Gi', '2Gi', '4Gi')",
        "write (request, limit)",
        {"pod_resources": {"memory": ("1Gi", "4Gi")}},
    ),
    "amounts of the pod as one": (
        {"pod_resources": "4Gi"},
        "pod_resources='4Gi'",
        "write pod_resources={'cpu': (1, 2), 'memory': '4Gi'}",
        {"pod_resources": {"cpu": (1, 2), "memory": "4Gi"}},
    ),
    "a claim without a name in the pod": (
        {"resource_claims": "a100"},
        "resource_claims=<str>",
        "write resource_claims={'gpu': ResourceClaimTemplate('a100')}",
        {"resource_claims": {"gpu": ResourceClaimTemplate("a100")}},
    ),
    "a claim that is a number": (
        {"resource_claims": {"gpu": 1}},
        "resource_claims['gpu']=1",
        "write for example ResourceClaimTemplate('a100')",
        {"resource_claims": {"gpu": ResourceClaimTemplate("a100")}},
    ),
    "a claim's name with an underscore": (
        {"resource_claims": {"gpu": "team_gpus"}},
        "resource_claims['gpu']='team_gpus'",
        "write for example 'team-gpus'",
        {"resource_claims": {"gpu": "team-gpus"}},
    ),
    "a claim of two kinds": (
        {"resource_claims": {"gpu": {"resourceClaimName": "a", "resourceClaimTemplateName": "b"}}},
        "resource_claims['gpu']=['resourceClaimName', 'resourceClaimTemplateName']",
        "write one of 'resourceClaimName', 'resourceClaimTemplateName'",
        {"resource_claims": {"gpu": {"resourceClaimName": "a"}}},
    ),
    "a claim without a source": (
        {"resource_claims": {"gpu": {"name": "gpu"}}},
        "resource_claims['gpu']=[]",
        "write one of 'resourceClaimName', 'resourceClaimTemplateName'",
        {"resource_claims": {"gpu": {"name": "gpu", "resourceClaimName": "a"}}},
    ),
    "a number as the request of a claim": (
        {"resource_claims": {"gpu": ResourceClaimTemplate("a100", request=5)}},  # type: ignore[arg-type]
        "resource_claims['gpu'].request=5",
        "write request='5'",
        {"resource_claims": {"gpu": ResourceClaimTemplate("a100", request="5")}},
    ),
    "a claim under a name in capitals": (
        {"resource_claims": {"GPU": "a"}},
        "resource_claims='GPU'",
        "write for example 'gpu'",
        {"resource_claims": {"gpu": "a"}},
    ),
    "an image volume without an image": (
        {"volumes": {"/model": ImageVolume("")}},
        "volumes['/model'].reference=''",
        "write the image, for example 'registry.example.com/model:1'",
        {"volumes": {"/model": ImageVolume("model:1")}},
    ),
    "a pull policy of an image volume that is none": (
        {"volumes": {"/model": ImageVolume("model:1", pull_policy="sometimes")}},  # type: ignore[arg-type]
        "volumes['/model'].pull_policy='sometimes'",
        "write one of 'Always', 'IfNotPresent', 'Never'",
        {"volumes": {"/model": ImageVolume("model:1", pull_policy="Never")}},
    ),
    "a pull secret as a bare string": (
        {"image_pull_secrets": "regcred"},
        "image_pull_secrets='regcred'",
        "write image_pull_secrets=['regcred']",
        {"image_pull_secrets": ["regcred"]},
    ),
    "a pull secret's name with an underscore": (
        {"image_pull_secrets": ["reg_cred"]},
        "image_pull_secrets[0]='reg_cred'",
        "write for example 'reg-cred'",
        {"image_pull_secrets": ["reg-cred"]},
    ),
    "a pull secret without a name": (
        {"image_pull_secrets": [{"secret": "regcred"}]},
        "image_pull_secrets[0]={'secret': 'regcred'}",
        "write '...'",
        None,
    ),
    "a pull secret that is a number": (
        {"image_pull_secrets": [5]},
        "image_pull_secrets[0]=5",
        "write '5'",
        {"image_pull_secrets": ["5"]},
    ),
    "rights of the pod for the container": (
        {"container_security_context": {"fsGroup": 50000}},
        "container_security_context['fsGroup']=50000",
        "it belongs in PodSecurityContext",
        {"security_context": {"fsGroup": 50000}},
    ),
    "rights in snake case": (
        {"container_security_context": {"run_as_user": 50000}},
        "container_security_context['run_as_user']=50000",
        "write 'runAsUser'",
        {"container_security_context": {"runAsUser": 50000}},
    ),
    "a user as a text": (
        {"container_security_context": {"runAsUser": "50000"}},
        "container_security_context['runAsUser']='50000'",
        "write 50000",
        {"container_security_context": {"runAsUser": 50000}},
    ),
    "a word for rights": (
        {"container_security_context": "privileged"},
        "container_security_context=<str>",
        "write a dict, as in YAML",
        None,
    ),
    "rights of the container for the pod": (
        {"security_context": {"privileged": True}},
        "security_context['privileged']=True",
        "it belongs in SecurityContext",
        {"container_security_context": {"privileged": True}},
    ),
    "a number for rights": (
        {"security_context": 50000},
        "security_context=50000",
        "write a dict, as in YAML",
        {"security_context": {"runAsUser": 50000}},
    ),
    "a selector in a line": (
        {"node_selector": "disk=ssd"},
        "node_selector=<str>",
        "write node_selector={'key': 'value'}",
        {"node_selector": {"key": "value"}},
    ),
    "truth in a selector": (
        {"node_selector": {"gpu": True}},
        "node_selector['gpu']=True",
        "write 'gpu': 'true'",
        {"node_selector": {"gpu": "true"}},
    ),
    "a space in a selector's key": (
        {"node_selector": {"disk type": "ssd"}},
        "node_selector='disk type'",
        "write for example 'example.com/team'",
        {"node_selector": {"example.com/team": "ssd"}},
    ),
    "a space in a selector's value": (
        {"node_selector": {"disk": "s s d"}},
        "node_selector['disk']='s s d'",
        "write for example 'team-a'",
        {"node_selector": {"disk": "team-a"}},
    ),
    "a toleration as a bare string": (
        {"tolerations": "gpu=true:NoSchedule"},
        "tolerations='gpu=true:NoSchedule'",
        "write tolerations=['gpu=true:NoSchedule']",
        {"tolerations": ["gpu=true:NoSchedule"]},
    ),
    "a toleration that is a mapping": (
        {"tolerations": {"key": "gpu"}},
        "tolerations=<dict>",
        "write tolerations=['gpu=true:NoSchedule']",
        {"tolerations": ["gpu=true:NoSchedule"]},
    ),
    "a toleration that is a number": (
        {"tolerations": [5]},
        "tolerations[0]=5",
        "write for example 'gpu=true:NoSchedule'",
        {"tolerations": ["gpu=true:NoSchedule"]},
    ),
    "a toleration without a key": (
        {"tolerations": [":NoSchedule"]},
        "tolerations[0]=':NoSchedule'",
        "write for example 'gpu=true:NoSchedule'",
        {"tolerations": ["gpu=true:NoSchedule"]},
    ),
    "an effect in lower case": (
        {"tolerations": ["gpu=true:noschedule"]},
        "tolerations[0]='noschedule'",
        "write 'NoSchedule'",
        {"tolerations": ["gpu=true:NoSchedule"]},
    ),
    "an effect that is none": (
        {"tolerations": ["gpu=true:Never"]},
        "tolerations[0]='Never'",
        "write one of 'NoSchedule', 'PreferNoSchedule', 'NoExecute'",
        {"tolerations": ["gpu=true:NoExecute"]},
    ),
    "a toleration's value with a space": (
        {"tolerations": ["gpu=a 100"]},
        "tolerations[0]='a 100'",
        "write for example 'team-a'",
        {"tolerations": ["gpu=team-a"]},
    ),
    "an operator in lower case": (
        {"tolerations": [{"key": "gpu", "operator": "exists"}]},
        "tolerations[0]='exists'",
        "write 'Exists'",
        {"tolerations": [{"key": "gpu", "operator": "Exists"}]},
    ),
    "a value for any value": (
        {"tolerations": [{"key": "gpu", "operator": "Exists", "value": "true"}]},
        "tolerations[0]={'key': 'gpu', 'operator': 'Exists', 'value': 'true'}",
        "remove the value",
        {"tolerations": [{"key": "gpu", "operator": "Exists"}]},
    ),
    "a value for every key": (
        {"tolerations": [Toleration(value="true")]},
        "tolerations[0]={'operator': 'Equal', 'value': 'true'}",
        "write operator 'Exists'",
        {"tolerations": [Toleration()]},
    ),
    "seconds for an effect that knows none": (
        {"tolerations": [Toleration("gpu", effect="NoSchedule", toleration_seconds=60)]},
        (
            "tolerations[0]={'effect': 'NoSchedule', 'key': 'gpu', 'operator': 'Exists', "
            "'tolerationSeconds': 60}"
        ),
        "remove them, or write effect 'NoExecute'",
        {"tolerations": [Toleration("gpu", effect="NoExecute", toleration_seconds=60)]},
    ),
    "a toleration in snake case": (
        {"tolerations": [{"key": "gpu", "effect": "NoExecute", "toleration_seconds": 60}]},
        "tolerations[0]['toleration_seconds']=60",
        "write 'tolerationSeconds'",
        {"tolerations": [{"key": "gpu", "effect": "NoExecute", "tolerationSeconds": 60}]},
    ),
    "a number for a toleration's key": (
        {"tolerations": [Toleration(5)]},
        "tolerations[0]['key']=5",
        "write '5'",
        {"tolerations": [Toleration("5")]},
    ),
    "affinity in snake case": (
        {"affinity": {"node_affinity": {}}},
        "affinity['node_affinity']=<dict>",
        "write 'nodeAffinity'",
        {"affinity": {"nodeAffinity": {}}},
    ),
    "a list for affinity": ({"affinity": ["zone"]}, "affinity=<list>", "write a dict, as in YAML", None),
    "a list for a part of affinity": (
        {"affinity": {"nodeAffinity": []}},
        "affinity['nodeAffinity']=<list>",
        (
            "write one, with fields of ['preferredDuringSchedulingIgnoredDuringExecution', "
            "'requiredDuringSchedulingIgnoredDuringExecution']"
        ),
        None,
    ),
    "a priority with a space": (
        {"priority_class_name": "High Priority"},
        "priority_class_name='High Priority'",
        "write for example 'etl-worker'",
        {"priority_class_name": "etl-worker"},
    ),
    "a number for a priority": (
        {"priority_class_name": 100},
        "priority_class_name=100",
        "write priority_class_name='100'",
        {"priority_class_name": "100"},
    ),
    "no scheduler": (
        {"scheduler_name": ""},
        "scheduler_name=''",
        "remove it, for the default scheduler",
        {},
    ),
    "a service account with an underscore": (
        {"service_account_name": "etl_worker"},
        "service_account_name='etl_worker'",
        "write for example 'etl-worker'",
        {"service_account_name": "etl-worker"},
    ),
    "a runtime in capitals": (
        {"runtime_class_name": "gVisor"},
        "runtime_class_name='gVisor'",
        "write for example 'gvisor'",
        {"runtime_class_name": "gvisor"},
    ),
    "a namespace with a dot": (
        {"namespace": "team.jobs"},
        "namespace='team.jobs'",
        "write for example 'fetch-data'",
        {"namespace": "fetch-data"},
    ),
    "a release with an underscore": (
        {"release": "infrared_photon"},
        "release='infrared_photon'",
        "write for example 'infrared-photon'",
        {"release": "infrared-photon"},
    ),
    "labels in a list": (
        {"labels": ["team=data"]},
        "labels=<list>",
        "write labels={'key': 'value'}",
        {"labels": {"key": "value"}},
    ),
    "a number for a label": (
        {"labels": {"cost-centre": 42}},
        "labels['cost-centre']=42",
        "write 'cost-centre': '42'",
        {"labels": {"cost-centre": "42"}},
    ),
    "nothing for a label": (
        {"labels": {"team": None}},
        "labels['team']=None",
        "remove it",
        {"labels": {}},
    ),
    "a space in a label's key": (
        {"labels": {"my team": "data"}},
        "labels='my team'",
        "write for example 'example.com/team'",
        {"labels": {"example.com/team": "data"}},
    ),
    "a space in a label's value": (
        {"labels": {"team": "data science"}},
        "labels['team']='data science'",
        "write for example 'team-a'",
        {"labels": {"team": "team-a"}},
    ),
    "a long value of a label": (
        {"labels": {"team": "x" * 64}},
        "labels['team']='xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'",
        "write a shorter one",
        {"labels": {"team": "x" * 63}},
    ),
    "capitals in a label's domain": (
        {"labels": {"Example.com/team": "data"}},
        "labels='Example.com'",
        "write for example 'example.com'",
        None,
    ),
    "the executor's own label": (
        {"labels": {"dag_id": "mine"}},
        "labels='dag_id'",
        "choose another, for example 'my-dag-id'",
        {"labels": {"my-dag-id": "mine"}},
    ),
    "the executor's label of its pods": (
        {"labels": {"airflow-worker": "1"}},
        "labels='airflow-worker'",
        "choose another, for example 'my-airflow-worker'",
        {"labels": {"my-airflow-worker": "1"}},
    ),
    "truth for an annotation": (
        {"annotations": {"example.com/inject": False}},
        "annotations['example.com/inject']=False",
        "write 'example.com/inject': 'false'",
        {"annotations": {"example.com/inject": "false"}},
    ),
    "a space in an annotation's key": (
        {"annotations": {"My note": "x"}},
        "annotations='My note'",
        "write for example 'example.com/team'",
        {"annotations": {"example.com/team": "x"}},
    ),
    "the executor's own annotation": (
        {"annotations": {"try_number": "1"}},
        "annotations='try_number'",
        "choose another, for example 'my-try-number'",
        {"annotations": {"my-try-number": "1"}},
    ),
    "too much in annotations": (
        {"annotations": {"note": "x" * 300_000}},
        "annotations={...}",
        "mount a config map instead",
        None,
    ),
    "a container that is no list": (
        {"init_containers": {"name": "fetch", "env": [{"name": "PASSWORD", "value": "hunter2"}]}},
        "init_containers=<dict>",
        "write init_containers=[{'name': 'fetch', 'image': 'busybox'}]",
        {"init_containers": [{"name": "fetch", "image": "busybox"}]},
    ),
    "a container by its bare image": (
        {"init_containers": "busybox"},
        "init_containers=<str>",
        "write init_containers=[{'name': 'fetch', 'image': 'busybox'}]",
        {"init_containers": [{"name": "fetch", "image": "busybox"}]},
    ),
    "a container without a name": (
        {"init_containers": [{"image": "busybox"}]},
        "init_containers[0]=<dict>",
        "write {'name': 'fetch', 'image': 'busybox'}",
        {"init_containers": [{"name": "fetch", "image": "busybox"}]},
    ),
    "a container without an image": (
        {"init_containers": [{"name": "fetch"}]},
        "init_containers[0]='fetch'",
        "write 'image': 'busybox:1.37'",
        {"init_containers": [{"name": "fetch", "image": "busybox:1.37"}]},
    ),
    "a container that is a text": (
        {"sidecars": ["proxy"]},
        "sidecars[0]=<str>",
        "write a dict, as in YAML",
        None,
    ),
    "a container's name with an underscore": (
        {"sidecars": [{"name": "my_proxy", "image": "proxy"}]},
        "sidecars[0]['name']='my_proxy'",
        "write for example 'my-proxy'",
        {"sidecars": [{"name": "my-proxy", "image": "proxy"}]},
    ),
    "a sidecar with the worker's name": (
        {"sidecars": [{"name": "base", "image": "proxy"}]},
        "sidecars[0]='base'",
        "choose another name",
        {"sidecars": [{"name": "proxy", "image": "proxy"}]},
    ),
    "two sidecars of one name": (
        {"sidecars": [{"name": "a", "image": "a"}, {"name": "a", "image": "b"}]},
        "sidecars=['a', 'a']",
        "give each a name of its own",
        {"sidecars": [{"name": "a", "image": "a"}, {"name": "b", "image": "b"}]},
    ),
    "a sidecar and an init container of one name": (
        {"sidecars": [{"name": "a", "image": "a"}], "init_containers": [{"name": "a", "image": "a"}]},
        "sidecars[0]['name']='a'",
        "give each a name of its own",
        {"sidecars": [{"name": "a", "image": "a"}], "init_containers": [{"name": "b", "image": "a"}]},
    ),
    "a misspelt variable of a sidecar": (
        {"sidecars": [{"name": "a", "image": "a", "env": [{"name": "PASSWORD", "vaule": "hunter2"}]}]},
        "sidecars[0]['env'][0]['vaule']=<str>",
        "write 'value'",
        {"sidecars": [{"name": "a", "image": "a", "env": [{"name": "PASSWORD", "value": "hunter2"}]}]},
    ),
    "a sidecar in snake case": (
        {"sidecars": [{"name": "a", "image": "a", "image_pull_policy": "Always"}]},
        "sidecars[0]['image_pull_policy']='Always'",
        "write 'imagePullPolicy'",
        {"sidecars": [{"name": "a", "image": "a", "imagePullPolicy": "Always"}]},
    ),
    "a relative template": (
        {"pod_template_file": "gpu.yaml"},
        "pod_template_file='gpu.yaml'",
        "write for example '/opt/airflow/gpu.yaml'",
        {"pod_template_file": "/opt/airflow/gpu.yaml"},
    ),
    "a number for a template": (
        {"pod_template_file": 5},
        "pod_template_file=5",
        "write pod_template_file='5'",
        None,
    ),
}
