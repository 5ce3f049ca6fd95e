"""Failed logins in memory and in Redis: one behaviour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from notes_migration.adapters.memory_login_failures import MemoryLoginFailures
from notes_migration.adapters.redis_login_failures import RedisLoginFailures
from notes_migration.domain.errors import TransientError
from notes_migration.ports.login_failures import LoginFailures
from tests.fakes.clock import SteppedClock


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.integration)])
def failures(request: pytest.FixtureRequest) -> Iterator[LoginFailures]:
    if request.param == "memory":
        yield MemoryLoginFailures(monotonic_seconds=SteppedClock().monotonic_seconds)
        return
    services: Any = request.getfixturevalue("embedded_services")
    with redis.Redis.from_url(services.redis_url) as client:
        client.flushdb()
        yield RedisLoginFailures(client)


def test_given_failures_when_added_then_they_are_counted_and_from_the_fifth_on_there_is_a_wait(
    failures: LoginFailures,
) -> None:
    counts = [failures.add(b"ops") for _ in range(4)]
    before = failures.wait_left(b"ops")
    fifth = failures.add(b"ops")

    assert (counts, before, fifth, failures.wait_left(b"ops")) == ([1, 2, 3, 4], 0, 5, 1)


def test_given_more_failures_when_added_then_the_wait_doubles(failures: LoginFailures) -> None:
    for _ in range(8):
        failures.add(b"ops")

    assert failures.wait_left(b"ops") == 8


def test_given_failures_of_one_name_when_another_asks_then_it_may_try(failures: LoginFailures) -> None:
    for _ in range(8):
        failures.add(b"ops")

    assert failures.wait_left(b"crm") == 0


def test_given_failures_when_cleared_then_they_are_forgotten(failures: LoginFailures) -> None:
    for _ in range(8):
        failures.add(b"ops\xff")
    failures.clear(b"ops\xff")

    assert failures.wait_left(b"ops\xff") == 0
    assert failures.add(b"ops\xff") == 1


def test_given_no_redis_when_asked_then_it_is_a_transient_error_of_ours() -> None:
    gone = RedisLoginFailures(redis.Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)))

    for ask in (gone.wait_left, gone.add, gone.clear):
        with pytest.raises(TransientError):
            ask(b"ops")


@pytest.mark.integration
def test_given_failures_in_redis_when_stored_then_no_name_is_readable_and_they_forget_themselves(
    embedded_services: Any,
) -> None:
    with redis.Redis.from_url(embedded_services.redis_url) as client:
        client.flushdb()
        RedisLoginFailures(client).add(b"typed-password")

        (key,) = client.keys()
        assert b"typed-password" not in key
        assert 0 < client.ttl(key) <= 900
