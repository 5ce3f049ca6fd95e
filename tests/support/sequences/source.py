"""The notes of the modelled account, as the CRM delivers them and as the CDP must store them."""

from __future__ import annotations

import hashlib
from dataclasses import MISSING, dataclass, fields
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.verification import StoredFile, StoredNote
from tests.support.builders import a_crm_note

COMPANY = "acme-company"
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\2\0\0\0" + bytes(100)
PNG_SHA256 = hashlib.sha256(PNG).hexdigest()
_BEGINNING = datetime(2021, 3, 4, tzinfo=UTC)
KNOWN_USER, LATE_USER = 77, 88


class Text(StrEnum):
    """What a note's text is like."""

    FINE = "fine"
    LONG = "too long"
    UNREADABLE = "unreadable"


@dataclass(frozen=True, slots=True, repr=False)
class SourceNote:
    """A note at the CRM; `changed` counts minutes and makes its `updated_at`."""

    note_id: int
    person: int
    text: Text = Text.FINE
    creator: int | None = KNOWN_USER
    has_file: bool = False
    in_scope: bool = True
    changed: int = 0

    def __repr__(self) -> str:
        """Return only what is not as usual: failing sequences are read by people."""
        usual = {each.name: each.default for each in fields(self) if each.default is not MISSING}
        named = {name: getattr(self, name) for name in self.__slots__}
        odd = [f"{name}={value}" for name, value in named.items() if usual.get(name, 0) != value]
        return f"Note({', '.join(odd)})"

    @property
    def key(self) -> str:
        return str(self.note_id)

    @property
    def updated_at(self) -> datetime:
        return moment(self.changed)

    def raw(self, cdn: str) -> dict[str, Any]:
        """Return the note as the CRM's JSON has it, its file at `cdn`."""
        file = {"id": self.note_id, "url": f"{cdn}/{self.note_id}.png", "file_name": "a.png"}
        return a_crm_note(
            self.note_id,
            note="<p>" + "x" * (10_001 if self.text is Text.LONG else 1 + self.changed % 7) + "</p>",
            crm_note_type_id=1 if self.in_scope else 2,
            crm_person_id=self.person,
            creator_id=self.creator,
            creator_name="",
            created_at=None if self.text is Text.UNREADABLE else _BEGINNING.isoformat(),
            updated_at=self.updated_at.isoformat(),
            images=[file] if self.has_file else [],
        )

    def stored(self, *, files_base: str, owner_id: str | None, with_file: bool) -> StoredNote:
        """Return the document that must be written of it."""
        return StoredNote(
            note_id=self.key,
            contact_id=f"contact-{self.person}",
            note="<p>" + "x" * (1 + self.changed % 7) + "</p>",
            owner_id=owner_id,
            owner_label=None if owner_id else "[Legacy CRM User]",
            is_deleted=False,
            created_at=_BEGINNING,
            updated_at=self.updated_at,
            files=(StoredFile(self.file_url(files_base), len(PNG)),) if with_file else (),
        )

    @property
    def asset(self) -> str:
        return f"image-{self.note_id}"

    def file_url(self, files_base: str) -> str:
        return f"{files_base}/{COMPANY}/{self.key}/{self.asset}"

    def problem(self, mapped: set[int]) -> ReasonCode | None:
        """Return why it cannot be migrated, or None: route scope, contact, content."""
        if self.text is Text.UNREADABLE:
            return ReasonCode.NOTE_INVALID
        if self.person not in mapped:
            return ReasonCode.CONTACT_NOT_MAPPED
        return ReasonCode.NOTE_TOO_LONG if self.text is Text.LONG else None


def moment(minutes: int) -> datetime:
    """Return the model's time: every event of a sequence has a minute of its own."""
    return _BEGINNING + timedelta(minutes=minutes)
