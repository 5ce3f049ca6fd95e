"""Time that stands still until it is told to pass: Clock."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta


class SteppedClock:
    """`pauses` are the seconds that were waited; a pause moves the time."""

    def __init__(self, start: datetime = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)) -> None:
        self._start = start
        self.pauses: list[float] = []

    def now(self) -> datetime:
        return self._start + timedelta(seconds=sum(self.pauses))

    def monotonic_seconds(self) -> float:
        return sum(self.pauses)

    def pause(self, seconds: float) -> None:
        self.pauses.append(seconds)
