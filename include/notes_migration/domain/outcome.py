"""How a run ends: a pure decision over what the stages found out."""

from __future__ import annotations

from dataclasses import dataclass

from notes_migration.domain.errors import MigrationError, ReasonCode
from notes_migration.domain.ledger import Ledger
from notes_migration.domain.settings import MigrationSettings
from notes_migration.domain.states import RunState


@dataclass(frozen=True, slots=True)
class Outcome:
    """The terminal state of a run and, where it is not a plain success, why."""

    state: RunState
    reason: ReasonCode | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the stages hand on to the decision.

    stopped: why a stage ended the run early (coverage, extraction, kill-switch, binding), if one did.
    count_confirmed: False where the CRM's count could not be asked again at the end.
    missing: ids of class migrated or already_present that validation did not find in the CDP.
    undelivered: notes that the CRM counts at the end, too, and did not deliver: a broken paging, say.
    failures_halt: False for a run that only looks: nothing was stopped by what it has found.
    """

    stopped: ReasonCode | None
    count_confirmed: bool
    missing: int
    undelivered: int = 0
    failures_halt: bool = True


def decide_outcome(verdict: Verdict, ledger: Ledger, settings: MigrationSettings) -> Outcome:
    """Return the run's end; failures above the limit outrank all but an early stop.

    Failed notes within the limit do not make `completed_with_errors`: a match below the threshold
    or a validation that could not be made does (RFC details 2.F and 3.A).
    """
    if verdict.stopped is not None:
        return Outcome(RunState.HALTED, verdict.stopped)
    if verdict.failures_halt and ledger.fails(settings.failure_threshold_pct):
        return Outcome(RunState.HALTED, ReasonCode.FAILURE_RATE_EXCEEDED)
    if not verdict.count_confirmed:
        return Outcome(RunState.COMPLETED_WITH_ERRORS, ReasonCode.VALIDATION_SKIPPED)
    if verdict.missing or not ledger.matches(settings.match_threshold_pct, undelivered=verdict.undelivered):
        return Outcome(RunState.COMPLETED_WITH_ERRORS, ReasonCode.MATCH_BELOW_THRESHOLD)
    return Outcome(RunState.COMPLETED_SUCCESS)


def stops_reading(error: MigrationError) -> ReasonCode | None:
    """Return why a run must stop where its reading ended so, or None where the task has failed."""
    match error.reason:
        case ReasonCode.CRM_EXTRACT_FAILED | ReasonCode.CID_NOT_FOUND:
            return ReasonCode.CRM_EXTRACT_FAILED
        case ReasonCode.FLAG_DISABLED:
            return ReasonCode.FLAG_DISABLED
        case _:
            return None
