"""StoredNotes over `contact_notes`; every query carries the company and a legacy id."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from itertools import islice
from typing import Any

from bson.codec_options import CodecOptions
from pymongo.collection import Collection as MongoCollection

from notes_migration.adapters.mongo_border import translated
from notes_migration.domain.ids import crm_id
from notes_migration.domain.verification import StoredFile, StoredNote

Document = dict[str, Any]
AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)
CHUNK = 1000


class MongoStoredNotes:
    """Reads documents as they are: what is not of its type comes out as None and differs."""

    def __init__(self, collection: MongoCollection[Document], *, company_sso_id: str) -> None:
        self._notes = collection.with_options(codec_options=AWARE)
        self._company = company_sso_id

    def read(self, note_ids: Collection[str]) -> dict[str, StoredNote]:
        query = {"company_sso_id": self._company, "legacy_crm_note_id": {"$in": sorted(note_ids)}}
        with translated("reading stored notes"):
            return {each["legacy_crm_note_id"]: _to_note(each) for each in self._notes.find(query)}

    def ids(self) -> Iterator[Sequence[str]]:
        # Covered by the index, of which null and numbers are no part of ours.
        query = {"company_sso_id": self._company, "legacy_crm_note_id": {"$gt": ""}}
        with (
            translated("listing stored notes"),
            self._notes.find(query, {"_id": 0, "legacy_crm_note_id": 1}, batch_size=CHUNK) as rows,
        ):
            names = (each["legacy_crm_note_id"] for each in rows)
            while chunk := list(islice(names, CHUNK)):
                yield [name for name in chunk if crm_id(name)]


def _to_note(found: Document) -> StoredNote:
    files = found.get("attachments")
    return StoredNote(
        note_id=found["legacy_crm_note_id"],
        contact_id=_text(found.get("contact_id")),
        note=_text(found.get("note")),
        owner_id=_text(found.get("owner_id")),
        owner_label=_text(found.get("legacy_owner_label")),
        is_deleted=bool(found.get("is_deleted")),
        created_at=_moment(found.get("created_at")),
        updated_at=_moment(found.get("updated_at")),
        files=tuple(_to_file(each) for each in files) if isinstance(files, list) else (),
    )


def _to_file(found: object) -> StoredFile:
    fields = found if isinstance(found, dict) else {}
    size = fields.get("file_size_in_byte")
    return StoredFile(
        url=_text(fields.get("url")) or "",
        size=int(size) if isinstance(size, int) and not isinstance(size, bool) else None,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _moment(value: object) -> datetime | None:
    return value if isinstance(value, datetime) else None
