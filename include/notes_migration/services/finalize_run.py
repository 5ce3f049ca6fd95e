"""The end of every run, however it ended: no account stays in_progress, nothing temporary stays."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

import structlog

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState
from notes_migration.ports.account_registry import AccountRegistry
from notes_migration.ports.batch_ledger import BatchLedger
from notes_migration.ports.clock import Clock
from notes_migration.ports.notes_store import NotesStore
from notes_migration.ports.object_storage import ObjectSweeper
from notes_migration.ports.run_records import RunRecords
from notes_migration.ports.staging import PageStaging
from notes_migration.services.batch_tally import BatchTally
from notes_migration.services.record_outcome import RecordOutcome
from notes_migration.services.sweep_orphans import sweep_orphans

_log = structlog.get_logger(__name__)
DRAIN_SECONDS = 15.0


class Ending(StrEnum):
    """What `finalize` found."""

    ENDED = "ended"
    NEVER_STARTED = "never_started"
    INTERRUPTED = "interrupted"


@dataclass(frozen=True, slots=True)
class FinalizeRun:
    """Cleans up after a run that ended, and ends one that could not end itself."""

    accounts: AccountRegistry
    runs: RunRecords
    batches: BatchLedger
    notes: NotesStore
    staging: PageStaging
    outcome: RecordOutcome
    attachments: ObjectSweeper
    clock: Clock

    def finalize(self, run: Run, *, batches_may_be_dying: bool) -> Ending:
        """Return what was found; in every case the run may not write any more afterwards."""
        self.accounts.inherit(run)
        recorded, held = self.runs.outcome(run.run_id), self.accounts.holds(run)
        ended = recorded is not None
        if not ended and not held:
            return Ending.NEVER_STARTED
        # First of all: a batch that is still alive must not write what is settled and swept below.
        self.accounts.close(run)
        if recorded is None:
            self._interrupt(run, batches_may_be_dying=batches_may_be_dying)
        elif run.mode.writes and held and not self.accounts.state(run.cid).terminal:
            # Recording was cut off between the run's record and the account's.
            self.outcome.record(run, recorded)
        self._sweep_orphans(run)
        self.staging.discard(run.staging_prefix)
        self.accounts.deactivate(cid=run.cid, run_id=run.run_id)
        return Ending.ENDED if ended else Ending.INTERRUPTED

    def _interrupt(self, run: Run, *, batches_may_be_dying: bool) -> None:
        if batches_may_be_dying:
            # A killed task's process may work on until its next word with its supervisor.
            self.clock.pause(DRAIN_SECONDS)
        # A former attempt may have intended in a batch of another name what this one has counted.
        counted = set(self.batches.ids(run, ("migrated", "already_present")))
        for batch, intent in self.batches.unsettled(run).items():
            written = self.notes.existing(intent - counted)
            counted |= written
            tally = BatchTally(
                migrated=sorted(written, key=int), prepared=self.batches.prepared(run, written)
            )
            self.batches.store_result(run, batch, tally.result(0.0))
        self.outcome.record(run, Outcome(RunState.HALTED, ReasonCode.INTERNAL_ERROR))

    def _sweep_orphans(self, run: Run) -> None:
        """Remove the objects of notes that were meant to be written and are not there."""
        intended = self.batches.all_intended(run)
        removed = sweep_orphans(
            self.attachments,
            company_sso_id=run.company_sso_id,
            candidates=intended,
            written=self.notes.existing(intended),
        )
        if removed:
            _log.warning("orphaned_objects_removed", job_id=run.run_id, cid=run.cid, objects=removed)
