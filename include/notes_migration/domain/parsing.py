"""A staged page becomes notes: in scope and readable, unreadable, or never asked for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from notes_migration.domain.errors import ReasonCode, RejectedNote
from notes_migration.domain.ids import crm_id
from notes_migration.domain.notes import CrmNote, note_type_id, parse_note


@dataclass(frozen=True, slots=True)
class InvalidNote:
    """A note that must not be guessed; `note_id` is "" where even that is unreadable."""

    note_id: str
    reason: ReasonCode


@dataclass(frozen=True, slots=True)
class ParsedBatch:
    """The notes of a page; `not_asked` counts notes of a type that was not asked for (a breach)."""

    notes: tuple[CrmNote, ...]
    invalid: tuple[InvalidNote, ...]
    not_asked: int

    @property
    def ids(self) -> list[str]:
        """Every readable id, each once."""
        ids = [note.note_id for note in self.notes]
        return ids + [each.note_id for each in self.invalid if each.note_id]


def parse_batch(raw: Sequence[dict[str, Any]], *, type_ids: tuple[int, ...], now: datetime) -> ParsedBatch:
    """Read every note of a page; none is dropped without being counted."""
    notes: list[CrmNote] = []
    invalid: list[InvalidNote] = []
    not_asked = 0
    for each in raw:
        try:
            if note_type_id(each) not in type_ids:
                not_asked += 1
                continue
            notes.append(parse_note(each, now=now))
        except RejectedNote as rejected:
            invalid.append(InvalidNote(crm_id(each.get("id")) or "", rejected.reason))
    return ParsedBatch(tuple(notes), tuple(invalid), not_asked)
