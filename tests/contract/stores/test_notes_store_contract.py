"""One suite for the CDP's notes: the fake may not drift from MongoDB."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from bson.int64 import Int64

from notes_migration.domain.owners import Owner
from notes_migration.ports.notes_store import NotesStore
from tests.fakes.documents import InMemoryDocuments
from tests.fakes.notes_store import InMemoryNotes
from tests.support.builders import NOW, a_cdp_note
from tests.support.company_notes import CompanyNotes, MongoCompany

if TYPE_CHECKING:
    from pymongo.database import Database

    from notes_migration.adapters.mongo_notes import MongoNotes


FAKES = {"notes": InMemoryNotes, "documents": InMemoryDocuments}


@pytest.fixture(params=[*FAKES, pytest.param("mongo", marks=pytest.mark.integration)])
def notes(request: pytest.FixtureRequest) -> NotesStore:
    if request.param in FAKES:
        return FAKES[request.param]()
    found: NotesStore = request.getfixturevalue("mongo_notes")
    return found


@pytest.fixture
def mongo_notes(mongo_company: MongoCompany) -> MongoNotes:
    return mongo_company.writer


def test_given_nothing_when_asked_then_there_is_nothing(notes: NotesStore) -> None:
    assert notes.existing([]) == set()
    assert notes.existing(["1"]) == set()
    assert notes.insert_missing([]) == set()


def test_given_notes_when_written_then_they_exist_by_their_ids(notes: NotesStore) -> None:
    assert notes.insert_missing([a_cdp_note("1"), a_cdp_note("2")]) == set()

    assert notes.existing({"1", "2", "3", "12"}) == {"1", "2"}


def test_given_more_ids_than_one_query_takes_when_asked_then_all_are_looked_for(notes: NotesStore) -> None:
    notes.insert_missing([a_cdp_note("1"), a_cdp_note("2500")])

    assert notes.existing([str(each) for each in range(1, 2501)]) == {"1", "2500"}


def test_given_a_note_that_is_there_when_written_again_then_not_a_byte_changes(company: CompanyNotes) -> None:
    company.writer.insert_missing([a_cdp_note("1")])
    before = company.snapshot()

    assert company.writer.insert_missing([a_cdp_note("1", note="other", owner=Owner(label="x"))]) == set()

    assert company.snapshot() == before


def test_given_a_note_that_a_user_has_deleted_when_asked_then_it_exists_and_is_not_written_again(
    company: CompanyNotes,
) -> None:
    company.writer.insert_missing([a_cdp_note("1")])
    company.delete_softly("1")
    before = company.snapshot()

    assert company.writer.existing(["1"]) == {"1"}
    company.writer.insert_missing([a_cdp_note("1")])

    assert company.snapshot() == before


@pytest.mark.integration
def test_given_a_note_when_written_then_the_document_has_the_contracts_fields_and_types(
    mongo_notes: MongoNotes, database: Database[dict[str, Any]]
) -> None:
    mongo_notes.insert_missing([a_cdp_note("1"), a_cdp_note("2", owner=Owner(label="Sari"), attachments=())])

    owned, labelled = database["contact_notes"].find({}, {"_id": 0}).sort("legacy_crm_note_id")
    assert owned == {
        "company_sso_id": "acme-company",
        "contact_id": "contact-1",
        "note": "<p>Hi</p>",
        "attachments": [
            {
                "url": "https://files.example/a",
                "type": "image",
                "file_size_in_byte": 9,
                "file_size": "9 B",
                "file_name": "a.png",
            }
        ],
        "owner_id": "sso-77",
        "legacy_crm_note_id": "1",
        "is_deleted": False,
        "created_at": NOW.replace(tzinfo=None),
        "updated_at": NOW.replace(tzinfo=None),
    }
    assert type(owned["attachments"][0]["file_size_in_byte"]) is Int64
    assert labelled["attachments"] == []
    assert (labelled["owner_id"], labelled["legacy_owner_label"]) == (None, "Sari")


@pytest.mark.integration
def test_given_other_notes_when_asked_then_only_this_companys_migrated_ones_are_seen(
    mongo_notes: MongoNotes, database: Database[dict[str, Any]]
) -> None:
    database["contact_notes"].insert_many(
        [
            {"company_sso_id": "acme-company", "note": "native"},
            {"company_sso_id": "rival-company", "legacy_crm_note_id": "1"},
            {"company_sso_id": "acme-company", "legacy_crm_note_id": "2", "is_deleted": True},
        ]
    )

    assert mongo_notes.existing(["1", "2"]) == {"2"}
    mongo_notes.insert_missing([a_cdp_note("1"), a_cdp_note("2")])
    assert database["contact_notes"].count_documents({"legacy_crm_note_id": "1"}) == 2
    assert database["contact_notes"].count_documents({"is_deleted": True}) == 1


@pytest.mark.integration
def test_given_a_note_that_the_database_refuses_when_written_then_the_others_arrive(
    mongo_notes: MongoNotes, database: Database[dict[str, Any]]
) -> None:
    database.command(
        "collMod", "contact_notes", validator={"note": {"$ne": "refused"}}, validationLevel="strict"
    )

    refused = mongo_notes.insert_missing([a_cdp_note("1"), a_cdp_note("2", note="refused"), a_cdp_note("3")])

    assert refused == {"2"}
    assert mongo_notes.existing(["1", "2", "3"]) == {"1", "3"}


@pytest.mark.integration
def test_given_the_index_when_existence_is_asked_then_no_document_is_read(
    mongo_notes: MongoNotes, database: Database[dict[str, Any]]
) -> None:
    mongo_notes.insert_missing([a_cdp_note(str(each)) for each in range(1, 30)])
    query = {"company_sso_id": "acme-company", "legacy_crm_note_id": {"$in": ["1", "2"]}}

    plan = database["contact_notes"].find(query, {"_id": 0, "legacy_crm_note_id": 1}).explain()

    assert plan["executionStats"]["totalDocsExamined"] == 0
    assert plan["executionStats"]["nReturned"] == 2


@pytest.mark.integration
def test_given_a_note_of_another_company_when_written_then_it_lands_in_this_one(
    mongo_notes: MongoNotes, database: Database[dict[str, Any]]
) -> None:
    mongo_notes.insert_missing([replace(a_cdp_note("1"), company_sso_id="rival-company")])

    assert database["contact_notes"].distinct("company_sso_id") == ["acme-company"]
