"""What the sinks of PagerDuty and Slack have heard after whole runs over real services."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
from structlog.testing import capture_logs

from notes_migration.domain.outcome import Outcome
from notes_migration.domain.states import RunState
from sandbox.accounts.model import Account
from sandbox.accounts.seed import seed_mongo
from sandbox.simulators.faults import Fault, Transport
from sandbox.simulators.process import Control, Simulators
from tests.support.local_pipeline import LocalPipeline
from tests.support.small_accounts import CANARY_NAME, CANARY_TEXT, small_account

pytestmark = pytest.mark.integration

SUCCESS = Outcome(RunState.COMPLETED_SUCCESS)
COUNT = "/api/v4/migration/person_notes/count"
TOO_LONG = f"<p>{CANARY_TEXT * 1000}</p>"


@dataclass
class Sinks:
    """What has arrived since the test began."""

    url: str
    slack_path: str

    def heard(self) -> dict[str, list[dict[str, Any]]]:
        found: dict[str, list[dict[str, Any]]] = httpx.get(self.url, trust_env=False).json()
        return found

    def pagerduty(self) -> list[tuple[str, str, str | None]]:
        """Return action, key and severity of each event."""
        return [
            (event["event_action"], event["dedup_key"], (event["payload"] or {}).get("severity"))
            for event in self.heard()["pagerduty"]
        ]

    def slack(self) -> list[str]:
        return [message["text"] for message in self.heard()["slack"]]


@pytest.fixture
def sinks(running_simulators: Simulators, world: Control) -> Iterator[Sinks]:
    world.clear_alerts()
    yield Sinks(running_simulators.addresses.alerts, running_simulators.tokens.slack_path)
    world.clear_alerts()


def loaded(account: Account, pipeline: LocalPipeline, world: Control) -> str:
    world.load(account)
    seed_mongo(pipeline.resources.database, account)
    return account.cid


def with_files(account: Account, cdn: str, *, missing: int) -> Account:
    """Give the first notes a picture each that the CDN does not have."""
    for note in account.notes[:missing]:
        note["images"] = [
            {
                "id": note["id"],
                "url": f"{cdn}/{CANARY_TEXT}.png",
                "file_name": f"{CANARY_NAME}.png",
                "content_type": "image/png",
                "file_size": 9,
            }
        ]
    return account


def test_given_a_success_when_it_ends_then_slack_has_one_message_and_pagerduty_none(
    pipeline: LocalPipeline, world: Control, sinks: Sinks
) -> None:
    cid = loaded(small_account("al-1", persons=10), pipeline, world)

    assert pipeline.run(cid) == SUCCESS

    assert sinks.pagerduty() == []
    (text,) = sinks.slack()
    run_id = pipeline.record(cid)["_id"]
    assert text == (
        "CRM notes migration, account al-1: completed_success, 10 of 10 notes in the CDP"
        f" (match 100.00 %), 0 failed\nrun {run_id}"
    )


def test_given_a_halt_when_repaired_and_run_again_then_its_incident_is_opened_and_resolved(
    pipeline: LocalPipeline, world: Control, sinks: Sinks
) -> None:
    account = small_account("al-2", persons=100)
    cid, bad = loaded(account, pipeline, world), [note["id"] for note in account.notes[:2]]
    for note_id in bad:
        world.change_note(cid, note_id, note=TOO_LONG)
    assert pipeline.run(cid).state is RunState.HALTED
    opened, payload = sinks.pagerduty(), sinks.heard()["pagerduty"][0]["payload"]
    for note_id in bad:
        world.change_note(cid, note_id, note="<p>short</p>")

    assert pipeline.run(cid) == SUCCESS
    assert pipeline.run(cid, rerun=True) == SUCCESS

    key = "crm-notes-migration:al-2:halted"
    assert opened == [("trigger", key, "critical")]
    assert payload["class"] == "FAILURE_RATE_EXCEEDED"
    assert payload["custom_details"]["runbook"] == "docs/runbooks/FAILURE_RATE_EXCEEDED.md"
    assert payload["custom_details"]["failed"] == 2
    assert sinks.pagerduty() == [("trigger", key, "critical"), ("resolve", key, None)]
    assert len(sinks.slack()) == 2


def test_given_a_count_that_cannot_be_confirmed_when_it_ends_then_pagerduty_is_warned(
    pipeline: LocalPipeline, world: Control, sinks: Sinks
) -> None:
    cid = loaded(small_account("al-3", persons=5), pipeline, world)
    world.add_fault(Fault(target="crm", kind=Transport.STATUS, path_prefix=COUNT, skip=1))

    assert pipeline.run(cid).reason == "VALIDATION_SKIPPED"

    assert sinks.pagerduty() == [("trigger", "crm-notes-migration:al-3:completed_with_errors", "warning")]
    assert "completed_with_errors (VALIDATION_SKIPPED)" in sinks.slack()[0]


def test_given_the_switch_or_the_gate_when_they_halt_then_slack_is_told_and_nobody_called(
    pipeline: LocalPipeline, world: Control, sinks: Sinks
) -> None:
    gated = loaded(small_account("al-4", persons=10, mapped=5), pipeline, world)
    switched = loaded(small_account("al-5", persons=10), pipeline, world)
    pipeline.run(gated)
    run = pipeline.guard(switched)
    groups = pipeline.extract(run)
    pipeline.resources.flag.on = False
    pipeline.migrate(run, groups)
    pipeline.end(run)

    assert sinks.pagerduty() == []
    assert ["COVERAGE_BELOW_THRESHOLD" in sinks.slack()[0], "FLAG_DISABLED" in sinks.slack()[1]] == [True] * 2


def test_given_a_crashed_run_when_finalized_then_pagerduty_is_called_and_the_next_success_resolves_it(
    pipeline: LocalPipeline, world: Control, sinks: Sinks
) -> None:
    cid = loaded(small_account("al-6", persons=5), pipeline, world)
    run = pipeline.guard(cid)
    pipeline.finalize(run)

    pipeline.run(cid)

    key = "crm-notes-migration:al-6:halted"
    assert sinks.pagerduty() == [("trigger", key, "critical"), ("resolve", key, None)]


def test_given_failed_files_and_a_silent_identity_when_it_ends_then_slack_hears_of_both_without_content(
    pipeline: LocalPipeline, world: Control, sinks: Sinks, running_simulators: Simulators
) -> None:
    account = with_files(small_account("al-7", persons=10), running_simulators.addresses.cdn, missing=3)
    cid = loaded(account, pipeline, world)
    world.add_fault(Fault(target="identity", kind=Transport.STATUS))

    assert pipeline.run(cid) == SUCCESS

    finished, files, identity = sinks.slack()
    assert "0 of 3 attachments linked (0.00 % linked, short of the target of 95 %)" in finished
    assert "3 of 3 attachments failed, more than 20 %" in files
    assert "docs/runbooks/ATTACHMENT_DOWNLOAD_FAILED.md" in files
    assert "identity did not answer in 1 batches" in identity
    heard = json.dumps(sinks.heard()).lower()
    for secret in (CANARY_TEXT, CANARY_NAME, running_simulators.addresses.cdn, sinks.slack_path, "http"):
        assert secret.lower() not in heard


@pytest.mark.parametrize(
    "fault",
    [
        Fault(target="alerts", kind=Transport.STATUS, status=503),
        Fault(target="alerts", kind=Transport.STATUS, status=404),
        Fault(target="alerts", kind=Transport.REDIRECT),
        Fault(target="alerts", kind=Transport.HANG, seconds=30),
    ],
    ids=["503", "404", "redirect", "hang"],
)
def test_given_sinks_that_do_not_take_when_a_run_ends_then_it_ends_as_it_would_and_in_bounded_time(
    fault: Fault, pipeline: LocalPipeline, world: Control, sinks: Sinks
) -> None:
    cid = loaded(small_account("al-8", persons=2), pipeline, world)
    run = pipeline.guard(cid)
    world.add_fault(fault)
    began = time.monotonic()
    with capture_logs() as lines:
        assert str(pipeline.finalize(run)) == "interrupted"
    took = time.monotonic() - began
    world.clear_faults()

    record = pipeline.record(cid)
    assert (record["status"], record["reason_code"]) == ("halted", "INTERNAL_ERROR")
    assert {"alert_not_taken", "alert_undelivered"} <= {line["event"] for line in lines}
    assert took < 15
    assert "127.0.0.1" not in str(lines)


def test_given_a_sink_that_fails_twice_when_a_run_ends_then_the_message_arrives_once(
    pipeline: LocalPipeline, world: Control, sinks: Sinks
) -> None:
    cid = loaded(small_account("al-9", persons=2), pipeline, world)
    world.add_fault(Fault(target="alerts", kind=Transport.STATUS, status=429, times=2))

    assert pipeline.run(cid) == SUCCESS

    assert len(sinks.slack()) == 1
    assert len(world.requests("alerts")) >= 3


def test_given_sinks_that_are_not_there_when_a_run_ends_then_it_ends_as_it_would(
    pipeline: LocalPipeline, world: Control, sinks: Sinks
) -> None:
    cid = loaded(small_account("al-10", persons=2), pipeline, world)
    pipeline.resources.slack_webhook_url = "http://127.0.0.1:9/services/secret"

    with capture_logs() as lines:
        assert pipeline.run(cid) == SUCCESS

    (line,) = [line for line in lines if line["event"] == "alert_not_taken"]
    assert line["problem"] == "no connection"
    assert "secret" not in str(lines)
