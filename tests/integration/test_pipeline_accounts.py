"""The synthetic accounts through the whole pipeline, compared with the generator's expectation."""

from __future__ import annotations

import pytest
from bson import encode

from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from sandbox.accounts.compare import compare_account, reading_order_differences
from sandbox.accounts.model import Account
from sandbox.accounts.registry import build_account
from sandbox.accounts.seed import seed_mongo
from sandbox.simulators.process import Control, Simulators
from tests.support.local_pipeline import LocalPipeline

pytestmark = pytest.mark.integration


def loaded(cid: str, pipeline: LocalPipeline, simulators: Simulators, world: Control) -> Account:
    account = build_account(cid, cdn_url=simulators.addresses.cdn)
    world.load(account)
    seed_mongo(pipeline.resources.database, account)
    return account


def differences(pipeline: LocalPipeline, account: Account) -> list[str]:
    resources = pipeline.resources
    bucket, base_url = resources.storage.attachments_bucket, resources.storage.file_proxy_base_url
    return [
        *compare_account(resources.database, resources.s3_client, bucket, account, base_url),
        *reading_order_differences(resources.database, account),
    ]


def assert_counts(pipeline: LocalPipeline, account: Account) -> None:
    record, expected = pipeline.record(account.cid), account.expected

    assert record["status"] == expected.status
    assert record["reason_code"] == expected.reason_code
    assert record["source_total"] == expected.source_total == sum(record["counts"].values())
    assert record["counts"]["out_of_scope"] == expected.out_of_scope
    assert record["counts"]["migrated"] == len(expected.documents)
    assert record["failed_by_reason"] == expected.failed_by_reason
    assert record["attachments"]["total"] == expected.attachments_total
    assert record["attachments"]["failed"] == len(expected.attachments_failed)
    assert record["owners"]["by_label"] == expected.owners_by_label
    assert record["checkins_dropped"] == expected.checkins_dropped
    assert f"{record['match_pct']:.2f}" == expected.match_pct


@pytest.mark.parametrize("cid", ["qa-100", "qa-errors"])
def test_given_a_synthetic_account_when_migrated_then_every_document_is_as_expected(
    cid: str, pipeline: LocalPipeline, running_simulators: Simulators, world: Control
) -> None:
    account = loaded(cid, pipeline, running_simulators, world)

    outcome = pipeline.run(cid)

    assert outcome == Outcome(RunState.COMPLETED_SUCCESS)
    assert differences(pipeline, account) == []
    assert_counts(pipeline, account)


def test_given_one_failure_too_many_when_migrated_then_the_run_halts_and_what_is_written_is_right(
    pipeline: LocalPipeline, running_simulators: Simulators, world: Control
) -> None:
    account = loaded("qa-halt", pipeline, running_simulators, world)

    outcome = pipeline.run("qa-halt")

    assert (outcome.state, outcome.reason) == ("halted", "FAILURE_RATE_EXCEEDED")
    assert differences(pipeline, account) == []


def test_given_a_migrated_account_when_run_again_then_nothing_is_written_or_fetched(
    pipeline: LocalPipeline, running_simulators: Simulators, world: Control
) -> None:
    account = loaded("qa-100", pipeline, running_simulators, world)
    pipeline.run("qa-100")
    notes = pipeline.resources.database["contact_notes"]
    before = sorted(encode(note) for note in notes.find())
    world.clear_journal()

    outcome = pipeline.run("qa-100", rerun=True)

    assert outcome == Outcome(RunState.COMPLETED_SUCCESS)
    assert sorted(encode(note) for note in notes.find()) == before
    assert world.counts("cdn") == {}
    counts = pipeline.record("qa-100")["counts"]
    assert (counts["migrated"], counts["already_present"]) == (0, len(account.expected.documents))
