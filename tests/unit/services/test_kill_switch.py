"""The flag thrown while a run reads: it stops between two pages, long before anything is written."""

from __future__ import annotations

from typing import Any

import pytest

from notes_migration.domain.conf import Mode
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.paging import IdRange
from notes_migration.domain.states import RunState
from notes_migration.ports.batch_ledger import FailedRecord
from notes_migration.services.kill_switch import LOOK_SECONDS, KillSwitch
from notes_migration.services.plan_replay import PlanReplay
from tests.fakes.clock import SteppedClock
from tests.fakes.feature_flag import InMemoryFlag
from tests.support.builders import a_crm_note, a_run
from tests.support.memory_world import MemoryWorld

OFF = Outcome(RunState.HALTED, ReasonCode.FLAG_DISABLED)


class Slow:
    """A CRM that takes three seconds for each answer of one kind; `asked` counts these."""

    def __init__(self, world: MemoryWorld, name: str) -> None:
        self._crm, self._clock, self._name = world.crm, world.clock, name
        self.asked = 0

    def __getattr__(self, name: str) -> Any:
        def answer(*args: Any, **kwargs: Any) -> Any:
            if name == self._name:
                self.asked += 1
                self._clock.pause(3)
            return getattr(self._crm, name)(*args, **kwargs)

        return answer


def a_world(**settings: Any) -> MemoryWorld:
    world = MemoryWorld(settings={"batch_size": 2, **settings})
    world.crm.organization = [a_crm_note(each) for each in range(1, 21)]
    return world


@pytest.mark.parametrize("name", ["notes", "person_ids"])
def test_given_a_slow_crm_when_the_flag_is_thrown_while_it_is_read_then_the_run_halts_after_the_page_in_hand(
    name: str,
) -> None:
    world = a_world()
    run = world.guard()
    world.crm = slow = Slow(world, name)
    world.flag.on = False

    assert world.plan(run) == []
    assert slow.asked == 1
    assert world.end(run) == OFF
    assert world.notes.writes == []


def test_given_a_replay_when_the_flag_is_thrown_while_it_reads_then_it_asks_for_no_further_ids() -> None:
    world = a_world()
    world.crm.organization = [a_crm_note(each) for each in range(1, 251)]
    run = a_run(mode=Mode.REPLAY_FAILED)
    world.runs.start(run)
    reason = ReasonCode.CONTACT_NOT_MAPPED
    world.failures.record(run, [FailedRecord("note", str(each), None, reason, "x") for each in range(1, 251)])
    crm = Slow(world, "by_ids")
    world.flag.on = False
    plan = PlanReplay(crm, world.staging, world.runs, world.ledger, world.failures, world.notes, world.switch)

    assert plan.extract(run, IdRange(0, 1000)) == []
    assert crm.asked == 1
    assert world.reload(run).stopped is ReasonCode.FLAG_DISABLED


def test_given_a_run_that_another_range_has_stopped_when_a_range_begins_then_nothing_is_read() -> None:
    world = a_world()
    run = world.guard()
    world.runs.stop(run, ReasonCode.FLAG_DISABLED)
    world.crm = slow = Slow(world, "notes")

    assert world.extractor.extract(world.reload(run), IdRange(0, 20)) == []
    assert slow.asked == 0


def test_given_a_long_pause_between_pages_when_the_flag_is_thrown_then_it_is_not_waited_out() -> None:
    world = a_world(inter_page_delay_ms=60_000)
    run = world.guard()
    world.flag.on = False

    assert world.plan(run) == []
    assert world.clock.pauses == [LOOK_SECONDS]


def test_given_pages_within_two_seconds_when_read_then_the_flag_is_not_asked_again() -> None:
    flag, clock = InMemoryFlag(), SteppedClock()
    switch, flag.looks_left = KillSwitch(flag, clock), 1

    for _ in range(3):
        clock.pause(LOOK_SECONDS / 2)
        switch.require_on(a_run())

    clock.pause(LOOK_SECONDS)
    with pytest.raises(FatalError) as caught:
        switch.require_on(a_run())
    assert caught.value.reason is ReasonCode.FLAG_DISABLED


@pytest.mark.parametrize("mode", [Mode.DRY_RUN, Mode.VERIFY])
def test_given_a_run_that_only_looks_when_the_flag_is_off_then_it_reads_on(mode: Mode) -> None:
    flag, clock = InMemoryFlag(), SteppedClock()
    switch, flag.on = KillSwitch(flag, clock), False

    switch.pause(a_run(mode=mode), LOOK_SECONDS * 2)

    assert clock.pauses == [LOOK_SECONDS] * 2
