"""After a removal: is everything gone that was to go? Read afresh, and nothing is put right here."""

from __future__ import annotations

from dataclasses import dataclass

from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.run import Run
from notes_migration.ports.object_storage import ObjectListing
from notes_migration.ports.rollback import IntendedNotes
from notes_migration.ports.run_records import RunRecords
from notes_migration.services.own_objects import bytes_of, own_objects
from notes_migration.services.sort_notes import SortNotes


@dataclass(frozen=True, slots=True)
class VerifyRollback:
    """Looks for documents that nobody has touched, and for files without a document."""

    sorting: SortNotes
    intended: IntendedNotes
    objects: ObjectListing
    runs: RunRecords

    def verify(self, run: Run) -> None:
        """Keep what is left in the run's record.

        Raises:
            FatalError: INTERNAL_ERROR, where something is left that should be gone.
        """
        found = self.sorting.sort(run)
        stored = own_objects(self.objects, run.company_sso_id)
        orphans = sum(len(stored.get(note_id, ())) for note_id in found.absent)
        left = {"documents": len(found.removable), "objects": orphans}
        self.runs.report(run, {"left": left, "kept": found.kept_ids()})
        if any(left.values()):
            raise FatalError(
                ReasonCode.INTERNAL_ERROR,
                f"{left['documents']} documents and {orphans} objects are left that should be gone; "
                "start the rollback again",
            )
        self.intended.keep_bytes(run, bytes_of(stored))
