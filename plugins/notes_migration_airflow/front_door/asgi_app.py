"""The FastAPI application over a front door; no Airflow in it."""

from __future__ import annotations

from typing import Any

from fastapi import FastAPI, Request
from fastapi.responses import Response
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware

from notes_migration.domain.errors import MigrationError
from notes_migration.front_door import FrontDoor
from notes_migration_airflow.front_door.middleware import BasicLogin, InternalErrors
from notes_migration_airflow.front_door.problems import of_error, of_http_status
from notes_migration_airflow.front_door.routes import make_router

DESCRIPTION = "Starts and watches the migration of CRM notes, one account at a time; see docs/api.md."


def make_asgi_app(door: FrontDoor) -> FastAPI:
    """Return the application; its paths are whole ones, from `/private/notes` on."""
    app = FastAPI(
        title="CRM notes migration",
        version="1",
        description=DESCRIPTION,
        openapi_url=None,  # contracts/openapi.yaml is the document
        redirect_slashes=False,
        middleware=[Middleware(InternalErrors), Middleware(BasicLogin, door=door)],
    )
    app.include_router(make_router(door))
    app.add_exception_handler(MigrationError, _migration_error)
    app.add_exception_handler(HTTPException, _http_error)
    return app


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """Return the OpenAPI document of the application, as it is kept in contracts/."""
    document = app.openapi()
    document["components"]["securitySchemes"] = {"basic": {"type": "http", "scheme": "basic"}}
    return document


def _migration_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, MigrationError)
    return of_error(error).response()


def _http_error(_request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    return of_http_status(error.status_code, error.headers).response()
