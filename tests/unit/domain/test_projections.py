"""What is made of a run for others: native notes' shape, the document, the status record."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from notes_migration.domain.documents import to_cdp_note
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.ledger import BatchCounts, Ledger
from notes_migration.domain.notes import parse_note
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.owners import Owner
from notes_migration.domain.schema import schema_problem
from notes_migration.domain.states import RunState
from notes_migration.domain.status import iso, project_status
from tests.support.builders import NOW, a_cdp_note, a_crm_note, a_run, attachment_counts

NATIVE: dict[str, set[str]] = {
    "_id": {"objectId"},
    "contact_id": {"string"},
    "company_sso_id": {"string"},
    "note": {"string"},
    "attachments": {"array"},
    "owner_id": {"string"},
    "is_deleted": {"bool"},
    "created_at": {"date"},
    "updated_at": {"date"},
    "attachments.url": {"string"},
    "attachments.type": {"string"},
    "attachments.file_size_in_byte": {"long"},
    "attachments.file_size": {"string"},
    "attachments.file_name": {"string"},
}


@pytest.mark.parametrize(
    "native",
    [
        {},
        NATIVE,
        NATIVE | {"attachments.file_size_in_byte": {"int", "long"}},
        NATIVE | {"pinned": {"bool"}},
        {path: types for path, types in NATIVE.items() if path not in {"owner_id"}},
        {path: types for path, types in NATIVE.items() if not path.startswith("attachments")},
    ],
)
def test_given_native_notes_of_our_shape_when_compared_then_there_is_no_problem(
    native: dict[str, set[str]],
) -> None:
    assert schema_problem(native) is None


@pytest.mark.parametrize("path", sorted(set(NATIVE) - {"_id"}))
def test_given_one_field_of_another_type_when_compared_then_it_is_named(path: str) -> None:
    problem = schema_problem(NATIVE | {path: NATIVE[path] | {"object"}})

    assert problem is not None
    assert path in problem


@pytest.mark.parametrize(
    "path",
    ["contact_id", "company_sso_id", "note", "created_at", "updated_at", "attachments.url"],
)
def test_given_a_field_that_no_native_note_has_when_compared_then_it_is_named(path: str) -> None:
    problem = schema_problem({name: types for name, types in NATIVE.items() if name != path})

    assert problem is not None
    assert path in problem


@pytest.mark.parametrize("wrong", ["double", "string", "decimal"])
def test_given_sizes_that_are_no_whole_numbers_when_compared_then_they_differ(wrong: str) -> None:
    assert schema_problem(NATIVE | {"attachments.file_size_in_byte": {wrong}}) is not None


def test_given_the_parts_of_a_note_when_put_together_then_nothing_is_defaulted() -> None:
    crm_note = parse_note(a_crm_note(), now=NOW)

    note = to_cdp_note(
        crm_note,
        company_sso_id="acme-company",
        contact_id="contact-1",
        html="<p>Hi</p>",
        owner=Owner(label="Sari"),
        attachments=a_cdp_note().attachments,
    )

    assert note == a_cdp_note(
        "51",
        owner=Owner(label="Sari"),
        created_at=datetime(2021, 3, 4, 3, tzinfo=UTC),
        updated_at=datetime(2021, 3, 5, 1, 30, microsecond=250_000, tzinfo=UTC),
    )


FIELDS = {
    *("cid", "company_sso_id", "job_id", "status", "phase", "reason_code", "progress_pct", "notes_total"),
    *("notes_processed", "notes_migrated", "notes_skipped", "notes_failed", "notes_out_of_scope"),
    *("attachments_total", "attachments_linked", "attachments_failed", "failure_rate", "match_pct"),
    *("triggered_by", "started_at", "updated_at", "finished_at", "error_log_url"),
}
COUNTS = BatchCounts(
    migrated=40, already_present=20, failed=1, erased_in_cdp=2, attachments=attachment_counts(5, 2, 99)
)


def record(outcome: Outcome | None = None, counts: BatchCounts = COUNTS, **run: Any) -> dict[str, Any]:
    ledger = Ledger(run.get("in_scope", 100), 10, counts)
    return project_status(a_run(**run), ledger, phase="migrate", now=NOW, outcome=outcome).to_json()


def test_given_a_run_under_way_when_projected_then_the_record_has_the_contracts_fields() -> None:
    fields = record()

    assert set(fields) == FIELDS
    assert (fields["status"], fields["phase"], fields["reason_code"]) == ("in_progress", "migrate", None)
    assert (fields["notes_processed"], fields["notes_skipped"], fields["notes_total"]) == (63, 20, 100)
    assert (fields["attachments_total"], fields["attachments_linked"]) == (7, 5)
    assert (fields["progress_pct"], fields["match_pct"], fields["finished_at"]) == (63.0, None, None)
    assert json.loads(json.dumps(fields)) == fields


def test_given_a_success_when_projected_then_it_is_all_done() -> None:
    fields = record(Outcome(RunState.COMPLETED_SUCCESS))

    assert (fields["status"], fields["progress_pct"], fields["match_pct"]) == (
        "completed_success",
        100.0,
        98.36,
    )
    assert fields["finished_at"] == fields["updated_at"] == "2026-01-02T03:04:05.678Z"


def test_given_a_halt_when_projected_then_the_progress_stays_and_no_match_is_claimed() -> None:
    fields = record(Outcome(RunState.HALTED, ReasonCode.FLAG_DISABLED))

    assert (fields["status"], fields["reason_code"]) == ("halted", "FLAG_DISABLED")
    assert (fields["progress_pct"], fields["match_pct"]) == (63.0, None)


def test_given_more_delivered_than_counted_when_projected_then_progress_stays_within_bounds() -> None:
    fields = record(in_scope=50)

    assert (fields["notes_total"], fields["progress_pct"]) == (63, 100.0)


def test_given_no_notes_when_projected_then_progress_is_none_until_it_is_done() -> None:
    empty = BatchCounts()

    assert record(counts=empty, in_scope=0)["progress_pct"] == 0.0
    assert record(Outcome(RunState.COMPLETED_SUCCESS), empty, in_scope=0)["match_pct"] == 100.0


def test_given_failures_when_projected_then_their_address_is_there_and_otherwise_not() -> None:
    assert record()["error_log_url"] == "/private/notes/migration/failures?cid=acme"
    assert record(counts=BatchCounts(migrated=1))["error_log_url"] is None


def test_given_an_instant_when_written_then_it_is_utc_with_milliseconds() -> None:
    assert iso(datetime(2021, 3, 4, tzinfo=UTC)) == "2021-03-04T00:00:00.000Z"
