"""The unique partial index on `contact_notes`: made and dropped by JSON, checked to the letter."""

from __future__ import annotations

import json
from importlib import resources
from typing import Any, Literal

from pymongo.collection import Collection as MongoCollection
from pymongo.database import Database
from pymongo.errors import OperationFailure

from notes_migration import index_migrations
from notes_migration.adapters.mongo_border import translated

Document = dict[str, Any]
INDEX_NAME = "uq_contact_notes_company_legacy_crm_note_id"
MIGRATION = "001_index_contact_notes_legacy_crm_note_id"
_GONE = {26, 27}  # NamespaceNotFound, IndexNotFound: there is nothing left to drop


def apply_index_migration(database: Database[Document], direction: Literal["up", "down"]) -> None:
    """Run the migration's commands; running them again changes nothing, and no document is touched."""
    for command in load_commands(direction):
        with translated(f"migrating the index {direction}"):
            try:
                database.command(command)
            except OperationFailure as error:
                if direction == "up" or error.code not in _GONE:
                    raise


def load_commands(direction: Literal["up", "down"]) -> list[Document]:
    """Return the database commands of the shipped JSON file."""
    text = resources.files(index_migrations).joinpath(f"{MIGRATION}.{direction}.json").read_text()
    commands: list[Document] = json.loads(text)
    return commands


def index_problem(collection: MongoCollection[Document]) -> str | None:
    """Compare the index with the shipped specification, every option; return the difference or None.

    A partial filter of `$type` looks the same and is silently not used by the planner.
    """
    (wanted,) = load_commands("up")[0]["indexes"]
    with translated("reading the indexes"):
        found = {index["name"]: dict(index) for index in collection.list_indexes()}
    index = found.get(INDEX_NAME)
    if index is None:
        return f"index {INDEX_NAME} is missing on {collection.name}; run its migration (make migrate-up)"
    actual = {key: value for key, value in index.items() if key not in {"v", "ns"}}
    wrong = sorted(key for key in wanted.keys() | actual.keys() if _plain(actual, key) != _plain(wanted, key))
    if wrong:
        return f"index {INDEX_NAME} differs from its specification in: {', '.join(wrong)}"
    return None


def _plain(index: Document, key: str) -> object:
    # As text, since the order of an index's keys is part of what it is.
    return json.dumps(index.get(key), default=dict)
