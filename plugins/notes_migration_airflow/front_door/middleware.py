"""What stands before every route: the login, and an answer of our own for whatever breaks behind it."""

from __future__ import annotations

import structlog
from starlette.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from notes_migration.domain.errors import MigrationError
from notes_migration.front_door import FrontDoor
from notes_migration_airflow.front_door.problems import (
    INTERNAL_ERROR,
    UNAUTHORIZED,
    Problem,
    of_error,
    paused,
)

_log = structlog.get_logger(__name__)


class InternalErrors:
    """Answers 500 in our shape; logs what kind of error and where, not its text, which may hold values."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        started = False

        async def watched_send(message: Message) -> None:
            nonlocal started
            started = started or message["type"] == "http.response.start"
            await send(message)

        try:
            await self._app(scope, receive, watched_send)
        except Exception as error:  # noqa: BLE001 - whatever it is, it gets an answer
            _log.error("front_door_defect", kind=type(error).__name__, at=_place(error))
            if started:
                # Too late for another answer: a connection that breaks off says that it is not whole.
                raise RuntimeError("the answer broke off") from None
            await INTERNAL_ERROR.response()(scope, receive, send)


class BasicLogin:
    """Lets nobody through to any route, existing or not, without credentials of ours."""

    def __init__(self, app: ASGIApp, door: FrontDoor) -> None:
        self._app = app
        self._door = door

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        given = Headers(scope=scope).getlist("authorization")
        header = given[0] if len(given) == 1 else None
        # The connection's other end: a header naming an address is whatever the client writes into it.
        client = scope.get("client") or ("", 0)
        admitted = await run_in_threadpool(self._admit, header, client[0])
        if isinstance(admitted, Problem):
            await admitted.response()(scope, receive, send)
            return
        await self._app({**scope, "state": {**scope.get("state", {}), "caller": admitted}}, receive, send)

    def _admit(self, header: str | None, address: str) -> str | Problem:
        try:
            admission = self._door.admission().admit(header, address)
        except MigrationError as error:
            return of_error(error)
        if admission.retry_after_seconds:
            return paused(admission.retry_after_seconds)
        return UNAUTHORIZED if admission.name is None else admission.name


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else "unknown"
