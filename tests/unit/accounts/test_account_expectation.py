"""What the generator expects is consistent in itself and with the source, note by note."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any
from urllib.parse import urlsplit

import pytest
from bson.int64 import Int64

from sandbox.accounts.model import Account
from sandbox.accounts.plan import PLANS

Built = Callable[[str], Account]
CDN = "http://127.0.0.1:8099"
FIELDS = {
    "contact_id",
    "company_sso_id",
    "note",
    "attachments",
    "owner_id",
    "legacy_crm_note_id",
    "is_deleted",
    "created_at",
    "updated_at",
}
KINDS = {"images": "image", "audios": "audio", "documents": "document"}


def source_by_id(one: Account) -> dict[str, dict[str, Any]]:
    return {str(note["id"]): note for note in one.notes if note["crm_note_type_id"] in one.note_type_ids}


def assets(one: Account) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield (note id, asset, the CRM's entry)."""
    for note_id, note in source_by_id(one).items():
        for association, kind in KINDS.items():
            for entry in note[association]:
                yield note_id, f"{kind}-{entry['id']}", entry


def cut(moment: datetime) -> datetime:
    utc = moment.astimezone(UTC)
    return utc - timedelta(microseconds=utc.microsecond % 1000)


@pytest.mark.parametrize("cid", PLANS)
def test_given_a_note_in_scope_when_looked_up_then_it_is_in_one_class(built: Built, cid: str) -> None:
    expected = built(cid).expected

    assert expected.documents.keys() | expected.failed.keys() == source_by_id(built(cid)).keys()
    assert not expected.documents.keys() & expected.failed.keys()


@pytest.mark.parametrize("cid", PLANS)
def test_given_an_asset_when_looked_up_then_it_is_in_one_state(built: Built, cid: str) -> None:
    one = built(cid)
    linked = [
        element["url"].removeprefix(f"{one.company_sso_id}/")
        for document in one.expected.documents.values()
        for element in document["attachments"]
    ]
    in_source = [f"{note_id}/{asset}" for note_id, asset, _ in assets(one)]

    assert sorted([*linked, *one.expected.attachments_failed]) == sorted(in_source)
    assert len(in_source) == len(set(in_source)) == one.expected.attachments_total


@pytest.mark.parametrize("cid", PLANS)
def test_given_an_expected_object_when_followed_to_the_cdn_then_it_has_those_bytes(
    built: Built, cid: str
) -> None:
    one = built(cid)
    urls = {
        f"{one.company_sso_id}/{note_id}/{asset}": entry["url"]
        for note_id, asset, entry in assets(built(cid))
    }
    served = {key: one.files[urls[key].removeprefix(f"{CDN}/")] for key in one.expected.objects}

    assert {key: sha256(file.content).hexdigest() for key, file in served.items()} == one.expected.objects


@pytest.mark.parametrize("cid", PLANS)
def test_given_an_attachment_when_looked_up_then_sizes_and_name_are_those_of_the_file(
    built: Built, cid: str
) -> None:
    one = built(cid)
    entries = {
        f"{one.company_sso_id}/{note_id}/{asset}": entry for note_id, asset, entry in assets(built(cid))
    }
    attachments = [each for doc in one.expected.documents.values() for each in doc["attachments"]]

    assert {each["url"] for each in attachments} == one.expected.objects.keys()
    for each in attachments:
        size = len(one.files[urlsplit(entries[each["url"]]["url"]).path.lstrip("/")].content)
        assert each["file_size_in_byte"] == size
        assert type(each["file_size_in_byte"]) is Int64
        assert each["file_name"] == entries[each["url"]]["file_name"]
        assert each["type"] in {"image", "doc", "pdf", "video", "voice_note", "xlsx"}


@pytest.mark.parametrize("cid", PLANS)
def test_given_a_failing_asset_when_followed_then_its_cause_is_there(built: Built, cid: str) -> None:
    one = built(cid)
    causes = {f"{note_id}/{asset}": entry["url"] for note_id, asset, entry in assets(built(cid))}
    for name, reason in one.expected.attachments_failed.items():
        path = urlsplit(causes[name]).path.lstrip("/")
        assert (path not in one.files) == (reason == "ATTACHMENT_DOWNLOAD_FAILED")
        assert causes[name].startswith(CDN) == (reason != "ATTACHMENT_HOST_NOT_ALLOWED")
        assert (reason == "ATTACHMENT_TYPE_UNSUPPORTED") == path.endswith(".exe")


@pytest.mark.parametrize("cid", PLANS)
def test_given_a_document_when_looked_at_then_it_has_every_field_of_the_contract(
    built: Built, cid: str
) -> None:
    for note_id, document in built(cid).expected.documents.items():
        label = {"legacy_owner_label"} if document["owner_id"] is None else set()

        assert document.keys() == FIELDS | label
        assert document["legacy_crm_note_id"] == note_id
        assert document["company_sso_id"] == f"{cid}-company"
        assert document["is_deleted"] is False
        assert len(document["note"]) <= 10_000


@pytest.mark.parametrize("cid", PLANS)
def test_given_the_crms_timestamps_when_read_then_they_are_the_expected_instants(
    built: Built, cid: str
) -> None:
    source = source_by_id(built(cid))
    for note_id, document in built(cid).expected.documents.items():
        created = datetime.fromisoformat(source[note_id]["created_at"])
        updated = datetime.fromisoformat(source[note_id].get("updated_at") or source[note_id]["created_at"])

        assert (document["created_at"], document["updated_at"]) == (cut(created), cut(updated))
        assert document["created_at"] <= document["updated_at"]


@pytest.mark.parametrize("cid", PLANS)
def test_given_an_author_when_looked_up_then_it_is_whom_identity_knows_or_a_label(
    built: Built, cid: str
) -> None:
    one, source = built(cid), source_by_id(built(cid))
    for note_id, document in one.expected.documents.items():
        known = one.identities.get(source[note_id]["creator_id"])

        assert document["owner_id"] == (known["sso_id"] if known else None)
        assert known or 0 < len(document["legacy_owner_label"]) <= 200


@pytest.mark.parametrize("cid", PLANS)
def test_given_a_document_when_its_contact_is_looked_up_then_it_is_the_oldest_live_one(
    built: Built, cid: str
) -> None:
    one, source = built(cid), source_by_id(built(cid))
    oldest: dict[str, dict[str, Any]] = {}
    for contact in sorted(one.contacts, key=lambda each: each["_id"], reverse=True):
        if contact["company_sso_id"] == one.company_sso_id and not contact["is_deleted"]:
            oldest[contact.get("crm_data", {}).get("id", "")] = contact

    assert all(
        document["contact_id"] == oldest[str(source[note_id]["crm_person_id"])]["id"]
        for note_id, document in one.expected.documents.items()
    )


@pytest.mark.parametrize("cid", PLANS)
def test_given_a_failing_note_when_looked_at_then_it_has_no_files_and_no_checkin(
    built: Built, cid: str
) -> None:
    source = source_by_id(built(cid))

    assert all(
        not source[note_id][name]
        for note_id in built(cid).expected.failed
        for name in (*KINDS, "crm_checkin")
    )


CAUSES: dict[str, Callable[[dict[str, Any]], bool]] = {
    "NOTE_TOO_LONG": lambda note: 8_000 < len(note["note"]) < 12_000,
    "NOTE_TOO_LARGE": lambda note: len(note["note"]) > 4 * 1024 * 1024,
    "NOTE_EMPTIED": lambda note: any(f"<{name}" in note["note"] for name in ("svg", "math")),
    "NOTE_INVALID": lambda note: note["created_at"] in {None, "2021-03-04T10:00:00", "1970-01-01T00:00:00Z"},
}


@pytest.mark.parametrize("cid", ["qa-errors", "qa-halt"])
def test_given_a_failing_note_when_looked_at_then_its_one_cause_is_there(built: Built, cid: str) -> None:
    one, source = built(cid), source_by_id(built(cid))
    contacts = {each["crm_data"]["id"] for each in one.contacts if _can_be_taken(one, each)}
    for note_id, reason in one.expected.failed.items():
        causes = {name for name, is_there in CAUSES.items() if is_there(source[note_id])}
        if str(source[note_id]["crm_person_id"]) not in contacts:
            causes.add("CONTACT_NOT_MAPPED")

        assert causes == {reason}


def _can_be_taken(one: Account, contact: dict[str, Any]) -> bool:
    live = contact["company_sso_id"] == one.company_sso_id and not contact["is_deleted"]
    return live and "crm_data" in contact


@pytest.mark.parametrize("cid", ["qa-errors", "qa-halt"])
def test_given_a_failing_note_of_a_person_when_looked_up_then_the_person_has_others(
    built: Built, cid: str
) -> None:
    expected, source = built(cid).expected, source_by_id(built(cid))
    with_documents = {source[note_id]["crm_person_id"] for note_id in expected.documents}

    assert [
        note_id
        for note_id, reason in expected.failed.items()
        if reason != "CONTACT_NOT_MAPPED" and source[note_id]["crm_person_id"] not in with_documents
    ] == []


@pytest.mark.parametrize("cid", PLANS)
def test_given_checkins_and_labels_when_counted_then_the_expectation_says_the_same(
    built: Built, cid: str
) -> None:
    expected, source = built(cid).expected, source_by_id(built(cid))

    assert expected.checkins_dropped == sum(bool(note["crm_checkin"]) for note in source.values())
    assert expected.owners_by_label == sum(
        "legacy_owner_label" in document for document in expected.documents.values()
    )
