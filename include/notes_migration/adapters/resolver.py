"""Name resolution with a bound: getaddrinfo itself knows no time-out."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Sequence
from queue import Empty, SimpleQueue

Resolver = Callable[[str, int, float], Sequence[str]]


def resolve(host: str, port: int, timeout_seconds: float) -> Sequence[str]:
    """Return the addresses of a host, in the system's order of preference.

    Raises:
        OSError: the name does not resolve, or not within `timeout_seconds`.
    """
    answers: SimpleQueue[Sequence[str] | OSError] = SimpleQueue()
    # A daemon: a lookup that hangs is left to the C library's own time-outs and keeps nobody waiting.
    threading.Thread(target=lambda: answers.put(_lookup(host, port)), daemon=True).start()
    try:
        answer = answers.get(timeout=max(timeout_seconds, 0))
    except Empty:
        raise TimeoutError("resolver") from None
    if isinstance(answer, OSError):
        raise answer
    return answer


def _lookup(host: str, port: int) -> Sequence[str] | OSError:
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_ADDRCONFIG)
    except OSError as error:
        return error
    except UnicodeError:
        return OSError("not a name")
    return list(dict.fromkeys(str(entry[4][0]) for entry in found))
