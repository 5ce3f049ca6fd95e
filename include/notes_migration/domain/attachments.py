"""What becomes of a note's files: states, keys and the stored shape (RFC decision 8)."""

from __future__ import annotations

import re
from dataclasses import dataclass

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.settings import MigrationSettings

_OWN_ASSET = re.compile(r"(?:image|audio|document)-[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class AttachmentLimits:
    """What one file may cost: bytes, seconds (tries included), and how many are in flight at once."""

    max_bytes: int
    timeout_seconds: float
    concurrency: int

    @classmethod
    def of(cls, settings: MigrationSettings) -> AttachmentLimits:
        """Take the limits in force for a run."""
        return cls(
            max_bytes=settings.attachment_max_bytes,
            timeout_seconds=settings.attachment_timeout_seconds,
            concurrency=settings.attachment_concurrency,
        )


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
    """The one state an asset ends in: linked (`attachment`, `sha256`) or failed (`reason`), never both.

    `sha256` is the hex digest of the stored bytes.
    """

    asset: str
    attachment: StoredAttachment | None = None
    reason: ReasonCode | None = None
    sha256: str | None = None


def storage_key(company_sso_id: str, note_id: str, asset: str) -> str:
    """Deterministic, so that a re-run meets its own object: `{company}/{note}/{kind}-{asset id}`."""
    return f"{company_sso_id}/{note_id}/{asset}"


def is_own_asset(name: str) -> bool:
    """Tell whether the last part of a key is one that this migration gives."""
    return _OWN_ASSET.fullmatch(name) is not None
