"""One note as the CRM delivers it, read strictly where a mistake would lose or misplace data."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from notes_migration.domain.errors import ReasonCode, RejectedNote
from notes_migration.domain.ids import crm_id
from notes_migration.domain.timestamps import parse_timestamp


class AssetKind(StrEnum):
    """The association of a note that an asset comes from (RFC decision 8)."""

    IMAGE = "image"
    AUDIO = "audio"
    DOCUMENT = "document"


ASSOCIATIONS = {"images": AssetKind.IMAGE, "audios": AssetKind.AUDIO, "documents": AssetKind.DOCUMENT}


@dataclass(frozen=True, slots=True)
class CrmAsset:
    """A file of a note. `name` is unique within the note and safe in a key: `image-17`.

    `url` is None where the CRM delivered something that cannot be an asset; it then fails with a
    reason like any other. File name and content type are claims, not facts.
    """

    kind: AssetKind
    name: str
    url: str | None
    file_name: str
    content_type: str


@dataclass(frozen=True, slots=True)
class CrmNote:
    """A note in scope or not; all ids are decimal strings, instants are aware UTC milliseconds."""

    note_id: str
    type_id: int
    html: str
    person_id: str | None
    creator_id: str | None
    creator_name: str
    created_at: datetime
    updated_at: datetime
    assets: tuple[CrmAsset, ...]
    has_checkin: bool


def parse_note(raw: Mapping[str, Any], *, now: datetime) -> CrmNote:
    """Read one element of the CRM's `data` (contracts, section 4); unknown fields are ignored.

    Raises:
        RejectedNote: NOTE_INVALID, where an id, a timestamp or a shape would have to be guessed.
    """
    created_at = parse_timestamp(raw.get("created_at"), now=now)
    if created_at is None:
        raise _invalid("created_at is missing, unreadable, without offset or out of range")
    updated_at = created_at
    if raw.get("updated_at") is not None:
        parsed = parse_timestamp(raw["updated_at"], now=now)
        if parsed is None:
            raise _invalid("updated_at is unreadable, without offset or out of range")
        updated_at = parsed
    html = raw.get("note")
    if html is not None and not isinstance(html, str):
        raise _invalid("note is not a string")
    name = raw.get("creator_name")
    return CrmNote(
        note_id=_required_id(raw, "id"),
        type_id=note_type_id(raw),
        html=html or "",
        person_id=_optional_id(raw, "crm_person_id"),
        creator_id=_optional_id(raw, "creator_id"),
        creator_name=name if isinstance(name, str) else "",
        created_at=created_at,
        updated_at=updated_at,
        assets=_assets(raw),
        has_checkin=bool(raw.get("crm_checkin")),
    )


def note_type_id(raw: Mapping[str, Any]) -> int:
    """Return the note's type.

    Raises:
        RejectedNote: NOTE_INVALID, where it has none: whether it is in scope cannot be known.
    """
    return int(_required_id(raw, "crm_note_type_id"))


def _assets(raw: Mapping[str, Any]) -> tuple[CrmAsset, ...]:
    found: dict[str, CrmAsset] = {}
    for association, kind in ASSOCIATIONS.items():
        entries = raw.get(association)
        if entries is None:
            continue
        if not isinstance(entries, list):
            raise _invalid(f"{association} is not a list")
        for position, entry in enumerate(entries):
            asset = _asset(kind, position, entry)
            found.setdefault(asset.name, asset)
    return tuple(found.values())


def _asset(kind: AssetKind, position: int, entry: object) -> CrmAsset:
    fields: Mapping[str, Any] = entry if isinstance(entry, Mapping) else {}
    asset_id, url = crm_id(fields.get("id")), fields.get("url")
    usable = asset_id is not None and isinstance(url, str) and bool(url)
    return CrmAsset(
        kind=kind,
        name=f"{kind}-{asset_id}" if asset_id else f"{kind}-invalid-{position}",
        url=url if usable else None,
        file_name=_text(fields.get("file_name")),
        content_type=_text(fields.get("content_type")),
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _required_id(raw: Mapping[str, Any], field: str) -> str:
    value = crm_id(raw.get(field))
    if value is None:
        raise _invalid(f"{field} is not a CRM id")
    return value


def _optional_id(raw: Mapping[str, Any], field: str) -> str | None:
    return None if raw.get(field) is None else _required_id(raw, field)


def _invalid(why: str) -> RejectedNote:
    return RejectedNote(ReasonCode.NOTE_INVALID, why)
