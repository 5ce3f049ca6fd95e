"""The watchdog and rollbacks: one that waits is left alone, one that removes is watched as any run is."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from notes_migration.domain.status import iso
from notes_migration.domain.watching import WatchedAccount
from notes_migration.services.watch_runs import WatchReport
from tests.support.memory_rollback import MemoryRollback
from tests.support.memory_watch import MemoryWatch
from tests.support.memory_world import Crash, CrashingAt

CUT_OFF = Outcome(RunState.HALTED, ReasonCode.INTERNAL_ERROR)


class RollbackWatch(MemoryWatch):
    """`acme` is migrated, and its rollback `back` waits for an approval; all alerts go to the watch's."""

    def __init__(self) -> None:
        self.rollback = rollback = MemoryRollback()
        migrated_at = rollback.world.clock.now()
        self.run = rollback.guard(dry_run=False)
        account = WatchedAccount("acme", RunState.COMPLETED_SUCCESS, "back", migrated_at, held=True)
        super().__init__(
            rollback.world, account, lambda run: rollback.ender.finalize(run, may_be_removing=True)
        )
        rollback.world.alerts = self.alerts
        self.live.pulses = {"back": "waiting"}

    def look(self, after_minutes: float = 0.0) -> WatchReport:
        accounts, record = self.world.accounts, self.watched.records["acme"]
        now = replace(record, state=accounts.state("acme"), held=accounts.is_held("acme"))
        self.watched.records["acme"] = now
        return super().look(after_minutes)

    def approve_and_remove_a_batch(self) -> None:
        """Have it approved; the process dies right after the first batch, and Airflow knows it as running."""
        self.rollback.ender.approve(self.run, by="approver")
        self.live.pulses = {"back": "removing"}
        self.rollback.notes = CrashingAt(self.world.notes, "remove", after=True)
        with pytest.raises(Crash):
            self.rollback.remover.remove(self.run)
        self.rollback.notes = self.world.notes

    def end_with_status_down(self, *, recorded: bool) -> None:
        """Roll back whole, but the status record misses it, and unless `recorded`, the account's, too."""
        self.rollback.ender.approve(self.run, by="approver")
        self.rollback.remover.remove(self.run)
        accounts, self.world.status.down = self.world.accounts, True
        if recorded:
            self.rollback.ender.rolled_back(self.run)
        else:
            self.world.accounts = CrashingAt(accounts, "record_outcome")
            with pytest.raises(Crash):
                self.rollback.ender.rolled_back(self.run)
        self.world.accounts, self.world.status.down = accounts, False

    def is_quiet(self) -> bool:
        return self.pagerduty.delivered == self.slack.delivered == []


def test_given_a_rollback_that_waits_for_a_day_when_looked_at_then_nobody_is_told_and_nothing_changes() -> (
    None
):
    watch = RollbackWatch()
    published = len(watch.world.status.published)

    reports = [watch.look(after_minutes=5) for _ in range(12 * 24)]

    assert all(report == WatchReport() for report in reports)
    assert watch.is_quiet()
    assert len(watch.world.status.published) == published
    assert watch.world.accounts.is_active(watch.run)


def test_given_a_waiting_rollback_that_airflow_has_ended_when_looked_at_then_the_account_is_free() -> None:
    watch = RollbackWatch()
    status = watch.world.status.read("acme")
    watch.live.pulses = {"back": ""}

    report = watch.look()

    assert report == WatchReport(settled=1)
    assert watch.settled == ["back"]
    assert watch.world.runs.outcome("back") == CUT_OFF
    assert not watch.world.accounts.is_held("acme")
    assert watch.world.accounts.state("acme") is RunState.COMPLETED_SUCCESS
    assert watch.world.status.read("acme") == status
    assert watch.is_quiet()


@pytest.mark.parametrize(("minutes", "settled"), [(0, 0), (14.99, 0), (15, 1)])
@pytest.mark.parametrize(("removing", "left"), [(False, "completed_success"), (True, "halted")])
def test_given_a_rollback_that_this_airflow_does_not_know_when_silent_for_15_minutes_then_it_is_ended(
    removing: bool, left: str, minutes: float, settled: int
) -> None:
    watch = RollbackWatch()
    if removing:
        watch.approve_and_remove_a_batch()
    before = watch.world.accounts.state("acme")
    watch.live.pulses = {}

    first = watch.look()
    report = watch.look(after_minutes=minutes)

    assert (first.settled, first.unknown_here) == (0, 1)
    assert (report.settled, report.unknown_here, len(watch.settled)) == (settled, 1, settled)
    assert watch.world.accounts.is_held("acme") is not bool(settled)
    assert watch.world.accounts.state("acme") == (left if settled else before)


def test_given_a_watchdog_that_knows_a_waiting_rollback_when_another_does_not_then_it_is_left_alone() -> None:
    watch = RollbackWatch()

    for _ in range(6):
        watch.live.pulses = {"back": "waiting"}
        watch.look(after_minutes=15)
        watch.live.pulses = {}
        watch.look(after_minutes=15)

    assert watch.settled == []


def test_given_a_rollback_that_ends_between_two_questions_when_looked_at_then_it_is_left_alone() -> None:
    watch = RollbackWatch()
    watch.live.pulses = {"back": ""}
    pulse = watch.live.pulse

    def ended_meanwhile(run_id: str) -> object:
        watch.world.accounts.deactivate(cid="acme", run_id="back")
        return pulse(run_id)

    watch.live.pulse = ended_meanwhile

    assert watch.look() == WatchReport()
    assert watch.settled == []


def test_given_a_removal_that_goes_on_for_longer_than_any_window_when_looked_at_then_it_is_not_late() -> None:
    watch = RollbackWatch()
    watch.approve_and_remove_a_batch()

    for step in range(40):
        watch.watched.steps_done = step
        report = watch.look(after_minutes=15)

    assert report == WatchReport(in_progress=1)
    assert watch.is_quiet()


@pytest.mark.parametrize(("minutes", "told"), [(14.99, 0), (15, 1)])
def test_given_a_removal_that_stands_still_when_15_minutes_are_over_then_it_is_told_whatever_the_wait(
    minutes: float, told: int
) -> None:
    watch = RollbackWatch()
    for _ in range(5):
        watch.look(after_minutes=60)
    watch.approve_and_remove_a_batch()

    first = watch.look()
    report = watch.look(after_minutes=minutes)
    watch.look()

    assert (first.standing_still, report.standing_still) == (0, told)
    assert watch.pagerduty.said() == [("trigger", "no_progress")] * told


def test_given_a_removal_that_stood_still_when_airflow_has_ended_it_then_it_is_halted_and_told() -> None:
    watch = RollbackWatch()
    watch.approve_and_remove_a_batch()
    watch.look()
    watch.look(after_minutes=15)
    watch.live.pulses = {"back": ""}

    report = watch.look()

    assert report == WatchReport(in_progress=1, settled=1)
    assert watch.world.runs.outcome("back") == CUT_OFF
    assert watch.world.runs.reported(watch.run)["documents_removed"] == 3
    assert not watch.world.accounts.is_held("acme")
    status = watch.world.status.read("acme")
    assert (status["job_id"], status["status"], status["phase"]) == ("back", "halted", "done")
    assert watch.pagerduty.said() == [
        ("trigger", "no_progress"),
        ("trigger", "halted"),
        ("resolve", "no_progress"),
    ]


@pytest.mark.parametrize("lost", [True, False])
def test_given_a_status_that_missed_the_removal_when_looked_at_then_it_says_that_a_rollback_goes_on(
    lost: bool,
) -> None:
    watch = RollbackWatch()
    watch.world.status.down = True
    watch.approve_and_remove_a_batch()
    watch.world.status.down = False
    if lost:
        watch.world.status._records.clear()

    report, again = watch.look(), watch.look()

    status = watch.world.status.read("acme")
    assert (status["job_id"], status["status"], status["phase"]) == ("back", "in_progress", "rollback")
    assert (report.statuses_mended, again.statuses_mended) == (1, 0)


def test_given_a_status_that_missed_the_end_of_a_rollback_when_looked_at_then_it_says_rolled_back() -> None:
    watch = RollbackWatch()
    watch.end_with_status_down(recorded=True)
    finished_at = watch.world.clock.now()
    watch.rollback.ender.finalize(watch.run, may_be_removing=False)
    watch.watched.records["acme"] = WatchedAccount("acme", RunState.NOT_STARTED, "back", finished_at)

    report, again = watch.look(after_minutes=5), watch.look(after_minutes=5)

    status = watch.world.status.read("acme")
    assert (status["job_id"], status["status"], status["phase"]) == ("back", "not_started", "rolled_back")
    assert status["finished_at"] == iso(finished_at)
    assert (report, again) == (WatchReport(statuses_mended=1), WatchReport())


def test_given_a_rollback_that_is_done_and_was_not_finalized_when_looked_at_then_the_account_is_freed() -> (
    None
):
    watch = RollbackWatch()
    watch.end_with_status_down(recorded=True)
    alive = watch.look()
    watch.live.pulses = {"back": ""}

    report = watch.look()

    assert (alive, report) == (WatchReport(), WatchReport(settled=1))
    assert not watch.world.accounts.is_held("acme")
    assert watch.world.accounts.state("acme") is RunState.NOT_STARTED
    assert watch.world.runs.outcome("back") == Outcome(RunState.NOT_STARTED)
    assert watch.is_quiet()


def test_given_a_rollback_that_is_ending_this_very_moment_when_looked_at_then_its_status_is_its_own() -> None:
    watch = RollbackWatch()
    watch.end_with_status_down(recorded=False)
    watch.world.status._records.clear()

    report = watch.look()

    assert report == WatchReport(in_progress=1)
    assert watch.world.status.read("acme") is None


def test_given_a_rollback_that_died_while_it_was_recorded_when_looked_at_then_the_account_follows() -> None:
    watch = RollbackWatch()
    watch.end_with_status_down(recorded=False)
    watch.live.pulses = {"back": ""}

    report = watch.look()

    assert report == WatchReport(in_progress=1, settled=1)
    assert watch.world.accounts.state("acme") is RunState.NOT_STARTED
    assert watch.world.status.read("acme")["phase"] == "rolled_back"
    assert watch.is_quiet()


def test_given_a_removal_that_stood_still_when_it_is_done_after_all_then_the_incident_is_resolved() -> None:
    watch = RollbackWatch()
    watch.approve_and_remove_a_batch()
    watch.look()
    watch.look(after_minutes=15)

    watch.rollback.remover.remove(watch.run)
    watch.rollback.ender.rolled_back(watch.run)

    assert watch.pagerduty.said() == [("trigger", "no_progress"), ("resolve", "no_progress")]
    assert watch.slack.said() == []


def test_given_a_rollback_that_halted_when_the_next_is_done_then_every_incident_of_the_account_is_over() -> (
    None
):
    watch = RollbackWatch()
    watch.approve_and_remove_a_batch()
    watch.live.pulses = {"back": ""}
    watch.look()

    again = watch.rollback.approved("again")
    watch.rollback.remover.remove(again)
    watch.rollback.ender.rolled_back(again)

    assert watch.pagerduty.said() == [("trigger", "halted"), ("resolve", "halted")]
