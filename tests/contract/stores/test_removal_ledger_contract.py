"""One suite for what rollbacks remove and what they leave: the fake may not drift from MongoDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pytest

from notes_migration.domain.ledger import BatchCounts
from notes_migration.ports.batch_ledger import BatchLedger, BatchResult, PreparedNote
from notes_migration.ports.rollback import IntendedNotes, RemovalLedger
from tests.fakes.batch_ledger import InMemoryLedger
from tests.support.builders import NOW, a_run, attachment_counts

RUN, LATER, BACK = a_run(), a_run(run_id="acme__2"), a_run(run_id="back")
OTHER = a_run(run_id="rival__1", cid="rival", company_sso_id="rival-company")
CHANGED = NOW + timedelta(days=1)


class Removals(RemovalLedger, IntendedNotes, Protocol):
    """Both ports."""


@pytest.fixture(params=["fake", pytest.param("mongo", marks=pytest.mark.integration)])
def stores(request: pytest.FixtureRequest) -> tuple[BatchLedger, Removals]:
    if request.param == "fake":
        fake = InMemoryLedger()
        return fake, fake
    from notes_migration.adapters.mongo_batches import COLLECTION, MongoBatches
    from notes_migration.adapters.mongo_removals import MongoRemovals

    collection = request.getfixturevalue("database")[COLLECTION]
    found = MongoBatches(collection)
    found.ensure_indexes()
    return found, MongoRemovals(collection)


def a_result(*migrated: str, size: int = 100) -> BatchResult:
    counts = BatchCounts(migrated=len(migrated), attachments=attachment_counts(1, 0, size))
    return BatchResult(counts, {"migrated": migrated})


def test_given_runs_of_an_account_when_asked_then_every_id_comes_with_all_that_was_noted_of_it(
    stores: tuple[BatchLedger, Removals],
) -> None:
    ledger, removals = stores
    assert removals.intended_by("acme") == {}
    for run, noted in ((RUN, NOW), (LATER, CHANGED)):
        ledger.store_intent(run, "a", ["1", "2"])
        ledger.store_prepared(run, "a", {"1": PreparedNote(updated_at=noted)})
    ledger.store_prepared(LATER, "a", {"2": PreparedNote()})
    ledger.store_intent(OTHER, "a", ["3"])

    assert removals.intended_by("acme") == {"1": frozenset({NOW, CHANGED}), "2": frozenset()}


def test_given_a_moment_that_was_noted_when_read_then_it_is_aware_and_to_the_millisecond(
    stores: tuple[BatchLedger, Removals],
) -> None:
    ledger, removals = stores
    moment = datetime(2021, 3, 5, 1, 30, 0, 250_000, tzinfo=UTC)
    ledger.store_intent(RUN, "a", ["1"])
    ledger.store_prepared(RUN, "a", {"1": PreparedNote(updated_at=moment)})

    assert removals.intended_by("acme") == {"1": frozenset({moment})}


def test_given_removals_when_settled_then_what_went_is_no_longer_known_as_written(
    stores: tuple[BatchLedger, Removals],
) -> None:
    ledger, removals = stores
    ledger.store_intent(RUN, "a", ["1", "2", "3"])
    ledger.store_result(RUN, "a", a_result("1", "2", "3"))
    ledger.store_result(OTHER, "a", a_result("1"))
    removals.store_removal(BACK, "r", ["1"])
    removals.store_removal(BACK, "r", ["2"])
    assert removals.pending(BACK) == {"r": {"1", "2"}}
    assert removals.removed(BACK) == 0

    removals.settle_removal(BACK, "r", ["1"])

    assert removals.pending(BACK) == {}
    assert removals.removed(BACK) == 1
    assert ledger.written_before(LATER, {"1", "2", "3"}) == {"2", "3"}
    assert ledger.written_before(OTHER, {"1"}) == {"1"}
    assert ledger.totals(RUN).migrated == 3
    assert ledger.ids(RUN, ("migrated",)) == ["1", "2", "3"]
    assert ledger.intended(RUN, {"1"}) == {"1"}


def test_given_a_removal_settled_twice_when_counted_then_it_counts_once(
    stores: tuple[BatchLedger, Removals],
) -> None:
    ledger, removals = stores
    ledger.store_result(RUN, "a", a_result("1", "2"))
    for batch in ("r", "r", "s"):
        removals.store_removal(BACK, batch, ["1"])
        removals.settle_removal(BACK, batch, ["1"])
    removals.store_removal(BACK, "s", [])
    removals.settle_removal(BACK, "s", [])

    assert removals.removed(BACK) == 1
    assert removals.removed(replace(BACK, run_id="back-2")) == 0
    assert ledger.written_before(LATER, {"1", "2"}) == {"2"}


def test_given_notes_written_again_after_a_rollback_when_asked_then_they_are_known_again(
    stores: tuple[BatchLedger, Removals],
) -> None:
    ledger, removals = stores
    ledger.store_result(RUN, "a", a_result("1"))
    removals.store_removal(BACK, "r", ["1"])
    removals.settle_removal(BACK, "r", ["1"])
    assert ledger.written_before(LATER, {"1"}) == set()

    ledger.store_result(LATER, "a", a_result("1"))

    assert ledger.written_before(LATER, {"1"}) == {"1"}


def test_given_a_rollback_when_bytes_are_counted_then_what_is_left_stands_for_all_before_it(
    stores: tuple[BatchLedger, Removals],
) -> None:
    ledger, removals = stores
    ledger.store_result(RUN, "a", a_result("1", size=100))
    ledger.store_result(RUN, "b", a_result("2", size=50))
    ledger.store_result(OTHER, "a", a_result("1", size=7))

    removals.keep_bytes(BACK, 90)
    removals.keep_bytes(BACK, 30)

    assert (ledger.attachment_bytes("acme"), ledger.attachment_bytes("rival")) == (30, 7)
    ledger.store_result(LATER, "a", a_result("3", size=5))
    assert ledger.attachment_bytes("acme") == 35
    removals.keep_bytes(replace(BACK, run_id="back-2"), 0)
    assert ledger.attachment_bytes("acme") == 0
    assert ledger.totals(RUN).attachments.bytes == 150


def test_given_a_run_cleared_after_a_rollback_when_it_writes_again_then_its_bytes_count_again(
    stores: tuple[BatchLedger, Removals],
) -> None:
    ledger, removals = stores
    ledger.store_result(RUN, "a", a_result("1", size=100))
    removals.keep_bytes(BACK, 0)

    ledger.begin_attempt(replace(RUN, attempt=2))
    ledger.store_result(RUN, "a", a_result("1", size=60))

    assert ledger.attachment_bytes("acme") == 60


def test_given_a_rollbacks_own_records_when_the_runs_batches_are_read_then_they_disturb_nothing(
    stores: tuple[BatchLedger, Removals],
) -> None:
    ledger, removals = stores
    removals.store_removal(BACK, "r", ["1"])
    removals.keep_bytes(BACK, 1)

    assert ledger.totals(BACK) == BatchCounts()
    assert ledger.unsettled(BACK) == {}
    assert ledger.all_intended(BACK) == set()
    assert removals.intended_by("acme") == {}


def test_given_a_removal_that_was_cut_off_when_asked_then_what_is_gone_is_not_known_as_written(
    stores: tuple[BatchLedger, Removals],
) -> None:
    ledger, removals = stores
    ledger.store_result(RUN, "a", a_result("1", "2"))
    ledger.store_result(OTHER, "a", a_result("1"))
    removals.store_removal(BACK, "r", ["1"])

    assert ledger.written_before(LATER, {"1", "2"}) == {"2"}
    assert ledger.written_before(OTHER, {"1"}) == {"1"}
    removals.settle_removal(BACK, "r", [])
    assert ledger.written_before(LATER, {"1", "2"}) == {"1", "2"}
