"""The synthetic accounts have exactly the counts and percentages that they promise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from sandbox.accounts.model import Account
from sandbox.accounts.registry import NAMES

Built = Callable[[str], Account]


def in_scope(one: Account) -> list[dict[str, object]]:
    return [note for note in one.notes if note["crm_note_type_id"] in one.note_type_ids]


def persons_in_scope(one: Account) -> set[str]:
    return {str(note["crm_person_id"]) for note in in_scope(one)} - {"None"}


def persons_with_a_contact(one: Account) -> set[str]:
    return {
        contact["crm_data"]["id"]
        for contact in one.contacts
        if contact["company_sso_id"] == one.company_sso_id
        and not contact["is_deleted"]
        and "crm_data" in contact
    }


def test_given_the_registry_when_read_then_it_has_the_six_accounts() -> None:
    assert NAMES == ("qa-100", "qa-5000", "qa-text", "qa-errors", "qa-halt", "qa-hostile")


@pytest.mark.parametrize(
    ("cid", "notes"),
    [("qa-100", 100), ("qa-5000", 5_000), ("qa-text", 5_000), ("qa-errors", 2_000), ("qa-halt", 2_000)],
)
def test_given_an_account_when_counted_then_it_has_that_many_notes_in_scope(
    built: Built, cid: str, notes: int
) -> None:
    expected = built(cid).expected

    assert len(in_scope(built(cid))) == notes == expected.source_total - expected.out_of_scope
    assert expected.source_total == len(built(cid).notes) > notes


@pytest.mark.parametrize("cid", ["qa-100", "qa-5000", "qa-text"])
def test_given_a_faultless_account_when_added_up_then_nothing_fails_and_all_match(
    built: Built, cid: str
) -> None:
    expected = built(cid).expected

    assert expected.status == "completed_success"
    assert expected.failed == {}
    assert expected.match_pct == "100.00"
    assert persons_in_scope(built(cid)) <= persons_with_a_contact(built(cid))


@pytest.mark.parametrize(
    ("cid", "failed", "outcome"),
    [
        ("qa-errors", 20, ("99.00", "completed_success", None)),
        ("qa-halt", 21, ("98.95", "halted", "FAILURE_RATE_EXCEEDED")),
    ],
)
def test_given_an_account_at_the_limit_when_added_up_then_one_failure_decides(
    built: Built, cid: str, failed: int, outcome: tuple[str, str, str | None]
) -> None:
    expected = built(cid).expected

    assert len(expected.failed) == failed
    assert (expected.match_pct, expected.status, expected.reason_code) == outcome


@pytest.mark.parametrize("cid", ["qa-errors", "qa-halt"])
def test_given_a_thousand_persons_when_resolved_then_coverage_is_ninety_nine_percent(
    built: Built, cid: str
) -> None:
    persons = persons_in_scope(built(cid))

    assert len(persons) == 1_000
    assert len(persons & persons_with_a_contact(built(cid))) == 990


def test_given_the_faulty_account_when_counted_by_reason_then_there_are_several(built: Built) -> None:
    assert Counter(built("qa-errors").expected.failed.values()) == {
        "CONTACT_NOT_MAPPED": 11,
        "NOTE_TOO_LONG": 3,
        "NOTE_EMPTIED": 3,
        "NOTE_INVALID": 2,
        "NOTE_TOO_LARGE": 1,
    }


@pytest.mark.parametrize("cid", ["qa-100", "qa-5000", "qa-errors", "qa-halt"])
def test_given_failing_files_when_counted_then_at_least_ninety_five_percent_are_linked(
    built: Built, cid: str
) -> None:
    expected = built(cid).expected
    failed = len(expected.attachments_failed)

    assert failed >= 4
    assert 100 * (expected.attachments_total - failed) >= 95 * expected.attachments_total


def test_given_the_text_account_when_compared_then_it_is_the_large_one_without_files(built: Built) -> None:
    text, large = built("qa-text"), built("qa-5000")
    without_files = {"images": [], "audios": [], "documents": []}
    differing = [
        note["id"]
        for note, other in zip(text.notes, large.notes, strict=True)
        if note != other | without_files and other["note"]
    ]

    assert differing == []
    assert text.files == {}
    assert text.expected.attachments_total == 0


@pytest.mark.parametrize("cid", NAMES)
def test_given_an_account_when_weighed_then_its_files_stay_small(built: Built, cid: str) -> None:
    contents = {file.content for file in built(cid).files.values()}

    assert sum(len(content) for content in contents) < 2_500_000
    assert sum(len(content) < 61_440 for content in contents) >= len(contents) - 1
