"""The legacy CRM's extraction interface, for one account (contracts, section 4)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

from notes_migration.domain.run import CrmCount

MAX_IDS = 100


class CrmSource(Protocol):
    """Reads one organization. Every method tries again as the RFC says before it raises.

    Raises (all methods):
        FatalError: CID_NOT_FOUND, the CRM does not know the organization;
            CRM_EXTRACT_FAILED, it refused us (401, 403) or broke the contract beyond use.
        TransientError: CRM_EXTRACT_FAILED, it did not answer within all tries.
    """

    def count(self, *, until_id: int | None = None) -> CrmCount:
        """Return how many notes there are, by type, up to `until_id` where given."""
        ...

    def notes(self, *, after_id: int, until_id: int, per_page: int) -> list[dict[str, Any]]:
        """Return one page of raw notes in scope, ids in (after_id, until_id]; empty at the end."""
        ...

    def by_ids(self, note_ids: Sequence[str]) -> list[dict[str, Any]]:
        """Return the raw notes in scope that are still there, of at most `MAX_IDS` ids."""
        ...

    def person_ids(self, *, after_id: int, until_id: int, per_page: int) -> list[object]:
        """Return one page of distinct person ids with notes in scope, ascending above `after_id`."""
        ...
