"""Who is told what: a pure decision over how a run went (RFC section 3, contracts section 6).

An alert is made of ids, counts and codes only. Where several rules apply, several alerts are made;
PagerDuty keeps one incident per account and condition, by the deduplication key.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction

from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.ledger import AttachmentCounts, Ledger, percent
from notes_migration.domain.outcome import Outcome
from notes_migration.domain.run import Run
from notes_migration.domain.states import RunState

LINKED_TARGET_PCT = 95  # RFC section 1: attachments that must be linked
QUOTA_WARNING_PCT = 80
# A switch that somebody threw, and a gate that did its work: nobody is called at night for these.
NOT_PAGED = frozenset({ReasonCode.FLAG_DISABLED, ReasonCode.COVERAGE_BELOW_THRESHOLD})


class Channel(StrEnum):
    """Where an alert goes."""

    PAGERDUTY = "pagerduty"
    SLACK = "slack"


class Action(StrEnum):
    """What it does there."""

    TRIGGER = "trigger"
    RESOLVE = "resolve"


class Severity(StrEnum):
    """PagerDuty's words: critical is P1, warning is P2."""

    CRITICAL = "critical"
    WARNING = "warning"
    INFO = "info"


class Condition(StrEnum):
    """What an alert is about; the last part of its deduplication key."""

    HALTED = "halted"
    INCOMPLETE = "completed_with_errors"
    NO_PROGRESS = "no_progress"
    FINISHED = "finished"
    ATTACHMENTS_FAILED = "attachments_failed"
    ATTACHMENT_QUOTA = "attachment_quota"
    IDENTITY_UNAVAILABLE = "identity_unavailable"
    RUN_WINDOW = "run_window"


# What can be an open incident in PagerDuty.
PAGED = (Condition.HALTED, Condition.INCOMPLETE, Condition.NO_PROGRESS)


@dataclass(frozen=True, slots=True)
class Alert:
    """One message. `facts` are counts, rates and codes by name; `runbook` names a reason code's page."""

    channel: Channel
    action: Action
    severity: Severity
    condition: Condition
    cid: str
    run_id: str
    summary: str
    facts: Mapping[str, str | int | float] = field(default_factory=dict)
    runbook_code: ReasonCode | None = None

    @property
    def dedup_key(self) -> str:
        """One per account and condition, whatever the run."""
        return f"crm-notes-migration:{self.cid}:{self.condition}"

    @property
    def runbook(self) -> str | None:
        """The page's path in the repository."""
        return f"docs/runbooks/{self.runbook_code}.md" if self.runbook_code else None


def alerts_at_end(
    run: Run,
    outcome: Outcome,
    ledger: Ledger,
    *,
    quota_used_bytes: int,
    open_conditions: Collection[Condition],
) -> tuple[Alert, ...]:
    """Return everything that is to be said when a run has ended.

    quota_used_bytes: attachments of the account, over all its runs.
    open_conditions: what may be an open incident of the account; a success resolves all of it, and so
        does a rollback, of which nothing else is said.
    """
    if outcome.state is RunState.NOT_STARTED:
        return _resolved(run, outcome, open_conditions)
    candidates = (
        *_about_outcome(run, outcome, ledger),
        _about_attachments(run, ledger.batches.attachments),
        _about_quota(run, ledger.batches.attachments, quota_used_bytes),
        _about_identity(run, ledger),
    )
    raised = tuple(each for each in candidates if each is not None)
    return (*raised, *_resolved(run, outcome, open_conditions))


def stalled(run: Run, *, minutes: int) -> Alert:
    """Return the alert for a run that is alive and gets nowhere."""
    return _alert(
        run,
        Condition.NO_PROGRESS,
        f"no progress for {minutes} minutes",
        channel=Channel.PAGERDUTY,
        severity=Severity.WARNING,
        facts={"minutes": minutes},
        code=ReasonCode.INTERNAL_ERROR,
    )


def late(cid: str, run_id: str, *, hours: int | float) -> Alert:
    """Return the alert for a run that is not over at the end of its window."""
    return Alert(
        Channel.SLACK,
        Action.TRIGGER,
        Severity.WARNING,
        Condition.RUN_WINDOW,
        cid,
        run_id,
        f"account {cid}: not over after {hours:g} hours",
        {"run_window_hours": hours},
        ReasonCode.INTERNAL_ERROR,
    )


def resolved(run: Run, condition: Condition) -> Alert:
    """Return the message that ends an incident."""
    return _alert(
        run,
        condition,
        f"{condition} is over",
        channel=Channel.PAGERDUTY,
        severity=Severity.INFO,
        action=Action.RESOLVE,
    )


def _about_outcome(run: Run, outcome: Outcome, ledger: Ledger) -> tuple[Alert, ...]:
    facts = _facts(outcome, ledger)
    if outcome.state is RunState.HALTED:
        quiet = outcome.reason in NOT_PAGED
        return (
            _alert(
                run,
                Condition.HALTED,
                f"halted ({outcome.reason}), {ledger.batches.failed} of {ledger.notes_total} notes failed",
                channel=Channel.SLACK if quiet else Channel.PAGERDUTY,
                severity=Severity.WARNING if quiet else Severity.CRITICAL,
                facts=facts,
                code=outcome.reason,
            ),
        )
    finished = _alert(
        run,
        Condition.FINISHED,
        f"{outcome.state}{f' ({outcome.reason})' if outcome.reason else ''}, {_said_of_notes(ledger)}"
        f"{_said_of_attachments(ledger.batches.attachments)}",
        channel=Channel.SLACK,
        severity=Severity.INFO,
        facts=facts,
        code=outcome.reason,
    )
    if outcome.state is RunState.COMPLETED_SUCCESS:
        return (finished,)
    incomplete = _alert(
        run,
        Condition.INCOMPLETE,
        f"written, but not as it should be ({outcome.reason}), {_said_of_notes(ledger)}",
        channel=Channel.PAGERDUTY,
        severity=Severity.WARNING,
        facts=facts,
        code=outcome.reason,
    )
    return (incomplete, finished)


def _about_attachments(run: Run, counts: AttachmentCounts) -> Alert | None:
    """More than the setting's share has failed; exactly at it is still good. In whole numbers."""
    if 100 * counts.failed <= Fraction(str(run.settings.attachment_alert_pct)) * counts.total:
        return None
    return _alert(
        run,
        Condition.ATTACHMENTS_FAILED,
        f"{counts.failed} of {counts.total} attachments failed, more than"
        f" {run.settings.attachment_alert_pct:g} %{_short_of_target(counts)}",
        channel=Channel.SLACK,
        severity=Severity.WARNING,
        facts=dict(sorted(counts.failed_by_reason.items())),
        code=_most_frequent(counts.failed_by_reason),
    )


def _about_quota(run: Run, counts: AttachmentCounts, used: int) -> Alert | None:
    """Only where this run has added to it or met the limit: a rerun repeats nobody's news."""
    quota = run.settings.attachment_quota_bytes
    refused = counts.failed_by_reason.get(ReasonCode.ATTACHMENT_QUOTA_EXCEEDED, 0)
    approached = counts.bytes > 0 and 100 * used >= QUOTA_WARNING_PCT * quota
    if not refused and not approached:
        return None
    share = f"{percent(used, quota):g} %" if quota else "all"
    return _alert(
        run,
        Condition.ATTACHMENT_QUOTA,
        f"{share} of the attachment quota is used, {refused} attachments were refused for it",
        channel=Channel.SLACK,
        severity=Severity.WARNING,
        facts={"used_bytes": used, "quota_bytes": quota, "refused": refused},
        code=ReasonCode.ATTACHMENT_QUOTA_EXCEEDED,
    )


def _about_identity(run: Run, ledger: Ledger) -> Alert | None:
    times = ledger.batches.warnings.get("identity_unavailable", 0)
    if not times:
        return None
    return _alert(
        run,
        Condition.IDENTITY_UNAVAILABLE,
        f"identity did not answer in {times} batches, {ledger.batches.owners.by_label} notes have a label"
        " for an owner",
        channel=Channel.SLACK,
        severity=Severity.WARNING,
        facts={"batches": times, "owners_by_label": ledger.batches.owners.by_label},
        code=ReasonCode.OWNER_NOT_RESOLVED,
    )


def _resolved(run: Run, outcome: Outcome, open_conditions: Collection[Condition]) -> tuple[Alert, ...]:
    """A success ends every incident of the account; any end ends the one about a run that stands still."""
    nothing_left = outcome.state in {RunState.COMPLETED_SUCCESS, RunState.NOT_STARTED}
    over = PAGED if nothing_left else (Condition.NO_PROGRESS,)
    return tuple(resolved(run, condition) for condition in over if condition in open_conditions)


def _alert(
    run: Run,
    condition: Condition,
    text: str,
    *,
    channel: Channel,
    severity: Severity,
    action: Action = Action.TRIGGER,
    facts: Mapping[str, str | int | float] | None = None,
    code: ReasonCode | None = None,
) -> Alert:
    summary = f"account {run.cid}: {text}"
    return Alert(channel, action, severity, condition, run.cid, run.run_id, summary, facts or {}, code)


def _facts(outcome: Outcome, ledger: Ledger) -> dict[str, str | int | float]:
    facts: dict[str, str | int | float] = {"status": outcome.state, **ledger.classes()}
    facts["failure_rate"] = ledger.failure_rate
    if outcome.state is not RunState.HALTED:
        facts["match_pct"] = ledger.match_pct
    if outcome.reason:
        facts["reason_code"] = outcome.reason
    return facts


def _said_of_notes(ledger: Ledger) -> str:
    return (
        f"{ledger.present} of {ledger.expected} notes in the CDP (match {ledger.match_pct:.2f} %),"
        f" {ledger.batches.failed} failed"
    )


def _said_of_attachments(counts: AttachmentCounts) -> str:
    if counts.total == 0:
        return ""
    return f", {counts.linked} of {counts.total} attachments linked{_short_of_target(counts)}"


def _short_of_target(counts: AttachmentCounts) -> str:
    if 100 * counts.linked >= LINKED_TARGET_PCT * counts.total:
        return ""
    linked = percent(counts.linked, counts.total)
    return f" ({linked:.2f} % linked, short of the target of {LINKED_TARGET_PCT} %)"


def _most_frequent(by_reason: Mapping[str, int]) -> ReasonCode | None:
    return ReasonCode(max(sorted(by_reason), key=lambda name: by_reason[name])) if by_reason else None
