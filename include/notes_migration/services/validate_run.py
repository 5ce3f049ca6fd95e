"""Reconcile by id: what the ledger says is written must be there, and the CRM is counted again."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from notes_migration.domain.errors import MigrationError, ReasonCode
from notes_migration.domain.outcome import Verdict
from notes_migration.domain.run import Run
from notes_migration.ports.batch_ledger import BatchLedger
from notes_migration.ports.crm import CrmSource
from notes_migration.ports.notes_store import NotesStore
from notes_migration.services.publish_progress import PublishProgress

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ValidateRun:
    """Gathers what the decision needs; decides nothing."""

    crm: CrmSource
    notes: NotesStore
    batches: BatchLedger
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
        return Verdict(
            None,
            count_confirmed=counted is not None,
            missing=self._missing(run),
            undelivered=undelivered,
        )

    def _missing(self, run: Run) -> int:
        ids = self.batches.ids(run, ("migrated", "already_present"))
        return len(ids) - len(self.notes.existing(ids))


def recount(crm: CrmSource, run: Run) -> int | None:
    """Ask for the count in scope up to the frozen id; None where the CRM gives none.

    Growth above that id is none of this run's business.
    """
    if run.max_id == 0:
        return 0
    try:
        count = crm.count(until_id=run.max_id)
    except MigrationError as error:
        if error.reason not in {ReasonCode.CRM_EXTRACT_FAILED, ReasonCode.CID_NOT_FOUND}:
            raise
        return None
    return count.in_scope(run.settings.note_type_ids)
