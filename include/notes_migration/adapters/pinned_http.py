"""One HTTP request to one checked address, under one deadline.

requests-hardened pins the address (the connection goes to the IP that was checked, the certificate is
checked against the name) and refuses special ranges. Around it: the name is resolved by a bounded
resolver of ours, and a watchdog cuts the socket at the deadline, which no per-read time-out does.
"""

from __future__ import annotations

import socket
import ssl
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import certifi
from requests import PreparedRequest, Request, Response
from requests.adapters import HTTPAdapter
from requests_hardened.ip_filter_adapter import IPFilterAdapter
from urllib3 import HTTPConnectionPool

from notes_migration.domain.download_policy import Target

_CONNECT_SECONDS = 5.0
_READ_SECONDS = 10.0
_HEADERS = {"User-Agent": "crm-notes-migration", "Accept": "*/*", "Accept-Encoding": "identity"}


class Deadline:
    """An instant after which the sockets that it guards are cut, whatever they wait for."""

    def __init__(self, seconds: float) -> None:
        self._ends_at = time.monotonic() + seconds
        self._sockets: list[socket.socket] = []

    @property
    def left_seconds(self) -> float:
        """Seconds left, negative when it has passed."""
        return self._ends_at - time.monotonic()

    def guard(self, connected: socket.socket) -> None:
        """Cut this connection too at the deadline, or now where it has passed.

        Raises:
            TimeoutError: it has passed.
        """
        # A duplicate, since TLS takes the original over; shutdown ends the connection of both.
        self._sockets.append(connected.dup())
        if self.left_seconds <= 0:
            connected.close()
            raise TimeoutError("deadline")

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Cut the guarded connections at the deadline, as long as the block runs."""
        timer = threading.Timer(max(self.left_seconds, 0), self._cut)
        timer.daemon = True
        timer.start()
        try:
            yield
        finally:
            timer.cancel()
            timer.join()
            while self._sockets:
                self._sockets.pop().close()

    def _cut(self) -> None:
        for guarded in tuple(self._sockets):
            with suppress(OSError):
                guarded.shutdown(socket.SHUT_RDWR)


@contextmanager
def get(target: Target, address: str, deadline: Deadline, *, tls: ssl.SSLContext) -> Iterator[Response]:
    """Send one GET to `address`; yields the response with its body unread, never follows a redirect.

    Without a Session: there are no cookies, no .netrc, no proxy or authorities from the environment, and
    nothing that reads the body of a redirect into memory, as Session.send does to prepare the next hop.

    Raises:
        requests.RequestException, urllib3.exceptions.HTTPError, http.client.HTTPException, OSError,
        ValueError: translated by the caller.
    """
    headers = _HEADERS | {"Host": urlsplit(target.url).netloc}
    request = Request("GET", target.url, headers=headers).prepare()
    left = max(deadline.left_seconds, 0.001)
    timeout = (min(left, _CONNECT_SECONDS), min(left, _READ_SECONDS))
    with (
        closing(_PinnedAdapter(target, address, deadline, tls)) as adapter,
        deadline.watching(),
        adapter.send(request, stream=True, timeout=timeout, verify=True, proxies={}) as response,
    ):
        yield response


@cache
def default_tls() -> ssl.SSLContext:
    """Return one verifying context for all downloads: loading the authorities costs milliseconds."""
    return ssl.create_default_context(cafile=certifi.where())


class _PinnedAdapter(IPFilterAdapter):  # type: ignore[misc]  # the library has no types
    """Connects to the address it was given, in the name of the host it was given."""

    def __init__(self, target: Target, address: str, deadline: Deadline, tls: ssl.SSLContext) -> None:
        super().__init__(is_https_proto=target.scheme == "https")
        self._target = target
        self._address = address
        self._deadline = deadline
        self._tls = tls

    def build_connection_pool_key_attributes(
        self, request: PreparedRequest, verify: Any, cert: Any = None
    ) -> tuple[Any, Any]:
        """Let the library check and pin the address, then put the name back where names belong."""
        host_params: Any
        pool_kwargs: Any
        literal = request.copy()
        shown = f"[{self._address}]" if ":" in self._address else self._address
        literal.url = f"{self._target.scheme}://{shown}:{self._target.port}/"
        if self._target.is_private:
            # It may be on a private address, which the library refuses: pinned, but not filtered by it.
            host_params, pool_kwargs = HTTPAdapter.build_connection_pool_key_attributes(
                self, literal, verify, cert
            )
            host_params["host"] = shown
        else:
            host_params, pool_kwargs = super().build_connection_pool_key_attributes(literal, verify, cert)
        name = self._target.host
        if self._target.scheme == "https":
            pool_kwargs |= {"assert_hostname": name, "server_hostname": name, "ssl_context": self._tls}
        return host_params, pool_kwargs

    def cert_verify(self, conn: Any, url: str, verify: Any, cert: Any) -> None:
        """Demand a certificate; the authorities are in the shared context and are not read again."""
        super().cert_verify(conn, url, verify, cert)
        conn.ca_certs = conn.ca_cert_dir = None

    def get_connection_with_tls_context(
        self, request: PreparedRequest, verify: Any, proxies: Any = None, cert: Any = None
    ) -> HTTPConnectionPool:
        """Hand the deadline every socket that is opened."""
        pool: HTTPConnectionPool = super().get_connection_with_tls_context(request, verify, proxies, cert)
        pool.ConnectionCls = _guarded(pool.ConnectionCls, self._deadline)
        return pool


def _guarded(connection_class: Any, deadline: Deadline) -> Any:
    class Guarded(connection_class):  # type: ignore[misc]  # the class is urllib3's, known at run time
        def _new_conn(self) -> socket.socket:
            connected: socket.socket = super()._new_conn()
            deadline.guard(connected)
            return connected

    return Guarded
