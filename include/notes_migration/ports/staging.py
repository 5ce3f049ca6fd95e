"""Where pages wait between extraction and migration: compressed, temporary, never under a tenant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from notes_migration.domain.batching import StagedPage


class PageStaging(Protocol):
    """All methods raise TransientError (DEPENDENCY_UNAVAILABLE) where the store does not answer."""

    def stage(self, key: str, notes: Sequence[dict[str, Any]], *, first_id: int, last_id: int) -> StagedPage:
        """Store a page under the key and return its reference."""
        ...

    def load(self, page: StagedPage) -> list[dict[str, Any]]:
        """Return the page's notes.

        Raises:
            FatalError: INTERNAL_ERROR, where the page is gone or is not the one that was staged.
        """
        ...

    def discard(self, prefix: str) -> None:
        """Delete every page under the prefix."""
        ...
