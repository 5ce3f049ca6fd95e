"""MigratedNotes over `contact_notes`: read by the unique index, removed one by one under conditions."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import DeleteOne
from pymongo.collection import Collection as MongoCollection
from pymongo.errors import BulkWriteError

from notes_migration.adapters.mongo_border import translated
from notes_migration.domain.errors import ReasonCode, TransientError
from notes_migration.domain.rollback import Intended, Stamp

Document = dict[str, Any]
AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)


class MongoMigratedNotes:
    """Every filter names the company and a legacy id, which native notes do not have."""

    def __init__(self, collection: MongoCollection[Document], *, company_sso_id: str) -> None:
        self._notes = collection.with_options(codec_options=AWARE)
        self._company = company_sso_id

    def stamps(self, note_ids: Collection[str]) -> dict[str, Stamp]:
        query = {"company_sso_id": self._company, "legacy_crm_note_id": {"$in": sorted(note_ids)}}
        fields = {"_id": 0, "legacy_crm_note_id": 1, "updated_at": 1, "is_deleted": 1}
        with translated("looking at who has touched notes"):
            return {each["legacy_crm_note_id"]: _stamp(each) for each in self._notes.find(query, fields)}

    def remove(self, untouched: Intended) -> None:
        if not untouched:
            return
        conditions = (
            {
                "company_sso_id": self._company,
                "legacy_crm_note_id": note_id,
                "updated_at": {"$in": sorted(stamps)},
                "is_deleted": False,
            }
            for note_id, stamps in untouched.items()
        )
        with translated("removing notes"):
            try:
                self._notes.bulk_write([DeleteOne(each) for each in conditions], ordered=False)
            except BulkWriteError:
                raise TransientError(
                    ReasonCode.DEPENDENCY_UNAVAILABLE, "MongoDB did not remove every note"
                ) from None


def _stamp(found: Document) -> Stamp:
    moment = found.get("updated_at")
    return Stamp(moment if isinstance(moment, datetime) else None, found.get("is_deleted") is not False)
