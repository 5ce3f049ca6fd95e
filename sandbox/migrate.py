"""Make or drop the index of `contact_notes`: `python -m sandbox.migrate up | down` (make migrate-up, -down).

The database is the one of AIRFLOW_CONN_CDP_MONGO, else that of the running sandbox. No document is touched.
"""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from notes_migration.adapters.mongo_index import INDEX_NAME, apply_index_migration
from notes_migration.domain.errors import MigrationError
from sandbox.connections import given_connections
from sandbox.paths import this_checkout
from sandbox.wiring import mongo_uri

_WHERE = "set AIRFLOW_CONN_CDP_MONGO, or start the sandbox with: make up"


def migrate(direction: Literal["up", "down"], environment: Mapping[str, str], stack_file: Path) -> str:
    """Run the migration and return what is now true.

    Raises:
        ValueError: no database is known, or the connection names none.
        MigrationError: the database did not answer, or refused.
    """
    uri = _address(environment, stack_file)
    try:
        with MongoClient[dict[str, Any]](uri, serverSelectionTimeoutMS=5000) as client:
            database = client.get_default_database()
            apply_index_migration(database, direction)
    except PyMongoError as error:  # its text may carry the address
        kind = type(error).__name__
        raise ValueError(f"cdp_mongo cannot be used ({kind}): host, schema (the database) or extra") from None
    state = "is there" if direction == "up" else "is gone"
    return f"index {INDEX_NAME} {state} on {database.name}.contact_notes"


def _address(environment: Mapping[str, str], stack_file: Path) -> str:
    given = given_connections(environment).get("cdp_mongo")
    if given is not None:
        return mongo_uri(given)
    if not stack_file.exists():
        raise ValueError(f"no database is known: {_WHERE}")
    return str(json.loads(stack_file.read_text())["mongo_uri"])


def main() -> int:
    """Run the command and return its exit code."""
    if sys.argv[1:] not in (["up"], ["down"]):
        print("usage: python -m sandbox.migrate up | down")
        return 2
    direction: Literal["up", "down"] = "up" if sys.argv[1] == "up" else "down"
    try:
        print(migrate(direction, os.environ, this_checkout().stack_file))
    except (ValueError, MigrationError) as problem:
        print(f"migrate-{direction}: {problem}")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
