"""What becomes of a note's files: states, keys and the stored shape (RFC decision 8)."""

from __future__ import annotations

from dataclasses import dataclass

from notes_migration.domain.errors import ReasonCode


@dataclass(frozen=True, slots=True)
class StoredAttachment:
    """One element of `contact_notes.attachments` (contracts, section 5)."""

    url: str
    type: str
    file_size_in_byte: int
    file_size: str
    file_name: str


@dataclass(frozen=True, slots=True)
class AssetOutcome:
    """The one state an asset ends in: linked (`attachment`) or failed (`reason`), never both."""

    asset: str
    attachment: StoredAttachment | None = None
    reason: ReasonCode | None = None


def storage_key(company_sso_id: str, note_id: str, asset: str) -> str:
    """Deterministic, so that a re-run meets its own object: `{company}/{note}/{kind}-{asset id}`."""
    return f"{company_sso_id}/{note_id}/{asset}"
