"""What `guard` looks at in `contact_notes` before anything is written (contracts, section 5)."""

from __future__ import annotations

from typing import Any

import structlog
from pymongo.collection import Collection as MongoCollection
from pymongo.errors import ExecutionTimeout

from notes_migration.adapters.mongo_border import translated
from notes_migration.adapters.mongo_index import index_problem

Document = dict[str, Any]
SAMPLE = 50
SAMPLE_MS = 10_000
_log = structlog.get_logger(__name__)


class MongoInspector:
    """CollectionInspector over `contact_notes`; samples this company's native notes, then anyone's."""

    def __init__(self, collection: MongoCollection[Document], *, company_sso_id: str) -> None:
        self._notes = collection
        self._company = company_sso_id

    def index_problem(self) -> str | None:
        return index_problem(self._notes)

    def native_field_types(self) -> dict[str, set[str]]:
        native = {"legacy_crm_note_id": {"$exists": False}}
        with_files = {**native, "attachments.0": {"$exists": True}}
        types: dict[str, set[str]] = {}
        for query in (native, {**native, "company_sso_id": self._company}, with_files):
            self._collect(query, types)
        return types

    def _collect(self, query: Document, types: dict[str, set[str]]) -> None:
        pipeline: list[Document] = [
            {"$match": query},
            {"$limit": SAMPLE},
            {
                "$project": {
                    "_id": 0,
                    "fields": _types_of("$$ROOT"),
                    "files": {
                        "$map": {
                            "input": {"$cond": [{"$isArray": "$attachments"}, "$attachments", []]},
                            "as": "file",
                            "in": {
                                "$cond": [{"$eq": [{"$type": "$$file"}, "object"]}, _types_of("$$file"), []]
                            },
                        }
                    },
                }
            },
        ]
        with translated("sampling native notes"):
            try:
                sample = list(self._notes.aggregate(pipeline, maxTimeMS=SAMPLE_MS))
            except ExecutionTimeout:
                # A search without index for what may not be there: no evidence, and no reason to refuse.
                _log.warning("native_sample_timed_out")
                return
        for found in sample:
            _add(types, "", found["fields"])
            for fields in found["files"]:
                _add(types, "attachments.", fields)


def _types_of(what: str) -> Document:
    return {
        "$map": {
            "input": {"$objectToArray": what},
            "as": "field",
            "in": {"name": "$$field.k", "type": {"$type": "$$field.v"}},
        }
    }


def _add(types: dict[str, set[str]], prefix: str, fields: list[Document]) -> None:
    for field in fields:
        if field["type"] not in {"null", "missing", "undefined"}:
            types.setdefault(prefix + field["name"], set()).add(field["type"])
