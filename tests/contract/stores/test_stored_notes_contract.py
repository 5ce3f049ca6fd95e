"""Reading stored notes: whatever a document holds, it is read or told to differ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from notes_migration.domain.verification import StoredFile, StoredNote
from tests.support.builders import NOW, a_cdp_note

if TYPE_CHECKING:
    from pymongo.database import Database

    from notes_migration.adapters.mongo_stored_notes import MongoStoredNotes

pytestmark = pytest.mark.integration


@pytest.fixture
def stored(database: Database[dict[str, Any]]) -> MongoStoredNotes:
    from notes_migration.adapters.mongo_index import apply_index_migration
    from notes_migration.adapters.mongo_stored_notes import MongoStoredNotes

    apply_index_migration(database, "up")
    return MongoStoredNotes(database["contact_notes"], company_sso_id="acme-company")


def test_given_a_written_note_when_read_then_it_is_what_was_written(
    stored: MongoStoredNotes, database: Database[dict[str, Any]]
) -> None:
    from notes_migration.adapters.mongo_notes import MongoNotes

    MongoNotes(database["contact_notes"], company_sso_id="acme-company").insert_missing([a_cdp_note("1")])

    assert stored.read(["1", "2"]) == {
        "1": StoredNote(
            note_id="1",
            contact_id="contact-1",
            note="<p>Hi</p>",
            owner_id="sso-77",
            owner_label=None,
            is_deleted=False,
            created_at=NOW,
            updated_at=NOW,
            files=(StoredFile("https://files.example/a", 9),),
        )
    }


def test_given_a_document_of_strange_types_when_read_then_nothing_is_guessed(
    stored: MongoStoredNotes, database: Database[dict[str, Any]]
) -> None:
    key = {"company_sso_id": "acme-company", "legacy_crm_note_id": "1"}
    strange = {"contact_id": 5, "note": None, "created_at": "2021", "attachments": ["x", {"url": 1}]}
    database["contact_notes"].insert_one({**key, **strange})

    found = stored.read(["1"])["1"]

    assert (found.contact_id, found.note, found.created_at) == (None, None, None)
    assert found.files == (StoredFile("", None), StoredFile("", None))


def test_given_notes_of_others_when_listed_then_only_this_companys_migrated_ones_are_named(
    stored: MongoStoredNotes, database: Database[dict[str, Any]]
) -> None:
    own = [{"company_sso_id": "acme-company", "legacy_crm_note_id": str(each)} for each in range(1, 2502)]
    others = [
        {"company_sso_id": "acme-company"},
        {"company_sso_id": "acme-company", "legacy_crm_note_id": "no id"},
        {"company_sso_id": "rival-company", "legacy_crm_note_id": "9000"},
    ]
    database["contact_notes"].insert_many([*own, *others])

    chunks = list(stored.ids())

    assert len(chunks) == 3
    assert {each for chunk in chunks for each in chunk} == {str(each) for each in range(1, 2502)}
