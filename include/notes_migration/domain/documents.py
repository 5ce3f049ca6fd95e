"""A note as the CDP stores it (contracts, section 5)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from notes_migration.domain.attachments import StoredAttachment
from notes_migration.domain.notes import CrmNote
from notes_migration.domain.owners import Owner


@dataclass(frozen=True, slots=True)
class CdpNote:
    """A document of `contact_notes`; timestamps are the CRM's own, aware UTC milliseconds."""

    company_sso_id: str
    contact_id: str
    note: str
    attachments: tuple[StoredAttachment, ...]
    owner: Owner
    legacy_crm_note_id: str
    created_at: datetime
    updated_at: datetime


def to_cdp_note(
    note: CrmNote,
    *,
    company_sso_id: str,
    contact_id: str,
    html: str,
    owner: Owner,
    attachments: tuple[StoredAttachment, ...],
) -> CdpNote:
    """Put the parts together; nothing of the CRM note is guessed or defaulted here."""
    return CdpNote(
        company_sso_id=company_sso_id,
        contact_id=contact_id,
        note=html,
        attachments=attachments,
        owner=owner,
        legacy_crm_note_id=note.note_id,
        created_at=note.created_at,
        updated_at=note.updated_at,
    )
