"""What the watchdog looks at: all accounts' records, and which runs the scheduler still works on."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from notes_migration.domain.run import Run
from notes_migration.domain.watching import Pulse, Sighting, WatchedAccount


class WatchedAccounts(Protocol):
    """All methods raise TransientError (DEPENDENCY_UNAVAILABLE) where the store does not answer."""

    def accounts(self, *, finished_after: datetime) -> Sequence[WatchedAccount]:
        """Return the accounts in progress, those that a run holds, and those that ended after the moment."""
        ...

    def steps(self, run: Run) -> int:
        """Return a number that grows with every batch that the run begins or ends."""
        ...

    def keep(self, cid: str, sighting: Sighting) -> None:
        """Store how far the account's run was seen."""
        ...


class LiveRuns(Protocol):
    """The scheduler's own knowledge of a run."""

    def pulse(self, run_id: str) -> Pulse:
        """Return whether the run is alive, over, or not known to this scheduler."""
        ...
