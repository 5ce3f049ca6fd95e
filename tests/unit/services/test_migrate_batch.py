"""One batch: each note to its class, exactly once, whatever breaks on the way."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from notes_migration.domain.batching import StagedPage
from notes_migration.domain.errors import FatalError, ReasonCode, TransientError
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.owners import Owner
from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState
from notes_migration.services.finalize_run import Ending
from tests.support.builders import a_cdp_note, a_crm_note
from tests.support.memory_world import Crash, CrashingAt, MemoryWorld

FILE = {"id": 1, "url": "https://cdn.example/a"}
NOTES = [
    a_crm_note(1),
    a_crm_note(2, images=[FILE, {"id": 2}]),
    a_crm_note(3, creator_id=78, crm_checkin={"id": 5}),
    a_crm_note(4, crm_person_id=1),
    a_crm_note(5, created_at=None),
    a_crm_note(6, note="<p></p>"),
]
CLASSES = {"migrated": 3, "already_present": 1, "failed": 2, "vanished_at_source": 0, "erased_in_cdp": 0}
DOWN = TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, "down")


def staged(world: MemoryWorld, run: Run, notes: list[dict[str, Any]], name: str = "0-00000") -> StagedPage:
    key = f"{run.staging_prefix}1/{name}.json.gz"
    return world.staging.stage(key, notes, first_id=1, last_id=9)


def a_started_run(notes: list[dict[str, Any]] = NOTES) -> tuple[MemoryWorld, Run, StagedPage]:
    """Return a run whose single page is staged; note 1 is in the CDP already."""
    world = MemoryWorld()
    world.crm.organization = list(notes)
    world.notes.stored["1"] = a_cdp_note("1")
    run = world.guard()
    return world, run, staged(world, run, notes)


def assert_everything_counted_once(world: MemoryWorld, run: Run) -> None:
    classes = world.classes()
    assert {name: classes[name] for name in CLASSES} == CLASSES
    assert sorted(world.notes.writes) == ["2", "3", "6"]
    totals = world.ledger.totals(run)
    assert totals.failed_by_reason == {"CONTACT_NOT_MAPPED": 1, "NOTE_INVALID": 1}
    assert (totals.attachments.linked, totals.attachments.failed, totals.attachments.bytes) == (1, 1, 10)
    assert (totals.owners.resolved, totals.owners.by_label, totals.checkins_dropped) == (2, 1, 1)
    assert world.failures.reasons() == {"4": "CONTACT_NOT_MAPPED", "5": "NOTE_INVALID"}
    assert ("acme", "attachment", "2", "image-2") in world.failures.seen
    assert ("acme", "owner", "3", None) in world.failures.seen


def test_given_a_page_when_migrated_then_every_note_has_its_class() -> None:
    world, run, page = a_started_run()

    result = world.batch.migrate(run, page)

    assert_everything_counted_once(world, run)
    assert sorted(result.ids["migrated"]) == ["2", "3", "6"]
    assert result.ids["already_present"] == ["1"]
    assert world.notes.stored["2"].contact_id == "contact-1"
    assert world.notes.stored["3"].owner == Owner(label="Sari W.")
    assert [each.file_name for each in world.notes.stored["2"].attachments] == ["image-1"]


def test_given_a_page_when_migrated_then_events_name_what_failed_and_nothing_of_its_content() -> None:
    world, run, page = a_started_run()

    world.batch.migrate(run, page)

    names = world.events.names()
    assert sorted(names) == [
        *("attachment_failed", "batch_completed", "checkin_dropped", "note_failed", "note_failed"),
        *("owner_not_resolved", "started"),
    ]
    assert "Sari" not in str(world.events.emitted)
    assert "cdn.example" not in str(world.events.emitted)


def test_given_a_page_when_migrated_then_its_event_says_what_share_of_the_runs_notes_failed_in_it() -> None:
    world, run, page = a_started_run()

    world.batch.migrate(replace(run, in_scope=300), page)

    (fields,) = [fields for name, fields in world.events.emitted if name.endswith("_batch_completed")]
    assert fields["notes_processed"] == 6
    assert fields["failure_rate"] == 0.66  # 2 of 300, floored


STEPS = [
    *(("ledger", name, after) for name in ("store_intent", "store_prepared") for after in (False, True)),
    *(("failures", "record", after) for after in (False, True)),
    *(("notes", "insert_missing", after) for after in (False, True)),
    *(("failures", "resolve", after) for after in (False, True)),
    *(("ledger", "store_result", after) for after in (False, True)),
    *((part, name, False) for part, name in (("contacts", "of_persons"), ("relinker", "relink"))),
    *((part, name, False) for part, name in (("owners", "resolve"), ("events", "emit"))),
]


@pytest.mark.parametrize(("part", "method", "after"), STEPS)
def test_given_a_crash_at_any_step_when_the_batch_is_tried_again_then_the_sums_are_exact(
    part: str, method: str, after: bool
) -> None:
    world, run, page = a_started_run()
    dying = replace(world, **{part: CrashingAt(getattr(world, part), method, after=after)})

    with pytest.raises(Crash):
        dying.batch.migrate(run, page)
    world.batch.migrate(run, page)

    assert_everything_counted_once(world, run)


def test_given_two_crashes_at_different_steps_when_tried_again_then_the_sums_are_exact() -> None:
    world, run, page = a_started_run()
    for part, method, after in (("notes", "insert_missing", True), ("ledger", "store_result", False)):
        dying = replace(world, **{part: CrashingAt(getattr(world, part), method, after=after)})
        with pytest.raises(Crash):
            dying.batch.migrate(run, page)

    world.batch.migrate(run, page)

    assert_everything_counted_once(world, run)


def test_given_a_write_that_half_arrived_before_a_crash_when_tried_again_then_the_sums_are_exact() -> None:
    world, run, page = a_started_run()
    world.notes.failures, world.notes.written_on_failure = [DOWN], 2

    with pytest.raises(Crash):
        replace(world, clock=CrashingAt(world.clock, "pause")).batch.migrate(run, page)
    assert len(world.notes.writes) == 2
    world.batch.migrate(run, page)

    assert_everything_counted_once(world, run)


@pytest.mark.parametrize(("part", "method", "after"), STEPS)
def test_given_a_crash_at_any_step_when_finalized_then_the_run_is_halted_and_what_is_written_is_counted(
    part: str, method: str, after: bool
) -> None:
    world, run, page = a_started_run()
    dying = replace(world, **{part: CrashingAt(getattr(world, part), method, after=after)})
    with pytest.raises(Crash):
        dying.batch.migrate(run, page)

    ending = world.finalize(run)

    assert ending is Ending.INTERRUPTED
    assert world.runs.outcome(run.run_id) == Outcome(RunState.HALTED, ReasonCode.INTERNAL_ERROR)
    assert world.accounts.state("acme") is RunState.HALTED
    assert world.classes()["migrated"] == len(world.notes.writes)
    assert not world.accounts.is_active(run)


def test_given_a_batch_tried_again_after_its_result_when_counted_then_the_result_is_replaced() -> None:
    world, run, page = a_started_run()
    world.batch.migrate(run, page)

    world.batch.migrate(run, page)

    assert_everything_counted_once(world, run)
    assert all(seen.attempts == 1 for seen in world.failures.seen.values())


def test_given_a_run_that_is_over_when_a_batch_starts_then_it_refuses_before_it_reads() -> None:
    world, run, page = a_started_run()
    world.accounts.deactivate(cid="acme", run_id=run.run_id)

    with pytest.raises(FatalError, match="start a new run, or clear the whole run"):
        world.batch.migrate(run, page)

    assert world.contacts.asked == []
    assert world.ledger.all_intended(run) == set()


def test_given_another_run_when_it_took_the_account_meanwhile_then_nothing_is_written() -> None:
    world, run, page = a_started_run()

    class Stolen:
        def relink(self, notes: Any, *, quota_left_bytes: int) -> Any:
            world.accounts.activate(replace(run, run_id="acme__2"))
            return {}

    with pytest.raises(FatalError):
        replace(world, relinker=Stolen()).batch.migrate(run, page)

    assert world.notes.writes == []


def test_given_a_later_attempt_of_the_same_run_when_the_former_writes_then_it_is_refused() -> None:
    world, run, page = a_started_run()
    world.accounts.activate(replace(run, attempt=2))

    with pytest.raises(FatalError):
        world.batch.migrate(run, page)


@pytest.mark.parametrize("failing", [1, 2, 3])
def test_given_a_store_that_fails_for_a_while_when_written_then_it_is_tried_after_the_rfcs_pauses(
    failing: int,
) -> None:
    world, run, page = a_started_run()
    world.notes.failures = [DOWN] * failing

    world.batch.migrate(run, page)

    assert world.clock.pauses == [1, 3, 9][:failing]
    assert_everything_counted_once(world, run)


def test_given_a_store_that_never_takes_the_write_when_written_then_the_notes_fail_and_it_goes_on() -> None:
    world, run, page = a_started_run()
    world.notes.failures = [DOWN] * 9
    world.notes.written_on_failure = 1

    result = world.batch.migrate(run, page)

    assert result.ids["migrated"] == ["2"]
    assert result.counts.failed_by_reason["BATCH_WRITE_FAILED"] == 2
    assert result.counts.attachments.total == 2
    assert (result.counts.owners.resolved, result.counts.owners.by_label) == (1, 0)


def test_given_a_single_note_that_cannot_be_written_when_written_then_only_it_fails() -> None:
    world, run, page = a_started_run()
    world.notes.refused = {"6"}

    result = world.batch.migrate(run, page)

    assert result.ids["migrated"] == ["2", "3"]
    assert world.failures.reasons()["6"] == "BATCH_WRITE_FAILED"


def test_given_a_note_repaired_at_the_source_when_migrated_later_then_its_failure_is_gone() -> None:
    world, run, page = a_started_run()
    world.batch.migrate(run, page)
    world.contacts.contacts["1"] = ["contact-2"]

    world.batch.migrate(run, page)

    assert world.failures.reasons() == {"5": "NOTE_INVALID"}


def test_given_a_note_that_a_user_erased_when_run_again_then_it_is_not_written_again() -> None:
    world, run, page = a_started_run()
    world.batch.migrate(run, page)
    world.end(run)
    del world.notes.stored["2"]

    later = world.guard("acme__2", rerun=True)
    result = world.batch.migrate(later, staged(world, later, NOTES))

    assert result.ids["erased_in_cdp"] == ["2"]
    assert "2" not in world.notes.stored
    assert result.counts.already_present == 3


def test_given_a_note_that_was_erased_after_a_retry_when_tried_again_then_it_is_not_written_again() -> None:
    world, run, page = a_started_run()
    world.batch.migrate(run, page)
    del world.notes.stored["2"]

    result = world.batch.migrate(run, page)

    assert result.counts.erased_in_cdp == 1
    assert "2" not in world.notes.stored


def test_given_identity_down_when_migrated_then_notes_have_labels_and_a_warning_is_counted() -> None:
    world, run, page = a_started_run()
    world.owners.down = True

    result = world.batch.migrate(run, page)

    assert result.counts.migrated == 3
    assert (result.counts.owners.resolved, result.counts.owners.by_label) == (0, 3)
    assert result.counts.warnings["identity_unavailable"] == 1


def test_given_a_note_without_creator_when_migrated_then_it_has_a_label_and_no_failure_is_recorded() -> None:
    world, run, page = a_started_run([a_crm_note(7, creator_id=None, creator_name=None)])

    world.batch.migrate(run, page)

    assert world.notes.stored["7"].owner == Owner(label="[Legacy CRM User]")
    assert world.failures.seen == {}


def test_given_notes_that_exist_when_migrated_then_nobody_is_asked_about_them() -> None:
    world, run, page = a_started_run([a_crm_note(1)])

    world.batch.migrate(run, page)

    assert world.contacts.asked == [set()]
    assert world.relinker.relinked == []


def test_given_a_broken_note_that_exists_when_migrated_then_it_is_present_and_not_failed() -> None:
    world, run, page = a_started_run([a_crm_note(1, created_at=None)])

    result = world.batch.migrate(run, page)

    assert (result.counts.already_present, result.counts.failed) == (1, 0)


def test_given_a_note_without_id_when_migrated_then_it_is_counted_as_failed() -> None:
    world, run, _ = a_started_run()

    result = world.batch.migrate(run, staged(world, run, [a_crm_note("x"), a_crm_note(2)]))

    assert result.counts.failed_by_reason == {"NOTE_INVALID": 1}
    assert world.failures.seen == {}


def test_given_types_that_were_not_asked_for_when_migrated_then_they_are_left_out_and_counted() -> None:
    world, run, page = a_started_run([a_crm_note(2), a_crm_note(3, crm_note_type_id=2)])

    result = world.batch.migrate(run, page)

    assert result.counts.warnings["note_type_not_asked_for"] == 1
    assert result.counts.processed == 1


def test_given_several_contacts_of_a_person_when_migrated_then_the_oldest_is_taken_and_counted() -> None:
    world, run, page = a_started_run()
    world.contacts.contacts["9001"] = ["oldest", "newer"]

    result = world.batch.migrate(run, page)

    assert world.notes.stored["2"].contact_id == "oldest"
    assert result.counts.warnings["several_contacts_for_a_person"] == 1


def test_given_bytes_already_linked_when_migrated_then_the_quota_is_what_is_left_of_the_account() -> None:
    world, run, page = a_started_run()
    world.batch.migrate(run, page)
    quota = run.settings.attachment_quota_bytes

    world.batch.migrate(run, staged(world, run, [a_crm_note(9)], "0-00001"))

    assert world.relinker.quotas == [quota, quota - 10]


def test_given_a_staged_page_that_is_gone_when_migrated_then_nothing_is_written() -> None:
    world, run, page = a_started_run()
    world.staging.stored.clear()

    with pytest.raises(FatalError):
        world.batch.migrate(run, page)

    assert world.notes.writes == []


def test_given_a_hostile_name_when_migrated_then_the_batch_goes_on() -> None:
    world, run, page = a_started_run([a_crm_note(2, creator_id=None, creator_name="half\ud83d <b>Sari</b>")])

    world.batch.migrate(run, page)

    assert world.notes.stored["2"].owner == Owner(label="half Sari")


def test_given_an_owner_that_failed_before_a_crash_when_resolved_later_then_nothing_is_on_record() -> None:
    world, run, page = a_started_run([a_crm_note(2)])
    world.owners.down = True
    with pytest.raises(Crash):
        replace(world, notes=CrashingAt(world.notes, "insert_missing")).batch.migrate(run, page)
    world.finalize(run)
    assert ("acme", "owner", "2", None) in world.failures.seen

    world.owners.down = False
    world.run("acme__2")

    assert world.notes.stored["2"].owner == Owner(sso_id="sso-77")
    assert world.failures.seen == {}


def test_given_a_crash_after_a_failed_note_was_written_when_met_again_then_it_is_off_the_record() -> None:
    world, run, page = a_started_run([a_crm_note(2, crm_person_id=9002)])
    world.batch.migrate(run, page)
    assert world.failures.reasons() == {"2": "CONTACT_NOT_MAPPED"}
    world.contacts.contacts["9002"] = ["contact-2"]
    with pytest.raises(Crash):
        replace(world, failures=CrashingAt(world.failures, "resolve")).batch.migrate(run, page)
    world.finalize(run)

    world.run("acme__2")

    assert world.failures.seen == {}
