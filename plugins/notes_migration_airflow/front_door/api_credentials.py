"""The connection `notes_migration_api`, read inside the API server."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence

from notes_migration.domain.api_principals import read_principals
from notes_migration.domain.basic_auth import Credentials
from notes_migration_airflow.connections import connection

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
                conn = connection("notes_migration_api")
                self._known = read_principals(conn.login, conn.password, conn.extra_dejson)
                self._read_at = time.monotonic()
            return self._known
