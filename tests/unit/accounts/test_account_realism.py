"""The accounts hold what real ones hold, so that a run over them meets it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import pytest

from sandbox.accounts.files import specimens
from sandbox.accounts.fragments import BLOCKS, MENTIONS, WHOLES
from sandbox.accounts.model import Account

Built = Callable[[str], Account]
WITH_EVERYTHING = ("qa-100", "qa-5000", "qa-text", "qa-errors")


def in_scope(one: Account) -> list[dict[str, Any]]:
    return [note for note in one.notes if note["crm_note_type_id"] in one.note_type_ids]


def pattern_of(template: str) -> re.Pattern[str]:
    """Match a fragment whatever its words are."""
    literal = re.split(r"\$\w+", template)
    return re.compile(".+?".join(re.escape(part) for part in literal), re.DOTALL)


@pytest.mark.parametrize("cid", WITH_EVERYTHING)
def test_given_the_fragments_when_looked_for_then_each_is_in_the_account(built: Built, cid: str) -> None:
    written = "\x00".join(note["note"] or "" for note in in_scope(built(cid))[:2_000] if _short(note))
    absent = [
        each.source for each in (*BLOCKS, *MENTIONS, *WHOLES) if not pattern_of(each.source).search(written)
    ]

    assert absent == []


def _short(note: dict[str, Any]) -> bool:
    return len(note["note"] or "") < 5_000


@pytest.mark.parametrize("cid", WITH_EVERYTHING)
def test_given_the_ids_when_read_in_order_then_they_ascend_with_gaps(built: Built, cid: str) -> None:
    ids = [note["id"] for note in built(cid).notes]
    steps = [later - earlier for earlier, later in pairwise(ids)]

    assert min(steps) >= 1
    assert max(steps) > 1


def test_given_the_large_account_when_read_then_its_ids_pass_the_32_bit_limit(built: Built) -> None:
    ids = [note["id"] for note in built("qa-5000").notes]

    assert ids[0] < 2**31 < ids[-1]


@pytest.mark.parametrize("cid", WITH_EVERYTHING)
def test_given_the_source_when_read_then_times_do_not_follow_the_ids(built: Built, cid: str) -> None:
    created = [document["created_at"] for document in built(cid).expected.documents.values()]

    assert created != sorted(created)
    assert len(set(created)) == len(created)


@pytest.mark.parametrize("cid", WITH_EVERYTHING)
def test_given_the_timestamps_when_read_then_they_come_in_every_way(built: Built, cid: str) -> None:
    texts = [note["created_at"] or "" for note in in_scope(built(cid))]
    endings = Counter(re.sub(r"^.{19}", "", text) for text in texts)
    ways = {re.sub(r"\d(?=.*[Z+-])", "9", ending, count=6) for ending in endings if "." in ending}

    assert {"+07:00", "+08:00", "Z", "+00:00"} <= endings.keys()
    assert {len(way) for way in ways} >= {len(".999Z"), len(".999+07:00"), len(".999999+07:00")}
    assert any(text.endswith("+09:00") for text in texts)
    assert any(text.endswith("-04:30") for text in texts)


@pytest.mark.parametrize("cid", WITH_EVERYTHING)
def test_given_changed_at_when_read_then_it_is_there_null_or_left_out(built: Built, cid: str) -> None:
    notes = in_scope(built(cid))

    assert any("updated_at" not in note for note in notes)
    assert any(note.get("updated_at", "") is None for note in notes)
    assert any(note.get("updated_at") not in {None, note["created_at"]} for note in notes)


@pytest.mark.parametrize("cid", WITH_EVERYTHING)
def test_given_the_parents_when_read_then_some_notes_hang_on_several(built: Built, cid: str) -> None:
    parents = ("crm_person_id", "crm_company_id", "crm_deal_id", "ticket_id")
    numbers = [sum(note[parent] is not None for parent in parents) for note in in_scope(built(cid))]

    assert {1, 2, 3} <= set(numbers)


@pytest.mark.parametrize("cid", WITH_EVERYTHING)
def test_given_the_activities_when_read_then_they_are_of_other_types(built: Built, cid: str) -> None:
    types = Counter(note["crm_note_type_id"] for note in built(cid).notes)

    assert types.keys() == {1, 2, 3, 4, 5, 6, 7}
    assert sum(types.values()) - types[1] - types[6] == built(cid).expected.out_of_scope


@pytest.mark.parametrize("cid", WITH_EVERYTHING)
def test_given_an_activity_when_its_person_is_looked_up_then_some_have_no_contact(
    built: Built, cid: str
) -> None:
    one = built(cid)
    known = {contact.get("crm_data", {}).get("id") for contact in one.contacts}
    activities = [note for note in one.notes if note["crm_note_type_id"] not in one.note_type_ids]

    assert any(str(note["crm_person_id"]) not in known for note in activities)


@pytest.mark.parametrize("cid", ["qa-100", "qa-5000"])
def test_given_notes_without_text_when_read_then_they_have_files_and_are_stored_empty(
    built: Built, cid: str
) -> None:
    one = built(cid)
    silent = [note for note in in_scope(one) if not note["note"]]

    assert {note["note"] for note in silent} == {None, ""}
    for note in silent:
        document = one.expected.documents[str(note["id"])]
        assert document["note"] == ""
        assert document["attachments"]


@pytest.mark.parametrize("cid", WITH_EVERYTHING)
def test_given_the_length_limit_when_looked_for_then_notes_of_exactly_that_length_are_there(
    built: Built, cid: str
) -> None:
    lengths = Counter(len(document["note"]) for document in built(cid).expected.documents.values())

    assert lengths[10_000] == 4
    assert max(lengths) == 10_000


@pytest.mark.parametrize("cid", WITH_EVERYTHING)
def test_given_the_authors_when_looked_for_then_every_kind_of_label_is_there(built: Built, cid: str) -> None:
    labels = {document.get("legacy_owner_label") for document in built(cid).expected.documents.values()}

    assert {
        "[Legacy CRM User]",
        "Sinta Dewanti",
        "Rudi & Rekan",
        "Bayu Saputra",
        "Dewi Anggraini",
        "Impor 2016",
    } <= labels
    assert max(len(label or "") for label in labels) == 200


@pytest.mark.parametrize("cid", WITH_EVERYTHING)
def test_given_checkins_when_looked_for_then_some_notes_have_one(built: Built, cid: str) -> None:
    assert built(cid).expected.checkins_dropped > 0


@pytest.mark.parametrize("cid", ["qa-100", "qa-5000"])
def test_given_the_specimens_when_looked_for_then_every_one_is_stored(built: Built, cid: str) -> None:
    served = {file.content for file in built(cid).files.values()}
    every = [each for make in specimens.SPECIMENS.values() for each in make()]

    assert [each.file_name for each in every if each.content not in served] == []


@pytest.mark.parametrize("cid", ["qa-100", "qa-5000"])
def test_given_files_when_looked_for_then_images_and_documents_share_ids_and_names(
    built: Built, cid: str
) -> None:
    notes = in_scope(built(cid))
    names = [Counter(each["file_name"] for each in note["documents"] + note["images"]) for note in notes]
    ids = {name: {each["id"] for note in notes for each in note[name]} for name in ("images", "audios")}

    assert ids["images"] & ids["audios"]
    assert any(max(counts.values(), default=0) > 1 for counts in names)


@pytest.mark.parametrize("cid", WITH_EVERYTHING)
def test_given_the_contacts_when_read_then_those_that_must_not_be_taken_are_there(
    built: Built, cid: str
) -> None:
    one = built(cid)
    own = [contact for contact in one.contacts if contact["company_sso_id"] == one.company_sso_id]
    live = Counter(each["crm_data"]["id"] for each in own if "crm_data" in each and not each["is_deleted"])
    deleted = {each["crm_data"]["id"] for each in own if "crm_data" in each and each["is_deleted"]}
    foreign = {each["crm_data"]["id"] for each in one.contacts if each not in own}

    assert max(live.values()) == 2
    assert deleted & live.keys()
    assert foreign & live.keys()
    assert any("crm_data" not in each for each in own)


def test_given_two_live_contacts_when_stored_then_each_is_found_first_somewhere(built: Built) -> None:
    one = built("qa-100")
    own = [each for each in one.contacts if each["company_sso_id"] == one.company_sso_id]
    pairs: dict[str, list[Any]] = {}
    for contact in own:
        if "crm_data" in contact and not contact["is_deleted"]:
            pairs.setdefault(contact["crm_data"]["id"], []).append(contact["_id"])
    ascending = {ids == sorted(ids) for ids in pairs.values() if len(ids) == 2}

    assert ascending == {True, False}


def test_given_two_accounts_when_compared_then_their_persons_overlap_and_their_contacts_do_not(
    built: Built,
) -> None:
    small, large = built("qa-100"), built("qa-5000")
    persons = [{note["crm_person_id"] for note in in_scope(one)} for one in (small, large)]
    contacts = [{each["_id"] for each in one.contacts} for one in (small, large)]

    assert persons[0] & persons[1]
    assert max(persons[1]) > 2**31
    assert not contacts[0] & contacts[1]


@pytest.mark.parametrize("cid", WITH_EVERYTHING)
def test_given_the_native_notes_when_read_then_they_are_in_the_cdps_own_shape(built: Built, cid: str) -> None:
    one = built(cid)
    own = [note for note in one.native_notes if note["company_sso_id"] == one.company_sso_id]
    migrated_contacts = {document["contact_id"] for document in one.expected.documents.values()}

    assert all(note["owner_id"] and "legacy_crm_note_id" not in note for note in own)
    assert any(note["attachments"] for note in own)
    assert {note["is_deleted"] for note in own} == {True, False}
    assert {note["contact_id"] for note in own} & migrated_contacts


@pytest.mark.parametrize("cid", WITH_EVERYTHING)
def test_given_the_neighbour_when_read_then_it_has_migrated_notes_of_the_same_ids(
    built: Built, cid: str
) -> None:
    one = built(cid)
    theirs = [note for note in one.native_notes if note["company_sso_id"] != one.company_sso_id]

    assert {note.get("legacy_crm_note_id") for note in theirs} & one.expected.documents.keys()
    assert any("legacy_crm_note_id" not in note for note in theirs)
