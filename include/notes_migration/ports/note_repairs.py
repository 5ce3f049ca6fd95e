"""The one way to change a migrated note: what failed of it is added, if nobody has edited it since."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from notes_migration.domain.attachments import StoredAttachment


@dataclass(frozen=True, slots=True)
class Repair:
    """What one note lacks. `updated_at` is the CRM's: a document with another one was edited.

    owner_id: the SSO id that takes the label's place, or None to leave the owner.
    """

    note_id: str
    updated_at: datetime
    attachments: Sequence[StoredAttachment] = ()
    owner_id: str | None = None


class NoteRepairs(Protocol):
    """Raises TransientError or FatalError (DEPENDENCY_UNAVAILABLE); calling again repairs the rest."""

    def apply(self, repair: Repair) -> None:
        """Add what is not there yet; `updated_at` stays, and so does a document that was edited."""
        ...
