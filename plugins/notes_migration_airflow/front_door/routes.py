"""The routes of contracts, section 3; what asks stores runs in the server's threads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import JSONResponse, Response, StreamingResponse

from notes_migration.domain.conf import MigrationConf
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.front_door import FrontDoor
from notes_migration_airflow.front_door import documented, failure_rendering
from notes_migration_airflow.front_door.first_item import begun
from notes_migration_airflow.front_door.media_choice import best_media_type
from notes_migration_airflow.front_door.problems import NOT_VERIFIED, Problem, not_acceptable, of_error
from notes_migration_airflow.front_door.request_reading import AccountOfQuery, TriggerRequest

_FRESH = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
SOURCE_HEADER = "X-Status-Source"
# Each asks several stores: twenty threads at once mostly wait for each other, and some very long.
TRIGGERS_AT_ONCE = 3


def make_router(door: FrontDoor) -> APIRouter:
    """Return the four routes over the door's services."""
    router = APIRouter(prefix="/private/notes")
    start = _starter(door)

    @router.post("/migrate", **documented.MIGRATE)
    async def migrate(conf: TriggerRequest, request: Request) -> Response:
        job_id = await start(conf, f"api:{request.state.caller}")
        return JSONResponse({"job_id": job_id, "status": "in_progress"}, headers=_FRESH)

    @router.get("/migration/status", **documented.STATUS)
    def status(cid: AccountOfQuery) -> Response:
        try:
            answer = door.status().read(cid)
        except FatalError as error:
            return _never_started(error)
        return JSONResponse(dict(answer.fields), headers={**_FRESH, SOURCE_HEADER: answer.source})

    @router.get("/migration/certificate", **documented.CERTIFICATE)
    def certificate(cid: AccountOfQuery) -> Response:
        return _certificate_answer(door, cid)

    @router.get("/migration/failures", **documented.FAILURES)
    def failures(cid: AccountOfQuery, request: Request) -> Response:
        accept = ",".join(request.headers.getlist("accept"))
        media_type = best_media_type(accept, failure_rendering.OFFERED)
        if media_type is None:
            return not_acceptable(failure_rendering.OFFERED).response()
        try:
            door.status().require_account(cid)
        except FatalError as error:
            return _never_started(error)
        # The first page now: until then an error can still be answered as one.
        return _failures_answer(cid, media_type, begun(door.failures().pages(cid)))

    return router


def _starter(door: FrontDoor) -> Callable[[MigrationConf, str], Awaitable[str]]:
    at_once = asyncio.Semaphore(TRIGGERS_AT_ONCE)

    def trigger(conf: MigrationConf, triggered_by: str) -> str:
        return door.trigger().trigger(conf, triggered_by=triggered_by)

    async def start(conf: MigrationConf, triggered_by: str) -> str:
        async with at_once:
            return await run_in_threadpool(trigger, conf, triggered_by)

    return start


def _certificate_answer(door: FrontDoor, cid: str) -> Response:
    try:
        answer = door.certificate().read(cid)
    except FatalError as error:
        return _never_started(error)
    return NOT_VERIFIED.response() if answer is None else JSONResponse(answer, headers=_FRESH)


def _failures_answer(cid: str, media_type: str, pages: failure_rendering.Pages) -> Response:
    is_csv = media_type == failure_rendering.CSV
    parts = failure_rendering.as_csv(pages) if is_csv else failure_rendering.as_json(pages)
    named = {"Content-Disposition": f'attachment; filename="failures-{cid}.csv"'} if is_csv else {}
    return StreamingResponse(parts, media_type=media_type, headers={**_FRESH, "Vary": "Accept", **named})


def _never_started(error: FatalError) -> Response:
    problem = of_error(error)
    details = {"status": "not_started"} if error.reason is ReasonCode.CID_NOT_FOUND else problem.details
    return Problem(problem.status, problem.error, problem.message, details).response()
