"""Rollbacks over real services: what the migration wrote goes, what anybody else has touched stays."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from bson import encode

from notes_migration.adapters.mongo_accounts import MongoAccounts
from notes_migration.adapters.mongo_batches import MongoBatches
from notes_migration.adapters.mongo_certificates import MongoCertificates
from notes_migration.adapters.mongo_failures import MongoFailures
from notes_migration.adapters.mongo_migrated_notes import MongoMigratedNotes
from notes_migration.adapters.mongo_notes import MongoNotes
from notes_migration.adapters.mongo_removals import MongoRemovals
from notes_migration.adapters.mongo_runs import MongoRuns
from notes_migration.adapters.s3_storage import S3Storage
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.rollback import RollbackCounts, RollbackEnd
from notes_migration.domain.states import RunState
from sandbox.accounts.compare import compare_account
from sandbox.accounts.model import Account, SourceFile
from sandbox.accounts.registry import build_account
from sandbox.accounts.seed import seed_mongo
from sandbox.simulators.faults import Fault, Transport
from sandbox.simulators.process import Control, Simulators
from tests.support.local_pipeline import LocalPipeline
from tests.support.local_rollback import LocalRollback
from tests.support.memory_world import Crash
from tests.support.small_account import small_account, some_notes

pytestmark = pytest.mark.integration
SUCCESS = Outcome(RunState.COMPLETED_SUCCESS)
Document = dict[str, Any]
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\2\0\0\0" + bytes(100)
CDN_DOWN = Fault(target="cdn", kind=Transport.STATUS, status=404)
IDENTITY_DOWN = Fault(target="identity", kind=Transport.STATUS, status=503)


@pytest.fixture
def rollback(pipeline: LocalPipeline) -> LocalRollback:
    return LocalRollback(pipeline.resources)


@pytest.fixture
def loaded(
    pipeline: LocalPipeline, world: Control, running_simulators: Simulators
) -> Iterator[Callable[[], Account]]:
    """Return a loader of twenty notes of `acme`, three of them with a file."""
    notes = some_notes(20)
    for number in (1, 2, 3):
        url = f"{running_simulators.addresses.cdn}/{number}.png"
        notes[number - 1]["images"] = [{"id": number, "url": url, "file_name": "a.png"}]
    account = small_account(
        "acme", notes, files=[SourceFile(f"{number}.png", PNG, "image/png") for number in (1, 2, 3)]
    )

    def load() -> Account:
        world.load(account)
        seed_mongo(pipeline.resources.database, account)
        return account

    yield load
    world.unload("acme")


@pytest.fixture
def migrated(pipeline: LocalPipeline, loaded: Callable[[], Account]) -> LocalPipeline:
    loaded()
    assert pipeline.run("acme") == SUCCESS
    return pipeline


def notes_of(pipeline: LocalPipeline, company: str = "acme-company") -> dict[str, Document]:
    found = pipeline.resources.database["contact_notes"].find(
        {"company_sso_id": company, "legacy_crm_note_id": {"$exists": True}}
    )
    return {each["legacy_crm_note_id"]: each for each in found}


def content_of(pipeline: LocalPipeline) -> dict[str, bytes]:
    """Return the documents without the `_id` that each gets anew."""
    return {
        key: encode({name: value for name, value in each.items() if name != "_id"})
        for key, each in notes_of(pipeline).items()
    }


def keys_of(pipeline: LocalPipeline) -> list[str]:
    resources = pipeline.resources
    found = resources.s3_client.list_objects_v2(Bucket=resources.storage.attachments_bucket)
    return [each["Key"] for each in found.get("Contents", ())]


def account_of(pipeline: LocalPipeline) -> Document:
    found: Document | None = pipeline.resources.database["notes_migration_accounts"].find_one({"cid": "acme"})
    assert found is not None
    return found


def everything(pipeline: LocalPipeline, *, without: Sequence[str] = ()) -> dict[str, list[bytes]]:
    database = pipeline.resources.database
    names = sorted(set(database.list_collection_names()) - set(without))
    return {name: sorted(encode(each) for each in database[name].find()) for name in names}


def redis_of(pipeline: LocalPipeline) -> Document:
    found: Document = json.loads(pipeline.resources.redis_client.get("notes_migration:acme"))
    return found


def touch(pipeline: LocalPipeline) -> dict[str, Document]:
    """Edit note 1, delete note 2 softly and note 4 for good; return the two that are left."""
    notes = pipeline.resources.database["contact_notes"]
    edited_at = notes_of(pipeline)["1"]["updated_at"] + timedelta(days=1)
    edit = {"updated_at": edited_at, "note": "<p>by hand</p>"}
    notes.update_one({"legacy_crm_note_id": "1"}, {"$set": edit})
    notes.update_one({"legacy_crm_note_id": "2"}, {"$set": {"is_deleted": True}})
    notes.delete_one({"legacy_crm_note_id": "4"})
    return {key: notes_of(pipeline)[key] for key in ("1", "2")}


def test_given_a_dry_run_when_it_ends_then_it_has_counted_and_only_its_own_record_is_new(
    migrated: LocalPipeline, rollback: LocalRollback
) -> None:
    touch(migrated)
    record = "notes_migration_runs"
    before, keys, status = everything(migrated, without=[record]), keys_of(migrated), redis_of(migrated)

    counts = rollback.dry_run("acme", run_id="dry")

    assert counts == RollbackCounts(
        documents=17, objects=1, bytes=len(PNG), kept={"edited": 1, "deleted": 1}, absent=1
    )
    assert everything(migrated, without=[record]) == before
    assert (keys_of(migrated), redis_of(migrated)) == (keys, status)
    found = migrated.resources.database[record].find_one({"_id": "dry"})
    assert found["report"]["counted"] == counts.to_json()
    assert found["report"]["kept"] == {"deleted": ["2"], "edited": ["1"]}
    assert (found["mode"], found["report"]["end"]) == ("rollback_dry_run", "dry_run")
    assert (found["status"], found["triggered_by"]) == ("completed_success", "tests")


def test_given_a_whole_account_when_rolled_back_then_only_what_was_there_before_is_left_byte_for_byte(
    pipeline: LocalPipeline, rollback: LocalRollback, running_simulators: Simulators, world: Control
) -> None:
    account = build_account("qa-100", cdn_url=running_simulators.addresses.cdn)
    world.load(account)
    database = pipeline.resources.database
    seed_mongo(database, account)
    s3, bucket = pipeline.resources.s3_client, pipeline.resources.storage.attachments_bucket
    s3.put_object(Bucket=bucket, Key=f"{account.company_sso_id}/1/native.png", Body=b"native")
    s3.put_object(Bucket=bucket, Key=f"{account.company_sso_id}-2/1/image-1", Body=b"another tenant's")
    before = sorted(encode(each) for each in database["contact_notes"].find())
    assert pipeline.run("qa-100") == SUCCESS
    written = len(account.expected.documents)

    assert rollback.run("qa-100") == written

    assert sorted(encode(each) for each in database["contact_notes"].find()) == before
    assert keys_of(pipeline) == [
        f"{account.company_sso_id}-2/1/image-1",
        f"{account.company_sso_id}/1/native.png",
    ]
    s3.delete_object(Bucket=bucket, Key=f"{account.company_sso_id}/1/native.png")
    assert pipeline.run("qa-100") == SUCCESS
    base_url = pipeline.resources.storage.file_proxy_base_url
    assert compare_account(database, s3, bucket, account, base_url) == []
    assert pipeline.record("qa-100")["counts"]["migrated"] == written


def test_given_notes_that_somebody_has_touched_when_rolled_back_then_they_stay_and_are_listed(
    migrated: LocalPipeline, rollback: LocalRollback
) -> None:
    touched = touch(migrated)

    assert rollback.run("acme", run_id="back") == 17

    assert notes_of(migrated) == touched
    assert keys_of(migrated) == ["acme-company/1/image-1", "acme-company/2/image-2"]
    found = migrated.resources.database["notes_migration_runs"].find_one({"_id": "back"})
    assert found["report"]["kept"] == {"deleted": ["2"], "edited": ["1"]}
    assert found["report"]["left"] == {"documents": 0, "objects": 0}
    assert (found["report"]["end"], found["report"]["documents_removed"]) == ("rolled_back", 17)
    assert (found["report"]["approved_by"], found["triggered_by"]) == ("approver", "tests")
    assert found["mode"] == "rollback"


def test_given_a_rollback_that_is_done_when_looked_at_then_the_account_is_not_started_everywhere(
    migrated: LocalPipeline, rollback: LocalRollback
) -> None:
    migrated.run("acme", mode="verify")
    database = migrated.resources.database
    database["notes_migration_failures"].insert_one({"cid": "acme", "kind": "note"})
    database["notes_migration_failures"].insert_one({"cid": "rival", "kind": "note"})

    rollback.run("acme", run_id="back")

    account, status = account_of(migrated), redis_of(migrated)
    assert (account["state"], account["active_run"], account["last_run_id"]) == ("not_started", None, "back")
    assert account["company_sso_id"] == "acme-company"
    assert (status["status"], status["phase"], status["progress_pct"]) == ("not_started", "rolled_back", 0.0)
    assert status["match_pct"] is None
    assert database["notes_migration_failures"].distinct("cid") == ["rival"]
    certificates = MongoCertificates(database["notes_migration_certificates"])
    assert certificates.latest("acme") is None
    assert database["notes_migration_certificates"].find_one({"cid": "acme"})["revoked_by"] == "back"


def test_given_a_rolled_back_account_when_migrated_again_then_it_is_as_the_first_time_and_so_is_the_quota(
    migrated: LocalPipeline, rollback: LocalRollback
) -> None:
    first, keys = content_of(migrated), keys_of(migrated)
    ledger = MongoBatches(migrated.resources.database["notes_migration_batches"])
    assert ledger.attachment_bytes("acme") == 3 * len(PNG)

    rollback.run("acme")

    assert (notes_of(migrated), keys_of(migrated), ledger.attachment_bytes("acme")) == ({}, [], 0)
    assert migrated.run("acme") == SUCCESS
    assert (content_of(migrated), keys_of(migrated)) == (first, keys)
    assert ledger.attachment_bytes("acme") == 3 * len(PNG)
    assert migrated.record("acme")["counts"]["migrated"] == 20
    assert rollback.run("acme") == 20
    assert notes_of(migrated) == {}


def test_given_notes_erased_before_or_after_a_rollback_when_migrated_again_then_none_of_them_comes_back(
    migrated: LocalPipeline, rollback: LocalRollback
) -> None:
    touch(migrated)
    rollback.run("acme")
    migrated.resources.database["contact_notes"].delete_one({"legacy_crm_note_id": "1"})

    assert migrated.run("acme") == SUCCESS

    counts = {name: count for name, count in migrated.record("acme")["counts"].items() if count}
    assert counts == {"migrated": 17, "already_present": 1, "erased_in_cdp": 2}
    assert notes_of(migrated).keys() == {str(each) for each in range(1, 21)} - {"1", "4"}


def test_given_bytes_of_notes_that_stay_when_rolled_back_then_they_still_count_against_the_quota(
    migrated: LocalPipeline, rollback: LocalRollback
) -> None:
    touch(migrated)

    rollback.run("acme")

    ledger = MongoBatches(migrated.resources.database["notes_migration_batches"])
    assert ledger.attachment_bytes("acme") == 2 * len(PNG)
    assert ledger.attachment_bytes("rival") == 0


def test_given_notes_that_a_replay_has_repaired_when_rolled_back_then_they_go_with_their_files(
    pipeline: LocalPipeline, rollback: LocalRollback, loaded: Callable[[], Account], world: Control
) -> None:
    loaded()
    world.add_fault(CDN_DOWN)
    world.add_fault(IDENTITY_DOWN)
    assert pipeline.run("acme") == SUCCESS
    world.clear_faults()
    assert pipeline.run("acme", mode="replay_failed") == SUCCESS
    assert len(keys_of(pipeline)) == 3
    assert {each["owner_id"] for each in notes_of(pipeline).values()} == {"sso-77"}

    assert rollback.run("acme") == 20

    assert (notes_of(pipeline), keys_of(pipeline)) == ({}, [])
    ledger = MongoBatches(pipeline.resources.database["notes_migration_batches"])
    assert ledger.attachment_bytes("acme") == 0


def test_given_a_note_changed_at_the_source_between_two_tries_when_rolled_back_then_it_goes_all_the_same(
    pipeline: LocalPipeline,
    rollback: LocalRollback,
    loaded: Callable[[], Account],
    world: Control,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    account = loaded()
    run = pipeline.guard("acme")
    groups = pipeline.extract(run)
    with monkeypatch.context() as patched:
        patched.setattr(MongoNotes, "insert_missing", dying)
        with pytest.raises(Crash):
            pipeline.migrate(run, groups)
    pipeline.finalize(run)
    world.unload("acme")
    changed = [{**each, "updated_at": "2022-01-01T00:00:00Z"} for each in account.notes]
    world.load(small_account("acme", changed, files=list(account.files.values())))
    assert pipeline.run("acme") == SUCCESS

    assert rollback.run("acme") == 20


def test_given_files_whose_notes_were_never_written_when_rolled_back_then_they_go_too(
    migrated: LocalPipeline, rollback: LocalRollback
) -> None:
    resources = migrated.resources
    ids = MongoBatches(resources.database["notes_migration_batches"])
    run = migrated.guard("acme", rerun=True)
    ids.store_intent(run, "orphans", ["99"])
    migrated.finalize(run)
    for key in ("acme-company/99/image-1", "acme-company/98/image-1"):
        resources.s3_client.put_object(Bucket=resources.storage.attachments_bucket, Key=key, Body=b"x")

    rollback.run("acme")

    assert keys_of(migrated) == ["acme-company/98/image-1"]


def dying(*_: Any, **__: Any) -> Any:
    raise Crash


STEPS: list[tuple[type, str, int]] = [
    (MongoAccounts, "begin_removal", 1),
    (MongoCertificates, "revoke", 1),
    (S3Storage, "listed", 1),
    (MongoRemovals, "keep_bytes", 1),
    (MongoRemovals, "intended_by", 1),
    (MongoRemovals, "store_removal", 2),
    (MongoMigratedNotes, "remove", 1),
    (MongoMigratedNotes, "remove", 3),
    (MongoRemovals, "settle_removal", 2),
    (S3Storage, "delete", 1),
    (MongoFailures, "clear", 1),
    (MongoRuns, "finish", 1),
    (MongoAccounts, "record_outcome", 1),
]


WAYS = ("the task again", "another rollback")
# Each step meets both ways; every combination there is comes up in the random sequences.
CRASHES = [
    pytest.param(step, after, WAYS[(number + after) % 2], id=f"{step[1]}-{step[2]}-{when}")
    for number, step in enumerate(STEPS)
    for after, when in ((False, "before"), (True, "after"))
]


def crash_at(monkeypatch: pytest.MonkeyPatch, step: tuple[type, str, int], *, after: bool) -> None:
    kind, name, call = step
    real, left = getattr(kind, name), [call]

    def die(*args: Any, **kwargs: Any) -> Any:
        left[0] -= 1
        if left[0] == 0 and not after:
            raise Crash
        done = real(*args, **kwargs)
        if left[0] == 0:
            raise Crash
        return done

    monkeypatch.setattr(kind, name, die)


@pytest.fixture
def small_batches(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("notes_migration.services.guard_rollback.BATCH_SIZE", 7)


@pytest.mark.usefixtures("small_batches")
@pytest.mark.parametrize(("step", "after", "goes_on"), CRASHES)
def test_given_a_crash_anywhere_when_gone_on_with_then_it_is_as_if_nothing_had_happened(
    migrated: LocalPipeline,
    rollback: LocalRollback,
    monkeypatch: pytest.MonkeyPatch,
    step: tuple[type, str, int],
    after: bool,
    goes_on: str,
) -> None:
    first = content_of(migrated)
    touched = touch(migrated)
    run = rollback.guard("acme", dry_run=False, run_id="back")
    rollback.count(run)
    rollback.approve(run)
    with monkeypatch.context() as patched:
        crash_at(patched, step, after=after)
        with pytest.raises(Crash):
            go_on(rollback, run)

    if goes_on == "the task again":
        go_on(rollback, run)
        assert rollback.record(run)["report"]["documents_removed"] == 17
    elif rollback.finalize(run) == "interrupted" and account_of(migrated)["state"] != "not_started":
        rollback.run("acme")

    rollback.finalize(run)
    assert notes_of(migrated) == touched
    assert keys_of(migrated) == ["acme-company/1/image-1", "acme-company/2/image-2"]
    account = account_of(migrated)
    assert (account["state"], account["active_run"]) == ("not_started", None)
    ledger = MongoBatches(migrated.resources.database["notes_migration_batches"])
    assert ledger.attachment_bytes("acme") == 2 * len(PNG)
    assert migrated.run("acme") == SUCCESS
    assert {key: each for key, each in content_of(migrated).items() if key not in touched} == {
        key: each for key, each in first.items() if key not in {*touched, "4"}
    }
    counts = {name: count for name, count in migrated.record("acme")["counts"].items() if count}
    assert counts == {"migrated": 17, "already_present": 2, "erased_in_cdp": 1}


def go_on(rollback: LocalRollback, run: Any) -> None:
    rollback.remove(run)
    rollback.verify(run)
    rollback.end(run)


@pytest.mark.usefixtures("small_batches")
def test_given_a_removal_cut_off_when_finalized_then_the_account_is_halted_and_the_half_is_known_as_gone(
    migrated: LocalPipeline, rollback: LocalRollback, monkeypatch: pytest.MonkeyPatch, world: Control
) -> None:
    run = rollback.guard("acme", dry_run=False)
    rollback.approve(run)
    with monkeypatch.context() as patched:
        crash_at(patched, (MongoMigratedNotes, "remove", 2), after=True)
        with pytest.raises(Crash):
            rollback.remove(run)

    assert rollback.finalize(run) == "interrupted"

    assert (account_of(migrated)["state"], account_of(migrated)["reason_code"]) == (
        "halted",
        "INTERNAL_ERROR",
    )
    assert (redis_of(migrated)["status"], redis_of(migrated)["job_id"]) == ("halted", run.run_id)
    assert rollback.record(run)["report"]["documents_removed"] == 14
    assert rollback.record(run)["report"]["end"] == RollbackEnd.INTERRUPTED
    assert world.counts("alerts") != {}
    assert migrated.run("acme") == SUCCESS
    assert migrated.record("acme")["counts"]["migrated"] == 14
    assert len(notes_of(migrated)) == 20


def test_given_a_rollback_that_waits_when_it_is_declined_then_nothing_has_changed_and_the_record_says_why(
    migrated: LocalPipeline, rollback: LocalRollback, world: Control
) -> None:
    before, keys = content_of(migrated), keys_of(migrated)
    world.clear_journal()
    run = rollback.guard("acme", dry_run=False)
    rollback.count(run)
    assert account_of(migrated)["active_run"]["run_id"] == run.run_id
    assert (account_of(migrated)["state"], redis_of(migrated)["status"]) == ("completed_success",) * 2
    with rollback.services(run) as composition:
        composition.end_rollback().decline(run, RollbackEnd.REJECTED, by="somebody")

    rollback.finalize(run)

    assert (content_of(migrated), keys_of(migrated)) == (before, keys)
    account = account_of(migrated)
    assert (account["state"], account["active_run"]) == ("completed_success", None)
    assert account["last_run_id"] != run.run_id
    record = rollback.record(run)
    assert (record["status"], record["reason_code"], record["report"]["end"]) == ("halted", None, "rejected")
    assert record["report"]["rejected_by"] == "somebody"
    assert world.counts("alerts") == {}


def test_given_no_approval_when_the_removal_is_started_all_the_same_then_it_refuses(
    migrated: LocalPipeline, rollback: LocalRollback
) -> None:
    before = content_of(migrated)
    approved = rollback.guard("acme", dry_run=False, run_id="back")
    rollback.approve(approved)
    cleared = rollback.guard("acme", dry_run=False, run_id="back")
    assert cleared.attempt == 2

    with pytest.raises(FatalError, match="nobody has approved"):
        rollback.remove(cleared)
    with pytest.raises(FatalError):
        rollback.remove(approved)

    rollback.finalize(cleared)
    looked = rollback.guard("acme")
    rollback.approve(looked)
    with pytest.raises(FatalError, match="nobody has approved"):
        rollback.remove(looked)
    assert content_of(migrated) == before


def test_given_a_late_batch_of_a_migration_when_a_rollback_has_the_account_then_it_writes_nothing(
    migrated: LocalPipeline, rollback: LocalRollback
) -> None:
    run = migrated.guard("acme", rerun=True)
    groups = migrated.extract(run)
    migrated.resources.database["notes_migration_accounts"].update_one(
        {"cid": "acme"}, {"$set": {"active_run": None}}
    )
    rollback.run("acme")

    with pytest.raises(FatalError, match="another has taken the account"):
        migrated.migrate(run, groups)

    assert notes_of(migrated) == {}


@pytest.mark.usefixtures("small_batches")
def test_given_another_run_that_takes_the_account_when_removing_then_the_next_batch_is_not_touched(
    migrated: LocalPipeline, rollback: LocalRollback, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = rollback.guard("acme", dry_run=False)
    rollback.approve(run)
    real = MongoRemovals.store_removal

    def overtaken(self: Any, run: Any, batch: str, ids: Any) -> None:
        real(self, run, batch, ids)
        if batch == "remove-00001":
            migrated.guard("acme", run_id="acme__77", rerun=True)

    monkeypatch.setattr(MongoRemovals, "store_removal", overtaken)

    with pytest.raises(FatalError, match="nothing more was removed"):
        rollback.remove(run)

    assert len(notes_of(migrated)) == 13


def test_given_something_left_when_verified_then_the_run_fails_and_says_how_much(
    migrated: LocalPipeline, rollback: LocalRollback
) -> None:
    run = rollback.guard("acme", dry_run=False)
    rollback.approve(run)
    note = migrated.resources.database["contact_notes"].find_one({"legacy_crm_note_id": "5"})
    rollback.remove(run)
    migrated.resources.database["contact_notes"].insert_one(note)
    resources = migrated.resources
    resources.s3_client.put_object(
        Bucket=resources.storage.attachments_bucket, Key="acme-company/3/image-3", Body=b"x"
    )

    with pytest.raises(FatalError, match="1 documents and 1 objects are left"):
        rollback.verify(run)

    assert rollback.finalize(run) == "interrupted"
    assert rollback.record(run)["report"]["left"] == {"documents": 1, "objects": 1}
    assert account_of(migrated)["state"] == "halted"
    assert rollback.run("acme") == 1


@pytest.mark.parametrize(
    ("conf", "reason"),
    [
        ({"company": "rival-company"}, ReasonCode.TENANT_MISMATCH),
        ({"run_id": "taken"}, ReasonCode.INVALID_REQUEST),
    ],
    ids=["another company", "a migration's run id"],
)
def test_given_a_rollback_that_may_not_start_when_guarded_then_nothing_is_written(
    migrated: LocalPipeline, rollback: LocalRollback, conf: dict[str, Any], reason: ReasonCode
) -> None:
    migrated.run("acme", run_id="taken", rerun=True)
    before = everything(migrated)

    with pytest.raises(FatalError) as caught:
        rollback.guard("acme", dry_run=False, **conf)

    assert caught.value.reason is reason
    assert everything(migrated) == before


def test_given_an_account_without_anything_to_roll_back_when_guarded_then_it_is_refused(
    migrated: LocalPipeline, rollback: LocalRollback
) -> None:
    rollback.run("acme", run_id="back")
    before = everything(migrated)

    for cid in ("acme", "nobody"):
        with pytest.raises(FatalError) as caught:
            rollback.guard(cid, dry_run=False)
        assert caught.value.reason is ReasonCode.CID_NOT_FOUND
    with pytest.raises(FatalError) as caught:
        migrated.guard("acme", run_id="back")

    assert caught.value.reason is ReasonCode.INVALID_REQUEST
    assert everything(migrated) == before


def test_given_a_run_that_nobody_has_ended_when_a_rollback_is_guarded_then_it_is_refused(
    migrated: LocalPipeline, rollback: LocalRollback
) -> None:
    migrated.guard("acme", rerun=True)

    with pytest.raises(FatalError) as caught:
        rollback.guard("acme", dry_run=False)

    assert caught.value.reason is ReasonCode.JOB_ALREADY_RUNNING
