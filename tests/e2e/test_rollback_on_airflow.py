"""Rollbacks on a running Airflow: counted, rejected, approved, each as an operator would do it."""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import airflow_client.client as airflow
import httpx
import pytest
import redis
from airflow_client.client.exceptions import BadRequestException
from bson import encode
from pymongo import MongoClient
from sqlalchemy import create_engine, text

from sandbox.accounts.seed import seed_mongo
from sandbox.stack import Stack
from tests.support.airflow_runs import AirflowRuns, connected, until
from tests.support.small_accounts import CANARY_NAME, CANARY_TEXT, small_account

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]
ROLLBACK = "crm_notes_rollback"
CID = "undo"


@dataclass
class Operator:
    """What an operator has at hand."""

    migrations: AirflowRuns
    rollbacks: AirflowRuns
    database: Any
    redis: Any
    http: httpx.Client

    def migrate(self, run_id: str, state: str = "success", **conf: Any) -> None:
        assert self.migrations.ends(self.migrations.migrate(CID, run_id, **conf), state)

    def roll_back(self, run_id: str, **conf: Any) -> str:
        return self.rollbacks.migrate(CID, run_id, **conf)

    def waits(self, run_id: str) -> None:
        self.rollbacks.wait_for_task(run_id, "approve", "awaiting_input")
        # Airflow fails a task that is answered before the scheduler has seen its process end.
        for _ in range(3):
            seen = self._decided(run_id)
            until(lambda seen=seen: self._decided(run_id) != seen, f"a look of the scheduler at {run_id}", 60)

    def _decided(self, run_id: str) -> Any:
        return self.rollbacks.runs.get_dag_run(ROLLBACK, run_id).last_scheduling_decision

    def answer(self, run_id: str, word: str) -> None:
        payload = airflow.UpdateHITLDetailPayload(chosen_options=[word])
        self.rollbacks.tasks.update_hitl_detail(ROLLBACK, run_id, "approve", -1, payload)

    def question(self, run_id: str) -> Any:
        return self.rollbacks.tasks.get_hitl_detail(ROLLBACK, run_id, "approve", -1)

    def notes(self) -> list[bytes]:
        found = self.database["contact_notes"].find({"company_sso_id": f"{CID}-company"})
        return sorted(encode(each) for each in found)

    def account(self) -> dict[str, Any]:
        found: dict[str, Any] = self.database["notes_migration_accounts"].find_one({"cid": CID})
        return found

    def record(self, run_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.database["notes_migration_runs"].find_one({"_id": run_id})
        return found

    def status(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.redis.get(f"notes_migration:{CID}"))
        return found


def let_the_time_pass(stack: Stack, run_id: str) -> datetime:
    """Put the end of the wait into the past, in Airflow's own table; return when it would have been."""
    variables = (line.partition("=") for line in stack.paths.environment_file.read_text().splitlines())
    (url,) = (value for name, _, value in variables if name == "export AIRFLOW__DATABASE__SQL_ALCHEMY_CONN")
    waiting = {"run": run_id, "past": datetime.now(UTC) - timedelta(seconds=1)}
    where = "WHERE run_id = :run AND task_id = 'approve'"
    with create_engine(shlex.split(url)[0]).begin() as database:
        asked = database.execute(text(f"SELECT trigger_timeout FROM task_instance {where}"), waiting)
        found: datetime = asked.scalar_one()
        database.execute(text(f"UPDATE task_instance SET trigger_timeout = :past {where}"), waiting)
    return found


@pytest.fixture(scope="module")
def operator(stack: Stack) -> Iterator[Operator]:
    """Return an operator of an account that is migrated, with a note of the CDP's own."""
    account = small_account(CID, persons=10)
    addresses = stack.addresses
    login = (addresses["migration_api_username"], addresses["migration_api_password"])
    with (
        connected(addresses) as migrations,
        connected(addresses, ROLLBACK) as rollbacks,
        stack.simulators.control() as control,
        MongoClient[dict[str, Any]](addresses["mongo_uri"]) as mongo,
        redis.Redis.from_url(addresses["redis_url"]) as redis_client,
        httpx.Client(base_url=addresses["airflow_url"], auth=login, timeout=60, trust_env=False) as http,
    ):
        database = mongo.get_default_database()
        control.load(account)
        seed_mongo(database, account)
        migrations.set_variable("crm_notes_migration_enabled", {CID: True})
        found = Operator(migrations, rollbacks, database, redis_client, http)
        found.migrate(f"{CID}__1")
        assert len(found.notes()) == 10
        yield found


def test_given_a_conf_that_is_wrong_when_triggered_then_it_is_refused_and_nothing_is_removed(
    operator: Operator,
) -> None:
    before = operator.notes()
    with pytest.raises(BadRequestException) as refused:
        operator.rollbacks.trigger({"cid": CID, "company_sso_id": f"{CID}-company", "dry_run": "no"})
    unknown = operator.roll_back("undo-unknown-key", force=True)
    other = operator.rollbacks.trigger({"cid": CID, "company_sso_id": "other-company", "dry_run": False})

    assert operator.rollbacks.ends(unknown, "failed")
    assert operator.rollbacks.ends(other, "failed")

    assert "dry_run" in str(refused.value.body)
    assert "force: unknown key" in operator.rollbacks.log(unknown, "guard")
    assert "TENANT_MISMATCH" in operator.rollbacks.log(other, "guard")
    assert operator.notes() == before
    assert operator.record(unknown) is None
    assert operator.account()["state"] == "completed_success"


def test_given_no_word_about_a_dry_run_when_triggered_then_it_counts_and_changes_nothing(
    operator: Operator,
) -> None:
    before, status = operator.notes(), operator.status()

    run_id = operator.roll_back("undo-dry")

    assert operator.rollbacks.ends(run_id, "success")
    states = operator.rollbacks.task_states(run_id)
    assert (states["dry_run_done"], states["approve"], states["remove_notes"]) == (
        "success",
        "skipped",
        "skipped",
    )
    counts = {"documents": 10, "objects": 0, "bytes": 0, "kept": {}, "absent": 0}
    assert operator.record(run_id)["report"]["counted"] == counts
    shown = operator.rollbacks.xcoms.get_xcom_entry(ROLLBACK, "count_notes", run_id, "return_value")
    assert shown.actual_instance.value == counts
    assert '"documents": 10' in operator.rollbacks.log(run_id, "count_notes").replace('":10', '": 10')
    assert (operator.notes(), operator.status()) == (before, status)
    assert operator.account()["active_run"] is None


def test_given_a_rollback_that_waits_when_others_come_then_they_wait_too_and_a_rejection_leaves_all_as_it_was(
    operator: Operator, stack: Stack
) -> None:
    before, status = operator.notes(), operator.status()
    run_id = operator.roll_back("undo-rejected", dry_run=False)
    operator.waits(run_id)

    asked = operator.question(run_id)
    refused = operator.http.post(
        "/private/notes/migrate", json={"cid": CID, "company_sso_id": f"{CID}-company", "rerun": True}
    )
    second = operator.migrations.migrate(CID, f"{CID}__2", rerun=True)
    with connected(stack.addresses, "crm_notes_watchdog") as watchdog:
        look = watchdog.trigger({})
        assert watchdog.ends(look, "success")
        report = watchdog.xcoms.get_xcom_entry("crm_notes_watchdog", "watch", look, "return_value")
    assert operator.migrations.state(second) in {"queued", "running"}
    assert operator.account()["active_run"]["run_id"] == run_id
    assert operator.status() == status
    operator.answer(run_id, "Reject")

    assert operator.rollbacks.ends(run_id, "failed")
    assert "**10 documents**" in asked.body
    assert (refused.status_code, refused.json()["error"]) == (409, "JOB_ALREADY_RUNNING")
    assert {name: report.actual_instance.value[name] for name in ("settled", "standing_still", "late")} == {
        "settled": 0,
        "standing_still": 0,
        "late": 0,
    }
    states = operator.rollbacks.task_states(run_id)
    assert (states["approve"], states["remove_notes"], states["finalize"]) == (
        "failed",
        "upstream_failed",
        "success",
    )
    assert "rejected: nothing was removed" in operator.rollbacks.log(run_id, "approve", try_number=1)
    record = operator.record(run_id)
    assert (record["status"], record["report"]["end"]) == ("halted", "rejected")
    assert record["report"]["rejected_by"] == stack.addresses["airflow_username"]
    assert operator.migrations.ends(second, "success")
    assert operator.notes() == before
    assert operator.account()["state"] == "completed_success"


def test_given_an_approval_when_it_is_given_then_all_goes_and_the_account_can_be_migrated_again(
    operator: Operator, stack: Stack
) -> None:
    run_id = operator.roll_back("undo-approved", dry_run=False)
    operator.waits(run_id)
    operator.answer(run_id, "Approve")

    assert operator.rollbacks.ends(run_id, "success")

    assert operator.notes() == []
    status, account, record = operator.status(), operator.account(), operator.record(run_id)
    assert (status["status"], status["phase"], status["job_id"]) == ("not_started", "rolled_back", run_id)
    assert (account["state"], account["active_run"]) == ("not_started", None)
    assert (record["report"]["end"], record["report"]["documents_removed"]) == ("rolled_back", 10)
    user = stack.addresses["airflow_username"]
    assert (record["triggered_by"], record["report"]["approved_by"]) == (user, user)
    answered = operator.http.get(f"/private/notes/migration/status?cid={CID}")
    assert (answered.status_code, answered.json()["status"]) == (200, "not_started")
    again = operator.roll_back("undo-again", dry_run=False)
    assert operator.rollbacks.ends(again, "failed")
    assert "CID_NOT_FOUND" in operator.rollbacks.log(again, "guard")
    started = operator.http.post(
        "/private/notes/migrate", json={"cid": CID, "company_sso_id": f"{CID}-company"}
    )
    assert started.status_code == 200
    assert operator.migrations.ends(started.json()["job_id"], "success")
    assert len(operator.notes()) == 10


def test_given_an_approval_that_is_marked_done_by_hand_when_the_removal_runs_then_it_removes_nothing(
    operator: Operator,
) -> None:
    before = operator.notes()
    run_id = operator.roll_back("undo-by-hand", dry_run=False)
    operator.waits(run_id)
    operator.rollbacks.tasks.patch_task_instance(
        ROLLBACK, run_id, "approve", airflow.PatchTaskInstanceBody(new_state="success")
    )

    assert operator.rollbacks.ends(run_id, "failed")

    assert "nobody has approved" in operator.rollbacks.log(run_id, "remove_notes")
    assert operator.notes() == before
    assert operator.account()["state"] == "completed_success"
    assert operator.record(run_id)["report"]["end"] == "interrupted"


def test_given_a_rollback_that_nobody_answers_when_its_time_is_over_then_nothing_is_removed(
    operator: Operator, stack: Stack
) -> None:
    before, status = operator.notes(), operator.status()
    run_id = operator.roll_back("undo-unanswered", dry_run=False)
    operator.waits(run_id)
    answer_by = let_the_time_pass(stack, run_id)

    assert operator.rollbacks.ends(run_id, "failed")

    assert timedelta(hours=23) < answer_by - datetime.now(UTC) <= timedelta(hours=24)
    states = operator.rollbacks.task_states(run_id)
    assert (states["approve"], states["remove_notes"]) == ("failed", "upstream_failed")
    assert "not answered within 24 hours: nothing was removed" in operator.rollbacks.log(run_id, "approve")
    record = operator.record(run_id)
    assert (record["status"], record["report"]["end"]) == ("halted", "not_answered")
    assert (operator.notes(), operator.status()) == (before, status)
    assert operator.account()["active_run"] is None


def test_given_a_rollback_that_waits_when_it_is_marked_failed_then_the_account_is_let_go(
    operator: Operator,
) -> None:
    before = operator.notes()
    run_id = operator.roll_back("undo-cancelled", dry_run=False)
    operator.waits(run_id)
    operator.rollbacks.mark_failed(run_id)

    until(lambda: operator.account()["active_run"] is None, "the fence to be cleared", 60)

    assert operator.rollbacks.ends(run_id, "failed")
    assert operator.notes() == before
    assert operator.record(run_id)["status"] == "halted"
    assert operator.account()["state"] == "completed_success"


def test_given_all_these_rollbacks_when_their_logs_and_xcoms_are_searched_then_no_content_is_found(
    operator: Operator,
) -> None:
    for run_id in ("undo-dry", "undo-rejected", "undo-approved"):
        for ti in operator.rollbacks.instances(run_id):
            if ti.try_number:
                text = operator.rollbacks.log(run_id, ti.task_id, try_number=ti.try_number)
                assert not {name for name in (CANARY_TEXT, CANARY_NAME) if name in text}
