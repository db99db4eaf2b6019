"""The parts of this package that a site can switch off, each by an option of ``[k8sexec]``.

Every Airflow process imports this module, so it imports nothing that costs time.
"""

from __future__ import annotations

import logging
from functools import cache

_SECTION = "k8sexec"
_logger = logging.getLogger(__name__)


@cache
def is_on(option: str) -> bool:
    """Tell whether a part is switched on, as it is by default; asked once a process, and never raises.

    Args:
        option: The option: ``pod_tab``, ``watch_pods``.
    """
    from airflow.configuration import conf  # Airflow has it by the time that this is asked
    from airflow.exceptions import AirflowConfigException

    try:
        return bool(conf.getboolean(_SECTION, option, fallback=True))
    except AirflowConfigException as error:
        _logger.warning(
            "[%s] %s is neither True nor False, and is taken for True: %s", _SECTION, option, error
        )
        return True
