"""Pages, their files, and the JSON that they poll; only `POST /api/runs` changes anything."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from fastapi.responses import FileResponse, JSONResponse, RedirectResponse, Response, StreamingResponse
from starlette.exceptions import HTTPException

from notes_migration.board import Board
from notes_migration.domain.conf import parse_conf
from notes_migration.domain.errors import ReasonCode
from notes_migration.front_door import FrontDoor
from notes_migration_airflow.board.board_json import account_json, overview_json
from notes_migration_airflow.board.remembered import Remembered
from notes_migration_airflow.board.runbook_pages import runbook
from notes_migration_airflow.board.same_origin import require_same_origin
from notes_migration_airflow.board.viewer import Access, Viewer
from notes_migration_airflow.front_door.failure_rendering import CSV, as_csv
from notes_migration_airflow.front_door.first_item import begun
from notes_migration_airflow.front_door.request_reading import TriggerRequest

PREFIX = "/crm-notes"
_PAGES = Path(__file__).parent / "pages"
# Named, not looked for: a path of the request is never a path of the disk.
_ASSETS = {
    "board.css": "text/css",
    "icon.svg": "image/svg+xml",
    "overview.js": "text/javascript",
    "account.js": "text/javascript",
    "certificate.js": "text/javascript",
    "dry_run.js": "text/javascript",
    "common.js": "text/javascript",
    "ledger.js": "text/javascript",
}
_SHARED_SECONDS = 2.0


def _account(cid: str) -> str:
    """Return the account of the path, by the conf's own rule."""
    return parse_conf({"cid": cid, "company_sso_id": "any"}).cid


Account = Annotated[str, Depends(_account)]


def pages_router(board: Board, access: Access) -> APIRouter:
    """Return the pages; they hold no data and are for readers all the same."""
    router = APIRouter(prefix=PREFIX, dependencies=[Depends(access.reader)])

    @router.get("/")
    def overview() -> Response:
        return FileResponse(_PAGES / "overview.html", media_type="text/html")

    @router.get("/accounts/{cid}")
    def account(cid: Account) -> Response:  # noqa: ARG001 - checked; the page reads it from its address
        return FileResponse(_PAGES / "account.html", media_type="text/html")

    @router.get("/accounts/{cid}/certificate")
    def certificate(cid: Account) -> Response:  # noqa: ARG001 - as above
        return FileResponse(_PAGES / "certificate.html", media_type="text/html")

    @router.get("/runs/{run_id}")
    def run(run_id: str, request: Request) -> Response:
        cid = board.reader().account_of(run_id)
        page = f"{PREFIX}/accounts/{cid}" if cid else f"{PREFIX}/"
        return RedirectResponse(f"{request.scope.get('root_path', '')}{page}", 303)

    @router.get("/assets/{name}")
    def asset(name: str) -> Response:
        if name not in _ASSETS:
            raise HTTPException(404)
        return FileResponse(_PAGES / name, media_type=_ASSETS[name])

    return router


def reading_router(board: Board, access: Access) -> APIRouter:
    """Return what readers may ask for."""
    as_reader = Depends(access.reader)
    router = APIRouter(prefix=f"{PREFIX}/api", dependencies=[as_reader])
    shared = Remembered(
        lambda: overview_json(board.reader().overview()), seconds=_SHARED_SECONDS, monotonic=time.monotonic
    )

    @router.get("/viewer")
    def viewer(who: Viewer = as_reader) -> Response:
        return JSONResponse({"name": who.name, "may_trigger": who.may_trigger})

    @router.get("/accounts")
    def accounts() -> Response:
        return Response(shared.get(), media_type="application/json")

    @router.get("/accounts/{cid}")
    def account(cid: Account) -> Response:
        return Response(account_json(board.reader().account(cid)), media_type="application/json")

    @router.get("/accounts/{cid}/failures.csv")
    def failures(cid: Account) -> Response:
        pages = begun(board.failures().pages(cid))
        named = {"Content-Disposition": f'attachment; filename="failures-{cid}.csv"'}
        return StreamingResponse(as_csv(pages), media_type=CSV, headers=named)

    @router.get("/runbooks/{code}")
    def runbooks(code: str) -> Response:
        if code not in ReasonCode.__members__:
            raise HTTPException(404)
        return JSONResponse(runbook(ReasonCode(code)))

    return router


def starting_router(door: FrontDoor, access: Access, *, base_url: str | None) -> APIRouter:
    """Return the one route that changes something: who may, then from where, then what."""
    router = APIRouter(prefix=f"{PREFIX}/api")
    as_starter, from_own_page = Depends(access.starter), Depends(require_same_origin(base_url))

    @router.post("/runs", dependencies=[as_starter, from_own_page])
    def start(conf: TriggerRequest, who: Viewer = as_starter) -> Response:
        return JSONResponse({"job_id": door.trigger().trigger(conf, triggered_by=who.name)})

    return router
