"""LoginFailures in Redis: counters that forget themselves, read and raised by one script."""

from __future__ import annotations

import hashlib
from typing import Any, Protocol

from redis.exceptions import RedisError

from notes_migration.domain.errors import ReasonCode, TransientError
from notes_migration.domain.login_waits import (
    PER_ADDRESS,
    PER_NAME,
    REMEMBERED_SECONDS,
    TRUSTED_SECONDS,
    Origin,
    Settled,
)

# The time of the last failure is in a key's remaining life, so that no clocks have to agree.
_SETTLE = """
local by_address, by_name, trusted = KEYS[1], KEYS[2], KEYS[3]
local right, kept_ms, trusted_ms = ARGV[1] == '1', tonumber(ARGV[2]), tonumber(ARGV[3])

local function left_ms(key, free, longest)
  local count = tonumber(redis.call('GET', key) or '0')
  if count < tonumber(free) then return 0 end
  local since_ms = kept_ms - redis.call('PTTL', key)
  return math.min(2 ^ (count - tonumber(free)), tonumber(longest)) * 1000 - since_ms
end

local wait_ms = left_ms(by_address, ARGV[4], ARGV[5])
if redis.call('EXISTS', trusted) == 0 then
  wait_ms = math.max(wait_ms, left_ms(by_name, ARGV[6], ARGV[7]))
end
if wait_ms > 0 then return {math.ceil(wait_ms / 1000), 0} end

if not right then
  for _, key in ipairs({by_name, by_address}) do
    redis.call('INCR', key)
    redis.call('PEXPIRE', key, kept_ms)
  end
  return {0, tonumber(redis.call('GET', by_address))}
end

redis.call('SET', trusted, '', 'PX', trusted_ms)
local own = tonumber(redis.call('GET', by_address) or '0')
redis.call('DEL', by_address)
if own > 0 and redis.call('DECRBY', by_name, own) <= 0 then redis.call('DEL', by_name) end
return {0, 0}
"""
_ARGUMENTS = (
    REMEMBERED_SECONDS * 1000,
    TRUSTED_SECONDS * 1000,
    PER_ADDRESS.free_failures,
    PER_ADDRESS.longest_wait_seconds,
    PER_NAME.free_failures,
    PER_NAME.longest_wait_seconds,
)


class RedisScripts(Protocol):
    """The one call that is used of a Redis client here."""

    def eval(self, script: str, numkeys: int, *keys_and_args: str | int) -> Any: ...


class RedisLoginFailures:
    """One round trip per login."""

    def __init__(self, client: RedisScripts) -> None:
        self._redis = client

    def settle(self, origin: Origin, *, right: bool) -> Settled:
        keys = _keys(origin)
        try:
            wait, failures = self._redis.eval(_SETTLE, len(keys), *keys, int(right), *_ARGUMENTS)
        except (RedisError, OSError):
            raise TransientError(
                ReasonCode.DEPENDENCY_UNAVAILABLE, "Redis did not answer; check migration_redis"
            ) from None
        return Settled(int(wait), int(failures))


def _keys(origin: Origin) -> tuple[str, str, str]:
    # In braces what they have in common: a cluster keeps them in one place, which a script needs.
    common = f"notes_migration_api:login_failures:{{{hashlib.sha256(origin.name).hexdigest()}}}"
    address = hashlib.sha256(origin.address.encode(errors="replace")).hexdigest()
    return f"{common}:from:{address}", common, f"{common}:trusted:{address}"
