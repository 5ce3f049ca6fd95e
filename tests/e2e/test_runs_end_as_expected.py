"""Whole runs on a running Airflow, started in each of the ways that operators have."""

from __future__ import annotations

import json
import os
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import boto3
import pytest
import redis
from airflow_client.client.exceptions import BadRequestException
from bson import encode
from pymongo import MongoClient

from sandbox.accounts.compare import compare_account, reading_order_differences
from sandbox.accounts.seed import seed_mongo
from sandbox.simulators.faults import Fault, Transport
from sandbox.stack import Stack
from tests.support.airflow_runs import AirflowRuns, connected, until
from tests.support.small_accounts import CANARY_NAME, CANARY_TEXT, small_account

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

NOTES = "/api/v4/migration/person_notes"
ALL = {"qa-100", "qa-5000", "qa-text", "qa-errors", "qa-halt"}


@pytest.fixture(scope="module")
def runs(stack: Stack) -> Iterator[AirflowRuns]:
    with connected(stack.addresses) as runs:
        yield runs


@pytest.fixture(scope="module")
def database(stack: Stack) -> Iterator[Any]:
    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as client:
        yield client.get_default_database()


@pytest.fixture(scope="module")
def status(stack: Stack) -> Iterator[Any]:
    """Read an account's status record as its consumers do."""
    with redis.Redis.from_url(stack.addresses["redis_url"]) as client:
        yield lambda cid: json.loads(client.get(f"notes_migration:{cid}") or "null")


def differences(stack: Stack, database: Any, cid: str) -> list[str]:
    addresses = stack.addresses
    s3 = boto3.client(
        "s3",
        endpoint_url=addresses["s3_endpoint_url"],
        aws_access_key_id=addresses["s3_access_key"],
        aws_secret_access_key=addresses["s3_secret_key"],
        region_name="us-east-1",
    )
    account = stack.accounts[cid]
    return [
        *compare_account(database, s3, addresses["attachments_bucket"], account, stack.file_proxy_base_url),
        *reading_order_differences(database, account),
    ]


def test_given_a_run_by_the_official_client_when_it_ends_then_all_is_as_expected_and_a_rerun_writes_none(
    stack: Stack, runs: AirflowRuns, database: Any, status: Any
) -> None:
    runs.set_variable("crm_notes_migration_enabled", dict.fromkeys(ALL, True))
    assert runs.ends(runs.migrate("qa-100", "qa-100__1"), "success")
    found = status("qa-100")
    before = sorted(encode(note) for note in database["contact_notes"].find())

    with stack.simulators.control() as control:
        control.clear_journal()
        assert runs.ends(runs.migrate("qa-100", "qa-100__2", rerun=True), "success")
        fetched = control.counts("cdn")

    assert differences(stack, database, "qa-100") == []
    assert (found["status"], found["match_pct"], found["progress_pct"]) == ("completed_success", 100.0, 100.0)
    assert (found["notes_migrated"], found["notes_total"], found["triggered_by"]) == (100, 100, "admin")
    again = status("qa-100")
    assert (again["notes_migrated"], again["notes_skipped"], again["job_id"]) == (0, 100, "qa-100__2")
    assert sorted(encode(note) for note in database["contact_notes"].find()) == before
    assert fetched == {}


def cid_run(cid: str) -> str:
    return f"{cid}__1"


def trigger_by_command_line(stack: Stack, cid: str) -> None:
    conf = f'{{"cid": "{cid}", "company_sso_id": "{cid}-company"}}'
    command = [".venv/bin/airflow", "dags", "trigger", "crm_notes_migration", "-r", cid_run(cid), "-c", conf]
    variables = {**os.environ, **stack.airflow.variables}
    done = subprocess.run(
        command,
        env={name: value for name, value in variables.items() if value is not None},
        cwd=stack.paths.checkout,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-1500:]


@pytest.mark.parametrize(
    ("conf", "field"),
    [
        ({"company_sso_id": "x"}, "cid"),
        ({"cid": "../x", "company_sso_id": "x"}, "cid"),
        ({"cid": "qa-1\n", "company_sso_id": "x"}, "cid"),
        ({"cid": "qa-1", "company_sso_id": "x", "batch_size": 5000}, "batch_size"),
        ({"cid": "qa-1", "company_sso_id": "x", "mode": "drop"}, "mode"),
    ],
)
def test_given_a_bad_conf_when_triggered_over_rest_then_it_is_refused_and_the_field_named(
    conf: dict[str, Any], field: str, runs: AirflowRuns
) -> None:
    with pytest.raises(BadRequestException) as refused:
        runs.trigger(conf)

    assert field in str(refused.value.body)


@pytest.fixture(scope="module")
def started(stack: Stack, runs: AirflowRuns, database: Any) -> dict[str, str]:
    """Start small accounts with one thing wrong in each, all at once: account -> run id."""
    accounts = {
        "zero": small_account("zero", persons=0),
        "cover-99": small_account("cover-99", persons=100, mapped=99),
        "cover-98": small_account("cover-98", persons=100, mapped=98),
        "flag-off": small_account("flag-off", persons=3),
        "crm-down": small_account("crm-down", persons=3),
        "unknown-key": small_account("unknown-key", persons=3),
        "bound": small_account("bound", persons=3),
    }
    flags: dict[str, Any] = dict.fromkeys([*accounts, "nobody"], True) | {"flag-off": "true"}
    runs.set_variable("crm_notes_migration_enabled", flags | dict.fromkeys(ALL, True))
    with stack.simulators.control() as control:
        for account in accounts.values():
            control.load(account)
            seed_mongo(database, account)
        control.add_fault(Fault(target="crm", kind=Transport.STATUS, organization_id="crm-down"))
        run_ids = {cid: runs.migrate(cid) for cid in accounts if cid not in {"unknown-key"}}
        run_ids["nobody"] = runs.migrate("nobody")
        run_ids["unknown-key"] = runs.migrate("unknown-key", colour="red")
    return run_ids


def test_given_runs_by_the_command_line_when_they_end_then_one_percent_failed_is_success_and_more_is_halted(
    stack: Stack, runs: AirflowRuns, database: Any, status: Any, started: dict[str, str]
) -> None:
    with ThreadPoolExecutor() as terminals:
        list(terminals.map(partial(trigger_by_command_line, stack), ("qa-errors", "qa-halt")))

    assert runs.ends(cid_run("qa-errors"), "success")
    assert runs.ends(cid_run("qa-halt"), "failed")

    for cid in ("qa-errors", "qa-halt"):
        expected = stack.accounts[cid].expected
        assert differences(stack, database, cid) == []
        assert (status(cid)["status"], status(cid)["reason_code"]) == (expected.status, expected.reason_code)
    assert status("qa-errors")["match_pct"] == 99.0
    assert runs.task_states(cid_run("qa-halt"))["halted"] == "failed"


@pytest.fixture(scope="module")
def endings(stack: Stack, runs: AirflowRuns, started: dict[str, str]) -> dict[str, str]:
    """Wait for all that was started, and then try a bound account with another company."""
    states = {cid: runs.wait(run_id) for cid, run_id in started.items()}
    with stack.simulators.control() as control:
        control.clear_journal()
        started["other-company"] = runs.trigger({"cid": "bound", "company_sso_id": "another-company"})
        states["other-company"] = runs.wait(started["other-company"])
        asked = [one for one in control.requests("crm") if one["query"].get("organization_id") == "bound"]
        states["other-company asked the CRM"] = str(len(asked))
        control.clear_faults()
    return states | {f"{cid} run": run_id for cid, run_id in started.items()}


@pytest.mark.parametrize(
    ("cid", "run_state", "status_word", "reason"),
    [
        ("zero", "success", "completed_success", None),
        ("cover-99", "success", "completed_success", None),
        ("cover-98", "failed", "halted", "COVERAGE_BELOW_THRESHOLD"),
        ("crm-down", "failed", "halted", "CRM_EXTRACT_FAILED"),
    ],
)
def test_given_an_account_at_the_edge_when_run_then_airflow_and_the_status_say_how_it_ended(
    cid: str, run_state: str, status_word: str, reason: str | None, endings: dict[str, str], status: Any
) -> None:
    assert endings[cid] == run_state
    assert (status(cid)["status"], status(cid)["reason_code"]) == (status_word, reason)


def test_given_no_notes_at_all_when_run_then_it_is_a_success_with_nothing_to_do(
    endings: dict[str, str], status: Any
) -> None:
    assert (status("zero")["notes_total"], status("zero")["match_pct"]) == (0, 100.0)


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("flag-off", "FLAG_DISABLED"),
        ("nobody", "CID_NOT_FOUND"),
        ("unknown-key", "INVALID_REQUEST"),
        ("other-company", "TENANT_MISMATCH"),
    ],
)
def test_given_a_run_that_may_not_start_when_triggered_then_guard_is_red_and_says_why(
    name: str, code: str, endings: dict[str, str], runs: AirflowRuns
) -> None:
    run_id = endings[f"{name} run"]

    assert endings[name] == "failed"
    assert runs.task_states(run_id)["guard"] == "failed"
    assert runs.task_states(run_id)["finalize"] == "success"
    assert code in runs.log(run_id, "guard")


def test_given_refused_runs_when_they_end_then_nothing_of_them_is_on_record(
    endings: dict[str, str], status: Any, database: Any
) -> None:
    for cid in ("flag-off", "nobody", "unknown-key"):
        assert status(cid) is None
        assert database["notes_migration_accounts"].find_one({"cid": cid}) is None
    assert status("bound")["status"] == "completed_success"
    assert endings["other-company asked the CRM"] == "0"


def test_given_a_finished_run_when_one_batch_is_cleared_by_hand_then_it_refuses_to_write(
    runs: AirflowRuns, endings: dict[str, str], database: Any
) -> None:
    run_id = endings["cover-99 run"]
    database["contact_notes"].delete_one({"company_sso_id": "cover-99-company"})

    runs.clear(run_id, "migrate_batches", 0)
    until(
        lambda: any(
            ti.try_number == 2 and str(ti.state.value) == "failed"
            for ti in runs.instances(run_id, "migrate_batches")
        ),
        "the cleared batch to be refused",
        120,
    )

    assert "start a new run" in runs.log(run_id, "migrate_batches", map_index=0, try_number=2)
    assert database["contact_notes"].count_documents({"company_sso_id": "cover-99-company"}) == 98


def test_given_two_triggers_of_one_account_and_one_of_another_when_run_then_only_accounts_overlap(
    stack: Stack, runs: AirflowRuns, database: Any
) -> None:
    runs.set_variable("crm_notes_migration_enabled", {"twice": True, "beside": True})
    with stack.simulators.control() as control:
        for cid in ("twice", "beside"):
            account = small_account(cid, persons=20, notes_per_person=5)
            control.load(account)
            seed_mongo(database, account)
        first, second = (runs.migrate("twice", f"twice__{n}", rerun=True, batch_size=20) for n in (1, 2))
        beside = runs.migrate("beside", "beside__1", batch_size=20)
        assert all(runs.ends(run_id, "success") for run_id in (first, second, beside))

    spans = {run_id: work_span(runs, run_id) for run_id in (first, second, beside)}
    one, other = sorted((spans[first], spans[second]))
    assert one[1] <= other[0]
    assert spans[beside][0] < one[1]
    assert runs.pools.get_pool("crm_notes_cid_twice").slots == 1
    assert runs.pools.get_pool("crm_notes_cid_twice").open_slots == 1


def work_span(runs: AirflowRuns, run_id: str) -> tuple[Any, Any]:
    """Return when the first work task began and the last one ended, the lock's own two left out."""
    work = [
        ti
        for ti in runs.instances(run_id)
        if ti.task_id not in {"hold_cid_lock", "await_lock"} and ti.start_date and ti.end_date
    ]
    return min(ti.start_date for ti in work), max(ti.end_date for ti in work)


def test_given_a_run_that_an_operator_marks_failed_when_it_ends_then_it_is_halted_and_the_next_completes(
    stack: Stack, runs: AirflowRuns, database: Any, status: Any
) -> None:
    runs.set_variable("crm_notes_migration_enabled", {"stopped": True})
    account = small_account("stopped", persons=30, notes_per_person=2)
    with stack.simulators.control() as control:
        control.load(account)
        seed_mongo(database, account)
        control.add_fault(
            Fault(target="crm", kind=Transport.HANG, organization_id="stopped", seconds=3, path_prefix=NOTES)
        )
        run_id = runs.migrate("stopped", "stopped__1", batch_size=5)
        runs.wait_for_task(run_id, "extract_pages", "running")
        runs.mark_failed(run_id)
        assert runs.ends(run_id, "failed")
        halted = status("stopped")
        control.clear_faults()

    assert (halted["status"], halted["reason_code"]) == ("halted", "INTERNAL_ERROR")
    assert runs.ends(runs.migrate("stopped", "stopped__2"), "success")
    assert status("stopped")["status"] == "completed_success"
    assert database["contact_notes"].count_documents({"company_sso_id": "stopped-company"}) == 60


def test_given_all_these_runs_when_logs_and_xcoms_are_read_then_no_content_no_url_and_no_person_is_in_them(
    stack: Stack, runs: AirflowRuns, endings: dict[str, str]
) -> None:
    account = stack.accounts["qa-100"]
    names = {identity["name"] for identity in account.identities.values()}
    names |= {note["creator_name"] for note in account.notes if note.get("creator_name")}
    secrets = {CANARY_TEXT, CANARY_NAME, stack.addresses["cdn_url"], *names}
    logs = list((stack.paths.airflow_home / "logs").rglob("dag_id=crm_notes_migration/**/*.log"))
    told = [*(log.read_text() for log in logs), *xcoms_of(runs, ["qa-100__1", *run_ids(endings)])]

    assert len(logs) > 50
    assert len(told) > len(logs) + 20
    assert {secret for secret in secrets for text in told if secret in text} == set()
    assert any("crm_notes_migration_owner_not_resolved" in text for text in told)


def run_ids(endings: dict[str, str]) -> list[str]:
    return [run_id for name, run_id in endings.items() if name.endswith(" run")]


def xcoms_of(runs: AirflowRuns, of: list[str]) -> list[str]:
    """Return every XCom of these runs as its JSON text."""
    found = []
    for run_id in of:
        for ti in runs.instances(run_id):
            entries = runs.xcoms.get_xcom_entries("crm_notes_migration", run_id, ti.task_id, limit=100)
            for entry in entries.xcom_entries:
                path = f"/api/v2/dags/crm_notes_migration/dagRuns/{run_id}/taskInstances/{ti.task_id}"
                found.append(runs.read(f"{path}/xcomEntries/{entry.key}", map_index=entry.map_index))
    return found
