"""One company's notes in the CDP, in memory or in MongoDB: every port onto them, and what its users do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

from notes_migration.ports.note_repairs import NoteRepairs
from notes_migration.ports.notes_store import NotesStore
from notes_migration.ports.rollback import MigratedNotes
from notes_migration.ports.stored_notes import StoredNotes
from tests.fakes.documents import InMemoryDocuments
from tests.support.builders import NOW

if TYPE_CHECKING:
    from pymongo.database import Database

COMPANY = "acme-company"
LATER = NOW + timedelta(milliseconds=1)


class CompanyNotes(Protocol):
    """The four ports see the same documents; `snapshot` is all that is stored, to be compared."""

    writer: NotesStore
    reader: StoredNotes
    repairs: NoteRepairs
    migrated: MigratedNotes

    def edit(self, note_id: str) -> None: ...
    def delete_softly(self, note_id: str) -> None: ...
    def snapshot(self) -> object: ...


class InMemoryCompany:
    def __init__(self) -> None:
        self._documents = InMemoryDocuments()
        self.writer = self.reader = self.repairs = self.migrated = self._documents

    def edit(self, note_id: str) -> None:
        self._change(note_id, updated_at=LATER)

    def delete_softly(self, note_id: str) -> None:
        self._change(note_id, is_deleted=True)

    def snapshot(self) -> object:
        return dict(self._documents.stored)

    def _change(self, note_id: str, **changes: Any) -> None:
        stored = self._documents.stored
        stored[note_id] = replace(stored[note_id], **changes)


class MongoCompany:
    """`collection` is `contact_notes` with its index."""

    def __init__(self, database: Database[dict[str, Any]]) -> None:
        from notes_migration.adapters.mongo_index import apply_index_migration
        from notes_migration.adapters.mongo_migrated_notes import MongoMigratedNotes
        from notes_migration.adapters.mongo_notes import MongoNotes
        from notes_migration.adapters.mongo_repairs import MongoRepairs
        from notes_migration.adapters.mongo_stored_notes import MongoStoredNotes

        apply_index_migration(database, "up")
        self.collection = database["contact_notes"]
        self.writer = MongoNotes(self.collection, company_sso_id=COMPANY)
        self.reader = MongoStoredNotes(self.collection, company_sso_id=COMPANY)
        self.repairs = MongoRepairs(self.collection, company_sso_id=COMPANY)
        self.migrated = MongoMigratedNotes(self.collection, company_sso_id=COMPANY)

    def edit(self, note_id: str) -> None:
        self._change(note_id, updated_at=LATER)

    def delete_softly(self, note_id: str) -> None:
        self._change(note_id, is_deleted=True)

    def snapshot(self) -> object:
        from bson import encode

        return [encode(each) for each in self.collection.find().sort("_id")]

    def _change(self, note_id: str, **changes: Any) -> None:
        self.collection.update_one({"legacy_crm_note_id": note_id}, {"$set": changes})
