"""The variables that images and Kubernetes set themselves: no secrets, wherever ``envFrom`` is.

Sources: the images of Python and Airflow, and
https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables
"""

from __future__ import annotations

import re

_OF_SERVICE = re.compile(r"\w+_SERVICE_(?:HOST|PORT(?:_\w+)?)|\w+_PORT(?:_\d+_\w+)?")
_OF_IMAGE = re.compile(
    r"PATH|HOME|HOSTNAME|PWD|OLDPWD|SHLVL|SHELL|USER|LOGNAME|TERM|TZ|LANG|LANGUAGE|LC_\w+|LD_\w+|_"
    r"|PYTHON\w*|VIRTUAL_ENV|GPG_KEY|DEBIAN_FRONTEND"
    r"|PIP_(?:USER|NO_CACHE_DIR|CACHE_DIR|DISABLE_PIP_VERSION_CHECK|ROOT_USER_ACTION|VERSION)"
    r"|UV_(?:SYSTEM_PYTHON|LINK_MODE|COMPILE_BYTECODE|NO_CACHE|CACHE_DIR|HTTP_TIMEOUT|PYTHON|VERSION)"
    r"|AIRFLOW_(?:HOME|CONFIG|(?:(?:PIP|UV|PYTHON)_)?VERSION|USER_HOME_DIR|UID|GID|EXTRAS|USE_UV|INSTALLATION_METHOD"
    r"|IS_K8S_EXECUTOR_POD|CTX_\w+)"
    r"|_+AIRFLOW\w+"  # those of Airflow's own processes, such as the task that they parse a file for
)
_LOGIN = re.compile(r"://[^\s@]*@")
_PORT_VALUE = re.compile(r"\d+|(?:tcp|udp|sctp)(?:://\S+)?|[\d.]+|[\da-f]*:[\da-f:]+", re.IGNORECASE)


def has_usual_name(name: str) -> bool:
    """Report whether a variable's name is one that images and Kubernetes set themselves."""
    return bool(_OF_IMAGE.fullmatch(name) or _OF_SERVICE.fullmatch(name))


def is_usual(name: str, value: str) -> bool:
    """Report whether a variable is one that images and Kubernetes set: by its name, and by its value."""
    if _LOGIN.search(value):
        return False
    if _OF_IMAGE.fullmatch(name):
        return True
    if not _OF_SERVICE.fullmatch(name):
        return False
    return name.endswith("_SERVICE_HOST") or bool(_PORT_VALUE.fullmatch(value))
