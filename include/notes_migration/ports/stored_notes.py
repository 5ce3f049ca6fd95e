"""The CDP's migrated notes of one company, read whole: for those who check and never write."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from typing import Protocol

from notes_migration.domain.verification import StoredNote


class StoredNotes(Protocol):
    """All methods raise TransientError (DEPENDENCY_UNAVAILABLE) where the store does not answer."""

    def read(self, note_ids: Collection[str]) -> dict[str, StoredNote]:
        """Return CRM id -> document, soft-deleted ones included."""
        ...

    def ids(self) -> Iterator[Sequence[str]]:
        """Iterate over the CRM ids of all migrated notes, a chunk at a time."""
        ...
