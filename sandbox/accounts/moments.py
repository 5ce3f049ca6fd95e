"""Timestamps: an instant first, then the way the CRM happens to write it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from random import Random

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
FIRST = datetime(2015, 1, 5, tzinfo=UTC)
LAST = datetime(2025, 11, 28, tzinfo=UTC)
_SPAN_SECONDS = int((LAST - FIRST).total_seconds())


@dataclass(frozen=True, slots=True)
class Moment:
    """`instant` is what must be stored, in UTC to the millisecond; `text` is what the CRM sends."""

    instant: datetime
    text: str


def _zone(hours: float) -> timezone:
    return timezone(timedelta(hours=hours))


def _plain(instant: datetime, hours: float) -> str:
    return instant.astimezone(_zone(hours)).isoformat(timespec="seconds")


def _milliseconds(instant: datetime, hours: float) -> str:
    return instant.astimezone(_zone(hours)).isoformat(timespec="milliseconds")


# (writer, keeps milliseconds); Jakarta, Makassar, Jayapura, UTC and a few travellers
_STYLES: tuple[tuple[Callable[[datetime], str], bool], ...] = (
    (lambda at: _plain(at, 7), False),
    (lambda at: _milliseconds(at, 7), True),
    (lambda at: _milliseconds(at, 8), True),
    (lambda at: _plain(at, 8), False),
    (lambda at: _milliseconds(at, 9), True),
    (lambda at: at.strftime("%Y-%m-%dT%H:%M:%SZ"), False),
    (lambda at: at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z", True),
    (lambda at: _plain(at, 0), False),
    (lambda at: _milliseconds(at, -4.5), True),
    # finer than BSON keeps: the rest is cut off, never rounded up
    (lambda at: (at + timedelta(microseconds=999)).astimezone(_zone(7)).isoformat("T", "microseconds"), True),
)


def write(instant: datetime, rng: Random) -> Moment:
    """Write an instant in one of the CRM's ways; a way without fraction moves it to the full second."""
    writer, keeps_milliseconds = rng.choice(_STYLES)
    if not keeps_milliseconds:
        instant = instant.replace(microsecond=0)
    return Moment(instant, writer(instant))


def spread(slot: int, slots: int, rng: Random) -> datetime:
    """Return an instant within slot number `slot` of `slots` equal ones: two slots never collide."""
    width = _SPAN_SECONDS // slots
    milliseconds = rng.randrange((width - 1) * 1000)
    return FIRST + timedelta(seconds=slot * width, milliseconds=milliseconds)


def later(instant: datetime, rng: Random) -> datetime:
    """Return an instant up to sixty days later, to the millisecond."""
    return instant + timedelta(milliseconds=rng.randrange(60 * 86_400_000))


def seconds_of(instant: datetime) -> int:
    """Return full seconds since the epoch."""
    return int((instant - _EPOCH).total_seconds())
