"""Verification over real services: what it proves, what it tells apart, and that it writes nothing else."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import Any

import pytest
from bson import encode

from notes_migration.adapters.mongo_certificates import COLLECTION, MongoCertificates
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from sandbox.accounts.model import Account
from sandbox.accounts.registry import build_account
from sandbox.accounts.seed import seed_mongo
from sandbox.simulators.faults import Fault, Transport
from sandbox.simulators.process import Control, Simulators
from tests.support.builders import a_crm_note
from tests.support.local_pipeline import LocalPipeline
from tests.support.small_account import small_account, some_notes

pytestmark = pytest.mark.integration
SUCCESS = Outcome(RunState.COMPLETED_SUCCESS)
DIFFERS = Outcome(RunState.COMPLETED_WITH_ERRORS, ReasonCode.MATCH_BELOW_THRESHOLD)
Document = dict[str, Any]
Loading = Callable[..., Account]


@pytest.fixture
def loaded(pipeline: LocalPipeline, world: Control) -> Iterator[Loading]:
    cids: list[str] = []

    def load(notes: Sequence[Document], **account: Any) -> Account:
        built = small_account("acme", notes, **account)
        world.load(built)
        seed_mongo(pipeline.resources.database, built)
        cids.append(built.cid)
        return built

    yield load
    for cid in cids:
        world.unload(cid)


def certificate(pipeline: LocalPipeline, cid: str = "acme") -> Document:
    found = MongoCertificates(pipeline.resources.database[COLLECTION]).latest(cid)
    assert found is not None
    assert sum(found["classes"].values()) == found["source_total"]
    assert found["attachments"]["total"] == found["attachments"]["linked"] + found["attachments"]["failed"]
    assert sum(found["failed_by_reason"].values()) == found["classes"]["failed"]
    assert found["owners"]["resolved"] + found["owners"]["by_label"] == (
        found["classes"]["migrated"] + found["classes"]["already_present"]
    )
    return found


def kinds(pipeline: LocalPipeline) -> dict[str, str]:
    return {each["legacy_crm_note_id"]: each["kind"] for each in certificate(pipeline)["differences"]}


def everything(pipeline: LocalPipeline) -> dict[str, Any]:
    """Return all that a verification must leave as it was."""
    resources = pipeline.resources
    database = resources.database
    kept = {COLLECTION, "notes_migration_runs"}
    names = sorted(set(database.list_collection_names()) - kept)
    buckets = (resources.storage.attachments_bucket, resources.storage.staging_bucket)
    return {
        **{name: sorted(encode(each) for each in database[name].find()) for name in names},
        **{
            name: [
                each["Key"] for each in resources.s3_client.list_objects_v2(Bucket=name).get("Contents", [])
            ]
            for name in buckets
        },
        "redis": {key: resources.redis_client.get(key) for key in resources.redis_client.scan_iter()},
    }


@pytest.mark.parametrize("cid", ["qa-100", "qa-errors"])
def test_given_a_synthetic_account_when_verified_then_the_certificate_is_clean_and_nothing_else_is_written(
    cid: str, pipeline: LocalPipeline, running_simulators: Simulators, world: Control
) -> None:
    account = build_account(cid, cdn_url=running_simulators.addresses.cdn)
    world.load(account)
    seed_mongo(pipeline.resources.database, account)
    pipeline.run(cid)
    before = everything(pipeline)
    pipeline.resources.flag.on = False

    outcome = pipeline.run(cid, mode="verify")

    assert outcome == SUCCESS
    assert everything(pipeline) == before
    proved, expected = certificate(pipeline, cid), account.expected
    assert proved["differences"] == []
    assert proved["classes"]["migrated"] == len(expected.documents)
    assert proved["failed_by_reason"] == expected.failed_by_reason
    assert proved["source_total"] == expected.source_total
    assert f"{proved['match_pct']:.2f}" == expected.match_pct
    assert proved["attachments"]["linked"] == len(expected.objects)
    assert proved["owners"]["by_label"] == expected.owners_by_label
    assert proved["owners_compared"] is True
    assert (proved["run_id"], proved["notes_added_since"]) == (pipeline.record(cid)["_id"], 0)


def test_given_every_way_to_differ_when_verified_then_each_is_told_by_id_and_kind(
    pipeline: LocalPipeline, loaded: Loading, world: Control
) -> None:
    loaded(some_notes(20))
    pipeline.run("acme")
    notes = pipeline.resources.database["contact_notes"]
    (stored,) = notes.find({"legacy_crm_note_id": "1"})

    def change(note_id: int, **fields: Any) -> None:
        notes.update_one({"legacy_crm_note_id": str(note_id)}, {"$set": fields})

    change(1, note="<p>other</p>")
    change(2, created_at=stored["created_at"] + timedelta(milliseconds=1))
    change(3, contact_id="contact-2")
    change(4, owner_id="sso-78")
    change(5, attachments=[{"url": "https://files.cdp.example/x", "file_size_in_byte": 1}])
    change(6, updated_at=stored["updated_at"] + timedelta(days=1), note="<p>edited</p>")
    change(7, is_deleted=True)
    notes.delete_one({"legacy_crm_note_id": "8"})
    world.change_note("acme", 9, note="<p>newer</p>", updated_at="2022-01-01T00:00:00Z")
    world.delete_note("acme", 10)
    notes.insert_one(
        {name: value for name, value in stored.items() if name != "_id"} | {"legacy_crm_note_id": "500"}
    )
    change(11, owner_id=None, legacy_owner_label="Sari W.")
    world.put_note("acme", a_crm_note(21))

    outcome = pipeline.run("acme", mode="verify")

    assert outcome == DIFFERS
    assert kinds(pipeline) == {
        "1": "content",
        "2": "timestamp",
        "3": "contact",
        "4": "owner",
        "5": "attachments",
        "6": "edited_in_cdp",
        "7": "edited_in_cdp",
        "8": "erased_in_cdp",
        "9": "changed_at_source",
        "10": "deleted_at_source",
        "11": "owner",
        "500": "extra",
    }
    proved = certificate(pipeline)
    assert (proved["notes_added_since"], proved["in_scope"], proved["max_id"]) == (1, 19, "20")
    assert (proved["classes"]["migrated"], proved["classes"]["erased_in_cdp"]) == (18, 1)
    record = pipeline.resources.database["notes_migration_accounts"].find_one({"cid": "acme"})
    assert record is not None
    assert record["state"] == "completed_success"


def test_given_only_changes_since_the_migration_when_verified_then_the_end_is_a_success(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    loaded(some_notes(5))
    pipeline.run("acme")
    pipeline.resources.database["contact_notes"].delete_one({"legacy_crm_note_id": "3"})

    assert pipeline.run("acme", mode="verify") == SUCCESS
    assert kinds(pipeline) == {"3": "erased_in_cdp"}


def test_given_files_that_storage_lost_or_changed_when_verified_then_their_notes_are_told(
    pipeline: LocalPipeline, running_simulators: Simulators, world: Control
) -> None:
    account = build_account("qa-100", cdn_url=running_simulators.addresses.cdn)
    world.load(account)
    seed_mongo(pipeline.resources.database, account)
    pipeline.run("qa-100")
    s3_client, bucket = pipeline.resources.s3_client, pipeline.resources.storage.attachments_bucket
    lost, changed = sorted(account.expected.objects)[:2]
    s3_client.delete_object(Bucket=bucket, Key=lost)
    size = s3_client.head_object(Bucket=bucket, Key=changed)["ContentLength"]
    s3_client.put_object(Bucket=bucket, Key=changed, Body=b"x" * size)

    assert pipeline.run("qa-100", mode="verify") == DIFFERS

    found = certificate(pipeline, "qa-100")["differences"]
    assert {(each["legacy_crm_note_id"], each["kind"]) for each in found} == {
        (key.split("/")[1], "object") for key in (lost, changed)
    }


def test_given_an_account_never_migrated_when_verified_then_all_is_missing_and_nothing_is_left_behind(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    loaded([*some_notes(3), a_crm_note(4, crm_person_id=4)])
    before = everything(pipeline)

    assert pipeline.run("acme", mode="verify") == DIFFERS

    assert everything(pipeline) == before
    assert kinds(pipeline) == {"1": "missing", "2": "missing", "3": "missing"}
    assert certificate(pipeline)["failed_by_reason"] == {"INTERNAL_ERROR": 3, "CONTACT_NOT_MAPPED": 1}


def test_given_a_crm_that_is_down_when_verified_then_it_halts_and_certifies_nothing(
    pipeline: LocalPipeline, loaded: Loading, world: Control
) -> None:
    loaded(some_notes(3))
    pipeline.run("acme")
    before = everything(pipeline)
    world.add_fault(Fault(target="crm", kind=Transport.STATUS, status=503))

    outcome = pipeline.run("acme", mode="verify")

    assert outcome == Outcome(RunState.HALTED, ReasonCode.CRM_EXTRACT_FAILED)
    assert everything(pipeline) == before
    assert MongoCertificates(pipeline.resources.database[COLLECTION]).latest("acme") is None


def test_given_an_interrupted_verification_when_finalized_then_only_its_own_record_says_so(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    loaded(some_notes(3))
    pipeline.run("acme")
    before = everything(pipeline)
    run = pipeline.guard("acme", mode="verify")
    pipeline.extract(run)

    assert pipeline.finalize(run) == "interrupted"

    assert everything(pipeline) == before
    assert pipeline.record("acme")["reason_code"] == "INTERNAL_ERROR"
