"""An XCom backend of a site, which fails whenever it is used."""

from __future__ import annotations

try:
    from airflow.sdk.bases.xcom import BaseXCom
except ImportError:  # Airflow 2
    from airflow.models.xcom import BaseXCom


class ForeignXCom(BaseXCom):
    """A backend whose store cannot be reached."""

    @staticmethod
    def serialize_value(*_, **__):
        """Fail to store."""
        raise RuntimeError("the store of XComs cannot be reached")

    @staticmethod
    def deserialize_value(*_, **__):
        """Fail to read."""
        raise RuntimeError("the store of XComs cannot be reached")

    def orm_deserialize_value(self):
        """Fail to show."""
        raise RuntimeError("the store of XComs cannot be reached")
