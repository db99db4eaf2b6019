"""Which literal variables of a pod are probably passwords, which everyone can see who can read pods."""

from __future__ import annotations

import re

from airflow_provider_k8sexec.options.shown import REFERENCE
from airflow_provider_k8sexec.options.variable_references import names_in
from airflow_provider_k8sexec.site.deployment import SECRET_VARIABLE

_SECRET_NAME = re.compile(
    r"(?:^|_)(?:PASSWORD|PASSWD|PASSPHRASE|TOKEN|SECRET|(?:API|ACCESS|SECRET|PRIVATE|FERNET)_?KEY)$",
    re.IGNORECASE,
)
_REFERENCE_NAME = re.compile(rf"{SECRET_VARIABLE}|AIRFLOW__.*(?<!JWT)_SECRET$")
_URL_WITH_PASSWORD = re.compile(r"[a-z][-+.a-z0-9]*://[^/@\s:]*:(?P<password>[^/@\s]+)@", re.IGNORECASE)
_NO_SECRET = re.compile(
    r"|(?:file:|~|\.\.?)?/.*|none|true|false|yes|no|on|off|[01]|\{\{.*\}\}", re.DOTALL | re.IGNORECASE
)


def is_plaintext_secret(name: str, value: str) -> bool:
    """Recognise a password in a literal variable, by the variable's name or by a URL with one in it.

    A path, a yes or no, a value that is composed of another variable's (``$(NAME)``), and what Airflow's
    options ``AIRFLOW__*_SECRET`` and Astronomer's ``AIRFLOW__KUBERNETES_SECRETS__*`` refer to, are none.
    """
    in_url = _URL_WITH_PASSWORD.match(value)
    if in_url:
        password = in_url["password"]
        return not (names_in(password) or REFERENCE.fullmatch(password))
    is_secret = _SECRET_NAME.search(name) and not _REFERENCE_NAME.match(name)
    return bool(is_secret and not _NO_SECRET.fullmatch(value) and not names_in(value))
