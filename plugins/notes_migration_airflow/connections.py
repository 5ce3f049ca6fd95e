"""Airflow's Connections and Variables, read inside tasks only (docs/configuration.md)."""

from __future__ import annotations

from typing import Any

from airflow.sdk import Connection, Variable
from airflow.sdk.exceptions import AirflowNotFoundException

from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.settings import MigrationSettings, parse_settings
from notes_migration.domain.web_address import WebAddress

FLAG_VARIABLE = "crm_notes_migration_enabled"
SETTINGS_VARIABLE = "crm_notes_migration_settings"


def connection(conn_id: str) -> Connection:
    """Return the connection.

    Raises:
        FatalError: DEPENDENCY_UNAVAILABLE, where there is none.
    """
    try:
        return Connection.get(conn_id)
    except AirflowNotFoundException:
        raise FatalError(
            ReasonCode.DEPENDENCY_UNAVAILABLE, f"the Airflow connection {conn_id} is not defined"
        ) from None


def root_url(conn: Connection) -> str:
    """Return the root URL of an http connection, without a slash at the end."""
    return _address(conn).root_url()


def webhook_url(conn: Connection) -> str:
    """Return the whole address of a webhook, in whichever fields it was written."""
    return _address(conn).webhook_url()


def _address(conn: Connection) -> WebAddress:
    return WebAddress(
        conn_type=conn.conn_type or "",
        host=conn.host or "",
        port=conn.port,
        schema=conn.schema or "",
        password=conn.password or "",
    )


def extra_list(conn: Connection, name: str) -> list[str]:
    """Return a list of strings from a connection's extra; empty where it is not there.

    Raises:
        FatalError: DEPENDENCY_UNAVAILABLE, where it is something else.
    """
    value = conn.extra_dejson.get(name, [])
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise _extra_problem(conn, name, "a list of strings")
    return value


def extra_text(conn: Connection, name: str) -> str:
    """Return a required string from a connection's extra.

    Raises:
        FatalError: DEPENDENCY_UNAVAILABLE, where it is missing.
    """
    value = conn.extra_dejson.get(name)
    if not isinstance(value, str) or not value:
        raise _extra_problem(conn, name, "a string")
    return value


def _extra_problem(conn: Connection, name: str, wanted: str) -> FatalError:
    return FatalError(
        ReasonCode.DEPENDENCY_UNAVAILABLE, f"connection {conn.conn_id}: extra {name} must be {wanted}"
    )


def current_settings() -> MigrationSettings:
    """Return the settings Variable, checked; every default where there is none.

    Raises:
        FatalError: INVALID_REQUEST, naming the knob.
    """
    return parse_settings(_variable(SETTINGS_VARIABLE))


class VariableFlag:
    """FeatureFlag over the Variable `crm_notes_migration_enabled`."""

    def is_on(self, cid: str) -> bool:
        flags = _variable(FLAG_VARIABLE)
        return isinstance(flags, dict) and flags.get(cid) is True


def _variable(name: str) -> Any:
    try:
        return Variable.get(name, default=None, deserialize_json=True)
    except ValueError:
        # Not JSON. As a flag it is off; as settings it is refused with a clear message.
        return "not JSON"
