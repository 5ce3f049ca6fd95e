"""Airflow's own login and permissions before the board: real tokens of its SimpleAuthManager, every role."""

from __future__ import annotations

import asyncio
import warnings
from collections.abc import Iterator
from typing import Any

import httpx
import pytest
from starlette.types import ASGIApp

from tests.fakes.board import InMemoryBoard
from tests.fakes.front_door import InMemoryDoor
from tests.support.board_builders import a_seen_account

CONF = {"cid": "acme", "company_sso_id": "acme-company"}
COOKIE = "_token"


@pytest.fixture(scope="module")
def tokens() -> Iterator[dict[str, str]]:
    """A token for each role of Airflow's SimpleAuthManager, signed by Airflow."""
    with warnings.catch_warnings(), pytest.MonkeyPatch.context() as patch:
        patch.setenv("AIRFLOW__API_AUTH__JWT_SECRET", "a-secret-of-the-tests-" * 4)
        warnings.simplefilter("ignore")  # Airflow's own, while it is imported
        from airflow.api_fastapi.app import create_auth_manager, purge_cached_app
        from airflow.api_fastapi.auth.managers.simple.user import SimpleAuthManagerUser

        manager = create_auth_manager()
        roles = ("viewer", "user", "op", "admin", None)
        yield {
            str(role): manager.generate_jwt(SimpleAuthManagerUser(username=f"a-{role}", role=role))
            for role in roles
        }
        purge_cached_app()


@pytest.fixture
def door() -> InMemoryDoor:
    return InMemoryDoor()


@pytest.fixture
def app(tokens: dict[str, str], door: InMemoryDoor, monkeypatch: pytest.MonkeyPatch) -> ASGIApp:
    from airflow.models.dag import DagModel
    from airflow.models.revoked_token import RevokedToken

    from notes_migration_airflow.board.airflow_access import AIRFLOW_ACCESS
    from notes_migration_airflow.board.board_app import make_board_app

    monkeypatch.setattr(DagModel, "get_team_name", lambda _dag_id: None)  # the two questions to its database
    monkeypatch.setattr(RevokedToken, "is_revoked", lambda _jti: False)
    board = InMemoryBoard()
    board.source.seen = [a_seen_account()]
    return make_board_app(board, door, AIRFLOW_ACCESS, base_url=None)


def call(app: ASGIApp, method: str, path: str, token: str | None, **options: Any) -> httpx.Response:
    async def request() -> httpx.Response:
        cookies = {COOKIE: token} if token else {}
        transport = httpx.ASGITransport(app=app)
        async with httpx.AsyncClient(
            transport=transport, base_url="http://airflow", cookies=cookies
        ) as client:
            return await client.request(method, f"/crm-notes{path}", **options)

    return asyncio.run(request())


def start(app: ASGIApp, token: str | None) -> httpx.Response:
    return call(app, "POST", "/api/runs", token, json=CONF, headers={"Origin": "http://airflow"})


@pytest.mark.parametrize(
    ("role", "may_see", "may_start"),
    [
        ("viewer", True, False),
        ("user", True, True),
        ("op", True, True),
        ("admin", True, True),
        ("None", False, False),
    ],
)
def test_given_a_role_of_airflow_when_at_the_board_then_it_may_what_it_may_with_the_dag(
    app: ASGIApp, tokens: dict[str, str], door: InMemoryDoor, role: str, may_see: bool, may_start: bool
) -> None:
    seen = [call(app, "GET", path, tokens[role]) for path in ("/", "/api/accounts", "/api/viewer")]
    started = start(app, tokens[role])

    assert [answer.status_code for answer in seen] == [200 if may_see else 403] * 3
    if may_see:
        assert seen[2].json() == {"name": f"a-{role}", "may_trigger": may_start}
    assert started.status_code == (200 if may_start else 403)
    assert [by for _, by in door.launcher.launched.values()] == ([f"a-{role}"] if may_start else [])


@pytest.mark.parametrize("damage", [lambda token: None, lambda token: token[:-4] + "AAAA", lambda token: "x"])
def test_given_no_token_or_a_forged_one_when_at_the_board_then_nothing_is_shown_or_started(
    app: ASGIApp, tokens: dict[str, str], door: InMemoryDoor, damage: Any
) -> None:
    token = damage(tokens["admin"])

    assert call(app, "GET", "/api/accounts", token).status_code in {401, 403}
    assert start(app, token).status_code in {401, 403}
    assert door.launcher.launched == {}


def test_given_somebody_who_has_logged_out_when_at_the_board_then_their_token_is_of_no_use(
    app: ASGIApp, tokens: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    from airflow.models.revoked_token import RevokedToken

    monkeypatch.setattr(RevokedToken, "is_revoked", lambda _jti: True)

    assert [call(app, "GET", "/api/accounts", tokens["admin"]).status_code] == [403]


def test_given_the_plugin_when_airflow_reads_it_then_the_board_is_in_its_navigation() -> None:
    from crm_notes_board import CrmNotesBoard

    (view,) = CrmNotesBoard.external_views
    (app,) = CrmNotesBoard.fastapi_apps

    assert (view["destination"], view["href"], app["url_prefix"]) == ("nav", "crm-notes/", "/crm-notes")
