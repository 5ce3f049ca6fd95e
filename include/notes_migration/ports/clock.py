"""Time, as something that a test can hold still."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class Clock(Protocol):
    """Wall time, a stopwatch and a pause."""

    def now(self) -> datetime:
        """Return the instant, aware UTC."""
        ...

    def monotonic_seconds(self) -> float:
        """Return a reading that only differences of mean something."""
        ...

    def pause(self, seconds: float) -> None:
        """Wait."""
        ...
