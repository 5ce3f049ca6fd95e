"""A Slack incoming webhook: one message per alert (contracts, section 4)."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from notes_migration.adapters.alert_post import AlertPost
from notes_migration.domain.alerting import Alert


class Slack:
    """AlertChannel; the webhook is looked up when there is something to say."""

    def __init__(self, webhook_url: Callable[[], str], post: AlertPost) -> None:
        self._webhook_url = webhook_url
        self._post = post

    def deliver(self, alerts: Sequence[Alert]) -> list[Alert]:
        taken = self._post.post_all(self._webhook_url(), [{"text": _text(alert)} for alert in alerts])
        return [alert for alert, was_taken in zip(alerts, taken, strict=True) if was_taken]


def _text(alert: Alert) -> str:
    """Write the alert in one or two lines; a run id may hold what Slack reads as a mention or a link."""
    lines = [f"CRM notes migration, {alert.summary}", f"run {alert.run_id}"]
    if alert.runbook:
        lines[1] += f", see {alert.runbook}"
    return "\n".join(lines).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
