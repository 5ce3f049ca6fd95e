"""The CRM's timestamps: ISO 8601 with an offset, kept in UTC to the millisecond (RFC decision 3)."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

_EARLIEST_YEAR = 2000
# Python stops reading at NUL and takes any character between date and time; this must not.
_WRITTEN = re.compile(r"[0-9-]+[Tt ]?[0-9:.,]*(?:[Zz]|[+-][0-9:.]+)")


def parse_timestamp(value: object, *, now: datetime) -> datetime | None:
    """Return the instant in UTC, cut to the millisecond, or None where it would be a guess.

    A guess is: not a string, not ISO 8601, no offset, before the year 2000 or after `now` + 1 day.
    """
    if not isinstance(value, str) or _WRITTEN.fullmatch(value) is None:
        return None
    try:
        # A lower-case `z` is as good (RFC 3339), and Python's versions differ about it.
        moment = datetime.fromisoformat(value[:-1] + "Z" if value.endswith("z") else value)
        if moment.tzinfo is None:
            return None
        moment = moment.astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    if moment.year < _EARLIEST_YEAR or moment > now + timedelta(days=1):
        return None
    return cut_to_millisecond(moment)


def cut_to_millisecond(moment: datetime) -> datetime:
    """Drop what BSON cannot keep. Cuts, never rounds, so that an order is never turned round."""
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)
