"""What the batches of a verification found to differ."""

from __future__ import annotations

from typing import Protocol

from notes_migration.domain.differences import Difference
from notes_migration.domain.run import Run


class FoundDifferences(Protocol):
    """Raises TransientError (DEPENDENCY_UNAVAILABLE) where the store does not answer."""

    def differences(self, run: Run) -> list[Difference]:
        """Return the differences over the results of the run's present attempt."""
        ...
