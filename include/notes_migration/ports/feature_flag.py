"""The kill-switch `crm_notes_migration_enabled`."""

from __future__ import annotations

from typing import Protocol


class FeatureFlag(Protocol):
    """Off unless the account's value is exactly true."""

    def is_on(self, cid: str) -> bool:
        """Return whether the account may be written now; anything doubtful is False."""
        ...
