"""A run that is stopped while it writes, by the kill-switch or by hand, and the run that goes on after it.

Two accounts side by side: their CDN holds back every document, so that four batches of each are in hand
when they are stopped. The tests look at what came of it.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox.accounts.model import Account
from sandbox.simulators.faults import Fault, Transport
from sandbox.simulators.process import Control
from sandbox.stack import Stack
from tests.support.account_witness import Witness, classes_of_run, witnessing
from tests.support.airflow_runs import FLAG, until
from tests.support.scenario_accounts import generated, halted

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

PAUSED, CANCELLED = "paused", "cancelled"
IN_SCOPE, BATCH_SIZE = 33, 3
AT_ONCE = 4  # batches of one run
ENOUGH_SECONDS = 10.0


@dataclass
class Stopped:
    """An account through a run that is stopped and the one after it.

    done, in_hand: batches when it was stopped. orphans: objects by then whose notes were not written.
    """

    witness: Witness
    account: Account
    done: set[str] = field(default_factory=set)
    in_hand: set[str] = field(default_factory=set)
    orphans: set[str] = field(default_factory=set)
    batches: list[dict[str, Any]] = field(default_factory=list)
    records: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[dict[str, Any]] = field(default_factory=list)
    accounts: list[dict[str, Any]] = field(default_factory=list)
    written: list[dict[str, bytes]] = field(default_factory=list)
    differences: list[list[str]] = field(default_factory=list)
    free_slots: list[int] = field(default_factory=list)
    task_states: dict[str, str] = field(default_factory=dict)

    @property
    def cid(self) -> str:
        return self.account.cid

    def run(self, number: int, **conf: Any) -> None:
        self.witness.runs.migrate(self.cid, f"{self.cid}__{number}", **conf)

    def is_held(self) -> bool:
        """Whether as many batches as may be are in hand, the same as at the last look."""
        batches = self.witness.batches(f"{self.cid}__1")
        in_hand = {each["batch"] for each in batches if "result" not in each}
        same, self.in_hand = in_hand == self.in_hand, in_hand
        self.done = {each["batch"] for each in batches} - in_hand
        self.orphans = self.witness.objects(self.account) - self.witness.linked(self.account)
        return same and len(in_hand) == AT_ONCE and bool(self.orphans)

    def see(self, number: int, account: Account) -> None:
        """Wait for the run's end and keep what is there then; `account` is as it must be by then."""
        run_id, witness = f"{self.cid}__{number}", self.witness
        witness.runs.wait(run_id)
        self.batches = self.batches or witness.batches(run_id)
        self.task_states = self.task_states or witness.runs.task_states(run_id)
        self.records.append(witness.record(run_id))
        self.statuses.append(witness.status(self.cid))
        self.accounts.append(witness.account(self.cid))
        self.written.append(witness.bytes_of(self.account))
        self.differences.append(witness.differences(account))
        self.free_slots.append(witness.runs.pools.get_pool(f"crm_notes_cid_{self.cid}").open_slots)


@dataclass
class Story:
    """Both accounts; `seconds` from the switch to the status that says `halted`."""

    paused: Stopped
    cancelled: Stopped
    seconds: float = 0.0

    def tell(self, control: Control) -> None:
        both, witness = (self.paused, self.cancelled), self.paused.witness
        witness.runs.set_variable(FLAG, {PAUSED: True, CANCELLED: True})
        for each in both:
            witness.load(each.account)
            control.add_fault(a_hold(each.cid))
            each.run(1, batch_size=BATCH_SIZE)
        until(lambda: all([each.is_held() for each in both]), "batches in hand", 120)

        witness.runs.mark_failed(f"{CANCELLED}__1")
        witness.runs.set_variable(FLAG, {PAUSED: False, CANCELLED: True})
        began = time.monotonic()
        control.clear_faults()
        until(lambda: witness.status(PAUSED)["status"] == "halted", "the run to halt", 120)
        self.seconds = time.monotonic() - began
        self.paused.see(1, halted(self.paused.account))

        witness.runs.set_variable(FLAG, {PAUSED: True, CANCELLED: True})
        self.paused.run(2)
        self.cancelled.see(1, halted(self.cancelled.account))
        self.cancelled.run(2)
        for each in both:
            each.see(2, each.account)


def a_hold(cid: str) -> Fault:
    return Fault(target="cdn", kind=Transport.HOLD, path_prefix=f"/uploads/{cid}/document/")


@pytest.fixture(scope="module")
def story(stack: Stack) -> Iterator[Story]:
    with witnessing(stack) as witness, stack.simulators.control() as control:
        paused, cancelled = (Stopped(witness, an_account(stack, cid)) for cid in (PAUSED, CANCELLED))
        story = Story(paused, cancelled)
        try:
            story.tell(control)
        finally:
            control.clear_faults()
        yield story


def an_account(stack: Stack, cid: str) -> Account:
    cdn_url = stack.simulators.addresses.cdn
    return generated(cid, in_scope=IN_SCOPE, persons=20, with_files=24, cdn_url=cdn_url)


def test_given_the_flag_switched_off_when_the_batches_in_hand_are_done_then_no_other_begins(
    story: Story,
) -> None:
    paused = story.paused
    with_result = {each["batch"] for each in paused.batches if "result" in each}

    assert len(paused.in_hand) == AT_ONCE
    assert {each["batch"] for each in paused.batches} == with_result == paused.done | paused.in_hand
    assert len(with_result) < IN_SCOPE / BATCH_SIZE


def test_given_the_flag_switched_off_when_the_run_ends_then_it_is_halted_soon_and_says_why(
    story: Story,
) -> None:
    paused = story.paused

    assert (paused.statuses[0]["status"], paused.statuses[0]["reason_code"]) == ("halted", "FLAG_DISABLED")
    assert paused.task_states["halted"] == "failed"
    assert story.seconds < ENOUGH_SECONDS


def test_given_a_run_marked_failed_when_it_ends_then_it_is_halted_and_every_batch_is_settled(
    story: Story,
) -> None:
    cancelled = story.cancelled
    status = cancelled.statuses[0]

    assert (status["status"], status["reason_code"]) == ("halted", "INTERNAL_ERROR")
    assert {each["batch"] for each in cancelled.batches if "result" not in each} == set()
    assert cancelled.records[0]["status"] == "halted"


def test_given_a_run_marked_failed_when_files_had_no_note_yet_then_none_of_them_is_left(story: Story) -> None:
    assert len(story.cancelled.orphans) > 0
    assert story.cancelled.differences[0] == []


@pytest.mark.parametrize("cid", [PAUSED, CANCELLED])
def test_given_a_stopped_run_when_it_is_over_then_no_record_says_in_progress_and_the_lock_is_free(
    story: Story, cid: str
) -> None:
    stopped = getattr(story, cid)

    assert stopped.records[0]["status"] == stopped.accounts[0]["state"] == "halted"
    assert stopped.accounts[0]["active_run"] is None
    assert stopped.free_slots == [1, 1]


@pytest.mark.parametrize("cid", [PAUSED, CANCELLED])
def test_given_a_stopped_run_when_started_again_then_it_goes_on_where_it_was(story: Story, cid: str) -> None:
    stopped = getattr(story, cid)
    first, second = stopped.written
    there = len(first)

    assert 0 < there < IN_SCOPE
    assert stopped.statuses[1]["status"] == "completed_success"
    assert classes_of_run(stopped.records[1]) == {
        "migrated": IN_SCOPE - there,
        "already_present": there,
        "out_of_scope": stopped.account.expected.out_of_scope,
    }
    assert {note_id: second[note_id] for note_id in first} == first
    assert stopped.differences == [[], []]


@pytest.mark.parametrize("cid", [PAUSED, CANCELLED])
def test_given_a_stopped_run_when_counted_then_what_it_wrote_is_what_it_says(story: Story, cid: str) -> None:
    stopped = getattr(story, cid)

    assert classes_of_run(stopped.records[0])["migrated"] == len(stopped.written[0])
    assert stopped.statuses[0]["notes_migrated"] == len(stopped.written[0])
