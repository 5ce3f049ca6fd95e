"""An ASGI application that is made at its first request.

Every task process imports plugins: FastAPI and the clients must not be imported with them.
"""

from __future__ import annotations

import asyncio
import gc
import threading
from collections.abc import Awaitable, Callable, MutableMapping
from functools import cache
from typing import Any

Scope = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]
Send = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Application = Callable[[Scope, Receive, Send], Awaitable[None]]


class LazyApp:
    """Mounted below `prefix`; the inner application sees whole paths, as its OpenAPI document has them."""

    def __init__(self, make: Callable[[], Application], *, prefix: str) -> None:
        self._make = make
        self._prefix = prefix
        self._lock = threading.Lock()
        self._app: Application | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        # In a thread: the imports take a second, in which the server must answer its tasks.
        app = self._app if self._app is not None else await asyncio.to_thread(self._made)
        outer = str(scope.get("root_path", "")).removesuffix(self._prefix)
        await app({**scope, "root_path": outer}, receive, send)

    def _made(self) -> Application:
        with self._lock:
            if self._app is None:
                self._app = self._make()
                _set_aside_what_is_there()
            return self._app


@cache
def _set_aside_what_is_there() -> None:
    """Once per process: a full collection walks through all that Airflow holds, and every caller waits.

    The reasons and the price are in docs/decisions/0018.
    """
    gc.collect()
    gc.freeze()
