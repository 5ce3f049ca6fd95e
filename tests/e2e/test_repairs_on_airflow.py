"""What sources and users do before, between and during runs: the right class, document and sum for each.

Three accounts (tests/support/repair_accounts.py) are run side by side; the tests look at what came of it.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from sandbox.accounts.model import Account
from sandbox.simulators.process import Control
from sandbox.stack import Stack
from tests.support.account_witness import Witness, classes_of_certificate, classes_of_run, witnessing
from tests.support.airflow_runs import FLAG
from tests.support.repair_accounts import Mended, Moved, Skips

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

MIGRATED = ("moved__1", "skips__1", "skips__2", "mended__1", "mended__2")
SUCCESS = ("success", "completed_success", None)
VERIFIED = ("moved__2", "skips__3", "mended__3")


@dataclass(frozen=True)
class Seen:
    """An account as it was after a run; `differences` are from what must be there by then."""

    ended: str
    record: dict[str, Any]
    differences: list[str]
    failures: set[tuple[str, int, str]]
    documents: dict[str, dict[str, Any]]

    @property
    def end(self) -> tuple[str, str, str | None]:
        return self.ended, self.record["status"], self.record["reason_code"]


@dataclass
class Story:
    """The three accounts through their runs; `seen` by run id."""

    witness: Witness
    moved: Moved
    skips: Skips
    mended: Mended
    seen: dict[str, Seen] = field(default_factory=dict)
    certificates: dict[str, dict[str, Any]] = field(default_factory=dict)

    def tell(self, control: Control) -> None:
        accounts = (self.moved, self.skips, self.mended)
        self.witness.runs.set_variable(FLAG, {each.cid: True for each in accounts})
        control.clear_journal()
        for each in accounts:
            each.disturb(control)
        self.witness.load(self.moved.account)
        self.witness.load(self.skips.account)
        self.witness.load(self.mended.expected_at_first)
        for each in accounts:
            self.witness.runs.migrate(each.cid, f"{each.cid}__1", batch_size=each.batch_size)
        self.moved.move(control)
        self.see("moved__1", self.moved.expected)
        self.see("skips__1", self.skips.expected_at_first)
        self.see("mended__1", self.mended.expected_at_first)
        control.clear_faults()

        self.mended.mend(self.witness)
        self.witness.runs.migrate("mended", "mended__2", mode="replay_failed")
        self.witness.runs.migrate("skips", "skips__2")
        self.witness.runs.migrate("moved", "moved__2", mode="verify")
        self.see("mended__2", self.mended.expected)
        self.see("skips__2", self.skips.expected)
        self.see("moved__2", self.moved.expected)

        self.mended.erase(self.witness)
        self.witness.runs.migrate("mended", "mended__3", mode="verify")
        self.witness.runs.migrate("skips", "skips__3", mode="verify")
        self.see("mended__3", self.mended.expected)
        self.see("skips__3", self.skips.expected)

    def see(self, run_id: str, account: Account) -> None:
        """Wait for the run's end and keep what is there then."""
        ended, witness = self.witness.runs.wait(run_id), self.witness
        self.seen[run_id] = Seen(
            ended,
            witness.record(run_id),
            witness.differences(account),
            witness.failures(account.cid),
            witness.documents(account),
        )
        if run_id in VERIFIED:
            self.certificates[account.cid] = witness.certificate(account.cid)

    def differences(self, cid: str) -> dict[int, str]:
        """Return what the account's certificate lists: note id -> kind."""
        listed = self.certificates[cid]["differences"]
        assert len(listed) == self.certificates[cid]["differences_total"]
        return {int(each["legacy_crm_note_id"]): each["kind"] for each in listed}


@pytest.fixture(scope="module")
def story(stack: Stack) -> Iterator[Story]:
    cdn_url = stack.simulators.addresses.cdn
    with witnessing(stack) as witness, stack.simulators.control() as control:
        story = Story(witness, Moved(cdn_url), Skips(cdn_url), Mended(cdn_url))
        try:
            story.tell(control)
        finally:
            control.clear_faults()
        yield story


@pytest.mark.parametrize("run_id", [*MIGRATED, *VERIFIED])
def test_given_any_of_these_runs_when_over_then_every_document_and_object_is_as_expected(
    story: Story, run_id: str
) -> None:
    assert story.seen[run_id].differences == []


def test_given_a_note_deleted_between_pages_when_run_then_it_has_vanished_and_no_other_has(
    story: Story,
) -> None:
    seen, scope = story.seen["moved__1"], len(story.moved.account.notes) - 30

    assert seen.end == SUCCESS
    assert classes_of_run(seen.record) == {"migrated": 29, "vanished_at_source": 1, "out_of_scope": scope}
    assert str(story.moved.deleted) not in seen.documents
    assert str(story.moved.deleted_late) in seen.documents
    assert story.differences("moved")[story.moved.deleted_late] == "deleted_at_source"
    assert story.moved.deleted not in story.differences("moved")


def test_given_a_note_added_during_the_run_when_over_then_it_is_reported_and_not_counted_as_missing(
    story: Story,
) -> None:
    seen = story.seen["moved__1"]

    assert seen.record["source_total"] == story.moved.account.expected.source_total
    assert str(story.moved.added["id"]) not in seen.documents
    assert story.certificates["moved"]["notes_added_since"] == 1
    assert seen.record["report"]["notes_added_since"] == 1
    assert story.moved.added["id"] not in story.differences("moved")


def test_given_a_note_changed_during_the_run_when_over_then_it_is_stored_as_it_was_read(
    story: Story,
) -> None:
    moved, documents = story.moved, story.seen["moved__1"].documents

    assert documents[str(moved.changed)]["note"] == "<p>Berubah</p>"
    assert documents[str(moved.changed_late)]["note"] != "<p>Berubah</p>"
    assert story.differences("moved") == {
        moved.deleted_late: "deleted_at_source",
        moved.changed_late: "changed_at_source",
    }


def test_given_ids_on_two_pages_each_when_run_then_each_note_is_counted_and_written_once(
    story: Story,
) -> None:
    witness, moved = story.witness, story.moved
    written = witness.notes.count_documents(
        {"company_sso_id": "moved-company", "legacy_crm_note_id": {"$exists": True}}
    )

    (told,) = lines(story, "moved__1", "extract_pages", "crm_contract_breach")
    assert told["notes_left_out"] >= 5
    assert written == len(moved.expected.expected.documents) == 29


def test_given_ids_written_as_strings_when_run_then_their_notes_are_those_of_the_same_numbers(
    story: Story,
) -> None:
    documents = story.seen["moved__1"].documents

    assert {str(note_id) for note_id in story.moved.with_string_ids} <= documents.keys()
    assert {type(each["legacy_crm_note_id"]) for each in documents.values()} == {str}


def test_given_a_count_that_disagrees_when_run_then_the_count_by_type_is_believed_and_it_is_told(
    story: Story,
) -> None:
    truth = story.moved.account.expected
    (told,) = lines(story, "moved__1", "guard", "crm_count_disagrees")

    assert (told["total_count"], told["by_type"]) == (truth.source_total + 3, truth.source_total)
    assert story.seen["moved__1"].record["source_total"] == truth.source_total


def test_given_pages_that_skip_ids_when_run_again_with_whole_pages_then_nothing_is_lost(
    story: Story,
) -> None:
    first, second = story.seen["skips__1"], story.seen["skips__2"]

    assert first.end == ("success", "completed_with_errors", "MATCH_BELOW_THRESHOLD")
    assert classes_of_run(first.record) == {"migrated": 22, "vanished_at_source": 2, "out_of_scope": 4}
    assert second.end == SUCCESS
    assert classes_of_run(second.record) == {"migrated": 2, "already_present": 22, "out_of_scope": 4}
    assert story.differences("skips") == {}


def test_given_a_person_mapped_after_the_first_run_when_replayed_then_the_note_is_written(
    story: Story,
) -> None:
    first, replay, mended = story.seen["mended__1"], story.seen["mended__2"], story.mended

    assert first.end == replay.end == SUCCESS
    assert first.record["match_pct"] == 99.1
    assert classes_of_run(first.record) == {"migrated": 111, "failed": 1, "out_of_scope": 22}
    assert first.record["failed_by_reason"] == {"CONTACT_NOT_MAPPED": 1}
    assert ("note", mended.unmapped, "CONTACT_NOT_MAPPED") in first.failures
    assert classes_of_run(replay.record) == {"migrated": 1, "already_present": 111, "out_of_scope": 22}
    assert replay.record["match_pct"] == 100.0
    assert "note" not in {kind for kind, _, _ in replay.failures}


def test_given_identity_back_after_an_outage_when_replayed_then_labels_are_owners(story: Story) -> None:
    first, replay, mended = story.seen["mended__1"], story.seen["mended__2"], story.mended
    known = {note_id for note_id, each in mended.account.expected.documents.items() if each["owner_id"]}

    assert first.record["owners"] == {"resolved": 0, "by_label": 111}
    assert {each["owner_id"] for each in first.documents.values()} == {None}
    with_owner = {note_id for note_id, each in replay.documents.items() if each["owner_id"]}
    assert known - with_owner == {str(mended.edited)}
    assert replay.record["owners"]["resolved"] == len(known) - 1
    left = {note_id for kind, note_id, _ in replay.failures if kind == "owner"}
    assert left & {int(note_id) for note_id in known} == {mended.edited}


def test_given_the_cdn_back_after_an_outage_when_replayed_then_the_files_are_added(story: Story) -> None:
    first, replay, mended = story.seen["mended__1"], story.seen["mended__2"], story.mended
    total = mended.account.expected.attachments_total
    of_edited = len(mended.account.expected.documents[str(mended.edited)]["attachments"])

    assert (first.record["attachments"]["linked"], first.record["attachments"]["failed"]) == (0, total)
    assert first.record["attachments"]["failed_by_reason"] == {"ATTACHMENT_DOWNLOAD_FAILED": total}
    assert replay.record["attachments"]["linked"] == total - of_edited
    assert {note_id for kind, note_id, _ in replay.failures if kind == "attachment"} == {mended.edited}


def test_given_a_note_that_a_user_edited_when_replayed_then_nothing_in_it_is_touched(story: Story) -> None:
    replay, mended = story.seen["mended__2"], story.mended
    edited = replay.documents[str(mended.edited)]

    assert (edited["note"], edited["attachments"], edited["owner_id"]) == ("<p>Diubah</p>", [], None)
    assert story.differences("mended")[mended.edited] == "edited_in_cdp"


def test_given_a_note_that_a_user_deleted_when_verified_then_it_is_told_and_not_called_missing(
    story: Story,
) -> None:
    certificate, mended = story.certificates["mended"], story.mended

    assert story.seen["mended__3"].end == SUCCESS
    assert classes_of_certificate(certificate) == {"migrated": 111, "erased_in_cdp": 1, "out_of_scope": 22}
    assert certificate["match_pct"] == 100.0
    assert story.differences("mended") == {mended.edited: "edited_in_cdp", mended.erased: "erased_in_cdp"}


@pytest.mark.parametrize("run_id", MIGRATED)
def test_given_any_run_when_over_then_its_classes_add_up_to_what_the_crm_counted(
    story: Story, run_id: str
) -> None:
    record = story.seen[run_id].record

    assert sum(classes_of_run(record).values()) == record["source_total"]
    assert record["source_total"] == account_of(story, run_id).expected.source_total


@pytest.mark.parametrize(("cid", "counted"), [("moved", 34), ("skips", 28), ("mended", 134)])
def test_given_any_certificate_when_read_then_its_classes_add_up_to_what_the_crm_counts_by_then(
    story: Story, cid: str, counted: int
) -> None:
    certificate = story.certificates[cid]

    assert sum(classes_of_certificate(certificate).values()) == certificate["source_total"] == counted


def account_of(story: Story, run_id: str) -> Account:
    cid = run_id.partition("__")[0]
    return {"moved": story.moved, "skips": story.skips, "mended": story.mended}[cid].account


def lines(story: Story, run_id: str, task_id: str, event: str) -> list[dict[str, Any]]:
    """Return the lines of a task's log that tell of an event."""
    index = 0 if task_id == "extract_pages" else -1
    log = json.loads(story.witness.runs.log(run_id, task_id, map_index=index))
    return [line for line in log["content"] if line["event"] == event]
