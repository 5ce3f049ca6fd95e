"""One CRM note against one stored document: every kind of difference, and none where there is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notes_migration.domain.differences import Difference, Kind
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.notes import CrmNote, parse_note
from notes_migration.domain.verification import (
    Expected,
    StoredFile,
    StoredNote,
    compare,
    reason_not_to_store,
)
from tests.support.builders import NOW, a_crm_note

URLS = {"image-1": "https://files/acme/51/image-1", "image-2": "https://files/acme/51/image-2"}
FILES = tuple(StoredFile(url, 9) for url in URLS.values())
LATER = timedelta(milliseconds=1)


def a_note(**changes: Any) -> CrmNote:
    return parse_note(a_crm_note(**changes), now=NOW)


NOTE = a_note()
STORED = StoredNote(
    note_id="51",
    contact_id="contact-1",
    note="<p>Spoke to Sari</p>",
    owner_id="sso-77",
    owner_label=None,
    is_deleted=False,
    created_at=NOTE.created_at,
    updated_at=NOTE.updated_at,
    files=FILES,
)
EXPECTED = Expected(NOTE, "contact-1", "sso-77", owner_known=True, asset_urls=URLS)
UNKNOWN = replace(EXPECTED, owner_id=None)
DOWN = replace(UNKNOWN, owner_known=False)
LABELLED = replace(STORED, owner_id=None, owner_label="Sari W.")


def test_given_a_note_stored_as_it_must_be_when_compared_then_nothing_differs() -> None:
    compared = compare(EXPECTED, STORED)

    assert (compared.kinds, compared.linked, compared.failed) == (frozenset(), FILES, ())


@pytest.mark.parametrize(
    ("changes", "kind"),
    [
        ({"note": "<p>Spoke to Sari </p>"}, Kind.CONTENT),
        ({"note": None}, Kind.CONTENT),
        ({"contact_id": "contact-2"}, Kind.CONTACT),
        ({"contact_id": None}, Kind.CONTACT),
        ({"created_at": NOTE.created_at + LATER}, Kind.TIMESTAMP),
        ({"created_at": None}, Kind.TIMESTAMP),
        ({"updated_at": None}, Kind.TIMESTAMP),
        ({"owner_id": "sso-78"}, Kind.OWNER),
        ({"owner_label": "Sari W."}, Kind.OWNER),
        ({"owner_id": None}, Kind.OWNER),
        ({"owner_id": None, "owner_label": "Sari W."}, Kind.OWNER),
        ({"files": FILES[:1]}, Kind.ATTACHMENTS),
        ({"files": (*FILES, FILES[0])}, Kind.ATTACHMENTS),
        ({"files": (*FILES, StoredFile("https://files/rival/51/image-1", 9))}, Kind.ATTACHMENTS),
        ({"is_deleted": True, "note": "gone"}, Kind.EDITED_IN_CDP),
        ({"updated_at": NOTE.updated_at + LATER, "note": "edited"}, Kind.EDITED_IN_CDP),
        ({"updated_at": NOTE.updated_at - LATER, "note": "old"}, Kind.CHANGED_AT_SOURCE),
    ],
)
def test_given_one_thing_that_differs_when_compared_then_it_is_named_and_nothing_else(
    changes: dict[str, Any], kind: Kind
) -> None:
    assert compare(EXPECTED, replace(STORED, **changes)).kinds == {kind}


@pytest.mark.parametrize(
    ("expected", "stored"),
    [(UNKNOWN, LABELLED), (DOWN, LABELLED), (DOWN, STORED)],
    ids=["unknown to identity", "identity down, label", "identity down, id"],
)
def test_given_an_owner_that_cannot_be_held_against_identity_when_compared_then_it_fits(
    expected: Expected, stored: StoredNote
) -> None:
    assert compare(expected, stored).kinds == frozenset()


def test_given_an_owner_that_identity_does_not_know_when_compared_then_it_differs() -> None:
    assert compare(UNKNOWN, STORED).kinds == {Kind.OWNER}


def test_given_a_file_that_failed_with_a_reason_when_compared_then_it_is_counted_and_no_difference() -> None:
    failed = {"image-2": ReasonCode.ATTACHMENT_TOO_LARGE}
    expected = replace(EXPECTED, files_failed=failed)

    compared = compare(expected, replace(STORED, files=FILES[:1]))

    assert compared.kinds == frozenset()
    assert (compared.linked, compared.failed) == (FILES[:1], (ReasonCode.ATTACHMENT_TOO_LARGE,))


def test_given_a_file_that_is_not_there_for_no_reason_when_compared_then_it_is_counted_all_the_same() -> None:
    assert compare(EXPECTED, replace(STORED, files=())).failed == (ReasonCode.INTERNAL_ERROR,) * 2


@pytest.mark.parametrize(
    ("note", "contact_id", "reason"),
    [
        (NOTE, "contact-1", None),
        (NOTE, None, ReasonCode.CONTACT_NOT_MAPPED),
        (a_note(note="x" * 10_001), "contact-1", ReasonCode.NOTE_TOO_LONG),
        (a_note(note="<svg><title>shown</title></svg>"), "contact-1", ReasonCode.NOTE_EMPTIED),
    ],
)
def test_given_a_note_that_is_not_there_when_asked_why_then_the_sources_say_it(
    note: CrmNote, contact_id: str | None, reason: ReasonCode | None
) -> None:
    assert reason_not_to_store(note, contact_id) == reason


def test_given_a_note_that_must_not_be_stored_when_it_is_then_its_content_differs() -> None:
    expected = replace(EXPECTED, note=a_note(note="x" * 10_001))

    assert compare(expected, STORED).kinds == {Kind.CONTENT}


def test_given_the_kinds_when_sorted_out_then_four_are_of_what_happened_since() -> None:
    since = {kind for kind in Kind if kind.since}

    assert since == {"changed_at_source", "deleted_at_source", "edited_in_cdp", "erased_in_cdp"}
    assert Difference("1", Kind.EXTRA).kind.since is False
