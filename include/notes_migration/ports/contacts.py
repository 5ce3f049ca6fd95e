"""The CDP's contacts, read only."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class ContactLookup:
    """CRM person id -> contact id; `ambiguous` counts persons with several live contacts."""

    contact_ids: Mapping[str, str]
    ambiguous: int


class ContactDirectory(Protocol):
    """Finds contacts of one company by the CRM's person id (RFC decision 7)."""

    def of_persons(self, person_ids: Collection[str]) -> ContactLookup:
        """Return the oldest live contact of each person that has one.

        Raises:
            TransientError: DEPENDENCY_UNAVAILABLE.
        """
        ...
