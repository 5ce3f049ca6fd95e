"""The six classes and the percentages made of them, at their edges."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes_migration.domain.coverage import Coverage
from notes_migration.domain.ledger import BatchCounts, Ledger, OwnerCounts, add_counts, percent
from tests.support.builders import a_ledger, attachment_counts

SMALL = st.integers(min_value=0, max_value=5000)


@pytest.mark.parametrize(
    ("part", "whole", "shown"),
    [(0, 3, 0.0), (1, 3, 33.33), (2, 3, 66.66), (3, 3, 100.0), (99_999, 100_000, 99.99), (1, 10**6, 0.0)],
)
def test_given_a_share_when_shown_then_it_is_floored_to_two_decimals(
    part: int, whole: int, shown: float
) -> None:
    assert percent(part, whole) == shown


@pytest.mark.parametrize(
    ("present", "expected", "reaches"), [(99, 100, True), (9899, 10_000, False), (9900, 10_000, True)]
)
def test_given_a_match_at_the_threshold_when_compared_then_exactly_at_it_passes(
    present: int, expected: int, reaches: bool
) -> None:
    ledger = a_ledger(in_scope=expected, migrated=present, failed=expected - present)

    assert ledger.matches(99) is reaches


@pytest.mark.parametrize(
    ("failed", "in_scope", "fails"),
    [(0, 0, False), (1, 100, False), (2, 100, True), (20, 2000, False), (21, 2000, True), (1, 99, True)],
)
def test_given_failures_at_the_threshold_when_compared_then_exactly_at_it_is_good(
    failed: int, in_scope: int, fails: bool
) -> None:
    assert a_ledger(in_scope=in_scope, failed=failed).fails(1) is fails


@pytest.mark.parametrize(
    ("threshold", "failed", "fails"),
    [(0, 0, False), (0, 1, True), (0.5, 5, False), (0.5, 6, True), (0.1, 2, True)],
)
def test_given_a_fractional_threshold_when_compared_then_it_is_exact(
    threshold: float, failed: int, fails: bool
) -> None:
    assert a_ledger(in_scope=1000, failed=failed).fails(threshold) is fails


def test_given_a_threshold_that_floats_cannot_hold_when_compared_then_it_is_exact() -> None:
    ledger = a_ledger(in_scope=10_000, migrated=9_910, failed=90)

    assert ledger.matches(99.1)
    assert not a_ledger(in_scope=10_000, migrated=9_909, failed=91).matches(99.1)


def test_given_match_just_below_when_shown_then_it_is_not_rounded_up() -> None:
    ledger = a_ledger(in_scope=100_000, migrated=98_999, failed=1_001)

    assert ledger.match_pct == 98.99
    assert ledger.failure_rate == 1.0
    assert ledger.fails(1)
    assert not ledger.matches(99)


def test_given_an_account_without_notes_when_counted_then_it_matches_fully() -> None:
    ledger = a_ledger(in_scope=0, out_of_scope=7)

    assert (ledger.match_pct, ledger.failure_rate, ledger.source_total) == (100.0, 0.0, 7)
    assert ledger.matches(100)
    assert not ledger.fails(0)


def test_given_all_vanished_or_erased_when_counted_then_nothing_is_expected() -> None:
    ledger = a_ledger(in_scope=10, erased_in_cdp=4)

    assert (ledger.vanished_at_source, ledger.expected, ledger.match_pct) == (6, 0, 100.0)


def test_given_each_class_when_counted_then_they_are_named_and_the_divisor_is_what_should_be_there() -> None:
    ledger = a_ledger(
        in_scope=100, out_of_scope=20, migrated=50, already_present=30, failed=5, erased_in_cdp=6
    )

    assert ledger.classes() == {
        "migrated": 50,
        "already_present": 30,
        "failed": 5,
        "vanished_at_source": 9,
        "erased_in_cdp": 6,
        "out_of_scope": 20,
    }
    assert ledger.match_pct == percent(80, 85)


def test_given_notes_still_counted_and_not_delivered_when_compared_then_they_are_missing() -> None:
    ledger = a_ledger(in_scope=200, migrated=198)

    assert ledger.matches(99)
    assert ledger.matches(99, undelivered=2)
    assert not ledger.matches(99, undelivered=3)


def test_given_more_delivered_than_counted_when_counted_then_the_sums_are_of_what_was_delivered() -> None:
    ledger = a_ledger(in_scope=10, out_of_scope=5, migrated=12, failed=1)

    assert (ledger.notes_total, ledger.source_total, ledger.vanished_at_source) == (13, 18, 0)
    assert ledger.match_pct == percent(12, 13)


@given(SMALL, SMALL, SMALL, SMALL, SMALL, SMALL)
def test_given_any_counts_when_summed_then_the_six_classes_add_up_to_the_total(
    in_scope: int, out_of_scope: int, migrated: int, present: int, failed: int, erased: int
) -> None:
    ledger = a_ledger(
        in_scope=in_scope,
        out_of_scope=out_of_scope,
        migrated=migrated,
        already_present=present,
        failed=failed,
        erased_in_cdp=erased,
    )

    assert sum(ledger.classes().values()) == ledger.source_total
    assert min(ledger.classes().values()) >= 0
    assert 0 <= ledger.match_pct <= 100
    assert ledger.source_total == ledger.notes_total + ledger.out_of_scope


COUNTS = st.builds(
    BatchCounts,
    migrated=SMALL,
    already_present=SMALL,
    failed=SMALL,
    erased_in_cdp=SMALL,
    failed_by_reason=st.dictionaries(st.sampled_from(["A", "B"]), st.integers(1, 9)),
    attachments=st.builds(attachment_counts, SMALL, SMALL, SMALL),
    owners=st.builds(OwnerCounts, SMALL, SMALL),
    checkins_dropped=SMALL,
    warnings=st.dictionaries(st.sampled_from(["x", "y"]), st.integers(1, 9)),
)


@given(COUNTS, COUNTS, COUNTS)
def test_given_batches_in_any_order_when_added_then_the_sum_is_the_same(
    first: BatchCounts, second: BatchCounts, third: BatchCounts
) -> None:
    total = add_counts(add_counts(first, second), third)

    assert total == add_counts(third, add_counts(second, first))
    assert total.processed == first.processed + second.processed + third.processed
    assert total.attachments.total == sum(each.attachments.total for each in (first, second, third))
    assert add_counts(total, BatchCounts()) == total


@given(st.lists(COUNTS, max_size=6), SMALL)
def test_given_batches_in_any_order_when_the_halt_rule_trips_then_it_stays_tripped(
    batches: list[BatchCounts], in_scope: int
) -> None:
    total, tripped = BatchCounts(), False
    for batch in batches:
        total = add_counts(total, batch)
        now = Ledger(in_scope, 0, total).fails(1)
        assert now or not tripped
        tripped = now

    failed = sum(batch.failed for batch in batches)
    assert tripped == (100 * failed > in_scope)


def test_given_counts_when_replaced_then_the_original_stays() -> None:
    counts = BatchCounts(failed_by_reason={"A": 1})
    add_counts(counts, replace(counts, failed=1))

    assert counts.failed_by_reason == {"A": 1}


@pytest.mark.parametrize(
    ("resolved", "persons", "opens"),
    [(0, 0, True), (99, 100, True), (98, 100, False), (989, 1000, False), (990, 1000, True), (1, 1, True)],
)
def test_given_coverage_at_the_threshold_when_compared_then_exactly_at_it_opens(
    resolved: int, persons: int, opens: bool
) -> None:
    assert Coverage(persons, resolved).reaches(99) is opens


@pytest.mark.parametrize(("resolved", "opens"), [(995, True), (994, False)])
def test_given_a_fractional_coverage_threshold_when_compared_then_it_is_exact(
    resolved: int, opens: bool
) -> None:
    assert Coverage(1000, resolved).reaches(99.5) is opens


def test_given_coverage_when_shown_then_it_is_floored_and_full_without_persons() -> None:
    assert Coverage(3000, 2999).pct == 99.96
    assert Coverage(0, 0).pct == 100.0
