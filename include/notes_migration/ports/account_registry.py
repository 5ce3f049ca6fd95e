"""One durable record per account: its binding, its state, and which run may write (the fence)."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from notes_migration.domain.guarding import Binding
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState


class AccountRegistry(Protocol):
    """All methods raise TransientError (DEPENDENCY_UNAVAILABLE) where the store does not answer."""

    def bindings(self, *, cid: str, company_sso_id: str) -> tuple[Binding, ...]:
        """Return the bindings that name either of the two."""
        ...

    def state(self, cid: str) -> RunState:
        """Return the account's state; NOT_STARTED for one never seen."""
        ...

    def activate(self, run: Run) -> None:
        """Make this attempt the only one that may write, and the account in_progress."""
        ...

    def is_active(self, run: Run) -> bool:
        """Whether this attempt may still write: one read by key."""
        ...

    def close(self, run: Run) -> None:
        """Let this attempt write no more; it still holds the account until it is deactivated."""
        ...

    def inherit(self, run: Run) -> None:
        """Give this attempt what an earlier attempt of the same run has: its guard died before it took it."""
        ...

    def holds(self, run: Run) -> bool:
        """Whether the account is this attempt's, closed or not: it may still record how it ended."""
        ...

    def bind(self, run: Run) -> bool:
        """Bind the pair for good; False where either is bound to another."""
        ...

    def record_outcome(self, run: Run, outcome: Outcome, *, now: datetime) -> None:
        """Store the account's new state, if this attempt is still the active one."""
        ...

    def deactivate(self, *, cid: str, run_id: str) -> None:
        """Take the right to write from this run; another run's is left alone."""
        ...
