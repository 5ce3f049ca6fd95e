"""The failed records of one account, for reading."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol


@dataclass(frozen=True, slots=True)
class FailureRow:
    """One failed thing; the fields and their order are the contract's (section 3)."""

    kind: str
    legacy_crm_note_id: str
    asset: str | None
    reason_code: str
    stage: str
    attempts: int
    first_seen: datetime
    last_seen: datetime
    run_id: str


class FailureListing(Protocol):
    """Reads in pages, so that no list is ever held whole."""

    def pages(self, cid: str) -> Iterator[Sequence[FailureRow]]:
        """Iterate over the account's failed records, by reason.

        Raises:
            TransientError, FatalError: DEPENDENCY_UNAVAILABLE, at any page.
        """
        ...
