"""Fetch a file from an allowed host without being led anywhere else (RFC decision 8, download safety)."""

from __future__ import annotations

import logging
import ssl
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from http.client import HTTPException
from typing import BinaryIO

from requests import RequestException, Response
from requests.exceptions import InvalidURL
from requests_hardened.ip_filter import InvalidIPAddress
from tenacity import Retrying, retry_if_exception_type, stop_after_attempt, wait_exponential_jitter
from tenacity.stop import stop_base
from urllib3.exceptions import HTTPError

from notes_migration.adapters.host_breaker import HostBreaker
from notes_migration.adapters.pinned_http import Deadline, default_tls, get
from notes_migration.adapters.resolver import Resolver, resolve
from notes_migration.domain.download_policy import DownloadPolicy, Target, is_reachable
from notes_migration.domain.errors import DegradedNote, MigrationError, ReasonCode, TransientError

MAX_REDIRECTS = 3
MAX_TRIES = 4
_CHUNK_BYTES = 64 * 1024
_OK = 200
_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_WORTH_TRYING_AGAIN = frozenset({408, 425, 429, 500, 502, 503, 504})


@dataclass(frozen=True, slots=True)
class _Order:
    """One file to be fetched, and the places (`host:port`) that have been asked for it."""

    into: BinaryIO
    max_bytes: int
    deadline: Deadline
    asked: set[str] = field(default_factory=set)


class _SilenceError(TransientError):
    """A host that could not be reached, or that broke off or fell silent before its answer was whole."""

    def __init__(self, place: str, message: str) -> None:
        super().__init__(ReasonCode.ATTACHMENT_DOWNLOAD_FAILED, message)
        self.place = place


class SafeDownloader:
    """AttachmentSource over HTTP, safe from several threads.

    Between files it keeps nothing but which hosts have stopped answering (HostBreaker).
    allowed_hosts, private_hosts: see DownloadPolicy. `resolver`, `sleep`, `tls` and `breaker` are seams.
    """

    def __init__(
        self,
        allowed_hosts: Sequence[str],
        private_hosts: Sequence[str] = (),
        *,
        resolver: Resolver = resolve,
        sleep: Callable[[float], None] = time.sleep,
        tls: ssl.SSLContext | None = None,
        breaker: HostBreaker | None = None,
    ) -> None:
        self._breaker = breaker or HostBreaker()
        self._policy = DownloadPolicy(tuple(allowed_hosts), tuple(private_hosts))
        self._resolver = resolver
        self._sleep = sleep
        self._tls = tls
        _silence_urllib3()

    def fetch(self, url: str, into: BinaryIO, *, max_bytes: int, timeout_seconds: float) -> None:
        """See ports.attachment_source; four tries at most, 0.5, 1 and 2 s apart, all within the time.

        A host that has lost five files in a row is not asked for a minute, neither first nor after a
        redirect. An error that it answers with (503) is no loss, and no proof that it is well.
        """
        target = self._policy.admit(url)
        order = _Order(into, max_bytes, Deadline(timeout_seconds))
        try:
            self._try(target, order)
        except _SilenceError as error:
            self._breaker.lost(error.place)
            raise _failed(error.message) from None
        except TransientError as error:
            raise _failed(error.message) from None

    def _try(self, target: Target, order: _Order) -> None:
        attempts = Retrying(
            retry=retry_if_exception_type(TransientError),
            wait=wait_exponential_jitter(multiplier=0.5, max=4, jitter=0.25),
            stop=stop_after_attempt(MAX_TRIES) | _StopAt(order.deadline),
            sleep=self._sleep,
            reraise=True,
        )
        for attempt in attempts:
            with attempt:
                self._follow(target, order, attempt=attempt.retry_state.attempt_number)

    def _follow(self, target: Target, order: _Order, *, attempt: int) -> None:
        for _ in range(MAX_REDIRECTS + 1):
            location = self._ask(target, order, attempt=attempt)
            if location is None:
                return
            target = self._policy.follow(target, location)
        raise _failed(f"more than {MAX_REDIRECTS} redirects")

    def _ask(self, target: Target, order: _Order, *, attempt: int) -> str | None:
        """Request once of a host that is awake, and note whether it answered; returns as `_request`."""
        place = f"{target.host}:{target.port}"
        if place not in order.asked:  # a host's second try is not another file
            self._breaker.require_awake(place)
            order.asked.add(place)
        try:
            location = self._request(target, order, attempt=attempt)
        except DegradedNote:
            # A refusal is an answer; an end of time, in whatever shape it comes, is none.
            if order.deadline.left_seconds <= 0:
                raise _SilenceError(place, "out of time") from None
            self._breaker.answered(place)
            raise
        self._breaker.answered(place)
        return location

    def _request(self, target: Target, order: _Order, *, attempt: int) -> str | None:
        """Fetch once; return where it was redirected to, or None when the file is written."""
        try:
            address = self._address(target, order.deadline, attempt=attempt)
            with get(target, address, order.deadline, tls=self._tls or default_tls()) as response:
                if response.status_code in _REDIRECTS:
                    return _location(response)
                _check_status(response)
                _copy(response, order.into, max_bytes=order.max_bytes)
        except MigrationError:
            raise
        except InvalidIPAddress:
            raise _not_public() from None
        except InvalidURL:
            raise _failed("InvalidURL") from None
        except (RequestException, HTTPError, HTTPException, OSError, ValueError) as error:
            raise _SilenceError(f"{target.host}:{target.port}", type(error).__name__) from None
        # A body without a length ends where the socket is cut: that is not the end of the file.
        if order.deadline.left_seconds <= 0:
            raise _failed("out of time")
        return None

    def _address(self, target: Target, deadline: Deadline, *, attempt: int) -> str:
        """Resolve the name, once per request, and pick an address; every try takes another."""
        addresses = self._resolver(target.host, target.port, deadline.left_seconds)
        if not addresses or not all(is_reachable(ip, is_private=target.is_private) for ip in addresses):
            raise _not_public()
        return addresses[(attempt - 1) % len(addresses)]


class _StopAt(stop_base):
    """Stop when the next try would begin after the deadline."""

    def __init__(self, deadline: Deadline) -> None:
        self._deadline = deadline

    def __call__(self, retry_state: object) -> bool:
        return self._deadline.left_seconds <= getattr(retry_state, "upcoming_sleep", 0)


def _copy(response: Response, into: BinaryIO, *, max_bytes: int) -> None:
    if (response.raw.length_remaining or 0) > max_bytes:
        raise _too_large()
    into.seek(0)
    into.truncate()
    written = 0
    for chunk in response.raw.stream(_CHUNK_BYTES, decode_content=True):
        written += len(chunk)
        if written > max_bytes:
            raise _too_large()
        into.write(chunk)


def _location(response: Response) -> str:
    location = response.headers.get("Location")
    if not location:
        raise _failed("a redirect to nowhere")
    return location


def _check_status(response: Response) -> None:
    status = response.status_code
    if status in _WORTH_TRYING_AGAIN:
        raise TransientError(ReasonCode.ATTACHMENT_DOWNLOAD_FAILED, f"status {status}")
    if status != _OK:
        raise _failed(f"status {status}")


def _failed(why: str) -> DegradedNote:
    return DegradedNote(ReasonCode.ATTACHMENT_DOWNLOAD_FAILED, why)


def _not_public() -> DegradedNote:
    return DegradedNote(ReasonCode.ATTACHMENT_HOST_NOT_ALLOWED, "an address that is not public")


def _too_large() -> DegradedNote:
    return DegradedNote(ReasonCode.ATTACHMENT_TOO_LARGE, "more bytes than a file may have")


def _silence_urllib3() -> None:
    """Keep URLs out of logs: urllib3 logs them, and a hostile header makes it do so as a warning."""
    for name in ("urllib3.connection", "urllib3.connectionpool", "urllib3.response"):
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
