"""ASGI wrapper of each simulator: writes the journal and breaks answers that a transport fault hits."""

from __future__ import annotations

import asyncio
from typing import Any
from urllib.parse import parse_qs

from starlette.responses import HTMLResponse, PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sandbox.simulators.faults import TRANSPORT_KINDS, Fault, Target, Transport
from sandbox.simulators.journal import Request
from sandbox.simulators.world import World

_LOOK_SECONDS = 0.02
_PAGE = "<html><body><h1>We will be back soon</h1></body></html>"


class Observed:
    """The simulator `app` with journal and faults."""

    def __init__(self, app: ASGIApp, *, target: Target, world: World) -> None:
        self._app = app
        self._target = target
        self._world = world

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        status: list[int] = []

        async def watched(message: Message) -> None:
            if message["type"] == "http.response.start":
                status.append(message["status"])
                self._note(scope, message["status"])
            await send(message)

        organization = parse_qs(scope["query_string"].decode("latin-1")).get("organization_id", [None])[0]
        fault = self._world.faults.take(self._target, scope["path"], organization, TRANSPORT_KINDS)
        if fault is None:
            await self._app(scope, receive, watched)
        elif fault.kind is Transport.HOLD:
            await self._hold(fault)
            await self._app(scope, receive, watched)
        else:
            await _misbehave(fault, self._app, scope, receive, watched)

    async def _hold(self, fault: Fault) -> None:
        while self._world.faults.is_on(fault):
            await asyncio.sleep(_LOOK_SECONDS)

    def _note(self, scope: Scope, status: int) -> None:
        query = scope["query_string"].decode("latin-1")
        self._world.journal.record(Request(self._target, scope["method"], scope["path"], query, status))


async def _misbehave(fault: Fault, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
    if (instead := _answer_instead(fault)) is not None:
        await instead(scope, receive, send)
        return
    if fault.kind is Transport.HANG:
        await asyncio.sleep(fault.seconds)
        await app(scope, receive, send)
        return
    start, body = await _whole_answer(app, scope, receive)
    if fault.kind is Transport.DRIP:
        await _drip(fault, start, body, send)
    else:
        await _cut(start, body, send, honest=fault.kind is Transport.TRUNCATED)


def _answer_instead(fault: Fault) -> Response | None:
    headers = {"Retry-After": fault.retry_after} if fault.retry_after else {}
    match fault.kind:
        case Transport.STATUS:
            return PlainTextResponse("simulated fault", status_code=fault.status, headers=headers)
        case Transport.HTML:
            return HTMLResponse(_PAGE)
        case Transport.REDIRECT:
            return RedirectResponse(fault.location, status_code=302)
        case _:
            return None


async def _whole_answer(app: ASGIApp, scope: Scope, receive: Receive) -> tuple[dict[str, Any], bytes]:
    start: dict[str, Any] = {}
    pieces: list[bytes] = []

    async def keep(message: Message) -> None:
        if message["type"] == "http.response.start":
            start.update(message)
        else:
            pieces.append(message.get("body", b""))

    await app(scope, receive, keep)
    return start, b"".join(pieces)


async def _drip(fault: Fault, start: dict[str, Any], body: bytes, send: Send) -> None:
    await send(start)
    for offset in range(0, len(body), fault.piece_bytes):
        await send(
            {
                "type": "http.response.body",
                "body": body[offset : offset + fault.piece_bytes],
                "more_body": True,
            }
        )
        await asyncio.sleep(fault.seconds)
    await send({"type": "http.response.body", "body": b""})


async def _cut(start: dict[str, Any], body: bytes, send: Send, *, honest: bool) -> None:
    half = body[: len(body) // 2]
    announced = len(half) if honest else len(body)
    headers = [(name, value) for name, value in start["headers"] if name.lower() != b"content-length"]
    await send({**start, "headers": [*headers, (b"content-length", str(announced).encode())]})
    # More is announced and never comes: the server closes the connection when the application returns.
    await send({"type": "http.response.body", "body": half, "more_body": not honest})
