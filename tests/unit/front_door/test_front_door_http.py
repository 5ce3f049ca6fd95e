"""The endpoints as a caller sees them: every code of the contract, and their order."""

from __future__ import annotations

import asyncio
import csv
import io
from dataclasses import replace
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.basic_auth import Credentials
from notes_migration.domain.errors import DependencyDown, FatalError, ReasonCode
from notes_migration.domain.ledger import BatchCounts
from notes_migration.domain.states import RunState
from notes_migration.ports.batch_ledger import BatchResult
from notes_migration.ports.failure_listing import FailureRow
from notes_migration_airflow.front_door.answers import FailedRecord, Status
from notes_migration_airflow.front_door.asgi_app import make_asgi_app
from notes_migration_airflow.front_door.failure_rendering import COLUMNS
from tests.fakes.front_door import DOWN, DoorClient, InMemoryDoor, SwitchedDoor, basic
from tests.support.builders import NOW, a_run

MIGRATE = "/private/notes/migrate"
STATUS = "/private/notes/migration/status"
FAILURES = "/private/notes/migration/failures"
BODY = {"cid": "acme", "company_sso_id": "acme-company"}
BOUND = AccountRecord("acme", "acme-company", RunState.HALTED, last_run_id="acme__1")


@pytest.fixture
def door() -> InMemoryDoor:
    return InMemoryDoor()


@pytest.fixture(scope="module")
def app() -> tuple[SwitchedDoor, ASGIApp]:
    """One application, as making it is slow; each test puts a door of its own behind it."""
    switched = SwitchedDoor()
    return switched, make_asgi_app(switched)


@pytest.fixture
def call(app: tuple[SwitchedDoor, ASGIApp], door: InMemoryDoor) -> DoorClient:
    app[0].door = door
    return DoorClient(app[1])


def a_failure(**changes: Any) -> FailureRow:
    row = FailureRow("note", "51", None, "NOTE_TOO_LONG", "content", 1, NOW, NOW, "acme__1")
    return replace(row, **changes)


# ---------------------------------------------------------------------- trigger
def test_given_a_startable_account_when_triggered_then_its_next_run_is_answered_and_the_caller_is_on_it(
    door: InMemoryDoor, call: DoorClient
) -> None:
    door.directory.last_numbers["acme"] = 3

    answer = call("POST", MIGRATE, json={**BODY, "rerun": True})

    assert (answer.status_code, answer.json()) == (200, {"job_id": "acme__4", "status": "in_progress"})
    conf, triggered_by = door.launcher.launched["acme__4"]
    assert (conf.cid, conf.company_sso_id, conf.rerun, triggered_by) == (
        "acme",
        "acme-company",
        True,
        "api:ops",
    )


def test_given_everything_wrong_when_put_right_one_by_one_then_refusals_come_in_the_contracts_order(
    door: InMemoryDoor, call: DoorClient
) -> None:
    seen = []

    def look(**options: Any) -> None:
        answer = call("POST", MIGRATE, **{"json": BODY, **options})
        seen.append((answer.status_code, answer.json()["error"]))
        assert door.launcher.launched == {}

    door.flag.on = False
    door.directory.error = DOWN
    door.directory.records = {
        "acme": AccountRecord("acme", "acme-company", RunState.COMPLETED_SUCCESS),
        "other": AccountRecord("other", "other-company", RunState.HALTED),
    }
    door.launcher.busy = {"acme"}
    door.probes.error = FatalError(ReasonCode.CID_NOT_FOUND, "unknown")
    door.launcher.error = DependencyDown("airflow", "paused")
    look(json={}, headers={"Authorization": None})
    look(json={})
    look()
    door.flag.on = True
    look()
    door.directory.error = None
    look(json={**BODY, "company_sso_id": "other-company"})
    look()
    door.launcher.busy.clear()
    look()
    door.directory.records.clear()
    look()
    door.probes.error = DependencyDown("identity_api", "no answer")
    look()
    door.probes.error = None
    look()

    assert seen == [
        (401, "UNAUTHORIZED"),
        (422, "INVALID_REQUEST"),
        (403, "FLAG_DISABLED"),
        (503, "DEPENDENCY_UNAVAILABLE"),
        (409, "TENANT_MISMATCH"),
        (409, "JOB_ALREADY_RUNNING"),
        (409, "ALREADY_MIGRATED"),
        (404, "CID_NOT_FOUND"),
        (503, "DEPENDENCY_UNAVAILABLE"),
        (503, "DEPENDENCY_UNAVAILABLE"),
    ]


@pytest.mark.parametrize(
    ("break_it", "dependency"),
    [
        (lambda door: setattr(door.directory, "error", DOWN), "cdp_mongo"),
        (lambda door: setattr(door.probes, "error", DependencyDown("cdp_storage", "x")), "cdp_storage"),
        (lambda door: setattr(door.launcher, "error", DependencyDown("airflow", "paused")), "airflow"),
    ],
)
def test_given_a_dependency_that_is_down_when_triggered_then_the_answer_names_it(
    door: InMemoryDoor, call: DoorClient, break_it: Any, dependency: str
) -> None:
    break_it(door)

    answer = call("POST", MIGRATE, json=BODY)

    assert answer.status_code == 503
    assert answer.json()["details"] == {"dependency": dependency}


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"acme"',
        b'{"cid": NaN}',
        b'{"cid": "acme", "cid": "acme", "company_sso_id": "c"}',
        b"\xff\xfe{}",
        b"[" * 10_000,
        b'{"cid": "acme"}',
        b'{"cid": 1, "company_sso_id": "c"}',
        b'{"cid": "acme\\n", "company_sso_id": "c"}',
        b'{"cid": "../acme", "company_sso_id": "c"}',
        b'{"cid": "acme", "company_sso_id": "c", "mode": "delete"}',
        b'{"cid": "acme", "company_sso_id": "c", "mode": "undo"}',
        b'{"cid": "acme", "company_sso_id": "c", "rerun": 1}',
        b'{"cid": "acme", "company_sso_id": "c", "reasons": ["NOTE_TOO_LONG"]}',
        b'{"cid": "acme", "company_sso_id": "c", "batch_size": 1}',
        b'{"cid": "acme", "company_sso_id": "c", "\\ud800": 1}',
    ],
)
def test_given_a_body_that_breaks_a_rule_when_triggered_then_it_is_422_and_nothing_starts(
    door: InMemoryDoor, call: DoorClient, body: bytes
) -> None:
    answer = call("POST", MIGRATE, content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, answer.json()["error"]) == (422, "INVALID_REQUEST")
    assert door.launcher.launched == {}


def test_given_values_in_a_bad_request_when_refused_then_fields_are_named_and_no_value_is(
    call: DoorClient,
) -> None:
    answer = call("POST", MIGRATE, json={"cid": "Sari W.", "company_sso_id": "+62 811", "mobile": "0811"})

    assert answer.status_code == 422
    assert [name in answer.text for name in ("cid", "company_sso_id", "mobile")] == [True, True, True]
    assert [value in answer.text for value in ("Sari", "811")] == [False, False]


def test_given_a_body_over_the_limit_when_triggered_then_it_is_422_though_it_is_valid_json(
    call: DoorClient,
) -> None:
    body = b'{"cid": "acme", "company_sso_id": "c"' + b" " * 16 * 1024 + b"}"

    answer = call("POST", MIGRATE, content=body, headers={"Content-Type": "application/json"})

    assert (answer.status_code, "longer than 16384 bytes" in answer.text) == (422, True)


@pytest.mark.parametrize("media_type", ["text/plain", "application/x-www-form-urlencoded", "", None])
def test_given_another_content_type_when_triggered_then_it_is_422_as_no_page_may_post_for_a_person(
    call: DoorClient, media_type: str | None
) -> None:
    answer = call(
        "POST", MIGRATE, content=b'{"cid": "a", "company_sso_id": "c"}', headers={"Content-Type": media_type}
    )

    assert (answer.status_code, answer.json()["error"]) == (422, "INVALID_REQUEST")


def test_given_an_active_run_that_is_over_in_airflow_when_triggered_then_it_does_not_stand_in_the_way(
    door: InMemoryDoor, call: DoorClient
) -> None:
    door.directory.records["acme"] = replace(BOUND, active_run_id="acme__1")
    door.directory.last_numbers["acme"] = 1

    unknown_to_airflow = call("POST", MIGRATE, json=BODY)
    door.launcher.ended.add("acme__1")
    over = call("POST", MIGRATE, json=BODY)

    assert (unknown_to_airflow.status_code, unknown_to_airflow.json()["error"]) == (
        409,
        "JOB_ALREADY_RUNNING",
    )
    assert over.json()["job_id"] == "acme__2"


# ---------------------------------------------------------------------- login
@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer eyJhbGciOi",
        "Basic",
        "Basic !!!",
        "Basic b3Bz",  # no colon
        basic("ops", "wrong"),
        basic("nobody", "s3cret"),
        basic("ops", ""),
        basic("", ""),
        "Basic " + "A" * 8192,
    ],
)
@pytest.mark.parametrize("path", [STATUS + "?cid=acme", FAILURES, MIGRATE, "/private/notes/nowhere"])
def test_given_no_credentials_of_ours_when_anything_is_asked_for_then_it_is_401(
    call: DoorClient, header: str | None, path: str
) -> None:
    answer = call("GET", path, headers={"Authorization": header, "Cookie": "_token=eyJhbGciOi"})

    assert (answer.status_code, answer.json()["error"]) == (401, "UNAUTHORIZED")
    assert answer.headers["WWW-Authenticate"].startswith("Basic ")


def test_given_several_credentials_when_each_triggers_then_the_runs_tell_them_apart(
    door: InMemoryDoor, call: DoorClient
) -> None:
    door.known.append(Credentials("zoë".encode(), "påss".encode()))

    call("POST", MIGRATE, json=BODY)
    call("POST", MIGRATE, json={**BODY, "cid": "b"}, headers={"Authorization": basic("zoë", "påss")})

    assert [who for _, who in door.launcher.launched.values()] == ["api:ops", "api:zoë"]


def test_given_failed_logins_when_repeated_then_waits_grow_and_another_name_is_not_held_up(
    door: InMemoryDoor, call: DoorClient
) -> None:
    door.known.append(Credentials(b"crm", b"other"))
    wrong, right = basic("ops", "guess"), basic("ops", "s3cret")

    def look(header: str) -> tuple[int, str | None]:
        answer = call("GET", STATUS + "?cid=acme", headers={"Authorization": header})
        return answer.status_code, answer.headers.get("Retry-After")

    first = [look(wrong) for _ in range(6)]
    held = look(right)
    door.clock.pause(1)
    second = [look(wrong) for _ in range(2)]
    other = look(basic("crm", "other"))
    door.clock.pause(2)
    after_waiting = [look(right), look(wrong)]

    assert first == [(401, None)] * 5 + [(429, "1")]
    assert held == (429, "1")
    assert second == [(401, None), (429, "2")]
    assert other == (404, None)
    assert after_waiting == [(404, None), (401, None)]


def test_given_a_caller_just_let_in_when_its_name_fails_too_often_then_it_is_held_at_once(
    call: DoorClient,
) -> None:
    headers = [basic()] + [basic("ops", "guess")] * 5 + [basic()]

    statuses = [
        call("GET", STATUS + "?cid=acme", headers={"Authorization": each}).status_code for each in headers
    ]

    assert statuses == [404, 401, 401, 401, 401, 401, 429]


def test_given_a_stranger_that_guesses_a_name_when_its_caller_comes_from_elsewhere_then_it_is_let_in(
    call: DoorClient,
) -> None:
    def look(address: str, password: str, **headers: str) -> int:
        call.address = address
        login = {"Authorization": basic("ops", password), **headers}
        return call("GET", STATUS + "?cid=acme", headers=login).status_code

    stranger = [look("203.0.113.9", "guess") for _ in range(6)]
    disguised = [
        look("203.0.113.9", "s3cret", **{name: "192.0.2.1"})
        for name in ("X-Forwarded-For", "Forwarded", "X-Real-IP")
    ]
    caller = look("192.0.2.1", "s3cret")

    assert stranger == [401] * 5 + [429]
    assert disguised == [429] * 3
    assert caller == 404


def test_given_two_logins_in_one_request_when_one_is_right_then_it_is_401(
    app: tuple[SwitchedDoor, ASGIApp], door: InMemoryDoor
) -> None:
    app[0].door = door
    both = [("Authorization", basic()), ("Authorization", basic("ops", "guess"))]

    async def ask() -> int:
        transport = httpx.ASGITransport(app=app[1])
        async with httpx.AsyncClient(transport=transport, base_url="http://airflow") as client:
            return (await client.get(STATUS + "?cid=acme", headers=both)).status_code

    assert asyncio.run(ask()) == 401


# ---------------------------------------------------------------------- status
def test_given_a_status_record_when_asked_then_all_its_fields_are_answered_and_no_store_but_redis_is_asked(
    door: InMemoryDoor, call: DoorClient
) -> None:
    run = a_run(in_scope=10)
    published = door.status()._project(BOUND, run)
    door.redis.publish(published)
    door.directory.error = DOWN

    answer = call("GET", STATUS + "?cid=acme")

    assert (answer.status_code, answer.headers["X-Status-Source"]) == (200, "redis")
    assert answer.json() == published.to_json()
    Status.model_validate(answer.json())


@pytest.mark.parametrize("redis_is_down", [True, False])
def test_given_a_status_that_redis_lost_when_asked_then_the_durable_record_answers_and_says_so(
    door: InMemoryDoor, call: DoorClient, redis_is_down: bool
) -> None:
    run = a_run(in_scope=10)
    door.redis.down = redis_is_down
    door.directory.records["acme"] = replace(BOUND, reason=ReasonCode.FAILURE_RATE_EXCEEDED, finished_at=NOW)
    door.runs.start(run)
    door.batches.store_result(run, "b1", BatchResult(BatchCounts(migrated=8, failed=1)))

    answer = call("GET", STATUS + "?cid=acme")

    found = Status.model_validate(answer.json())
    assert answer.headers["X-Status-Source"] == "durable"
    assert (found.status, found.reason_code, found.finished_at) == ("halted", "FAILURE_RATE_EXCEEDED", NOW)
    assert (found.notes_total, found.notes_processed, found.notes_failed) == (10, 9, 1)
    assert found.error_log_url == "/private/notes/migration/failures?cid=acme"


def test_given_a_lost_status_of_a_rolled_back_account_when_asked_then_it_is_not_started(
    door: InMemoryDoor, call: DoorClient
) -> None:
    door.directory.records["acme"] = replace(BOUND, state=RunState.NOT_STARTED)
    door.runs.start(a_run())

    assert call("GET", STATUS + "?cid=acme").json()["status"] == "not_started"


def test_given_a_record_of_another_hand_in_redis_when_asked_then_it_is_as_good_as_none(
    door: InMemoryDoor, call: DoorClient
) -> None:
    door.redis._records["acme"] = '{"status": "in_progress"}'

    assert call("GET", STATUS + "?cid=acme").status_code == 404


@pytest.mark.parametrize("path", [STATUS, FAILURES])
def test_given_an_account_never_seen_when_asked_about_then_it_is_404_and_not_started(
    call: DoorClient, path: str
) -> None:
    answer = call("GET", path + "?cid=nobody")

    assert (answer.status_code, answer.json()["error"]) == (404, "CID_NOT_FOUND")
    assert answer.json()["details"] == {"status": "not_started"}


@pytest.mark.parametrize("path", [STATUS, FAILURES])
def test_given_both_stores_down_when_asked_then_it_is_503(
    door: InMemoryDoor, call: DoorClient, path: str
) -> None:
    door.redis.down, door.directory.error = True, DOWN

    answer = call("GET", path + "?cid=acme")

    assert (answer.status_code, answer.json()["details"]) == (503, {"dependency": "cdp_mongo"})


@pytest.mark.parametrize("path", [STATUS, FAILURES])
@pytest.mark.parametrize(
    "query",
    [
        "",
        "?cid=",
        "?cid=a&cid=b",
        "?cid=a&x=1",
        "?cid=a%0A",
        "?cid=a%2Fb",
        "?CID=a",
        "?cid=" + "a" * 65,
        "?cid=a&" + "&" * 1024,
    ],
)
def test_given_a_query_that_breaks_a_rule_when_asked_then_it_is_422(
    call: DoorClient, path: str, query: str
) -> None:
    answer = call("GET", path + query)

    assert (answer.status_code, answer.json()["error"]) == (422, "INVALID_REQUEST")


# ---------------------------------------------------------------------- failed records
def test_given_failed_records_when_asked_for_csv_then_rows_have_the_contracts_columns_and_no_formula(
    door: InMemoryDoor, call: DoorClient
) -> None:
    door.directory.records["acme"] = BOUND
    door.failed.rows = [a_failure(), a_failure(asset="=1+1"), a_failure(kind="owner", asset="@x")]

    answer = call("GET", FAILURES + "?cid=acme", headers={"Accept": "text/csv"})

    header, *rows = csv.reader(io.StringIO(answer.text))
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert header == [
        "kind",
        "legacy_crm_note_id",
        "asset",
        "reason_code",
        "stage",
        "attempts",
        "first_seen",
        "last_seen",
        "run_id",
    ]
    assert [row[2] for row in rows] == ["", "'=1+1", "'@x"]
    assert rows[0][6] == "2026-01-02T03:04:05.678Z"


def test_given_failed_records_when_asked_for_json_then_they_are_the_same(
    door: InMemoryDoor, call: DoorClient
) -> None:
    door.directory.records["acme"] = BOUND
    door.failed.rows = [a_failure(legacy_crm_note_id=str(number)) for number in range(5)]

    answer = call("GET", FAILURES + "?cid=acme", headers={"Accept": "application/json"})

    found = [FailedRecord.model_validate(each) for each in answer.json()]
    assert [each.legacy_crm_note_id for each in found] == ["0", "1", "2", "3", "4"]
    assert tuple(answer.json()[0]) == COLUMNS


@pytest.mark.parametrize(
    ("accept", "empty"), [("text/csv", ",".join(COLUMNS) + "\r\n"), ("application/json", "[]")]
)
def test_given_no_failed_record_when_asked_then_the_list_is_empty_and_whole(
    door: InMemoryDoor, call: DoorClient, accept: str, empty: str
) -> None:
    door.directory.records["acme"] = BOUND

    assert call("GET", FAILURES + "?cid=acme", headers={"Accept": accept}).text == empty


def test_given_a_client_that_takes_neither_when_asked_then_it_is_406(
    door: InMemoryDoor, call: DoorClient
) -> None:
    door.directory.records["acme"] = BOUND

    answer = call("GET", FAILURES + "?cid=acme", headers={"Accept": "image/png"})

    assert (answer.status_code, answer.json()["error"]) == (406, "NOT_ACCEPTABLE")


def test_given_a_store_that_is_lost_before_the_first_row_when_asked_then_it_is_503(
    door: InMemoryDoor, call: DoorClient
) -> None:
    door.directory.records["acme"] = BOUND
    door.failed.breaks_after = 0

    assert call("GET", FAILURES + "?cid=acme").status_code == 503


def test_given_a_store_that_is_lost_midway_when_asked_then_the_answer_breaks_off_and_does_not_look_whole(
    door: InMemoryDoor, call: DoorClient
) -> None:
    door.directory.records["acme"] = BOUND
    door.failed.rows = [a_failure() for _ in range(5)]
    door.failed.breaks_after = 1

    with pytest.raises(RuntimeError, match="broke off"):
        call("GET", FAILURES + "?cid=acme")


# ---------------------------------------------------------------------- everything else
@pytest.mark.parametrize(
    ("method", "path", "status", "error"),
    [
        ("GET", "/private/notes/migration/certificates?cid=acme", 404, "NOT_FOUND"),
        ("POST", MIGRATE + "/", 404, "NOT_FOUND"),
        ("GET", "/private/notes", 404, "NOT_FOUND"),
        ("GET", MIGRATE, 405, "METHOD_NOT_ALLOWED"),
        ("DELETE", STATUS, 405, "METHOD_NOT_ALLOWED"),
        ("GET", "/openapi.json", 404, "NOT_FOUND"),
    ],
)
def test_given_no_such_route_when_called_then_the_error_has_our_shape(
    call: DoorClient, method: str, path: str, status: int, error: str
) -> None:
    answer = call(method, path)

    assert (answer.status_code, answer.json()["error"]) == (status, error)
    assert set(answer.json()) == {"error", "message", "details"}


def test_given_a_defect_of_ours_when_called_then_it_is_500_without_the_exceptions_text(
    door: InMemoryDoor, call: DoorClient, capsys: pytest.CaptureFixture[str]
) -> None:
    door.probes.error = ValueError("Sari W. +62 811")  # type: ignore[assignment]

    answer = call("POST", MIGRATE, json=BODY)

    assert (answer.status_code, answer.json()["error"]) == (500, "INTERNAL_ERROR")
    assert "Sari" not in answer.text + capsys.readouterr().out


def test_given_any_answer_when_sent_then_nobody_may_keep_it(door: InMemoryDoor, call: DoorClient) -> None:
    door.directory.records["acme"] = BOUND
    door.runs.start(a_run())
    asked = [("GET", STATUS + "?cid=acme"), ("GET", FAILURES + "?cid=acme"), ("GET", "/private/notes/x")]

    kept = [call(method, path).headers.get("Cache-Control") for method, path in asked]

    assert kept == ["no-store"] * 3
