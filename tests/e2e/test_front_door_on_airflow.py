"""The front door on a running Airflow: real parallel clients, real runs, its own login."""

from __future__ import annotations

import csv
import io
import ssl
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import airflow_client.client as airflow
import httpx
import pytest
import redis
import schemathesis
import yaml
from hypothesis import HealthCheck, settings
from pymongo import MongoClient
from schemathesis.specs.openapi.checks import ignored_auth

from notes_migration.domain.states import RunState
from notes_migration_airflow.front_door.answers import Status
from sandbox.accounts.seed import seed_mongo
from sandbox.simulators.faults import Fault, Transport
from sandbox.stack import Stack
from tests.fakes.front_door import basic
from tests.support.airflow_runs import DAG_ID, AirflowRuns, connected
from tests.support.small_accounts import small_account

pytestmark = [pytest.mark.e2e, pytest.mark.timeout(400)]

MIGRATE = "/private/notes/migrate"
STATUS = "/private/notes/migration/status"
FAILURES = "/private/notes/migration/failures"
FIRST, SECOND = "door-1", "door-2"
DOCUMENT = yaml.safe_load((Path(__file__).parents[2] / "contracts/openapi.yaml").read_text())
NO_TLS = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # one for all clients: making it takes long


@pytest.fixture(scope="module")
def runs(stack: Stack) -> Iterator[AirflowRuns]:
    """Two small accounts, known to the CRM and switched on."""
    with (
        connected(stack.addresses) as runs,
        stack.simulators.control() as control,
        MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as mongo,
    ):
        for cid in (FIRST, SECOND):
            account = small_account(cid, persons=3)
            control.load(account)
            seed_mongo(mongo.get_default_database(), account)
        runs.set_variable("crm_notes_migration_enabled", {FIRST: True, SECOND: True, "nobody": True})
        yield runs


@pytest.fixture(scope="module")
def call(stack: Stack, runs: AirflowRuns) -> Iterator[httpx.Client]:
    with a_client(stack) as client:
        yield client


def a_client(stack: Stack, **options: Any) -> httpx.Client:
    addresses = stack.addresses
    login = (addresses["migration_api_username"], addresses["migration_api_password"])
    return httpx.Client(
        base_url=addresses["airflow_url"],
        timeout=60,
        trust_env=False,
        verify=NO_TLS,
        **{"auth": login, **options},
    )


def body(cid: str, **more: Any) -> dict[str, Any]:
    return {"cid": cid, "company_sso_id": f"{cid}-company", **more}


def refusal(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["error"]


def test_given_a_paused_dag_when_triggered_then_it_is_503_and_no_run_waits_unseen(
    call: httpx.Client, runs: AirflowRuns
) -> None:
    dags = airflow.DAGApi(runs.runs.api_client)
    dags.patch_dag(DAG_ID, airflow.DAGPatchBody(is_paused=True))
    try:
        answer = call.post(MIGRATE, json=body(FIRST))
    finally:
        dags.patch_dag(DAG_ID, airflow.DAGPatchBody(is_paused=False))

    assert refusal(answer) == (503, "DEPENDENCY_UNAVAILABLE")
    assert answer.json()["details"] == {"dependency": "airflow"}
    assert "paused" in answer.json()["message"]
    assert runs_of(runs, FIRST) == []


@pytest.mark.parametrize(("target", "dependency"), [("crm", "crm_api"), ("identity", "identity_api")])
def test_given_a_dependency_that_is_down_when_triggered_then_it_is_503_and_nothing_starts(
    stack: Stack, call: httpx.Client, runs: AirflowRuns, target: Any, dependency: str
) -> None:
    with stack.simulators.control() as control:
        control.add_fault(Fault(target=target, kind=Transport.STATUS, status=503))
        try:
            answer = call.post(MIGRATE, json=body(FIRST))
        finally:
            control.clear_faults()

    assert refusal(answer) == (503, "DEPENDENCY_UNAVAILABLE")
    assert answer.json()["details"] == {"dependency": dependency}
    assert runs_of(runs, FIRST) == []


def test_given_fifty_triggers_at_once_when_answered_then_one_run_starts_and_ends_with_the_callers_name_on_it(
    stack: Stack, call: httpx.Client, runs: AirflowRuns
) -> None:
    with ThreadPoolExecutor(50) as clients:
        answers = list(clients.map(lambda _: triggered_by_a_client_of_its_own(stack, FIRST), range(50)))

    assert Counter(answer.status_code for answer in answers) == {200: 1, 409: 49}
    assert {answer.json()["error"] for answer in answers if answer.status_code == 409} == {
        "JOB_ALREADY_RUNNING"
    }
    (started,) = [answer.json() for answer in answers if answer.status_code == 200]
    assert started == {"job_id": f"{FIRST}__1", "status": "in_progress"}
    run = runs.runs.get_dag_run(DAG_ID, f"{FIRST}__1")
    assert run.conf == body(FIRST)
    assert run.triggering_user_name == "api:" + stack.addresses["migration_api_username"]
    assert runs.wait(f"{FIRST}__1") == "success"


def test_given_a_migrated_account_when_asked_and_triggered_again_then_each_answer_is_the_contracts(
    call: httpx.Client, runs: AirflowRuns
) -> None:
    status = Status.model_validate(call.get(STATUS, params={"cid": FIRST}).json())
    again = call.post(MIGRATE, json=body(FIRST))
    foreign = call.post(MIGRATE, json={"cid": SECOND, "company_sso_id": f"{FIRST}-company"})
    unknown = call.post(MIGRATE, json=body("nobody"))
    off = call.post(MIGRATE, json=body("somebody"))
    rerun = call.post(MIGRATE, json=body(FIRST, rerun=True))

    assert (status.status, status.job_id, status.triggered_by[:4]) == (
        RunState.COMPLETED_SUCCESS,
        f"{FIRST}__1",
        "api:",
    )
    assert refusal(again) == (409, "ALREADY_MIGRATED")
    assert refusal(foreign) == (409, "TENANT_MISMATCH")
    assert refusal(unknown) == (404, "CID_NOT_FOUND")
    assert refusal(off) == (403, "FLAG_DISABLED")
    assert rerun.json()["job_id"] == f"{FIRST}__2"
    assert runs.wait(f"{FIRST}__2") == "success"


def test_given_a_status_that_redis_forgot_when_asked_then_the_durable_record_says_the_same(
    stack: Stack, call: httpx.Client
) -> None:
    before = call.get(STATUS, params={"cid": FIRST})
    with redis.Redis.from_url(stack.addresses["redis_url"]) as client:
        assert client.delete(f"notes_migration:{FIRST}") == 1

    after = call.get(STATUS, params={"cid": FIRST})

    sources = [answer.headers["X-Status-Source"] for answer in (before, after)]
    volatile = {"updated_at", "finished_at"}
    assert sources == ["redis", "durable"]
    assert without(after.json(), volatile) == without(before.json(), volatile)


def test_given_a_failed_record_when_listed_then_csv_and_json_show_it(
    stack: Stack, call: httpx.Client
) -> None:
    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"], tz_aware=True) as mongo:
        failures = mongo.get_default_database()["notes_migration_failures"]
        failures.insert_one(a_failure())
    try:
        as_csv = call.get(FAILURES, params={"cid": FIRST})
        as_json = call.get(FAILURES, params={"cid": FIRST}, headers={"Accept": "application/json"})
    finally:
        with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as mongo:
            mongo.get_default_database()["notes_migration_failures"].delete_one({"_id": "door-failure"})

    rows = list(csv.DictReader(io.StringIO(as_csv.text)))
    (row,) = [row for row in rows if row["kind"] == "attachment"]  # beside owners that are not resolved
    assert (row["asset"], row["legacy_crm_note_id"], row["attempts"]) == ("'=1+1", "7", "1")
    assert [each["legacy_crm_note_id"] for each in as_json.json()] == [
        row["legacy_crm_note_id"] for row in rows
    ]
    assert list(row) == list(as_json.json()[0])


def test_given_airflows_own_token_and_session_when_used_here_then_both_are_401(
    stack: Stack, runs: AirflowRuns
) -> None:
    addresses = stack.addresses
    login = {"username": addresses["airflow_username"], "password": addresses["airflow_password"]}
    with a_client(stack, auth=None) as client:
        token = client.post("/auth/token", json=login).json()["access_token"]
        asked = [
            client.request(method, path, headers=headers)
            for headers in ({}, {"Authorization": f"Bearer {token}"}, {"Cookie": f"_token={token}"})
            for method, path in (("POST", MIGRATE), ("GET", STATUS), ("GET", "/private/notes/nowhere"))
        ]

    assert {answer.status_code for answer in asked} == {401}
    assert all(answer.headers["WWW-Authenticate"].startswith("Basic ") for answer in asked)


def test_given_failed_logins_of_one_name_when_repeated_then_it_waits_and_the_right_caller_does_not(
    stack: Stack, call: httpx.Client
) -> None:
    with a_client(stack, auth=("somebody-else", "wrong")) as stranger:
        answers = [stranger.get(STATUS, params={"cid": FIRST}) for _ in range(8)]

    statuses = [answer.status_code for answer in answers]
    assert statuses[:5] == [401] * 5
    assert 429 in statuses[5:]
    assert int(next(answer for answer in answers if answer.status_code == 429).headers["Retry-After"]) >= 1
    assert call.get(STATUS, params={"cid": FIRST}).status_code == 200


schema = schemathesis.openapi.from_dict(DOCUMENT)


@pytest.mark.filterwarnings("ignore")  # of the tool's own libraries
@schema.parametrize()
@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
def test_given_generated_requests_when_sent_to_the_server_then_answers_are_as_the_document_says(
    case: Any, stack: Stack, runs: AirflowRuns
) -> None:
    addresses = stack.addresses
    login = basic(addresses["migration_api_username"], addresses["migration_api_password"])

    case.call_and_validate(
        base_url=addresses["airflow_url"], headers={"Authorization": login}, excluded_checks=[ignored_auth]
    )


def triggered_by_a_client_of_its_own(stack: Stack, cid: str) -> httpx.Response:
    with a_client(stack) as client:
        return client.post(MIGRATE, json=body(cid))


def runs_of(runs: AirflowRuns, cid: str) -> list[str]:
    return [
        run.dag_run_id for run in runs.runs.get_dag_runs(DAG_ID, run_id_prefix_pattern=f"{cid}__").dag_runs
    ]


def without(fields: dict[str, Any], names: set[str]) -> dict[str, Any]:
    return {name: value for name, value in fields.items() if name not in names}


def a_failure() -> dict[str, Any]:
    from datetime import UTC, datetime

    now = datetime.now(UTC)
    return {
        "_id": "door-failure",
        "cid": FIRST,
        "kind": "attachment",
        "legacy_crm_note_id": "7",
        "asset": "=1+1",
        "reason_code": "ATTACHMENT_TOO_LARGE",
        "stage": "attachments",
        "attempts": 1,
        "first_seen": now,
        "last_seen": now,
        "run_id": f"{FIRST}__1",
    }
