"""The certificate as people see it: the endpoint's own fields, and whether they still hold."""

from __future__ import annotations

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from notes_migration.domain.accounts import AccountRecord
from notes_migration.domain.board import classes_of
from notes_migration.domain.differences import Kind
from notes_migration.domain.errors import DependencyDown, FatalError, ReasonCode
from notes_migration.domain.ledger import AttachmentCounts, BatchCounts, Ledger, OwnerCounts
from notes_migration.domain.states import RunState
from notes_migration.ports.board import SeenAccount
from notes_migration_airflow.board import board_app
from notes_migration_airflow.board.board_app import make_board_app
from notes_migration_airflow.board.viewer import Access, Viewer
from tests.fakes.board import InMemoryBoard
from tests.fakes.front_door import DOWN, DoorClient, InMemoryDoor
from tests.support.board_builders import a_certificate, a_seen_account, a_seen_run
from tests.support.builders import NOW

SCRIPT = (Path(board_app.__file__).parent / "pages/certificate.js").read_text()
URL = "/crm-notes/api/accounts/acme"
LATER, EARLIER = NOW + timedelta(seconds=1), NOW - timedelta(seconds=1)
NOTHING = Ledger(100, 10, BatchCounts(already_present=100))


@pytest.fixture
def board() -> InMemoryBoard:
    board = InMemoryBoard()
    board.source.seen = [a_seen_account(RunState.COMPLETED_SUCCESS)]
    return board


@pytest.fixture
def call(board: InMemoryBoard) -> DoorClient:
    access = Access(lambda: Viewer("sari", False), lambda: Viewer("sari", False))
    return DoorClient(make_board_app(board, InMemoryDoor(), access, base_url=None))


def since(board: InMemoryBoard) -> list[str]:
    return [run.run_id for run in board.certificate().show("acme").written_since]


def test_given_an_account_that_was_only_tried_when_its_certificate_is_asked_for_then_there_is_none(
    board: InMemoryBoard, call: DoorClient
) -> None:
    board.source.seen = [SeenAccount(AccountRecord("acme", None, RunState.NOT_STARTED), None)]

    found = call("GET", f"{URL}/certificate")

    assert (found.status_code, found.json()["certificate"], found.json()["company_sso_id"]) == (
        200,
        None,
        None,
    )


# ---------------------------------------------------------------------- does it still hold?
@pytest.mark.parametrize(
    ("run", "stale"),
    [
        ({"started_at": LATER}, True),
        ({"started_at": EARLIER}, False),
        ({"started_at": LATER, "mode": "replay_failed"}, True),
        ({"started_at": LATER, "mode": "verify"}, False),
        ({"started_at": LATER, "mode": "dry_run"}, False),
        ({"started_at": LATER, "mode": "rollback_dry_run"}, False),
        ({"started_at": LATER, "ledger": NOTHING}, False),
        ({"started_at": LATER, "ledger": NOTHING, "state": RunState.IN_PROGRESS}, True),
        ({"started_at": LATER, "ledger": NOTHING, "mode": "rollback"}, False),
        (
            {
                "started_at": LATER,
                "ledger": NOTHING,
                "mode": "rollback",
                "state": RunState.IN_PROGRESS,
            },
            True,
        ),
    ],
)
def test_given_a_run_when_it_may_have_written_after_the_verification_then_the_certificate_is_out_of_date(
    board: InMemoryBoard, run: dict[str, Any], stale: bool
) -> None:
    board.certificates.store(a_certificate())
    board.source.run_list = [a_seen_run(run_id="acme__3", **run)]

    assert since(board) == (["acme__3"] if stale else [])


@pytest.mark.parametrize(
    "counts",
    [
        BatchCounts(migrated=1),
        BatchCounts(attachments=AttachmentCounts(linked=1)),
        BatchCounts(owners=OwnerCounts(resolved=1)),
    ],
    ids=["a note", "a file", "an owner"],
)
def test_given_a_replay_that_added_anything_when_shown_then_the_certificate_is_out_of_date(
    board: InMemoryBoard, counts: BatchCounts
) -> None:
    board.certificates.store(a_certificate())
    ledger = Ledger(100, 10, counts)
    board.source.run_list = [a_seen_run(mode="replay_failed", started_at=LATER, ledger=ledger)]

    assert since(board) == ["acme__1"]


def test_given_a_verification_on_its_way_when_shown_then_it_is_named(board: InMemoryBoard) -> None:
    going = a_seen_run(run_id="acme__4", mode="verify", state=RunState.IN_PROGRESS, started_at=LATER)
    board.source.run_list = [going, a_seen_run(mode="verify")]

    view = board.certificate().show("acme")

    assert (view.certificate, view.verifying, list(view.written_since)) == (None, going, [])


def test_given_an_account_never_seen_or_no_mongo_when_shown_then_it_says_so(board: InMemoryBoard) -> None:
    with pytest.raises(FatalError) as unknown:
        board.certificate().show("nobody")
    board.source.error = DOWN
    with pytest.raises(DependencyDown) as down:
        board.certificate().show("acme")

    assert unknown.value.reason is ReasonCode.CID_NOT_FOUND
    assert down.value.dependency == "cdp_mongo"


# ---------------------------------------------------------------------- what is served
def test_given_a_certificate_when_asked_for_then_it_is_the_endpoints_own(
    board: InMemoryBoard, call: DoorClient
) -> None:
    certificate = a_certificate(("51", Kind.CONTENT))
    board.certificates.store(certificate)
    board.source.run_list = [a_seen_run(run_id="acme__3", started_at=LATER)]

    found = call("GET", f"{URL}/certificate").json()

    assert found["certificate"] == certificate.to_json()
    assert (found["cid"], found["company_sso_id"], found["status"]) == (
        "acme",
        "acme-company",
        "completed_success",
    )
    assert found["written_since"] == [
        {
            "run_id": "acme__3",
            "mode": "migrate",
            "status": "halted",
            "started_at": "2026-01-02T03:04:06.678Z",
        }
    ]
    assert found["verifying"] is None


def test_given_a_certificate_when_its_files_are_asked_for_then_they_come_under_a_name(
    board: InMemoryBoard, call: DoorClient
) -> None:
    certificate = a_certificate(("51", Kind.CONTENT), ("7", Kind.EDITED_IN_CDP))
    board.certificates.store(certificate)

    whole, rows = call("GET", f"{URL}/certificate.json"), call("GET", f"{URL}/differences.csv")

    assert whole.json() == certificate.to_json()
    assert rows.text.splitlines() == ["legacy_crm_note_id,kind", "51,content", "7,edited_in_cdp"]
    assert whole.headers["content-disposition"] == 'attachment; filename="certificate-acme.json"'
    assert rows.headers["content-disposition"] == 'attachment; filename="differences-acme.csv"'


@pytest.mark.parametrize("name", ["certificate.json", "differences.csv"])
def test_given_an_account_that_was_not_verified_when_its_files_are_asked_for_then_there_are_none(
    call: DoorClient, name: str
) -> None:
    assert call("GET", f"{URL}/{name}").status_code == 404
    assert call("GET", f"{URL}/certificate").json()["certificate"] is None


def test_given_a_certificate_that_a_rollback_revoked_when_asked_for_then_there_is_none(
    board: InMemoryBoard, call: DoorClient
) -> None:
    board.certificates.store(a_certificate())
    board.certificates.revoke("acme", by="back")

    assert call("GET", f"{URL}/certificate").json()["certificate"] is None


# ---------------------------------------------------------------------- the page's words
def words(table: str) -> set[str]:
    found = re.search(rf"const {table} = {{\n(.*?)\n}};", SCRIPT, re.DOTALL)
    assert found is not None
    return set(re.findall(r"^  (\w+):", found[1], re.MULTILINE))


def test_given_every_class_and_kind_when_the_page_is_read_then_it_has_a_meaning_for_each() -> None:
    assert words("CLASSES") == set(classes_of(NOTHING, RunState.COMPLETED_SUCCESS))
    assert words("KINDS") == {str(kind) for kind in Kind if not kind.since}
    assert words("SINCE") == {str(kind) for kind in Kind if kind.since}
