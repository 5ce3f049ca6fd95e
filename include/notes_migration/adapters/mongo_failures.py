"""`notes_migration_failures`: what failed and why, gone 30 days after it was last seen (RFC, OQ-3)."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, UpdateOne
from pymongo.collection import Collection as MongoCollection

from notes_migration.adapters.mongo_border import translated
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.run import Run
from notes_migration.ports.batch_ledger import FailedRecord

Document = dict[str, Any]
COLLECTION = "notes_migration_failures"
KEPT_SECONDS = 30 * 24 * 3600


class MongoFailures:
    """FailureRecords, FailureLookup and FailureReset.

    `_id` names the thing that failed, so a repeat refreshes and never doubles.
    """

    def __init__(self, collection: MongoCollection[Document], *, now: Callable[[], datetime]) -> None:
        self._failures = collection
        self._now = now

    def ensure_indexes(self) -> None:
        with translated("making the indexes of the failures"):
            self._failures.create_index(
                [("last_seen", ASCENDING)], name="ttl", expireAfterSeconds=KEPT_SECONDS
            )
            self._failures.create_index([("cid", ASCENDING), ("reason_code", ASCENDING)], name="cid_reason")
            self._failures.create_index(
                [("cid", ASCENDING), ("legacy_crm_note_id", ASCENDING)], name="cid_note"
            )

    def record(self, run: Run, failures: Sequence[FailedRecord]) -> None:
        if not failures:
            return
        now = self._now()
        with translated("recording failures"):
            self._failures.bulk_write([_upsert(run, failure, now) for failure in failures], ordered=False)

    def renew(self, run: Run, note_ids: Collection[str], failures: Sequence[FailedRecord]) -> None:
        if note_ids:
            over = {
                "cid": run.cid,
                "kind": {"$ne": "note"},
                "legacy_crm_note_id": {"$in": sorted(note_ids)},
                "_id": {"$nin": sorted(_key(run, each) for each in failures)},
            }
            with translated("removing failures that are over"):
                self._failures.delete_many(over)
        self.record(run, failures)

    def remove(self, run: Run, repaired: Sequence[FailedRecord]) -> None:
        if not repaired:
            return
        with translated("removing failures that are repaired"):
            self._failures.delete_many({"_id": {"$in": sorted(_key(run, each) for each in repaired)}})

    def of_account(self, cid: str) -> list[FailedRecord]:
        with translated("reading what is known to have failed"):
            return [_to_failed(each) for each in self._failures.find({"cid": cid})]

    def of_notes(self, cid: str, note_ids: Collection[str]) -> list[FailedRecord]:
        query = {"cid": cid, "legacy_crm_note_id": {"$in": sorted(note_ids)}}
        with translated("reading what is known to have failed"):
            return [_to_failed(each) for each in self._failures.find(query)]

    def resolve(self, run: Run, note_ids: Collection[str]) -> None:
        if not note_ids:
            return
        query = {"cid": run.cid, "kind": "note", "legacy_crm_note_id": {"$in": sorted(note_ids)}}
        with translated("removing failures that are repaired"):
            self._failures.delete_many(query)

    def clear(self, cid: str) -> None:
        with translated("removing the failures of an account"):
            self._failures.delete_many({"cid": cid})


def _to_failed(found: Document) -> FailedRecord:
    return FailedRecord(
        kind=found["kind"],
        note_id=found["legacy_crm_note_id"],
        asset=found["asset"],
        reason=ReasonCode(found["reason_code"]),
        stage=found["stage"],
    )


def _key(run: Run, failure: FailedRecord) -> str:
    return ":".join(part for part in (run.cid, failure.kind, failure.note_id, failure.asset) if part)


def _upsert(run: Run, failure: FailedRecord, now: datetime) -> UpdateOne:
    # Another try within the same run is the same attempt: retries must not count.
    again = {"$and": [{"$eq": ["$run_id", run.run_id]}, {"$eq": ["$attempt", run.attempt]}]}
    attempts = {"$cond": [again, "$attempts", {"$add": [{"$ifNull": ["$attempts", 0]}, 1]}]}
    fields = {
        "attempts": attempts,
        "first_seen": {"$ifNull": ["$first_seen", now]},
        "last_seen": now,
        "cid": run.cid,
        "company_sso_id": run.company_sso_id,
        "kind": failure.kind,
        "legacy_crm_note_id": failure.note_id,
        "asset": failure.asset,
        "reason_code": failure.reason,
        "stage": failure.stage,
    }
    ids = {"run_id": run.run_id, "attempt": run.attempt}
    return UpdateOne({"_id": _key(run, failure)}, [{"$set": fields}, {"$set": ids}], upsert=True)
