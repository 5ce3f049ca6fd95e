"""AccountDirectory over `notes_migration_accounts` and the ids of `notes_migration_runs`."""

from __future__ import annotations

import re
from typing import Any

from bson.codec_options import CodecOptions
from pymongo.database import Database

from notes_migration.adapters.mongo_accounts import COLLECTION
from notes_migration.adapters.mongo_border import translated
from notes_migration.adapters.mongo_runs import COLLECTION as RUNS
from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.states import RunState

Document = dict[str, Any]
_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)


class MongoAccountDirectory:
    """Reads by key or by an anchored prefix of the key; clients are safe to share between threads."""

    def __init__(self, database: Database[Document]) -> None:
        self._accounts = database[COLLECTION].with_options(codec_options=_AWARE)
        self._runs = database[RUNS]

    def find(self, cid: str) -> AccountRecord | None:
        with translated("reading the account's record"):
            found = self._accounts.find_one({"cid": cid})
        return None if found is None else to_record(found)

    def related(self, *, cid: str, company_sso_id: str) -> tuple[AccountRecord, ...]:
        query = {"$or": [{"cid": cid}, {"company_sso_id": company_sso_id}]}
        with translated("reading the account's record and binding"):
            return tuple(to_record(each) for each in self._accounts.find(query))

    def last_run_number(self, cid: str) -> int:
        query = {"_id": {"$regex": f"^{re.escape(cid)}__[0-9]+$"}}
        with translated("reading the account's runs"):
            ids = [str(each["_id"]) for each in self._runs.find(query, {"_id": 1})]
        return max((int(run_id.rsplit("__", 1)[1]) for run_id in ids), default=0)


def to_record(found: Document) -> AccountRecord:
    """Return the record that a document of the collection holds."""
    reason = found.get("reason_code")
    return AccountRecord(
        cid=found["cid"],
        company_sso_id=found.get("company_sso_id"),
        state=RunState(found.get("state", RunState.NOT_STARTED)),
        active_run_id=(found.get("active_run") or {}).get("run_id"),
        last_run_id=found.get("last_run_id"),
        reason=ReasonCode(reason) if reason else None,
        finished_at=found.get("finished_at"),
    )
