"""NoteRepairs over `contact_notes`: conditional updates of single documents."""

from __future__ import annotations

from typing import Any

from pymongo.collection import Collection as MongoCollection

from notes_migration.adapters.mongo_border import translated
from notes_migration.adapters.mongo_notes import attachment_document
from notes_migration.ports.note_repairs import Repair

Document = dict[str, Any]


class MongoRepairs:
    """Every filter carries the company, the legacy id, and that nobody has edited or deleted the note."""

    def __init__(self, collection: MongoCollection[Document], *, company_sso_id: str) -> None:
        self._notes = collection
        self._company = company_sso_id

    def apply(self, repair: Repair) -> None:
        untouched = {
            "company_sso_id": self._company,
            "legacy_crm_note_id": repair.note_id,
            "updated_at": repair.updated_at,
            "is_deleted": {"$ne": True},
        }
        with translated("repairing a note"):
            for attachment in repair.attachments:
                self._notes.update_one(
                    {**untouched, "attachments.url": {"$ne": attachment.url}},
                    {"$push": {"attachments": attachment_document(attachment)}},
                )
            if repair.owner_id is not None:
                self._notes.update_one(
                    {**untouched, "owner_id": None},
                    {"$set": {"owner_id": repair.owner_id}, "$unset": {"legacy_owner_label": ""}},
                )
