"""One suite for the one way to change a migrated note: it must never reach one that somebody has touched."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from bson.int64 import Int64

from notes_migration.domain.attachments import StoredAttachment
from notes_migration.domain.owners import Owner
from notes_migration.domain.verification import StoredFile, StoredNote
from notes_migration.ports.note_repairs import Repair
from tests.support.builders import NOW, a_cdp_note
from tests.support.company_notes import CompanyNotes, MongoCompany

FILE = StoredAttachment("https://files.example/b", "pdf", 7, "7 B", "b.pdf")
REPAIR = Repair("1", NOW, (FILE,), owner_id="sso-9")
LABELLED = a_cdp_note("1", owner=Owner(label="Sari"))


@pytest.fixture
def notes(company: CompanyNotes) -> CompanyNotes:
    """Return a labelled note, 1, and one with an owner, 2; each has one file."""
    company.writer.insert_missing([LABELLED, a_cdp_note("2")])
    return company


def read(notes: CompanyNotes, note_id: str = "1") -> StoredNote:
    return notes.reader.read([note_id])[note_id]


def test_given_a_note_that_lacks_something_when_repaired_then_only_that_is_added(notes: CompanyNotes) -> None:
    before = read(notes)

    notes.repairs.apply(REPAIR)

    files = (*before.files, StoredFile(FILE.url, 7))
    assert read(notes) == replace(before, owner_id="sso-9", owner_label=None, files=files)


@pytest.mark.parametrize(
    ("lacking", "changes"),
    [
        (
            Repair("1", NOW, (FILE,)),
            {"files": (StoredFile("https://files.example/a", 9), StoredFile(FILE.url, 7))},
        ),
        (Repair("1", NOW, owner_id="sso-9"), {"owner_id": "sso-9", "owner_label": None}),
        (Repair("1", NOW), {}),
    ],
    ids=["a file", "an owner", "nothing"],
)
def test_given_a_repair_of_one_kind_when_applied_then_the_rest_of_the_note_stays(
    notes: CompanyNotes, lacking: Repair, changes: dict[str, Any]
) -> None:
    before = read(notes)

    notes.repairs.apply(lacking)

    assert read(notes) == replace(before, **changes)


def test_given_a_repaired_note_when_repaired_again_then_not_a_byte_changes(notes: CompanyNotes) -> None:
    notes.repairs.apply(REPAIR)
    before = notes.snapshot()

    notes.repairs.apply(REPAIR)

    assert notes.snapshot() == before


def test_given_one_file_twice_in_a_repair_when_applied_then_it_is_linked_once(notes: CompanyNotes) -> None:
    again = replace(FILE, file_size_in_byte=8)

    notes.repairs.apply(Repair("2", NOW, (FILE, again)))

    assert read(notes, "2").files == (StoredFile("https://files.example/a", 9), StoredFile(FILE.url, 7))


def test_given_an_owner_that_is_set_when_repaired_then_it_stays(notes: CompanyNotes) -> None:
    before = notes.snapshot()

    notes.repairs.apply(Repair("2", NOW, owner_id="sso-9"))

    assert notes.snapshot() == before


@pytest.mark.parametrize(
    "repair",
    [REPAIR, replace(REPAIR, note_id="3"), replace(REPAIR, updated_at=NOW - timedelta(milliseconds=1))],
    ids=["edited", "not there", "changed at the source"],
)
def test_given_a_note_of_another_moment_or_none_when_repaired_then_not_a_byte_changes(
    notes: CompanyNotes, repair: Repair
) -> None:
    notes.edit("1")
    before = notes.snapshot()

    notes.repairs.apply(repair)

    assert notes.snapshot() == before


def test_given_a_note_that_a_user_has_deleted_when_repaired_then_not_a_byte_changes(
    notes: CompanyNotes,
) -> None:
    notes.delete_softly("1")
    before = notes.snapshot()

    notes.repairs.apply(REPAIR)

    assert notes.snapshot() == before


@pytest.mark.integration
@pytest.mark.parametrize("touched", [{"company_sso_id": "rival-company"}, {"legacy_crm_note_id": "01"}])
def test_given_a_note_of_another_company_or_id_when_repaired_then_not_a_byte_changes(
    mongo_company: MongoCompany, touched: dict[str, Any]
) -> None:
    mongo_company.writer.insert_missing([LABELLED])
    mongo_company.collection.update_one({"legacy_crm_note_id": "1"}, {"$set": touched})
    before = mongo_company.snapshot()

    mongo_company.repairs.apply(REPAIR)

    assert mongo_company.snapshot() == before


@pytest.mark.integration
def test_given_a_repaired_note_when_looked_at_then_the_document_has_the_contracts_fields_and_types(
    mongo_company: MongoCompany,
) -> None:
    mongo_company.writer.insert_missing([LABELLED])
    before = mongo_company.collection.find_one({"legacy_crm_note_id": "1"})
    assert before is not None

    mongo_company.repairs.apply(REPAIR)

    after = mongo_company.collection.find_one({"legacy_crm_note_id": "1"})
    assert after is not None
    assert after["attachments"][1].keys() == before["attachments"][0].keys()
    assert type(after["attachments"][1]["file_size_in_byte"]) is Int64
    assert after.keys() == before.keys() - {"legacy_owner_label"}
    assert after["_id"] == before["_id"]
