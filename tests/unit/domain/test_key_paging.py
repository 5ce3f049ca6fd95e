"""Reading by key: ranges that cover all ids once, and a cursor that only goes forward."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes_migration.domain.batching import MAX_GROUPS, StagedPage, group_batches
from notes_migration.domain.paging import MAX_RANGES, NOTES_PER_RANGE, IdRange, accept_page, split_ranges


def notes(*ids: object) -> list[dict[str, Any]]:
    return [{"id": each} for each in ids]


@pytest.mark.parametrize(
    ("count", "ranges"),
    [(1, 1), (NOTES_PER_RANGE, 1), (NOTES_PER_RANGE + 1, 2), (5 * NOTES_PER_RANGE, 5), (10**9, MAX_RANGES)],
)
def test_given_a_number_of_notes_when_split_then_there_is_a_range_per_two_thousand(
    count: int, ranges: int
) -> None:
    assert len(split_ranges(max_id=10**6, notes=count)) == ranges


@pytest.mark.parametrize(("max_id", "count"), [(0, 0), (5, 0), (0, 5)])
def test_given_nothing_to_read_when_split_then_there_are_no_ranges(max_id: int, count: int) -> None:
    assert split_ranges(max_id=max_id, notes=count) == []


def test_given_fewer_ids_than_ranges_when_split_then_no_range_is_empty() -> None:
    assert split_ranges(max_id=2, notes=10**6) == [IdRange(0, 1), IdRange(1, 2)]


@given(st.integers(min_value=1, max_value=10**19 - 1), st.integers(min_value=1, max_value=10**7))
def test_given_any_account_when_split_then_the_ranges_cover_every_id_once(max_id: int, count: int) -> None:
    ranges = split_ranges(max_id=max_id, notes=count)

    assert ranges[0].after_id == 0
    assert ranges[-1].until_id == max_id
    assert all(each.after_id < each.until_id for each in ranges)
    assert all(left.until_id == right.after_id for left, right in pairwise(ranges))


@pytest.mark.parametrize(
    ("ids", "kept", "breaches"),
    [
        ((11, 12, 20), [11, 12, 20], 0),
        ((20, 12, 11), [20, 12, 11][::-1], 0),
        ((10, 11), [11], 1),
        ((20, 21), [20], 1),
        ((11, 11, "11"), [11], 2),
        ((1, 2, 3), [], 3),
        ((), [], 0),
    ],
)
def test_given_a_page_when_accepted_then_what_is_new_in_the_range_is_kept_in_order(
    ids: tuple[object, ...], kept: list[int], breaches: int
) -> None:
    page = accept_page(notes(*ids), cursor=10, until_id=20)

    assert [note["id"] for note in page.notes] == kept
    assert page.breaches == breaches
    assert page.cursor == (kept[-1] if kept else 10)


def test_given_notes_without_a_usable_id_when_accepted_then_they_are_kept_apart() -> None:
    page = accept_page(notes(None, 11, "x", -1), cursor=10, until_id=20)

    assert page.notes == ({"id": 11},)
    assert page.unreadable == ({"id": None}, {"id": "x"}, {"id": -1})
    assert (page.first_id, page.last_id, page.breaches) == (11, 11, 0)


IDS = st.lists(st.integers(min_value=-3, max_value=40) | st.none() | st.just("7"), max_size=12)


@given(IDS, st.integers(min_value=0, max_value=30), st.integers(min_value=0, max_value=30))
def test_given_any_page_when_accepted_then_the_cursor_never_goes_back_and_nothing_is_dropped_silently(
    ids: list[object], cursor: int, width: int
) -> None:
    page = accept_page(notes(*ids), cursor=cursor, until_id=cursor + width)

    accepted = [int(note["id"]) for note in page.notes]
    assert accepted == sorted(set(accepted))
    assert all(cursor < each <= cursor + width for each in accepted)
    assert cursor <= page.cursor <= cursor + width
    assert (page.cursor > cursor) == bool(accepted)
    assert len(page.notes) + len(page.unreadable) + page.breaches == len(ids)


@given(st.lists(IDS, min_size=1, max_size=30), st.integers(min_value=1, max_value=40))
def test_given_a_server_that_answers_anything_when_read_then_it_ends_and_no_note_comes_twice(
    answers: Sequence[list[object]], until_id: int
) -> None:
    cursor, seen, asked = 0, list[int](), 0
    while True:
        page = accept_page(notes(*answers[asked % len(answers)]), cursor=cursor, until_id=until_id)
        asked += 1
        seen += [int(note["id"]) for note in page.notes]
        if page.cursor == cursor:
            break
        cursor = page.cursor

    assert asked <= until_id + 1
    assert len(seen) == len(set(seen))


def pages(count: int) -> list[StagedPage]:
    return [StagedPage(f"runs/a/b/1/0-{each:05d}.json.gz", 1, each, each, "") for each in range(count)]


def test_given_a_staged_page_when_named_as_batch_then_the_name_is_its_place() -> None:
    assert StagedPage("runs/acme/acme__1/1/2000-00007.json.gz", 3, 1, 9, "").batch == "2000-00007"


@given(st.integers(min_value=0, max_value=400), st.integers(min_value=1, max_value=500))
def test_given_any_number_of_pages_when_grouped_then_order_is_kept_and_none_is_lost(
    count: int, groups: int
) -> None:
    given_pages = pages(count)

    grouped = group_batches(given_pages, groups=groups)

    assert [page for group in grouped for page in group] == given_pages
    assert len(grouped) == min(count, groups, MAX_GROUPS)
    sizes = {len(group) for group in grouped}
    assert not sizes or max(sizes) - min(sizes) <= 1
