"""Status records in memory: RunStatus."""

from __future__ import annotations

import json
from typing import Any

from notes_migration.domain.errors import ReasonCode, TransientError
from notes_migration.domain.status import StatusRecord


class InMemoryStatus:
    """`published` are all records in order; `down` makes every call fail."""

    def __init__(self) -> None:
        self.published: list[StatusRecord] = []
        self.down = False
        self._records: dict[str, str] = {}

    def publish(self, record: StatusRecord) -> None:
        self._answer()
        self.published.append(record)
        self._records[record.cid] = json.dumps(record.to_json())

    def read(self, cid: str) -> dict[str, Any] | None:
        self._answer()
        return json.loads(self._records[cid]) if cid in self._records else None

    def _answer(self) -> None:
        if self.down:
            raise TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, "down")
