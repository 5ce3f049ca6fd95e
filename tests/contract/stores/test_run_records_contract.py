"""One suite for the records of runs: the fake may not drift from MongoDB."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from notes_migration.domain.conf import Mode
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import RollbackMode
from notes_migration.domain.states import RunState
from notes_migration.ports.run_records import RunRecords
from tests.fakes.run_records import InMemoryRuns
from tests.support.builders import NOW, a_ledger, a_run, attachment_counts

if TYPE_CHECKING:
    from pymongo.database import Database

RUN = a_run(
    settings={"coverage_threshold_pct": 99.5, "note_type_ids": [1, 6, 9]},
    mode=Mode.REPLAY_FAILED,
    rerun=True,
    batch_size=7,
    max_id=10**19 - 1,
    reasons=(ReasonCode.NOTE_TOO_LONG, ReasonCode.OWNER_NOT_RESOLVED),
    replay_of="acme__0",
    keeps_success=True,
)
HALTED = Outcome(RunState.HALTED, ReasonCode.FAILURE_RATE_EXCEEDED)


@pytest.fixture(params=["fake", pytest.param("mongo", marks=pytest.mark.integration)])
def runs(request: pytest.FixtureRequest) -> RunRecords:
    if request.param == "fake":
        return InMemoryRuns()
    from notes_migration.adapters.mongo_runs import COLLECTION, MongoRuns

    return MongoRuns(request.getfixturevalue("database")[COLLECTION], code_version="1")


def test_given_a_run_when_found_again_then_every_frozen_fact_is_there(runs: RunRecords) -> None:
    runs.start(RUN)

    assert runs.find("acme__1") == RUN


def test_given_a_run_never_accepted_when_looked_for_then_there_is_none(runs: RunRecords) -> None:
    assert runs.find("acme__1") is None
    assert runs.outcome("acme__1") is None
    assert runs.next_attempt("acme__1") == 1
    runs.stop(RUN, ReasonCode.FLAG_DISABLED)
    runs.finish(RUN, HALTED, a_ledger(), now=NOW)
    assert runs.find("acme__1") is None


def test_given_several_reasons_to_stop_when_recorded_then_the_first_stays(runs: RunRecords) -> None:
    runs.start(RUN)
    runs.stop(RUN, ReasonCode.FLAG_DISABLED)
    runs.stop(RUN, ReasonCode.CRM_EXTRACT_FAILED)

    assert runs.find("acme__1") == replace(RUN, stopped=ReasonCode.FLAG_DISABLED)


@pytest.mark.parametrize("outcome", [HALTED, Outcome(RunState.COMPLETED_SUCCESS)])
def test_given_a_run_when_finished_then_its_outcome_is_there(runs: RunRecords, outcome: Outcome) -> None:
    runs.start(RUN)
    assert runs.outcome("acme__1") is None

    runs.finish(RUN, outcome, a_ledger(migrated=3), now=NOW)

    assert runs.outcome("acme__1") == outcome


def test_given_a_run_that_is_cleared_when_started_again_then_the_former_outcome_is_gone(
    runs: RunRecords,
) -> None:
    runs.start(RUN)
    runs.stop(RUN, ReasonCode.FLAG_DISABLED)
    runs.finish(RUN, HALTED, a_ledger(), now=NOW)

    assert runs.next_attempt("acme__1") == 2
    second = replace(RUN, attempt=2)
    runs.start(second)

    assert runs.outcome("acme__1") is None
    assert runs.find("acme__1") == second


def test_given_a_former_attempt_when_it_stops_or_finishes_then_the_present_one_is_left_alone(
    runs: RunRecords,
) -> None:
    second = replace(RUN, attempt=2)
    runs.start(second)
    runs.stop(RUN, ReasonCode.FLAG_DISABLED)
    runs.finish(RUN, HALTED, a_ledger(), now=NOW)

    assert runs.find("acme__1") == second
    assert runs.outcome("acme__1") is None


@pytest.mark.integration
def test_given_a_finished_run_when_its_record_is_read_then_it_holds_the_counts_that_add_up(
    database: Database[dict[str, Any]],
) -> None:
    from notes_migration.adapters.mongo_runs import MongoRuns

    runs = MongoRuns(database["runs"], code_version="1.2")
    ledger = a_ledger(
        in_scope=10, out_of_scope=4, migrated=7, failed=1, attachments=attachment_counts(2, 1, 30)
    )
    runs.start(RUN)
    runs.finish(RUN, Outcome(RunState.COMPLETED_SUCCESS), ledger, now=NOW)

    record = database["runs"].find_one({"_id": "acme__1"})
    assert record is not None
    assert sum(record["counts"].values()) == record["source_total"] == 14
    assert record["attachments"]["total"] == 3
    assert (record["match_pct"], record["code_version"]) == (87.5, "1.2")
    runs.finish(RUN, HALTED, ledger, now=NOW)
    halted = database["runs"].find_one({"_id": "acme__1"})
    assert halted is not None
    assert halted["match_pct"] is None


def test_given_runs_of_several_modes_when_the_highest_id_is_asked_then_it_is_of_those_that_migrate(
    runs: RunRecords,
) -> None:
    assert runs.highest_id("acme") == 0

    runs.start(a_run(run_id="acme__1", max_id=10**19 - 1))
    runs.start(a_run(run_id="acme__2", max_id=7))
    runs.start(a_run(run_id="acme__3", max_id=10**19, mode=Mode.VERIFY))
    runs.start(a_run(run_id="rival__1", cid="rival", max_id=10**19))

    assert runs.highest_id("acme") == 10**19 - 1


def test_given_findings_when_reported_then_they_add_up_until_the_next_attempt(runs: RunRecords) -> None:
    runs.report(RUN, {"persons": 1})
    assert runs.reported(RUN) == {}

    runs.start(RUN)
    runs.report(RUN, {"persons": 1, "hosts_not_allowed": [{"host": "a.example", "files": 2}]})
    runs.report(RUN, {"persons": 2})
    runs.report(replace(RUN, attempt=9), {"persons": 3})

    hosts = [{"host": "a.example", "files": 2}]
    assert runs.reported(RUN) == {"persons": 2, "hosts_not_allowed": hosts}

    runs.start(replace(RUN, attempt=2))
    assert runs.reported(replace(RUN, attempt=2)) == {}


def test_given_several_runs_when_the_latest_migration_is_asked_then_it_is_one_that_had_notes_to_read(
    runs: RunRecords,
) -> None:
    assert runs.latest_migration("acme") is None

    later = [NOW + timedelta(minutes=each) for each in range(5)]
    runs.start(a_run(run_id="acme__1", started_at=later[0]))
    runs.start(a_run(run_id="acme__2", started_at=later[1]))
    runs.start(a_run(run_id="acme__3", started_at=later[2], max_id=0))
    runs.start(a_run(run_id="acme__4", started_at=later[3], mode=Mode.REPLAY_FAILED))
    runs.start(a_run(run_id="rival__1", started_at=later[4], cid="rival"))

    assert runs.latest_migration("acme") == a_run(run_id="acme__2", started_at=later[1])


def test_given_runs_that_were_cut_off_when_the_latest_migration_is_asked_then_a_whole_one_comes_first(
    runs: RunRecords,
) -> None:
    whole, part, nothing, on_its_way = (
        a_run(run_id=f"acme__{each}", started_at=NOW + timedelta(minutes=each)) for each in range(1, 5)
    )
    for run in (part, nothing, on_its_way):
        runs.start(run)
    runs.finish(part, HALTED, a_ledger(already_present=1), now=NOW)
    runs.finish(nothing, HALTED, a_ledger(), now=NOW)
    assert runs.latest_migration("acme") == part

    runs.start(whole)
    runs.finish(whole, Outcome(RunState.COMPLETED_WITH_ERRORS), a_ledger(migrated=1), now=NOW)

    assert runs.latest_migration("acme") == whole


def test_given_a_rollback_when_the_latest_migration_is_asked_then_only_what_came_after_it_counts(
    runs: RunRecords,
) -> None:
    moments = [NOW + timedelta(hours=hours) for hours in range(4)]
    before, after = (
        a_run(run_id=f"acme__{number}", started_at=moments[number], max_id=9) for number in (1, 3)
    )
    counted = a_run(run_id="undo-0", started_at=moments[2], mode=RollbackMode.ROLLBACK_DRY_RUN)
    halted, undone = (
        a_run(run_id=f"undo-{number}", started_at=moments[2], mode=RollbackMode.ROLLBACK) for number in (1, 2)
    )
    for run, outcome in (
        (before, Outcome(RunState.COMPLETED_SUCCESS)),
        (counted, Outcome(RunState.COMPLETED_SUCCESS)),
        (halted, HALTED),
    ):
        runs.start(run)
        runs.finish(run, outcome, a_ledger(), now=NOW)
    assert runs.latest_migration("acme") == before

    runs.start(undone)
    runs.finish(undone, Outcome(RunState.NOT_STARTED), a_ledger(), now=NOW)

    assert runs.latest_migration("acme") is None
    runs.start(after)
    assert runs.latest_migration("acme") == after


@pytest.mark.integration
def test_given_many_runs_when_an_accounts_are_looked_for_then_only_its_own_are_read(
    database: Database[dict[str, Any]],
) -> None:
    from notes_migration.adapters.mongo_runs import COLLECTION, MongoRuns

    runs = MongoRuns(database[COLLECTION], code_version="1")
    runs.ensure_indexes()
    runs.ensure_indexes()
    for number in range(20):
        runs.start(replace(RUN, run_id=f"other-{number}__1", cid=f"other-{number}"))
    runs.start(RUN)

    latest = database[COLLECTION].find({"cid": RUN.cid}).sort("started_at", -1).explain()

    assert latest["executionStats"]["totalDocsExamined"] == 1
    assert "SORT" not in str(latest["queryPlanner"]["winningPlan"])
