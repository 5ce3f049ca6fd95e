"""Alerts are delivered, remembered and resolved, and a run never depends on them."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from notes_migration.domain.alerting import PAGED, Channel, Condition
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from notes_migration.services.raise_alerts import RaiseAlerts
from tests.fakes.alerting import InMemoryAlertMemory, RecordingChannel
from tests.fakes.batch_ledger import InMemoryLedger
from tests.support.builders import a_crm_note, a_ledger, a_run
from tests.support.memory_world import MemoryWorld

SUCCESS = Outcome(RunState.COMPLETED_SUCCESS)
HALTED = Outcome(RunState.HALTED, ReasonCode.FAILURE_RATE_EXCEEDED)


class Office:
    """Both channels and the memory of one account, `acme`."""

    def __init__(self) -> None:
        self.pagerduty, self.slack = RecordingChannel(), RecordingChannel()
        self.memory = InMemoryAlertMemory("acme")
        self.ledger = InMemoryLedger()

    @property
    def alerts(self) -> RaiseAlerts:
        channels = {Channel.PAGERDUTY: self.pagerduty, Channel.SLACK: self.slack}
        return RaiseAlerts(channels, self.memory, self.ledger)

    def end(self, outcome: Outcome) -> None:
        self.alerts.run_ended(a_run(), outcome, a_ledger(migrated=100))


def test_given_a_halt_and_a_success_when_they_end_then_the_incident_is_opened_and_resolved_once() -> None:
    office = Office()

    for outcome in (HALTED, SUCCESS, SUCCESS):
        office.end(outcome)

    assert office.pagerduty.said() == [("trigger", "halted"), ("resolve", "halted")]
    assert office.slack.said() == [("trigger", "finished")] * 2


def test_given_a_resolve_that_was_not_taken_when_it_succeeds_again_then_it_is_sent_again() -> None:
    office = Office()
    office.end(HALTED)
    office.pagerduty.down = True
    office.end(SUCCESS)
    office.pagerduty.down = False

    office.end(SUCCESS)

    assert office.pagerduty.said() == [("trigger", "halted"), ("resolve", "halted")]


def test_given_a_trigger_without_an_answer_when_it_succeeds_later_then_it_is_resolved_all_the_same() -> None:
    office = Office()
    office.pagerduty.down = True
    office.end(HALTED)
    office.pagerduty.down = False

    office.end(SUCCESS)

    assert office.pagerduty.said() == [("resolve", "halted")]


@pytest.mark.parametrize(
    "failure",
    [
        FatalError(ReasonCode.DEPENDENCY_UNAVAILABLE, "pagerduty is not defined"),
        RuntimeError("https://secret"),
    ],
)
def test_given_a_channel_that_breaks_when_a_run_ends_then_the_other_is_told_and_the_log_has_no_secret(
    failure: Exception,
) -> None:
    office = Office()
    office.pagerduty.failure = failure

    with capture_logs() as lines:
        office.end(Outcome(RunState.COMPLETED_WITH_ERRORS, ReasonCode.VALIDATION_SKIPPED))

    assert office.slack.said() == [("trigger", "finished")]
    assert [line["event"] for line in lines] == [
        "alert_channel_failed",
        "alert_undelivered",
        "alert_delivered",
    ]
    assert "https://secret" not in str(lines)


def test_given_a_memory_that_is_down_when_it_succeeds_then_everything_that_may_be_open_is_resolved() -> None:
    office = Office()
    office.memory.down = True

    office.end(SUCCESS)

    assert office.pagerduty.said() == [("resolve", str(condition)) for condition in PAGED]


def test_given_slack_only_when_halted_by_the_switch_then_no_incident_is_remembered() -> None:
    office = Office()

    office.end(Outcome(RunState.HALTED, ReasonCode.FLAG_DISABLED))

    assert office.memory.told("acme") == frozenset()
    assert office.pagerduty.delivered == []


def test_given_a_run_when_it_ends_then_all_is_durable_before_the_first_message_leaves() -> None:
    world, office, states = MemoryWorld(), Office(), []
    world.crm.organization = [a_crm_note(51)]

    class Looking(RecordingChannel):
        def deliver(self, alerts):  # type: ignore[no-untyped-def]
            states.append((world.accounts.state("acme"), world.runs.outcome("acme__1")))
            return super().deliver(alerts)

    office.slack = Looking()
    world.alerts = office.alerts
    world.run()

    assert states == [(RunState.COMPLETED_SUCCESS, SUCCESS)]


def test_given_a_run_that_crashed_when_finalized_then_pagerduty_hears_of_it_once() -> None:
    world, office = MemoryWorld(), Office()
    world.crm.organization = [a_crm_note(51)]
    world.alerts = office.alerts
    run = world.guard()

    world.finalize(run)
    world.finalize(run)

    assert office.pagerduty.said() == [("trigger", "halted")]
    assert office.pagerduty.delivered[0].runbook_code is ReasonCode.INTERNAL_ERROR
    assert Condition.HALTED in office.memory.told("acme")
