"""What a verification has proved of an account (contracts, sections 2 and 3)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any

from notes_migration.domain.differences import Difference
from notes_migration.domain.ledger import Ledger
from notes_migration.domain.run import Run
from notes_migration.domain.status import iso

# The list is for people; the counts by kind are complete.
MOST_LISTED = 1000


@dataclass(frozen=True, slots=True)
class Certificate:
    """One verification of one account; ids, kinds and counts only.

    classes: the six, over all runs of the account: `migrated` is what its runs have written,
    `already_present` what is there without their doing. max_id: the highest id that the account's
    migration froze; `notes_added_since` counts notes in scope above it. ids_sha256: hex digest of the
    ids that are present, ascending, one per line.
    """

    cid: str
    company_sso_id: str
    run_id: str
    verified_at: str
    max_id: str
    source_total: int
    in_scope: int
    classes: Mapping[str, int]
    failed_by_reason: Mapping[str, int]
    match_pct: float
    attachments: Mapping[str, Any]
    owners: Mapping[str, int]
    owners_compared: bool
    notes_added_since: int | None
    ids_sha256: str
    differences_total: int
    differences_by_kind: Mapping[str, int]
    differences: Sequence[Mapping[str, str]]

    def to_json(self) -> dict[str, Any]:
        return asdict(self)


def certify(
    run: Run,
    ledger: Ledger,
    differences: Sequence[Difference],
    *,
    present: Collection[str],
    added_since: int | None,
    now: datetime,
) -> Certificate:
    """Sum a verification up; of the differences, those of our own making come first in the list."""
    counts = ledger.batches
    ordered = sorted(differences, key=lambda each: (each.kind.since, int(each.note_id), each.kind))
    return Certificate(
        cid=run.cid,
        company_sso_id=run.company_sso_id,
        run_id=run.run_id,
        verified_at=iso(now),
        max_id=str(run.max_id),
        source_total=ledger.source_total,
        in_scope=ledger.notes_total,
        classes=ledger.classes(),
        failed_by_reason=dict(counts.failed_by_reason),
        match_pct=ledger.match_pct,
        attachments={**asdict(counts.attachments), "total": counts.attachments.total},
        owners=asdict(counts.owners),
        owners_compared="identity_unavailable" not in counts.warnings,
        notes_added_since=added_since,
        ids_sha256=sha256("\n".join(sorted(present, key=int)).encode()).hexdigest(),
        differences_total=len(ordered),
        differences_by_kind=dict(Counter(str(each.kind) for each in ordered)),
        differences=[
            {"legacy_crm_note_id": each.note_id, "kind": str(each.kind)} for each in ordered[:MOST_LISTED]
        ],
    )
