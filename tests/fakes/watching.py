"""What the watchdog looks at, in memory: WatchedAccounts and LiveRuns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from notes_migration.domain.run import Run
from notes_migration.domain.watching import Life, Pulse, Sighting, WatchedAccount


class InMemoryWatchedAccounts:
    """`records` by cid; `steps_done` is how far every run is."""

    def __init__(self, *accounts: WatchedAccount) -> None:
        self.records = {account.cid: account for account in accounts}
        self.steps_done = 0

    def accounts(self, *, finished_after: datetime) -> Sequence[WatchedAccount]:
        return [
            each
            for each in self.records.values()
            if each.state == "in_progress"
            or each.held
            or (each.finished_at and each.finished_at > finished_after)
        ]

    def steps(self, run: Run) -> int:
        return self.steps_done

    def keep(self, cid: str, sighting: Sighting) -> None:
        self.records[cid] = replace(self.records[cid], sighting=sighting)


class InMemoryLiveRuns:
    """`pulses` by run id, an empty one where the run is over; a run that is not there is unknown."""

    def __init__(self, **pulses: str) -> None:
        self.pulses = pulses

    def pulse(self, run_id: str) -> Pulse:
        mark = self.pulses.get(run_id)
        if mark is None:
            return Pulse(Life.UNKNOWN)
        return Pulse(Life.ALIVE, mark) if mark else Pulse(Life.OVER)
