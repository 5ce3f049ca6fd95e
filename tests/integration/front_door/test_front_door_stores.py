"""What the front door reads of MongoDB, and how it asks CRM, identity and storage."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import pytest
from pymongo import MongoClient

from notes_migration.adapters.mongo_account_directory import MongoAccountDirectory
from notes_migration.adapters.mongo_accounts import MongoAccounts
from notes_migration.adapters.mongo_failure_listing import PAGE_ROWS, MongoFailureListing
from notes_migration.adapters.mongo_failures import MongoFailures
from notes_migration.adapters.mongo_runs import MongoRuns
from notes_migration.composition import Endpoint, StorageLocations
from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.basic_auth import Credentials
from notes_migration.domain.conf import MigrationConf, parse_conf
from notes_migration.domain.errors import DependencyDown, FatalError, ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from notes_migration.front_door import FrontDoorComposition
from notes_migration.ports.batch_ledger import FailedRecord
from sandbox.accounts.registry import build_account
from sandbox.simulators.faults import Fault, Transport
from sandbox.simulators.process import Control, Simulators
from tests.fakes.front_door import InMemoryLauncher
from tests.support.builders import NOW, a_run
from tests.support.local_pipeline import LocalResources

pytestmark = pytest.mark.integration
CONF = parse_conf({"cid": "qa-100", "company_sso_id": "qa-100-company"})
MakeDoor = Callable[[LocalResources], FrontDoorComposition]
KNOWN = (Credentials(b"ops", b"1"),)


@pytest.fixture
def door() -> Iterator[MakeDoor]:
    """Makes doors over given clients and closes what they have opened."""
    with ExitStack() as opened:

        def make(resources: LocalResources) -> FrontDoorComposition:
            made = FrontDoorComposition(resources, launcher=InMemoryLauncher(), known=lambda: KNOWN)
            opened.callback(made.close)
            return made

        yield make


@pytest.fixture
def directory(resources: LocalResources) -> MongoAccountDirectory:
    return MongoAccountDirectory(resources.database)


def test_given_accounts_when_looked_up_by_either_of_the_pair_then_their_records_are_found(
    resources: LocalResources, directory: MongoAccountDirectory
) -> None:
    accounts = MongoAccounts(resources.database["notes_migration_accounts"])
    first, second = a_run(), a_run(run_id="other__1", cid="other", company_sso_id="other-company")
    for run in (first, second):
        accounts.activate(run)
        accounts.bind(run)
    halted = Outcome(RunState.HALTED, ReasonCode.FLAG_DISABLED)
    accounts.record_outcome(first, halted, now=NOW)
    accounts.deactivate(cid="acme", run_id=first.run_id)

    found = directory.related(cid="acme", company_sso_id="other-company")

    acme = AccountRecord(
        "acme",
        "acme-company",
        RunState.HALTED,
        last_run_id="acme__1",
        reason=ReasonCode.FLAG_DISABLED,
        finished_at=NOW,
    )
    other = AccountRecord(
        "other", "other-company", RunState.IN_PROGRESS, active_run_id="other__1", last_run_id="other__1"
    )
    assert sorted(found, key=lambda each: each.cid) == [acme, other]
    assert directory.find("acme") == acme
    assert directory.find("nobody") is None


def test_given_runs_of_accounts_with_like_names_when_numbered_then_only_the_accounts_own_count(
    resources: LocalResources, directory: MongoAccountDirectory
) -> None:
    runs = MongoRuns(resources.database["notes_migration_runs"], code_version="")
    for run_id in ("a__2", "a__11", "a__b__30", "a___40", "manual__2026", "ab__50", "a__60x"):
        runs.start(a_run(run_id=run_id))

    assert [directory.last_run_number(cid) for cid in ("a", "a__b", "a_", "b")] == [11, 30, 40, 0]


def test_given_more_failed_records_than_a_page_when_listed_then_all_of_the_account_come_by_reason(
    resources: LocalResources,
) -> None:
    collection = resources.database["notes_migration_failures"]
    failures, run = MongoFailures(collection, now=lambda: NOW), a_run()
    failures.ensure_indexes()
    reasons = (ReasonCode.NOTE_TOO_LONG, ReasonCode.CONTACT_NOT_MAPPED)
    records = [
        FailedRecord("note", str(number), None, reasons[number % 2], "content")
        for number in range(1, PAGE_ROWS + 52)
    ]
    failures.record(run, records)
    failures.record(replace(run, cid="other"), records[:3])

    pages = list(MongoFailureListing(collection).pages("acme"))

    rows = [row for page in pages for row in page]
    assert [len(page) for page in pages] == [PAGE_ROWS, 51]
    assert {row.legacy_crm_note_id for row in rows} == {record.note_id for record in records}
    assert [row.reason_code for row in rows] == sorted(row.reason_code for row in rows)
    assert (rows[0].first_seen, rows[0].attempts, rows[0].run_id) == (NOW, 1, "acme__1")


def test_given_all_neighbours_up_when_triggered_then_the_run_starts_after_the_last_recorded_number(
    door: MakeDoor, resources: LocalResources, world: Control, running_simulators: Simulators
) -> None:
    world.load(build_account("qa-100", cdn_url=running_simulators.addresses.cdn))
    MongoRuns(resources.database["notes_migration_runs"], code_version="").start(a_run(run_id="qa-100__7"))

    assert door(resources).trigger().trigger(CONF, triggered_by="tests") == "qa-100__8"


@pytest.mark.parametrize(
    ("fault", "dependency"),
    [
        (Fault(target="crm", kind=Transport.STATUS, status=503), "crm_api"),
        (Fault(target="crm", kind=Transport.STATUS, status=401), "crm_api"),
        (Fault(target="crm", kind=Transport.HTML), "crm_api"),
        (Fault(target="crm", kind=Transport.HANG, seconds=3), "crm_api"),
        (Fault(target="crm", kind=Transport.DRIP, seconds=0.5, piece_bytes=8), "crm_api"),
        (Fault(target="identity", kind=Transport.STATUS, status=500), "identity_api"),
        (Fault(target="identity", kind=Transport.STATUS, status=403), "identity_api"),
        (Fault(target="identity", kind=Transport.HANG, seconds=3), "identity_api"),
    ],
)
def test_given_a_neighbour_that_fails_when_triggered_then_it_is_named_within_a_moment_and_asked_once(
    door: MakeDoor,
    resources: LocalResources,
    world: Control,
    running_simulators: Simulators,
    fault: Fault,
    dependency: str,
) -> None:
    world.load(build_account("qa-100", cdn_url=running_simulators.addresses.cdn))
    service = door(resources).trigger()
    world.add_fault(fault)
    began = time.monotonic()

    with pytest.raises(DependencyDown) as caught:
        service.trigger(CONF, triggered_by="tests")

    assert caught.value.dependency == dependency
    assert time.monotonic() - began < 2.5
    assert len(world.requests(fault.target)) <= 1  # one that is cut off may not be noted


def test_given_a_cid_that_the_crm_does_not_know_when_triggered_then_that_comes_before_what_is_down(
    door: MakeDoor, resources: LocalResources, world: Control
) -> None:
    world.add_fault(Fault(target="identity", kind=Transport.STATUS, status=500))

    with pytest.raises(FatalError) as caught:
        door(resources).trigger().trigger(a_conf("nobody"), triggered_by="tests")

    assert caught.value.reason is ReasonCode.CID_NOT_FOUND


def test_given_a_bucket_that_is_not_there_when_triggered_then_storage_is_named(
    door: MakeDoor, resources: LocalResources, world: Control, running_simulators: Simulators
) -> None:
    world.load(build_account("qa-100", cdn_url=running_simulators.addresses.cdn))
    places = StorageLocations(resources.storage.attachments_bucket, "no-such-bucket", "https://files")

    with pytest.raises(DependencyDown) as caught:
        door(replace(resources, storage=places)).trigger().trigger(CONF, triggered_by="tests")

    assert caught.value.dependency == "cdp_storage"


def test_given_no_mongo_when_triggered_or_asked_then_it_is_named(
    door: MakeDoor, resources: LocalResources
) -> None:
    with MongoClient[dict[str, Any]]("mongodb://127.0.0.1:1", timeoutMS=200) as gone:
        closed = door(replace(resources, database=gone["cdp"]))

        with pytest.raises(DependencyDown) as on_trigger:
            closed.trigger().trigger(CONF, triggered_by="tests")
        with pytest.raises(DependencyDown) as on_status:
            closed.status().read("qa-100")

    assert (on_trigger.value.dependency, on_status.value.dependency) == ("cdp_mongo", "cdp_mongo")


def test_given_an_identity_that_refuses_an_empty_list_when_triggered_then_it_counts_as_there(
    door: MakeDoor, resources: LocalResources, world: Control, running_simulators: Simulators
) -> None:
    world.load(build_account("qa-100", cdn_url=running_simulators.addresses.cdn))
    world.add_fault(Fault(target="identity", kind=Transport.STATUS, status=422))

    assert door(resources).trigger().trigger(CONF, triggered_by="tests") == "qa-100__1"


def test_given_a_wrong_crm_header_when_triggered_then_nothing_of_it_is_in_the_error(
    door: MakeDoor,
    resources: LocalResources,
) -> None:
    wrong = replace(resources, crm=Endpoint(resources.crm.root_url, "Token hunter2"))

    with pytest.raises(DependencyDown) as caught:
        door(wrong).trigger().trigger(CONF, triggered_by="tests")

    assert "hunter2" not in str(caught.value)


def a_conf(cid: str) -> MigrationConf:
    return parse_conf({"cid": cid, "company_sso_id": f"{cid}-company"})
