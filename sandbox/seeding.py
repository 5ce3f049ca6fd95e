"""Fill the parts before the first run: accounts into the simulators, contacts and native notes into Mongo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database

from notes_migration.adapters.mongo_index import apply_index_migration
from sandbox.accounts.model import Account
from sandbox.accounts.registry import build_account
from sandbox.accounts.seed import seed_mongo
from sandbox.simulators.process import Simulators


@contextmanager
def opened_database(uri: str) -> Iterator[Database[dict[str, Any]]]:
    """Yield the database that the address names."""
    with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=5000) as client:
        yield client.get_default_database()


def load_accounts(cids: Iterable[str], *, simulators: Simulators, mongo_uri: str) -> dict[str, Account]:
    """Build the synthetic accounts and give them to simulators and CDP.

    Loading them again changes nothing; what a migration wrote is left alone.
    """
    accounts = {cid: build_account(cid, cdn_url=simulators.addresses.cdn) for cid in cids}
    with simulators.control() as control, opened_database(mongo_uri) as database:
        for account in accounts.values():
            control.load(account)
            seed_mongo(database, account)
    return accounts


def make_index(mongo_uri: str) -> None:
    """Make the CDP's index as `make migrate-up` does; in production it belongs to another service."""
    with opened_database(mongo_uri) as database:
        apply_index_migration(database, "up")
