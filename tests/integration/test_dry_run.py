"""A dry run over real services: it foretells what the migration then does, and writes nothing anywhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import pytest
from bson import encode

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from sandbox.accounts.model import Account
from sandbox.accounts.registry import build_account
from sandbox.accounts.seed import seed_mongo
from sandbox.simulators.process import Control, Simulators
from tests.support.builders import a_crm_note
from tests.support.local_pipeline import LocalPipeline
from tests.support.small_account import small_account, some_notes

pytestmark = pytest.mark.integration
SUCCESS = Outcome(RunState.COMPLETED_SUCCESS)
Document = dict[str, Any]
Loading = Callable[..., Account]


@pytest.fixture
def loaded(pipeline: LocalPipeline, world: Control) -> Iterator[Loading]:
    def load(notes: Sequence[Document], **account: Any) -> Account:
        built = small_account("acme", notes, **account)
        world.load(built)
        seed_mongo(pipeline.resources.database, built)
        return built

    yield load
    world.unload("acme")


def everything(pipeline: LocalPipeline) -> dict[str, Any]:
    """Return all that is stored anywhere, but for the runs' own records."""
    resources = pipeline.resources
    names = sorted(set(resources.database.list_collection_names()) - {"notes_migration_runs"})
    found: dict[str, Any] = {
        name: sorted(encode(each) for each in resources.database[name].find()) for name in names
    }
    for bucket in (resources.storage.attachments_bucket, resources.storage.staging_bucket):
        listed = resources.s3_client.list_objects_v2(Bucket=bucket).get("Contents", [])
        found[bucket] = [each["Key"] for each in listed]
    found["redis"] = {key: resources.redis_client.get(key) for key in resources.redis_client.scan_iter()}
    return found


def report(pipeline: LocalPipeline, cid: str = "acme") -> Document:
    found: Document = pipeline.record(cid)["report"]
    assert sum(found["classes"].values()) == found["source_total"]
    by_type = found["attachments"]["by_type"].values()
    assert sum(each["files"] for each in by_type) == found["attachments"]["linked"]
    assert sum(each["bytes"] for each in by_type) == found["attachments"]["bytes"]
    return found


@pytest.mark.parametrize("cid", ["qa-100", "qa-errors"])
def test_given_an_account_when_run_dry_then_the_migration_does_what_was_foretold(
    cid: str, pipeline: LocalPipeline, running_simulators: Simulators, world: Control
) -> None:
    account = build_account(cid, cdn_url=running_simulators.addresses.cdn)
    world.load(account)
    seed_mongo(pipeline.resources.database, account)
    before = everything(pipeline)
    pipeline.resources.flag.on = False

    assert pipeline.run(cid, mode="dry_run") == SUCCESS

    assert everything(pipeline) == before
    foretold = report(pipeline, cid)
    pipeline.resources.flag.on = True
    assert pipeline.run(cid) == SUCCESS
    done = pipeline.record(cid)
    assert foretold["classes"] == done["counts"]
    assert foretold["failed_by_reason"] == done["failed_by_reason"] == account.expected.failed_by_reason
    assert foretold["owners"] == done["owners"]
    assert foretold["html_warnings"] | foretold["other_warnings"] == done["warnings"]
    assert {name: foretold["attachments"][name] for name in done["attachments"]} == done["attachments"]
    assert foretold["match_pct"] == done["match_pct"]


def test_given_failures_that_would_halt_when_run_dry_then_it_reads_to_the_end_and_foretells_the_halt(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    loaded([*(a_crm_note(each, created_at=None) for each in range(1, 41)), *some_notes(60)[40:]])

    outcome = pipeline.run("acme", mode="dry_run", batch_size=10)

    assert outcome == Outcome(RunState.HALTED, ReasonCode.FAILURE_RATE_EXCEEDED)
    foretold = report(pipeline)
    assert (foretold["failed_by_reason"], foretold["would_migrate"]) == ({"NOTE_INVALID": 40}, 20)


def test_given_coverage_below_the_gate_when_run_dry_then_the_report_is_of_the_whole_account(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    loaded([*some_notes(3), a_crm_note(4, crm_person_id=4)])
    before = everything(pipeline)

    outcome = pipeline.run("acme", mode="dry_run")

    assert outcome == Outcome(RunState.HALTED, ReasonCode.COVERAGE_BELOW_THRESHOLD)
    assert everything(pipeline) == before
    foretold = report(pipeline)
    assert (foretold["persons"], foretold["persons_resolved"], foretold["coverage_pct"]) == (2, 1, 50.0)
    assert foretold["failed_by_reason"] == {"CONTACT_NOT_MAPPED": 1}
    assert foretold["would_migrate"] == 3


def test_given_files_from_elsewhere_when_run_dry_then_their_hosts_are_named_and_no_more_of_the_url(
    pipeline: LocalPipeline, loaded: Loading
) -> None:
    urls = ["https://files.elsewhere.example/secret?token=1", "https://ELSEWHERE.example/x", "https://[/"]
    images = [{"id": number, "url": url} for number, url in enumerate([*urls, urls[0]], start=1)]
    loaded([a_crm_note(1, images=images)])

    assert pipeline.run("acme", mode="dry_run") == SUCCESS

    found = report(pipeline)
    assert found["hosts_not_allowed"] == [
        {"host": "files.elsewhere.example", "files": 2},
        {"host": "(unreadable)", "files": 1},
        {"host": "elsewhere.example", "files": 1},
    ]
    assert "token" not in str(pipeline.record("acme"))


def test_given_a_migrated_account_when_run_dry_then_only_what_is_missing_would_be_written(
    pipeline: LocalPipeline, loaded: Loading, world: Control
) -> None:
    loaded(some_notes(5))
    pipeline.run("acme")
    pipeline.resources.database["contact_notes"].delete_one({"legacy_crm_note_id": "2"})
    world.put_note("acme", a_crm_note(6))
    before = everything(pipeline)

    assert pipeline.run("acme", mode="dry_run") == SUCCESS

    assert everything(pipeline) == before
    classes = report(pipeline)["classes"]
    assert (classes["migrated"], classes["already_present"], classes["erased_in_cdp"]) == (1, 4, 1)


def test_given_a_small_quota_when_run_dry_then_the_report_says_that_the_files_do_not_fit(
    pipeline: LocalPipeline, running_simulators: Simulators, world: Control
) -> None:
    account = build_account("qa-100", cdn_url=running_simulators.addresses.cdn)
    world.load(account)
    seed_mongo(pipeline.resources.database, account)
    pipeline.run("qa-100", mode="dry_run")
    needed = report(pipeline, "qa-100")["attachments"]["bytes"]

    for quota, fits in ((needed, True), (needed - 1, False)):
        pipeline.settings["attachment_quota_bytes"] = quota
        pipeline.run("qa-100", mode="dry_run")
        found = report(pipeline, "qa-100")["attachments"]
        assert (found["fits_quota"], found["bytes"]) == (fits, needed)
