"""Events as structured log lines, so that a log search finds them by name and field."""

from __future__ import annotations

import structlog

_log = structlog.get_logger("notes_migration.events")


class LogEvents:
    """Events over structlog; the account's identifiers are on every line."""

    def __init__(self, **common: str) -> None:
        self._common = common
        self._log = _log.bind(**common)

    def bound(self, **more: str) -> LogEvents:
        """Return events that carry these fields, too."""
        return LogEvents(**self._common, **more)

    def emit(self, name: str, **fields: str | int | float | None) -> None:
        self._log.info(name, **fields)
