"""Write down how a run ended: durable first, then for those who watch."""

from __future__ import annotations

from dataclasses import dataclass

from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState
from notes_migration.ports.account_registry import AccountRegistry
from notes_migration.ports.alerts import Alerts
from notes_migration.ports.clock import Clock
from notes_migration.ports.events import Events
from notes_migration.ports.run_records import RunRecords
from notes_migration.services.publish_progress import PublishProgress


@dataclass(frozen=True, slots=True)
class RecordOutcome:
    """The one place where a terminal state is set."""

    accounts: AccountRegistry
    runs: RunRecords
    events: Events
    alerts: Alerts
    progress: PublishProgress
    clock: Clock

    def record(self, run: Run, outcome: Outcome) -> None:
        """Store the outcome.

        Raises:
            FatalError: INTERNAL_ERROR, where this attempt is no longer the account's active one.
        """
        if not self.accounts.holds(run):
            raise FatalError(ReasonCode.INTERNAL_ERROR, "this run is no longer the account's active one")
        found, now = outcome, self.clock.now()
        if run.keeps_success:
            # A replay never lowers a success; the reason still says how the replay itself ended.
            outcome = Outcome(RunState.COMPLETED_SUCCESS, outcome.reason)
        ledger = self.progress.ledger(run)
        self.runs.finish(run, outcome, ledger, now=now)
        self.accounts.record_outcome(run, outcome, now=now)
        self.progress.publish(run, "done", outcome)
        name = "halted" if found.state is RunState.HALTED else "completed"
        self.events.emit(
            f"crm_notes_migration_{name}",
            reason_code=outcome.reason,
            notes_processed=ledger.batches.processed,
            notes_total=ledger.notes_total,
            failure_rate=ledger.failure_rate,
            match_pct=None if found.state is RunState.HALTED else ledger.match_pct,
            duration_seconds=round((now - run.started_at).total_seconds(), 3),
            triggered_by=run.triggered_by,
            mode=run.mode,
        )
        self.alerts.run_ended(run, found, ledger)
