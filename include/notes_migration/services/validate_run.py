"""Reconcile by id: what the ledger says is written must be there, and the CRM is counted again."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from notes_migration.domain.outcome import Verdict
from notes_migration.domain.run import Run
from notes_migration.ports.batch_ledger import BatchLedger
from notes_migration.ports.crm import CrmSource
from notes_migration.ports.notes_store import NotesStore
from notes_migration.ports.run_records import RunRecords
from notes_migration.services.publish_progress import PublishProgress
from notes_migration.services.recount import added_since, recount

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ValidateRun:
    """Gathers what the decision needs; decides nothing."""

    crm: CrmSource
    notes: NotesStore
    batches: BatchLedger
    runs: RunRecords
    progress: PublishProgress

    def validate(self, run: Run) -> Verdict:
        """Return the verdict over everything that the stages found out."""
        ledger = self.progress.publish(run, "validate")
        if run.stopped is not None or ledger.fails(run.settings.failure_threshold_pct):
            return Verdict(run.stopped, count_confirmed=True, missing=0)
        counted = recount(self.crm, run)
        undelivered = 0 if counted is None else max(0, counted - ledger.batches.processed)
        if undelivered:
            _log.warning("crm_notes_undelivered", job_id=run.run_id, cid=run.cid, notes=undelivered)
        self._report_growth(run, counted)
        return Verdict(
            None,
            count_confirmed=counted is not None,
            missing=self._missing(run),
            undelivered=undelivered,
        )

    def _report_growth(self, run: Run, counted: int | None) -> None:
        """Keep in the run's record how many notes came after it began; another run migrates them."""
        added = added_since(self.crm, run, frozen=counted)
        self.runs.report(run, {"notes_added_since": added})
        if added:
            _log.warning("crm_has_grown", job_id=run.run_id, cid=run.cid, notes_added_since=added)

    def _missing(self, run: Run) -> int:
        ids = self.batches.ids(run, ("migrated", "already_present"))
        return len(ids) - len(self.notes.existing(ids))
