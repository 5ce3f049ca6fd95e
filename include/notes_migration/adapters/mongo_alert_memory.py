"""What an account's alerts have said, on the account's record: `alerts` holds condition -> run id."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from pymongo.collection import Collection as MongoCollection

from notes_migration.adapters.mongo_border import translated
from notes_migration.domain.alerting import Condition

Document = dict[str, Any]


class MongoAlertMemory:
    """AlertMemory over `notes_migration_accounts`; of an account without a record nothing is remembered."""

    def __init__(self, collection: MongoCollection[Document]) -> None:
        self._accounts = collection

    def remember(self, cid: str, condition: Condition, run_id: str) -> bool:
        with translated("remembering an alert"):
            before = self._accounts.find_one_and_update(
                {"cid": cid}, {"$set": {f"alerts.{condition}": run_id}}, {"_id": 0, "alerts": 1}
            )
        return before is None or before.get("alerts", {}).get(condition) != run_id

    def told(self, cid: str) -> frozenset[Condition]:
        with translated("reading the alerts of an account"):
            found = self._accounts.find_one({"cid": cid}, {"_id": 0, "alerts": 1})
        names = (found or {}).get("alerts", {})
        return frozenset(condition for condition in Condition if condition in names)

    def forget(self, cid: str, conditions: Collection[Condition]) -> None:
        fields = {f"alerts.{condition}": "" for condition in conditions}
        if fields:
            with translated("forgetting alerts"):
                self._accounts.update_one({"cid": cid}, {"$unset": fields})
