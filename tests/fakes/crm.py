"""An organization's notes in memory: CrmSource."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

from notes_migration.domain.errors import MigrationError
from notes_migration.domain.run import CrmCount


class InMemoryCrm:
    """`organization` holds the notes; `failure` is raised by every call while it is set.

    `before_page` is called with the number of the page about to be read, so that a test can change
    the source between pages.
    """

    def __init__(self, notes: Sequence[dict[str, Any]], *, type_ids: tuple[int, ...] = (1, 6)) -> None:
        self.organization = list(notes)
        self.type_ids = type_ids
        self.failure: MigrationError | None = None
        self.before_page: Callable[[int], None] = lambda _: None
        self.pages_read = 0

    def count(self, *, until_id: int | None = None) -> CrmCount:
        self._fail()
        notes = [note for note in self.organization if until_id is None or note["id"] <= until_id]
        by_type = Counter(int(note["crm_note_type_id"]) for note in notes)
        return CrmCount(len(notes), by_type, max((note["id"] for note in notes), default=0))

    def notes(self, *, after_id: int, until_id: int, per_page: int) -> list[dict[str, Any]]:
        self._fail()
        self.before_page(self.pages_read)
        self.pages_read += 1
        wanted = [note for note in self._in_scope(until_id) if note["id"] > after_id]
        return sorted(wanted, key=lambda note: int(note["id"]))[:per_page]

    def by_ids(self, note_ids: Sequence[str]) -> list[dict[str, Any]]:
        self._fail()
        notes = self.organization
        return [
            each
            for each in notes
            if str(each["id"]) in note_ids and each["crm_note_type_id"] in self.type_ids
        ]

    def person_ids(self, *, after_id: int, until_id: int, per_page: int) -> list[object]:
        self._fail()
        persons = {note["crm_person_id"] for note in self._in_scope(until_id)} - {None}
        return sorted(person for person in persons if person > after_id)[:per_page]

    def _in_scope(self, until_id: int) -> list[dict[str, Any]]:
        notes = self.organization
        return [
            each for each in notes if each["id"] <= until_id and each["crm_note_type_id"] in self.type_ids
        ]

    def _fail(self) -> None:
        if self.failure:
            raise self.failure
