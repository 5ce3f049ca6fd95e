"""Accounts in every state, written to real stores by the code that writes them in earnest."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from pymongo.database import Database

from notes_migration.adapters import mongo_accounts, mongo_batches, mongo_failures, mongo_runs
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.ledger import AttachmentCounts, BatchCounts, Ledger
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState
from notes_migration.ports.batch_ledger import BatchResult, FailedRecord
from tests.support.builders import a_run

TOO_LONG, TOO_LARGE = ReasonCode.NOTE_TOO_LONG, ReasonCode.ATTACHMENT_TOO_LARGE
_ENDS = {
    RunState.COMPLETED_SUCCESS: None,
    RunState.COMPLETED_WITH_ERRORS: ReasonCode.MATCH_BELOW_THRESHOLD,
    RunState.HALTED: ReasonCode.FAILURE_RATE_EXCEEDED,
}


class BoardAccounts:
    """Writes accounts with one run each; a run in progress has done half of its notes."""

    def __init__(self, database: Database[dict[str, Any]], now: datetime) -> None:
        self._now = now
        self.accounts = mongo_accounts.MongoAccounts(database[mongo_accounts.COLLECTION])
        self.runs = mongo_runs.MongoRuns(database[mongo_runs.COLLECTION], code_version="tests")
        self.batches = mongo_batches.MongoBatches(database[mongo_batches.COLLECTION])
        self.failures = mongo_failures.MongoFailures(database[mongo_failures.COLLECTION], now=lambda: now)
        for store in (self.accounts, self.batches, self.failures):
            store.ensure_indexes()

    def add(self, cid: str, state: RunState, *, notes: int = 100, number: int = 1, failed: int = 2) -> Run:
        """Write one run of the account and make it the last."""
        run = a_run(
            run_id=f"{cid}__{number}",
            cid=cid,
            company_sso_id=f"{cid}-company",
            triggered_by="api:ops",
            started_at=self._now - timedelta(minutes=20) + timedelta(seconds=number),
            in_scope=notes,
            out_of_scope=notes // 10,
        )
        self.runs.start(run)
        self.accounts.activate(run)
        self.accounts.bind(run)
        counts = _counts(notes // 2 if state is RunState.IN_PROGRESS else notes, failed)
        self.batches.store_result(run, "0", BatchResult(counts, {}, 1.0))
        self._record_failures(run, failed)
        if state in _ENDS:
            self._end(run, Outcome(state, _ENDS[state]), counts)
        return run

    def _end(self, run: Run, outcome: Outcome, counts: BatchCounts) -> None:
        ledger = Ledger(run.in_scope, run.out_of_scope, counts)
        self.runs.finish(run, outcome, ledger, now=self._now)
        self.accounts.record_outcome(run, outcome, now=self._now)
        self.accounts.deactivate(cid=run.cid, run_id=run.run_id)

    def _record_failures(self, run: Run, failed: int) -> None:
        notes = [
            FailedRecord("note", str(number), None, TOO_LONG, "content") for number in range(1, failed + 1)
        ]
        files = [FailedRecord("attachment", "1", "image-1", TOO_LARGE, "attachments")] if failed else []
        self.failures.record(run, [*notes, *files])


def _counts(processed: int, failed: int) -> BatchCounts:
    return BatchCounts(
        migrated=processed - failed,
        failed=failed,
        failed_by_reason={TOO_LONG: failed} if failed else {},
        attachments=AttachmentCounts(
            linked=7, failed=1 if failed else 0, failed_by_reason={TOO_LARGE: 1} if failed else {}
        ),
    )


def copy_accounts(database: Database[dict[str, Any]], cid: str, number: int) -> None:
    """Copy an account and its first run, as `<cid>-0` and so on."""
    accounts, runs = database[mongo_accounts.COLLECTION], database[mongo_runs.COLLECTION]
    account = accounts.find_one({"cid": cid}, {"_id": 0}) or {}
    run = runs.find_one({"_id": f"{cid}__1"}) or {}
    cids = [f"{cid}-{each}" for each in range(number)]
    accounts.insert_many(
        [
            {**account, "cid": each, "company_sso_id": f"{each}-c", "last_run_id": f"{each}__1"}
            for each in cids
        ]
    )
    runs.insert_many([{**run, "_id": f"{each}__1", "cid": each} for each in cids])
