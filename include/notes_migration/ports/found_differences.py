"""What the batches of a run that only looks have found beside counts and ids."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from notes_migration.domain.differences import Difference
from notes_migration.domain.run import Run


class FoundDifferences(Protocol):
    """Raises TransientError (DEPENDENCY_UNAVAILABLE) where the store does not answer."""

    def differences(self, run: Run) -> list[Difference]:
        """Return the differences over the results of the run's present attempt."""
        ...


class FoundTallies(Protocol):
    """Raises TransientError (DEPENDENCY_UNAVAILABLE) where the store does not answer."""

    def tallies(self, run: Run) -> Mapping[str, int]:
        """Return the sum of the tallies over the results of the run's present attempt."""
        ...
