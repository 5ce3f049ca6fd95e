"""Project the truth into the status record; a run goes on without it."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from notes_migration.domain.errors import TransientError
from notes_migration.domain.ledger import Ledger
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run
from notes_migration.domain.status import project_status
from notes_migration.ports.batch_ledger import BatchLedger
from notes_migration.ports.clock import Clock
from notes_migration.ports.run_status import RunStatus

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class PublishProgress:
    """Sums the results up and writes the status record whole."""

    batches: BatchLedger
    status: RunStatus
    clock: Clock

    def ledger(self, run: Run) -> Ledger:
        """Return the run's counts as they stand."""
        return Ledger(run.in_scope, run.out_of_scope, self.batches.totals(run))

    def publish(self, run: Run, phase: str, outcome: Outcome | None = None) -> Ledger:
        """Write the record and return the counts that it shows."""
        ledger = self.ledger(run)
        record = project_status(run, ledger, phase=phase, now=self.clock.now(), outcome=outcome)
        try:
            self.status.publish(record)
        except TransientError as error:
            _log.warning("status_not_published", job_id=run.run_id, cid=run.cid, problem=error.message)
        return ledger
