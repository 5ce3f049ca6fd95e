"""The failed records as CSV or JSON, page by page."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import astuple, fields
from datetime import datetime

from notes_migration.domain.spreadsheet import safe_cell
from notes_migration.domain.status import iso
from notes_migration.ports.failure_listing import FailureRow

COLUMNS = tuple(field.name for field in fields(FailureRow))
CSV, JSON = "text/csv", "application/json"
OFFERED = (CSV, JSON)
Pages = Iterable[Sequence[FailureRow]]


def as_csv(pages: Pages) -> Iterator[str]:
    """Iterate over the parts of a CSV document with a header line (RFC 4180)."""
    yield _lines([COLUMNS])
    for page in pages:
        yield _lines([[safe_cell(cell) for cell in _cells(row)] for row in page])


def as_json(pages: Pages) -> Iterator[str]:
    """Iterate over the parts of a JSON array of objects with the same names as the CSV's columns."""
    before = "["
    for page in pages:
        objects = (json.dumps(dict(zip(COLUMNS, _cells(row), strict=True))) for row in page)
        yield before + ",".join(objects)
        before = ","
    yield "[]" if before == "[" else "]"


def _cells(row: FailureRow) -> list[object]:
    return [iso(cell) if isinstance(cell, datetime) else cell for cell in astuple(row)]


def _lines(rows: Sequence[Sequence[object]]) -> str:
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue()
