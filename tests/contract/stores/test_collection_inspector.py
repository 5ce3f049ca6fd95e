"""What guard sees of a real collection: the index to the letter, and native notes' types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from bson import ObjectId
from bson.int64 import Int64

from notes_migration.adapters import mongo_inspector
from notes_migration.adapters.mongo_index import INDEX_NAME, apply_index_migration
from notes_migration.adapters.mongo_inspector import MongoInspector
from notes_migration.domain.schema import schema_problem
from tests.support.builders import NOW

if TYPE_CHECKING:
    from pymongo.database import Database

pytestmark = pytest.mark.integration
Document = dict[str, Any]
KEY = [("company_sso_id", 1), ("legacy_crm_note_id", 1)]
EXISTS: Document = {"unique": True, "partialFilterExpression": {"legacy_crm_note_id": {"$exists": True}}}
WRONG: dict[str, tuple[list[tuple[str, int]], Document]] = {
    "type filter": (KEY, EXISTS | {"partialFilterExpression": {"legacy_crm_note_id": {"$type": "string"}}}),
    "no filter": (KEY, {"unique": True}),
    "not unique": (KEY, {"partialFilterExpression": EXISTS["partialFilterExpression"]}),
    "other order": (KEY[::-1], EXISTS),
    "descending": ([KEY[0], ("legacy_crm_note_id", -1)], EXISTS),
    "more keys": ([*KEY, ("note", 1)], EXISTS),
    "sparse": (KEY, {"unique": True, "sparse": True}),
    "hidden": (KEY, EXISTS | {"hidden": True}),
    "collation": (KEY, EXISTS | {"collation": {"locale": "en", "strength": 2}}),
}


@pytest.fixture
def inspector(database: Database[Document]) -> MongoInspector:
    return MongoInspector(database["contact_notes"], company_sso_id="acme-company")


def test_given_the_shipped_index_when_looked_at_then_there_is_no_problem_and_down_removes_it(
    inspector: MongoInspector, database: Database[Document]
) -> None:
    database["contact_notes"].insert_one({"note": "native"})
    for _ in range(2):
        apply_index_migration(database, "up")
        assert inspector.index_problem() is None
    for _ in range(2):
        apply_index_migration(database, "down")
        assert "is missing" in str(inspector.index_problem())
    assert database["contact_notes"].count_documents({}) == 1


def test_given_no_collection_when_looked_at_then_the_index_is_missing(inspector: MongoInspector) -> None:
    assert "make migrate-up" in str(inspector.index_problem())
    assert inspector.native_field_types() == {}


@pytest.mark.parametrize("wrong", list(WRONG))
def test_given_an_index_that_differs_when_looked_at_then_the_difference_is_named(
    inspector: MongoInspector, database: Database[Document], wrong: str
) -> None:
    keys, options = WRONG[wrong]
    database["contact_notes"].create_index(keys, name=INDEX_NAME, **options)

    assert "differs from its specification in: " in str(inspector.index_problem())


NATIVE: Document = {
    "contact_id": "c",
    "company_sso_id": "acme-company",
    "note": "<p>native</p>",
    "attachments": [],
    "owner_id": "sso-1",
    "is_deleted": False,
    "created_at": NOW,
    "updated_at": NOW,
}
FILE: Document = {
    "url": "u",
    "type": "image",
    "file_size_in_byte": Int64(5),
    "file_size": "5 B",
    "file_name": "a",
}


@pytest.mark.parametrize(
    "native",
    [
        {},
        {"attachments": [FILE]},
        {"attachments": None, "owner_id": None},
        {"attachments": [FILE | {"file_size_in_byte": 5}]},
        {"company_sso_id": "rival-company"},
    ],
)
def test_given_native_notes_of_our_shape_when_sampled_then_there_is_no_problem(
    inspector: MongoInspector, database: Database[Document], native: Document
) -> None:
    database["contact_notes"].insert_one(NATIVE | native)

    assert schema_problem(inspector.native_field_types()) is None


@pytest.mark.parametrize(
    ("difference", "path"),
    [
        ({"created_at": 1_614_826_800}, "created_at"),
        ({"note": {"html": "x"}}, "note"),
        ({"owner_id": ObjectId()}, "owner_id"),
        ({"contact_id": ObjectId()}, "contact_id"),
        ({"attachments": {"0": FILE}}, "attachments"),
        ({"attachments": [FILE | {"file_size_in_byte": 5.5}]}, "attachments.file_size_in_byte"),
        ({"attachments": [FILE, {"link": "u"} | FILE | {"url": 5}]}, "attachments.url"),
        ({"is_deleted": 0, "company_sso_id": "rival-company"}, "is_deleted"),
    ],
)
def test_given_one_native_note_of_another_type_when_sampled_then_the_field_is_named(
    inspector: MongoInspector, database: Database[Document], difference: Document, path: str
) -> None:
    database["contact_notes"].insert_many([dict(NATIVE) for _ in range(3)])
    database["contact_notes"].insert_one(NATIVE | difference)

    assert path in str(schema_problem(inspector.native_field_types()))


def test_given_migrated_notes_when_sampled_then_they_are_no_evidence(
    inspector: MongoInspector, database: Database[Document]
) -> None:
    database["contact_notes"].insert_one(NATIVE | {"note": 5, "legacy_crm_note_id": "1"})

    assert inspector.native_field_types() == {}


def test_given_a_sample_that_takes_too_long_when_taken_then_it_is_no_evidence_and_no_refusal(
    inspector: MongoInspector, database: Database[Document], monkeypatch: pytest.MonkeyPatch
) -> None:
    database["contact_notes"].insert_many([NATIVE | {"note": "x" * 2000, "n": n} for n in range(4000)])
    monkeypatch.setattr(mongo_inspector, "SAMPLE_MS", 1)

    assert schema_problem(inspector.native_field_types()) is None
