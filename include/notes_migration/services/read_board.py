"""The board's two views: all accounts, and one account with its runs and failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import structlog

from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.board import (
    AccountRow,
    Totals,
    estimated_end,
    failures_of,
    progress_of,
    totals_of,
)
from notes_migration.domain.errors import FatalError, ReasonCode, TransientError
from notes_migration.domain.ledger import BatchCounts, Ledger
from notes_migration.domain.states import RunState
from notes_migration.domain.status import iso
from notes_migration.ports.board import (
    BoardSource,
    FailureGroup,
    LiveStatus,
    SeenAccount,
    SeenDryRun,
    SeenRun,
)
from notes_migration.ports.clock import Clock
from notes_migration.services.name_dependency import naming

_log = structlog.get_logger(__name__)
MAX_RUNS = 50
IDS_PER_GROUP = 20
_EMPTY = Ledger(0, 0, BatchCounts())
Live = Mapping[str, Mapping[str, Any]]


@dataclass(frozen=True, slots=True)
class Overview:
    """All accounts at one moment; `live` is False where phases and last events could not be read."""

    now: datetime
    rows: Sequence[AccountRow]
    totals: Totals
    live: bool


@dataclass(frozen=True, slots=True)
class AccountView:
    """One account at one moment; its runs newest first, and at most MAX_RUNS of them."""

    now: datetime
    row: AccountRow
    runs: Sequence[SeenRun]
    failures: Sequence[FailureGroup]
    dry_run: SeenDryRun | None
    live: bool


@dataclass(frozen=True, slots=True)
class ReadBoard:
    """Counts come from the durable records; only the phase and the last event from the projection."""

    source: BoardSource
    status: LiveStatus
    clock: Clock

    def overview(self) -> Overview:
        """Return all accounts.

        Raises:
            DependencyDown: the durable records cannot be read.
        """
        now = self.clock.now()
        with naming("cdp_mongo"):
            accounts = self.source.accounts()
        live = self._live(accounts)
        rows = tuple(_row(seen, live or {}, now) for seen in accounts)
        return Overview(now, rows, totals_of(rows), live is not None)

    def account(self, cid: str) -> AccountView:
        """Return one account.

        Raises:
            FatalError: CID_NOT_FOUND, for an account never seen.
            DependencyDown: the durable records cannot be read.
        """
        now = self.clock.now()
        with naming("cdp_mongo"):
            seen = self.source.account(cid)
            if seen is None:
                raise FatalError(ReasonCode.CID_NOT_FOUND, "no run of this account has started")
            runs = self.source.runs(cid, limit=MAX_RUNS)
            failures = self.source.failures(cid, ids_per_group=IDS_PER_GROUP)
            dry_run = self.source.dry_run(cid)
        live = self._live([seen])
        return AccountView(now, _row(seen, live or {}, now), runs, failures, dry_run, live is not None)

    def account_of(self, run_id: str) -> str | None:
        """Return the cid of the account that the run is of, or None for a run never accepted.

        Raises:
            DependencyDown: the durable records cannot be read.
        """
        with naming("cdp_mongo"):
            return self.source.account_of(run_id)

    def _live(self, accounts: Sequence[SeenAccount]) -> Live | None:
        going = [seen.account.cid for seen in accounts if seen.account.state is RunState.IN_PROGRESS]
        try:
            return self.status.read_many(going) if going else {}
        except TransientError as error:
            _log.warning("board_without_live_status", problem=error.message)
            return None


def _row(seen: SeenAccount, live: Live, now: datetime) -> AccountRow:
    account, run = seen.account, seen.last_run
    going = account.state is RunState.IN_PROGRESS
    ledger = run.ledger if run else _EMPTY
    counts = ledger.batches
    found = live.get(account.cid, {})
    # A record of another run tells nothing of this one.
    current = found if going and found.get("job_id") == account.last_run_id else {}
    done = account.state in {RunState.COMPLETED_SUCCESS, RunState.COMPLETED_WITH_ERRORS}
    end = estimated_end(ledger, started_at=run.started_at, now=now) if run and going else None
    return AccountRow(
        cid=account.cid,
        company_sso_id=account.company_sso_id or (run.company_sso_id if run else None),
        status=account.state,
        phase=str(current.get("phase") or _phase(account, ledger)),
        reason_code=account.reason,
        run_id=account.last_run_id,
        mode=run.mode if run else None,
        progress_pct=progress_of(ledger, account.state),
        notes_total=ledger.notes_total,
        notes_processed=counts.processed,
        notes_migrated=counts.migrated,
        notes_skipped=counts.already_present,
        notes_failed=counts.failed,
        attachments_total=counts.attachments.total,
        attachments_linked=counts.attachments.linked,
        attachments_failed=counts.attachments.failed,
        match_pct=ledger.match_pct if done and run else None,
        failure_rate=ledger.failure_rate,
        failed_by_reason=failures_of(ledger),
        triggered_by=run.triggered_by if run else None,
        started_at=iso(run.started_at) if run else None,
        updated_at=_last_event(current, account, run),
        finished_at=iso(account.finished_at) if account.finished_at else None,
        estimated_end=iso(end) if end else None,
    )


def _phase(account: AccountRecord, ledger: Ledger) -> str:
    if account.state.terminal:
        return "done"
    if account.state is RunState.NOT_STARTED:
        return "not_started"
    return "migrate" if ledger.batches.processed else "guard"


def _last_event(current: Mapping[str, Any], account: AccountRecord, run: SeenRun | None) -> str | None:
    if isinstance(current.get("updated_at"), str):
        return str(current["updated_at"])
    moment = account.finished_at or (run.started_at if run else None)
    return iso(moment) if moment else None
