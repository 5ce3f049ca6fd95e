"""The end of a verification: what the CDP has beyond the CRM, the sums, and the certificate."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from notes_migration.domain.certificate import certify
from notes_migration.domain.differences import Difference, Kind
from notes_migration.domain.outcome import Verdict
from notes_migration.domain.run import Run
from notes_migration.ports.batch_ledger import BatchLedger
from notes_migration.ports.certificates import Certificates
from notes_migration.ports.clock import Clock
from notes_migration.ports.crm import CrmSource
from notes_migration.ports.found_differences import FoundDifferences
from notes_migration.ports.stored_notes import StoredNotes
from notes_migration.services.publish_progress import PublishProgress
from notes_migration.services.recount import added_since, recount

_log = structlog.get_logger(__name__)
_PRESENT = ("migrated", "already_present")
_DELIVERED = (*_PRESENT, "failed", "erased_in_cdp")


@dataclass(frozen=True, slots=True)
class CertifyRun:
    """Writes the certificate and nothing else."""

    crm: CrmSource
    stored: StoredNotes
    batches: BatchLedger
    found: FoundDifferences
    certificates: Certificates
    progress: PublishProgress
    clock: Clock

    def validate(self, run: Run) -> Verdict:
        """Store the certificate and return the verdict; a CRM that could not be read leaves none."""
        if run.stopped is not None:
            return Verdict(run.stopped, count_confirmed=True, missing=0)
        ledger = self.progress.ledger(run)
        differences = [*self.found.differences(run), *self._beyond_the_crm(run)]
        certificate = certify(
            run,
            ledger,
            differences,
            present=self.batches.ids(run, _PRESENT),
            added_since=added_since(self.crm, run, frozen=recount(self.crm, run)),
            now=self.clock.now(),
        )
        self.certificates.store(certificate)
        _log.info(
            "account_verified", job_id=run.run_id, cid=run.cid, differences=certificate.differences_total
        )
        ours = sum(not each.kind.since for each in differences)
        confirmed = certificate.notes_added_since is not None
        return Verdict(None, count_confirmed=confirmed, missing=ours, failures_halt=False)

    def _beyond_the_crm(self, run: Run) -> list[Difference]:
        delivered = set(self.batches.ids(run, _DELIVERED))
        found = []
        for chunk in self.stored.ids():
            beyond = {note_id for note_id in chunk if note_id not in delivered}
            written = self.batches.written_before(run, beyond)
            found += [
                Difference(note_id, Kind.DELETED_AT_SOURCE if note_id in written else Kind.EXTRA)
                for note_id in sorted(beyond, key=int)
            ]
        return found
