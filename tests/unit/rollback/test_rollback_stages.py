"""The stages of a rollback: what is asked before anything goes, in which order it goes, and how it ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.rollback import RollbackCounts, RollbackEnd
from notes_migration.domain.states import RunState
from notes_migration.services.finalize_run import DRAIN_SECONDS, Ending
from tests.support.builders import a_crm_note
from tests.support.memory_rollback import MemoryRollback
from tests.support.memory_world import Crash, CrashingAt

CUT_OFF = Outcome(RunState.HALTED, ReasonCode.INTERNAL_ERROR)


def edit(rollback: MemoryRollback, note_id: str) -> None:
    found = rollback.notes.stored[note_id]
    rollback.notes.stored[note_id] = replace(found, updated_at=found.updated_at + timedelta(days=1))


def test_given_an_account_when_guarded_then_the_fence_is_taken_and_the_state_stays() -> None:
    rollback = MemoryRollback()

    run = rollback.guard(dry_run=False)

    assert rollback.world.accounts.is_active(run)
    assert rollback.world.accounts.state("acme") is RunState.COMPLETED_SUCCESS
    assert rollback.world.runs.find("back") == run
    assert (run.mode, run.triggered_by, run.attempt) == ("rollback", "tests", 1)


def test_given_a_migrations_run_id_when_guarded_then_it_is_refused_and_the_record_stays() -> None:
    rollback = MemoryRollback()
    before = rollback.world.runs.find("acme__1")

    with pytest.raises(FatalError) as caught:
        rollback.guard("acme__1", dry_run=False)

    assert caught.value.reason is ReasonCode.INVALID_REQUEST
    assert rollback.world.runs.find("acme__1") == before


def test_given_a_rollbacks_run_id_when_a_migration_is_guarded_then_it_is_refused() -> None:
    rollback = MemoryRollback()
    rollback.guard("back", dry_run=False)
    rollback.world.accounts.deactivate(cid="acme", run_id="back")

    with pytest.raises(FatalError) as caught:
        rollback.world.guard("back", rerun=True)

    assert caught.value.reason is ReasonCode.INVALID_REQUEST


def test_given_a_run_that_got_in_between_when_guarded_then_it_is_refused_as_running() -> None:
    rollback = MemoryRollback()
    rollback.world.guard("acme__2", rerun=True)

    with pytest.raises(FatalError) as caught:
        rollback.guard(dry_run=False)

    assert caught.value.reason is ReasonCode.JOB_ALREADY_RUNNING
    run = rollback.world.reload(rollback.world.runs.find("back"))
    assert rollback.ender.finalize(run, may_be_removing=False) is Ending.INTERRUPTED
    assert rollback.world.runs.outcome("back") == CUT_OFF
    assert rollback.world.accounts.holds(rollback.world.runs.find("acme__2"))


def test_given_files_of_all_kinds_when_counted_then_only_those_of_notes_that_will_be_gone_count() -> None:
    rollback = MemoryRollback()
    edit(rollback, "2")
    del rollback.notes.stored["3"]
    for note_id in ("1", "2", "3", "77"):
        rollback.put(f"acme-company/{note_id}/image-1", b"xy")
    rollback.put("acme-company/1/native.png")
    rollback.put("acme-company-2/1/image-1")

    counts = rollback.counter.count(rollback.guard())

    assert counts == RollbackCounts(documents=1, objects=2, bytes=4, kept={"edited": 1}, absent=1)
    report = rollback.world.runs.reported(rollback.world.runs.find("back"))
    assert report == {"counted": counts.to_json(), "kept": {"edited": ["2"]}}


def test_given_no_approval_when_removal_is_tried_then_nothing_has_happened() -> None:
    rollback = MemoryRollback()
    run = rollback.guard(dry_run=False)

    with pytest.raises(FatalError, match="nobody has approved"):
        rollback.remover.remove(run)

    assert len(rollback.notes.stored) == 3
    assert rollback.world.accounts.state("acme") is RunState.COMPLETED_SUCCESS


def test_given_a_document_with_a_file_when_removed_then_the_document_goes_first() -> None:
    rollback = MemoryRollback(count=1)
    rollback.put("acme-company/1/image-1")
    run = rollback.approved()
    rollback.notes = CrashingAt(rollback.notes, "remove")

    with pytest.raises(Crash):
        rollback.remover.remove(run)

    assert list(rollback.objects.stored) == ["acme-company/1/image-1"]
    rollback.notes = rollback.world.notes
    rollback.objects = CrashingAt(rollback.objects, "delete")
    with pytest.raises(Crash):
        rollback.remover.remove(run)
    assert rollback.notes.stored == {}


def test_given_a_note_edited_between_look_and_removal_when_settled_then_it_stays_known_as_written() -> None:
    rollback = MemoryRollback()
    run = rollback.approved()
    real = rollback.notes.remove

    def edited_meanwhile(untouched: Any) -> None:
        edit(rollback, "2")
        real(untouched)

    rollback.notes.remove = edited_meanwhile

    assert rollback.remover.remove(run) == 2

    assert rollback.notes.stored.keys() == {"2"}
    assert rollback.ledger.written_before(run, {"1", "2", "3"}) == {"2"}


def test_given_a_fence_that_is_lost_when_files_are_next_then_they_stay() -> None:
    rollback = MemoryRollback(count=1)
    rollback.put("acme-company/1/image-1")
    run = rollback.approved()
    settle = rollback.ledger.settle_removal

    def overtaken(*args: Any) -> None:
        settle(*args)
        rollback.world.guard("acme__9", rerun=True)

    rollback.ledger.settle_removal = overtaken

    with pytest.raises(FatalError, match="nothing more was removed"):
        rollback.remover.remove(run)

    assert list(rollback.objects.stored) == ["acme-company/1/image-1"]


def test_given_a_rollback_that_was_overtaken_when_finalized_then_the_other_runs_account_is_left_alone() -> (
    None
):
    rollback = MemoryRollback(count=2)
    run = rollback.approved()
    rollback.notes = CrashingAt(rollback.notes, "remove", after=True)
    with pytest.raises(Crash):
        rollback.remover.remove(run)
    rollback.notes = rollback.world.notes
    other = rollback.world.guard("acme__9", rerun=True)

    rollback.ender.finalize(run, may_be_removing=False)

    assert rollback.world.accounts.is_active(other)
    assert rollback.world.accounts.state("acme") is RunState.IN_PROGRESS
    assert rollback.world.runs.outcome("back") == CUT_OFF
    assert rollback.ledger.pending(run) == {}


def test_given_a_removal_cut_off_and_never_finalized_when_migrated_again_then_what_went_comes_back() -> None:
    rollback = MemoryRollback(count=2)
    run = rollback.approved()
    rollback.notes = CrashingAt(rollback.notes, "remove", after=True)
    with pytest.raises(Crash):
        rollback.remover.remove(run)
    assert rollback.world.notes.stored == {}

    rollback.world.run("acme__9", rerun=True)

    assert rollback.world.notes.stored.keys() == {"1", "2"}
    assert rollback.world.classes("acme__9")["migrated"] == 2


def test_given_a_rollback_that_is_done_when_ended_then_record_account_and_status_agree() -> None:
    rollback = MemoryRollback()
    run = rollback.approved()
    rollback.remover.remove(run)
    rollback.verifier.verify(run)

    assert rollback.ender.rolled_back(run) == 3
    assert rollback.ender.finalize(run, may_be_removing=False) is Ending.ENDED

    world = rollback.world
    assert world.runs.outcome("back") == Outcome(RunState.NOT_STARTED)
    assert world.accounts.state("acme") is RunState.NOT_STARTED
    assert not world.accounts.holds(run)
    status = world.status.published[-1]
    assert (status.status, status.phase, status.job_id) == ("not_started", "rolled_back", "back")
    assert world.alerts.ended == [Outcome(RunState.COMPLETED_SUCCESS), Outcome(RunState.NOT_STARTED)]
    assert world.failures.of_account("acme") == []


@pytest.mark.parametrize("end", [RollbackEnd.REJECTED, RollbackEnd.NOT_ANSWERED])
def test_given_a_rollback_that_was_declined_when_finalized_then_its_record_says_why_and_nobody_is_told(
    end: RollbackEnd,
) -> None:
    rollback = MemoryRollback()
    run = rollback.guard(dry_run=False)
    rollback.ender.decline(run, end)

    rollback.ender.finalize(run, may_be_removing=False)

    assert rollback.world.runs.outcome("back") == Outcome(RunState.HALTED)
    assert rollback.world.runs.reported(run)["end"] == end
    assert rollback.world.accounts.state("acme") is RunState.COMPLETED_SUCCESS
    assert len(rollback.world.alerts.ended) == 1
    assert not rollback.world.accounts.holds(run)


def test_given_a_removal_that_may_be_dying_when_finalized_then_it_is_waited_for_and_people_are_told() -> None:
    rollback = MemoryRollback()
    run = rollback.approved()
    rollback.notes = CrashingAt(rollback.notes, "remove", after=True)
    with pytest.raises(Crash):
        rollback.remover.remove(run)
    rollback.notes = rollback.world.notes

    rollback.ender.finalize(run, may_be_removing=True)

    assert rollback.world.clock.pauses == [DRAIN_SECONDS]
    assert rollback.world.alerts.ended[-1] == CUT_OFF
    assert rollback.world.accounts.state("acme") is RunState.HALTED
    assert rollback.world.runs.reported(run)["documents_removed"] == 3
    rollback.world.crm.organization = [a_crm_note(each) for each in range(1, 4)]
    rollback.world.run("acme__2")
    assert rollback.world.classes("acme__2")["migrated"] == 3


def test_given_a_record_that_was_cut_off_before_the_accounts_when_finalized_then_the_account_follows() -> (
    None
):
    rollback = MemoryRollback()
    run = rollback.approved()
    rollback.remover.remove(run)
    accounts = rollback.world.accounts
    rollback.world.accounts = CrashingAt(accounts, "record_outcome")
    with pytest.raises(Crash):
        rollback.ender.rolled_back(run)
    rollback.world.accounts = accounts

    assert rollback.ender.finalize(run, may_be_removing=False) is Ending.ENDED

    assert accounts.state("acme") is RunState.NOT_STARTED
