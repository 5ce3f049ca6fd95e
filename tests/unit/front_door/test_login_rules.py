"""Reading HTTP Basic, whose credentials they are, and how long failures make one wait."""

from __future__ import annotations

import hmac
from base64 import b64encode

import pytest

from notes_migration.domain import basic_auth
from notes_migration.domain.basic_auth import Credentials, matching_name, parse_basic
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.login_waits import (
    PER_ADDRESS,
    PER_NAME,
    REMEMBERED_SECONDS,
    Origin,
    Settled,
    address_group,
)
from notes_migration.services.admit_caller import AdmitCaller
from tests.fakes.clock import SteppedClock
from tests.fakes.front_door import BrokenLoginFailures, basic

HERE = "192.0.2.1"
KNOWN = [Credentials(b"a", b"1"), Credentials(b"b", b"2"), Credentials(b"b", b"3")]


def test_given_a_password_with_colons_when_read_then_only_the_first_one_parts_it_from_the_name() -> None:
    assert parse_basic("bAsIc " + b64encode(b"a:1:2").decode()) == Credentials(b"a", b"1:2")


def test_given_credentials_when_shown_then_the_password_is_not() -> None:
    assert "hunter2" not in repr(Credentials(b"a", b"hunter2"))


@pytest.mark.parametrize(
    ("name", "password", "found"),
    [
        (b"a", b"1", "a"),
        (b"b", b"2", "b"),
        (b"b", b"3", "b"),
        (b"a", b"2", None),
        (b"c", b"1", None),
        (b"", b"", None),
    ],
)
def test_given_known_pairs_when_one_is_presented_then_both_fields_must_be_of_one_pair(
    name: bytes, password: bytes, found: str | None
) -> None:
    assert matching_name(Credentials(name, password), KNOWN) == found


@pytest.mark.parametrize(
    "presented", [Credentials(b"a", b"1"), Credentials(b"x", b"y"), Credentials(b"b", b"1")]
)
def test_given_any_credentials_when_compared_then_every_pair_is_compared_in_both_fields(
    presented: Credentials, monkeypatch: pytest.MonkeyPatch
) -> None:
    lengths = []

    def counted(left: bytes, right: bytes) -> bool:
        lengths.append((len(left), len(right)))
        return left == right

    monkeypatch.setattr(basic_auth.hmac, "compare_digest", counted)
    matching_name(presented, KNOWN)

    assert lengths == [(32, 32)] * 2 * len(KNOWN)
    assert hmac.compare_digest is counted


def test_given_failures_in_a_row_when_counted_then_waits_begin_late_double_and_have_an_end() -> None:
    assert [PER_ADDRESS.wait_seconds(n) for n in range(9)] == [0, 0, 0, 0, 0, 1, 2, 4, 8]
    assert [PER_NAME.wait_seconds(n) for n in (99, 100, 101)] == [0, 1, 2]
    assert PER_ADDRESS.wait_seconds(10_000) == 300 < REMEMBERED_SECONDS


@pytest.mark.parametrize(
    ("host", "group"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("2001:db8:0:1::1", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff::2", "2001:db8:0:1::/64"),
        ("2001:db8:0:2::1", "2001:db8:0:2::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("", ""),
        ("testclient", "testclient"),
    ],
)
def test_given_a_client_address_when_grouped_then_it_is_what_one_subscriber_has(
    host: str, group: str
) -> None:
    assert address_group(host) == group


def test_given_redis_down_when_logins_fail_then_this_process_counts_and_says_so(
    capsys: pytest.CaptureFixture[str],
) -> None:
    clock = SteppedClock()
    admit = an_admission(clock)

    answers = [admit.admit(basic("a", "wrong-password"), HERE) for _ in range(6)]

    printed = capsys.readouterr().out
    assert [each.retry_after_seconds for each in answers] == [0] * 5 + [1]
    assert "login_failures_counted_in_this_process_only" in printed
    assert "wrong-password" not in printed


@pytest.mark.parametrize(
    ("name", "shown"), [("a", "credential=a"), ("typed-password", "credential=(unknown)")]
)
def test_given_a_failed_login_when_logged_then_only_a_name_that_we_know_is_shown(
    name: str, shown: str, capsys: pytest.CaptureFixture[str]
) -> None:
    an_admission(SteppedClock()).admit(basic(name, "hunter2"), HERE)

    printed = capsys.readouterr().out
    assert shown in printed
    assert [secret in printed for secret in ("hunter2", "typed-password")] == [False, False]


def test_given_a_caller_that_polls_when_admitted_then_its_failures_are_not_asked_for_each_time() -> None:
    clock, asked = SteppedClock(), []

    class Counting(BrokenLoginFailures):
        def settle(self, origin: Origin, *, right: bool) -> Settled:
            asked.append((origin, right))
            return Settled(0)

    admit = an_admission(clock)
    admit.shared = Counting()
    for _ in range(5):
        assert admit.admit(basic("a", "1"), HERE).name == "a"
    clock.pause(1.1)
    admit.admit(basic("a", "1"), HERE)

    assert asked == [(Origin(b"a", HERE), True)] * 2


def test_given_a_caller_that_polls_when_somebody_guesses_elsewhere_then_no_guess_profits_from_it() -> None:
    admit = an_admission(SteppedClock())
    polled = [admit.admit(basic("a", "1"), HERE).name]
    for _ in range(5):
        admit.admit(basic("a", "guess"), "192.0.2.66")
    guessed_right = admit.admit(basic("a", "1"), "192.0.2.66")
    polled.append(admit.admit(basic("a", "1"), HERE).name)

    assert (guessed_right.name, guessed_right.retry_after_seconds) == (None, 1)
    assert polled == ["a", "a"]


def test_given_our_own_credentials_unreadable_when_anyone_comes_then_it_is_said_and_nobody_gets_in() -> None:
    def unreadable() -> list[Credentials]:
        raise FatalError(ReasonCode.DEPENDENCY_UNAVAILABLE, "no connection")

    admit = an_admission(SteppedClock())
    admit.known = unreadable

    with pytest.raises(FatalError, match="no connection"):
        admit.admit(basic("a", "1"), HERE)


def an_admission(clock: SteppedClock) -> AdmitCaller:
    from notes_migration.adapters.memory_login_failures import MemoryLoginFailures

    return AdmitCaller(
        known=lambda: KNOWN,
        shared=BrokenLoginFailures(),
        local=MemoryLoginFailures(monotonic_seconds=clock.monotonic_seconds),
        monotonic_seconds=clock.monotonic_seconds,
    )
