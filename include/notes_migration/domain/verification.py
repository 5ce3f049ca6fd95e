"""Compare one note of the CRM with what the CDP has stored of it; pure, and apart from the writer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from notes_migration.domain.content import normalize_html
from notes_migration.domain.content.emptied import emptied
from notes_migration.domain.differences import Kind
from notes_migration.domain.errors import ReasonCode, RejectedNote
from notes_migration.domain.notes import CrmNote


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One element of a stored note's `attachments`; `size` in bytes, None where it is no number."""

    url: str
    size: int | None


@dataclass(frozen=True, slots=True)
class StoredNote:
    """A document of `contact_notes` as it was read; a field that is not of its type is None."""

    note_id: str
    contact_id: str | None
    note: str | None
    owner_id: str | None
    owner_label: str | None
    is_deleted: bool
    created_at: datetime | None
    updated_at: datetime | None
    files: tuple[StoredFile, ...] = ()


@dataclass(frozen=True, slots=True)
class Expected:
    """What the sources say a note must be.

    owner_known: False where identity did not answer. asset_urls: asset name -> URL that a linked file
    has. files_failed: asset name -> reason on record.
    """

    note: CrmNote
    contact_id: str | None
    owner_id: str | None
    owner_known: bool
    asset_urls: Mapping[str, str] = field(default_factory=dict)
    files_failed: Mapping[str, ReasonCode] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Comparison:
    """The kinds of difference, and each file of the CRM's note by its class."""

    kinds: frozenset[Kind]
    linked: tuple[StoredFile, ...] = ()
    failed: tuple[ReasonCode, ...] = ()


def compare(expected: Expected, stored: StoredNote) -> Comparison:
    """Return in what the two differ; of a note changed since, only what no change explains."""
    note, kinds = expected.note, set[Kind]()
    if stored.created_at != note.created_at:
        kinds.add(Kind.TIMESTAMP)
    linked = [each for each in stored.files if each.url in set(expected.asset_urls.values())]
    since = _since(note, stored)
    if since is not None:
        return Comparison(frozenset({*kinds, since}), tuple(linked))
    if stored.updated_at != note.updated_at:
        kinds.add(Kind.TIMESTAMP)
    if stored.contact_id is None or stored.contact_id != expected.contact_id:
        kinds.add(Kind.CONTACT)
    if stored.note is None or stored.note != stored_form(note):
        kinds.add(Kind.CONTENT)
    if not _owner_fits(expected, stored):
        kinds.add(Kind.OWNER)
    failed, unexplained = _not_linked(expected, linked)
    urls = [each.url for each in stored.files]
    if unexplained or len(linked) != len(urls) or len(set(urls)) != len(urls):
        kinds.add(Kind.ATTACHMENTS)
    return Comparison(
        frozenset(kinds), tuple(linked), (*failed, *[ReasonCode.INTERNAL_ERROR] * len(unexplained))
    )


def stored_form(note: CrmNote) -> str | None:
    """Return the HTML that must be stored, or None where the note must not be."""
    try:
        html = normalize_html(note.html).html
    except RejectedNote:
        return None
    return None if emptied(note.html, html) else html


def reason_not_to_store(note: CrmNote, contact_id: str | None) -> ReasonCode | None:
    """Return why a note that the CDP lacks could not be there, or None where it should."""
    if contact_id is None:
        return ReasonCode.CONTACT_NOT_MAPPED
    try:
        html = normalize_html(note.html).html
    except RejectedNote as rejected:
        return rejected.reason
    return ReasonCode.NOTE_EMPTIED if emptied(note.html, html) else None


def _since(note: CrmNote, stored: StoredNote) -> Kind | None:
    if stored.is_deleted or (stored.updated_at and stored.updated_at > note.updated_at):
        return Kind.EDITED_IN_CDP
    if stored.updated_at and note.updated_at > stored.updated_at:
        return Kind.CHANGED_AT_SOURCE
    return None


def _owner_fits(expected: Expected, stored: StoredNote) -> bool:
    """Exactly one of id and label, and the id that identity gives today, where it gives one."""
    if stored.owner_id is None:
        return bool(stored.owner_label) and not (expected.owner_known and expected.owner_id)
    if stored.owner_label is not None:
        return False
    return stored.owner_id == expected.owner_id or not expected.owner_known


def _not_linked(expected: Expected, linked: list[StoredFile]) -> tuple[list[ReasonCode], list[str]]:
    present = {each.url for each in linked}
    absent = [name for name, url in expected.asset_urls.items() if url not in present]
    known = [expected.files_failed[name] for name in absent if name in expected.files_failed]
    return known, [name for name in absent if name not in expected.files_failed]
