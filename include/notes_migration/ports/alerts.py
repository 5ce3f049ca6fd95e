"""Who is told when something ended badly (RFC section 3, contracts section 6)."""

from __future__ import annotations

from typing import Protocol

from notes_migration.domain.ledger import Ledger
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run


class Alerts(Protocol):
    """Never raises and never changes a run's outcome; what could not be delivered is logged."""

    def run_ended(self, run: Run, outcome: Outcome, ledger: Ledger) -> None:
        """Tell whoever the outcome concerns."""
        ...
