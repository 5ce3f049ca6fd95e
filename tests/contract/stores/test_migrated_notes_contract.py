"""One suite for the removal of migrated notes: the fake may not drift from MongoDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from bson import encode

from notes_migration.domain.rollback import Stamp
from notes_migration.ports.notes_store import NotesStore
from notes_migration.ports.rollback import MigratedNotes
from tests.fakes.documents import InMemoryDocuments
from tests.support.builders import NOW, a_cdp_note

if TYPE_CHECKING:
    from pymongo.database import Database

LATER = NOW + timedelta(milliseconds=1)


class Notes(Protocol):
    """A store of notes and the two ways in which a user of the CDP touches them."""

    writer: NotesStore
    notes: MigratedNotes

    def edit(self, note_id: str) -> None: ...
    def delete_softly(self, note_id: str) -> None: ...


class FakeNotes:
    def __init__(self) -> None:
        self.writer = self.notes = InMemoryDocuments()

    def edit(self, note_id: str) -> None:
        self._change(note_id, updated_at=LATER)

    def delete_softly(self, note_id: str) -> None:
        self._change(note_id, is_deleted=True)

    def _change(self, note_id: str, **changes: Any) -> None:
        self.notes.stored[note_id] = replace(self.notes.stored[note_id], **changes)


class RealNotes:
    def __init__(self, database: Database[dict[str, Any]]) -> None:
        from notes_migration.adapters.mongo_index import apply_index_migration
        from notes_migration.adapters.mongo_migrated_notes import MongoMigratedNotes
        from notes_migration.adapters.mongo_notes import MongoNotes

        apply_index_migration(database, "up")
        self._collection = database["contact_notes"]
        self.writer = MongoNotes(self._collection, company_sso_id="acme-company")
        self.notes = MongoMigratedNotes(self._collection, company_sso_id="acme-company")

    def edit(self, note_id: str) -> None:
        self._collection.update_one({"legacy_crm_note_id": note_id}, {"$set": {"updated_at": LATER}})

    def delete_softly(self, note_id: str) -> None:
        self._collection.update_one({"legacy_crm_note_id": note_id}, {"$set": {"is_deleted": True}})


@pytest.fixture(params=["fake", pytest.param("mongo", marks=pytest.mark.integration)])
def stored(request: pytest.FixtureRequest) -> Notes:
    if request.param == "fake":
        return FakeNotes()
    return RealNotes(request.getfixturevalue("database"))


def test_given_notes_when_looked_at_then_each_tells_whether_somebody_has_touched_it(stored: Notes) -> None:
    stored.writer.insert_missing([a_cdp_note(each) for each in ("1", "2", "3")])
    stored.edit("2")
    stored.delete_softly("3")

    assert stored.notes.stamps({"1", "2", "3", "4"}) == {
        "1": Stamp(NOW, is_deleted=False),
        "2": Stamp(LATER, is_deleted=False),
        "3": Stamp(NOW, is_deleted=True),
    }
    assert stored.notes.stamps(set()) == {}


def test_given_notes_when_removed_then_only_those_go_that_nobody_has_touched(stored: Notes) -> None:
    stored.writer.insert_missing([a_cdp_note(each) for each in ("1", "2", "3", "4", "5")])
    stored.edit("2")
    stored.delete_softly("3")
    written = frozenset({NOW})

    stored.notes.remove(
        {"1": frozenset({NOW, LATER}), "2": written, "3": written, "4": frozenset(), "9": written}
    )
    stored.notes.remove({})

    assert stored.notes.stamps(["1", "2", "3", "4", "5"]).keys() == {"2", "3", "4", "5"}


@pytest.mark.integration
def test_given_native_notes_and_other_tenants_when_notes_are_removed_then_not_a_byte_of_them_changes(
    database: Database[dict[str, Any]],
) -> None:
    real, collection = RealNotes(database), database["contact_notes"]
    real.writer.insert_missing([a_cdp_note("1")])
    ours = collection.find_one({}, {"_id": 0})
    assert ours is not None
    native = {name: value for name, value in ours.items() if name != "legacy_crm_note_id"}
    collection.insert_many(
        [
            native,
            {**ours, "company_sso_id": "rival-company"},
            {**ours, "legacy_crm_note_id": "2", "is_deleted": None},
            {**ours, "legacy_crm_note_id": "3", "updated_at": "2026"},
            {name: value for name, value in ours.items() if name != "is_deleted"}
            | {"legacy_crm_note_id": "4"},
        ]
    )
    others = {"legacy_crm_note_id": {"$ne": "1"}}
    rivals = {"company_sso_id": "rival-company"}
    before = sorted(encode(each) for each in collection.find({"$or": [others, rivals]}))

    real.notes.remove({str(each): frozenset({NOW}) for each in range(1, 5)})

    assert sorted(encode(each) for each in collection.find()) == before
    assert real.notes.stamps(["2", "3", "4"]) == {
        "2": Stamp(NOW, is_deleted=True),
        "3": Stamp(None, is_deleted=False),
        "4": Stamp(NOW, is_deleted=True),
    }
