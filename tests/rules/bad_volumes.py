"""Volumes that an author may get wrong.

Rows: wrong options; the value and the argument as the error shows them; the remedy; and what follows it.
"""

from __future__ import annotations

from typing import Any

from airflow_provider_k8sexec import ConfigMap, EmptyDir, HostPath, PersistentVolumeClaim, TemplateVolume
from airflow_provider_k8sexec.options.volumes import SHARED_MEMORY_PATH

ROWS: dict[str, tuple[dict[str, Any], str, str, dict[str, Any] | None]] = {
    "paths alone": (
        {"volumes": ["/scratch"]},
        "volumes=<list>",
        "write volumes={'/scratch': EmptyDir()}",
        {"volumes": {"/scratch": EmptyDir()}},
    ),
    "a claim by its bare name": (
        {"volumes": {"/data": "warehouse"}},
        "volumes['/data']='warehouse'",
        "write PersistentVolumeClaim('warehouse')",
        {"volumes": {"/data": PersistentVolumeClaim("warehouse")}},
    ),
    "a class for a value of it": (
        {"volumes": {"/data": EmptyDir}},
        "volumes['/data']=<class 'airflow_provider_k8sexec.options.volumes.EmptyDir'>",
        "write for example EmptyDir()",
        {"volumes": {"/data": EmptyDir()}},
    ),
    "a volume of the template as a manifest": (
        {"volumes": {"/work": {"name": "logs"}}},
        "volumes['/work']={'name': 'logs'}",
        "write TemplateVolume('logs') for the pod template's volume, or a source beside the name",
        {"volumes": {"/work": TemplateVolume("logs")}},
    ),
    "a volume of the template without its name": (
        {"volumes": {"/work": TemplateVolume("")}},
        "volumes['/work'].name=''",
        "write for example 'fetch-data'",
        {"volumes": {"/work": TemplateVolume("logs")}},
    ),
    "two paths inside a volume": (
        {"volumes": {"/work": TemplateVolume("logs", sub_path="a", sub_path_expr="$(TEAM)")}},
        "volumes['/work'].sub_path_expr='$(TEAM)'",
        "remove one",
        {"volumes": {"/work": TemplateVolume("logs", sub_path="a")}},
    ),
    "an expression that leads out of its volume": (
        {"volumes": {"/data": PersistentVolumeClaim("a", sub_path_expr="/$(TEAM)")}},
        "volumes['/data'].sub_path_expr='/$(TEAM)'",
        "write '$(TEAM)'",
        {"volumes": {"/data": PersistentVolumeClaim("a", sub_path_expr="$(TEAM)")}},
    ),
    "an empty expression": (
        {"volumes": {"/data": HostPath("/a", sub_path_expr="")}},
        "volumes['/data'].sub_path_expr=''",
        "write a path, or remove it",
        {"volumes": {"/data": HostPath("/a")}},
    ),
    "a relative path": (
        {"volumes": {"scratch": EmptyDir()}},
        "volumes='scratch'",
        "write '/scratch'",
        {"volumes": {"/scratch": EmptyDir()}},
    ),
    "no path": (
        {"volumes": {"": EmptyDir()}},
        "volumes=''",
        "write for example '/scratch'",
        {"volumes": {"/scratch": EmptyDir()}},
    ),
    "the root": (
        {"volumes": {"/": EmptyDir()}},
        "volumes='/'",
        "write for example '/mnt/scratch'",
        {"volumes": {"/scratch": EmptyDir()}},
    ),
    "a path with a colon": (
        {"volumes": {"/data:ro": EmptyDir()}},
        "volumes='/data:ro'",
        "choose another path",
        {"volumes": {"/data": EmptyDir()}},
    ),
    "a number for a path": (
        {"volumes": {5: EmptyDir()}},
        "volumes={5: ...}",
        "write volumes={'/scratch': EmptyDir()}",
        {"volumes": {"/scratch": EmptyDir()}},
    ),
    "one path in two forms": (
        {"volumes": {"/data": EmptyDir(), "/data/": ConfigMap("app")}},
        "volumes={'/data/': ...}",
        "remove one",
        {"volumes": {"/data": EmptyDir()}},
    ),
    "shared memory and a volume at its path": (
        {"volumes": {SHARED_MEMORY_PATH: EmptyDir()}, "shared_memory": "1Gi"},
        "volumes='/dev/shm'",
        "choose another path",
        {"volumes": {"/scratch": EmptyDir()}, "shared_memory": "1Gi"},
    ),
    "a number for a size": (
        {"volumes": {"/scratch": EmptyDir(5)}},
        "volumes['/scratch'].size=5",
        "write size='5Gi'",
        {"volumes": {"/scratch": EmptyDir("5Gi")}},
    ),
    "a size with a B": (
        {"volumes": {"/scratch": EmptyDir("5GB")}},
        "volumes['/scratch'].size='5GB'",
        "write size='5Gi'",
        {"volumes": {"/scratch": EmptyDir("5Gi")}},
    ),
    "a size in milli-bytes": (
        {"volumes": {"/scratch": EmptyDir("512m")}},
        "volumes['/scratch'].size='512m'",
        "write '512Mi'",
        {"volumes": {"/scratch": EmptyDir("512Mi")}},
    ),
    "a medium in lower case": (
        {"volumes": {"/scratch": EmptyDir(medium="memory")}},
        "volumes['/scratch'].medium='memory'",
        "write 'Memory'",
        {"volumes": {"/scratch": EmptyDir(medium="Memory")}},
    ),
    "truth for a medium": (
        {"volumes": {"/scratch": EmptyDir(medium=True)}},
        "volumes['/scratch'].medium=True",
        "write medium='true'",
        None,
    ),
    "a config map without a name": (
        {"volumes": {"/config": ConfigMap(None)}},
        "volumes['/config'].name=None",
        "write name='...'",
        None,
    ),
    "a config map's name in capitals": (
        {"volumes": {"/config": ConfigMap("App")}},
        "volumes['/config'].name='App'",
        "write for example 'app'",
        {"volumes": {"/config": ConfigMap("app")}},
    ),
    "a list of keys": (
        {"volumes": {"/config": ConfigMap("app", items=["a"])}},
        "volumes['/config'].items=<list>",
        "write items={'key': 'value'}",
        {"volumes": {"/config": ConfigMap("app", items={"key": "value"})}},
    ),
    "a key that is none": (
        {"volumes": {"/config": ConfigMap("app", items={"a b": "c"})}},
        "volumes['/config'].items='a b'",
        "write for example 'MY_SECRET'",
        {"volumes": {"/config": ConfigMap("app", items={"MY_SECRET": "c"})}},
    ),
    "a file outside the volume": (
        {"volumes": {"/config": ConfigMap("app", items={"a": "../b"})}},
        "volumes['/config'].items['a']='../b'",
        "write a path that has no '..' in it",
        {"volumes": {"/config": ConfigMap("app", items={"a": "b"})}},
    ),
    "a word for an optional config map": (
        {"volumes": {"/config": ConfigMap("app", optional="no")}},
        "volumes['/config'].optional='no'",
        "write optional=False",
        {"volumes": {"/config": ConfigMap("app", optional=False)}},
    ),
    "a claim's name with an underscore": (
        {"volumes": {"/data": PersistentVolumeClaim("ware_house")}},
        "volumes['/data'].claim_name='ware_house'",
        "write for example 'ware-house'",
        {"volumes": {"/data": PersistentVolumeClaim("ware-house")}},
    ),
    "a number for a claim's name": (
        {"volumes": {"/data": PersistentVolumeClaim(5)}},
        "volumes['/data'].claim_name=5",
        "write claim_name='5'",
        {"volumes": {"/data": PersistentVolumeClaim("5")}},
    ),
    "a word for a read-only claim": (
        {"volumes": {"/data": PersistentVolumeClaim("a", read_only="yes")}},
        "volumes['/data'].read_only='yes'",
        "write read_only=True",
        {"volumes": {"/data": PersistentVolumeClaim("a", read_only=True)}},
    ),
    "an absolute path inside a volume": (
        {"volumes": {"/data": PersistentVolumeClaim("a", sub_path="/b")}},
        "volumes['/data'].sub_path='/b'",
        "write 'b'",
        {"volumes": {"/data": PersistentVolumeClaim("a", sub_path="b")}},
    ),
    "a relative path on the node": (
        {"volumes": {"/ssd": HostPath("ssd")}},
        "volumes['/ssd'].path='ssd'",
        "write for example '/mnt/disks/ssd0'",
        {"volumes": {"/ssd": HostPath("/mnt/disks/ssd0")}},
    ),
    "no path on the node": (
        {"volumes": {"/ssd": HostPath(None)}},
        "volumes['/ssd'].path=None",
        "write path='...'",
        None,
    ),
    "a word for what is on the node": (
        {"volumes": {"/ssd": HostPath("/ssd", type="directory")}},
        "volumes['/ssd'].type='directory'",
        "write 'Directory'",
        {"volumes": {"/ssd": HostPath("/ssd", type="Directory")}},
    ),
    "a source that is empty": (
        {"volumes": {"/data": {}}},
        "volumes['/data']=[]",
        "write one, for example 'emptyDir': {}, or EmptyDir()",
        {"volumes": {"/data": EmptyDir()}},
    ),
    "two sources": (
        {"volumes": {"/data": {"emptyDir": {}, "hostPath": {"path": "/ssd"}}}},
        "volumes['/data']=['emptyDir', 'hostPath']",
        "write one, for example 'emptyDir': {}, or EmptyDir()",
        {"volumes": {"/data": EmptyDir()}},
    ),
    "a source in snake case": (
        {"volumes": {"/data": {"empty_dir": {}}}},
        "volumes['/data']['empty_dir']=<dict>",
        "write 'emptyDir'",
        {"volumes": {"/data": {"emptyDir": {}}}},
    ),
    "a volume's name in capitals": (
        {"volumes": {"/data": {"name": "Data", "emptyDir": {}}}},
        "volumes['/data']['name']='Data'",
        "write for example 'data'",
        {"volumes": {"/data": {"name": "data", "emptyDir": {}}}},
    ),
    "a number for a volume's name": (
        {"volumes": {"/data": {"name": 5, "emptyDir": {}}}},
        "volumes['/data']['name']=5",
        "write '5'",
        {"volumes": {"/data": {"name": "5", "emptyDir": {}}}},
    ),
    "a name of this package's own": (
        {"volumes": {"/data": {"name": "k8sexec-scratch", "emptyDir": {}}, "/scratch": EmptyDir()}},
        "volumes['/data']['name']='k8sexec-scratch'",
        "choose another, or none",
        {"volumes": {"/data": {"name": "data", "emptyDir": {}}, "/scratch": EmptyDir()}},
    ),
    "one name for two volumes": (
        {"volumes": {"/a": {"name": "v", "emptyDir": {}}, "/b": {"name": "v", "hostPath": {"path": "/b"}}}},
        "volumes['/b']='v'",
        "give each a name of its own",
        {"volumes": {"/a": {"name": "v", "emptyDir": {}}, "/b": {"name": "w", "hostPath": {"path": "/b"}}}},
    ),
}
