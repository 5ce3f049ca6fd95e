"""The table of what became of the accounts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.table import Table

from sandbox.demo.following import FollowedRun

_LEFT = ("account", "status", "failed by reason")
_COLUMNS = (
    "account",
    "status",
    "source",
    "migrated",
    "already present",
    "failed by reason",
    "out of scope",
    "attachments linked",
    "owners by label",
    "match %",
    "seconds",
)


def results_table(title: str, runs: Sequence[FollowedRun]) -> Table:
    """Return one row per run."""
    table = Table(title=title, title_justify="left")
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column in _LEFT else "right", overflow="fold")
    for run in runs:
        table.add_row(*_row(run))
    return table


def _row(run: FollowedRun) -> tuple[str, ...]:
    record, counts = run.record, run.counts
    attachments = record.get("attachments") or {}
    reason = record.get("reason_code")
    return (
        run.cid,
        f"{run.status}\n{reason}" if reason else run.status,
        str(record.get("source_total", 0)),
        str(counts["migrated"]),
        str(counts["already_present"]),
        by_reason(record.get("failed_by_reason") or {}),
        str(counts["out_of_scope"]),
        f"{attachments.get('linked', 0)} of {attachments.get('total', 0)}",
        str((record.get("owners") or {}).get("by_label", 0)),
        percentage(record.get("match_pct")),
        f"{run.seconds:.1f}",
    )


def by_reason(failed: Mapping[str, int]) -> str:
    """Return "0", or the reasons with their numbers, one a line."""
    return "\n".join(f"{code} {number}" for code, number in sorted(failed.items())) or "0"


def percentage(value: object) -> str:
    """Return the percentage with two decimals, or a dash."""
    return f"{float(value):.2f}" if isinstance(value, int | float) else str(value or "-")
