"""`GET /private/notes/migration/status`: one read of the projection; the durable records where it is gone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Any

import structlog

from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.errors import FatalError, ReasonCode, TransientError
from notes_migration.domain.ledger import Ledger
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState
from notes_migration.domain.status import StatusRecord, project_status
from notes_migration.ports.account_directory import AccountDirectory
from notes_migration.ports.batch_ledger import BatchLedger
from notes_migration.ports.clock import Clock
from notes_migration.ports.run_records import RunRecords
from notes_migration.ports.run_status import RunStatus
from notes_migration.services.name_dependency import naming

_log = structlog.get_logger(__name__)
_FIELDS = tuple(field.name for field in fields(StatusRecord))


class StatusSource(StrEnum):
    """Where an answer came from."""

    PROJECTION = "redis"
    DURABLE = "durable"


@dataclass(frozen=True, slots=True)
class StatusAnswer:
    """The contract's fields, and where they were read."""

    fields: Mapping[str, Any]
    source: StatusSource


@dataclass(frozen=True, slots=True)
class AnswerStatus:
    """Asks Redis; where it does not answer or has forgotten, works the status out from the truth."""

    status: RunStatus
    accounts: AccountDirectory
    runs: RunRecords
    batches: BatchLedger
    clock: Clock

    def read(self, cid: str) -> StatusAnswer:
        """Return the account's status.

        Raises:
            FatalError: CID_NOT_FOUND, for an account never seen.
            DependencyDown: Redis has nothing and the durable records cannot be read.
        """
        found = self._projected(cid)
        if found is not None:
            return StatusAnswer(found, StatusSource.PROJECTION)
        with naming("cdp_mongo"):
            return StatusAnswer(self._durable(cid).to_json(), StatusSource.DURABLE)

    def require_account(self, cid: str) -> None:
        """Return for an account that has a durable record; raises as `read`."""
        with naming("cdp_mongo"):
            if self.accounts.find(cid) is None:
                raise _never_seen()

    def _projected(self, cid: str) -> dict[str, Any] | None:
        try:
            found = self.status.read(cid)
        except TransientError as error:
            _log.warning("status_read_from_the_durable_record", cid=cid, problem=error.message)
            return None
        # A record of another version, or of another hand, is as good as none.
        if found is None or any(name not in found for name in _FIELDS):
            return None
        return {name: found[name] for name in _FIELDS}

    def _durable(self, cid: str) -> StatusRecord:
        account = self.accounts.find(cid)
        run = self.runs.find(account.last_run_id) if account and account.last_run_id else None
        if account is None or run is None:
            raise _never_seen()
        return self._project(account, run)

    def _project(self, account: AccountRecord, run: Run) -> StatusRecord:
        ledger = Ledger(run.in_scope, run.out_of_scope, self.batches.totals(run))
        if account.state.terminal:
            outcome = Outcome(account.state, account.reason)
            at = account.finished_at or self.clock.now()
            return project_status(run, ledger, phase="done", now=at, outcome=outcome)
        record = project_status(run, ledger, phase=_phase(account, ledger), now=self.clock.now())
        return replace(record, status=account.state)


def _phase(account: AccountRecord, ledger: Ledger) -> str:
    # The exact phase is the projection's alone; this much can be told from what has been counted.
    if account.state is RunState.NOT_STARTED:
        return "rolled_back"
    return "migrate" if ledger.batches.processed else "guard"


def _never_seen() -> FatalError:
    return FatalError(ReasonCode.CID_NOT_FOUND, "no migration of this account has started")
