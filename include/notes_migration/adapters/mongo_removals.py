"""What rollbacks removed: documents of their own in `notes_migration_batches`, and marks on those before."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any

from bson.codec_options import CodecOptions
from pymongo.collection import Collection as MongoCollection

from notes_migration.adapters.mongo_border import translated
from notes_migration.domain.rollback import Intended
from notes_migration.domain.run import Run

Document = dict[str, Any]
AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)
_KEPT = "kept"


class MongoRemovals:
    """RemovalLedger and IntendedNotes.

    A rollback's document: `removing` (ids about to go), `removed_ids`. An earlier run's stays as it is
    but for `written_ids`, of which what was removed moves to `rolled_back_ids`, and `rolled_back_by`.
    """

    def __init__(self, collection: MongoCollection[Document]) -> None:
        self._batches = collection.with_options(codec_options=AWARE)

    def intended_by(self, cid: str) -> Intended:
        stamps: dict[str, set[datetime]] = defaultdict(set)
        with translated("reading what the account's runs meant to write"):
            for each in self._batches.find({"cid": cid}, {"intent": 1, "prepared": 1}):
                prepared = each.get("prepared", {})
                for note_id in {*each.get("intent", ()), *prepared}:
                    stamp = prepared.get(note_id, {}).get("updated_at")
                    stamps[note_id].update({stamp} if stamp else ())
        return {note_id: frozenset(found) for note_id, found in stamps.items()}

    def store_removal(self, run: Run, batch: str, note_ids: Collection[str]) -> None:
        update = {"$set": _identity(run, batch), "$addToSet": {"removing": {"$each": sorted(note_ids)}}}
        with translated("storing what is about to be removed"):
            self._batches.update_one({"_id": _key(run, batch)}, update, upsert=True)

    def pending(self, run: Run) -> dict[str, set[str]]:
        query = {"run_id": run.run_id, "removing.0": {"$exists": True}}
        with translated("looking for removals that are not settled"):
            return {each["batch"]: set(each["removing"]) for each in self._batches.find(query)}

    def settle_removal(self, run: Run, batch: str, removed: Collection[str]) -> None:
        ids = sorted(removed)
        with translated("settling a removal"):
            # First what was written: a crash in between leaves the batch to be settled once more.
            self._batches.update_many(
                {"cid": run.cid, "$or": [{"written_ids": {"$in": ids}}, {"intent": {"$in": ids}}]},
                _moved(ids),
            )
            self._batches.update_one(
                {"_id": _key(run, batch)},
                {"$set": {"removing": []}, "$addToSet": {"removed_ids": {"$each": ids}}},
            )

    def removed(self, run: Run) -> int:
        query = {"run_id": run.run_id, "removed_ids.0": {"$exists": True}}
        with translated("counting what was removed"):
            found = self._batches.find(query, {"removed_ids": 1})
            return len({note_id for each in found for note_id in each["removed_ids"]})

    def keep_bytes(self, run: Run, count: int) -> None:
        earlier = {"cid": run.cid, "run_id": {"$ne": run.run_id}, "rolled_back_by": {"$exists": False}}
        with translated("counting the bytes that are left"):
            self._batches.update_one(
                {"_id": _key(run, _KEPT)},
                {"$set": {**_identity(run, _KEPT), "kept_bytes": count}},
                upsert=True,
            )
            self._batches.update_many(earlier, {"$set": {"rolled_back_by": run.run_id}})


def _moved(ids: list[str]) -> list[Document]:
    written, intent, before = (
        {"$ifNull": [f"${name}", []]} for name in ("written_ids", "intent", "rolled_back_ids")
    )
    ours = {"$setIntersection": [{"$setUnion": [written, intent]}, ids]}
    return [
        {
            "$set": {
                "written_ids": {"$setDifference": [written, ids]},
                "rolled_back_ids": {"$setUnion": [before, ours]},
            }
        }
    ]


def _identity(run: Run, batch: str) -> Document:
    return {"run_id": run.run_id, "cid": run.cid, "company_sso_id": run.company_sso_id, "batch": batch}


def _key(run: Run, batch: str) -> str:
    return f"{run.run_id}:{batch}"
