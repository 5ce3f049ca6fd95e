"""Who is told what at the end of a run: every rule at its edge."""

from __future__ import annotations

from typing import Any

import pytest

from notes_migration.domain.alerting import PAGED, Alert, Channel, Condition, alerts_at_end, late, stalled
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.ledger import AttachmentCounts, Ledger, OwnerCounts
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from tests.support.builders import a_ledger, a_run, attachment_counts

SUCCESS = Outcome(RunState.COMPLETED_SUCCESS)
RUN_REASONS = list(ReasonCode)[: list(ReasonCode).index(ReasonCode.CONTACT_NOT_MAPPED)]
QUIET = {ReasonCode.FLAG_DISABLED, ReasonCode.COVERAGE_BELOW_THRESHOLD}


def halted(reason: ReasonCode) -> Outcome:
    return Outcome(RunState.HALTED, reason)


def incomplete(reason: ReasonCode) -> Outcome:
    return Outcome(RunState.COMPLETED_WITH_ERRORS, reason)


def alerts(
    outcome: Outcome = SUCCESS,
    ledger: Ledger | None = None,
    *,
    used: int = 0,
    opened: tuple[Condition, ...] = (),
    **run: Any,
) -> tuple[Alert, ...]:
    ledger = a_ledger(migrated=100) if ledger is None else ledger
    return alerts_at_end(a_run(**run), outcome, ledger, quota_used_bytes=used, open_conditions=opened)


def said(*found: Alert) -> list[tuple[str, str, str, str]]:
    return [(str(a.channel), str(a.action), str(a.severity), str(a.condition)) for a in found]


FINISHED = ("slack", "trigger", "info", "finished")


def test_given_a_plain_success_when_it_ends_then_slack_hears_that_the_account_is_finished() -> None:
    found = alerts()

    assert said(*found) == [FINISHED]
    assert (
        "acme: completed_success, 100 of 100 notes in the CDP (match 100.00 %), 0 failed" in found[0].summary
    )


@pytest.mark.parametrize("reason", [each for each in RUN_REASONS if each not in QUIET])
def test_given_a_halt_when_it_ends_then_pagerduty_is_called_at_once_and_slack_is_not(
    reason: ReasonCode,
) -> None:
    (found,) = alerts(halted(reason))

    assert said(found) == [("pagerduty", "trigger", "critical", "halted")]
    assert found.runbook == f"docs/runbooks/{reason}.md"
    assert found.dedup_key == "crm-notes-migration:acme:halted"


@pytest.mark.parametrize("reason", sorted(QUIET))
def test_given_a_halt_by_switch_or_gate_when_it_ends_then_only_slack_is_told(reason: ReasonCode) -> None:
    assert said(*alerts(halted(reason))) == [("slack", "trigger", "warning", "halted")]


@pytest.mark.parametrize("reason", [ReasonCode.MATCH_BELOW_THRESHOLD, ReasonCode.VALIDATION_SKIPPED])
def test_given_an_incomplete_end_when_it_ends_then_pagerduty_is_warned_and_slack_told(
    reason: ReasonCode,
) -> None:
    found = alerts(incomplete(reason))

    assert said(*found) == [("pagerduty", "trigger", "warning", "completed_with_errors"), FINISHED]
    assert {alert.facts["reason_code"] for alert in found} == {reason}


@pytest.mark.parametrize(
    ("linked", "failed", "tells"), [(80, 20, False), (79, 20, True), (0, 0, False), (0, 1, True)]
)
def test_given_failed_attachments_when_compared_then_exactly_20_percent_is_quiet_and_more_is_told(
    linked: int, failed: int, tells: bool
) -> None:
    found = alerts(ledger=a_ledger(migrated=100, attachments=attachment_counts(linked, failed)))

    assert (Condition.ATTACHMENTS_FAILED in {alert.condition for alert in found}) == tells


def test_given_another_share_in_the_settings_when_compared_then_that_one_holds() -> None:
    ledger = a_ledger(migrated=100, attachments=attachment_counts(95, 5))

    exact, below = (alerts(ledger=ledger, settings={"attachment_alert_pct": pct}) for pct in (5, 4.9))

    assert said(*exact) == [FINISHED]
    assert said(*below) == [FINISHED, ("slack", "trigger", "warning", "attachments_failed")]
    assert below[1].runbook == "docs/runbooks/ATTACHMENT_TOO_LARGE.md"


def test_given_attachments_that_failed_for_many_reasons_when_told_then_the_page_is_of_the_most_frequent() -> (
    None
):
    reasons = {"ATTACHMENT_DOWNLOAD_FAILED": 3, "ATTACHMENT_TOO_LARGE": 1}
    counts = AttachmentCounts(linked=1, failed=4, failed_by_reason=reasons)

    found = alerts(ledger=a_ledger(migrated=100, attachments=counts))[1]

    assert (found.runbook_code, found.facts) == (ReasonCode.ATTACHMENT_DOWNLOAD_FAILED, reasons)


@pytest.mark.parametrize(("linked", "failed", "short"), [(95, 5, False), (94, 5, True), (190, 11, True)])
def test_given_linked_attachments_when_fewer_than_95_percent_then_the_message_says_so(
    linked: int, failed: int, short: bool
) -> None:
    found = alerts(ledger=a_ledger(migrated=100, attachments=attachment_counts(linked, failed)))

    assert said(*found) == [FINISHED]
    assert ("short of the target of 95 %" in found[0].summary) == short


@pytest.mark.parametrize(("used", "tells"), [(799, False), (800, True), (1000, True)])
def test_given_a_quota_when_exactly_80_percent_is_used_then_slack_is_told(used: int, tells: bool) -> None:
    ledger = a_ledger(migrated=100, attachments=attachment_counts(1, size=10))

    found = alerts(ledger=ledger, used=used, settings={"attachment_quota_bytes": 1000})

    assert (("slack", "trigger", "warning", "attachment_quota") in said(*found)) == tells


def test_given_a_run_that_adds_no_file_when_the_quota_is_nearly_used_then_nothing_is_repeated() -> None:
    assert said(*alerts(used=900, settings={"attachment_quota_bytes": 1000})) == [FINISHED]


@pytest.mark.parametrize("quota", [0, 1000])
def test_given_attachments_refused_for_the_quota_when_it_ends_then_slack_is_told_whatever_is_used(
    quota: int,
) -> None:
    counts = AttachmentCounts(linked=99, failed=1, failed_by_reason={"ATTACHMENT_QUOTA_EXCEEDED": 1})

    found = alerts(
        ledger=a_ledger(migrated=100, attachments=counts), settings={"attachment_quota_bytes": quota}
    )

    assert said(*found) == [FINISHED, ("slack", "trigger", "warning", "attachment_quota")]


def test_given_identity_that_did_not_answer_when_it_ends_then_slack_is_told_how_often() -> None:
    ledger = a_ledger(migrated=100, owners=OwnerCounts(1, 9), warnings={"identity_unavailable": 2})

    found = alerts(ledger=ledger)

    assert said(*found) == [FINISHED, ("slack", "trigger", "warning", "identity_unavailable")]
    assert found[1].facts == {"batches": 2, "owners_by_label": 9}


def test_given_owners_that_identity_does_not_know_when_it_ends_then_nobody_is_told() -> None:
    assert said(*alerts(ledger=a_ledger(migrated=100, owners=OwnerCounts(0, 100)))) == [FINISHED]


def test_given_open_incidents_when_the_account_succeeds_then_each_is_resolved_by_its_key() -> None:
    found = alerts(opened=(*PAGED, Condition.RUN_WINDOW))[1:]

    assert {(a.channel, a.action, a.dedup_key) for a in found} == {
        ("pagerduty", "resolve", f"crm-notes-migration:acme:{condition}") for condition in PAGED
    }


def test_given_no_open_incident_when_the_account_succeeds_then_pagerduty_hears_nothing() -> None:
    assert {alert.channel for alert in alerts()} == {Channel.SLACK}


@pytest.mark.parametrize(
    "outcome", [halted(ReasonCode.INTERNAL_ERROR), incomplete(ReasonCode.VALIDATION_SKIPPED)]
)
def test_given_open_incidents_when_it_ends_badly_then_only_that_of_standing_still_is_resolved(
    outcome: Outcome,
) -> None:
    found = alerts(outcome, opened=PAGED)

    assert [a.condition for a in found if a.action == "resolve"] == [Condition.NO_PROGRESS]


def test_given_a_run_that_stands_still_when_told_then_it_is_a_warning_with_a_key_of_its_own() -> None:
    found = stalled(a_run(), minutes=15)

    assert said(found) == [("pagerduty", "trigger", "warning", "no_progress")]
    assert found.dedup_key == "crm-notes-migration:acme:no_progress"


def test_given_a_late_run_when_told_then_slack_hears_after_how_many_hours() -> None:
    assert said(late("acme", "acme__1", hours=4)) == [("slack", "trigger", "warning", "run_window")]
    assert "after 4 hours" in late("acme", "acme__1", hours=4.0).summary
