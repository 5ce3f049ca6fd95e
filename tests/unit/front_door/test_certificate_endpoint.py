"""`GET /private/notes/migration/certificate` as a caller sees it."""

from __future__ import annotations

import pytest

from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.certificate import MOST_LISTED, certify
from notes_migration.domain.differences import Difference, Kind
from notes_migration.domain.states import RunState
from notes_migration_airflow.front_door.answers import Certificate
from notes_migration_airflow.front_door.asgi_app import make_asgi_app
from tests.fakes.front_door import DOWN, DoorClient, InMemoryDoor
from tests.support.builders import NOW, a_ledger, a_run

URL = "/private/notes/migration/certificate"
BOUND = AccountRecord("acme", "acme-company", RunState.HALTED, last_run_id="acme__1")


@pytest.fixture
def door() -> InMemoryDoor:
    return InMemoryDoor()


@pytest.fixture
def call(door: InMemoryDoor) -> DoorClient:
    return DoorClient(make_asgi_app(door))


def test_given_a_verified_account_when_asked_then_the_contracts_fields_are_answered(
    door: InMemoryDoor, call: DoorClient
) -> None:
    ledger = a_ledger(in_scope=4, out_of_scope=1, migrated=3, failed=1, failed_by_reason={"NOTE_INVALID": 1})
    since = [Difference(str(each), Kind.EDITED_IN_CDP) for each in range(1, MOST_LISTED + 1)]
    differences = [*since, Difference("7", Kind.CONTENT)]
    door.certificates.store(certify(a_run(), ledger, differences, present=["2"], added_since=0, now=NOW))

    answer = call("GET", f"{URL}?cid=acme")

    assert answer.status_code == 200
    body = answer.json()
    Certificate.model_validate(body)
    assert body["classes"] == {
        "migrated": 3,
        "already_present": 0,
        "failed": 1,
        "vanished_at_source": 0,
        "erased_in_cdp": 0,
        "out_of_scope": 1,
    }
    assert (body["source_total"], body["match_pct"]) == (5, 75.0)
    assert body["differences"][0] == {"legacy_crm_note_id": "7", "kind": "content"}
    assert (body["differences_total"], len(body["differences"])) == (MOST_LISTED + 1, MOST_LISTED)
    assert body["differences_by_kind"] == {"content": 1, "edited_in_cdp": MOST_LISTED}


@pytest.mark.parametrize(("known", "status"), [(False, "not_started"), (True, "not_verified")])
def test_given_no_certificate_when_asked_then_the_details_say_how_far_the_account_is(
    door: InMemoryDoor, call: DoorClient, known: bool, status: str
) -> None:
    door.directory.records = {"acme": BOUND} if known else {}

    answer = call("GET", f"{URL}?cid=acme")

    assert (answer.status_code, answer.json()["error"]) == (404, "CID_NOT_FOUND")
    assert answer.json()["details"] == {"status": status}


def test_given_a_bad_query_or_no_login_when_asked_then_nothing_is_looked_up(call: DoorClient) -> None:
    assert call("GET", f"{URL}?cid=a/b").status_code == 422
    assert call("GET", f"{URL}?cid=acme", headers={"Authorization": None}).status_code == 401


def test_given_records_that_cannot_be_read_when_asked_then_the_dependency_is_named(
    door: InMemoryDoor, call: DoorClient
) -> None:
    door.directory.error = DOWN

    answer = call("GET", f"{URL}?cid=acme")

    assert (answer.status_code, answer.json()["details"]) == (503, {"dependency": "cdp_mongo"})
