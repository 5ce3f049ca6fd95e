"""Puts an account's contacts and native notes into the CDP's database."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from pymongo import ASCENDING, ReplaceOne
from pymongo.collection import Collection
from pymongo.database import Database

from sandbox.accounts.model import Account

Document = dict[str, Any]


def seed_mongo(database: Database[Document], account: Account) -> None:
    """Write the account's `contacts` and native `contact_notes`; writing them again changes nothing.

    Migrated documents are left alone, and so is every index but the one on `crm_data.id`, which the
    CDP's contacts have.
    """
    database["contacts"].create_index([("crm_data.id", ASCENDING)], name="crm_contact_index")
    _put(database["contacts"], account.contacts)
    _put(database["contact_notes"], account.native_notes)


def _put(collection: Collection[Document], documents: Iterable[Document]) -> None:
    writes = [ReplaceOne({"_id": document["_id"]}, document, upsert=True) for document in documents]
    if writes:
        collection.bulk_write(writes, ordered=False)
