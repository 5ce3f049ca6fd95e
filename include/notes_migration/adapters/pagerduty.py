"""PagerDuty's Events API v2: one incident per deduplication key (contracts, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from notes_migration.adapters.alert_post import AlertPost
from notes_migration.domain.alerting import Action, Alert

ENQUEUE_PATH = "/v2/enqueue"
MAX_SUMMARY = 1024


@dataclass(frozen=True, slots=True)
class PagerDutyAccount:
    """Root URL of the Events API, and the routing key of the service that is called."""

    root_url: str
    routing_key: str


class PagerDuty:
    """AlertChannel; the account is looked up when there is something to say."""

    def __init__(self, account: Callable[[], PagerDutyAccount], post: AlertPost) -> None:
        self._account = account
        self._post = post

    def deliver(self, alerts: Sequence[Alert]) -> list[Alert]:
        account = self._account()
        events = [_event(alert, account.routing_key) for alert in alerts]
        taken = self._post.post_all(account.root_url.rstrip("/") + ENQUEUE_PATH, events)
        return [alert for alert, was_taken in zip(alerts, taken, strict=True) if was_taken]


def _event(alert: Alert, routing_key: str) -> dict[str, Any]:
    event: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": alert.action,
        "dedup_key": alert.dedup_key,
    }
    if alert.action is Action.TRIGGER:
        event["payload"] = {
            "summary": alert.summary[:MAX_SUMMARY],
            "source": "crm_notes_migration",
            "severity": alert.severity,
            "component": alert.cid,
            "class": alert.runbook_code or alert.condition,
            "custom_details": {"run_id": alert.run_id, "runbook": alert.runbook, **alert.facts},
        }
    return event
