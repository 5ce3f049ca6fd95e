"""One suite for reading stored notes: whatever a document holds, it is read or told to differ."""

from __future__ import annotations

from typing import Any

import pytest

from notes_migration.domain.owners import Owner
from notes_migration.domain.verification import StoredFile, StoredNote
from tests.support.builders import NOW, a_cdp_note
from tests.support.company_notes import COMPANY, LATER, CompanyNotes, MongoCompany

OURS = {"company_sso_id": COMPANY}


def stored(note_id: str, **changes: Any) -> StoredNote:
    """Return what `a_cdp_note` becomes."""
    fields: dict[str, Any] = {
        "contact_id": "contact-1",
        "note": "<p>Hi</p>",
        "owner_id": "sso-77",
        "owner_label": None,
        "is_deleted": False,
        "created_at": NOW,
        "updated_at": NOW,
        "files": (StoredFile("https://files.example/a", 9),),
    }
    return StoredNote(note_id=note_id, **(fields | changes))


def test_given_written_notes_when_read_then_they_are_what_was_written(company: CompanyNotes) -> None:
    labelled = a_cdp_note("2", owner=Owner(label="Sari"), attachments=(), created_at=NOW, updated_at=LATER)
    company.writer.insert_missing([a_cdp_note("1"), labelled])

    assert company.reader.read(["1", "2", "3"]) == {
        "1": stored("1"),
        "2": stored("2", owner_id=None, owner_label="Sari", updated_at=LATER, files=()),
    }
    assert company.reader.read([]) == {}


def test_given_notes_that_a_user_has_touched_when_read_then_they_are_as_the_user_left_them(
    company: CompanyNotes,
) -> None:
    company.writer.insert_missing([a_cdp_note("1"), a_cdp_note("2")])
    company.edit("1")
    company.delete_softly("2")

    assert company.reader.read({"1", "2"}) == {
        "1": stored("1", updated_at=LATER),
        "2": stored("2", is_deleted=True),
    }


def test_given_more_notes_than_a_chunk_takes_when_listed_then_each_is_named_once(
    company: CompanyNotes,
) -> None:
    names = [str(each) for each in range(1, 2502)]
    company.writer.insert_missing([a_cdp_note(each) for each in names])
    company.delete_softly("7")

    chunks = list(company.reader.ids())

    assert sorted(len(chunk) for chunk in chunks) == [501, 1000, 1000]
    assert sorted(each for chunk in chunks for each in chunk) == sorted(names)


def test_given_no_notes_when_listed_then_there_is_no_chunk(company: CompanyNotes) -> None:
    assert list(company.reader.ids()) == []


@pytest.mark.integration
def test_given_a_document_of_strange_types_when_read_then_nothing_is_guessed(
    mongo_company: MongoCompany,
) -> None:
    strange = {"contact_id": 5, "note": None, "created_at": "2021", "attachments": ["x", {"url": 1}]}
    mongo_company.collection.insert_one({**OURS, "legacy_crm_note_id": "1", **strange})

    found = mongo_company.reader.read(["1"])["1"]

    assert (found.contact_id, found.note, found.created_at) == (None, None, None)
    assert found.files == (StoredFile("", None), StoredFile("", None))


@pytest.mark.integration
def test_given_notes_of_others_when_listed_then_only_this_companys_migrated_ones_are_named(
    mongo_company: MongoCompany,
) -> None:
    own = [{**OURS, "legacy_crm_note_id": each} for each in ("1", "2")]
    others = [
        OURS,
        {**OURS, "legacy_crm_note_id": "no id"},
        {"company_sso_id": "rival-company", "legacy_crm_note_id": "9000"},
    ]
    mongo_company.collection.insert_many([dict(each) for each in (*own, *others)])

    assert list(mongo_company.reader.ids()) == [["1", "2"]]
