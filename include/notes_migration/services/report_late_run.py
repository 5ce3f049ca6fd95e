"""The Deadline's message for a run that is not over at the end of the default window."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from notes_migration.domain.alerting import Condition, late
from notes_migration.domain.errors import MigrationError
from notes_migration.ports.alerts import AlertMemory
from notes_migration.ports.run_records import RunRecords
from notes_migration.services.raise_alerts import RaiseAlerts

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class ReportLateRun:
    """The scheduler's clock starts when the run is queued, so this one sees a run that never came to guard.

    A run that guard has accepted has a window of its own in its frozen settings; the watchdog, which
    can read it, has the word on longer ones.
    """

    runs: RunRecords
    memory: AlertMemory
    alerts: RaiseAlerts

    def report(self, *, cid: str, run_id: str, hours: float) -> bool:
        """Return whether it was told now; never raises."""
        try:
            if not self._is_news(cid, run_id, hours):
                return False
        except MigrationError as error:
            # Better told twice than not at all.
            _log.warning("late_run_not_looked_up", cid=cid, job_id=run_id, problem=error.message)
        return bool(self.alerts.send([late(cid, run_id, hours=hours)]))

    def _is_news(self, cid: str, run_id: str, hours: float) -> bool:
        run = self.runs.find(run_id)
        if run is None:
            return True
        if run.settings.run_window_hours > hours:
            return False
        return self.memory.remember(cid, Condition.RUN_WINDOW, run_id)
