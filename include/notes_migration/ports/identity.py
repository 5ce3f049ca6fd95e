"""Who a CRM user is in the company's identity service."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class OwnerLookup:
    """CRM user id -> SSO id for those that are known; `complete` is False where identity did not answer."""

    sso_ids: Mapping[str, str]
    complete: bool = True


class OwnerDirectory(Protocol):
    """Resolves the authors of one company."""

    def resolve(self, creator_ids: Collection[str]) -> OwnerLookup:
        """Look the ids up, each once per run, at most one call per 500 new ids.

        Never raises: identity that is down costs labels, not notes (RFC decision 6).
        """
        ...
