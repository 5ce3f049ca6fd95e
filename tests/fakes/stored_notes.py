"""The CDP's documents in memory, for those who check: StoredNotes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence

from notes_migration.domain.verification import StoredNote


class InMemoryStoredNotes:
    """`notes` by CRM id."""

    def __init__(self, *notes: StoredNote) -> None:
        self.notes = {note.note_id: note for note in notes}

    def read(self, note_ids: Collection[str]) -> dict[str, StoredNote]:
        return {key: self.notes[key] for key in note_ids if key in self.notes}

    def ids(self) -> Iterator[Sequence[str]]:
        yield list(self.notes)
