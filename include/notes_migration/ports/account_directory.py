"""What the accounts' durable records say, for those who ask and change nothing."""

from __future__ import annotations

from typing import Protocol

from notes_migration.domain.accounts import AccountRecord


class AccountDirectory(Protocol):
    """All methods raise TransientError or FatalError (DEPENDENCY_UNAVAILABLE)."""

    def find(self, cid: str) -> AccountRecord | None:
        """Return the account's record, or None for one never seen."""
        ...

    def related(self, *, cid: str, company_sso_id: str) -> tuple[AccountRecord, ...]:
        """Return the records that name either of the two, in one read."""
        ...

    def last_run_number(self, cid: str) -> int:
        """Return the highest n of the account's recorded runs `<cid>__<n>`; 0 where there is none."""
        ...
