"""Remove what the migration wrote, batch by batch: first the documents, then the files of what is gone.

So a document never points to a file that is not there. Safe to repeat after a crash at any point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import structlog

from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.rollback import Intended, sort_out
from notes_migration.domain.run import Run
from notes_migration.ports.account_registry import AccountRegistry
from notes_migration.ports.certificates import Certificates
from notes_migration.ports.object_storage import ListedObject, ObjectListing, ObjectSweeper
from notes_migration.ports.rollback import AccountHold, IntendedNotes, MigratedNotes, RemovalLedger
from notes_migration.ports.run_records import RunRecords
from notes_migration.services.own_objects import bytes_of, own_objects
from notes_migration.services.publish_progress import PublishProgress

_log = structlog.get_logger(__name__)
PHASE = "rollback"


@dataclass(frozen=True, slots=True)
class RemoveNotes:
    """Needs the approval on record; looks at every document again right before it goes."""

    accounts: AccountRegistry
    hold: AccountHold
    runs: RunRecords
    intended: IntendedNotes
    ledger: RemovalLedger
    notes: MigratedNotes
    listing: ObjectListing
    sweeper: ObjectSweeper
    certificates: Certificates
    progress: PublishProgress

    def remove(self, run: Run) -> int:
        """Return how many documents are removed, over all tries.

        Raises:
            FatalError: nobody has approved, or the run may no longer write (the fence).
            TransientError: a store did not answer; calling again goes on.
        """
        self._require_approval(run)
        if not self.hold.begin_removal(run):
            raise _fenced()
        self.certificates.revoke(run.cid, by=run.run_id)
        self.progress.publish(run, PHASE)
        stored = own_objects(self.listing, run.company_sso_id)
        left = bytes_of(stored)
        self.intended.keep_bytes(run, left)
        for name, batch in _batches(self.intended.intended_by(run.cid), run.batch_size):
            self._remove_documents(run, name, batch)
            left -= self._remove_files(run, batch, stored)
            self.intended.keep_bytes(run, left)
        return self.ledger.removed(run)

    def _require_approval(self, run: Run) -> None:
        if not run.mode.writes or not self.runs.reported(run).get("approved_by"):
            raise FatalError(
                ReasonCode.INTERNAL_ERROR, "nobody has approved this rollback: nothing was removed"
            )

    def _require_active(self, run: Run) -> None:
        if not self.accounts.is_active(run):
            raise _fenced()

    def _remove_documents(self, run: Run, name: str, batch: Intended) -> None:
        found = sort_out(batch, self.notes.stamps(batch))
        self.ledger.store_removal(run, name, found.removable)
        self._require_active(run)
        self.notes.remove(found.removable)
        settle_removals(self.ledger, self.notes, run)

    def _remove_files(self, run: Run, batch: Intended, stored: Mapping[str, Sequence[ListedObject]]) -> int:
        """Remove the files of notes without a document, whoever removed it; return their bytes."""
        there = self.notes.stamps(batch)
        files = [each for note_id in batch if note_id not in there for each in stored.get(note_id, ())]
        self._require_active(run)
        self.sweeper.delete([each.key for each in files])
        _log.info(
            "rollback_batch_removed", job_id=run.run_id, cid=run.cid, notes=len(batch), objects=len(files)
        )
        return sum(each.size for each in files)


def settle_removals(ledger: RemovalLedger, notes: MigratedNotes, run: Run) -> None:
    """Settle every batch that was about to remove: what is not there any more was removed by it."""
    for name, ids in ledger.pending(run).items():
        ledger.settle_removal(run, name, ids - notes.stamps(ids).keys())


def _batches(intended: Intended, size: int) -> Iterator[tuple[str, Intended]]:
    ids = sorted(intended, key=int)
    for number, start in enumerate(range(0, len(ids), size)):
        yield f"remove-{number:05d}", {note_id: intended[note_id] for note_id in ids[start : start + size]}


def _fenced() -> FatalError:
    return FatalError(
        ReasonCode.INTERNAL_ERROR,
        "this run is over or another has taken the account: nothing more was removed; start a new rollback",
    )
