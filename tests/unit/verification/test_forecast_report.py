"""The report of a dry run, made of counts and tallies."""

from __future__ import annotations

from typing import Any

import pytest

from notes_migration.domain.forecast import MOST_HOSTS, Forecast, host_of
from notes_migration.domain.ledger import BatchCounts, Ledger
from notes_migration.domain.settings import parse_settings
from tests.support.builders import a_ledger, attachment_counts


def report(tallies: dict[str, int] | None = None, *, used: int = 0, seconds: float = 90.0) -> dict[str, Any]:
    ledger = a_ledger(migrated=99, failed=1, attachments=attachment_counts(3, 1, size=60))
    forecast = Forecast(ledger, tallies or {}, bytes_stored_before=used, seconds=seconds)
    return forecast.to_json(parse_settings({"attachment_quota_bytes": 100}))


@pytest.mark.parametrize(
    ("used", "left", "fits"), [(0, 100, True), (40, 60, True), (41, 59, False), (200, 0, False)]
)
def test_given_bytes_stored_before_when_reported_then_the_rest_of_the_quota_decides(
    used: int, left: int, fits: bool
) -> None:
    found = report(used=used)["attachments"]

    assert (found["quota_left_bytes"], found["fits_quota"]) == (left, fits)


def test_given_files_of_several_types_when_reported_then_each_has_its_number_and_bytes() -> None:
    found = report({"type:pdf": 1, "bytes:pdf": 20, "type:image": 2, "bytes:image": 40})["attachments"]

    assert found["by_type"] == {"image": {"files": 2, "bytes": 40}, "pdf": {"files": 1, "bytes": 20}}


def test_given_more_hosts_than_are_listed_when_reported_then_those_with_the_most_files_are() -> None:
    hosts = {f"host:h{number:03}.example": number for number in range(1, MOST_HOSTS + 2)}

    found = report(hosts)["hosts_not_allowed"]

    assert len(found) == MOST_HOSTS
    assert found[0] == {"host": f"h{MOST_HOSTS + 1:03}.example", "files": MOST_HOSTS + 1}
    assert "h001.example" not in {each["host"] for each in found}


def test_given_warnings_when_reported_then_those_about_the_text_are_apart_from_those_of_other_systems() -> (
    None
):
    warnings = {"dropped:script": 3, "identity_unavailable": 1, "several_contacts_for_a_person": 2}
    ledger = Ledger(1, 0, BatchCounts(migrated=1, warnings=warnings))

    found = Forecast(ledger, {}, bytes_stored_before=0, seconds=1.0).to_json(parse_settings({}))

    assert found["html_warnings"] == {"dropped:script": 3}
    assert found["other_warnings"] == {"identity_unavailable": 1, "several_contacts_for_a_person": 2}


def test_given_a_dry_run_of_some_seconds_when_reported_then_the_estimate_is_a_range() -> None:
    assert report(seconds=90.4)["estimated_seconds"] == {"from": 90, "to": 241}


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("https://user:secret@Files.Example:8443/a?b#c", "files.example"),
        ("https://[2001:db8::1]/a", "2001:db8::1"),
        ("https://[/", "(unreadable)"),
        ("https://sp ace.example/", "(unreadable)"),
        ("not a url", "(unreadable)"),
        (None, "(unreadable)"),
    ],
)
def test_given_a_url_when_its_host_is_taken_then_nothing_else_of_it_is(url: str | None, host: str) -> None:
    assert host_of(url) == host
