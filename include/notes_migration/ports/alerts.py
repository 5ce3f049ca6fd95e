"""Who is told when something went badly, or well (RFC section 3, contracts section 6)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from notes_migration.domain.alerting import Alert, Condition
from notes_migration.domain.ledger import Ledger
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run


class Alerts(Protocol):
    """Never raises and never changes a run's outcome; what could not be delivered is logged."""

    def run_ended(self, run: Run, outcome: Outcome, ledger: Ledger) -> None:
        """Tell whoever the outcome concerns."""
        ...


class AlertChannel(Protocol):
    """Delivers to one kind of recipient within a bounded time; what fails is logged by its kind."""

    def deliver(self, alerts: Sequence[Alert]) -> Sequence[Alert]:
        """Return those that the recipient has taken.

        Raises:
            FatalError: DEPENDENCY_UNAVAILABLE, where nobody has said how to reach the recipient.
        """
        ...


class AlertMemory(Protocol):
    """What an account's alerts have said and nothing has taken back.

    All methods raise TransientError (DEPENDENCY_UNAVAILABLE) where the store does not answer.
    """

    def remember(self, cid: str, condition: Condition, run_id: str) -> bool:
        """Note the condition as told about the run; False where that was noted before."""
        ...

    def told(self, cid: str) -> Collection[Condition]:
        """Return the conditions that have been told and not forgotten."""
        ...

    def forget(self, cid: str, conditions: Collection[Condition]) -> None:
        """Take the conditions back."""
        ...
