"""What the board shows: the accounts' durable records, each with its last run, for reading only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.ledger import Ledger
from notes_migration.domain.states import RunState


@dataclass(frozen=True, slots=True)
class SeenRun:
    """One run: who asked for what, and the counts as they stand; of a run in progress those so far."""

    run_id: str
    company_sso_id: str
    mode: str
    triggered_by: str
    state: RunState
    reason_code: str | None
    started_at: datetime
    finished_at: datetime | None
    ledger: Ledger


@dataclass(frozen=True, slots=True)
class SeenAccount:
    """An account's record and its last run, where that is known."""

    account: AccountRecord
    last_run: SeenRun | None


@dataclass(frozen=True, slots=True)
class SeenDryRun:
    """A dry run with its report (domain.forecast), and the end to which a migration would come."""

    run_id: str
    company_sso_id: str
    triggered_by: str
    state: RunState
    reason_code: str | None
    started_at: datetime
    report: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class FailureGroup:
    """Failed records of one kind and reason: how many, and the ids of some of them."""

    kind: str
    reason_code: str
    count: int
    last_seen: datetime
    note_ids: tuple[str, ...]


class BoardSource(Protocol):
    """Each method is a query or two; all raise TransientError or FatalError (DEPENDENCY_UNAVAILABLE).

    An account of which there are only runs that write nothing is not_started and has no last run.
    """

    def accounts(self) -> Sequence[SeenAccount]:
        """Return all accounts, by cid."""
        ...

    def account(self, cid: str) -> SeenAccount | None:
        """Return one account, or None for one never seen."""
        ...

    def account_of(self, run_id: str) -> str | None:
        """Return the cid of the account that the run is of, or None for a run never accepted."""
        ...

    def runs(self, cid: str, *, limit: int) -> Sequence[SeenRun]:
        """Return the account's runs, the newest first."""
        ...

    def dry_run(self, cid: str) -> SeenDryRun | None:
        """Return the account's newest dry run that has a report, or None."""
        ...

    def failures(self, cid: str, *, ids_per_group: int) -> Sequence[FailureGroup]:
        """Return the account's failed records by kind and reason, the largest group first."""
        ...


class LiveStatus(Protocol):
    """The status records of many accounts at once."""

    def read_many(self, cids: Sequence[str]) -> Mapping[str, Mapping[str, Any]]:
        """Return the records that are there, by cid.

        Raises:
            TransientError: DEPENDENCY_UNAVAILABLE; the board goes on without.
        """
        ...
