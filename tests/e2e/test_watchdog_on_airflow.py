"""The watchdog on a running Airflow: a run unknown to it is ended after a silence, a live one left alone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import airflow_client.client as airflow
import httpx
import pytest
from pymongo import MongoClient

from sandbox.stack import Stack
from tests.support.airflow_runs import AirflowRuns, connected, until

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

WATCHDOG = "crm_notes_watchdog"
SETTINGS = "crm_notes_migration_settings"


@pytest.fixture(scope="module")
def runs(stack: Stack) -> Iterator[AirflowRuns]:
    with connected(stack.addresses) as runs:
        yield runs


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[Any]:
    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"], tz_aware=True) as client:
        yield client.get_default_database()


def look(runs: AirflowRuns) -> dict[str, int]:
    """Have the watchdog look once more and return what it found."""
    body = airflow.TriggerDAGRunPostBody(logical_date=None)
    run_id = runs.runs.trigger_dag_run(WATCHDOG, body).dag_run_id
    until(
        lambda: runs.runs.get_dag_run(WATCHDOG, run_id).state.value in {"success", "failed"},
        f"the end of {run_id}",
        120,
    )
    assert runs.runs.get_dag_run(WATCHDOG, run_id).state.value == "success"
    entry = runs.xcoms.get_xcom_entry(WATCHDOG, "watch", run_id, "return_value")
    found: dict[str, int] = entry.actual_instance.value
    return found


def leave_behind(database: Any, *, like: str, cid: str) -> str:
    """Make the records of a run that Airflow does not know, as a lost scheduler database leaves them."""
    run_id = f"{cid}__1"
    record = database["notes_migration_runs"].find_one({"cid": like})
    database["notes_migration_runs"].insert_one(
        {**record, "_id": run_id, "run_id": run_id, "cid": cid, "company_sso_id": f"{cid}-company"}
        | {"status": "in_progress", "reason_code": None, "started_at": datetime.now(UTC)}
    )
    active = {"run_id": run_id, "attempt": record["attempt"]}
    database["notes_migration_accounts"].insert_one(
        {"cid": cid, "state": "in_progress", "active_run": active, "last_run_id": run_id}
    )
    return run_id


def test_given_a_run_that_airflow_does_not_know_when_silent_for_long_then_the_account_is_halted_and_told(
    stack: Stack, runs: AirflowRuns, database: Any
) -> None:
    runs.set_variable("crm_notes_migration_enabled", {"qa-100": True})
    runs.wait(runs.migrate("qa-100"))
    leave_behind(database, like="qa-100", cid="lost-1")
    accounts = database["notes_migration_accounts"]

    first = look(runs)
    untouched = accounts.find_one({"cid": "lost-1"})
    # As if the silence had begun longer ago than the watchdog waits.
    long_ago = untouched["seen"]["since"] - timedelta(minutes=15)
    accounts.update_one({"cid": "lost-1"}, {"$set": {"seen.since": long_ago}})
    found = look(runs)

    account = accounts.find_one({"cid": "lost-1"})
    heard = httpx.get(stack.addresses["alerts_url"], trust_env=False).json()
    keys = [event["dedup_key"] for event in heard["pagerduty"]]
    assert (first["settled"], first["unknown_here"], untouched["state"]) == (0, 1, "in_progress")
    assert (found["settled"], found["not_looked_at"]) == (1, 0)
    assert (account["state"], account["reason_code"]) == ("halted", "INTERNAL_ERROR")
    assert keys.count("crm-notes-migration:lost-1:halted") == 1
    assert look(runs)["settled"] == 0


def test_given_a_run_on_its_way_when_looked_at_then_it_is_seen_and_ends_as_expected(
    runs: AirflowRuns, database: Any
) -> None:
    runs.set_variable("crm_notes_migration_enabled", {"qa-100": True})
    runs.set_variable(SETTINGS, {"inter_page_delay_ms": 10_000})  # it must be on its way when looked at
    run_id = runs.migrate("qa-100", rerun=True)
    runs.wait_for_task(run_id, "guard", "success")
    runs.set_variable(SETTINGS, {})

    found = look(runs)

    seen = database["notes_migration_accounts"].find_one({"cid": "qa-100"}).get("seen")
    assert found["settled"] == 0
    assert (found["in_progress"], seen is not None) == (1, True)
    assert runs.wait(run_id) == "success"
