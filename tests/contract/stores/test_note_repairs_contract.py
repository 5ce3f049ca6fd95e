"""The one way to change a migrated note: it must never reach one that somebody has touched."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from bson import encode
from bson.int64 import Int64

from notes_migration.domain.attachments import StoredAttachment
from notes_migration.domain.owners import Owner
from notes_migration.ports.note_repairs import Repair
from tests.support.builders import NOW, a_cdp_note

if TYPE_CHECKING:
    from pymongo.collection import Collection
    from pymongo.database import Database

    from notes_migration.adapters.mongo_repairs import MongoRepairs

pytestmark = pytest.mark.integration
FILE = StoredAttachment("https://files.example/b", "pdf", 7, "7 B", "b.pdf")
REPAIR = Repair("1", NOW, (FILE,), owner_id="sso-9")


@pytest.fixture
def notes(database: Database[dict[str, Any]]) -> Collection[dict[str, Any]]:
    """Return the collection with one labelled note, 1, which has one file."""
    from notes_migration.adapters.mongo_index import apply_index_migration
    from notes_migration.adapters.mongo_notes import MongoNotes

    apply_index_migration(database, "up")
    collection = database["contact_notes"]
    store = MongoNotes(collection, company_sso_id="acme-company")
    store.insert_missing([a_cdp_note("1", owner=Owner(label="Sari")), a_cdp_note("2")])
    return collection


@pytest.fixture
def repairs(notes: Collection[dict[str, Any]]) -> MongoRepairs:
    from notes_migration.adapters.mongo_repairs import MongoRepairs

    return MongoRepairs(notes, company_sso_id="acme-company")


def stored(notes: Collection[dict[str, Any]], note_id: str = "1") -> dict[str, Any]:
    found = notes.find_one({"legacy_crm_note_id": note_id})
    assert found is not None
    return found


def test_given_a_note_that_lacks_something_when_repaired_then_only_that_is_added(
    notes: Collection[dict[str, Any]], repairs: MongoRepairs
) -> None:
    before = stored(notes)

    repairs.apply(REPAIR)

    after = stored(notes)
    assert [each["url"] for each in after["attachments"]] == ["https://files.example/a", FILE.url]
    assert type(after["attachments"][1]["file_size_in_byte"]) is Int64
    assert after["owner_id"] == "sso-9"
    assert "legacy_owner_label" not in after
    kept = set(after) - {"attachments", "owner_id"}
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}


def test_given_a_repaired_note_when_repaired_again_then_not_a_byte_changes(
    notes: Collection[dict[str, Any]], repairs: MongoRepairs
) -> None:
    repairs.apply(REPAIR)
    before = encode(stored(notes))

    repairs.apply(REPAIR)

    assert encode(stored(notes)) == before


@pytest.mark.parametrize(
    "touched",
    [
        {"updated_at": NOW + timedelta(milliseconds=1)},
        {"is_deleted": True},
        {"company_sso_id": "rival-company"},
        {"legacy_crm_note_id": "01"},
    ],
    ids=["edited", "deleted", "another company's", "another id"],
)
def test_given_a_note_that_is_not_ours_to_change_when_repaired_then_not_a_byte_changes(
    notes: Collection[dict[str, Any]], repairs: MongoRepairs, touched: dict[str, Any]
) -> None:
    notes.update_one({"legacy_crm_note_id": "1"}, {"$set": touched})
    before = [encode(each) for each in notes.find().sort("_id")]

    repairs.apply(REPAIR)

    assert [encode(each) for each in notes.find().sort("_id")] == before


def test_given_an_owner_that_is_set_when_repaired_then_it_stays(
    notes: Collection[dict[str, Any]], repairs: MongoRepairs
) -> None:
    repairs.apply(Repair("2", NOW, owner_id="sso-9"))

    assert stored(notes, "2")["owner_id"] == "sso-77"
