"""Failed logins in memory and in Redis: one behaviour."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from notes_migration.adapters.memory_login_failures import MemoryLoginFailures
from notes_migration.adapters.redis_login_failures import RedisLoginFailures
from notes_migration.domain.errors import TransientError
from notes_migration.domain.login_waits import PER_ADDRESS, PER_NAME, Origin, Settled
from notes_migration.ports.login_failures import LoginFailures
from tests.fakes.clock import SteppedClock

HERE, THERE = Origin(b"ops\xff", "192.0.2.1"), Origin(b"ops\xff", "192.0.2.2")
CLIENTS = 40


class YieldingAddress(str):
    """Lets other threads run whenever a dict looks it up, so that a step that is not one shows."""

    __slots__ = ()

    def __hash__(self) -> int:
        time.sleep(0)
        return super().__hash__()


@pytest.fixture(params=["memory", pytest.param("redis", marks=pytest.mark.integration)])
def failures(request: pytest.FixtureRequest) -> Iterator[LoginFailures]:
    if request.param == "memory":
        yield MemoryLoginFailures(monotonic_seconds=SteppedClock().monotonic_seconds)
        return
    services: Any = request.getfixturevalue("embedded_services")
    with redis.Redis.from_url(services.redis_url) as client:
        client.flushdb()
        yield RedisLoginFailures(client)


def fail(failures: LoginFailures, origin: Origin, times: int) -> list[Settled]:
    return [failures.settle(origin, right=False) for _ in range(times)]


def fail_from_many(failures: LoginFailures, name: bytes, times: int) -> None:
    """Each address stays below its own limit."""
    each = PER_ADDRESS.free_failures - 1
    for number in range(times):
        failures.settle(Origin(name, f"203.0.113.{number // each}"), right=False)


def test_given_failures_when_settled_then_five_are_counted_and_then_right_and_wrong_wait_alike(
    failures: LoginFailures,
) -> None:
    free = fail(failures, HERE, 5)
    held = [failures.settle(HERE, right=right) for right in (False, True, False)]

    assert free == [Settled(0, number) for number in range(1, 6)]
    assert held == [Settled(1)] * 3


def test_given_logins_at_the_same_moment_when_all_are_wrong_then_no_more_than_the_free_ones_are_judged(
    failures: LoginFailures,
) -> None:
    together, here = threading.Barrier(CLIENTS), Origin(b"ops", YieldingAddress("192.0.2.1"))

    def guess(_: int) -> Settled:
        together.wait(20)
        return failures.settle(here, right=False)

    with ThreadPoolExecutor(CLIENTS) as clients:
        settled = Counter(clients.map(guess, range(CLIENTS)))

    assert settled == {**{Settled(0, number): 1 for number in range(1, 6)}, Settled(1): CLIENTS - 5}


def test_given_right_logins_at_the_same_moment_when_settled_then_none_of_them_waits(
    failures: LoginFailures,
) -> None:
    with ThreadPoolExecutor(CLIENTS) as clients:
        settled = list(clients.map(lambda _: failures.settle(HERE, right=True), range(CLIENTS)))

    assert settled == [Settled(0)] * CLIENTS


def test_given_a_name_held_at_one_address_when_its_caller_comes_from_another_then_it_is_let_in(
    failures: LoginFailures,
) -> None:
    fail(failures, THERE, 8)

    right = failures.settle(HERE, right=True)
    other_name = failures.settle(Origin(b"crm", THERE.address), right=False)
    still_held = failures.settle(THERE, right=True)

    assert (right, other_name, still_held) == (Settled(0), Settled(0, 1), Settled(1))


def test_given_a_right_login_when_settled_then_its_addresss_failures_are_forgotten(
    failures: LoginFailures,
) -> None:
    fail(failures, HERE, 4)
    failures.settle(HERE, right=True)

    assert fail(failures, HERE, 5) == [Settled(0, number) for number in range(1, 6)]


def test_given_failures_from_many_addresses_when_the_names_limit_is_reached_then_a_new_address_waits(
    failures: LoginFailures,
) -> None:
    fail_from_many(failures, HERE.name, PER_NAME.free_failures - 1)
    below = failures.settle(THERE, right=False)

    assert below == Settled(0, 1)
    assert failures.settle(HERE, right=True) == Settled(1)


def test_given_an_address_that_was_let_in_when_the_names_limit_is_reached_then_only_its_own_failures_count(
    failures: LoginFailures,
) -> None:
    failures.settle(HERE, right=True)
    fail_from_many(failures, HERE.name, PER_NAME.free_failures)

    assert failures.settle(HERE, right=True) == Settled(0)
    assert failures.settle(THERE, right=True) == Settled(1)
    assert fail(failures, HERE, 6) == [*(Settled(0, number) for number in range(1, 6)), Settled(1)]


def test_given_a_caller_that_mistypes_now_and_then_when_it_gets_in_then_the_name_is_not_nearer_its_limit(
    failures: LoginFailures,
) -> None:
    for _ in range(PER_NAME.free_failures):
        failures.settle(HERE, right=False)
        failures.settle(HERE, right=True)

    assert failures.settle(THERE, right=False) == Settled(0, 1)


def test_given_no_redis_when_asked_then_it_is_a_transient_error_of_ours() -> None:
    gone = RedisLoginFailures(redis.Redis(host="127.0.0.1", port=1, retry=Retry(NoBackoff(), 0)))

    with pytest.raises(TransientError):
        gone.settle(HERE, right=True)


@pytest.mark.integration
def test_given_waits_in_redis_when_time_passes_then_they_end_double_and_stay_within_the_longest(
    embedded_services: Any,
) -> None:
    with redis.Redis.from_url(embedded_services.redis_url) as client:
        client.flushdb()
        failures = RedisLoginFailures(client)
        fail(failures, HERE, 5)
        waits = []
        for _ in range(10):
            pass_seconds(client, waits[-1] if waits else 1)
            failures.settle(HERE, right=False)
            waits.append(failures.settle(HERE, right=False).wait_seconds)

    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


@pytest.mark.integration
def test_given_failures_in_redis_when_stored_then_no_name_is_readable_and_they_forget_themselves(
    embedded_services: Any,
) -> None:
    with redis.Redis.from_url(embedded_services.redis_url) as client:
        client.flushdb()
        failures = RedisLoginFailures(client)
        failures.settle(Origin(b"typed-password", "192.0.2.1"), right=False)
        failures.settle(Origin(b"ops", "192.0.2.1"), right=True)

        keys = client.keys()
        assert len(keys) == 3
        assert not [key for key in keys if any(part in key for part in (b"typed", b"ops", b"192"))]
        assert sorted(client.ttl(key) > 900 for key in keys) == [False, False, True]
        assert all(0 < client.ttl(key) <= 86_400 for key in keys)


def pass_seconds(client: Any, seconds: int) -> None:
    """As if so much of the keys' life had gone by."""
    for key in client.scan_iter():
        client.pexpire(key, client.pttl(key) - seconds * 1000)
