"""Write the status record again where it says something else than the durable truth."""

from __future__ import annotations

from dataclasses import dataclass

import structlog

from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import RollbackMode, Run
from notes_migration.domain.states import RunState
from notes_migration.domain.status import end_phase, project_status
from notes_migration.domain.watching import WatchedAccount
from notes_migration.ports.run_records import RunRecords
from notes_migration.ports.run_status import RunStatus
from notes_migration.services.publish_progress import PublishProgress

_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class MendStatus:
    """Compares by run and state: the counts of a run on its way are its own to write."""

    runs: RunRecords
    status: RunStatus
    progress: PublishProgress

    def after_end(self, account: WatchedAccount, run: Run) -> bool:
        """Mend the record of a run that has ended; one that has expired stays away."""
        record = self.status.read(run.cid)
        if record is None or account.finished_at is None:
            return False
        outcome = self.runs.outcome(run.run_id)
        if outcome is None or _says(record, run, outcome.state):
            return False
        ledger = self.progress.ledger(run)
        self.status.publish(
            project_status(run, ledger, phase=end_phase(outcome), now=account.finished_at, outcome=outcome)
        )
        self._log(run, outcome)
        return True

    def on_the_way(self, run: Run) -> bool:
        """Mend the record of a run that goes on; a lost one is made again."""
        record = self.status.read(run.cid)
        if record is not None and _says(record, run, RunState.IN_PROGRESS):
            return False
        if self.runs.outcome(run.run_id) is not None:
            return False  # it is ending this very moment
        ledger = self.progress.ledger(run)
        self.progress.publish(run, _phase(run, processed=ledger.batches.processed))
        self._log(run, Outcome(RunState.IN_PROGRESS))
        return True

    @staticmethod
    def _log(run: Run, outcome: Outcome) -> None:
        _log.warning("status_mended", job_id=run.run_id, cid=run.cid, status=outcome.state)


def _phase(run: Run, *, processed: int) -> str:
    if isinstance(run.mode, RollbackMode):
        return "rollback"
    return "migrate" if processed else "extract"


def _says(record: dict[str, object], run: Run, state: RunState) -> bool:
    return (record.get("job_id"), record.get("status")) == (run.run_id, state)
