"""Replays over real services: what failed is repaired, what a user touched is left, and the sums hold."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from bson import encode

from notes_migration.adapters.mongo_batches import MongoBatches
from notes_migration.adapters.mongo_failures import MongoFailures
from notes_migration.adapters.mongo_repairs import MongoRepairs
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from sandbox.accounts.model import Account, SourceFile
from sandbox.accounts.seed import seed_mongo
from sandbox.simulators.faults import Fault, Transport
from sandbox.simulators.process import Control, Simulators
from tests.support.builders import a_crm_note
from tests.support.local_pipeline import LocalPipeline
from tests.support.memory_world import Crash
from tests.support.small_account import a_contact, small_account, some_notes

pytestmark = pytest.mark.integration
SUCCESS = Outcome(RunState.COMPLETED_SUCCESS)
Document = dict[str, Any]
Loading = Callable[..., Account]
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\2\0\0\0" + bytes(100)
CDN_DOWN = Fault(target="cdn", kind=Transport.STATUS, status=404)
IDENTITY_DOWN = Fault(target="identity", kind=Transport.STATUS, status=503)


@pytest.fixture
def loaded(pipeline: LocalPipeline, world: Control) -> Iterator[Loading]:
    def load(notes: Sequence[Document], **account: Any) -> Account:
        built = small_account("acme", notes, **account)
        world.load(built)
        seed_mongo(pipeline.resources.database, built)
        return built

    yield load
    world.unload("acme")


@pytest.fixture
def damaged(
    pipeline: LocalPipeline, loaded: Loading, world: Control, running_simulators: Simulators
) -> LocalPipeline:
    """Return the pipeline after a success in which three notes lost a file each and all their owners."""
    cdn = running_simulators.addresses.cdn
    notes = some_notes(20)
    for number in (1, 2, 3):
        notes[number - 1]["images"] = [{"id": number, "url": f"{cdn}/{number}.png", "file_name": "a.png"}]
    loaded(notes, files=[SourceFile(f"{number}.png", PNG, "image/png") for number in (1, 2, 3)])
    world.add_fault(CDN_DOWN)
    world.add_fault(IDENTITY_DOWN)
    assert pipeline.run("acme") == SUCCESS
    world.clear_faults()
    assert len(failures(pipeline)) == 3 + 20
    return pipeline


def failures(pipeline: LocalPipeline) -> set[tuple[str, str, str]]:
    found = pipeline.resources.database["notes_migration_failures"].find({"cid": "acme"})
    return {(each["kind"], each["legacy_crm_note_id"], each["reason_code"]) for each in found}


def documents(pipeline: LocalPipeline) -> dict[str, Document]:
    found = pipeline.resources.database["contact_notes"].find({"company_sso_id": "acme-company"})
    return {each["legacy_crm_note_id"]: each for each in found}


def counts(pipeline: LocalPipeline) -> dict[str, int]:
    record = pipeline.record("acme")
    found: dict[str, int] = {name: count for name, count in record["counts"].items() if count}
    assert sum(found.values()) == record["source_total"]
    assert sum(record["failed_by_reason"].values()) == record["counts"]["failed"]
    return found


def state(pipeline: LocalPipeline) -> str:
    found = pipeline.resources.database["notes_migration_accounts"].find_one({"cid": "acme"})
    assert found is not None
    assert found["active_run"] is None
    return str(found["state"])


def test_given_files_and_owners_that_failed_when_replayed_then_they_are_added_and_nothing_else_changes(
    damaged: LocalPipeline,
) -> None:
    before = documents(damaged)

    assert damaged.run("acme", mode="replay_failed") == SUCCESS

    after = documents(damaged)
    assert failures(damaged) == set()
    for note_id, document in after.items():
        assert document["owner_id"] == "sso-77"
        assert "legacy_owner_label" not in document
        assert len(document["attachments"]) == (note_id in {"1", "2", "3"})
        kept = set(document) - {"owner_id", "attachments"}
        assert {name: document[name] for name in kept} == {name: before[note_id][name] for name in kept}
    record = damaged.record("acme")
    assert (record["attachments"]["linked"], record["attachments"]["failed"]) == (3, 0)
    assert record["owners"] == {"resolved": 20, "by_label": 0}
    assert counts(damaged) == {"already_present": 20}
    assert damaged.run("acme", mode="verify") == SUCCESS


def test_given_a_replay_made_twice_when_compared_then_the_second_changes_not_a_byte(
    damaged: LocalPipeline, world: Control
) -> None:
    damaged.run("acme", mode="replay_failed")
    before = {key: encode(each) for key, each in documents(damaged).items()}
    world.clear_journal()

    assert damaged.run("acme", mode="replay_failed") == SUCCESS

    assert {key: encode(each) for key, each in documents(damaged).items()} == before
    assert world.counts("cdn") == {}
    assert counts(damaged) == {"already_present": 20}


def test_given_notes_that_a_user_has_touched_when_replayed_then_they_stay_as_they_are(
    damaged: LocalPipeline, world: Control
) -> None:
    notes = damaged.resources.database["contact_notes"]
    edited_at = documents(damaged)["1"]["updated_at"] + timedelta(days=1)
    notes.update_one({"legacy_crm_note_id": "1"}, {"$set": {"updated_at": edited_at}})
    notes.update_one({"legacy_crm_note_id": "2"}, {"$set": {"is_deleted": True}})
    notes.delete_one({"legacy_crm_note_id": "3"})
    before = documents(damaged)
    world.clear_journal()

    assert damaged.run("acme", mode="replay_failed") == SUCCESS

    after = documents(damaged)
    assert (after["1"], after["2"]) == (before["1"], before["2"])
    assert "3" not in after
    assert world.counts("cdn") == {}
    assert counts(damaged) == {"already_present": 19, "erased_in_cdp": 1}
    assert {note_id for _, note_id, _ in failures(damaged)} == {"1", "2", "3"}


def test_given_some_reasons_when_replayed_then_only_these_are_repaired(damaged: LocalPipeline) -> None:
    damaged.run("acme", mode="replay_failed", reasons=["ATTACHMENT_DOWNLOAD_FAILED"])

    assert {kind for kind, _, _ in failures(damaged)} == {"owner"}
    assert all(each["owner_id"] is None for each in documents(damaged).values())
    assert sum(len(each["attachments"]) for each in documents(damaged).values()) == 3


def test_given_files_that_fail_again_when_replayed_then_they_are_counted_once_and_stay_on_record(
    damaged: LocalPipeline, world: Control
) -> None:
    world.add_fault(CDN_DOWN)

    assert damaged.run("acme", mode="replay_failed") == SUCCESS

    record = damaged.record("acme")
    assert (record["attachments"]["linked"], record["attachments"]["failed"]) == (0, 3)
    assert {kind for kind, _, _ in failures(damaged)} == {"attachment"}
    (attempts,) = damaged.resources.database["notes_migration_failures"].distinct("attempts")
    assert attempts == 2


def test_given_persons_mapped_after_a_halt_when_replayed_then_their_notes_are_written(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    unmapped = [a_crm_note(each, crm_person_id=9002) for each in (21, 22)]
    mapped = [a_crm_note(each, crm_person_id=each) for each in range(1000, 1099)]
    persons = {**{each: f"c{each}" for each in range(1000, 1099)}, 9001: "contact-1"}
    invalid = a_crm_note(23, created_at=None)
    loaded([*unmapped, invalid, *mapped], contacts=persons)
    assert pipeline.run("acme") == Outcome(RunState.HALTED, ReasonCode.FAILURE_RATE_EXCEEDED)
    contacts = pipeline.resources.database["contacts"]
    contacts.insert_one(a_contact("acme-company", 9002, "contact-2"))

    assert pipeline.run("acme", mode="replay_failed") == SUCCESS

    assert documents(pipeline)["21"]["contact_id"] == "contact-2"
    assert counts(pipeline) == {"migrated": 2, "already_present": 99, "failed": 1}
    assert failures(pipeline) == {("note", "23", "NOTE_INVALID")}
    assert state(pipeline) == "completed_success"


def test_given_a_success_when_a_replay_of_it_ends_badly_then_the_account_keeps_it(
    damaged: LocalPipeline,
) -> None:
    damaged.resources.flag.looks_left = 1  # guard's

    outcome = damaged.run("acme", mode="replay_failed")

    assert outcome == Outcome(RunState.HALTED, ReasonCode.FLAG_DISABLED)
    assert state(damaged) == "completed_success"
    assert damaged.record("acme")["reason_code"] == "FLAG_DISABLED"


def test_given_a_success_when_a_replay_is_interrupted_then_the_account_keeps_it(
    damaged: LocalPipeline,
) -> None:
    run = damaged.guard("acme", mode="replay_failed")
    again = damaged.guard("acme", mode="replay_failed", run_id=run.run_id)

    assert damaged.finalize(again) == "interrupted"

    assert state(damaged) == "completed_success"


def test_given_the_flag_off_when_a_replay_is_guarded_then_it_is_refused(damaged: LocalPipeline) -> None:
    damaged.resources.flag.on = False

    with pytest.raises(FatalError) as caught:
        damaged.guard("acme", mode="replay_failed")

    assert caught.value.reason is ReasonCode.FLAG_DISABLED


def test_given_notes_deleted_at_the_source_when_replayed_then_those_that_are_there_stay_counted(
    damaged: LocalPipeline, world: Control
) -> None:
    world.delete_note("acme", 1)

    assert damaged.run("acme", mode="replay_failed") == SUCCESS
    assert counts(damaged) == {"already_present": 20}


CRASHES = [(MongoRepairs, "apply"), (MongoFailures, "remove"), (MongoBatches, "store_result")]


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
@pytest.mark.parametrize(("kind", "name"), CRASHES, ids=[name for _, name in CRASHES])
def test_given_a_crash_anywhere_in_a_replay_when_tried_again_then_documents_and_sums_are_the_same(
    damaged: LocalPipeline, monkeypatch: pytest.MonkeyPatch, kind: type, name: str, after: bool
) -> None:
    run = damaged.guard("acme", mode="replay_failed")
    groups = damaged.extract(run)
    real = getattr(kind, name)

    def dying(*args: Any, **kwargs: Any) -> Any:
        if after:
            real(*args, **kwargs)
        raise Crash

    with monkeypatch.context() as patched:
        patched.setattr(kind, name, dying)
        with pytest.raises(Crash):
            damaged.migrate(run, groups)

    damaged.migrate(run, groups)

    assert damaged.end(run) == SUCCESS
    record = damaged.record("acme")
    assert (record["attachments"]["linked"], record["attachments"]["bytes"]) == (3, 3 * len(PNG))
    assert record["owners"] == {"resolved": 20, "by_label": 0}
    assert counts(damaged) == {"already_present": 20}
    assert failures(damaged) == set()
    assert all(len(each["attachments"]) <= 1 for each in documents(damaged).values())
