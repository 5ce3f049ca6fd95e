"""What tasks hand to each other: ids, counts and references, as plain JSON, made and read here only."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from notes_migration.adapters.counts_codec import counts_from_document, counts_to_document
from notes_migration.domain.batching import StagedPage
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.ledger import Ledger
from notes_migration.domain.outcome import Outcome, Verdict, decide_outcome
from notes_migration.domain.paging import IdRange
from notes_migration.domain.run import Run
from notes_migration.domain.settings import parse_settings


def ranges_to_xcom(ranges: Sequence[IdRange]) -> list[dict[str, str]]:
    """Ids as strings: JSON readers differ on whole numbers above 2^53."""
    return [{"after_id": str(each.after_id), "until_id": str(each.until_id)} for each in ranges]


def range_from_xcom(value: Mapping[str, str]) -> IdRange:
    return IdRange(int(value["after_id"]), int(value["until_id"]))


def pages_to_xcom(pages: Sequence[StagedPage]) -> list[dict[str, Any]]:
    return [asdict(page) for page in pages]


def pages_from_xcom(value: Sequence[Mapping[str, Any]]) -> list[StagedPage]:
    return [StagedPage(**page) for page in value]


def groups_to_xcom(groups: Sequence[Sequence[StagedPage]]) -> list[dict[str, Any]]:
    """Name each group by the notes that it carries, counted through the account."""
    named, first = [], 1
    for group in groups:
        last = first + sum(page.count for page in group) - 1
        named.append({"label": f"notes {first}–{last}", "pages": pages_to_xcom(group)})
        first = last + 1
    return named


def findings_to_xcom(run: Run, verdict: Verdict, ledger: Ledger) -> dict[str, Any]:
    """Put together all that the decision needs, so that the branch asks nobody."""
    return {
        "verdict": asdict(verdict),
        "in_scope": ledger.in_scope,
        "out_of_scope": ledger.out_of_scope,
        "counts": counts_to_document(ledger.batches),
        "settings": run.settings.model_dump(mode="json"),
    }


def outcome_of(findings: Mapping[str, Any]) -> Outcome:
    """Return the decision over validation's findings; the same for the branch and the ends."""
    stopped = findings["verdict"]["stopped"]
    verdict = Verdict(
        stopped=ReasonCode(stopped) if stopped else None,
        count_confirmed=findings["verdict"]["count_confirmed"],
        missing=findings["verdict"]["missing"],
        undelivered=findings["verdict"]["undelivered"],
        failures_halt=findings["verdict"]["failures_halt"],
    )
    ledger = Ledger(findings["in_scope"], findings["out_of_scope"], counts_from_document(findings["counts"]))
    return decide_outcome(verdict, ledger, parse_settings(findings["settings"]))
