"""LoginFailures in Redis: one counter per name, which forgets itself; seen by all server processes."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

from redis.exceptions import RedisError

from notes_migration.domain.errors import ReasonCode, TransientError
from notes_migration.domain.login_waits import REMEMBERED_SECONDS, wait_seconds

_KEPT_MS = REMEMBERED_SECONDS * 1000


class RedisPipelines(Protocol):
    """The part of a Redis client that is used: pipelines and one deletion."""

    def pipeline(self, transaction: bool = True) -> Any: ...
    def delete(self, *names: str) -> Any: ...


class RedisLoginFailures:
    """The time of the last failure is in the key's remaining life, so that no clocks have to agree."""

    def __init__(self, client: RedisPipelines) -> None:
        self._redis = client

    def wait_left(self, name: bytes) -> int:
        with _border():
            count, life_ms = self._redis.pipeline().get(_key(name)).pttl(_key(name)).execute()
        if count is None or life_ms < 0:
            return 0
        since_ms = _KEPT_MS - life_ms
        left_ms: int = wait_seconds(int(count)) * 1000 - since_ms
        return max(0, math.ceil(left_ms / 1000))

    def add(self, name: bytes) -> int:
        with _border():
            count, _ = self._redis.pipeline().incr(_key(name)).pexpire(_key(name), _KEPT_MS).execute()
        return int(count)

    def clear(self, name: bytes) -> None:
        with _border():
            self._redis.delete(_key(name))


@contextmanager
def _border() -> Iterator[None]:
    try:
        yield
    except (RedisError, OSError):
        raise TransientError(
            ReasonCode.DEPENDENCY_UNAVAILABLE, "Redis did not answer; check migration_redis"
        ) from None


def _key(name: bytes) -> str:
    return f"notes_migration_api:login_failures:{hashlib.sha256(name).hexdigest()}"
