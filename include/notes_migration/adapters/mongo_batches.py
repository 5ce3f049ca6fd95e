"""`notes_migration_batches`: intents and results, one document per run and batch, kept."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict
from functools import reduce
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import ASCENDING
from pymongo.collection import Collection as MongoCollection

from notes_migration.adapters.counts_codec import counts_from_document, counts_to_document
from notes_migration.adapters.mongo_border import translated
from notes_migration.domain.ledger import BatchCounts, add_counts
from notes_migration.domain.run import Run
from notes_migration.ports.batch_ledger import BatchResult, PreparedNote

Document = dict[str, Any]
COLLECTION = "notes_migration_batches"
AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)


class MongoBatches:
    """BatchLedger.

    A document: `run_id`, `cid`, `batch`, `intent` (ids, only ever added to), `written_ids` (ids known
    to be written; only a rollback takes some away: what tells an erased note from a new one), `result`.
    """

    def __init__(self, collection: MongoCollection[Document]) -> None:
        self._batches = collection.with_options(codec_options=AWARE)

    def ensure_indexes(self) -> None:
        with translated("making the indexes of the batches"):
            self._batches.create_index([("run_id", ASCENDING)], name="run_id")
            self._batches.create_index(
                [("cid", ASCENDING), ("written_ids", ASCENDING)], name="cid_written_ids"
            )

    def begin_attempt(self, run: Run) -> None:
        with translated("clearing the results of a former attempt"):
            self._batches.update_many(
                {"run_id": run.run_id, "mended.0": {"$exists": False}},
                {"$unset": {"result": "", "rolled_back_by": ""}},
            )

    def intended(self, run: Run, note_ids: Collection[str]) -> set[str]:
        return self._known({"run_id": run.run_id}, "intent", note_ids)

    def written_before(self, run: Run, note_ids: Collection[str]) -> set[str]:
        written = self._known({"cid": run.cid}, "written_ids", note_ids)
        # What a rollback was about to remove when it was cut off: it is gone, and no user erased it.
        return written - self._known({"cid": run.cid}, "removing", written)

    def store_intent(self, run: Run, batch: str, note_ids: Collection[str]) -> None:
        update = {
            "$set": _identity(run, batch),
            "$addToSet": {"intent": {"$each": sorted(note_ids)}},
            "$unset": {"result": ""},
        }
        with translated("storing a batch's intent"):
            self._batches.update_one({"_id": _key(run, batch)}, update, upsert=True)

    def store_prepared(self, run: Run, batch: str, notes: Mapping[str, PreparedNote]) -> None:
        if not notes:
            return
        fields = {f"prepared.{note_id}": asdict(note) for note_id, note in notes.items()}
        with translated("storing what a batch is about to write"):
            self._batches.update_one({"_id": _key(run, batch)}, {"$set": fields})

    def prepared(self, run: Run, note_ids: Collection[str]) -> dict[str, PreparedNote]:
        if not note_ids:
            return {}
        query = {"run_id": run.run_id, "intent": {"$in": sorted(note_ids)}}
        with translated("reading what batches had prepared"):
            found = list(self._batches.find(query, {"prepared": 1}))
        everything = {key: value for each in found for key, value in each.get("prepared", {}).items()}
        return {key: PreparedNote(**everything[key]) for key in note_ids if key in everything}

    def store_result(self, run: Run, batch: str, result: BatchResult) -> None:
        ids = {name: list(values) for name, values in result.ids.items()}
        stored = {
            "counts": counts_to_document(result.counts),
            "ids": ids,
            "duration_seconds": result.duration_seconds,
        }
        update: Document = {
            "$set": {**_identity(run, batch), "attempt": run.attempt, "result": stored},
            "$addToSet": {"written_ids": {"$each": ids.get("migrated", [])}},
        }
        if result.mended:
            update["$addToSet"]["mended"] = {"$each": list(result.mended)}
        with translated("storing a batch's result"):
            self._batches.update_one({"_id": _key(run, batch)}, update, upsert=True)

    def mended_elsewhere(self, run: Run, batch: str, things: Collection[str]) -> set[str]:
        others = {"cid": run.cid, "_id": {"$ne": _key(run, batch)}, "rolled_back_by": {"$exists": False}}
        return self._known(others, "mended", things)

    def totals(self, run: Run) -> BatchCounts:
        with translated("summing the results up"):
            found = list(self._batches.find(_with_result(run), {"result.counts": 1}))
        return reduce(
            add_counts, (counts_from_document(each["result"]["counts"]) for each in found), BatchCounts()
        )

    def ids(self, run: Run, classes: Collection[str]) -> list[str]:
        fields = {f"result.ids.{name}": 1 for name in classes}
        with translated("reading the results' ids"):
            found = list(self._batches.find(_with_result(run), fields))
        return [
            note_id for each in found for ids in each["result"].get("ids", {}).values() for note_id in ids
        ]

    def unsettled(self, run: Run) -> dict[str, set[str]]:
        query = {"run_id": run.run_id, "result": {"$exists": False}, "intent.0": {"$exists": True}}
        with translated("looking for batches without a result"):
            return {each["batch"]: set(each["intent"]) for each in self._batches.find(query)}

    def all_intended(self, run: Run) -> set[str]:
        with translated("reading the run's intents"):
            found = self._batches.find({"run_id": run.run_id}, {"intent": 1})
            return {note_id for each in found for note_id in each.get("intent", [])}

    def attachment_bytes(self, cid: str) -> int:
        pipeline: list[Document] = [
            {"$match": {"cid": cid, "rolled_back_by": {"$exists": False}}},
            # What a rollback has left is counted in its own document, in the place of all before it.
            {"$project": {"bytes": {"$ifNull": ["$kept_bytes", "$result.counts.attachments.bytes"]}}},
            {"$group": {"_id": None, "bytes": {"$sum": "$bytes"}}},
        ]
        with translated("summing the attachments up"):
            found = list(self._batches.aggregate(pipeline))
        return int(found[0]["bytes"]) if found else 0

    def _known(self, query: Document, field: str, note_ids: Collection[str]) -> set[str]:
        if not note_ids:
            return set()
        wanted = set(note_ids)
        with translated("reading what batches intended or wrote"):
            found = self._batches.find({**query, field: {"$in": sorted(wanted)}}, {field: 1})
            return {note_id for each in found for note_id in each[field]} & wanted


def _identity(run: Run, batch: str) -> Document:
    return {"run_id": run.run_id, "cid": run.cid, "company_sso_id": run.company_sso_id, "batch": batch}


def _key(run: Run, batch: str) -> str:
    return f"{run.run_id}:{batch}"


def _with_result(run: Run) -> Document:
    return {"run_id": run.run_id, "result": {"$exists": True}}
