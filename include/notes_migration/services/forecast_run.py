"""The end of a dry run: the report, and the end to which a migration would come."""

from __future__ import annotations

from dataclasses import dataclass

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.forecast import Forecast
from notes_migration.domain.outcome import Verdict
from notes_migration.domain.run import Run
from notes_migration.ports.batch_ledger import BatchLedger
from notes_migration.ports.clock import Clock
from notes_migration.ports.crm import CrmSource
from notes_migration.ports.found_differences import FoundTallies
from notes_migration.ports.run_records import RunRecords
from notes_migration.services.publish_progress import PublishProgress
from notes_migration.services.recount import recount


@dataclass(frozen=True, slots=True)
class ForecastRun:
    """Writes the report into the run's record and nothing else."""

    crm: CrmSource
    batches: BatchLedger
    found: FoundTallies
    runs: RunRecords
    progress: PublishProgress
    clock: Clock

    def validate(self, run: Run) -> Verdict:
        """Store the report and return the verdict of a migration that finds the same."""
        if run.stopped is not None:
            return Verdict(run.stopped, count_confirmed=True, missing=0)
        ledger = self.progress.ledger(run)
        forecast = Forecast(
            ledger,
            self.found.tallies(run),
            bytes_stored_before=self.batches.attachment_bytes(run.cid),
            seconds=(self.clock.now() - run.started_at).total_seconds(),
        )
        self.runs.report(run, forecast.to_json(run.settings))
        if self.runs.reported(run).get("coverage_reached") is False:
            return Verdict(ReasonCode.COVERAGE_BELOW_THRESHOLD, count_confirmed=True, missing=0)
        counted = recount(self.crm, run)
        undelivered = 0 if counted is None else max(0, counted - ledger.batches.processed)
        return Verdict(None, count_confirmed=counted is not None, missing=0, undelivered=undelivered)
