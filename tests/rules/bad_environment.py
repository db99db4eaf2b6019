"""Secrets and variables that an author may get wrong.

Rows: wrong options; the value and the argument as the error shows them; the remedy; and what follows it.
"""

from __future__ import annotations

from typing import Any

from airflow.providers.cncf.kubernetes.secret import Secret as AirflowSecret
from kubernetes.client import Configuration
from kubernetes.client import models as k8s

from airflow_provider_k8sexec import EmptyDir, Secret

NO_CHECKS = Configuration()
NO_CHECKS.client_side_validation = False

ROWS: dict[str, tuple[dict[str, Any], str, str, dict[str, Any] | None]] = {
    "variables that name one another": (
        {"env_vars": {"A": "$(B)/a", "B": "$(C)", "C": "$(A)"}},
        "env_vars['A']='$(B)'",
        "write the value of one of them without a reference",
        {"env_vars": {"A": "$(B)/a", "B": "$(C)", "C": "$$(A)"}},
    ),
    "a key as a bare string": (
        {"secrets": "MY_SECRET"},
        "secrets='MY_SECRET'",
        "write secrets=['MY_SECRET']",
        {"secrets": ["MY_SECRET"]},
    ),
    "secrets with their values": (
        {"secrets": {"MY_SECRET": "hunter2"}},
        "secrets=<dict>",
        "write secrets=['MY_SECRET']",
        {"secrets": ["MY_SECRET"]},
    ),
    "a pair of key and value": (
        {"secrets": [("MY_SECRET", "hunter2")]},
        "secrets[0]=<tuple>",
        "write 'MY_SECRET' or Secret('MY_SECRET')",
        {"secrets": ["MY_SECRET"]},
    ),
    "a secret that is none": (
        {"secrets": [None]},
        "secrets[0]=None",
        "write 'MY_SECRET' or Secret('MY_SECRET')",
        {"secrets": ["MY_SECRET"]},
    ),
    "no key": (
        {"secrets": [""]},
        "secrets['']=''",
        "write for example 'MY_SECRET'",
        {"secrets": ["MY_SECRET"]},
    ),
    "a key with a space": (
        {"secrets": ["MY SECRET"]},
        "secrets['MY SECRET']='MY SECRET'",
        "write for example 'MY_SECRET'",
        {"secrets": ["MY_SECRET"]},
    ),
    "a variable that is none": (
        {"secrets": [Secret("A", env="A=B")]},
        "secrets['A'].env='A=B'",
        "write for example 'MY_VARIABLE'",
        {"secrets": [Secret("A", env="MY_VARIABLE")]},
    ),
    "a secret without a key": ({"secrets": [Secret(None)]}, "secrets[0].key=None", "write key='...'", None),
    "a secret with several keys": (
        {"secrets": [Secret(["A", "B"])]},
        "secrets[0].key=['A', 'B']",
        "write key='...'",
        None,
    ),
    "a secret with a number for a variable": (
        {"secrets": [Secret("A", env=5)]},
        "secrets[0].env=5",
        "write env='5'",
        None,
    ),
    "a secret with a number for a file": (
        {"secrets": [Secret("A", file=5)]},
        "secrets[0].file=5",
        "write file='5'",
        None,
    ),
    "a secret's name in capitals": (
        {"secrets": [Secret("A", name="DB")]},
        "secrets['A'].name='DB'",
        "write for example 'db'",
        {"secrets": [Secret("A", name="db")]},
    ),
    "a word for an optional secret": (
        {"secrets": [Secret("A", optional="yes")]},
        "secrets[0].optional='yes'",
        "write optional=True",
        {"secrets": [Secret("A", optional=True)]},
    ),
    "a secret's file without a directory": (
        {"secrets": [Secret("A", file="a.pem")]},
        "secrets['A'].file='a.pem'",
        "write '/a.pem'",
        {"secrets": [Secret("A", file="/a.pem")]},
    ),
    "a secret's file as a directory": (
        {"secrets": [Secret("A", file="/certs/")]},
        "secrets[0].file='/certs/'",
        "write '/certs/my-secret'",
        {"secrets": [Secret("A", file="/certs/my-secret")]},
    ),
    "a secret's file with two dots first": (
        {"secrets": [Secret("A", file="/certs/..a")]},
        "secrets['A'].file='..a'",
        "rename it",
        {"secrets": [Secret("A", file="/certs/a")]},
    ),
    "an optional file that hides the image": (
        {"secrets": [Secret("A", file="/a", optional=True)]},
        "secrets['A'].file='/'",
        "write for example '/mnt/scratch'",
        {"secrets": [Secret("A", file="/secrets/a", optional=True)]},
    ),
    "an optional file in a directory of a volume": (
        {"volumes": {"/s": EmptyDir()}, "secrets": [Secret("B", file="/s/b", optional=True)]},
        "secrets='/s/b'",
        "choose another path",
        {"volumes": {"/s": EmptyDir()}, "secrets": [Secret("B", file="/t/b", optional=True)]},
    ),
    "two keys for one variable": (
        {"secrets": [Secret("A", env="X"), Secret("B", env="X")]},
        "secrets=Secret(key='B', env='X', file=None, name=None, optional=False)",
        "remove one of the two",
        {"secrets": [Secret("A", env="X")]},
    ),
    "a key and a literal for one variable": (
        {"secrets": ["A"], "env_vars": {"A": "hunter2"}},
        "secrets=Secret(key='A', env=None, file=None, name=None, optional=False)",
        "remove one of the two",
        {"secrets": ["A"]},
    ),
    "a key and a volume at one path": (
        {"secrets": [Secret("A", file="/a")], "volumes": {"/a": EmptyDir()}},
        "secrets=Secret(key='A', env=None, file='/a', name=None, optional=False)",
        "remove one of the two",
        {"volumes": {"/a": EmptyDir()}},
    ),
    "an Airflow secret and a volume at one path": (
        {"secrets": [AirflowSecret("volume", "/a", "db")], "volumes": {"/a": EmptyDir()}},
        "secrets='/a'",
        "remove one of the two",
        {"secrets": [AirflowSecret("volume", "/a", "db")]},
    ),
    "variables in a line": (
        {"env_vars": "PASSWORD=hunter2"},
        "env_vars=<str>",
        "write env_vars={'NAME': 'value'}",
        {"env_vars": {"NAME": "value"}},
    ),
    "variables in lines": (
        {"env_vars": ["PASSWORD=hunter2"]},
        "env_vars[0]=<str>",
        "write env_vars={'NAME': 'value'}",
        {"env_vars": {"NAME": "value"}},
    ),
    "a number for a variable": (
        {"env_vars": {"PORT": 5432}},
        "env_vars['PORT']=5432",
        "write 'PORT': '5432'",
        {"env_vars": {"PORT": "5432"}},
    ),
    "truth for a variable": (
        {"env_vars": {"DEBUG": True}},
        "env_vars['DEBUG']=True",
        "write 'DEBUG': 'true'",
        {"env_vars": {"DEBUG": "true"}},
    ),
    "nothing for a variable": (
        {"env_vars": {"DEBUG": None}},
        "env_vars['DEBUG']=None",
        "remove it",
        {"env_vars": {}},
    ),
    "a list for a variable": (
        {"env_vars": {"PASSWORDS": ["hunter2"]}},
        "env_vars['PASSWORDS']=<list>",
        "write 'PASSWORDS': '...'",
        None,
    ),
    "bytes for a variable": (
        {"env_vars": {"PASSWORD": b"hunter2"}},
        "env_vars['PASSWORD']=<bytes>",
        "write 'PASSWORD': '...'",
        None,
    ),
    "a number as a variable's name": (
        {"env_vars": {5: "hunter2"}},
        "env_vars[5]=<str>",
        "write '5' as the key",
        None,
    ),
    "a variable with a value in its name": (
        {"env_vars": {"FA=2": "hunter2"}},
        "env_vars='FA=2'",
        "write for example 'MY_VARIABLE'",
        {"env_vars": {"MY_VARIABLE": "hunter2"}},
    ),
    "a variable of two lines": (
        {"env_vars": {"A\nB": "hunter2"}},
        "env_vars='A\\nB'",
        "write for example 'MY_VARIABLE'",
        {"env_vars": {"MY_VARIABLE": "hunter2"}},
    ),
    "the executor's own variable": (
        {"env_vars": {"AIRFLOW_IS_K8S_EXECUTOR_POD": "False"}},
        "env_vars='AIRFLOW_IS_K8S_EXECUTOR_POD'",
        "choose another name",
        {"env_vars": {"MY_POD": "False"}},
    ),
    "a NUL in a variable": (
        {"env_vars": {"PASSWORD": "hunter2\0"}},
        "env_vars['PASSWORD']=<str>",
        "remove it",
        {"env_vars": {}},
    ),
    "a variable without a source": (
        {"env_vars": {"POD_IP": {}}},
        "env_vars['POD_IP']=[]",
        "write for example {'fieldRef': {'fieldPath': 'status.podIP'}}",
        {"env_vars": {"POD_IP": {"fieldRef": {"fieldPath": "status.podIP"}}}},
    ),
    "a variable with two sources": (
        {
            "env_vars": {
                "A": {"secretKeyRef": {"name": "a", "key": "b"}, "configMapKeyRef": {"name": "a", "key": "b"}}
            }
        },
        "env_vars['A']=['secretKeyRef', 'configMapKeyRef']",
        "write for example {'fieldRef': {'fieldPath': 'status.podIP'}}",
        {"env_vars": {"A": {"fieldRef": {"fieldPath": "status.podIP"}}}},
    ),
    "a variable's source in snake case": (
        {"env_vars": {"A": {"secret_key_ref": {"name": "a", "key": "b"}}}},
        "env_vars['A']['secret_key_ref']=<dict>",
        "write 'secretKeyRef'",
        {"env_vars": {"A": {"secretKeyRef": {"name": "a", "key": "b"}}}},
    ),
    "a variable's source without its name": (
        {"env_vars": {"A": {"secretKeyRef": {"key": "b"}}}},
        "env_vars['A']['secretKeyRef']['name']=None",
        "write the name of the secret",
        {"env_vars": {"A": {"secretKeyRef": {"name": "etl-worker", "key": "b"}}}},
    ),
    "a text for a variable's source": (
        {"env_vars": {"A": {"secretKeyRef": "hunter2"}}},
        "env_vars['A']['secretKeyRef']=<str>",
        "write one, with fields of ['key', 'name', 'optional']",
        None,
    ),
    "a listed variable without a name": (
        {"env_vars": [{"value": "hunter2"}]},
        "env_vars[0]=<dict>",
        "write env_vars={'NAME': 'value'}",
        {"env_vars": {"NAME": "value"}},
    ),
    "a listed variable with a misspelt value": (
        {"env_vars": [{"name": "A", "vaule": "hunter2"}]},
        "env_vars[0]=<dict>",
        "write env_vars={'NAME': 'value'}",
        {"env_vars": {"NAME": "value"}},
    ),
    "a listed variable with a number": (
        {"env_vars": [{"name": "A", "value": 5}]},
        "env_vars['A']=5",
        "write 'A': '5'",
        {"env_vars": {"A": "5"}},
    ),
    "a listed variable with a value and a source": (
        {"env_vars": [{"name": "A", "value": "hunter2", "valueFrom": {}}]},
        "env_vars[0]=<dict>",
        "write env_vars={'NAME': 'value'}",
        {"env_vars": {"NAME": "value"}},
    ),
    "a variable listed twice": (
        {"env_vars": [{"name": "A", "value": "1"}, {"name": "A", "value": "2"}]},
        "env_vars=['A', 'A']",
        "give each a name of its own",
        None,
    ),
    "a model without a name": (
        {"env_vars": [k8s.V1EnvVar(name=None, value="hunter2", local_vars_configuration=NO_CHECKS)]},
        "env_vars[0]=<V1EnvVar>",
        "write env_vars={'NAME': 'value'}",
        {"env_vars": {"NAME": "value"}},
    ),
    "a source as a bare string": (
        {"env_from": "configmap/app"},
        "env_from='configmap/app'",
        "write env_from=['configmap/app']",
        {"env_from": ["configmap/app"]},
    ),
    "a source without its kind": (
        {"env_from": ["app"]},
        "env_from[0]='app'",
        "write 'configmap/NAME' or 'secret/NAME'",
        {"env_from": ["configmap/app"]},
    ),
    "a source of another kind": (
        {"env_from": ["vault/app"]},
        "env_from[0]='vault/app'",
        "write 'configmap/NAME' or 'secret/NAME'",
        {"env_from": ["secret/app"]},
    ),
    "a source without its name": (
        {"env_from": ["secret/"]},
        "env_from[0]='secret/'",
        "write 'configmap/NAME' or 'secret/NAME'",
        {"env_from": ["secret/app"]},
    ),
    "a source that is a number": (
        {"env_from": [5]},
        "env_from[0]=5",
        "write 'configmap/NAME' or 'secret/NAME'",
        {"env_from": ["secret/app"]},
    ),
    "a source's name in capitals": (
        {"env_from": ["configmap/App"]},
        "env_from[0]['configMapRef']['name']='App'",
        "write for example 'app'",
        {"env_from": ["configmap/etl-worker"]},
    ),
    "a source that is empty": (
        {"env_from": [{}]},
        "env_from[0]=[]",
        "write one of 'configMapRef', 'secretRef'",
        {"env_from": ["configmap/app"]},
    ),
    "a source in snake case": (
        {"env_from": [{"config_map_ref": {"name": "app"}}]},
        "env_from[0]['config_map_ref']=<dict>",
        "write 'configMapRef'",
        {"env_from": [{"configMapRef": {"name": "app"}}]},
    ),
    "a source with a wrong prefix": (
        {"env_from": [{"prefix": "=", "secretRef": {"name": "app"}}]},
        "env_from[0]['prefix']='='",
        "write for example 'MY_VARIABLE'",
        {"env_from": [{"prefix": "MY_VARIABLE", "secretRef": {"name": "app"}}]},
    ),
}
