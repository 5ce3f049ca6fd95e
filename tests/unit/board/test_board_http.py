"""The board as a browser meets it: who may see, who may start, from where, and what is never served."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.states import RunState
from notes_migration.domain.status import iso
from notes_migration.ports.board import FailureGroup, SeenDryRun
from notes_migration.ports.failure_listing import FailureRow
from notes_migration_airflow.board import board_app
from notes_migration_airflow.board.board_app import make_board_app
from notes_migration_airflow.board.viewer import Access, Viewer
from tests.fakes.board import InMemoryBoard
from tests.fakes.front_door import DOWN, DoorClient, InMemoryDoor
from tests.support.board_builders import a_certificate, a_seen_account, a_seen_run
from tests.support.builders import NOW

OWN = "http://airflow"
CONF = {"cid": "acme", "company_sso_id": "acme-company"}
PAGES = Path(board_app.__file__).parent / "pages"
READS = [
    "/",
    "/accounts/acme",
    "/accounts/acme/certificate",
    "/assets/overview.js",
    "/assets/dry_run.js",
    "/assets/icon.svg",
    "/api/viewer",
    "/api/accounts",
    "/api/accounts/acme",
]
READS += ["/api/accounts/acme/failures.csv", "/api/runbooks/NOTE_TOO_LONG"]
READS += [f"/api/accounts/acme/{name}" for name in ("certificate", "certificate.json", "differences.csv")]
READ_PAGES = [path for path in READS if not path.startswith(("/api/", "/assets/"))]
READ_DATA = [path for path in READS if path not in READ_PAGES]


class Person:
    """Who is at the browser: nobody, somebody without the DAG, a viewer, or one who may trigger."""

    def __init__(self) -> None:
        self.logged_in, self.may_read, self.may_trigger = True, True, True

    def reader(self) -> Viewer:
        return self._let(self.may_read)

    def starter(self) -> Viewer:
        return self._let(self.may_trigger)

    def _let(self, allowed: bool) -> Viewer:
        if not self.logged_in:
            raise HTTPException(401)
        if not allowed:
            raise HTTPException(403)
        return Viewer("sari", self.may_trigger)


@pytest.fixture
def person() -> Person:
    return Person()


@pytest.fixture
def board() -> InMemoryBoard:
    board = InMemoryBoard()
    board.source.seen = [a_seen_account()]
    board.certificates.store(a_certificate())
    return board


@pytest.fixture
def door() -> InMemoryDoor:
    return InMemoryDoor()


@pytest.fixture
def app(board: InMemoryBoard, door: InMemoryDoor, person: Person) -> ASGIApp:
    access = Access(person.reader, person.starter)
    return make_board_app(board, door, access, base_url="https://airflow.example/af")


@pytest.fixture
def call(app: ASGIApp) -> Any:
    client = DoorClient(app)

    def request(method: str, path: str, **options: Any) -> Any:
        options["headers"] = {"Authorization": None, **options.get("headers", {})}
        return client(method, f"/crm-notes{path}", **options)

    return request


def post(call: Any, *, body: Any = None, **headers: str | None) -> Any:
    sent = {"origin": OWN, **headers}
    named = {name.replace("_", "-"): value for name, value in sent.items()}
    return call("POST", "/api/runs", json=CONF if body is None else body, headers=named)


# ---------------------------------------------------------------------- who may see
@pytest.mark.parametrize("path", READS)
def test_given_a_reader_when_they_ask_then_it_is_served_and_kept_by_nobody(call: Any, path: str) -> None:
    answer = call("GET", path)

    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", READS)
def test_given_somebody_without_the_dag_when_they_ask_then_it_is_forbidden(
    call: Any, person: Person, path: str
) -> None:
    person.may_read = False

    assert call("GET", path).status_code == 403


@pytest.mark.parametrize("path", READ_DATA)
def test_given_nobody_when_data_is_asked_for_then_it_is_401(call: Any, person: Person, path: str) -> None:
    person.logged_in = False

    assert call("GET", path).status_code == 401


@pytest.mark.parametrize("path", [*READ_PAGES, "/runs/acme__1"])
def test_given_nobody_when_a_page_is_opened_then_airflows_login_is_and_leads_back(
    call: Any, person: Person, path: str
) -> None:
    person.logged_in = False

    answer = call("GET", path)

    assert answer.status_code == 303
    target = f"/crm-notes{path}".replace("/", "%2F")
    assert answer.headers["location"] == f"/api/v2/auth/login?next={target}"


def test_given_a_dry_run_when_its_account_is_asked_for_then_the_report_comes_as_it_is_stored(
    call: Any, board: InMemoryBoard
) -> None:
    assert call("GET", "/api/accounts/acme").json()["dry_run"] is None
    board.source.last_dry_run = SeenDryRun(
        "acme__2",
        "acme-company",
        "sari",
        RunState.HALTED,
        "FAILURE_RATE_EXCEEDED",
        NOW,
        {"would_migrate": 98},
    )

    assert call("GET", "/api/accounts/acme").json()["dry_run"] == {
        "run_id": "acme__2",
        "mode": "dry_run",
        "company_sso_id": "acme-company",
        "triggered_by": "sari",
        "status": "halted",
        "reason_code": "FAILURE_RATE_EXCEEDED",
        "started_at": iso(NOW),
        "report": {"would_migrate": 98},
    }


@pytest.mark.parametrize("may_trigger", [True, False])
def test_given_a_reader_when_asked_who_they_are_then_it_says_whether_they_may_start(
    call: Any, person: Person, may_trigger: bool
) -> None:
    person.may_trigger = may_trigger

    assert call("GET", "/api/viewer").json() == {"name": "sari", "may_trigger": may_trigger}


# ---------------------------------------------------------------------- starting
def test_given_somebody_who_may_when_they_start_an_account_then_the_run_carries_their_name(
    call: Any, door: InMemoryDoor
) -> None:
    answer = post(call, body={**CONF, "rerun": True})

    assert (answer.status_code, answer.json()) == (200, {"job_id": "acme__1"})
    conf, triggered_by = door.launcher.launched["acme__1"]
    assert (conf.cid, conf.rerun, triggered_by) == ("acme", True, "sari")


@pytest.mark.parametrize("origin", ["https://airflow.example", OWN])
def test_given_a_page_of_ours_when_it_posts_then_it_may_whichever_address_airflow_has(
    call: Any, origin: str
) -> None:
    assert post(call, origin=origin, sec_fetch_site="same-origin").status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {"origin": None},
        {"origin": "null"},
        {"origin": "https://evil.example"},
        {"origin": "http://airflow.evil.example"},
        {"origin": "https://airflow"},
        {"origin": "http://airflow:81"},
        {"sec_fetch_site": "cross-site"},
        {"sec_fetch_site": "same-site"},
    ],
)
def test_given_a_page_of_somebody_else_when_it_posts_then_it_is_forbidden_and_nothing_starts(
    call: Any, door: InMemoryDoor, headers: dict[str, str | None]
) -> None:
    assert post(call, **headers).status_code == 403
    assert door.launcher.launched == {}


def test_given_a_viewer_when_they_post_then_it_is_forbidden_and_nothing_starts(
    call: Any, door: InMemoryDoor, person: Person
) -> None:
    person.may_trigger = False

    assert post(call).status_code == 403
    assert door.launcher.launched == {}


def test_given_nobody_when_they_post_then_it_is_401_before_anything_is_read(
    call: Any, door: InMemoryDoor, person: Person
) -> None:
    person.logged_in = False

    assert post(call, body=["nonsense"]).status_code == 401
    assert door.launcher.launched == {}


def test_given_a_form_of_a_foreign_page_when_it_posts_text_then_it_is_refused(
    call: Any, door: InMemoryDoor
) -> None:
    answer = call(
        "POST",
        "/api/runs",
        content=json.dumps(CONF),
        headers={"origin": OWN, "content-type": "text/plain"},
    )

    assert (answer.status_code, answer.json()["error"]) == (422, "INVALID_REQUEST")
    assert door.launcher.launched == {}


def test_given_a_refusal_of_the_door_when_started_then_it_is_the_contracts(
    call: Any, door: InMemoryDoor
) -> None:
    door.flag.on = False

    answer = post(call)

    assert (answer.status_code, answer.json()["error"]) == (403, "FLAG_DISABLED")


@pytest.mark.parametrize("path", [*READS, "/api/runs"])
def test_given_any_address_when_read_then_nothing_is_started(
    call: Any, door: InMemoryDoor, path: str
) -> None:
    call("GET", path, headers={"origin": OWN})

    assert door.launcher.launched == {}


# ---------------------------------------------------------------------- what is served
@pytest.mark.parametrize(
    ("run_id", "page"),
    [("acme__1", "/accounts/acme"), ("acme__9", "/"), ("..%2F..%2Fx", None), ("//evil", None)],
)
def test_given_a_task_s_button_when_followed_then_it_leads_to_the_account_of_its_run(
    call: Any, run_id: str, page: str | None
) -> None:
    answer = call("GET", f"/runs/{run_id}")

    assert answer.headers.get("location") == (page and f"/crm-notes{page}")
    assert answer.status_code == (303 if page else 404)


@pytest.mark.parametrize("path", [*READS, "/nowhere", "/api/accounts/nobody"])
def test_given_any_answer_when_its_headers_are_read_then_only_our_own_files_may_run_in_it(
    call: Any, path: str
) -> None:
    headers = call("GET", path).headers

    policy = headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'self';" in policy
    assert "frame-ancestors 'self'" in policy
    assert "unsafe" not in policy
    assert headers["x-content-type-options"] == "nosniff"


@pytest.mark.parametrize(
    "name", ["../board_app.py", "..%2Fboard_app.py", "overview.html", "%2e%2e/x", "nope.js"]
)
def test_given_another_name_than_an_asset_when_asked_for_then_there_is_none(call: Any, name: str) -> None:
    assert call("GET", f"/assets/{name}").status_code == 404


@pytest.mark.parametrize("cid", ["a%20b", "-x", "a%0a", "%3Cscript%3E"])
def test_given_what_is_no_account_when_asked_for_then_it_is_refused_and_not_repeated(
    call: Any, cid: str
) -> None:
    answer = call("GET", f"/api/accounts/{cid}")

    assert answer.status_code == 422
    assert "script" not in answer.text


def test_given_many_who_watch_when_they_ask_at_once_then_the_store_is_read_once(
    call: Any, board: InMemoryBoard
) -> None:
    answers = [call("GET", "/api/accounts").json() for _ in range(5)]

    assert board.source.reads == 1
    assert [each["accounts"][0]["cid"] for each in answers] == ["acme"] * 5


def test_given_an_account_when_asked_for_then_runs_and_failures_are_in_the_answer(
    call: Any, board: InMemoryBoard
) -> None:
    board.source.run_list = [a_seen_run()]
    board.source.groups = [FailureGroup("note", "NOTE_TOO_LONG", 2, NOW, ("51", "52"))]

    found = call("GET", "/api/accounts/acme").json()

    assert found["account"]["status"] == "halted"
    assert found["runs"][0]["classes"]["not_processed"] == 0
    assert sum(found["runs"][0]["classes"].values()) == found["runs"][0]["source_total"] == 110
    assert found["failures"][0]["note_ids"] == ["51", "52"]


def test_given_mongo_away_when_asked_then_it_is_503_and_says_which(call: Any, board: InMemoryBoard) -> None:
    board.source.error = DOWN

    answer = call("GET", "/api/accounts")

    assert (answer.status_code, answer.json()["details"]) == (503, {"dependency": "cdp_mongo"})


def test_given_failed_records_when_the_csv_is_asked_for_then_it_is_a_file(
    call: Any, board: InMemoryBoard
) -> None:
    board.failed.rows = [FailureRow("note", "51", None, "NOTE_TOO_LONG", "content", 1, NOW, NOW, "acme__1")]

    answer = call("GET", "/api/accounts/acme/failures.csv")

    assert answer.text.splitlines()[1].startswith("note,51,,NOTE_TOO_LONG,content,1,")
    assert answer.headers["content-disposition"] == 'attachment; filename="failures-acme.csv"'


@pytest.mark.parametrize("code", ReasonCode)
def test_given_a_reason_code_when_its_runbook_is_asked_for_then_all_four_parts_come_as_text(
    call: Any, code: ReasonCode
) -> None:
    found = call("GET", f"/api/runbooks/{code}").json()

    assert [part["heading"] for part in found["sections"]] == [
        "Meaning",
        "Impact",
        "Diagnosis",
        "Mitigation",
    ]
    assert all(part["text"] for part in found["sections"])
    assert found["path"] == f"docs/runbooks/{code}.md"


@pytest.mark.parametrize("code", ["README", "..%2F..%2FREADME", "nothing"])
def test_given_what_is_no_reason_code_when_its_runbook_is_asked_for_then_there_is_none(
    call: Any, code: str
) -> None:
    assert call("GET", f"/api/runbooks/{code}").status_code == 404


def test_given_the_pages_when_read_then_data_never_becomes_html_and_nothing_is_fetched_from_elsewhere() -> (
    None
):
    texts = {path.name: path.read_text() for path in PAGES.iterdir()}
    scripts = "".join(text for name, text in texts.items() if name.endswith(".js"))
    everything = "".join(texts.values()).replace("http://www.w3.org/2000/svg", "")

    assert set(texts) >= {
        "overview.html",
        "account.html",
        "board.css",
        "overview.js",
        "account.js",
        "certificate.js",
    }
    assert not re.search(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(|Function\(", scripts)
    assert not re.search(r"https?:|//[a-z]+\.|url\(|@import", everything)
    assert not re.search(
        r"\son[a-z]+=|<script>|<style|style=", "".join(texts[n] for n in texts if "html" in n)
    )
