"""A host that has stopped answering is left alone for a while, and only that host."""

from __future__ import annotations

import io
from collections.abc import Sequence

import pytest

from notes_migration.adapters.host_breaker import MOST_IN_A_ROW, REST_SECONDS, HostBreaker
from notes_migration.adapters.safe_download import MAX_TRIES, SafeDownloader
from notes_migration.domain.errors import DegradedNote, ReasonCode


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


class Names:
    """A resolver that answers nobody, or only loopback (a refusal), and counts how often it was asked."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.refuses = False

    def __call__(self, host: str, port: int, timeout_seconds: float) -> Sequence[str]:
        self.asked.append(host)
        if self.refuses:
            return ["127.0.0.1"]
        raise OSError


def a_downloader(names: Names, clock: Clock) -> SafeDownloader:
    return SafeDownloader(
        [".cdn.example"],
        resolver=names,
        sleep=lambda seconds: None,
        breaker=HostBreaker(monotonic=clock),
    )


def lose(downloader: SafeDownloader, files: int, *, host: str = "a.cdn.example") -> None:
    for _ in range(files):
        with pytest.raises(DegradedNote) as failure:
            downloader.fetch(f"https://{host}/f", io.BytesIO(), max_bytes=10, timeout_seconds=5)
        assert failure.value.reason in {
            ReasonCode.ATTACHMENT_DOWNLOAD_FAILED,
            ReasonCode.ATTACHMENT_HOST_NOT_ALLOWED,
        }


def test_given_five_files_lost_in_a_row_when_more_are_fetched_then_they_fail_without_a_look_at_the_host() -> (
    None
):
    names = Names()
    downloader = a_downloader(names, Clock())
    lose(downloader, MOST_IN_A_ROW)

    lose(downloader, 100)

    assert len(names.asked) == MOST_IN_A_ROW * MAX_TRIES


def test_given_a_host_at_rest_when_another_is_asked_then_it_is_not_held_to_account() -> None:
    names = Names()
    downloader = a_downloader(names, Clock())
    lose(downloader, MOST_IN_A_ROW + 1)

    lose(downloader, 1, host="b.cdn.example")

    assert names.asked.count("b.cdn.example") == MAX_TRIES


def test_given_a_rest_that_is_over_when_files_are_fetched_then_one_tries_and_the_rest_begins_anew() -> None:
    names, clock = Names(), Clock()
    downloader = a_downloader(names, clock)
    lose(downloader, MOST_IN_A_ROW)
    clock.now += REST_SECONDS

    lose(downloader, 3)

    assert len(names.asked) == (MOST_IN_A_ROW + 1) * MAX_TRIES


def test_given_an_answer_between_when_files_are_lost_then_the_count_begins_anew() -> None:
    names = Names()
    downloader = a_downloader(names, Clock())
    for _ in range(3):
        lose(downloader, MOST_IN_A_ROW - 1)
        names.refuses = True
        lose(downloader, 1)
        names.refuses = False

    assert len(names.asked) == 3 * ((MOST_IN_A_ROW - 1) * MAX_TRIES + 1)


def test_given_a_probe_in_flight_when_others_come_then_they_still_wait() -> None:
    clock = Clock()
    breaker = HostBreaker(monotonic=clock)
    for _ in range(MOST_IN_A_ROW):
        breaker.lost("a:443")
    clock.now += REST_SECONDS

    breaker.require_awake("a:443")

    with pytest.raises(DegradedNote):
        breaker.require_awake("a:443")


def test_given_a_probe_that_is_answered_when_others_come_then_the_host_is_awake() -> None:
    clock = Clock()
    breaker = HostBreaker(monotonic=clock)
    for _ in range(MOST_IN_A_ROW):
        breaker.lost("a:443")
    clock.now += REST_SECONDS
    breaker.require_awake("a:443")

    breaker.answered("a:443")

    breaker.require_awake("a:443")
    breaker.require_awake("a:443")
