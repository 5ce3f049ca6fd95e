"""What failed: the fake may not drift from MongoDB. Seen through a reader, since the port only writes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any, cast

import pytest

from notes_migration.domain.errors import ReasonCode
from notes_migration.ports.batch_ledger import FailedRecord, FailureLookup, FailureRecords
from tests.fakes.failure_records import InMemoryFailures
from tests.support.builders import NOW, a_run

if TYPE_CHECKING:
    from pymongo.database import Database

RUN = a_run()
NOTE = FailedRecord("note", "4", None, ReasonCode.NOTE_INVALID, "scope")
FILE = FailedRecord("attachment", "4", "image-7", ReasonCode.ATTACHMENT_TOO_LARGE, "attachments")
OWNER = FailedRecord("owner", "4", None, ReasonCode.OWNER_NOT_RESOLVED, "owners")
Rows = Callable[[], list[tuple[str, str, str | None, str, int]]]


@pytest.fixture(params=["fake", pytest.param("mongo", marks=pytest.mark.integration)])
def failures(request: pytest.FixtureRequest) -> tuple[FailureRecords, Rows]:
    """Return the records and a reader of (kind, note, asset, reason, attempts)."""
    if request.param == "fake":
        fake = InMemoryFailures()
        return fake, lambda: sorted(
            (kind, note, asset, str(each.failure.reason), each.attempts)
            for (_, kind, note, asset), each in fake.seen.items()
        )
    from notes_migration.adapters.mongo_failures import COLLECTION, MongoFailures

    collection = request.getfixturevalue("database")[COLLECTION]
    real = MongoFailures(collection, now=lambda: NOW)
    real.ensure_indexes()
    fields = ("kind", "legacy_crm_note_id", "asset", "reason_code", "attempts")
    return real, lambda: sorted(tuple(each[name] for name in fields) for each in collection.find())


def test_given_failures_of_every_kind_when_recorded_then_each_thing_has_one_record(
    failures: tuple[FailureRecords, Rows],
) -> None:
    records, rows = failures
    records.record(RUN, [])
    records.record(RUN, [NOTE, FILE, OWNER])
    records.record(RUN, [NOTE, FILE])

    assert rows() == [
        ("attachment", "4", "image-7", "ATTACHMENT_TOO_LARGE", 1),
        ("note", "4", None, "NOTE_INVALID", 1),
        ("owner", "4", None, "OWNER_NOT_RESOLVED", 1),
    ]


def test_given_a_failure_again_in_a_later_attempt_when_recorded_then_attempts_and_reason_are_new(
    failures: tuple[FailureRecords, Rows],
) -> None:
    records, rows = failures
    records.record(RUN, [NOTE])
    records.record(replace(RUN, attempt=2), [replace(NOTE, reason=ReasonCode.CONTACT_NOT_MAPPED)])
    records.record(replace(RUN, run_id="acme__2"), [NOTE])
    records.record(replace(RUN, run_id="acme__2"), [NOTE])

    assert rows() == [("note", "4", None, "NOTE_INVALID", 3)]


def test_given_notes_that_are_written_when_resolved_then_only_their_own_failures_go(
    failures: tuple[FailureRecords, Rows],
) -> None:
    records, rows = failures
    other = replace(RUN, cid="rival", run_id="rival__1")
    records.record(RUN, [NOTE, FILE, replace(NOTE, note_id="5")])
    records.record(other, [NOTE])

    records.resolve(RUN, [])
    records.resolve(RUN, ["4"])

    assert [row[:2] for row in rows()] == [("attachment", "4"), ("note", "4"), ("note", "5")]


@pytest.mark.integration
def test_given_a_failure_met_twice_when_read_then_it_says_when_first_and_last_and_it_expires(
    database: Database[dict[str, Any]],
) -> None:
    from notes_migration.adapters.mongo_failures import MongoFailures

    times = iter([NOW, NOW + timedelta(days=1)])
    records = MongoFailures(database["failures"], now=lambda: next(times))
    records.ensure_indexes()
    records.record(RUN, [NOTE])
    records.record(replace(RUN, run_id="acme__2"), [NOTE])

    (record,) = database["failures"].find()
    assert (record["first_seen"], record["last_seen"]) == (
        NOW.replace(tzinfo=None),
        NOW.replace(tzinfo=None) + timedelta(days=1),
    )
    assert record["run_id"] == "acme__2"
    assert database["failures"].index_information()["ttl"]["expireAfterSeconds"] == 30 * 86_400


def test_given_failures_when_looked_up_by_note_then_all_of_these_notes_of_the_account_are_found(
    failures: tuple[FailureRecords, Rows],
) -> None:
    records, _ = failures
    records.record(RUN, [NOTE, FILE, OWNER, replace(NOTE, note_id="5")])
    records.record(replace(RUN, cid="rival", run_id="rival__1"), [replace(NOTE, note_id="6")])
    lookup = cast("FailureLookup", records)

    assert set(lookup.of_notes("acme", ["4", "6"])) == {NOTE, FILE, OWNER}
    assert list(lookup.of_notes("acme", [])) == []


def test_given_things_that_are_repaired_when_removed_then_only_these_records_of_the_account_go(
    failures: tuple[FailureRecords, Rows],
) -> None:
    records, _ = failures
    other = replace(RUN, cid="rival", run_id="rival__1")
    records.record(RUN, [NOTE, FILE, OWNER])
    records.record(other, [FILE])
    lookup = cast("FailureLookup", records)

    records.remove(RUN, [])
    records.remove(RUN, [FILE, OWNER])

    assert list(lookup.of_account("acme")) == [NOTE]
    assert list(lookup.of_account("rival")) == [FILE]


def test_given_failures_when_an_account_is_cleared_then_the_others_stay(
    failures: tuple[Any, Rows],
) -> None:
    records, rows = failures
    records.record(RUN, [NOTE, FILE, OWNER])
    records.record(replace(RUN, cid="rival"), [NOTE])

    records.clear("acme")
    records.clear("nobody")

    assert [row[:3] for row in rows()] == [("note", "4", None)]
    assert records.of_account("acme") == []


def test_given_a_note_that_is_made_anew_when_renewed_then_only_what_it_meets_now_is_on_record(
    failures: tuple[FailureRecords, Rows],
) -> None:
    records, rows = failures
    other = replace(OWNER, note_id="5")
    other_file = replace(FILE, asset="image-8")
    records.record(a_run(run_id="acme__0"), [NOTE, FILE, other_file, OWNER, other])

    records.renew(RUN, ["4"], [FILE])
    records.renew(RUN, [], [])

    assert rows() == [
        ("attachment", "4", "image-7", "ATTACHMENT_TOO_LARGE", 2),
        ("note", "4", None, "NOTE_INVALID", 1),
        ("owner", "5", None, "OWNER_NOT_RESOLVED", 1),
    ]
