"""The whole pipeline over real services when something dies, and what it leaves where."""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
import redis
import structlog

from notes_migration.adapters.mongo_batches import MongoBatches
from notes_migration.adapters.mongo_notes import MongoNotes
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from sandbox.accounts.model import Account, SourceFile
from sandbox.accounts.seed import seed_mongo
from sandbox.simulators.faults import Fault, Transport
from sandbox.simulators.process import Control, Simulators
from tests.support.builders import a_crm_note
from tests.support.local_pipeline import LocalPipeline
from tests.support.small_account import small_account, some_notes

pytestmark = pytest.mark.integration
SUCCESS = Outcome(RunState.COMPLETED_SUCCESS)
PNG = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\1\0\0\0\1\x08\2\0\0\0\x90wS\xde"
Document = dict[str, Any]
Loading = Callable[..., Account]


class Crash(Exception):
    """The process dies here."""


@pytest.fixture
def loaded(pipeline: LocalPipeline, world: Control) -> Iterator[Loading]:
    """Return a loader: gives an account's notes to the CRM and its contacts to the CDP."""

    def load(notes: Sequence[Document], **account: Any) -> Account:
        built = small_account("acme", notes, **account)
        world.load(built)
        seed_mongo(pipeline.resources.database, built)
        return built

    yield load
    world.unload("acme")


def dying(owner: type, method: str, monkeypatch: pytest.MonkeyPatch, *, after: bool) -> None:
    """Let the adapter's method die, once it has done its work or before."""
    real = getattr(owner, method)

    def die(self: Any, *args: Any) -> Any:
        if after:
            real(self, *args)
        raise Crash

    monkeypatch.setattr(owner, method, die)


def migrated(pipeline: LocalPipeline) -> int:
    notes = pipeline.resources.database["contact_notes"]
    return int(notes.count_documents({"legacy_crm_note_id": {"$exists": True}}))


def keys(pipeline: LocalPipeline, bucket: str) -> list[str]:
    found = pipeline.resources.s3_client.list_objects_v2(Bucket=bucket)
    return [entry["Key"] for entry in found.get("Contents", [])]


@pytest.mark.parametrize(
    ("owner", "method", "after"),
    [
        (MongoNotes, "insert_missing", True),
        (MongoBatches, "store_prepared", True),
        (MongoBatches, "store_result", True),
    ],
    ids=["after the write", "before the write", "after the result"],
)
def test_given_a_crash_when_finalized_then_the_counts_are_exact_and_a_new_run_writes_the_rest(
    pipeline: LocalPipeline,
    loaded: Loading,
    monkeypatch: pytest.MonkeyPatch,
    owner: type,
    method: str,
    after: bool,
) -> None:
    loaded(some_notes(30))
    run = pipeline.guard("acme", batch_size=10)
    groups = pipeline.extract(run)
    with monkeypatch.context() as dead:
        dying(owner, method, dead, after=after)
        with pytest.raises(Crash):
            pipeline.migrate(run, groups)

    assert pipeline.finalize(run) == "interrupted"

    record = pipeline.record("acme")
    assert (record["status"], record["reason_code"]) == ("halted", "INTERNAL_ERROR")
    assert record["counts"]["migrated"] == migrated(pipeline)
    assert keys(pipeline, pipeline.resources.storage.staging_bucket) == []

    present = migrated(pipeline)
    assert pipeline.run("acme", batch_size=10) == SUCCESS
    counts = pipeline.record("acme")["counts"]
    assert (counts["migrated"], counts["already_present"]) == (30 - present, present)
    assert migrated(pipeline) == 30


def test_given_a_crash_after_the_write_when_the_task_is_tried_again_then_nothing_is_counted_twice(
    pipeline: LocalPipeline, loaded: Loading, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded([*some_notes(20, images=[{"id": 1, "url": "https://not-allowed.example/a"}])])
    run = pipeline.guard("acme", batch_size=10)
    groups = pipeline.extract(run)
    with monkeypatch.context() as dead:
        dying(MongoNotes, "insert_missing", dead, after=True)
        with pytest.raises(Crash):
            pipeline.migrate(run, groups)

    pipeline.migrate(run, groups)

    assert pipeline.end(run) == SUCCESS
    record = pipeline.record("acme")
    assert (record["counts"]["migrated"], record["counts"]["already_present"]) == (20, 0)
    assert record["attachments"]["failed"] == 20
    failures = pipeline.resources.database["notes_migration_failures"]
    assert failures.count_documents({"kind": "attachment"}) == 20


def test_given_a_finished_run_when_one_of_its_batches_is_cleared_then_it_refuses_to_write(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    loaded(some_notes(3))
    run = pipeline.guard("acme")
    groups = pipeline.extract(run)
    pipeline.end(run)

    with pytest.raises(FatalError) as caught:
        pipeline.migrate(run, groups)

    assert caught.value.reason is ReasonCode.INTERNAL_ERROR
    assert migrated(pipeline) == 0


def test_given_a_whole_run_that_is_cleared_when_run_then_its_second_attempt_counts_its_own_notes(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    loaded(some_notes(30))
    pipeline.resources.flag.looks_left = 2
    pipeline.run("acme", run_id="acme__9", batch_size=10)
    pipeline.resources.flag.looks_left = None
    pipeline.resources.database["contact_notes"].delete_one({"legacy_crm_note_id": "2"})

    assert pipeline.run("acme", run_id="acme__9", batch_size=7) == SUCCESS

    record = pipeline.record("acme")
    assert record["attempt"] == 2
    assert record["counts"] == {
        "migrated": 29,
        "already_present": 0,
        "failed": 0,
        "vanished_at_source": 0,
        "erased_in_cdp": 1,
        "out_of_scope": 0,
    }


def test_given_identity_down_when_run_then_notes_carry_labels_and_the_run_succeeds(
    pipeline: LocalPipeline, loaded: Loading, world: Control
) -> None:
    loaded(some_notes(5))
    world.add_fault(Fault(target="identity", kind=Transport.STATUS, status=403))

    assert pipeline.run("acme") == SUCCESS

    notes = list(pipeline.resources.database["contact_notes"].find())
    assert {(note["owner_id"], note["legacy_owner_label"]) for note in notes} == {(None, "Sari W.")}
    assert pipeline.record("acme")["owners"] == {"resolved": 0, "by_label": 5}


def test_given_redis_down_when_run_then_it_completes(pipeline: LocalPipeline, loaded: Loading) -> None:
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    loaded(some_notes(5))
    with redis.Redis(port=9, retry=Retry(NoBackoff(), 0)) as nobody:
        pipeline.resources.redis_client = nobody

        assert pipeline.run("acme") == SUCCESS


def test_given_objects_of_a_note_that_was_never_written_when_finalized_then_they_are_swept(
    pipeline: LocalPipeline,
    loaded: Loading,
    running_simulators: Simulators,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    url = f"{running_simulators.addresses.cdn}/sweep/a.png"
    image = {"id": 7, "url": url, "file_name": "a.png", "content_type": "image/png"}
    loaded(some_notes(1, images=[image]), files=[SourceFile("sweep/a.png", PNG, "image/png")])
    bucket = pipeline.resources.storage.attachments_bucket
    for kept in ("acme-company/2/image-7", "acme-company/1/by-hand", "rival-company/1/image-7"):
        pipeline.resources.s3_client.put_object(Bucket=bucket, Key=kept, Body=b"x")
    run = pipeline.guard("acme")
    groups = pipeline.extract(run)
    with monkeypatch.context() as dead:
        dying(MongoNotes, "insert_missing", dead, after=False)
        with pytest.raises(Crash):
            pipeline.migrate(run, groups)
    assert "acme-company/1/image-7" in keys(pipeline, bucket)

    pipeline.finalize(run)

    assert keys(pipeline, bucket) == [
        "acme-company/1/by-hand",
        "acme-company/2/image-7",
        "rival-company/1/image-7",
    ]


def test_given_notes_of_others_when_run_then_they_are_untouched(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    loaded(some_notes(3))
    notes = pipeline.resources.database["contact_notes"]
    now = pipeline.now()
    native = {"contact_id": "c", "note": "n", "is_deleted": False, "created_at": now, "updated_at": now}
    notes.insert_many(
        [
            native | {"company_sso_id": "acme-company"},
            native | {"company_sso_id": "rival-company", "legacy_crm_note_id": "1"},
        ]
    )
    others = {"$or": [{"legacy_crm_note_id": {"$exists": False}}, {"company_sso_id": "rival-company"}]}
    before = list(notes.find(others))

    assert pipeline.run("acme") == SUCCESS

    assert list(notes.find(others)) == before
    assert migrated(pipeline) == 4


TEXT, NAME, FILE = "canary-text-4711", "Canaria Name-4711", "canary-file-4711"


def test_given_canaries_in_every_note_when_run_then_they_are_in_the_notes_and_nowhere_else(
    pipeline: LocalPipeline,
    loaded: Loading,
    world: Control,
    running_simulators: Simulators,
    caplog: pytest.LogCaptureFixture,
    capsys: pytest.CaptureFixture[str],
) -> None:
    cdn = running_simulators.addresses.cdn
    images = [
        {"id": 1, "url": f"{cdn}/{FILE}/a.png", "file_name": "a.png"},
        {"id": 2, "url": f"{cdn}/{FILE}/absent.png", "file_name": f"{FILE}.png"},
        {"id": 3, "url": f"https://{FILE}.example/a.png"},
        {"id": FILE, "url": f"javascript:{FILE}"},
    ]
    canary = {"note": f"<p>{TEXT}</p>", "creator_name": NAME, "images": images}
    notes = some_notes(200, **canary)
    notes[3] |= {"creator_id": 999}
    notes[4] |= {"created_at": TEXT}
    notes[5] |= {"crm_person_id": None}
    loaded(notes, files=[SourceFile(f"{FILE}/a.png", PNG, "image/png")])
    caplog.set_level(logging.DEBUG)

    with structlog.testing.capture_logs() as lines:
        outcome = pipeline.run("acme", batch_size=50)

    assert outcome == SUCCESS
    database = pipeline.resources.database
    assert TEXT in str(database["contact_notes"].find_one())
    elsewhere = {
        name: list(database[name].find())
        for name in database.list_collection_names()
        if name.startswith("notes_migration_")
    }
    assert len(elsewhere) == 4
    statuses = pipeline.resources.redis_client
    shown = "\n".join(
        [
            json.dumps(lines, default=str),
            caplog.text,
            *capsys.readouterr(),
            str(elsewhere),
            *(str(statuses.get(key)) for key in statuses.scan_iter()),
        ]
    )
    assert "crm_notes_migration_note_failed" in shown
    assert not [canary for canary in (TEXT, NAME, FILE) if canary in shown]


def test_given_a_run_when_it_is_logged_then_every_event_has_the_contracts_fields(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    notes = some_notes(120, crm_checkin={"id": 5})
    notes[0] |= {"creator_id": 999, "images": [{"id": 1, "url": "https://not-allowed.example/a"}]}
    loaded([*notes, a_crm_note(500, created_at=None)])

    with structlog.testing.capture_logs() as lines:
        pipeline.run("acme")

    events = {line["event"]: line for line in lines if line["event"].startswith("crm_notes_migration_")}
    names = {name.removeprefix("crm_notes_migration_") for name in events}
    assert names == {
        *("started", "batch_completed", "note_failed", "attachment_failed", "owner_not_resolved"),
        *("completed", "checkin_dropped"),
    }
    for line in events.values():
        assert (line["cid"], line["company_sso_id"]) == ("acme", "acme-company")
        assert line["job_id"].startswith("acme__")
    for name in ("note_failed", "attachment_failed", "owner_not_resolved"):
        assert {"legacy_crm_note_id", "reason_code"} <= set(events[f"crm_notes_migration_{name}"])
    done = events["crm_notes_migration_completed"]
    assert (done["notes_processed"], done["notes_total"], done["triggered_by"]) == (121, 121, "tests")
    assert {"failure_rate", "duration_seconds"} <= set(done)
