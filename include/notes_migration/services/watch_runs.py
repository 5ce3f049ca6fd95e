"""The watchdog: runs that stand still or are late are reported, what nobody ended is ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import timedelta

import structlog

from notes_migration.domain.alerting import Alert, Condition, late, resolved, stalled
from notes_migration.domain.errors import MigrationError
from notes_migration.domain.run import RollbackMode, Run
from notes_migration.domain.states import RunState
from notes_migration.domain.watching import STALLED_AFTER, Life, Pulse, Sighting, WatchedAccount, is_late
from notes_migration.ports.account_registry import AccountRegistry
from notes_migration.ports.alerts import AlertMemory
from notes_migration.ports.clock import Clock
from notes_migration.ports.object_storage import ObjectSweeper
from notes_migration.ports.run_records import RunRecords
from notes_migration.ports.watching import LiveRuns, WatchedAccounts
from notes_migration.services.mend_status import MendStatus
from notes_migration.services.raise_alerts import RaiseAlerts

_log = structlog.get_logger(__name__)
STATUS_KEPT = timedelta(days=7)
# Each may take a pause for tasks that are dying; the others' turn comes at the next look.
MAX_SETTLED_PER_LOOK = 10


@dataclass(slots=True)
class WatchReport:
    """What one look found, in accounts."""

    in_progress: int = 0
    unknown_here: int = 0
    settled: int = 0
    postponed: int = 0
    standing_still: int = 0
    late: int = 0
    statuses_mended: int = 0
    not_looked_at: int = 0

    def as_json(self) -> dict[str, int]:
        return asdict(self)


@dataclass(frozen=True, slots=True)
class WatchRuns:
    """Looks at every account once; `settle` is what `finalize` does, for a run that cannot do it."""

    watched: WatchedAccounts
    accounts: AccountRegistry
    runs: RunRecords
    staging: ObjectSweeper
    live: LiveRuns
    memory: AlertMemory
    alerts: RaiseAlerts
    mend: MendStatus
    settle: Callable[[Run], object]
    clock: Clock

    def look(self) -> WatchReport:
        """Return what was found; what went wrong with one account keeps none of the others from its turn.

        Raises:
            TransientError: the accounts could not be read at all.
        """
        report = WatchReport()
        for account in self.watched.accounts(finished_after=self.clock.now() - STATUS_KEPT):
            try:
                self._look_at(account, report)
            except MigrationError as error:
                report.not_looked_at += 1
                _log.warning("account_not_looked_at", cid=account.cid, problem=error.message)
        return report

    def _look_at(self, account: WatchedAccount, report: WatchReport) -> None:
        run = self.runs.find(account.run_id) if account.run_id else None
        if run is None:
            return
        if account.state is not RunState.IN_PROGRESS:
            if not (account.held and isinstance(run.mode, RollbackMode)):
                report.statuses_mended += self.mend.after_end(account, run)
            if account.held:
                self._look_at_held(account, run, report)
            return
        report.in_progress += 1
        pulse = self.live.pulse(run.run_id)
        if pulse.life is Life.OVER:
            self._end(run, report)
            return
        report.statuses_mended += self.mend.on_the_way(run)
        if pulse.life is Life.UNKNOWN:
            self._look_at_unknown(account, run, pulse, report)
            return
        self._look_at_progress(account, run, pulse, report)
        self._look_at_window(run, report)

    def _look_at_held(self, account: WatchedAccount, run: Run, report: WatchReport) -> None:
        """Let an account go that is held by a run that is over: nobody could roll it back.

        A run that this scheduler knows is left alone, however long: it waits for an approval, or ends.
        """
        pulse = self.live.pulse(run.run_id)
        if pulse.life is Life.OVER:
            self._end(run, report)
        elif pulse.life is Life.UNKNOWN:
            self._look_at_unknown(account, run, pulse, report)
        else:
            self._keep_sighting(account, self._mark(run, pulse))

    def _look_at_unknown(self, account: WatchedAccount, run: Run, pulse: Pulse, report: WatchReport) -> None:
        """End a run that this scheduler does not know only after a silence: another may be working on it.

        Two watchdogs over one store replace each other's sightings as long as one of them knows the run,
        so neither ends what the other sees alive.
        """
        report.unknown_here += 1
        mark, now = self._mark(run, pulse), self.clock.now()
        _log.warning("run_unknown_here", job_id=run.run_id, cid=run.cid)
        if account.stands_still(mark, now):
            self._end(run, report)
        else:
            self._keep_sighting(account, mark)

    def _keep_sighting(self, account: WatchedAccount, mark: str) -> bool:
        """Keep how far the run is, and tell whether it is further than at the last look."""
        if account.sighting is not None and account.sighting.mark == mark:
            return False
        self.watched.keep(account.cid, Sighting(mark, self.clock.now()))
        return True

    def _end(self, run: Run, report: WatchReport) -> None:
        """End a run that nobody works on any more, if it is still the one that may write."""
        self.accounts.inherit(run)
        if not self.accounts.holds(run):
            return  # it has ended between two questions
        if report.settled >= MAX_SETTLED_PER_LOOK:
            report.postponed += 1
            return
        _log.warning("run_left_behind", job_id=run.run_id, cid=run.cid)
        self.settle(run)
        report.settled += 1

    def _mark(self, run: Run, pulse: Pulse) -> str:
        pages = sum(1 for _ in self.staging.keys(run.staging_prefix))
        return f"{run.run_id}/{run.attempt}/{pages}/{self.watched.steps(run)}/{pulse.mark or pulse.life}"

    def _look_at_progress(self, account: WatchedAccount, run: Run, pulse: Pulse, report: WatchReport) -> None:
        mark, now = self._mark(run, pulse), self.clock.now()
        if self._keep_sighting(account, mark):
            if Condition.NO_PROGRESS in self.memory.told(run.cid):
                self.alerts.send([resolved(run, Condition.NO_PROGRESS)])
        elif account.stands_still(mark, now):
            report.standing_still += 1
            self._tell_once(stalled(run, minutes=int(STALLED_AFTER.total_seconds() // 60)))

    def _look_at_window(self, run: Run, report: WatchReport) -> None:
        if is_late(run, self.clock.now()) and not isinstance(run.mode, RollbackMode):
            report.late += 1
            self._tell_once(late(run.cid, run.run_id, hours=run.settings.run_window_hours))

    def _tell_once(self, alert: Alert) -> None:
        """Once per run and condition; what was not delivered is told again at the next look."""
        if self.memory.remember(alert.cid, alert.condition, alert.run_id) and not self.alerts.send([alert]):
            self.memory.forget(alert.cid, [alert.condition])
