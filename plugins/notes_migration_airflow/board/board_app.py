"""The board's FastAPI application; no Airflow in it: who may see and start comes as `Access`."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import FastAPI, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from notes_migration.board import Board
from notes_migration.domain.errors import MigrationError
from notes_migration.front_door import FrontDoor
from notes_migration_airflow.board.board_routes import PREFIX, pages_router, reading_router, starting_router
from notes_migration_airflow.board.certificate_routes import certificate_router
from notes_migration_airflow.board.page_headers import PageHeaders
from notes_migration_airflow.board.viewer import Access
from notes_migration_airflow.front_door.middleware import InternalErrors
from notes_migration_airflow.front_door.problems import of_error, of_http_status


def make_board_app(board: Board, door: FrontDoor, access: Access, *, base_url: str | None) -> FastAPI:
    """Return the application; its paths are whole ones, from `/crm-notes` on."""
    app = FastAPI(
        title="CRM notes board",
        openapi_url=None,
        redirect_slashes=False,
        middleware=[Middleware(PageHeaders), Middleware(InternalErrors)],
    )
    app.include_router(pages_router(board, access))
    app.include_router(reading_router(board, access))
    app.include_router(certificate_router(board, access))
    app.include_router(starting_router(door, access, base_url=base_url))
    app.add_exception_handler(MigrationError, _migration_error)
    app.add_exception_handler(HTTPException, _http_error)
    return app


def _migration_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, MigrationError)
    return of_error(error).response()


def _http_error(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    root = str(request.scope.get("root_path", ""))
    path = request.scope["path"].removeprefix(root)
    is_page = not path.startswith((f"{PREFIX}/api/", f"{PREFIX}/assets/"))
    if error.status_code == 401 and is_page:
        # Airflow's own way to its login, for any auth manager.
        return RedirectResponse(f"{root}/api/v2/auth/login?next={quote(root + path, safe='')}", 303)
    return of_http_status(error.status_code, error.headers).response()
