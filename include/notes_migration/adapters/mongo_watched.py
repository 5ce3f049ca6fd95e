"""The watchdog's look at `notes_migration_accounts` and `notes_migration_batches`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from bson.codec_options import CodecOptions
from pymongo.collection import Collection as MongoCollection

from notes_migration.adapters.mongo_border import translated
from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState
from notes_migration.domain.watching import Sighting, WatchedAccount

Document = dict[str, Any]
AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)


class MongoWatchedAccounts:
    """WatchedAccounts; a sighting is kept on the account's record as `seen`."""

    def __init__(self, accounts: MongoCollection[Document], batches: MongoCollection[Document]) -> None:
        self._accounts = accounts.with_options(codec_options=AWARE)
        self._batches = batches

    def accounts(self, *, finished_after: datetime) -> list[WatchedAccount]:
        query = {
            "$or": [
                {"state": RunState.IN_PROGRESS},
                {"active_run.run_id": {"$exists": True}},
                {"finished_at": {"$gt": finished_after}},
            ]
        }
        with translated("reading the accounts"):
            return [_account(each) for each in self._accounts.find(query).sort("cid")]

    def steps(self, run: Run) -> int:
        ended = {"run_id": run.run_id, "result": {"$exists": True}}
        with translated("counting the batches"):
            begun = self._batches.count_documents({"run_id": run.run_id})
            return begun + self._batches.count_documents(ended)

    def keep(self, cid: str, sighting: Sighting) -> None:
        seen = {"mark": sighting.mark, "since": sighting.since}
        with translated("keeping a sighting"):
            self._accounts.update_one({"cid": cid}, {"$set": {"seen": seen}})


def _account(found: Document) -> WatchedAccount:
    active, seen = found.get("active_run") or {}, found.get("seen")
    return WatchedAccount(
        cid=found["cid"],
        state=RunState(found.get("state", RunState.NOT_STARTED)),
        run_id=active.get("run_id") or found.get("last_run_id"),
        finished_at=found.get("finished_at"),
        sighting=Sighting(seen["mark"], seen["since"]) if seen else None,
        held="run_id" in active,
    )
