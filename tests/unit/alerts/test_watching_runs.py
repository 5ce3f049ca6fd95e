"""The watchdog: what stands still, what is late, what nobody ended, and what Redis says of it."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from notes_migration.domain.errors import ReasonCode, TransientError
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState
from notes_migration.domain.watching import WatchedAccount
from notes_migration.services.report_late_run import ReportLateRun
from notes_migration.services.watch_runs import MAX_SETTLED_PER_LOOK, WatchReport
from tests.fakes.watching import InMemoryWatchedAccounts
from tests.support.builders import a_crm_note, a_run
from tests.support.memory_watch import MemoryWatch
from tests.support.memory_world import Crash, CrashingAt, MemoryWorld

INTERRUPTED = Outcome(RunState.HALTED, ReasonCode.INTERNAL_ERROR)


class Watch(MemoryWatch):
    """The account `acme` with a run that guard has accepted, and a watchdog that looks at it."""

    def __init__(self, **settings: Any) -> None:
        world = MemoryWorld(settings=settings)
        world.crm.organization = [a_crm_note(51)]
        self.run = world.guard()
        account = WatchedAccount("acme", RunState.IN_PROGRESS, "acme__1")
        super().__init__(world, account, lambda run: world.finalize(run, dying=True))
        self.live.pulses = {"acme__1": "running"}


def test_given_a_run_that_goes_on_when_looked_at_then_nobody_is_told_and_nothing_is_changed() -> None:
    watch = Watch()
    published = len(watch.world.status.published)

    for step in range(10):
        watch.watched.steps_done = step
        report = watch.look(after_minutes=5)

    assert report == WatchReport(in_progress=1)
    assert watch.pagerduty.delivered == watch.slack.delivered == []
    assert len(watch.world.status.published) == published


@pytest.mark.parametrize(("minutes", "told"), [(14.99, 0), (15, 1)])
def test_given_a_run_that_stands_still_when_exactly_15_minutes_are_over_then_it_is_told(
    minutes: float, told: int
) -> None:
    watch = Watch()
    watch.look()

    report = watch.look(after_minutes=minutes)

    assert report.standing_still == told
    assert watch.pagerduty.said() == [("trigger", "no_progress")] * told


def test_given_a_run_that_stands_still_for_hours_when_looked_at_often_then_it_is_told_once() -> None:
    watch = Watch()

    for _ in range(12):
        watch.look(after_minutes=10)

    assert watch.pagerduty.said() == [("trigger", "no_progress")]


def test_given_a_message_that_was_not_taken_when_looked_at_again_then_it_is_sent_again() -> None:
    watch = Watch()
    watch.look()
    watch.pagerduty.down = True
    watch.look(after_minutes=15)
    watch.pagerduty.down = False

    watch.look(after_minutes=5)

    assert watch.pagerduty.said() == [("trigger", "no_progress")]


@pytest.mark.parametrize("progress", ["a batch", "a page", "a task", "another attempt"])
def test_given_a_run_that_stood_still_when_it_goes_on_in_any_way_then_the_incident_is_resolved(
    progress: str,
) -> None:
    watch = Watch()
    watch.look()
    watch.look(after_minutes=15)
    match progress:
        case "a batch":
            watch.watched.steps_done += 1
        case "a page":
            watch.staged.stored[f"{watch.run.staging_prefix}1/0-00000.json.gz"] = (None, b"")
        case "a task":
            watch.live.pulses["acme__1"] = "running on"
        case "another attempt":
            watch.world.guard()

    report = watch.look(after_minutes=5)
    watch.look(after_minutes=5)

    assert report.standing_still == 0
    assert watch.pagerduty.said() == [("trigger", "no_progress"), ("resolve", "no_progress")]


def test_given_a_run_that_airflow_has_ended_when_looked_at_then_the_account_is_halted() -> None:
    watch = Watch()
    watch.live.pulses["acme__1"] = ""

    report = watch.look()

    assert (report.settled, watch.settled) == (1, ["acme__1"])
    assert watch.world.accounts.state("acme") is RunState.HALTED
    assert watch.world.runs.outcome("acme__1") == INTERRUPTED
    assert watch.world.status.read("acme")["status"] == "halted"
    assert not watch.world.accounts.is_active(watch.run)


def test_given_a_cleared_run_whose_guard_died_midway_when_airflow_ends_it_then_the_account_is_halted() -> (
    None
):
    watch = Watch()
    watch.world.accounts = CrashingAt(watch.world.accounts, "activate")
    with pytest.raises(Crash):
        watch.world.guard()
    watch.live.pulses = {"acme__1": ""}

    report = watch.look()

    assert report == WatchReport(in_progress=1, settled=1)
    assert watch.world.accounts.state("acme") is RunState.HALTED
    assert not watch.world.accounts.is_held("acme")


def test_given_a_recorded_run_that_nobody_finalized_when_airflow_has_ended_it_then_the_account_is_free() -> (
    None
):
    watch = Watch()
    run = watch.run
    watch.world.recorder.record(run, Outcome(RunState.COMPLETED_SUCCESS))
    record = watch.watched.records["acme"]
    watch.watched.records["acme"] = replace(record, state=RunState.COMPLETED_SUCCESS, held=True)
    alive = watch.look()
    watch.live.pulses = {"acme__1": ""}

    report = watch.look()

    assert (alive, report) == (WatchReport(), WatchReport(settled=1))
    assert not watch.world.accounts.is_held("acme")
    assert watch.world.accounts.state("acme") is RunState.COMPLETED_SUCCESS


@pytest.mark.parametrize(("minutes", "settled"), [(0, 0), (14.99, 0), (15, 1)])
def test_given_a_run_that_this_airflow_does_not_know_when_silent_for_15_minutes_then_it_is_ended(
    minutes: float, settled: int
) -> None:
    watch = Watch()
    watch.live.pulses.clear()

    first = watch.look()
    report = watch.look(after_minutes=minutes)

    assert (first.settled, first.unknown_here) == (0, 1)
    assert (report.settled, report.unknown_here, len(watch.settled)) == (settled, 1, settled)
    assert watch.world.accounts.is_active(watch.run) is not bool(settled)


def test_given_a_run_of_another_airflow_when_it_goes_on_for_hours_then_it_is_never_touched() -> None:
    watch = Watch()
    watch.live.pulses.clear()

    for step in range(20):
        watch.watched.steps_done = step
        report = watch.look(after_minutes=15)

    assert (report.settled, watch.settled) == (0, [])
    assert watch.world.accounts.is_active(watch.run)
    assert watch.pagerduty.delivered == watch.slack.delivered == []


def test_given_a_watchdog_that_knows_the_run_when_another_does_not_then_the_run_is_left_alone() -> None:
    watch = Watch()

    for _ in range(6):
        watch.live.pulses = {"acme__1": "running"}
        watch.look(after_minutes=15)
        watch.live.pulses = {}
        watch.look(after_minutes=15)

    assert watch.settled == []


def test_given_a_run_that_ends_between_two_questions_when_looked_at_then_it_is_left_alone() -> None:
    watch = Watch()
    watch.live.pulses["acme__1"] = ""
    watch.world.accounts.deactivate(cid="acme", run_id="acme__1")

    report = watch.look()

    assert (report.settled, report.not_looked_at, watch.settled) == (0, 0, [])


def test_given_many_runs_left_behind_when_looked_at_then_the_rest_has_its_turn_next_time() -> None:
    watch = Watch()
    accounts = []
    for number in range(MAX_SETTLED_PER_LOOK + 2):
        run = a_run(run_id=f"c{number}__1", cid=f"c{number}", company_sso_id=f"c{number}-company")
        watch.world.runs.start(run)
        watch.world.accounts.activate(run)
        accounts.append(WatchedAccount(run.cid, RunState.IN_PROGRESS, run.run_id))
        watch.live.pulses[run.run_id] = ""
    watch.watched = InMemoryWatchedAccounts(*accounts)

    report = watch.look()

    assert (report.settled, report.postponed, report.not_looked_at) == (MAX_SETTLED_PER_LOOK, 2, 0)


def test_given_an_account_that_cannot_be_looked_at_when_looked_then_the_others_have_their_turn() -> None:
    watch = Watch()
    watch.live.pulses["acme__1"] = ""
    other = WatchedAccount("zeta", RunState.IN_PROGRESS, "zeta__1")
    watch.watched.records = {"zeta": other, **watch.watched.records}
    find = watch.world.runs.find

    def find_unless_zeta(run_id: str) -> Run | None:
        if run_id == "zeta__1":
            raise TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, "down")
        found: Run | None = find(run_id)
        return found

    watch.world.runs.find = find_unless_zeta
    report = watch.look()

    assert (report.not_looked_at, report.settled) == (1, 1)


@pytest.mark.parametrize(("minutes", "told"), [(89.99, 0), (90, 1), (300, 1)])
def test_given_a_window_in_the_runs_settings_when_it_is_over_then_slack_is_told_once(
    minutes: float, told: int
) -> None:
    watch = Watch(run_window_hours=1.5)
    watch.look(after_minutes=minutes)
    watch.live.pulses["acme__1"] = "running on"

    watch.look()

    assert watch.slack.said() == [("trigger", "run_window")] * told


def test_given_a_status_that_missed_the_end_when_looked_at_then_it_is_written_again_as_of_the_end() -> None:
    watch = Watch()
    world = watch.world
    world.status.down = True
    world.end(watch.run)
    finished_at = world.clock.now()
    world.status.down = False
    outcome = world.runs.outcome("acme__1")
    watch.watched = InMemoryWatchedAccounts(WatchedAccount("acme", outcome.state, "acme__1", finished_at))
    before = world.status.read("acme")

    report, again = watch.look(after_minutes=5), watch.look(after_minutes=5)

    after = world.status.read("acme")
    assert before["status"] == "in_progress"
    assert (after["status"], after["finished_at"]) == (outcome.state, "2026-01-02T03:04:05.000Z")
    assert (report.statuses_mended, again.statuses_mended) == (1, 0)


def test_given_a_status_that_has_expired_when_looked_at_then_it_stays_away() -> None:
    watch = Watch()
    watch.world.end(watch.run)
    ended = WatchedAccount("acme", RunState.COMPLETED_SUCCESS, "acme__1", watch.world.clock.now())
    watch.watched = InMemoryWatchedAccounts(ended)
    watch.world.status._records.clear()

    assert watch.look().statuses_mended == 0


@pytest.mark.parametrize("lost", [True, False])
def test_given_a_status_that_is_lost_or_of_another_run_when_looked_at_then_that_of_the_run_is_written(
    lost: bool,
) -> None:
    watch = Watch()
    if lost:
        watch.world.status._records.clear()
    else:
        watch.world.status._records["acme"] = '{"job_id": "acme__0", "status": "halted"}'

    assert watch.look().statuses_mended == 1
    assert watch.look().statuses_mended == 0
    assert watch.world.status.read("acme")["job_id"] == "acme__1"


def late_run(watch: Watch) -> ReportLateRun:
    return ReportLateRun(watch.world.runs, watch.memory, watch.alerts)


def test_given_the_deadline_when_the_watchdog_has_told_already_then_it_is_not_repeated() -> None:
    watch = Watch(run_window_hours=2)
    watch.look(after_minutes=120)

    assert not late_run(watch).report(cid="acme", run_id="acme__1", hours=4)
    assert watch.slack.said() == [("trigger", "run_window")]


def test_given_the_deadline_when_it_tells_first_then_the_watchdog_does_not_repeat_it() -> None:
    watch = Watch()

    assert late_run(watch).report(cid="acme", run_id="acme__1", hours=4)
    watch.look(after_minutes=240)

    assert watch.slack.said() == [("trigger", "run_window")]


def test_given_a_run_with_a_longer_window_when_the_deadline_comes_then_it_is_left_to_the_watchdog() -> None:
    watch = Watch(run_window_hours=5)

    assert not late_run(watch).report(cid="acme", run_id="acme__1", hours=4)
    assert watch.slack.said() == []


def test_given_a_run_that_never_came_to_guard_when_the_deadline_comes_then_it_is_told() -> None:
    watch = Watch()

    assert late_run(watch).report(cid="acme", run_id="acme__2", hours=4)
    assert watch.slack.delivered[0].run_id == "acme__2"


def test_given_a_store_that_is_down_when_the_deadline_comes_then_it_is_told_all_the_same() -> None:
    watch = Watch()
    watch.memory.down = True

    assert late_run(watch).report(cid="acme", run_id="acme__1", hours=4)


def test_given_a_sighting_when_kept_then_it_is_when_the_mark_was_first_seen() -> None:
    watch = Watch()
    watch.look()
    first = watch.watched.records["acme"].sighting

    watch.look(after_minutes=5)

    assert first is not None
    assert watch.watched.records["acme"].sighting == first
    assert watch.world.clock.now() - first.since == timedelta(minutes=5)
