"""The watchdog over real stores: runs nobody ended, runs of another Airflow, statuses that fell behind."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from notes_migration.adapters.system_clock import SystemClock
from notes_migration.watch_composition import report_late_run, watch_runs
from sandbox.accounts.seed import seed_mongo
from sandbox.simulators.process import Control, Simulators
from tests.fakes.watching import InMemoryLiveRuns
from tests.support.local_pipeline import LocalPipeline
from tests.support.local_rollback import LocalRollback
from tests.support.small_accounts import small_account

pytestmark = pytest.mark.integration


def loaded(cid: str, pipeline: LocalPipeline, world: Control) -> str:
    account = small_account(cid, persons=3)
    world.clear_alerts()
    world.load(account)
    seed_mongo(pipeline.resources.database, account)
    return cid


def status(pipeline: LocalPipeline, cid: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(pipeline.resources.redis_client.get(f"notes_migration:{cid}"))
    return found


def test_given_a_run_that_airflow_has_ended_when_looked_at_then_it_is_halted_and_its_objects_stay(
    pipeline: LocalPipeline, world: Control, running_simulators: Simulators, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SystemClock, "pause", lambda self, seconds: None)
    cid, resources = loaded("wa-1", pipeline, world), pipeline.resources
    run = pipeline.guard(cid)
    groups = pipeline.extract(run)
    with pipeline.services(run) as composition:
        composition.batches.store_intent(run, "b", ["1000"])
    key = f"{run.company_sso_id}/1000/image-1"
    bucket = resources.storage.attachments_bucket
    resources.s3_client.put_object(Bucket=bucket, Key=key, Body=b"x")

    ended = InMemoryLiveRuns(**{run.run_id: ""})
    report = watch_runs(resources, ended).look()
    again = watch_runs(resources, ended).look()

    assert groups
    assert (report.in_progress, report.settled, report.not_looked_at) == (1, 1, 0)
    assert (again.in_progress, again.settled, again.statuses_mended) == (0, 0, 0)
    account = resources.database["notes_migration_accounts"].find_one({"cid": cid})
    assert (account["state"], account["reason_code"], account["active_run"]) == (
        "halted",
        "INTERNAL_ERROR",
        None,
    )
    assert status(pipeline, cid)["reason_code"] == "INTERNAL_ERROR"
    # Without the lock nobody deletes what the next run may be storing.
    assert resources.s3_client.head_object(Bucket=bucket, Key=key)["ContentLength"] == 1
    listed = resources.s3_client.list_objects_v2(Bucket=resources.storage.staging_bucket)
    assert listed["KeyCount"] == 0
    heard = httpx.get(running_simulators.addresses.alerts, trust_env=False).json()
    assert [event["dedup_key"] for event in heard["pagerduty"]] == ["crm-notes-migration:wa-1:halted"]


def test_given_a_run_of_another_airflow_when_looked_at_then_only_a_long_silence_ends_it(
    pipeline: LocalPipeline, world: Control, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(SystemClock, "pause", lambda self, seconds: None)
    cid, resources = loaded("wa-5", pipeline, world), pipeline.resources
    run = pipeline.guard(cid)
    accounts = resources.database["notes_migration_accounts"]

    looks = [watch_runs(resources, InMemoryLiveRuns()).look() for _ in range(2)]
    between = accounts.find_one({"cid": cid})
    long_ago = between["seen"]["since"] - timedelta(minutes=15)
    accounts.update_one({"cid": cid}, {"$set": {"seen.since": long_ago}})
    pipeline.extract(run)  # it goes on
    looks.append(watch_runs(resources, InMemoryLiveRuns()).look())
    accounts.update_one({"cid": cid}, {"$set": {"seen.since": long_ago}})
    looks.append(watch_runs(resources, InMemoryLiveRuns()).look())

    assert [(each.unknown_here, each.settled) for each in looks] == [(1, 0), (1, 0), (1, 0), (1, 1)]
    assert between["state"] == "in_progress"
    assert accounts.find_one({"cid": cid})["state"] == "halted"


@pytest.mark.parametrize(("approved", "left"), [(False, "completed_success"), (True, "halted")])
def test_given_a_rollback_that_airflow_has_ended_when_looked_at_then_the_account_is_free(
    pipeline: LocalPipeline, world: Control, monkeypatch: pytest.MonkeyPatch, approved: bool, left: str
) -> None:
    monkeypatch.setattr(SystemClock, "pause", lambda self, seconds: None)
    cid, resources = loaded("wa-6", pipeline, world), pipeline.resources
    pipeline.run(cid)
    accounts = resources.database["notes_migration_accounts"]
    accounts.update_one({"cid": cid}, {"$set": {"finished_at": datetime(2020, 1, 1, tzinfo=UTC)}})
    rollback = LocalRollback(resources)
    run = rollback.guard(cid, dry_run=False)
    if approved:
        rollback.approve(run)
        rollback.remove(run)

    waiting = watch_runs(resources, InMemoryLiveRuns(**{run.run_id: "alive"})).look()
    ended = watch_runs(resources, InMemoryLiveRuns(**{run.run_id: ""})).look()

    account = accounts.find_one({"cid": cid})
    assert (waiting.settled, waiting.not_looked_at, waiting.in_progress) == (0, 0, int(approved))
    assert (ended.settled, ended.not_looked_at) == (1, 0)
    assert (account["active_run"], account["state"], status(pipeline, cid)["status"]) == (None, left, left)
    assert rollback.record(run)["report"]["end"] == "interrupted"


def test_given_a_live_run_when_looked_at_twice_then_the_first_sighting_is_kept_and_the_run_unharmed(
    pipeline: LocalPipeline, world: Control
) -> None:
    cid, resources = loaded("wa-2", pipeline, world), pipeline.resources
    run = pipeline.guard(cid)
    live = InMemoryLiveRuns(**{run.run_id: "running"})
    accounts = resources.database["notes_migration_accounts"]

    first = watch_runs(resources, live).look()
    seen = accounts.find_one({"cid": cid})["seen"]
    watch_runs(resources, live).look()
    again = accounts.find_one({"cid": cid})["seen"]
    pipeline.migrate(run, pipeline.extract(run))
    watch_runs(resources, live).look()

    assert (first.in_progress, first.settled, first.standing_still) == (1, 0, 0)
    assert again == seen
    assert accounts.find_one({"cid": cid})["seen"]["mark"] != seen["mark"]
    assert pipeline.end(run).state == "completed_success"


def test_given_a_status_that_fell_behind_when_looked_at_then_it_says_what_the_record_says(
    pipeline: LocalPipeline, world: Control
) -> None:
    cid, resources = loaded("wa-3", pipeline, world), pipeline.resources
    pipeline.run(cid)
    right = status(pipeline, cid)
    wrong = {**right, "status": "in_progress", "phase": "migrate", "notes_migrated": 0, "finished_at": None}
    resources.redis_client.set(f"notes_migration:{cid}", json.dumps(wrong), ex=100)

    report = watch_runs(resources, InMemoryLiveRuns()).look()

    mended = status(pipeline, cid)
    moments = {"updated_at", "finished_at"}  # Mongo keeps the record's, the first came a moment later
    assert report.statuses_mended == 1
    assert {k: v for k, v in mended.items() if k not in moments} == {
        k: v for k, v in right.items() if k not in moments
    }
    assert mended["finished_at"][:19] <= right["finished_at"][:19]


def test_given_a_late_run_when_the_deadline_comes_twice_then_slack_hears_once(
    pipeline: LocalPipeline, world: Control, running_simulators: Simulators
) -> None:
    cid = loaded("wa-4", pipeline, world)
    run = pipeline.guard(cid)

    told = [
        report_late_run(pipeline.resources).report(cid=cid, run_id=run.run_id, hours=4.0) for _ in range(2)
    ]

    assert told == [True, False]
    heard = httpx.get(running_simulators.addresses.alerts, trust_env=False).json()
    assert len(heard["slack"]) == 1
