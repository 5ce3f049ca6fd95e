"""One JSON request to another system: a total deadline, a size limit, and the RFC's retries.

Nothing of a request or an answer is put into an exception: their text carries URLs and content.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import Callable, Coroutine, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Protocol, Self, TypeVar

import httpx
from tenacity import RetryCallState, Retrying, retry_if_exception_type, stop_after_attempt

from notes_migration.domain.errors import FatalError, ReasonCode

T = TypeVar("T")

RETRYABLE_STATUS = frozenset({423, 429, *range(500, 600)})
MAX_RETRY_AFTER_SECONDS = 60.0
# As Python text an answer takes up to four times its bytes, twice: a task must stay small.
DEFAULT_MAX_BYTES = 16 * 1024 * 1024


class RemoteRefused(Exception):
    """The other system answered with a status that another try would not change."""

    def __init__(self, status: int) -> None:
        super().__init__(status)
        self.status = status


class RemoteUnavailable(Exception):
    """No usable answer within all tries; `problem` says of which kind the last one was."""

    def __init__(self, problem: str, retry_after_seconds: float = 0.0) -> None:
        super().__init__(problem, retry_after_seconds)
        self.problem = problem
        self.retry_after_seconds = retry_after_seconds


class AnswerTooLarge(Exception):
    """The answer is larger than we are ready to hold; asking for less may help."""


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """timeout_seconds bounds a whole request, drips included; delays_seconds are the waits between tries."""

    timeout_seconds: float
    delays_seconds: Sequence[float] = ()


class CoroutineRunner(Protocol):
    """What `asyncio.Runner` does: runs a coroutine to its end and returns its result."""

    def run(self, coro: Coroutine[Any, Any, T]) -> T: ...
    def close(self) -> None: ...


class JsonApi:
    """A system that speaks JSON below one root URL.

    For use from several threads only where the given `runner` is.
    """

    def __init__(
        self,
        root_url: str,
        *,
        authorization: str | None,
        policy: RetryPolicy,
        max_bytes: int = DEFAULT_MAX_BYTES,
        sleep: Callable[[float], None] = time.sleep,
        runner: CoroutineRunner | None = None,
    ) -> None:
        headers = {
            "Accept": "application/json",
            **({"Authorization": authorization} if authorization else {}),
        }
        self._policy = policy
        self.max_bytes = max_bytes
        self._sleep = sleep
        # No proxy, no credentials from the environment, no redirects: the address is the Connection's.
        try:
            self._client = httpx.AsyncClient(
                base_url=root_url,
                headers=headers,
                trust_env=False,
                follow_redirects=False,
                timeout=policy.timeout_seconds,
            )
        except (httpx.InvalidURL, ValueError):
            raise FatalError(
                ReasonCode.DEPENDENCY_UNAVAILABLE,
                "the address or the Authorization value of a connection cannot be used",
            ) from None
        self._runner: CoroutineRunner = runner or asyncio.Runner()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        self._runner.run(self._client.aclose())
        self._runner.close()

    def get(
        self,
        path: str,
        params: Mapping[str, str],
        *,
        parse: Callable[[Any], T],
        max_bytes: int | None = None,
    ) -> T:
        """Return what `parse` makes of the answer; `parse` raises ValueError for a shape it cannot use.

        max_bytes: the largest answer to hold, where it is another than this system's own limit.

        Raises:
            RemoteRefused, RemoteUnavailable, AnswerTooLarge.
        """
        limit = max_bytes or self.max_bytes
        return self._with_retries(lambda: self._once("GET", path, parse, limit, params=dict(params)))

    def post(self, path: str, body: Mapping[str, Any], *, parse: Callable[[Any], T]) -> T:
        """Like `get`, with a JSON body."""
        return self._with_retries(lambda: self._once("POST", path, parse, self.max_bytes, json=dict(body)))

    def _with_retries(self, attempt: Callable[[], T]) -> T:
        retrying = Retrying(
            stop=stop_after_attempt(len(self._policy.delays_seconds) + 1),
            wait=self._wait,
            retry=retry_if_exception_type(RemoteUnavailable),
            sleep=self._sleep,
            reraise=True,
        )
        return retrying(attempt)

    def _wait(self, state: RetryCallState) -> float:
        # Asked for after the last try, too, before tenacity decides to stop.
        left = self._policy.delays_seconds[state.attempt_number - 1 :]
        planned = float(left[0]) if left else 0.0
        error = state.outcome.exception() if state.outcome else None
        asked = error.retry_after_seconds if isinstance(error, RemoteUnavailable) else 0.0
        return max(planned, min(asked, MAX_RETRY_AFTER_SECONDS))

    def _once(self, method: str, path: str, parse: Callable[[Any], T], limit: int, **request: Any) -> T:
        try:
            status, headers, body = self._runner.run(self._fetch(method, path, limit, request))
        except TimeoutError:
            raise RemoteUnavailable("timeout") from None
        except (httpx.HTTPError, httpx.InvalidURL, OSError):
            raise RemoteUnavailable("no connection") from None
        if status in RETRYABLE_STATUS:
            raise RemoteUnavailable(f"status {status}", _retry_after(headers.get("Retry-After"))) from None
        if status != httpx.codes.OK:
            raise RemoteRefused(status) from None
        try:
            return parse(json.loads(body))
        except (ValueError, RecursionError):
            raise RemoteUnavailable("an answer that is not the contract's JSON") from None

    async def _fetch(
        self, method: str, path: str, limit: int, request: Mapping[str, Any]
    ) -> tuple[int, httpx.Headers, bytearray]:
        async with (
            asyncio.timeout(self._policy.timeout_seconds),
            self._client.stream(method, path, **request) as response,
        ):
            body = bytearray()
            async for chunk in response.aiter_bytes():
                body += chunk
                if len(body) > limit:
                    raise AnswerTooLarge
            return response.status_code, response.headers, body


def _retry_after(value: str | None) -> float:
    """Read `Retry-After`, seconds or an HTTP date; what cannot be read is no wait."""
    if value is None:
        return 0.0
    if value.strip().isdecimal():
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return max(0.0, (aware - datetime.now(UTC)).total_seconds())
