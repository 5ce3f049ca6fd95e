"""What must hold after the demo's runs; each function returns one line per problem: what, why, what next."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sandbox.accounts.model import ExpectedOutcome
from sandbox.demo.following import FollowedRun
from sandbox.demo.results import percentage
from sandbox.demo.world import DemoWorld, Evidence

_SHOWN_DIFFERENCES = 5


def first_run_problems(world: DemoWorld, run: FollowedRun) -> list[str]:
    """Compare a first run with the generator's expectation: outcome, counts, then every document."""
    expected = world.accounts[run.cid].expected
    if problems := [*_outcome_problems(run, expected), *_count_problems(run, expected)]:
        return [f"{run.cid}: {problem}" for problem in problems]
    return [f"{run.cid}: {line}" for line in _shortened(world.differences(run.cid))]


def rerun_problems(run: FollowedRun, before: Evidence, after: Evidence) -> list[str]:
    """Return what a rerun changed or did again."""
    checks = {
        "ended": (run.status, "completed_success"),
        "migrated": (run.counts["migrated"], 0),
        "number of documents": (after.documents, before.documents),
        "hash of all documents": (after.digest[:16], before.digest[:16]),
        "requests to the CDN": (after.cdn_requests, before.cdn_requests),
    }
    return [
        f"{run.cid}: rerun: {what} is {found}, expected {wanted}{_where(run)}"
        for what, (found, wanted) in checks.items()
        if found != wanted
    ]


def _outcome_problems(run: FollowedRun, expected: ExpectedOutcome) -> Iterator[str]:
    wanted_state = "failed" if expected.status == "halted" else "success"
    found = (run.status, run.record.get("reason_code"))
    if found != (expected.status, expected.reason_code):
        reason = f" ({found[1]})" if found[1] else ""
        yield f"ended {found[0]}{reason}, expected {expected.status}{_where(run)}"
    if run.airflow_state != wanted_state:
        yield f"Airflow's run is {run.airflow_state}, expected {wanted_state}{_where(run)}"


def _count_problems(run: FollowedRun, expected: ExpectedOutcome) -> Iterator[str]:
    if expected.status == "halted":  # how far it came before it stopped is nobody's promise
        return
    for what, (found, wanted) in _counts(run, expected).items():
        if found != wanted:
            yield f"{what} is {found}, expected {wanted}{_where(run)}"


def _counts(run: FollowedRun, expected: ExpectedOutcome) -> dict[str, tuple[Any, Any]]:
    record, counts = run.record, run.counts
    attachments = record.get("attachments") or {}
    failed_files = len(expected.attachments_failed)
    return {
        "source total": (record.get("source_total"), expected.source_total),
        "sum of the classes": (sum(counts.values()), expected.source_total),
        "migrated": (counts["migrated"], len(expected.documents)),
        "out of scope": (counts["out_of_scope"], expected.out_of_scope),
        "failed by reason": (record.get("failed_by_reason"), expected.failed_by_reason),
        "attachments": (attachments.get("total"), expected.attachments_total),
        "attachments linked": (attachments.get("linked"), expected.attachments_total - failed_files),
        "owners by label": ((record.get("owners") or {}).get("by_label"), expected.owners_by_label),
        "match %": (percentage(record.get("match_pct")), expected.match_pct),
    }


def _where(run: FollowedRun) -> str:
    tasks = f", failed tasks {', '.join(run.failed_tasks)}" if run.failed_tasks else ""
    return f" (run {run.run_id}{tasks})"


def _shortened(lines: list[str]) -> list[str]:
    more = len(lines) - _SHOWN_DIFFERENCES
    return [*lines[:_SHOWN_DIFFERENCES], f"and {more} differences more"] if more > 0 else lines
