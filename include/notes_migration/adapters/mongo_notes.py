"""`contact_notes` in MongoDB: migrated notes of one company (RFC decisions 3 and 4)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

from bson.int64 import Int64
from pymongo import UpdateOne
from pymongo.collection import Collection as MongoCollection
from pymongo.errors import BulkWriteError, WTimeoutError

from notes_migration.adapters.mongo_border import translated
from notes_migration.domain.attachments import StoredAttachment
from notes_migration.domain.documents import CdpNote

Document = dict[str, Any]
CHUNK = 1000


class MongoNotes:
    """NotesStore over `contact_notes`; every query carries the company and a legacy id."""

    def __init__(self, collection: MongoCollection[Document], *, company_sso_id: str) -> None:
        self._notes = collection
        self._company = company_sso_id

    def existing(self, note_ids: Collection[str]) -> set[str]:
        ids = sorted(note_ids)
        chunks = (ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK))
        return set().union(*(self._existing(chunk) for chunk in chunks))

    def _existing(self, note_ids: Sequence[str]) -> set[str]:
        query = {"company_sso_id": self._company, "legacy_crm_note_id": {"$in": note_ids}}
        # Covered by the index: the note itself is never read.
        with translated("looking for notes that exist"):
            return {
                found["legacy_crm_note_id"]
                for found in self._notes.find(query, {"_id": 0, "legacy_crm_note_id": 1})
            }

    def insert_missing(self, notes: Sequence[CdpNote]) -> set[str]:
        if not notes:
            return set()
        with translated("writing notes"):
            try:
                self._notes.bulk_write([self._upsert(note) for note in notes], ordered=False)
            except BulkWriteError as error:
                refused = {notes[problem["index"]].legacy_crm_note_id for problem in _problems(error)}
            else:
                return set()
        # A duplicate key is a note that is there; anything else is one that is not.
        return refused - self.existing(refused)

    def _upsert(self, note: CdpNote) -> UpdateOne:
        key = {"company_sso_id": self._company, "legacy_crm_note_id": note.legacy_crm_note_id}
        return UpdateOne(key, {"$setOnInsert": to_document(note)}, upsert=True)


def to_document(note: CdpNote) -> Document:
    """Return the document without `_id` and without the two key fields, which the upsert sets."""
    document: Document = {
        "contact_id": note.contact_id,
        "note": note.note,
        "attachments": [attachment_document(attachment) for attachment in note.attachments],
        "owner_id": note.owner.sso_id,
        "is_deleted": False,
        "created_at": note.created_at,
        "updated_at": note.updated_at,
    }
    if note.owner.sso_id is None:
        document["legacy_owner_label"] = note.owner.label
    return document


def attachment_document(attachment: StoredAttachment) -> Document:
    """Return one element of `attachments`, with the contract's types."""
    return {
        "url": attachment.url,
        "type": attachment.type,
        "file_size_in_byte": Int64(attachment.file_size_in_byte),
        "file_size": attachment.file_size,
        "file_name": attachment.file_name,
    }


def _problems(error: BulkWriteError) -> list[Document]:
    details = error.details or {}
    problems = list(details.get("writeErrors", []))
    if not problems:
        # Only the write concern was not met: what was written may be rolled back, so write again.
        raise WTimeoutError("write concern") from None
    return problems
