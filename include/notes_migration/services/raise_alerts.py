"""Tell people how a run ended, and remember what they were told; a run never depends on it."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import structlog

from notes_migration.domain.alerting import PAGED, Action, Alert, Channel, Condition, alerts_at_end
from notes_migration.domain.errors import MigrationError
from notes_migration.domain.ledger import Ledger
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run
from notes_migration.ports.alerts import AlertChannel, AlertMemory
from notes_migration.ports.batch_ledger import BatchLedger

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class RaiseAlerts:
    """`Alerts` over one channel per kind of recipient."""

    channels: Mapping[Channel, AlertChannel]
    memory: AlertMemory
    batches: BatchLedger

    def run_ended(self, run: Run, outcome: Outcome, ledger: Ledger) -> None:
        """Decide what is to be said, and say it."""
        alerts = alerts_at_end(
            run,
            outcome,
            ledger,
            quota_used_bytes=self._quota_used(run, ledger),
            open_conditions=self._open(run.cid),
        )
        self.send(alerts)

    def send(self, alerts: Sequence[Alert]) -> list[Alert]:
        """Deliver, each channel on its own, and return what was taken."""
        taken: list[Alert] = []
        for name, channel in self.channels.items():
            wanted = [alert for alert in alerts if alert.channel is name]
            if wanted:
                self._remember(wanted)
                taken += self._deliver(name, channel, wanted)
        self._forget([alert for alert in taken if alert.action is Action.RESOLVE])
        return taken

    def _deliver(self, name: Channel, channel: AlertChannel, wanted: Sequence[Alert]) -> Sequence[Alert]:
        try:
            taken = channel.deliver(wanted)
        except Exception as error:  # noqa: BLE001 - whatever it is, the run's outcome stands
            problem = error.message if isinstance(error, MigrationError) else type(error).__name__
            _log.warning("alert_channel_failed", channel=name, problem=problem)
            taken = ()
        for alert in wanted:
            _log.info(
                "alert_delivered" if alert in taken else "alert_undelivered",
                channel=name,
                action=alert.action,
                condition=alert.condition,
                cid=alert.cid,
                job_id=alert.run_id,
            )
        return taken

    def _remember(self, alerts: Sequence[Alert]) -> None:
        """Before the call: an incident may be open although no answer came back."""
        for alert in alerts:
            if alert.action is Action.TRIGGER and alert.channel is Channel.PAGERDUTY:
                try:
                    self.memory.remember(alert.cid, alert.condition, alert.run_id)
                except MigrationError as error:
                    _log.warning("alert_not_remembered", cid=alert.cid, problem=error.message)

    def _forget(self, alerts: Sequence[Alert]) -> None:
        for alert in alerts:
            try:
                self.memory.forget(alert.cid, [alert.condition])
            except MigrationError as error:
                _log.warning("alert_not_forgotten", cid=alert.cid, problem=error.message)

    def _open(self, cid: str) -> Collection[Condition]:
        try:
            return self.memory.told(cid)
        except MigrationError as error:
            # To resolve what is not open does no harm; an incident that stays open would.
            _log.warning("open_alerts_unknown", cid=cid, problem=error.message)
            return PAGED

    def _quota_used(self, run: Run, ledger: Ledger) -> int:
        try:
            return self.batches.attachment_bytes(run.cid)
        except MigrationError as error:
            _log.warning("attachment_bytes_unknown", cid=run.cid, problem=error.message)
            return ledger.batches.attachments.bytes
