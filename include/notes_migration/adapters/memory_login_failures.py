"""LoginFailures of this process alone: for when Redis does not answer."""

from __future__ import annotations

import hashlib
import math
import threading
from collections import OrderedDict
from collections.abc import Callable

from notes_migration.domain.login_waits import REMEMBERED_SECONDS, wait_seconds

MOST_NAMES = 1024


class MemoryLoginFailures:
    """Bounded: with more names than it holds, the one that failed longest ago is forgotten."""

    def __init__(self, *, monotonic_seconds: Callable[[], float]) -> None:
        self._now = monotonic_seconds
        self._lock = threading.Lock()
        self._failures: OrderedDict[bytes, tuple[int, float]] = OrderedDict()

    def wait_left(self, name: bytes) -> int:
        with self._lock:
            count, since = self._recent(_key(name))
        return max(0, math.ceil(wait_seconds(count) - since))

    def add(self, name: bytes) -> int:
        key = _key(name)
        with self._lock:
            count = self._recent(key)[0] + 1
            self._failures[key] = (count, self._now())
            self._failures.move_to_end(key)
            while len(self._failures) > MOST_NAMES:
                self._failures.popitem(last=False)
        return count

    def clear(self, name: bytes) -> None:
        with self._lock:
            self._failures.pop(_key(name), None)

    def _recent(self, key: bytes) -> tuple[int, float]:
        count, at = self._failures.get(key, (0, 0.0))
        since = self._now() - at
        return (count, since) if since < REMEMBERED_SECONDS else (0, 0.0)


def _key(name: bytes) -> bytes:
    return hashlib.sha256(name).digest()
