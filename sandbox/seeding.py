"""Fill the parts before the first run: accounts into the simulators, contacts and native notes into Mongo."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from pymongo import MongoClient
from pymongo.database import Database
from pymongo.errors import PyMongoError

from notes_migration.adapters.mongo_index import apply_index_migration
from notes_migration.domain.errors import MigrationError
from sandbox.accounts.model import Account
from sandbox.accounts.registry import build_account
from sandbox.accounts.seed import seed_mongo
from sandbox.processes.service import ServiceUnavailable
from sandbox.simulators.process import Simulators


@contextmanager
def opened_database(uri: str) -> Iterator[Database[dict[str, Any]]]:
    """Yield the database that the address names.

    Raises:
        ServiceUnavailable: the address is wrong, or the database did not answer, also while it is used.
    """
    try:
        with _client(uri) as client:
            yield client.get_default_database()
    except PyMongoError as error:
        raise _unusable(error) from None
    except MigrationError as error:
        raise ServiceUnavailable(f"MongoDB cannot be used (cdp_mongo): {error.message}") from None


def _client(uri: str) -> MongoClient[dict[str, Any]]:
    try:
        return MongoClient(uri, serverSelectionTimeoutMS=5000)
    except ValueError as error:  # a port that is none, an option's bad value
        raise _unusable(error) from None


def _unusable(error: Exception) -> ServiceUnavailable:
    # The error's own text may carry the address with its password.
    return ServiceUnavailable(
        f"MongoDB cannot be used ({type(error).__name__}): look at host, schema (the database) and extra"
        " of cdp_mongo"
    )


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
