"""One suite for the removal of migrated notes: the fake may not drift from MongoDB."""

from __future__ import annotations

import pytest
from bson import encode

from notes_migration.domain.attachments import StoredAttachment
from notes_migration.domain.rollback import Stamp
from notes_migration.ports.note_repairs import Repair
from tests.support.builders import NOW, a_cdp_note
from tests.support.company_notes import LATER, CompanyNotes, MongoCompany


def test_given_notes_when_looked_at_then_each_tells_whether_somebody_has_touched_it(
    company: CompanyNotes,
) -> None:
    company.writer.insert_missing([a_cdp_note(each) for each in ("1", "2", "3")])
    company.edit("2")
    company.delete_softly("3")

    assert company.migrated.stamps({"1", "2", "3", "4"}) == {
        "1": Stamp(NOW, is_deleted=False),
        "2": Stamp(LATER, is_deleted=False),
        "3": Stamp(NOW, is_deleted=True),
    }
    assert company.migrated.stamps(set()) == {}


def test_given_notes_when_removed_then_only_those_go_that_nobody_has_touched(company: CompanyNotes) -> None:
    company.writer.insert_missing([a_cdp_note(each) for each in ("1", "2", "3", "4", "5")])
    company.edit("2")
    company.delete_softly("3")
    written = frozenset({NOW})

    company.migrated.remove(
        {"1": frozenset({NOW, LATER}), "2": written, "3": written, "4": frozenset(), "9": written}
    )
    company.migrated.remove({})

    assert company.migrated.stamps(["1", "2", "3", "4", "5"]).keys() == {"2", "3", "4", "5"}


def test_given_a_note_that_was_removed_when_looked_for_then_nobody_finds_it_and_it_can_be_written_again(
    company: CompanyNotes,
) -> None:
    company.writer.insert_missing([a_cdp_note("1"), a_cdp_note("2")])
    company.migrated.remove({"1": frozenset({NOW})})
    gone = company.snapshot()

    company.repairs.apply(Repair("1", NOW, owner_id="sso-9"))

    assert company.snapshot() == gone
    assert company.writer.existing(["1", "2"]) == company.reader.read(["1", "2"]).keys() == {"2"}
    assert list(company.reader.ids()) == [["2"]]
    company.writer.insert_missing([a_cdp_note("1", note="again")])
    assert company.reader.read(["1"])["1"].note == "again"


def test_given_a_note_that_was_repaired_when_removed_then_it_goes_for_no_user_has_touched_it(
    company: CompanyNotes,
) -> None:
    company.writer.insert_missing([a_cdp_note("1")])
    company.repairs.apply(
        Repair("1", NOW, (StoredAttachment("https://files.example/b", "pdf", 7, "7 B", "b"),))
    )

    company.migrated.remove({"1": frozenset({NOW})})

    assert company.migrated.stamps(["1"]) == {}


@pytest.mark.integration
def test_given_native_notes_and_other_tenants_when_notes_are_removed_then_not_a_byte_of_them_changes(
    mongo_company: MongoCompany,
) -> None:
    collection = mongo_company.collection
    mongo_company.writer.insert_missing([a_cdp_note("1")])
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

    mongo_company.migrated.remove({str(each): frozenset({NOW}) for each in range(1, 5)})

    assert sorted(encode(each) for each in collection.find()) == before
    assert mongo_company.migrated.stamps(["2", "3", "4"]) == {
        "2": Stamp(NOW, is_deleted=True),
        "3": Stamp(None, is_deleted=False),
        "4": Stamp(NOW, is_deleted=True),
    }
