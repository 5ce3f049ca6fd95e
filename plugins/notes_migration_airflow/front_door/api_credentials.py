"""Who may call: the connection `notes_migration_api` (contracts, section 1)."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from typing import TYPE_CHECKING

from notes_migration.domain.basic_auth import Credentials
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration_airflow.connections import connection

if TYPE_CHECKING:
    from airflow.sdk import Connection

CONN_ID = "notes_migration_api"
_FRESH_SECONDS = 5.0


class ApiCredentials:
    """Reads the connection anew every few seconds, so that a changed password is soon in force."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._read_at = 0.0
        self._known: Sequence[Credentials] = ()

    def current(self) -> Sequence[Credentials]:
        """Return all credentials in force.

        Raises:
            FatalError: DEPENDENCY_UNAVAILABLE, where the connection is missing or unusable.
        """
        with self._lock:
            if not self._known or time.monotonic() - self._read_at > _FRESH_SECONDS:
                self._known = read_credentials(connection(CONN_ID))
                self._read_at = time.monotonic()
            return self._known


def read_credentials(conn: Connection) -> tuple[Credentials, ...]:
    """Return login and password, and each of `principals: {name: password}`; raises as `current`."""
    principals: object = conn.extra_dejson.get("principals", {})
    pairs: list[tuple[object, object]] = [(conn.login, conn.password)] if conn.login or conn.password else []
    pairs += principals.items() if isinstance(principals, dict) else [(None, None)]
    usable = [
        Credentials(name.encode(), password.encode())
        for name, password in pairs
        if isinstance(name, str) and name and isinstance(password, str) and password
    ]
    if not usable or len(usable) < len(pairs):
        raise FatalError(
            ReasonCode.DEPENDENCY_UNAVAILABLE,
            f"connection {CONN_ID}: needs login and password; extra principals must be "
            "{name: password}, none of them empty",
        )
    return tuple(usable)
