"""Are the systems there that a run will need?"""

from __future__ import annotations

from typing import Protocol

from notes_migration.domain.conf import MigrationConf


class DependencyProbes(Protocol):
    """Asks each system once, all at the same time, each for at most a second."""

    def check(self, conf: MigrationConf) -> None:
        """Return where all of them answer.

        Raises:
            FatalError: CID_NOT_FOUND, the CRM does not know the account.
            DependencyDown: one does not answer or refuses us.
        """
        ...
