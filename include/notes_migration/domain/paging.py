"""Reading by key: ranges of ids that can be read side by side, and a cursor that only goes forward.

Key paging cannot skip a row when another is deleted, which page numbers can (contracts, section 4).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from notes_migration.domain.ids import crm_id

NOTES_PER_RANGE = 2_000
MAX_RANGES = 16


@dataclass(frozen=True, slots=True)
class IdRange:
    """Ids above `after_id` up to and including `until_id`."""

    after_id: int
    until_id: int


def split_ranges(*, max_id: int, notes: int) -> list[IdRange]:
    """Cut (0, max_id] into equal ranges, about one per 2,000 notes; none where there are no notes."""
    if notes == 0 or max_id == 0:
        return []
    count = min(MAX_RANGES, max_id, -(-notes // NOTES_PER_RANGE))
    edges = [max_id * step // count for step in range(count + 1)]
    return [IdRange(after, until) for after, until in pairwise(edges)]


@dataclass(frozen=True, slots=True)
class AcceptedPage:
    """The notes of a page that belong where the cursor stands.

    notes: ascending by id, each id once. unreadable: notes without a usable id, which fail later; a
    page may deliver again those behind the last readable id of the page before.
    cursor: where to read on. breaches: notes left out as repeated, backwards or out of range.
    """

    notes: tuple[dict[str, Any], ...]
    unreadable: tuple[dict[str, Any], ...]
    first_id: int
    last_id: int
    cursor: int
    breaches: int


def accept_page(raw: Sequence[dict[str, Any]], *, cursor: int, until_id: int) -> AcceptedPage:
    """Keep what is new in (cursor, until_id]; a server that repeats a page cannot make us loop."""
    by_id: dict[int, dict[str, Any]] = {}
    unreadable = []
    for note in raw:
        text = crm_id(note.get("id"))
        if text is None:
            unreadable.append(note)
        elif cursor < int(text) <= until_id:
            by_id.setdefault(int(text), note)
    ids = sorted(by_id)
    return AcceptedPage(
        notes=tuple(by_id[key] for key in ids),
        unreadable=tuple(unreadable),
        first_id=ids[0] if ids else cursor,
        last_id=ids[-1] if ids else cursor,
        cursor=ids[-1] if ids else cursor,
        breaches=len(raw) - len(ids) - len(unreadable),
    )
