"""The status record that others poll: written whole, seven days, never the truth."""

from __future__ import annotations

from typing import Any, Protocol

from notes_migration.domain.status import StatusRecord


class RunStatus(Protocol):
    """Raises TransientError (DEPENDENCY_UNAVAILABLE); a run goes on without it."""

    def publish(self, record: StatusRecord) -> None:
        """Replace the account's record."""
        ...

    def read(self, cid: str) -> dict[str, Any] | None:
        """Return the account's record as JSON fields, or None."""
        ...
