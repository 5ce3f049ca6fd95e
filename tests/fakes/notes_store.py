"""Notes of one company in memory: NotesStore."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from notes_migration.domain.documents import CdpNote
from notes_migration.domain.errors import MigrationError


class InMemoryNotes:
    """`stored` by CRM id; `writes` counts what was really inserted, in order.

    `refused` ids cannot be written; `failures` are raised by the next writes, one each, and
    `written_on_failure` says how many notes of such a write arrive all the same.
    """

    def __init__(self) -> None:
        self.stored: dict[str, CdpNote] = {}
        self.writes: list[str] = []
        self.refused: set[str] = set()
        self.failures: list[MigrationError] = []
        self.written_on_failure = 0

    def existing(self, note_ids: Collection[str]) -> set[str]:
        return set(note_ids) & self.stored.keys()

    def insert_missing(self, notes: Sequence[CdpNote]) -> set[str]:
        if self.failures:
            self._insert(notes[: self.written_on_failure])
            raise self.failures.pop(0)
        return self._insert(notes)

    def _insert(self, notes: Sequence[CdpNote]) -> set[str]:
        refused = {note.legacy_crm_note_id for note in notes} & self.refused
        for note in notes:
            key = note.legacy_crm_note_id
            if key not in refused | self.stored.keys():
                self.stored[key] = note
                self.writes.append(key)
        return refused
