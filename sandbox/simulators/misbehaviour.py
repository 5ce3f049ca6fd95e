"""An answer of the CDN that is not a file's bytes, once and whole: what `Behaviour` describes."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sandbox.accounts.model import Behaviour
from sandbox.simulators.world import StoredFile

_PIECE_BYTES = 64 * 1024


class Misbehaving(Response):
    """Streams, so that a body of gigabytes costs a piece of memory; stops when the client has gone."""

    def __init__(self, file: StoredFile, behaviour: Behaviour) -> None:
        super().__init__()
        self.status_code = behaviour.status
        self._file = file
        self._behaviour = behaviour

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - ASGI
        """Serve one request."""
        behaviour = self._behaviour
        headers = [("Content-Type", self._file.content_type), *behaviour.headers]
        raw = [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in headers]
        await send({"type": "http.response.start", "status": behaviour.status, "headers": raw})
        gone = asyncio.create_task(_disconnected(receive))
        try:
            for piece in pieces(self._file.content, behaviour):
                await send({"type": "http.response.body", "body": piece, "more_body": True})
                await asyncio.sleep(behaviour.seconds_per_byte)
                if gone.done():
                    return
        finally:
            gone.cancel()
        if not _promises_more(self._file.content, behaviour):
            await send({"type": "http.response.body", "body": b""})
        # Else the server closes the connection, since the application returns before the end.


def pieces(content: bytes, behaviour: Behaviour) -> Iterator[bytes]:
    """Cut the body as it is to be sent."""
    if behaviour.seconds_per_byte:
        yield from (content[at : at + 1] for at in range(len(content)))
        return
    left = behaviour.repeated_to_bytes or len(content)
    block = content * max(1, _PIECE_BYTES // max(1, len(content)))
    while left > 0 and block:
        piece = block[:left]
        left -= len(piece)
        yield piece


def _promises_more(content: bytes, behaviour: Behaviour) -> bool:
    headers = {name.lower(): value for name, value in behaviour.headers}
    if "transfer-encoding" in headers or "content-length" not in headers:
        return False
    return int(headers["content-length"]) > (behaviour.repeated_to_bytes or len(content))


async def _disconnected(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
