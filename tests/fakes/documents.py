"""One company's migrated notes in memory, whole: NotesStore, StoredNotes, NoteRepairs, MigratedNotes."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from notes_migration.domain.documents import CdpNote
from notes_migration.domain.rollback import Intended, Stamp
from notes_migration.domain.verification import StoredFile, StoredNote
from notes_migration.ports.note_repairs import Repair

CHUNK = 1000


class InMemoryDocuments:
    """`stored` by CRM id; a test changes it as a user of the CDP would."""

    def __init__(self) -> None:
        self.stored: dict[str, StoredNote] = {}

    def existing(self, note_ids: Collection[str]) -> set[str]:
        return set(note_ids) & self.stored.keys()

    def insert_missing(self, notes: Sequence[CdpNote]) -> set[str]:
        for note in notes:
            self.stored.setdefault(note.legacy_crm_note_id, _stored(note))
        return set()

    def read(self, note_ids: Collection[str]) -> dict[str, StoredNote]:
        return {key: self.stored[key] for key in note_ids if key in self.stored}

    def ids(self) -> Iterator[Sequence[str]]:
        names = list(self.stored)
        for start in range(0, len(names), CHUNK):
            yield names[start : start + CHUNK]

    def stamps(self, note_ids: Collection[str]) -> dict[str, Stamp]:
        found = self.read(note_ids)
        return {key: Stamp(each.updated_at, each.is_deleted) for key, each in found.items()}

    def remove(self, untouched: Intended) -> None:
        for note_id, stamp in self.stamps(untouched.keys()).items():
            if not stamp.is_deleted and stamp.updated_at in untouched[note_id]:
                del self.stored[note_id]

    def apply(self, repair: Repair) -> None:
        found = self.stored.get(repair.note_id)
        if found is None or found.is_deleted or found.updated_at != repair.updated_at:
            return
        for each in repair.attachments:
            if each.url not in {file.url for file in found.files}:
                added = StoredFile(each.url, each.file_size_in_byte)
                found = replace(found, files=(*found.files, added))
        if repair.owner_id is not None and found.owner_id is None:
            found = replace(found, owner_id=repair.owner_id, owner_label=None)
        self.stored[repair.note_id] = found


def _stored(note: CdpNote) -> StoredNote:
    return StoredNote(
        note_id=note.legacy_crm_note_id,
        contact_id=note.contact_id,
        note=note.note,
        owner_id=note.owner.sso_id,
        owner_label=note.owner.label,
        is_deleted=False,
        created_at=note.created_at,
        updated_at=note.updated_at,
        files=tuple(StoredFile(each.url, each.file_size_in_byte) for each in note.attachments),
    )
