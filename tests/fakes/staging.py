"""Staged pages in memory: PageStaging."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

from notes_migration.domain.batching import StagedPage
from notes_migration.domain.errors import FatalError, ReasonCode


class InMemoryStaging:
    """`stored`: JSON by key."""

    def __init__(self) -> None:
        self.stored: dict[str, str] = {}

    def stage(self, key: str, notes: Sequence[dict[str, Any]], *, first_id: int, last_id: int) -> StagedPage:
        self.stored[key] = json.dumps(notes)
        return StagedPage(key, len(notes), first_id, last_id, self._digest(key))

    def load(self, page: StagedPage) -> list[dict[str, Any]]:
        if page.key not in self.stored or self._digest(page.key) != page.sha256:
            raise FatalError(ReasonCode.INTERNAL_ERROR, "a staged page is gone or changed")
        notes: list[dict[str, Any]] = json.loads(self.stored[page.key])
        return notes

    def discard(self, prefix: str) -> None:
        self.stored = {key: text for key, text in self.stored.items() if not key.startswith(prefix)}

    def _digest(self, key: str) -> str:
        return hashlib.sha256(self.stored[key].encode()).hexdigest()
