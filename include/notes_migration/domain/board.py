"""The board's rows, totals and estimates: what is shown of an account, from what is known of it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from notes_migration.domain.ledger import Ledger, percent
from notes_migration.domain.states import RunState


@dataclass(frozen=True, slots=True)
class AccountRow:
    """One account on the board; times ISO 8601, UTC; percentages as in the status record.

    updated_at: the last event that is known. estimated_end: by the pace so far, while notes are written.
    """

    cid: str
    company_sso_id: str | None
    status: RunState
    phase: str
    reason_code: str | None
    run_id: str | None
    mode: str | None
    progress_pct: float
    notes_total: int
    notes_processed: int
    notes_migrated: int
    notes_skipped: int
    notes_failed: int
    attachments_total: int
    attachments_linked: int
    attachments_failed: int
    match_pct: float | None
    failure_rate: float
    failed_by_reason: Mapping[str, int]
    triggered_by: str | None
    started_at: str | None
    updated_at: str | None
    finished_at: str | None
    estimated_end: str | None


@dataclass(frozen=True, slots=True)
class Totals:
    """The sums over all accounts; halt_rate is the percentage of ended accounts that are halted."""

    accounts: int
    by_status: Mapping[str, int]
    notes_total: int
    notes_in_cdp: int
    notes_failed: int
    halt_rate: float


def totals_of(rows: Iterable[AccountRow]) -> Totals:
    """Return the sums over the rows."""
    rows = tuple(rows)
    states = Counter(row.status for row in rows)
    ended = sum(count for state, count in states.items() if state.terminal)
    return Totals(
        accounts=len(rows),
        by_status={str(state): states[state] for state in RunState},
        notes_total=sum(row.notes_total for row in rows),
        notes_in_cdp=sum(row.notes_migrated + row.notes_skipped for row in rows),
        notes_failed=sum(row.notes_failed for row in rows),
        halt_rate=percent(states[RunState.HALTED], ended) if ended else 0.0,
    )


def progress_of(ledger: Ledger, state: RunState) -> float:
    """Return how much of the account is done, in percent; a completed one is done whatever it counted."""
    if state in {RunState.COMPLETED_SUCCESS, RunState.COMPLETED_WITH_ERRORS}:
        return 100.0
    return percent(ledger.batches.processed, ledger.notes_total) if ledger.notes_total else 0.0


def failures_of(ledger: Ledger) -> dict[str, int]:
    """Return what failed by reason, notes and attachments together, the most frequent first."""
    counted = Counter(ledger.batches.failed_by_reason)
    counted.update(ledger.batches.attachments.failed_by_reason)
    return {str(reason): count for reason, count in counted.most_common() if count}


def estimated_end(ledger: Ledger, *, started_at: datetime, now: datetime) -> datetime | None:
    """Return when the rest will be done at the pace so far, or None while there is no pace."""
    done, left = ledger.batches.processed, ledger.notes_total - ledger.batches.processed
    elapsed = (now - started_at).total_seconds()
    if done <= 0 or left <= 0 or elapsed <= 0:
        return None
    return now + timedelta(seconds=elapsed * left / done)


def classes_of(ledger: Ledger, state: RunState) -> dict[str, int]:
    """Return the six classes; what a run that was not read to the end has not met is `not_processed`."""
    classes = ledger.classes()
    if state not in {RunState.COMPLETED_SUCCESS, RunState.COMPLETED_WITH_ERRORS}:
        return {
            "not_processed" if name == "vanished_at_source" else name: count
            for name, count in classes.items()
        }
    return classes
