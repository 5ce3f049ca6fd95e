"""Every note that an account's runs meant to write, sorted by what stands in the CDP now."""

from __future__ import annotations

from dataclasses import dataclass

from notes_migration.domain.rollback import Sorted, sort_out
from notes_migration.domain.run import Run
from notes_migration.ports.rollback import IntendedNotes, MigratedNotes

CHUNK = 1000


@dataclass(frozen=True, slots=True)
class SortNotes:
    """Asks the ledger what was meant, and the CDP what is there."""

    intended: IntendedNotes
    notes: MigratedNotes

    def sort(self, run: Run) -> Sorted:
        """Return the account's notes; errors as of the ports."""
        intended = self.intended.intended_by(run.cid)
        ids = sorted(intended)
        stamps = {}
        for start in range(0, len(ids), CHUNK):
            stamps.update(self.notes.stamps(ids[start : start + CHUNK]))
        return sort_out(intended, stamps)
