"""One suite for intents and results: the fake may not drift from MongoDB."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notes_migration.domain.ledger import BatchCounts, OwnerCounts
from notes_migration.ports.batch_ledger import BatchLedger, BatchResult, PreparedNote
from tests.fakes.batch_ledger import InMemoryLedger
from tests.support.builders import NOW, a_run, attachment_counts

RUN, LATER = a_run(), a_run(run_id="acme__2")
OTHER = a_run(run_id="rival__1", cid="rival", company_sso_id="rival-company")
PREPARED = PreparedNote(
    2, 300, {"ATTACHMENT_TOO_LARGE": 1}, by_label=True, checkin_dropped=True, updated_at=NOW
)


@pytest.fixture(params=["fake", pytest.param("mongo", marks=pytest.mark.integration)])
def ledger(request: pytest.FixtureRequest) -> BatchLedger:
    if request.param == "fake":
        return InMemoryLedger()
    from notes_migration.adapters.mongo_batches import COLLECTION, MongoBatches

    found = MongoBatches(request.getfixturevalue("database")[COLLECTION])
    found.ensure_indexes()
    return found


def a_result(*migrated: str, failed: tuple[str, ...] = ()) -> BatchResult:
    counts = BatchCounts(
        migrated=len(migrated),
        failed=len(failed),
        failed_by_reason={"NOTE_INVALID": len(failed)} if failed else {},
        attachments=attachment_counts(len(migrated), 1, 100),
        owners=OwnerCounts(1, 2),
        warnings={"x": 1},
    )
    return BatchResult(counts, {"migrated": migrated, "failed": failed}, 0.5)


def test_given_nothing_when_asked_then_there_is_nothing(ledger: BatchLedger) -> None:
    assert ledger.totals(RUN) == BatchCounts()
    assert ledger.ids(RUN, ("migrated",)) == []
    assert ledger.unsettled(RUN) == {}
    assert ledger.all_intended(RUN) == set()
    assert ledger.attachment_bytes("acme") == 0
    assert ledger.intended(RUN, {"1"}) == ledger.written_before(RUN, {"1"}) == set()
    assert ledger.intended(RUN, set()) == ledger.written_before(RUN, set()) == set()
    assert ledger.prepared(RUN, {"1"}) == ledger.prepared(RUN, set()) == {}
    ledger.begin_attempt(RUN)


def test_given_intents_when_asked_then_ids_are_only_ever_added(ledger: BatchLedger) -> None:
    ledger.store_intent(RUN, "a", ["1", "2"])
    ledger.store_intent(RUN, "a", ["3"])
    ledger.store_intent(RUN, "b", ["4"])
    ledger.store_intent(RUN, "c", [])

    assert ledger.intended(RUN, {"1", "3", "4", "5"}) == {"1", "3", "4"}
    assert ledger.all_intended(RUN) == {"1", "2", "3", "4"}
    assert ledger.unsettled(RUN) == {"a": {"1", "2", "3"}, "b": {"4"}}


def test_given_another_run_when_asked_then_its_intents_are_not_ours(ledger: BatchLedger) -> None:
    ledger.store_intent(RUN, "a", ["1"])

    assert ledger.intended(LATER, {"1"}) == set()
    assert ledger.all_intended(LATER) == set()


def test_given_a_result_when_stored_twice_then_it_replaces_and_never_adds(ledger: BatchLedger) -> None:
    ledger.store_intent(RUN, "a", ["1", "2"])
    ledger.store_result(RUN, "a", a_result("1", "2", failed=("3",)))
    ledger.store_result(RUN, "a", a_result("1"))

    assert ledger.totals(RUN) == a_result("1").counts
    assert ledger.ids(RUN, ("migrated", "failed")) == ["1"]
    assert ledger.unsettled(RUN) == {}


def test_given_several_batches_when_summed_then_every_count_adds_up(ledger: BatchLedger) -> None:
    ledger.store_result(RUN, "a", a_result("1", "2"))
    ledger.store_result(RUN, "b", a_result("3", failed=("4",)))
    ledger.store_result(LATER, "a", a_result("9"))

    totals = ledger.totals(RUN)
    assert (totals.migrated, totals.failed, totals.failed_by_reason) == (3, 1, {"NOTE_INVALID": 1})
    assert (totals.attachments.total, totals.owners.by_label, totals.warnings) == (5, 4, {"x": 2})
    assert sorted(ledger.ids(RUN, ("migrated", "failed"))) == ["1", "2", "3", "4"]
    assert ledger.ids(RUN, ("already_present",)) == []


def test_given_a_new_intent_when_stored_then_the_batchs_former_result_no_longer_counts(
    ledger: BatchLedger,
) -> None:
    ledger.store_intent(RUN, "a", ["1"])
    ledger.store_result(RUN, "a", a_result("1"))
    ledger.store_intent(RUN, "a", ["2"])

    assert ledger.totals(RUN) == BatchCounts()
    assert ledger.unsettled(RUN) == {"a": {"1", "2"}}


def test_given_a_new_attempt_when_begun_then_results_go_and_intents_stay(ledger: BatchLedger) -> None:
    ledger.store_intent(RUN, "a", ["1"])
    ledger.store_prepared(RUN, "a", {"1": PREPARED})
    ledger.store_result(RUN, "a", a_result("1"))
    ledger.store_result(LATER, "a", a_result("7"))

    ledger.begin_attempt(replace(RUN, attempt=2))

    assert ledger.totals(RUN) == BatchCounts()
    assert ledger.totals(LATER).migrated == 1
    assert ledger.intended(RUN, {"1"}) == {"1"}
    assert ledger.prepared(RUN, {"1"}) == {"1": PREPARED}
    assert ledger.written_before(RUN, {"1"}) == {"1"}


def test_given_written_ids_when_asked_then_any_run_of_the_account_knows_them(ledger: BatchLedger) -> None:
    ledger.store_result(RUN, "a", a_result("1", failed=("2",)))
    ledger.store_result(RUN, "a", a_result("3"))

    assert ledger.written_before(LATER, {"1", "2", "3", "4"}) == {"1", "3"}
    assert ledger.written_before(OTHER, {"1", "3"}) == set()


def test_given_mended_things_when_asked_then_only_other_batches_of_the_account_have_counted_them(
    ledger: BatchLedger,
) -> None:
    ledger.store_result(RUN, "a", replace(a_result(), mended=["owner:1", "attachment:1:image-2"]))

    assert ledger.mended_elsewhere(RUN, "a", {"owner:1"}) == set()
    assert ledger.mended_elsewhere(RUN, "b", {"owner:1", "owner:2"}) == {"owner:1"}
    assert ledger.mended_elsewhere(LATER, "a", {"attachment:1:image-2"}) == {"attachment:1:image-2"}
    assert ledger.mended_elsewhere(OTHER, "a", {"owner:1"}) == set()


def test_given_mended_things_when_another_attempt_begins_then_their_result_stays(ledger: BatchLedger) -> None:
    ledger.store_result(RUN, "a", replace(a_result("1"), mended=["owner:1"]))
    ledger.store_result(RUN, "b", a_result("2"))

    ledger.begin_attempt(RUN)

    assert ledger.totals(RUN).migrated == 1


def test_given_prepared_notes_when_asked_then_each_comes_back_whole(ledger: BatchLedger) -> None:
    ledger.store_intent(RUN, "a", ["1", "2"])
    ledger.store_prepared(RUN, "a", {})
    ledger.store_prepared(RUN, "a", {"1": PREPARED})
    ledger.store_prepared(RUN, "a", {"2": PreparedNote()})

    assert ledger.prepared(RUN, {"1", "2", "3"}) == {"1": PREPARED, "2": PreparedNote()}


def test_given_linked_bytes_when_summed_then_all_runs_of_the_account_count(ledger: BatchLedger) -> None:
    ledger.store_result(RUN, "a", a_result("1"))
    ledger.store_result(LATER, "a", a_result("2"))
    ledger.store_result(OTHER, "a", a_result("3"))
    ledger.store_intent(LATER, "b", ["4"])

    assert ledger.attachment_bytes("acme") == 200


def test_given_ids_of_any_length_when_stored_then_no_two_are_confused(ledger: BatchLedger) -> None:
    ids = ["1", "11", "9" * 19]
    ledger.store_intent(RUN, "a", ids)
    ledger.store_prepared(RUN, "a", {each: PreparedNote(linked=len(each)) for each in ids})

    assert {key: note.linked for key, note in ledger.prepared(RUN, ids).items()} == {
        "1": 1,
        "11": 2,
        "9" * 19: 19,
    }
