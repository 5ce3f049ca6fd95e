"""FailureListing over `notes_migration_failures`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import fields
from itertools import islice
from typing import Any

from bson.codec_options import CodecOptions
from pymongo import ASCENDING
from pymongo.collection import Collection as MongoCollection

from notes_migration.adapters.mongo_border import translated
from notes_migration.ports.failure_listing import FailureRow

Document = dict[str, Any]
PAGE_ROWS = 500
_COLUMNS = tuple(field.name for field in fields(FailureRow))
_AWARE: CodecOptions[Document] = CodecOptions(tz_aware=True)


class MongoFailureListing:
    """Reads in the order of the index (cid, reason_code), so that nothing is sorted in memory."""

    def __init__(self, collection: MongoCollection[Document]) -> None:
        self._failures = collection.with_options(codec_options=_AWARE)

    def pages(self, cid: str) -> Iterator[Sequence[FailureRow]]:
        wanted = {"_id": 0, **dict.fromkeys(_COLUMNS, 1)}
        with translated("reading the failed records"):
            found = self._failures.find({"cid": cid}, wanted, batch_size=PAGE_ROWS)
            rows = found.sort([("cid", ASCENDING), ("reason_code", ASCENDING)])
            with rows:
                while page := [_to_row(each) for each in islice(rows, PAGE_ROWS)]:
                    yield page


def _to_row(found: Document) -> FailureRow:
    return FailureRow(**{name: found.get(name) for name in _COLUMNS})  # type: ignore[arg-type]
