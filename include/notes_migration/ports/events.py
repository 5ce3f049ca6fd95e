"""The events of RFC section 3, as structured log lines: names exact, ids and counts only."""

from __future__ import annotations

from typing import Protocol


class Events(Protocol):
    """Emits one event; never raises."""

    def emit(self, name: str, **fields: str | int | float | None) -> None:
        """Log `name` with its fields."""
        ...
