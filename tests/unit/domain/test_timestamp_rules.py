"""Timestamps: ISO 8601 with an offset, UTC, cut to the millisecond; never a guess."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes_migration.domain.timestamps import cut_to_millisecond, parse_timestamp

NOW = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2021-03-04T10:00:00+07:00", datetime(2021, 3, 4, 3, tzinfo=UTC)),
        ("2021-03-04T10:00:00-03:30", datetime(2021, 3, 4, 13, 30, tzinfo=UTC)),
        ("2021-03-04T10:00:00Z", datetime(2021, 3, 4, 10, tzinfo=UTC)),
        ("2021-03-04T10:00:00z", datetime(2021, 3, 4, 10, tzinfo=UTC)),
        ("2021-03-04 10:00:00+00:00", datetime(2021, 3, 4, 10, tzinfo=UTC)),
        ("20210304T100000+0700", datetime(2021, 3, 4, 3, tzinfo=UTC)),
        ("2021-03-04T10:00:00.1Z", datetime(2021, 3, 4, 10, microsecond=100_000, tzinfo=UTC)),
        ("2021-03-04T10:00:00.250999Z", datetime(2021, 3, 4, 10, microsecond=250_000, tzinfo=UTC)),
        ("2021-03-04T10:00:00.999999999Z", datetime(2021, 3, 4, 10, microsecond=999_000, tzinfo=UTC)),
        ("2024-02-29T23:59:59+07:00", datetime(2024, 2, 29, 16, 59, 59, tzinfo=UTC)),
        # the year 2000 begins in UTC, wherever the clock stood
        ("2000-01-01T00:00:00Z", datetime(2000, 1, 1, tzinfo=UTC)),
        ("1999-12-31T23:59:59-01:00", datetime(2000, 1, 1, 0, 59, 59, tzinfo=UTC)),
        # tomorrow at the latest
        ("2026-01-02T00:00:00Z", datetime(2026, 1, 2, tzinfo=UTC)),
        ("2026-01-02T07:00:00+07:00", datetime(2026, 1, 2, tzinfo=UTC)),
    ],
)
def test_given_a_time_with_offset_when_read_then_it_is_that_instant_to_the_millisecond(
    text: str, moment: datetime
) -> None:
    found = parse_timestamp(text, now=NOW)

    assert found == moment
    assert found is not None
    assert found.tzinfo is UTC


@pytest.mark.parametrize(
    "value",
    [
        *("2021-03-04T10:00:00", "2021-03-04", "2021-03-04 10:00", "10:00:00Z"),
        *("1999-12-31T23:59:59Z", "2000-01-01T06:59:59+07:00", "1970-01-01T00:00:00Z"),
        *("2026-01-02T00:00:00.001Z", "2026-01-02T00:00:00-00:01", "9999-12-31T23:59:59-07:00"),
        *("0001-01-01T00:00:00+07:00", "10000-01-01T00:00:00Z", "2021-13-01T00:00:00Z"),
        *("2021-02-29T00:00:00Z", "2021-03-04T25:00:00Z", "2021-03-04T10:00:00+24:00"),
        *("", "z", "Z", "now", "2021-03-04T10:00:00 UTC", " 2021-03-04T10:00:00Z", "２021-03-04T10:00:00Z"),
        *(
            "2021-03-04T10:00:00Z\0",
            "2021-03-04T10:00:00Z\0x",
            "2021-03-04\x0010:00:00Z",
            "2021-03-04<10:00Z",
        ),
        *("2021-03-04T10:00:00Z\n", "2021-03-04T10:00:00Z ", "2021-03-04T10:00:00 +07:00"),
        *(None, 0, 1_614_826_800, 1.5, True, [], {}, datetime(2021, 3, 4, tzinfo=UTC)),
    ],
)
def test_given_what_would_be_a_guess_when_read_then_there_is_none(value: object) -> None:
    assert parse_timestamp(value, now=NOW) is None


@given(
    st.datetimes(datetime(2000, 1, 2), datetime(2025, 12, 30)),
    st.integers(min_value=-14 * 60, max_value=14 * 60),
)
def test_given_any_instant_in_any_zone_when_read_then_it_is_the_same_instant_cut(
    naive: datetime, offset_minutes: int
) -> None:
    moment = naive.replace(tzinfo=timezone(timedelta(minutes=offset_minutes)))

    found = parse_timestamp(moment.isoformat(), now=NOW)

    assert found == cut_to_millisecond(moment.astimezone(UTC))


@given(st.datetimes(), st.datetimes())
def test_given_two_instants_when_cut_then_their_order_is_kept(first: datetime, second: datetime) -> None:
    earlier, later = sorted((first, second))

    assert cut_to_millisecond(earlier) <= cut_to_millisecond(later)
