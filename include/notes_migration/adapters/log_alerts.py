"""Alerts as log lines, where nobody is to be called."""

from __future__ import annotations

import structlog

from notes_migration.domain.ledger import Ledger
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run

_log = structlog.get_logger("notes_migration.alerts")


class LogAlerts:
    """Alerts that only write down what they would say."""

    def run_ended(self, run: Run, outcome: Outcome, ledger: Ledger) -> None:
        _log.info(
            "run_ended",
            job_id=run.run_id,
            cid=run.cid,
            status=outcome.state,
            reason_code=outcome.reason,
            failure_rate=ledger.failure_rate,
        )
