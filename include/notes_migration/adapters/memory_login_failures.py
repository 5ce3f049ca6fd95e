"""LoginFailures of this process alone: for when Redis does not answer."""

from __future__ import annotations

import hashlib
import math
import threading
from collections import OrderedDict
from collections.abc import Callable
from typing import Generic, TypeVar

from notes_migration.domain.login_waits import (
    PER_ADDRESS,
    PER_NAME,
    REMEMBERED_SECONDS,
    TRUSTED_SECONDS,
    Limit,
    Origin,
    Settled,
)

MOST_KEPT = 1024
_Key = tuple[bytes, str]
K = TypeVar("K")


class MemoryLoginFailures:
    """Bounded: with more of a kind than it holds, what changed longest ago is forgotten."""

    def __init__(self, *, monotonic_seconds: Callable[[], float]) -> None:
        self._now = monotonic_seconds
        self._lock = threading.Lock()
        self._by_address = _Recent[_Key](REMEMBERED_SECONDS)
        self._by_name = _Recent[bytes](REMEMBERED_SECONDS)
        self._trusted = _Recent[_Key](TRUSTED_SECONDS)

    def settle(self, origin: Origin, *, right: bool) -> Settled:
        name = hashlib.sha256(origin.name).digest()
        key = (name, origin.address)
        with self._lock:
            now = self._now()
            wait = self._wait(key, now)
            if wait > 0:
                return Settled(wait)
            if right:
                self._welcome(key, now)
                return Settled(0)
            self._by_name.put(name, self._by_name.get(name, now)[0] + 1, now)
            failures = self._by_address.get(key, now)[0] + 1
            self._by_address.put(key, failures, now)
            return Settled(0, failures)

    def _wait(self, key: _Key, now: float) -> int:
        waits = [_left(PER_ADDRESS, *self._by_address.get(key, now))]
        if not self._trusted.get(key, now)[0]:
            waits.append(_left(PER_NAME, *self._by_name.get(key[0], now)))
        return max(waits)

    def _welcome(self, key: _Key, now: float) -> None:
        self._trusted.put(key, 1, now)
        own, _ = self._by_address.get(key, now)
        self._by_address.drop(key)
        self._by_name.lower(key[0], own)


class _Recent(Generic[K]):
    """Numbers, each with the time of its last rise; forgotten after a while."""

    def __init__(self, kept_seconds: float) -> None:
        self._kept_seconds = kept_seconds
        self._numbers: OrderedDict[K, tuple[int, float]] = OrderedDict()

    def get(self, key: K, now: float) -> tuple[int, float]:
        """Return the number and the seconds since it rose; (0, 0) where there is none."""
        number, at = self._numbers.get(key, (0, now))
        return (number, now - at) if now - at < self._kept_seconds else (0, 0.0)

    def put(self, key: K, number: int, now: float) -> None:
        self._numbers[key] = (number, now)
        self._numbers.move_to_end(key)
        while len(self._numbers) > MOST_KEPT:
            self._numbers.popitem(last=False)

    def drop(self, key: K) -> None:
        self._numbers.pop(key, None)

    def lower(self, key: K, by: int) -> None:
        number, at = self._numbers.get(key, (0, 0.0))
        if number > by:
            self._numbers[key] = (number - by, at)
        else:
            self.drop(key)

    def __len__(self) -> int:
        return len(self._numbers)


def _left(limit: Limit, failures: int, since_seconds: float) -> int:
    return max(0, math.ceil(limit.wait_seconds(failures) - since_seconds))
