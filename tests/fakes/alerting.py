"""Recipients of alerts and the memory of what they were told, in memory."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from notes_migration.domain.alerting import Alert, Condition
from notes_migration.domain.errors import ReasonCode, TransientError


class RecordingChannel:
    """AlertChannel: `delivered` in order; takes nothing while `down`; raises `failure` while it is set."""

    def __init__(self) -> None:
        self.delivered: list[Alert] = []
        self.down = False
        self.failure: Exception | None = None

    def deliver(self, alerts: Sequence[Alert]) -> list[Alert]:
        if self.failure is not None:
            raise self.failure
        if self.down:
            return []
        self.delivered += alerts
        return list(alerts)

    def said(self) -> list[tuple[str, str]]:
        """Return action and condition of each delivery."""
        return [(str(alert.action), str(alert.condition)) for alert in self.delivered]


class InMemoryAlertMemory:
    """AlertMemory; accounts that are not in `known` have no record. `down` makes every call fail."""

    def __init__(self, *known: str) -> None:
        self.by_account: dict[str, dict[Condition, str]] = {cid: {} for cid in known}
        self.down = False

    def remember(self, cid: str, condition: Condition, run_id: str) -> bool:
        self._answer()
        account = self.by_account.get(cid)
        if account is None:
            return True
        before, account[condition] = account.get(condition), run_id
        return before != run_id

    def told(self, cid: str) -> Collection[Condition]:
        self._answer()
        return frozenset(self.by_account.get(cid, {}))

    def forget(self, cid: str, conditions: Collection[Condition]) -> None:
        self._answer()
        for condition in conditions:
            self.by_account.get(cid, {}).pop(condition, None)

    def _answer(self) -> None:
        if self.down:
            raise TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, "down")
