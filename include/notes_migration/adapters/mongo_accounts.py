"""`notes_migration_accounts`: one durable record per account (contracts, section 1)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pymongo import ASCENDING
from pymongo.collection import Collection as MongoCollection
from pymongo.errors import DuplicateKeyError

from notes_migration.adapters.mongo_border import translated
from notes_migration.domain.guarding import Binding
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState

Document = dict[str, Any]
COLLECTION = "notes_migration_accounts"


class MongoAccounts:
    """AccountRegistry and AccountHold: one document per cid, with `company_sso_id` once it is bound."""

    def __init__(self, collection: MongoCollection[Document]) -> None:
        self._accounts = collection

    def ensure_indexes(self) -> None:
        """Make the two unique indexes; where they exist nothing happens."""
        with translated("making the indexes of the accounts"):
            self._accounts.create_index([("cid", ASCENDING)], name="uq_cid", unique=True)
            self._accounts.create_index(
                [("company_sso_id", ASCENDING)],
                name="uq_company_sso_id",
                unique=True,
                partialFilterExpression={"company_sso_id": {"$exists": True}},
            )

    def bindings(self, *, cid: str, company_sso_id: str) -> tuple[Binding, ...]:
        query = {
            "$or": [{"cid": cid}, {"company_sso_id": company_sso_id}],
            "company_sso_id": {"$exists": True},
        }
        with translated("reading the account's binding"):
            found = list(self._accounts.find(query, {"_id": 0, "cid": 1, "company_sso_id": 1}))
        return tuple(Binding(each["cid"], each["company_sso_id"]) for each in found)

    def state(self, cid: str) -> RunState:
        with translated("reading the account's state"):
            found = self._accounts.find_one({"cid": cid}, {"state": 1})
        return RunState(found["state"]) if found and "state" in found else RunState.NOT_STARTED

    def activate(self, run: Run) -> None:
        fields: Document = {
            "active_run": _active(run),
            "state": RunState.IN_PROGRESS,
            "last_run_id": run.run_id,
        }
        with translated("activating the run"):
            self._accounts.update_one(
                {"cid": run.cid},
                {"$set": fields, "$unset": {"reason_code": "", "finished_at": ""}},
                upsert=True,
            )

    def occupy(self, run: Run) -> bool:
        free = {"$or": [{"active_run": None}, {"active_run.run_id": run.run_id}]}
        with translated("taking the account"):
            update = {"$set": {"active_run": _active(run)}}
            return self._accounts.update_one({"cid": run.cid, **free}, update).matched_count == 1

    def begin_removal(self, run: Run) -> bool:
        update = {
            "$set": {"state": RunState.IN_PROGRESS, "last_run_id": run.run_id},
            "$unset": {"reason_code": "", "finished_at": ""},
        }
        with translated("beginning to remove"):
            return (
                self._accounts.update_one({"cid": run.cid, "active_run": _active(run)}, update).matched_count
                == 1
            )

    def is_active(self, run: Run) -> bool:
        with translated("checking the fence"):
            found = self._accounts.find_one({"cid": run.cid}, {"_id": 0, "active_run": 1})
        return found is not None and found.get("active_run") == _active(run)

    def close(self, run: Run) -> None:
        with translated("closing the fence"):
            self._accounts.update_one(_held(run), {"$set": {"active_run.closed": True}})

    def inherit(self, run: Run) -> None:
        earlier = {"active_run.run_id": run.run_id, "active_run.attempt": {"$lt": run.attempt}}
        with translated("inheriting the account"):
            self._accounts.update_one({"cid": run.cid, **earlier}, {"$set": {"active_run": _active(run)}})

    def holds(self, run: Run) -> bool:
        with translated("checking whose the account is"):
            return self._accounts.find_one(_held(run), {"_id": 1}) is not None

    def bind(self, run: Run) -> bool:
        query = {"cid": run.cid, "company_sso_id": {"$in": [run.company_sso_id, None]}}
        update = {"$set": {"company_sso_id": run.company_sso_id}}
        with translated("binding the account"):
            try:
                return self._accounts.update_one(query, update).matched_count == 1
            except DuplicateKeyError:
                return False

    def record_outcome(self, run: Run, outcome: Outcome, *, now: datetime) -> None:
        fields = {"state": outcome.state, "reason_code": outcome.reason, "finished_at": now}
        with translated("recording the account's outcome"):
            self._accounts.update_one(_held(run), {"$set": fields})

    def deactivate(self, *, cid: str, run_id: str) -> None:
        with translated("clearing the active run"):
            self._accounts.update_one(
                {"cid": cid, "active_run.run_id": run_id}, {"$set": {"active_run": None}}
            )


def _active(run: Run) -> Document:
    return {"run_id": run.run_id, "attempt": run.attempt}


def _held(run: Run) -> Document:
    return {"cid": run.cid, "active_run.run_id": run.run_id, "active_run.attempt": run.attempt}
