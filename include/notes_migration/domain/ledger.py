"""How notes are counted: six classes that add up, and the percentages made of them (contracts, section 2)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class AttachmentCounts:
    """Files of the notes that this run wrote; `bytes` counts what is linked."""

    linked: int = 0
    failed: int = 0
    bytes: int = 0
    failed_by_reason: Mapping[str, int] = field(default_factory=dict)

    @property
    def total(self) -> int:
        return self.linked + self.failed


@dataclass(frozen=True, slots=True)
class OwnerCounts:
    """Authors of the notes that this run wrote: with an SSO id, or by label only."""

    resolved: int = 0
    by_label: int = 0


@dataclass(frozen=True, slots=True)
class BatchCounts:
    """What became of the notes of one batch, or of the sum of several."""

    migrated: int = 0
    already_present: int = 0
    failed: int = 0
    erased_in_cdp: int = 0
    failed_by_reason: Mapping[str, int] = field(default_factory=dict)
    attachments: AttachmentCounts = field(default_factory=AttachmentCounts)
    owners: OwnerCounts = field(default_factory=OwnerCounts)
    checkins_dropped: int = 0
    warnings: Mapping[str, int] = field(default_factory=dict)

    @property
    def processed(self) -> int:
        """Every note that was delivered and has its class."""
        return self.migrated + self.already_present + self.failed + self.erased_in_cdp


@dataclass(frozen=True, slots=True)
class Ledger:
    """The account's notes by class after (or during) a run.

    in_scope and out_of_scope are the CRM's count, frozen when the run started. A note that was
    counted and not delivered has vanished at the source; that is known once all was read.
    """

    in_scope: int
    out_of_scope: int
    batches: BatchCounts

    @property
    def notes_total(self) -> int:
        """Notes in scope; a CRM that delivers more than it counted is believed by what it delivers."""
        return max(self.in_scope, self.batches.processed)

    @property
    def vanished_at_source(self) -> int:
        return self.notes_total - self.batches.processed

    @property
    def source_total(self) -> int:
        return self.notes_total + self.out_of_scope

    @property
    def present(self) -> int:
        return self.batches.migrated + self.batches.already_present

    @property
    def expected(self) -> int:
        """Notes that should be in the CDP: in scope, still at the source, not erased by a user."""
        return self.notes_total - self.vanished_at_source - self.batches.erased_in_cdp

    def classes(self) -> dict[str, int]:
        """Return the six classes by name; they add up to `source_total`."""
        return {
            "migrated": self.batches.migrated,
            "already_present": self.batches.already_present,
            "failed": self.batches.failed,
            "vanished_at_source": self.vanished_at_source,
            "erased_in_cdp": self.batches.erased_in_cdp,
            "out_of_scope": self.out_of_scope,
        }

    @property
    def match_pct(self) -> float:
        return 100.0 if self.expected == 0 else percent(self.present, self.expected)

    @property
    def failure_rate(self) -> float:
        return 0.0 if self.in_scope == 0 else percent(self.batches.failed, self.in_scope)

    def matches(self, threshold_pct: float, *, undelivered: int = 0) -> bool:
        """Whether the match reaches the threshold; exactly at it passes. Compared in whole numbers.

        undelivered: notes that the CRM still counts and did not deliver; they have not vanished.
        """
        return 100 * self.present >= Fraction(str(threshold_pct)) * (self.expected + undelivered)

    def fails(self, threshold_pct: float) -> bool:
        """Whether failures are above the threshold; exactly at it is still good.

        Known before all is read, and the same whatever the order of batches: the divisor is frozen.
        """
        return 100 * self.batches.failed > Fraction(str(threshold_pct)) * self.in_scope


def percent(part: int, whole: int) -> float:
    """Return 100 x part / whole, floored to two decimals, so that 99.999 is not shown as 100."""
    return (10_000 * part // whole) / 100


def add_counts(left: BatchCounts, right: BatchCounts) -> BatchCounts:
    """Return the sum of two counts, reasons and warnings merged by name."""
    return BatchCounts(
        migrated=left.migrated + right.migrated,
        already_present=left.already_present + right.already_present,
        failed=left.failed + right.failed,
        erased_in_cdp=left.erased_in_cdp + right.erased_in_cdp,
        failed_by_reason=_merged(left.failed_by_reason, right.failed_by_reason),
        attachments=AttachmentCounts(
            linked=left.attachments.linked + right.attachments.linked,
            failed=left.attachments.failed + right.attachments.failed,
            bytes=left.attachments.bytes + right.attachments.bytes,
            failed_by_reason=_merged(left.attachments.failed_by_reason, right.attachments.failed_by_reason),
        ),
        owners=OwnerCounts(
            resolved=left.owners.resolved + right.owners.resolved,
            by_label=left.owners.by_label + right.owners.by_label,
        ),
        checkins_dropped=left.checkins_dropped + right.checkins_dropped,
        warnings=_merged(left.warnings, right.warnings),
    )


def _merged(left: Mapping[str, int], right: Mapping[str, int]) -> dict[str, int]:
    merged = dict(left)
    for name, count in right.items():
        merged[name] = merged.get(name, 0) + count
    return merged
