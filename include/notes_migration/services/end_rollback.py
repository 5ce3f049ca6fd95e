"""How a rollback ends: what people decided, what is recorded, and the clean-up of one that could not end."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.ledger import BatchCounts, Ledger
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.rollback import RollbackEnd
from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState
from notes_migration.domain.status import end_phase, iso
from notes_migration.ports.account_registry import AccountRegistry
from notes_migration.ports.alerts import Alerts
from notes_migration.ports.clock import Clock
from notes_migration.ports.rollback import FailureReset, MigratedNotes, RemovalLedger
from notes_migration.ports.run_records import RunRecords
from notes_migration.services.finalize_run import DRAIN_SECONDS, Ending
from notes_migration.services.publish_progress import PublishProgress
from notes_migration.services.remove_notes import settle_removals

_log = structlog.get_logger(__name__)
_NOTHING = Ledger(0, 0, BatchCounts())
_BACK = Outcome(RunState.NOT_STARTED)
_CUT_OFF = Outcome(RunState.HALTED, ReasonCode.INTERNAL_ERROR)
_DECLINED = frozenset({RollbackEnd.REJECTED, RollbackEnd.NOT_ANSWERED})


@dataclass(frozen=True, slots=True)
class EndRollback:
    """Every method may be called again; the account's state changes only where something was removed."""

    accounts: AccountRegistry
    runs: RunRecords
    ledger: RemovalLedger
    notes: MigratedNotes
    failures: FailureReset
    alerts: Alerts
    progress: PublishProgress
    clock: Clock

    def approve(self, run: Run, *, by: str) -> None:
        """Keep who has approved; without it nothing is removed."""
        self.runs.report(run, {"approved_by": by, "approved_at": iso(self.clock.now())})

    def decline(self, run: Run, end: RollbackEnd, *, by: str | None = None) -> None:
        """Keep why nothing is removed: rejected (by whom), or not answered in time."""
        self.runs.report(run, {"end": str(end), **({"rejected_by": by} if by else {})})

    def counted(self, run: Run) -> None:
        """End a dry run."""
        self.runs.report(run, {"end": str(RollbackEnd.DRY_RUN)})
        self.runs.finish(run, Outcome(RunState.COMPLETED_SUCCESS), _NOTHING, now=self.clock.now())

    def rolled_back(self, run: Run) -> int:
        """End a rollback that was done: the account is not_started; return how many documents went."""
        removed = self.ledger.removed(run)
        self.failures.clear(run.cid)
        self.runs.report(run, {"end": str(RollbackEnd.ROLLED_BACK), "documents_removed": removed})
        self._record(run, _BACK)
        _log.info("rolled_back", job_id=run.run_id, cid=run.cid, documents=removed)
        return removed

    def finalize(self, run: Run, *, may_be_removing: bool) -> Ending:
        """Take the right to write from the run; end it where it could not end itself.

        may_be_removing: a task that removes may be dying, and still do the batch that it has in hand.
        """
        self.accounts.inherit(run)
        recorded = self.runs.outcome(run.run_id)
        held = self.accounts.holds(run)
        self.accounts.close(run)
        if recorded is None:
            self._interrupt(run, held=held, may_be_removing=may_be_removing)
        elif self._removing(run, held=held):
            # Recording was cut off between the run's record and the account's.
            self._record(run, recorded)
        self.accounts.deactivate(cid=run.cid, run_id=run.run_id)
        return Ending.INTERRUPTED if recorded is None else Ending.ENDED

    def _interrupt(self, run: Run, *, held: bool, may_be_removing: bool) -> None:
        removing = self._removing(run, held=held)
        declined = self.runs.reported(run).get("end") in _DECLINED
        if not declined:
            self.runs.report(run, {"end": str(RollbackEnd.INTERRUPTED)})
        if removing and may_be_removing:
            self.clock.pause(DRAIN_SECONDS)
        settle_removals(self.ledger, self.notes, run)
        if not removing:
            outcome = Outcome(RunState.HALTED) if declined else _CUT_OFF
            self.runs.finish(run, outcome, _NOTHING, now=self.clock.now())
            return
        self.runs.report(run, {"documents_removed": self.ledger.removed(run)})
        self._record(run, _CUT_OFF)

    def _removing(self, run: Run, *, held: bool) -> bool:
        return run.mode.writes and held and self.accounts.state(run.cid) is RunState.IN_PROGRESS

    def _record(self, run: Run, outcome: Outcome) -> None:
        now = self.clock.now()
        self.runs.finish(run, outcome, _NOTHING, now=now)
        self.accounts.record_outcome(run, outcome, now=now)
        self.progress.publish(run, end_phase(outcome), outcome)
        self.alerts.run_ended(run, outcome, _NOTHING)
