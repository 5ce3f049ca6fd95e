"""The board's reads over the four collections: a query or two per question, however many accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import reduce
from typing import Any

from bson.codec_options import CodecOptions
from pymongo.database import Database

from notes_migration.adapters import mongo_accounts, mongo_batches, mongo_failures, mongo_runs
from notes_migration.adapters.counts_codec import counts_from_document
from notes_migration.adapters.mongo_account_directory import to_record
from notes_migration.adapters.mongo_border import translated
from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.conf import Mode
from notes_migration.domain.ledger import AttachmentCounts, BatchCounts, Ledger, OwnerCounts, add_counts
from notes_migration.domain.states import RunState
from notes_migration.ports.board import FailureGroup, SeenAccount, SeenDryRun, SeenRun

Document = dict[str, Any]
_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)
_IN_PROGRESS = str(RunState.IN_PROGRESS)
_RUN_FIELDS = {"settings": 0, "warnings": 0}


class MongoBoard:
    """BoardSource; a finished run has its counts, a run in progress the sum of its batches so far."""

    def __init__(self, database: Database[Document]) -> None:
        self._accounts = database[mongo_accounts.COLLECTION].with_options(codec_options=_AWARE)
        self._runs = database[mongo_runs.COLLECTION].with_options(codec_options=_AWARE)
        self._failures = database[mongo_failures.COLLECTION].with_options(codec_options=_AWARE)

    def accounts(self) -> Sequence[SeenAccount]:
        found = self._seen({})
        known = {each.account.cid for each in found}
        looked_at = [each for each in self._only_looked_at({}) if each.account.cid not in known]
        return sorted([*found, *looked_at], key=lambda each: each.account.cid)

    def account(self, cid: str) -> SeenAccount | None:
        return next(iter([*self._seen({"cid": cid}), *self._only_looked_at({"cid": cid})]), None)

    def account_of(self, run_id: str) -> str | None:
        with translated("reading the run's account"):
            found = self._runs.find_one({"_id": run_id}, {"cid": 1})
        return None if found is None else str(found["cid"])

    def runs(self, cid: str, *, limit: int) -> Sequence[SeenRun]:
        pipeline: list[Document] = [
            {"$match": {"cid": cid}},
            {"$sort": {"started_at": -1}},
            {"$limit": limit},
            *_with_batches("$_id", when={"$eq": ["$status", _IN_PROGRESS]}),
            {"$project": _RUN_FIELDS},
        ]
        with translated("reading the account's runs"):
            return tuple(_to_run(each, each["batches"]) for each in self._runs.aggregate(pipeline))

    def failures(self, cid: str, *, ids_per_group: int) -> Sequence[FailureGroup]:
        pipeline: list[Document] = [
            {"$match": {"cid": cid}},
            {
                "$group": {
                    "_id": {"kind": "$kind", "reason_code": "$reason_code"},
                    "count": {"$sum": 1},
                    "last_seen": {"$max": "$last_seen"},
                    "note_ids": {"$firstN": {"input": "$legacy_crm_note_id", "n": ids_per_group}},
                }
            },
            {"$sort": {"count": -1, "_id": 1}},
        ]
        with translated("grouping the failed records"):
            return tuple(_to_group(each) for each in self._failures.aggregate(pipeline))

    def dry_run(self, cid: str) -> SeenDryRun | None:
        # A run that was stopped has kept what it had found out until then, and no estimate.
        query = {"cid": cid, "mode": Mode.DRY_RUN, "report.estimated_seconds": {"$exists": True}}
        with translated("reading the account's dry run"):
            found = self._runs.find_one(query, sort=[("started_at", -1)])
        if found is None:
            return None
        return SeenDryRun(
            run_id=found["_id"],
            company_sso_id=found["company_sso_id"],
            triggered_by=found["triggered_by"],
            state=RunState(found["status"]),
            reason_code=found.get("reason_code"),
            started_at=found["started_at"],
            report=found["report"],
        )

    def _only_looked_at(self, which: Document) -> Sequence[SeenAccount]:
        """Return accounts by their runs that write nothing, whether they have a record or not."""
        # Their tenant is not bound: whoever starts the account says which one it is.
        looks = {**which, "mode": {"$in": [Mode.DRY_RUN, Mode.VERIFY]}}
        with translated("reading the accounts that were only looked at"):
            cids = sorted(self._runs.distinct("cid", looks))
        return tuple(SeenAccount(AccountRecord(cid, None, RunState.NOT_STARTED), None) for cid in cids)

    def _seen(self, which: Document) -> Sequence[SeenAccount]:
        pipeline: list[Document] = [
            {"$match": which},
            {"$sort": {"cid": 1}},
            {
                "$lookup": {
                    "from": mongo_runs.COLLECTION,
                    "localField": "last_run_id",
                    "foreignField": "_id",
                    "pipeline": [{"$project": _RUN_FIELDS}],
                    "as": "runs",
                }
            },
            *_with_batches("$last_run_id", when={"$eq": ["$state", _IN_PROGRESS]}),
        ]
        with translated("reading the accounts with their last runs"):
            return tuple(_to_seen(each) for each in self._accounts.aggregate(pipeline))


def _with_batches(run_id: str, *, when: Document) -> list[Document]:
    """Join the results' counts, for runs in progress only; the empty id matches nothing."""
    results = [
        {"$match": {"result": {"$exists": True}}},
        {"$project": {"_id": 0, "counts": "$result.counts"}},
    ]
    return [
        {"$set": {"counted_run": {"$cond": [when, run_id, ""]}}},
        {
            "$lookup": {
                "from": mongo_batches.COLLECTION,
                "localField": "counted_run",
                "foreignField": "run_id",
                "pipeline": results,
                "as": "batches",
            }
        },
    ]


def _to_seen(found: Document) -> SeenAccount:
    account = to_record(found)
    run = next((_to_run(each, found["batches"]) for each in found["runs"]), None)
    return SeenAccount(account, run)


def _to_run(found: Document, batches: Sequence[Document]) -> SeenRun:
    state = RunState(found["status"])
    counted = state is not RunState.IN_PROGRESS and "counts" in found
    counts = _final_counts(found) if counted else _sum(batches)
    return SeenRun(
        run_id=found["_id"],
        company_sso_id=found["company_sso_id"],
        mode=found["mode"],
        triggered_by=found["triggered_by"],
        state=state,
        reason_code=found.get("reason_code"),
        started_at=found["started_at"],
        finished_at=found.get("finished_at"),
        ledger=Ledger(found["in_scope"], found["out_of_scope"], counts),
    )


def _sum(batches: Sequence[Document]) -> BatchCounts:
    return reduce(add_counts, (counts_from_document(each["counts"]) for each in batches), BatchCounts())


def _final_counts(found: Mapping[str, Any]) -> BatchCounts:
    classes, attachments = found["counts"], found["attachments"]
    return BatchCounts(
        migrated=classes["migrated"],
        already_present=classes["already_present"],
        failed=classes["failed"],
        erased_in_cdp=classes["erased_in_cdp"],
        failed_by_reason=found["failed_by_reason"],
        attachments=AttachmentCounts(
            linked=attachments["linked"],
            failed=attachments["failed"],
            bytes=attachments["bytes"],
            failed_by_reason=attachments["failed_by_reason"],
        ),
        owners=OwnerCounts(**found["owners"]),
        checkins_dropped=found["checkins_dropped"],
    )


def _to_group(found: Document) -> FailureGroup:
    return FailureGroup(
        kind=found["_id"]["kind"],
        reason_code=found["_id"]["reason_code"],
        count=found["count"],
        last_seen=found["last_seen"],
        note_ids=tuple(found["note_ids"]),
    )
