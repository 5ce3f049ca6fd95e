"""Post a few small JSON messages to one address within a bounded time.

Nothing of an address, a message or an answer is put into a log: webhook addresses are secrets.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx
import structlog
from tenacity import AsyncRetrying, retry_if_exception_type, stop_after_attempt, wait_exponential

_log = structlog.get_logger(__name__)


class _TryAgain(Exception):
    """No answer, or one that another try may change."""


class _Refused(Exception):
    """An answer that another try would not change."""


@dataclass(frozen=True, slots=True)
class AlertPost:
    """Posts in order. `total_seconds` bounds all of it, waits between tries included."""

    total_seconds: float = 7.0
    request_seconds: float = 3.0
    tries: int = 4
    first_wait_seconds: float = 0.5

    def post_all(self, url: str, bodies: Sequence[Mapping[str, Any]]) -> list[bool]:
        """Return for each body whether it was taken (any 2xx); never raises for one that was not."""
        return asyncio.run(self._post_all(url, bodies))

    async def _post_all(self, url: str, bodies: Sequence[Mapping[str, Any]]) -> list[bool]:
        until = asyncio.get_running_loop().time() + self.total_seconds
        # No proxy, no redirects: the address is the Connection's.
        async with httpx.AsyncClient(trust_env=False, follow_redirects=False) as client:
            return [await self._post(client, url, body, until) for body in bodies]

    async def _post(self, client: httpx.AsyncClient, url: str, body: Mapping[str, Any], until: float) -> bool:
        problem = "out of time"
        try:
            async with asyncio.timeout_at(until):
                async for attempt in self._retrying():
                    with attempt:
                        await self._once(client, url, body)
                return True
        except TimeoutError:
            pass
        except (_TryAgain, _Refused) as error:
            problem = str(error)
        _log.warning("alert_not_taken", problem=problem)
        return False

    def _retrying(self) -> AsyncRetrying:
        return AsyncRetrying(
            stop=stop_after_attempt(self.tries),
            wait=wait_exponential(multiplier=self.first_wait_seconds, max=2.0),
            retry=retry_if_exception_type(_TryAgain),
            reraise=True,
        )

    async def _once(self, client: httpx.AsyncClient, url: str, body: Mapping[str, Any]) -> None:
        began = asyncio.get_running_loop().time()
        try:
            async with (
                asyncio.timeout_at(began + self.request_seconds),
                # Streamed and not read: the status says it all, and the rest may be endless.
                client.stream("POST", url, json=dict(body), timeout=self.request_seconds) as response,
            ):
                status = response.status_code
        except TimeoutError:
            raise _TryAgain("timeout") from None
        except (httpx.InvalidURL, httpx.UnsupportedProtocol):
            raise _Refused("not an address") from None
        except (httpx.HTTPError, OSError):
            raise _TryAgain("no connection") from None
        if status == httpx.codes.TOO_MANY_REQUESTS or status >= httpx.codes.INTERNAL_SERVER_ERROR:
            raise _TryAgain(f"status {status}")
        if not httpx.codes.is_success(status):
            raise _Refused(f"status {status}")
