"""Results of a run that only looks: in the staging bucket, per attempt, and gone with the run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notes_migration.adapters.staged_ledger import StagedLedger
from notes_migration.domain.differences import Difference, Kind
from notes_migration.domain.ledger import BatchCounts
from notes_migration.ports.batch_ledger import BatchResult, PreparedNote
from tests.fakes.batch_ledger import InMemoryLedger
from tests.fakes.object_storage import InMemoryStorage
from tests.support.builders import a_run

RUN = a_run(run_id="acme__2")
RESULT = BatchResult(
    BatchCounts(migrated=2, failed=1, failed_by_reason={"NOTE_INVALID": 1}),
    {"migrated": ["1", "2"], "failed": ["3"]},
    differences=[Difference("1", Kind.CONTENT)],
    tallies={"type:image": 2},
)


@pytest.fixture
def bucket() -> InMemoryStorage:
    return InMemoryStorage()


@pytest.fixture
def ledger(bucket: InMemoryStorage) -> StagedLedger:
    durable = InMemoryLedger()
    durable.store_result(a_run(), "0", BatchResult(BatchCounts(migrated=1), {"migrated": ["9"]}))
    return StagedLedger(bucket, durable)


def test_given_results_when_summed_then_a_batch_that_was_tried_again_counts_once(
    ledger: StagedLedger,
) -> None:
    ledger.store_result(RUN, "0", RESULT)
    ledger.store_result(RUN, "0", RESULT)
    ledger.store_result(RUN, "1", RESULT)

    totals = ledger.totals(RUN)
    assert (totals.migrated, totals.failed, totals.failed_by_reason) == (4, 2, {"NOTE_INVALID": 2})
    assert ledger.ids(RUN, ("migrated",)) == ["1", "2", "1", "2"]
    assert ledger.differences(RUN) == [Difference("1", Kind.CONTENT)] * 2
    assert ledger.tallies(RUN) == {"type:image": 4}


def test_given_another_attempt_when_summed_then_the_former_ones_results_are_not_its_own(
    ledger: StagedLedger,
) -> None:
    ledger.store_result(RUN, "0", RESULT)

    assert ledger.totals(replace(RUN, attempt=2)) == BatchCounts()


def test_given_a_result_when_stored_then_it_lies_where_the_runs_end_removes_it(
    ledger: StagedLedger, bucket: InMemoryStorage
) -> None:
    ledger.store_result(RUN, "0", RESULT)

    assert all(key.startswith(RUN.staging_prefix) for key in bucket.stored)


def test_given_earlier_work_when_asked_then_it_is_known_and_nothing_is_added_to_it(
    ledger: StagedLedger, bucket: InMemoryStorage
) -> None:
    ledger.store_intent(RUN, "0", ["1"])
    ledger.store_prepared(RUN, "0", {"1": PreparedNote()})

    assert ledger.written_before(RUN, ["1", "9"]) == {"9"}
    assert (ledger.intended(RUN, ["1"]), ledger.all_intended(RUN), ledger.unsettled(RUN)) == (
        set(),
        set(),
        {},
    )
    assert ledger.prepared(RUN, ["1"]) == {}
    assert bucket.stored == {}
