"""With nobody at the other end, every method of every adapter raises an error of ours, and says nothing."""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator
from contextlib import closing
from typing import Any
from unittest.mock import patch

import pytest
from bson.errors import InvalidDocument
from pymongo import MongoClient
from pymongo.errors import (
    BulkWriteError,
    ConfigurationError,
    ExecutionTimeout,
    OperationFailure,
    PyMongoError,
    WriteError,
)

from notes_migration.adapters.mongo_accounts import MongoAccounts
from notes_migration.adapters.mongo_batches import MongoBatches
from notes_migration.adapters.mongo_border import translated
from notes_migration.adapters.mongo_certificates import MongoCertificates
from notes_migration.adapters.mongo_contacts import MongoContacts
from notes_migration.adapters.mongo_failures import MongoFailures
from notes_migration.adapters.mongo_index import apply_index_migration
from notes_migration.adapters.mongo_inspector import MongoInspector
from notes_migration.adapters.mongo_migrated_notes import MongoMigratedNotes
from notes_migration.adapters.mongo_notes import MongoNotes
from notes_migration.adapters.mongo_removals import MongoRemovals
from notes_migration.adapters.mongo_repairs import MongoRepairs
from notes_migration.adapters.mongo_runs import MongoRuns
from notes_migration.adapters.mongo_stored_notes import MongoStoredNotes
from notes_migration.adapters.page_staging import ObjectPageStaging
from notes_migration.adapters.redis_status import RedisStatus
from notes_migration.adapters.s3_storage import S3Storage
from notes_migration.domain.batching import StagedPage
from notes_migration.domain.certificate import certify
from notes_migration.domain.errors import FatalError, MigrationError, ReasonCode, TransientError
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from notes_migration.domain.status import project_status
from notes_migration.ports.batch_ledger import BatchResult, FailedRecord, PreparedNote
from notes_migration.ports.note_repairs import Repair
from tests.support.builders import NOW, a_cdp_note, a_ledger, a_run

pytestmark = pytest.mark.integration
RUN = a_run()
OUTCOME = Outcome(RunState.COMPLETED_SUCCESS)
CANARY = "canary-in-a-note"
Calls = dict[str, Callable[[Any], object]]

PAIR = {"cid": "acme", "company_sso_id": "acme-company"}
ACCOUNTS: Calls = {
    "ensure_indexes": lambda it: it.ensure_indexes(),
    "bindings": lambda it: it.bindings(**PAIR),
    "state": lambda it: it.state("acme"),
    "activate": lambda it: it.activate(RUN),
    "occupy": lambda it: it.occupy(RUN),
    "begin_removal": lambda it: it.begin_removal(RUN),
    "is_active": lambda it: it.is_active(RUN),
    "close": lambda it: it.close(RUN),
    "holds": lambda it: it.holds(RUN),
    "inherit": lambda it: it.inherit(RUN),
    "bind": lambda it: it.bind(RUN),
    "record_outcome": lambda it: it.record_outcome(RUN, OUTCOME, now=NOW),
    "deactivate": lambda it: it.deactivate(cid="acme", run_id="acme__1"),
}
RUNS: Calls = {
    "ensure_indexes": lambda it: it.ensure_indexes(),
    "next_attempt": lambda it: it.next_attempt("acme__1"),
    "start": lambda it: it.start(RUN),
    "find": lambda it: it.find("acme__1"),
    "report": lambda it: it.report(RUN, {"persons": 1}),
    "reported": lambda it: it.reported(RUN),
    "latest_migration": lambda it: it.latest_migration("acme"),
    "highest_id": lambda it: it.highest_id("acme"),
    "outcome": lambda it: it.outcome("acme__1"),
    "stop": lambda it: it.stop(RUN, ReasonCode.FLAG_DISABLED),
    "finish": lambda it: it.finish(RUN, OUTCOME, a_ledger(), now=NOW),
}
BATCHES: Calls = {
    "ensure_indexes": lambda it: it.ensure_indexes(),
    "begin_attempt": lambda it: it.begin_attempt(RUN),
    "intended": lambda it: it.intended(RUN, {"1"}),
    "written_before": lambda it: it.written_before(RUN, {"1"}),
    "store_intent": lambda it: it.store_intent(RUN, "a", ["1"]),
    "store_prepared": lambda it: it.store_prepared(RUN, "a", {"1": PreparedNote()}),
    "prepared": lambda it: it.prepared(RUN, {"1"}),
    "store_result": lambda it: it.store_result(RUN, "a", BatchResult(a_ledger().batches)),
    "mended_elsewhere": lambda it: it.mended_elsewhere(RUN, "a", {"owner:1"}),
    "totals": lambda it: it.totals(RUN),
    "ids": lambda it: it.ids(RUN, ("migrated",)),
    "unsettled": lambda it: it.unsettled(RUN),
    "all_intended": lambda it: it.all_intended(RUN),
    "attachment_bytes": lambda it: it.attachment_bytes("acme"),
}
FAILED = FailedRecord("note", "1", None, ReasonCode.NOTE_INVALID, "scope")
FAILURES: Calls = {
    "ensure_indexes": lambda it: it.ensure_indexes(),
    "record": lambda it: it.record(RUN, [FAILED]),
    "resolve": lambda it: it.resolve(RUN, ["1"]),
    "renew": lambda it: it.renew(RUN, ["1"], [FAILED]),
    "of_notes": lambda it: it.of_notes("acme", ["1"]),
    "of_account": lambda it: it.of_account("acme"),
    "remove": lambda it: it.remove(RUN, [FAILED]),
    "clear": lambda it: it.clear("acme"),
}
CERTIFICATES: Calls = {
    "ensure_indexes": lambda it: it.ensure_indexes(),
    "store": lambda it: it.store(certify(RUN, a_ledger(), [], present=[], added_since=0, now=NOW)),
    "latest": lambda it: it.latest("acme"),
    "revoke": lambda it: it.revoke("acme", by="back"),
}
REPAIRS: Calls = {"apply": lambda it: it.apply(Repair("1", NOW, owner_id="sso-1"))}
STORED: Calls = {"read": lambda it: it.read(["1"]), "ids": lambda it: list(it.ids())}
NOTES: Calls = {
    "existing": lambda it: it.existing(["1"]),
    "insert_missing": lambda it: it.insert_missing([a_cdp_note("1", note=CANARY)]),
}
REMOVALS: Calls = {
    "intended_by": lambda it: it.intended_by("acme"),
    "store_removal": lambda it: it.store_removal(RUN, "a", ["1"]),
    "pending": lambda it: it.pending(RUN),
    "settle_removal": lambda it: it.settle_removal(RUN, "a", ["1"]),
    "removed": lambda it: it.removed(RUN),
    "keep_bytes": lambda it: it.keep_bytes(RUN, 1),
}
MIGRATED: Calls = {
    "stamps": lambda it: it.stamps(["1"]),
    "remove": lambda it: it.remove({"1": frozenset({NOW})}),
}
CONTACTS: Calls = {"of_persons": lambda it: it.of_persons(["1"])}
INSPECTOR: Calls = {
    "index_problem": lambda it: it.index_problem(),
    "native_field_types": lambda it: it.native_field_types(),
}
PAGE = StagedPage("runs/a/b/1/0-0.json.gz", 1, 1, 1, "00")
STAGING: Calls = {
    "stage": lambda it: it.stage("k", [{"note": CANARY}], first_id=1, last_id=1),
    "load": lambda it: it.load(PAGE),
    "discard": lambda it: it.discard("runs/"),
}
STATUS: Calls = {
    "publish": lambda it: it.publish(project_status(RUN, a_ledger(), phase="x", now=NOW)),
    "read": lambda it: it.read("acme"),
}
ADAPTERS: dict[type, Calls] = {
    MongoAccounts: ACCOUNTS,
    MongoRuns: RUNS,
    MongoBatches: BATCHES,
    MongoFailures: FAILURES,
    MongoNotes: NOTES,
    MongoContacts: CONTACTS,
    MongoInspector: INSPECTOR,
    MongoCertificates: CERTIFICATES,
    MongoStoredNotes: STORED,
    MongoRepairs: REPAIRS,
    MongoRemovals: REMOVALS,
    MongoMigratedNotes: MIGRATED,
    ObjectPageStaging: STAGING,
    RedisStatus: STATUS,
}
EVERY_CALL = [(kind, name) for kind, calls in ADAPTERS.items() for name in calls]


@pytest.fixture(scope="module")
def unplugged() -> Iterator[dict[type, Any]]:
    """Return the adapters over clients that talk to a closed port."""
    import boto3
    import redis
    from botocore.config import Config
    from redis.backoff import NoBackoff
    from redis.retry import Retry

    s3 = boto3.client(
        "s3",
        endpoint_url="http://127.0.0.1:9",
        aws_access_key_id="x",
        aws_secret_access_key="s3cr3t",
        region_name="us-east-1",
        config=Config(retries={"total_max_attempts": 1}, connect_timeout=1),
    )
    with (
        # The driver looks again after half a second at the earliest, for every call anew.
        patch("pymongo.common.MIN_HEARTBEAT_INTERVAL", 0.01),
        MongoClient[dict[str, Any]](
            "mongodb://user:s3cr3t@127.0.0.1:9", serverSelectionTimeoutMS=20
        ) as mongo,
        redis.Redis(port=9, retry=Retry(NoBackoff(), 0)) as redis_client,
        closing(s3),
    ):
        collection = mongo["cdp"]["any"]
        yield {
            MongoAccounts: MongoAccounts(collection),
            MongoRuns: MongoRuns(collection, code_version="1"),
            MongoBatches: MongoBatches(collection),
            MongoFailures: MongoFailures(collection, now=lambda: NOW),
            MongoNotes: MongoNotes(collection, company_sso_id="acme-company"),
            MongoContacts: MongoContacts(collection, company_sso_id="acme-company"),
            MongoInspector: MongoInspector(collection, company_sso_id="acme-company"),
            MongoCertificates: MongoCertificates(collection),
            MongoStoredNotes: MongoStoredNotes(collection, company_sso_id="acme-company"),
            MongoRepairs: MongoRepairs(collection, company_sso_id="acme-company"),
            MongoRemovals: MongoRemovals(collection),
            MongoMigratedNotes: MongoMigratedNotes(collection, company_sso_id="acme-company"),
            ObjectPageStaging: ObjectPageStaging(S3Storage(s3, "staging")),
            RedisStatus: RedisStatus(redis_client),
        }


@pytest.mark.parametrize(("kind", "name"), EVERY_CALL, ids=[f"{k.__name__}.{n}" for k, n in EVERY_CALL])
def test_given_nobody_at_the_other_end_when_any_method_is_called_then_the_error_is_ours(
    unplugged: dict[type, Any], kind: type, name: str
) -> None:
    with pytest.raises(MigrationError) as caught:
        ADAPTERS[kind][name](unplugged[kind])

    assert isinstance(caught.value, TransientError)
    assert caught.value.reason is ReasonCode.DEPENDENCY_UNAVAILABLE
    shown = "".join(traceback.format_exception(caught.value))
    assert "s3cr3t" not in shown
    assert CANARY not in str(caught.value)
    assert caught.value.__suppress_context__


@pytest.mark.parametrize("kind", list(ADAPTERS))
def test_given_an_adapter_when_its_methods_are_listed_then_each_is_called_here(kind: type) -> None:
    public = {name for name, _ in inspect.getmembers(kind, inspect.isfunction) if not name.startswith("_")}

    assert public == set(ADAPTERS[kind])


DUPLICATE = {"writeErrors": [{"index": 0, "code": 11000, "op": {"note": CANARY}}]}


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        (ExecutionTimeout(CANARY, code=50), TransientError),
        (OperationFailure(CANARY, code=112), TransientError),
        (OperationFailure(CANARY, code=91, details={"errorLabels": ["RetryableWriteError"]}), TransientError),
        (OperationFailure(CANARY, code=13), FatalError),
        (OperationFailure(CANARY, code=18), FatalError),
        (ConfigurationError(CANARY), FatalError),
        (BulkWriteError(DUPLICATE), FatalError),
        (WriteError(CANARY, code=121), FatalError),
        (PyMongoError(CANARY), TransientError),
        (InvalidDocument(CANARY), FatalError),
        (UnicodeEncodeError("utf-8", CANARY, 0, 1, CANARY), FatalError),
        (OverflowError(CANARY), FatalError),
    ],
    ids=lambda value: value.__name__ if isinstance(value, type) else type(value).__name__,
)
def test_given_any_error_of_the_driver_when_translated_then_it_is_ours_and_says_nothing(
    error: Exception, kind: type[MigrationError]
) -> None:
    with pytest.raises(MigrationError) as caught, translated("testing"):
        raise error

    assert type(caught.value) is kind
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_given_values_that_cannot_be_stored_when_written_then_the_error_is_ours(database: Any) -> None:
    notes = MongoNotes(database["contact_notes"], company_sso_id="acme-company")

    with pytest.raises(FatalError) as caught:
        notes.insert_missing([a_cdp_note("1", note=f"{CANARY}\ud800")])

    assert caught.value.reason is ReasonCode.INTERNAL_ERROR
    assert CANARY not in "".join(traceback.format_exception(caught.value))


def test_given_the_index_migration_when_nobody_answers_then_the_error_is_ours() -> None:
    with (
        MongoClient[dict[str, Any]]("mongodb://127.0.0.1:9", serverSelectionTimeoutMS=20) as mongo,
        pytest.raises(TransientError),
    ):
        apply_index_migration(mongo["cdp"], "up")
