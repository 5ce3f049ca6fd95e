"""`notes_migration:<cid>` in Redis: the status record, whole, seven days (RFC decision 2)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, Protocol

from redis.exceptions import RedisError

from notes_migration.domain.errors import ReasonCode, TransientError
from notes_migration.domain.status import StatusRecord

KEPT_SECONDS = 7 * 24 * 3600


class RedisClient(Protocol):
    """The two calls that are used of a Redis client."""

    def set(self, name: str, value: str, *, ex: int) -> object: ...
    def get(self, name: str) -> Any: ...


class RedisStatus:
    """RunStatus over one JSON string per account."""

    def __init__(self, client: RedisClient) -> None:
        self._redis = client

    def publish(self, record: StatusRecord) -> None:
        try:
            self._redis.set(_key(record.cid), json.dumps(record.to_json()), ex=KEPT_SECONDS)
        except (RedisError, OSError):
            raise _unavailable() from None

    def read(self, cid: str) -> dict[str, Any] | None:
        try:
            raw = self._redis.get(_key(cid))
        except (RedisError, OSError):
            raise _unavailable() from None
        return _fields(raw)


class ManyKeys(Protocol):
    """The one call that is used of a Redis client here."""

    def mget(self, keys: Sequence[str]) -> Any: ...


class RedisLiveStatus:
    """LiveStatus: one MGET, however many accounts."""

    def __init__(self, client: ManyKeys) -> None:
        self._redis = client

    def read_many(self, cids: Sequence[str]) -> dict[str, dict[str, Any]]:
        if not cids:
            return {}
        try:
            found = self._redis.mget([_key(cid) for cid in cids])
        except (RedisError, OSError):
            raise _unavailable() from None
        records = {cid: _fields(raw) for cid, raw in zip(cids, found, strict=True)}
        return {cid: record for cid, record in records.items() if record is not None}


def _fields(raw: Any) -> dict[str, Any] | None:
    try:
        fields = json.loads(raw) if raw else None
    except ValueError:
        return None  # not ours; the record is rebuilt from Mongo
    return fields if isinstance(fields, dict) else None


def _key(cid: str) -> str:
    return f"notes_migration:{cid}"


def _unavailable() -> TransientError:
    return TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, "Redis did not answer; check migration_redis")
