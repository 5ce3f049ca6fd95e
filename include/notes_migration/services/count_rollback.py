"""What a rollback would remove and what would stay, read afresh; it changes nothing but the record."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from notes_migration.domain.rollback import RollbackCounts
from notes_migration.domain.run import Run
from notes_migration.ports.object_storage import ObjectListing
from notes_migration.ports.run_records import RunRecords
from notes_migration.services.own_objects import bytes_of, own_objects
from notes_migration.services.sort_notes import SortNotes

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class CountRollback:
    """Counts, and keeps counts and the ids of what stays in the run's record."""

    sorting: SortNotes
    objects: ObjectListing
    runs: RunRecords

    def count(self, run: Run) -> RollbackCounts:
        """Return what would go: documents, and the files of notes that have then no document.

        Raises:
            TransientError, FatalError: as of the ports.
        """
        found = self.sorting.sort(run)
        going = {*found.removable, *found.absent}
        stored = own_objects(self.objects, run.company_sso_id)
        files = {note_id: listed for note_id, listed in stored.items() if note_id in going}
        counts = RollbackCounts(
            documents=len(found.removable),
            objects=sum(map(len, files.values())),
            bytes=bytes_of(files),
            kept=found.kept_by_reason(),
            absent=len(found.absent),
        )
        self.runs.report(run, {"counted": counts.to_json(), "kept": found.kept_ids()})
        _log.info(
            "rollback_counted",
            job_id=run.run_id,
            cid=run.cid,
            documents=counts.documents,
            objects=counts.objects,
            bytes=counts.bytes,
            kept=sum(counts.kept.values()),
        )
        return counts
