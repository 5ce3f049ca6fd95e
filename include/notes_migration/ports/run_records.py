"""The durable record of every run (`notes_migration_runs`)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Protocol

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.ledger import Ledger
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run


class RunRecords(Protocol):
    """All methods raise TransientError (DEPENDENCY_UNAVAILABLE) where the store does not answer."""

    def next_attempt(self, run_id: str) -> int:
        """Return 1 for a new run, else one more than the attempt on record."""
        ...

    def start(self, run: Run) -> None:
        """Store the run's frozen facts; a former attempt's outcome and facts are replaced."""
        ...

    def find(self, run_id: str) -> Run | None:
        """Return the run as `guard` froze it, or None where guard never accepted it."""
        ...

    def highest_id(self, cid: str) -> int:
        """Return the highest note id that a migrating run of the account has frozen; 0 where none has."""
        ...

    def latest_migration(self, cid: str) -> Run | None:
        """Return the migrating run that knows the account's notes best, or None; after a rollback, anew.

        That is the newest that read all of them, else the newest that read any, else the newest that
        had notes to read: a run that was cut off or halted does not take the place of a whole one.
        """
        ...

    def outcome(self, run_id: str) -> Outcome | None:
        """Return how the current attempt ended, or None while it has not."""
        ...

    def stop(self, run: Run, reason: ReasonCode) -> None:
        """Record that the run must end early; the first reason stays."""
        ...

    def report(self, run: Run, findings: Mapping[str, Any]) -> None:
        """Add to the report of a run that only looks: plain JSON by name; a name given again is replaced."""
        ...

    def reported(self, run: Run) -> Mapping[str, Any]:
        """Return the report as it stands; empty where there is none."""
        ...

    def finish(self, run: Run, outcome: Outcome, ledger: Ledger, *, now: datetime) -> None:
        """Store how the run ended and its counts."""
        ...
