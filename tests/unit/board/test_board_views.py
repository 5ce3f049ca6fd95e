"""What the board says of accounts: rows, totals, estimates, and what it says when it does not know."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.board import classes_of
from notes_migration.domain.errors import DependencyDown, FatalError, ReasonCode
from notes_migration.domain.ledger import BatchCounts, Ledger
from notes_migration.domain.states import RunState
from notes_migration.domain.status import iso
from notes_migration.ports.board import SeenAccount
from tests.fakes.board import InMemoryBoard
from tests.fakes.front_door import DOWN
from tests.support.board_builders import a_seen_account, a_seen_run
from tests.support.builders import NOW


@pytest.fixture
def board() -> InMemoryBoard:
    return InMemoryBoard()


def half_done() -> Ledger:
    return Ledger(100, 0, BatchCounts(migrated=40, already_present=10))


def test_given_a_halted_account_when_shown_then_its_row_has_what_its_last_run_counted(
    board: InMemoryBoard,
) -> None:
    board.source.seen = [a_seen_account()]

    (row,) = board.reader().overview().rows

    assert (row.status, row.phase, row.run_id, row.triggered_by) == ("halted", "done", "acme__1", "sari")
    assert (row.notes_total, row.notes_migrated, row.notes_skipped, row.notes_failed) == (100, 90, 8, 2)
    assert (row.progress_pct, row.match_pct, row.failure_rate) == (100.0, None, 2.0)
    assert list(row.failed_by_reason.items()) == [("ATTACHMENT_TOO_LARGE", 5), ("NOTE_TOO_LONG", 2)]
    assert (row.finished_at, row.updated_at, row.estimated_end) == (iso(NOW), iso(NOW), None)


def test_given_a_completed_account_when_shown_then_its_match_is_shown_and_it_is_done(
    board: InMemoryBoard,
) -> None:
    board.source.seen = [a_seen_account(RunState.COMPLETED_SUCCESS)]

    (row,) = board.reader().overview().rows

    assert (row.match_pct, row.progress_pct) == (98.0, 100.0)


def test_given_a_run_in_progress_when_a_fifth_is_done_then_the_rest_is_expected_at_the_same_pace(
    board: InMemoryBoard,
) -> None:
    fifth, begun = (
        Ledger(100, 7, BatchCounts(migrated=15, failed=5)),
        board.clock.now() - timedelta(minutes=10),
    )
    board.source.seen = [a_seen_account(RunState.IN_PROGRESS, started_at=begun, ledger=fifth)]

    view = board.reader().overview()

    assert view.rows[0].progress_pct == 20.0
    assert view.rows[0].estimated_end == iso(view.now + timedelta(minutes=40))


def test_given_a_live_status_of_this_run_when_shown_then_phase_and_last_event_are_its(
    board: InMemoryBoard,
) -> None:
    board.source.seen = [a_seen_account(RunState.IN_PROGRESS), a_seen_account(cid="other")]
    live = {"job_id": "acme__1", "phase": "validate", "updated_at": "2026-01-02T03:09:00.000Z"}
    board.live.records = {"acme": live}

    view = board.reader().overview()

    assert (view.rows[0].phase, view.rows[0].updated_at) == ("validate", "2026-01-02T03:09:00.000Z")
    assert view.live
    assert board.live.asked == [["acme"]]  # one read, and only for those that are going


def test_given_a_live_status_of_another_run_when_shown_then_it_is_not_believed(board: InMemoryBoard) -> None:
    board.source.seen = [a_seen_account(RunState.IN_PROGRESS, ledger=half_done())]
    board.live.records = {"acme": {"job_id": "acme__0", "phase": "done", "updated_at": "2025"}}

    (row,) = board.reader().overview().rows

    assert (row.phase, row.updated_at) == ("migrate", iso(NOW))


def test_given_redis_away_when_shown_then_the_counts_are_there_and_it_says_what_is_not(
    board: InMemoryBoard,
) -> None:
    board.source.seen = [a_seen_account(RunState.IN_PROGRESS, ledger=half_done())]
    board.live.error = DOWN

    view = board.reader().overview()

    assert not view.live
    assert (view.rows[0].notes_migrated, view.rows[0].phase) == (40, "migrate")


def test_given_accounts_of_each_state_when_summed_then_halts_are_a_share_of_those_that_ended(
    board: InMemoryBoard,
) -> None:
    states = [*RunState, RunState.COMPLETED_SUCCESS]
    board.source.seen = [a_seen_account(state, cid=f"a-{n}") for n, state in enumerate(states)]

    totals = board.reader().overview().totals

    assert totals.by_status == {**dict.fromkeys(RunState, 1), RunState.COMPLETED_SUCCESS: 2}
    assert (totals.accounts, totals.notes_in_cdp, totals.notes_failed) == (6, 6 * 98, 6 * 2)
    assert totals.halt_rate == 25.0


def test_given_no_account_when_shown_then_everything_is_nothing(board: InMemoryBoard) -> None:
    view = board.reader().overview()

    assert (view.rows, view.totals.accounts, view.totals.halt_rate) == ((), 0, 0.0)
    assert board.live.asked == []


def test_given_an_account_whose_run_is_not_known_when_shown_then_its_state_is(board: InMemoryBoard) -> None:
    board.source.seen = [SeenAccount(AccountRecord("acme", None, RunState.NOT_STARTED), None)]

    (row,) = board.reader().overview().rows

    assert (row.status, row.phase, row.run_id, row.updated_at) == ("not_started", "not_started", None, None)


def test_given_mongo_away_when_shown_then_it_is_named(board: InMemoryBoard) -> None:
    board.source.error = DOWN

    with pytest.raises(DependencyDown) as caught:
        board.reader().overview()

    assert caught.value.dependency == "cdp_mongo"


def test_given_an_account_never_seen_when_asked_for_then_it_is_not_found(board: InMemoryBoard) -> None:
    with pytest.raises(FatalError) as caught:
        board.reader().account("nobody")

    assert caught.value.reason is ReasonCode.CID_NOT_FOUND


def test_given_an_account_when_asked_for_then_its_runs_and_failures_come_with_it(
    board: InMemoryBoard,
) -> None:
    board.source.seen = [a_seen_account(cid="other"), a_seen_account()]
    board.source.run_list = [a_seen_run(run_id=f"acme__{n}") for n in range(60, 0, -1)]

    view = board.reader().account("acme")

    assert view.row.cid == "acme"
    assert [run.run_id for run in view.runs] == [f"acme__{n}" for n in range(60, 10, -1)]


def test_given_a_run_that_was_not_read_to_the_end_when_classes_are_shown_then_nothing_has_vanished() -> None:
    ledger = replace(half_done(), out_of_scope=7)

    going, ended = (
        classes_of(ledger, state) for state in (RunState.IN_PROGRESS, RunState.COMPLETED_WITH_ERRORS)
    )

    assert (going["not_processed"], going["out_of_scope"]) == (50, 7)
    assert "vanished_at_source" not in going
    assert ended["vanished_at_source"] == 50
    assert sum(going.values()) == sum(ended.values()) == ledger.source_total
