"""The knobs: a default for each, and limits that keep every gate shut."""

from __future__ import annotations

import math
from typing import Any

import pytest

from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.settings import GIB, MIB, MigrationSettings, parse_settings

DEFAULTS: dict[str, Any] = {
    "batch_size": 500,
    "note_type_ids": (1, 6),
    "coverage_threshold_pct": 99,
    "match_threshold_pct": 99,
    "failure_threshold_pct": 1,
    "attachment_alert_pct": 20,
    "extract_timeout_seconds": 10,
    "extract_retry_delays_seconds": (1, 3, 9),
    "inter_page_delay_ms": 0,
    "attachment_max_bytes": 25 * MIB,
    "attachment_timeout_seconds": 30,
    "attachment_quota_bytes": 20 * GIB,
    "attachment_concurrency": 8,
    "source_id_fallback": False,
    "unresolved_owner_label": "[Legacy CRM User]",
    "run_window_hours": 4,
}
INSIDE: list[tuple[str, object]] = [
    *(("batch_size", each) for each in (1, 1000)),
    *(("note_type_ids", each) for each in ([1], [1, 6, 2], list(range(1, 51)))),
    *(("coverage_threshold_pct", each) for each in (99, 99.0, 99.5, 100)),
    *(("match_threshold_pct", each) for each in (99, 99.99, 100)),
    *(("failure_threshold_pct", each) for each in (0, 0.5, 1)),
    *(("attachment_alert_pct", each) for each in (0, 100)),
    *(("extract_timeout_seconds", each) for each in (0.1, 60)),
    *(("extract_retry_delays_seconds", each) for each in ([], [0, 60], [0.5] * 10)),
    *(("inter_page_delay_ms", each) for each in (0, 60_000)),
    *(("attachment_quota_bytes", each) for each in (0, 1024 * GIB)),
    *(("attachment_concurrency", each) for each in (1, 32)),
]
OUTSIDE: list[tuple[str, object]] = [
    *(("batch_size", each) for each in (0, 1001, True, "500", 5.0, None)),
    *(
        ("note_type_ids", each)
        for each in ([], [0], [-1], ["1"], [True], [1.0], "1,6", 1, [[1]], list(range(1, 52)))
    ),
    *(("coverage_threshold_pct", each) for each in (98, 98.99, 100.1, math.nan, math.inf, "99", True, None)),
    *(("match_threshold_pct", each) for each in (98.999, 101, math.nan, -99)),
    *(("failure_threshold_pct", each) for each in (1.01, 2, -0.1, math.nan, math.inf, "1")),
    *(("extract_timeout_seconds", each) for each in (0, -1, 60.1, math.nan, math.inf)),
    *(("extract_retry_delays_seconds", each) for each in ([61], [-1], [math.nan], [0] * 11, "1,3,9", [None])),
    *(("attachment_max_bytes", each) for each in (0, GIB + 1, 1.0)),
    *(("attachment_concurrency", each) for each in (0, 33)),
    *(("source_id_fallback", each) for each in ("true", 1, None)),
    *(("unresolved_owner_label", each) for each in ("", "x" * 201, None, 1)),
    *(("run_window_hours", each) for each in (0, 25, math.nan)),
]


@pytest.mark.parametrize("raw", [None, {}])
def test_given_no_settings_when_read_then_every_knob_has_its_default(raw: object) -> None:
    assert parse_settings(raw).model_dump() == DEFAULTS


@pytest.mark.parametrize(("knob", "value"), INSIDE)
def test_given_a_value_within_the_limits_when_read_then_it_is_kept(knob: str, value: object) -> None:
    found = getattr(parse_settings({knob: value}), knob)

    assert found == (tuple(value) if isinstance(value, list) else value)


@pytest.mark.parametrize(("knob", "value"), OUTSIDE)
def test_given_a_value_outside_the_limits_when_read_then_the_knob_is_named(knob: str, value: object) -> None:
    with pytest.raises(FatalError) as caught:
        parse_settings({knob: value})

    assert caught.value.reason is ReasonCode.INVALID_REQUEST
    assert caught.value.message.startswith(f"crm_notes_migration_settings: {knob}")


@pytest.mark.parametrize("raw", [{"batch_size": "s3cr3t"}, {"s3cr3t_value": 1, "batch_size": "canary"}])
def test_given_a_bad_value_when_refused_then_it_is_not_echoed(raw: dict[str, object]) -> None:
    with pytest.raises(FatalError) as caught:
        parse_settings(raw)

    assert not any(str(value) in caught.value.message for value in raw.values() if isinstance(value, str))


@pytest.mark.parametrize("knob", ["batchsize", "crm_url", "attachment_hosts"])
def test_given_an_unknown_knob_when_read_then_it_is_refused_by_name(knob: str) -> None:
    with pytest.raises(FatalError, match=f"{knob}: unknown key"):
        parse_settings({knob: 1})


@pytest.mark.parametrize("raw", [[], "{}", 1, True])
def test_given_no_object_when_read_then_it_is_refused(raw: object) -> None:
    with pytest.raises(FatalError, match="is not a JSON object"):
        parse_settings(raw)


def test_given_settings_when_stored_as_json_and_read_then_they_are_the_same() -> None:
    settings = parse_settings({"coverage_threshold_pct": 99.5, "extract_retry_delays_seconds": [0, 0.5]})

    assert parse_settings(settings.model_dump(mode="json")) == settings
    assert isinstance(settings, MigrationSettings)
