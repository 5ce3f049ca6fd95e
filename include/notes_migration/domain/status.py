"""The status record: what operators and systems poll; a projection that can be rebuilt at any time."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from notes_migration.domain.ledger import Ledger, percent
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState


@dataclass(frozen=True, slots=True)
class StatusRecord:
    """The fields of `GET /private/notes/migration/status` (contracts, section 3); times ISO 8601, UTC."""

    cid: str
    company_sso_id: str
    job_id: str
    status: str
    phase: str
    reason_code: str | None
    progress_pct: float
    notes_total: int
    notes_processed: int
    notes_migrated: int
    notes_skipped: int
    notes_failed: int
    notes_out_of_scope: int
    attachments_total: int
    attachments_linked: int
    attachments_failed: int
    failure_rate: float
    match_pct: float | None
    triggered_by: str
    started_at: str
    updated_at: str
    finished_at: str | None
    error_log_url: str | None

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def project_status(
    run: Run, ledger: Ledger, *, phase: str, now: datetime, outcome: Outcome | None = None
) -> StatusRecord:
    """Make the record from the truth: the run's frozen facts and the sums over its batches."""
    counts = ledger.batches
    done = outcome is not None and outcome.state in {
        RunState.COMPLETED_SUCCESS,
        RunState.COMPLETED_WITH_ERRORS,
    }
    return StatusRecord(
        cid=run.cid,
        company_sso_id=run.company_sso_id,
        job_id=run.run_id,
        status=outcome.state if outcome else RunState.IN_PROGRESS,
        phase=phase,
        reason_code=outcome.reason if outcome else None,
        progress_pct=100.0 if done else _progress(counts.processed, ledger.notes_total),
        notes_total=ledger.notes_total,
        notes_processed=counts.processed,
        notes_migrated=counts.migrated,
        notes_skipped=counts.already_present,
        notes_failed=counts.failed,
        notes_out_of_scope=ledger.out_of_scope,
        attachments_total=counts.attachments.total,
        attachments_linked=counts.attachments.linked,
        attachments_failed=counts.attachments.failed,
        failure_rate=ledger.failure_rate,
        match_pct=ledger.match_pct if done else None,
        triggered_by=run.triggered_by,
        started_at=iso(run.started_at),
        updated_at=iso(now),
        finished_at=iso(now) if outcome else None,
        error_log_url=f"/private/notes/migration/failures?cid={run.cid}" if counts.failed else None,
    )


def end_phase(outcome: Outcome) -> str:
    """Return the phase of a run that is over."""
    return "rolled_back" if outcome.state is RunState.NOT_STARTED else "done"


def iso(moment: datetime) -> str:
    """Return the instant as ISO 8601 in UTC, milliseconds, `Z`."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _progress(processed: int, total: int) -> float:
    return 0.0 if total == 0 else percent(processed, total)
