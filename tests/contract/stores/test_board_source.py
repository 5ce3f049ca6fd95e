"""The board's reads over a real MongoDB and Redis, of what the real writers have written."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import redis

from notes_migration.adapters.mongo_board import MongoBoard
from notes_migration.adapters.redis_status import RedisLiveStatus, RedisStatus
from notes_migration.domain.conf import Mode
from notes_migration.domain.errors import FatalError, ReasonCode, TransientError
from notes_migration.domain.states import RunState
from notes_migration.domain.status import project_status
from notes_migration.services.read_board import ReadBoard
from tests.fakes.clock import SteppedClock
from tests.support.board_accounts import BoardAccounts, copy_accounts
from tests.support.builders import a_ledger, a_run

if TYPE_CHECKING:
    from pymongo.database import Database

    from sandbox.services import EmbeddedServices

pytestmark = pytest.mark.integration

CLOCK = SteppedClock()


@pytest.fixture
def accounts(database: Database[dict[str, Any]]) -> BoardAccounts:
    return BoardAccounts(database, CLOCK.now())


@pytest.fixture
def client(embedded_services: EmbeddedServices) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(embedded_services.redis_url) as client:
        yield client


@pytest.fixture
def board(database: Database[dict[str, Any]], client: redis.Redis) -> ReadBoard:
    return ReadBoard(MongoBoard(database), RedisLiveStatus(client), CLOCK)


def test_given_accounts_in_every_state_when_read_then_each_has_the_counts_of_its_last_run(
    accounts: BoardAccounts, board: ReadBoard
) -> None:
    accounts.add("a", RunState.HALTED)
    accounts.add("b", RunState.IN_PROGRESS)
    accounts.add("c", RunState.COMPLETED_SUCCESS, failed=0)
    accounts.add("d", RunState.HALTED)
    accounts.add("d", RunState.COMPLETED_WITH_ERRORS, number=2, failed=5)

    rows = {row.cid: row for row in board.overview().rows}

    assert [(row.status, row.run_id, row.notes_migrated, row.notes_failed) for row in rows.values()] == [
        ("halted", "a__1", 98, 2),
        ("in_progress", "b__1", 48, 2),
        ("completed_success", "c__1", 100, 0),
        ("completed_with_errors", "d__2", 95, 5),
    ]
    assert [row.progress_pct for row in rows.values()] == [100.0, 50.0, 100.0, 100.0]
    assert rows["a"].reason_code is ReasonCode.FAILURE_RATE_EXCEEDED
    assert rows["b"].failed_by_reason == {"NOTE_TOO_LONG": 2, "ATTACHMENT_TOO_LARGE": 1}
    assert (rows["c"].company_sso_id, rows["c"].triggered_by) == ("c-company", "api:ops")
    assert rows["b"].started_at is not None
    assert rows["b"].started_at.endswith("Z")


def test_given_an_account_with_two_runs_when_read_then_they_come_newest_first_with_the_failures_by_reason(
    accounts: BoardAccounts, board: ReadBoard
) -> None:
    accounts.add("a", RunState.HALTED, failed=30)
    accounts.add("a", RunState.IN_PROGRESS, number=2, failed=0)
    accounts.add("other", RunState.HALTED)

    view = board.account("a")

    assert [(run.run_id, run.state, run.ledger.batches.migrated) for run in view.runs] == [
        ("a__2", "in_progress", 50),
        ("a__1", "halted", 70),
    ]
    assert [(each.kind, each.reason_code, each.count) for each in view.failures] == [
        ("note", "NOTE_TOO_LONG", 30),
        ("attachment", "ATTACHMENT_TOO_LARGE", 1),
    ]
    assert len(view.failures[0].note_ids) == 20


def test_given_a_run_when_its_account_is_asked_for_then_it_is_known_by_the_record(
    accounts: BoardAccounts, board: ReadBoard
) -> None:
    accounts.add("a", RunState.HALTED)

    assert (board.account_of("a__1"), board.account_of("a__2")) == ("a", None)


def test_given_an_account_never_seen_when_read_then_there_is_none(board: ReadBoard) -> None:
    with pytest.raises(FatalError):
        board.account("nobody")


def test_given_accounts_that_were_only_looked_at_when_read_then_they_are_not_started_and_have_the_report(
    accounts: BoardAccounts, board: ReadBoard
) -> None:
    accounts.add("a", RunState.HALTED)
    for cid, number, mode in (("b", 1, Mode.DRY_RUN), ("b", 2, Mode.DRY_RUN), ("c", 1, Mode.VERIFY)):
        started_at = CLOCK.now() + timedelta(minutes=number)
        run = a_run(
            run_id=f"{cid}__{number}",
            cid=cid,
            company_sso_id=f"{cid}-company",
            mode=mode,
            started_at=started_at,
        )
        accounts.runs.start(run)
        accounts.runs.report(run, {"would_migrate": number, "estimated_seconds": {"from": 1, "to": 62}})
    stopped = a_run(run_id="b__3", cid="b", mode=Mode.DRY_RUN, started_at=CLOCK.now() + timedelta(hours=1))
    accounts.runs.start(stopped)
    accounts.runs.report(stopped, {"persons": 7})

    rows, view = board.overview().rows, board.account("b")

    assert [(row.cid, row.status, row.notes_total) for row in rows] == [
        ("a", "halted", 100),
        ("b", "not_started", 0),
        ("c", "not_started", 0),
    ]
    assert (view.row.status, [run.run_id for run in view.runs]) == ("not_started", ["b__3", "b__2", "b__1"])
    assert view.dry_run is not None
    assert (view.dry_run.run_id, view.dry_run.report["would_migrate"]) == ("b__2", 2)
    assert (view.dry_run.company_sso_id, view.dry_run.state) == ("b-company", "in_progress")
    assert rows[2].company_sso_id is None, "what was only tried is not bound"
    assert board.account("c").dry_run is board.account("a").dry_run is None


def test_given_a_thousand_accounts_when_read_then_it_is_quick(
    accounts: BoardAccounts, board: ReadBoard, database: Database[dict[str, Any]]
) -> None:
    accounts.add("seed", RunState.HALTED)
    accounts.add("going", RunState.IN_PROGRESS)
    copy_accounts(database, "seed", 1000)
    started = time.perf_counter()

    view = board.overview()

    seconds = time.perf_counter() - started
    assert len(view.rows) == 1002
    assert view.totals.by_status["halted"] == 1001
    assert seconds < 2  # 0.1 on a machine at rest


def test_given_status_records_when_many_are_read_then_those_that_are_ours_come_back(
    client: redis.Redis,
) -> None:
    record = project_status(a_run(cid="live-1"), a_ledger(), phase="migrate", now=CLOCK.now())
    RedisStatus(client).publish(record)
    client.set("notes_migration:live-2", "not json", ex=60)
    client.set("notes_migration:live-3", json.dumps([1]), ex=60)

    found = RedisLiveStatus(client).read_many(["live-1", "live-2", "live-3", "live-4"])

    assert found == {"live-1": record.to_json()}
    assert RedisLiveStatus(client).read_many([]) == {}


def test_given_no_redis_when_many_are_read_then_it_is_a_transient_error_without_an_address() -> None:
    nowhere = redis.Redis(port=1, socket_connect_timeout=0.2, retry=None)

    with pytest.raises(TransientError) as caught:
        RedisLiveStatus(nowhere).read_many(["acme"])

    assert caught.value.__suppress_context__
    assert "127.0.0.1" not in str(caught.value)
