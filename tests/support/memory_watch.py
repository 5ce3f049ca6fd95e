"""The watchdog over a world in memory, and everybody whom it tells."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from notes_migration.domain.alerting import Channel
from notes_migration.domain.run import Run
from notes_migration.domain.watching import WatchedAccount
from notes_migration.services.mend_status import MendStatus
from notes_migration.services.raise_alerts import RaiseAlerts
from notes_migration.services.watch_runs import WatchReport, WatchRuns
from tests.fakes.alerting import InMemoryAlertMemory, RecordingChannel
from tests.fakes.object_storage import InMemoryStorage
from tests.fakes.watching import InMemoryLiveRuns, InMemoryWatchedAccounts
from tests.support.memory_world import MemoryWorld

MINUTE = 60.0


class MemoryWatch:
    """Looks at one account of the world; `settled` are the runs that it has ended, by `finalize`."""

    def __init__(
        self, world: MemoryWorld, account: WatchedAccount, finalize: Callable[[Run], object]
    ) -> None:
        self.world = world
        self.watched = InMemoryWatchedAccounts(account)
        self.live = InMemoryLiveRuns()
        self.memory = InMemoryAlertMemory(account.cid)
        self.pagerduty, self.slack = RecordingChannel(), RecordingChannel()
        self.staged: Any = InMemoryStorage()
        self.settled: list[str] = []
        self._finalize = finalize

    @property
    def alerts(self) -> RaiseAlerts:
        channels = {Channel.PAGERDUTY: self.pagerduty, Channel.SLACK: self.slack}
        return RaiseAlerts(channels, self.memory, self.world.ledger)

    def settle(self, run: Run) -> None:
        self.settled.append(run.run_id)
        self._finalize(run)

    def look(self, after_minutes: float = 0.0) -> WatchReport:
        world = self.world
        world.clock.pause(after_minutes * MINUTE)
        return WatchRuns(
            watched=self.watched,
            accounts=world.accounts,
            runs=world.runs,
            staging=self.staged,
            live=self.live,
            memory=self.memory,
            alerts=self.alerts,
            mend=MendStatus(world.runs, world.status, world.progress),
            settle=self.settle,
            clock=world.clock,
        ).look()
