"""When does a run count as standing still, and when as late: pure decisions of the watchdog."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState

STALLED_AFTER = timedelta(minutes=15)


class Life(StrEnum):
    """What a scheduler knows of a run; over the same stores there may be another that knows more."""

    ALIVE = "alive"
    OVER = "over"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Pulse:
    """What the scheduler says of a run; `mark` is a text that changes when the run's tasks do."""

    life: Life
    mark: str = ""


@dataclass(frozen=True, slots=True)
class Sighting:
    """How far the watchdog has seen a run; `mark` is any text that changes when the run goes on."""

    mark: str
    since: datetime


@dataclass(frozen=True, slots=True)
class WatchedAccount:
    """An account's durable record, as far as the watchdog needs it.

    run_id: the run that may write; where none may, the last one. finished_at: of the last end, if any.
    held: whether there is one that may write.
    """

    cid: str
    state: RunState
    run_id: str | None
    finished_at: datetime | None = None
    sighting: Sighting | None = None
    held: bool = False

    def stands_still(self, mark: str, now: datetime) -> bool:
        """Whether the run was seen at this very mark for the whole time; exactly the limit counts."""
        seen = self.sighting
        return seen is not None and seen.mark == mark and now - seen.since >= STALLED_AFTER


def is_late(run: Run, now: datetime) -> bool:
    """Whether the run is not over at the end of its own window, counted from `guard`."""
    return now - run.started_at >= timedelta(hours=float(run.settings.run_window_hours))
