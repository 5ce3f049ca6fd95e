"""The stages of a run around the batches, and runs as a whole."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from notes_migration.domain.errors import FatalError, MigrationError, ReasonCode, TransientError
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.paging import IdRange
from notes_migration.domain.states import RunState
from notes_migration.services.finalize_run import DRAIN_SECONDS, Ending
from notes_migration.services.measure_coverage import PERSONS_PER_PAGE
from tests.fakes.crm import InMemoryCrm
from tests.support.builders import a_cdp_note, a_crm_note, a_run
from tests.support.memory_world import Crash, CrashingAt, MemoryWorld

SUCCESS = Outcome(RunState.COMPLETED_SUCCESS)
SILENT = TransientError(ReasonCode.CRM_EXTRACT_FAILED, "no answer")
REFUSED = FatalError(ReasonCode.CRM_EXTRACT_FAILED, "401")
UNKNOWN = FatalError(ReasonCode.CID_NOT_FOUND, "unknown")


def a_world(notes: int = 10, *, first: int = 1, batch_size: int = 4, **note: Any) -> MemoryWorld:
    world = MemoryWorld(settings={"batch_size": batch_size})
    world.crm.organization = [a_crm_note(each, **note) for each in range(first, first + notes)]
    return world


def halted(reason: ReasonCode) -> Outcome:
    return Outcome(RunState.HALTED, reason)


def test_given_an_account_when_run_then_every_note_is_there_and_nothing_temporary_stays() -> None:
    world = a_world()

    assert world.run() == SUCCESS

    assert sorted(world.notes.stored, key=int) == [str(each) for each in range(1, 11)]
    assert world.classes()["migrated"] == 10
    assert world.staging.stored == {}
    assert world.accounts.state("acme") is RunState.COMPLETED_SUCCESS
    assert world.alerts.ended == [SUCCESS]
    assert world.events.names()[0] == "started"
    assert world.events.names()[-1] == "completed"
    assert world.status.read("acme")["status"] == "completed_success"


def test_given_an_account_without_notes_when_run_then_it_is_a_success_with_nothing_to_do() -> None:
    world = a_world(0)

    assert world.run() == SUCCESS

    assert world.runs.ledgers["acme__1"].match_pct == 100.0
    assert world.accounts.bindings(cid="acme", company_sso_id="acme-company") == ()
    assert world.contacts.asked == []


def test_given_only_notes_of_other_types_when_run_then_they_are_out_of_scope() -> None:
    world = a_world(3, crm_note_type_id=2)

    assert world.run() == SUCCESS

    assert world.classes()["out_of_scope"] == 3


def test_given_a_finished_run_when_run_again_then_it_is_refused_and_nothing_changes() -> None:
    world = a_world()
    world.run()

    with pytest.raises(FatalError) as caught:
        world.guard("acme__2")

    assert caught.value.reason is ReasonCode.ALREADY_MIGRATED
    assert world.accounts.state("acme") is RunState.COMPLETED_SUCCESS
    assert world.runs.find("acme__2") is None


def test_given_a_finished_run_when_rerun_then_all_is_skipped() -> None:
    world = a_world()
    world.run()

    assert world.run("acme__2", rerun=True) == SUCCESS

    classes = world.classes("acme__2")
    assert (classes["migrated"], classes["already_present"]) == (0, 10)
    assert len(world.notes.writes) == 10


def test_given_a_refusal_when_guarded_then_neither_crm_nor_stores_are_touched() -> None:
    world = a_world()
    world.flag.on = False
    dead = replace(world, crm=None, inspector=None, staging=None, status=None)

    with pytest.raises(FatalError) as caught:
        dead.guard()

    assert caught.value.reason is ReasonCode.FLAG_DISABLED
    assert world.accounts.state("acme") is RunState.NOT_STARTED


def test_given_an_account_never_migrated_when_a_replay_is_guarded_then_it_is_refused() -> None:
    with pytest.raises(FatalError, match="never migrated") as caught:
        a_world().guard(mode="replay_failed")

    assert caught.value.reason is ReasonCode.CID_NOT_FOUND


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda world: setattr(world.inspector, "problem", "missing"), ReasonCode.INDEX_MISSING),
        (
            lambda world: setattr(world.inspector, "native", {"note": {"object"}}),
            ReasonCode.SCHEMA_MISMATCH,
        ),
        (
            lambda world: setattr(
                world.bucket, "failure", FatalError(ReasonCode.DEPENDENCY_UNAVAILABLE, "404")
            ),
            ReasonCode.DEPENDENCY_UNAVAILABLE,
        ),
        (lambda world: setattr(world.crm, "failure", UNKNOWN), ReasonCode.CID_NOT_FOUND),
    ],
)
def test_given_a_target_that_is_not_right_when_guarded_then_nothing_is_started(
    change: Any, reason: ReasonCode
) -> None:
    world = a_world()
    change(world)

    with pytest.raises(MigrationError) as caught:
        world.guard()

    assert caught.value.reason is reason
    assert world.runs.find("acme__1") is None
    assert world.accounts.state("acme") is RunState.NOT_STARTED
    assert world.events.emitted == []


@pytest.mark.parametrize("failure", [SILENT, REFUSED])
def test_given_a_crm_that_does_not_answer_guard_when_run_then_it_halts_with_nothing_read(
    failure: MigrationError,
) -> None:
    world = a_world()
    world.crm.failure = failure

    assert world.run() == halted(ReasonCode.CRM_EXTRACT_FAILED)
    assert world.notes.writes == []


@pytest.mark.parametrize("failure", [SILENT, REFUSED, UNKNOWN])
def test_given_a_crm_that_fails_at_the_gate_when_run_then_it_halts(failure: MigrationError) -> None:
    world = a_world()
    run = world.guard()
    world.crm.failure = failure

    assert world.plan(run) == []
    assert world.end(run) == halted(ReasonCode.CRM_EXTRACT_FAILED)


@pytest.mark.parametrize("failure", [SILENT, REFUSED, UNKNOWN])
def test_given_a_crm_that_fails_while_it_is_read_when_run_then_nothing_is_written(
    failure: MigrationError,
) -> None:
    world = a_world()
    world.crm.before_page = lambda page: setattr(world.crm, "failure", failure if page else None)
    run = world.guard()

    assert world.plan(run) == []
    world.crm.failure = None
    assert world.end(run) == halted(ReasonCode.CRM_EXTRACT_FAILED)
    assert world.notes.writes == []
    assert world.staging.stored == {}


@pytest.mark.parametrize("failure", [SILENT, REFUSED, UNKNOWN])
def test_given_a_crm_that_fails_at_the_end_when_validated_then_validation_is_skipped(
    failure: MigrationError,
) -> None:
    world = a_world()
    run = world.guard()
    for group in world.plan(run):
        world.group.migrate(run, group)
    world.crm.failure = failure

    assert world.end(run) == Outcome(RunState.COMPLETED_WITH_ERRORS, ReasonCode.VALIDATION_SKIPPED)


@pytest.mark.parametrize(("unmapped", "opens"), [(0, True), (1, True), (2, False)])
def test_given_persons_at_the_threshold_when_measured_then_exactly_at_it_opens(
    unmapped: int, opens: bool
) -> None:
    world = a_world(0)
    world.crm.organization = [a_crm_note(each, crm_person_id=each) for each in range(1, 101)]
    world.contacts.contacts = {str(each): ["c"] for each in range(1 + unmapped, 101)}
    run = world.guard()

    ranges = world.gate.ranges_to_read(run)

    assert bool(ranges) is opens
    assert world.reload(run).stopped == (None if opens else ReasonCode.COVERAGE_BELOW_THRESHOLD)


class Persons:
    """A CRM that answers `person_ids` with these pages, one after the other, then empty."""

    def __init__(self, *pages: list[object]) -> None:
        self._pages = list(pages)

    def person_ids(self, **_: int) -> list[object]:
        return self._pages.pop(0) if self._pages else []


@pytest.mark.parametrize(
    "pages",
    [
        ([None],),
        ([9001, None],),
        ([9001], [None, "x"]),
        ([9001, "9001", -1],),
    ],
)
def test_given_persons_that_are_no_ids_when_measured_then_they_do_not_resolve(pages: Any) -> None:
    world = a_world()
    run = world.guard()

    ranges = replace(world, crm=Persons(*pages)).gate.ranges_to_read(run)

    assert ranges == []
    assert world.reload(run).stopped is ReasonCode.COVERAGE_BELOW_THRESHOLD


def test_given_a_page_of_persons_that_repeats_when_measured_then_it_ends() -> None:
    world = a_world()
    run = world.guard()

    assert replace(world, crm=Persons([9001], [9001], [9001])).gate.ranges_to_read(run)


def test_given_a_full_page_of_persons_that_repeats_when_measured_then_the_gate_does_not_believe_it() -> None:
    world = a_world()
    run = world.guard()
    full = list(range(9001, 9001 + PERSONS_PER_PAGE))

    ranges = replace(world, crm=Persons(full, full, full)).gate.ranges_to_read(run)

    assert ranges == []
    assert world.reload(run).stopped is ReasonCode.CRM_EXTRACT_FAILED


class Pages:
    """A CRM that answers `notes` with these pages; the last one again and again."""

    def __init__(self, *pages: list[dict[str, Any]]) -> None:
        self._pages = list(pages)

    def notes(self, **_: int) -> list[dict[str, Any]]:
        return self._pages.pop(0) if len(self._pages) > 1 else self._pages[0]


def read(world: MemoryWorld, *pages: list[dict[str, Any]], until_id: int = 100) -> list[list[Any]]:
    """Return the ids of every staged page."""
    run = world.guard()
    staged = replace(world, crm=Pages(*pages)).extractor.extract(run, IdRange(0, until_id))
    return [[note["id"] for note in world.staging.load(page)] for page in staged]


def some_notes(*ids: object) -> list[dict[str, Any]]:
    return [a_crm_note(each) for each in ids]


def test_given_a_short_page_when_read_then_it_is_not_taken_for_the_end() -> None:
    assert read(a_world(), some_notes(1), some_notes(2, 3), []) == [[1], [2, 3]]


def test_given_an_overlapping_page_when_read_then_no_note_comes_twice() -> None:
    pages = some_notes(1, 2, 3, 4), some_notes(4, 5), some_notes(5)

    assert read(a_world(), *pages) == [[1, 2, 3, 4], [5]]


def test_given_a_full_page_that_repeats_when_read_then_the_run_stops() -> None:
    world = a_world()

    assert read(world, some_notes(1, 2, 3, 4)) == []
    assert world.runs.find("acme__1").stopped is ReasonCode.CRM_EXTRACT_FAILED


def test_given_a_note_without_id_that_comes_again_when_read_then_it_is_staged_once() -> None:
    pages = some_notes(1, 2, 3, None), some_notes(None, 4, 5), some_notes(None)

    assert read(a_world(), *pages) == [[1, 2, 3, None], [4, 5]]


def test_given_two_different_notes_without_id_when_read_then_both_are_staged() -> None:
    pages = [a_crm_note(None, note="a"), a_crm_note(None, note="b")], []

    assert read(a_world(), *pages) == [[None, None]]


def test_given_notes_out_of_the_range_when_read_then_they_are_left_out() -> None:
    assert read(a_world(), some_notes(1, 101), [], until_id=100) == [[1]]


def test_given_a_pause_between_pages_when_read_then_it_is_kept() -> None:
    world = a_world()
    world.settings["inter_page_delay_ms"] = 250

    world.run()

    assert world.clock.pauses[:3] == [0.25, 0.25, 0.25]


def test_given_a_note_deleted_between_pages_when_run_then_it_has_vanished_and_no_other_is_skipped() -> None:
    world = a_world()
    world.crm.before_page = lambda page: page == 1 and world.crm.organization.pop(1)  # note 2, read before

    assert world.run() == SUCCESS
    assert world.classes()["migrated"] == 10

    world = a_world()
    world.crm.before_page = lambda page: page == 1 and world.crm.organization.pop(-1)
    assert world.run() == SUCCESS
    assert (world.classes()["migrated"], world.classes()["vanished_at_source"]) == (9, 1)


def test_given_a_note_added_while_it_is_read_when_run_then_it_is_left_for_the_next_run() -> None:
    world = a_world()
    world.crm.before_page = lambda page: world.crm.organization.append(a_crm_note(100 + page))

    assert world.run() == SUCCESS
    assert world.classes()["migrated"] == 10


class Forgetful(InMemoryCrm):
    """Counts all notes and never delivers those in `lost`."""

    lost: frozenset[int] = frozenset()

    def notes(self, **query: int) -> list[dict[str, Any]]:
        return [note for note in super().notes(**query) if note["id"] not in self.lost]


@pytest.mark.parametrize(("lost", "state"), [(1, "completed_success"), (2, "completed_with_errors")])
def test_given_notes_that_the_crm_counts_and_never_delivers_when_run_then_it_is_no_silent_success(
    lost: int, state: str
) -> None:
    crm = Forgetful([a_crm_note(each) for each in range(1, 101)])
    crm.lost = frozenset(range(1, 1 + lost))

    outcome = MemoryWorld(crm=crm).run()

    assert outcome.state == state
    assert outcome.reason == (None if lost == 1 else ReasonCode.MATCH_BELOW_THRESHOLD)


def test_given_a_crm_that_grew_during_the_run_when_validated_then_it_is_on_record_and_none_is_missing() -> (
    None
):
    world = a_world()
    run = world.guard()
    for group in world.plan(run):
        world.group.migrate(run, group)
    world.crm.organization += [a_crm_note(1000), a_crm_note(1001), a_crm_note(1002, crm_note_type_id=2)]

    assert world.end(run) == Outcome(RunState.COMPLETED_SUCCESS)
    assert world.runs.reported(run)["notes_added_since"] == 2
    assert world.classes()["vanished_at_source"] == 0


def test_given_a_written_note_that_is_gone_when_validated_then_the_run_completes_with_errors() -> None:
    world = a_world()
    run = world.guard()
    for group in world.plan(run):
        world.group.migrate(run, group)
    del world.notes.stored["3"]

    assert world.end(run) == Outcome(RunState.COMPLETED_WITH_ERRORS, ReasonCode.MATCH_BELOW_THRESHOLD)


@pytest.mark.parametrize(("failing", "state"), [(1, "completed_success"), (2, "halted")])
@pytest.mark.parametrize("backwards", [False, True])
def test_given_failures_at_the_threshold_when_run_then_the_order_of_batches_does_not_matter(
    failing: int, state: str, backwards: bool
) -> None:
    world = a_world(100, batch_size=10)
    for note in world.crm.organization[:failing]:
        note["created_at"] = None
    run = world.guard()
    groups = world.plan(run)
    for group in reversed(groups) if backwards else groups:
        world.group.migrate(run, group)

    outcome = world.end(run)

    assert outcome.state == state
    assert outcome.reason == (ReasonCode.FAILURE_RATE_EXCEEDED if state == "halted" else None)
    assert state == "halted" or len(world.notes.writes) == 100 - failing


def test_given_failures_above_the_threshold_when_run_then_no_further_batch_starts() -> None:
    world = a_world(100, batch_size=10)
    for note in world.crm.organization[:5]:
        note["created_at"] = None

    world.run()

    assert len(world.notes.writes) == 5


def test_given_the_flag_thrown_between_batches_when_run_then_the_batch_in_hand_is_finished() -> None:
    world = a_world(12, batch_size=4)
    run = world.guard()
    groups = world.plan(run)
    world.flag.looks_left = 2
    for group in groups:
        world.group.migrate(run, group)

    assert len(world.notes.writes) == 8
    assert world.end(run) == halted(ReasonCode.FLAG_DISABLED)


def test_given_a_halted_run_when_triggered_again_then_what_is_missing_is_written() -> None:
    world = a_world(12, batch_size=4)
    world.flag.looks_left = 2  # guard, and one batch
    assert world.run() == halted(ReasonCode.FLAG_DISABLED)
    world.flag.looks_left = None

    assert world.run("acme__2") == SUCCESS
    assert (world.classes("acme__2")["migrated"], world.classes("acme__2")["already_present"]) == (8, 4)


def test_given_a_pair_bound_to_others_meanwhile_when_planned_then_the_run_stops() -> None:
    world = a_world()
    run = world.guard()
    rival = a_run(cid="rival", run_id="rival__1")
    world.accounts.activate(rival)
    assert world.accounts.bind(rival)

    assert world.plan(run) == []
    assert world.end(run) == halted(ReasonCode.TENANT_MISMATCH)
    assert world.notes.writes == []


def test_given_a_mistaken_pair_that_wrote_nothing_when_run_then_it_binds_nothing() -> None:
    world = a_world()
    world.contacts.contacts = {}

    assert world.run(company="wrong") == halted(ReasonCode.COVERAGE_BELOW_THRESHOLD)
    assert world.accounts.bindings(cid="acme", company_sso_id="wrong") == ()

    world.contacts.contacts = {"9001": ["contact-1"]}
    assert world.run("acme__2") == SUCCESS


def test_given_a_bound_account_when_another_company_is_asked_for_then_it_is_refused_before_the_crm() -> None:
    world = a_world()
    world.run()
    world.crm.failure = RuntimeError  # asking at all would show

    with pytest.raises(FatalError) as caught:
        world.guard("acme__2", company="rival-company", rerun=True)

    assert caught.value.reason is ReasonCode.TENANT_MISMATCH


def test_given_a_status_store_that_is_down_when_run_then_the_run_goes_on() -> None:
    world = a_world()
    world.status.down = True

    assert world.run() == SUCCESS


def test_given_a_whole_run_that_is_cleared_when_run_then_its_own_notes_count_as_migrated() -> None:
    world = a_world(12, batch_size=4)
    world.flag.looks_left = 2
    world.run()
    world.flag.looks_left = None
    del world.notes.stored["1"]  # a user erased it meanwhile

    assert world.run() == SUCCESS

    classes = world.classes()
    assert world.runs.find("acme__1").attempt == 2
    assert (classes["migrated"], classes["already_present"], classes["erased_in_cdp"]) == (11, 0, 1)


def test_given_a_cleared_run_that_reads_other_pages_when_it_crashes_then_no_note_counts_twice() -> None:
    world = a_world(12, batch_size=4)
    world.flag.looks_left = 3
    world.run()
    world.flag.looks_left = None
    world.crm.organization += [a_crm_note(each) for each in range(13, 30)]
    world.settings["batch_size"] = 7
    run = world.guard()
    dying = replace(world, notes=CrashingAt(world.notes, "insert_missing", after=True))
    first, second, *_ = world.plan(run)
    world.group.migrate(run, first)
    with pytest.raises(Crash):
        dying.group.migrate(run, second)

    world.finalize(run)

    assert world.classes()["migrated"] == len(world.notes.writes) == len(world.notes.stored)


def test_given_batches_that_may_be_dying_when_finalized_then_they_are_waited_for() -> None:
    world = a_world()
    run = world.guard()

    assert world.finalize(run, dying=True) is Ending.INTERRUPTED
    assert world.clock.pauses == [DRAIN_SECONDS]


class LookingAt:
    """A batch ledger that notes whether the run could still write while its intents were settled."""

    def __init__(self, world: MemoryWorld, run: Any) -> None:
        self._world, self._run, self.open = world, run, list[bool]()

    def __getattr__(self, name: str) -> Any:
        if name in {"unsettled", "all_intended"}:
            self.open.append(self._world.accounts.is_active(self._run))
        return getattr(self._world.ledger, name)


def test_given_a_batch_still_alive_when_finalized_then_the_fence_is_closed_before_anything_is_settled() -> (
    None
):
    world = a_world()
    run = world.guard()
    ledger = LookingAt(world, run)

    replace(world, ledger=ledger).finalize(run)

    assert ledger.open == [False, False]


def test_given_a_run_id_of_another_account_when_guarded_then_it_is_refused() -> None:
    world = a_world()
    world.run()
    world.flag.on = True

    with pytest.raises(FatalError) as caught:
        world.guard("acme__1", cid="other", company="other-company")

    assert caught.value.reason is ReasonCode.INVALID_REQUEST
    assert world.runs.find("acme__1").cid == "acme"


def test_given_a_run_that_ended_when_finalized_again_then_nothing_changes() -> None:
    world = a_world()
    world.run()
    run = world.runs.find("acme__1")
    before = len(world.events.emitted)

    assert world.finalize(run) is Ending.ENDED
    assert len(world.events.emitted) == before
    assert world.alerts.ended == [SUCCESS]


def test_given_a_run_that_lost_the_account_when_finalized_then_the_others_is_left_alone() -> None:
    world = a_world()
    run = world.guard()
    other = world.guard("acme__2")

    assert world.finalize(run) is Ending.NEVER_STARTED
    assert world.accounts.is_active(other)
    assert world.accounts.state("acme") is RunState.IN_PROGRESS


@pytest.mark.parametrize("after", [False, True])
def test_given_a_crash_while_the_outcome_is_recorded_when_finalized_then_no_account_stays_in_progress(
    after: bool,
) -> None:
    world = a_world()
    run = world.guard()
    for group in world.plan(run):
        world.group.migrate(run, group)
    dying = replace(world, runs=CrashingAt(world.runs, "finish", after=after))
    with pytest.raises(Crash):
        dying.end(run)

    world.finalize(run)

    assert world.accounts.state("acme") is (RunState.COMPLETED_SUCCESS if after else RunState.HALTED)
    assert not world.accounts.is_active(run)
    assert len(world.alerts.ended) == 1


def test_given_a_run_that_is_over_when_its_outcome_is_recorded_then_it_is_refused() -> None:
    world = a_world()
    run = world.guard()
    world.guard("acme__2")

    with pytest.raises(FatalError):
        world.recorder.record(run, SUCCESS)

    assert world.runs.outcome("acme__1") is None


def test_given_what_a_crashed_run_staged_when_the_next_starts_then_it_is_gone() -> None:
    world = a_world()
    world.staging.stored = {"runs/acme/acme__0/1/0-00000.json.gz": "[]", "runs/acme2/x/1/a.json.gz": "[]"}

    world.guard()

    assert list(world.staging.stored) == ["runs/acme2/x/1/a.json.gz"]


def test_given_a_note_that_could_not_be_written_when_finalized_then_its_objects_are_swept() -> None:
    world = a_world(1)
    world.notes.refused = {"1"}
    world.objects.stored = {
        "acme-company/1/image-7": (None, b""),
        "acme-company/1/someone-elses": (None, b""),
        "acme-company/2/image-7": (None, b""),
    }

    world.run()

    assert list(world.objects.stored) == ["acme-company/1/someone-elses", "acme-company/2/image-7"]


def test_given_notes_present_from_elsewhere_when_run_then_they_are_already_present() -> None:
    world = a_world(3)
    world.notes.stored["2"] = a_cdp_note("2")

    world.run()

    assert (world.classes()["migrated"], world.classes()["already_present"]) == (2, 1)
