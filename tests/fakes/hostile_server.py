"""A server that answers what a test tells it to, byte by byte, and remembers what it saw."""

from __future__ import annotations

import re
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

Answer = Callable[["Client"], None]
_HEAD_END = b"\r\n\r\n"


class Client:
    """One connection, seen from the server."""

    def __init__(self, connection: socket.socket, stopped: threading.Event) -> None:
        self.connection = connection
        self.stopped = stopped
        self.head = b""
        self.sent_bytes = 0

    @property
    def path(self) -> str:
        return self.head.split(b" ")[1].decode("ascii") if self.head else ""

    def read_body(self) -> None:
        """Take what was announced: closing a connection with unread bytes resets it under the answer."""
        head, _, begun = self.head.partition(_HEAD_END)
        length = re.search(rb"(?i)\r\ncontent-length: *([0-9]+)", head)
        if length is None or b"100-continue" in head.lower():
            return
        left = int(length[1]) - len(begun)
        while left > 0 and (received := self.connection.recv(65536)):
            left -= len(received)

    def send(self, data: bytes) -> None:
        self.connection.sendall(data)
        self.sent_bytes += len(data)

    def drip(self, data: bytes, *, every_seconds: float = 0.02) -> None:
        for byte in data:
            self.send(bytes([byte]))
            if self.stopped.wait(every_seconds):
                return

    def flood(self, data: bytes) -> None:
        while not self.stopped.is_set():
            self.send(data)

    def stay_silent(self) -> None:
        self.stopped.wait(30)

    def reset(self) -> None:
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        self.connection.close()


class HostileServer:
    """`clients` are the connections in the order they came, each with the head of its request."""

    def __init__(self, *answers: Answer, tls: ssl.SSLContext | None = None, reads_head: bool = True) -> None:
        self.answers = answers
        self.clients: list[Client] = []
        self._tls = tls
        self._reads_head = reads_head
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port = int(self._listener.getsockname()[1])
        self.place = f"127.0.0.1:{self.port}"

    @property
    def paths(self) -> list[str]:
        return [client.path for client in self.clients]

    def url(self, path: str = "/a", *, host: str = "127.0.0.1", scheme: str = "http") -> str:
        return f"{scheme}://{host}:{self.port}{path}"

    @contextmanager
    def running(self) -> Iterator[HostileServer]:
        accepting = threading.Thread(target=self._accept)
        accepting.start()
        try:
            yield self
        finally:
            self._stopped.set()
            with suppress(OSError):
                self._listener.shutdown(socket.SHUT_RDWR)
            self._listener.close()
            accepting.join()
            for thread in self._threads:
                thread.join()

    def _accept(self) -> None:
        while not self._stopped.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            client = Client(connection, self._stopped)
            answer = self.answers[min(len(self.clients), len(self.answers) - 1)]
            self.clients.append(client)
            thread = threading.Thread(target=self._serve, args=(client, answer))
            self._threads.append(thread)
            thread.start()

    def _serve(self, client: Client, answer: Answer) -> None:
        # OSError: the other side had enough, which is what most tests are about.
        with suppress(OSError), client.connection:
            if self._tls:
                client.connection = self._tls.wrap_socket(client.connection, server_side=True)
            with client.connection:
                while self._reads_head and _HEAD_END not in client.head:
                    received = client.connection.recv(65536)
                    if not received:
                        return
                    client.head += received
                client.read_body()
                answer(client)


def ok(body: bytes, *headers: str) -> Answer:
    """Answer 200 with a length and the body."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return raw("\r\n".join(lines).encode("latin-1") + _HEAD_END + body)


def status(code: int, *headers: str) -> Answer:
    """Answer an empty response."""
    return raw(
        "\r\n".join([f"HTTP/1.1 {code} X", "Content-Length: 0", *headers]).encode("latin-1") + _HEAD_END
    )


def redirect(location: str, *headers: str, code: int = 302) -> Answer:
    """Answer a redirect."""
    return status(code, f"Location: {location}", *headers)


def raw(data: bytes) -> Answer:
    """Answer these bytes."""
    return lambda client: client.send(data)
