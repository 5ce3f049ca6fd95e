"""The CDP's notes of one company: what is there, and the one way to add to it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from notes_migration.domain.documents import CdpNote


class NotesStore(Protocol):
    """Migrated notes by their CRM id; native notes are out of reach of every method."""

    def existing(self, note_ids: Collection[str]) -> set[str]:
        """Return which of the CRM ids are present, soft-deleted ones included.

        Raises:
            TransientError: DEPENDENCY_UNAVAILABLE.
        """
        ...

    def insert_missing(self, notes: Sequence[CdpNote]) -> set[str]:
        """Write what is not there and return the CRM ids that could not be written.

        Idempotent: writing a note again changes nothing (RFC decision 4).

        Raises:
            TransientError: DEPENDENCY_UNAVAILABLE; any part may have been written.
        """
        ...


class CollectionInspector(Protocol):
    """What `guard` wants to know of the collection before anything is written to it."""

    def index_problem(self) -> str | None:
        """Return what is wrong with the unique partial index, or None."""
        ...

    def native_field_types(self) -> dict[str, set[str]]:
        """Return field path -> BSON types, over a sample of native notes; empty where there are none.

        Attachment fields are `attachments.<field>`. Null counts as no evidence and is left out.
        """
        ...
