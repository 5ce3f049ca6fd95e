"""What becomes of each note of a batch, collected on the way and summed up once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field

from notes_migration.domain.attachments import AssetOutcome
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.ledger import AttachmentCounts, BatchCounts, OwnerCounts
from notes_migration.domain.notes import CrmNote
from notes_migration.domain.owners import Owner
from notes_migration.ports.batch_ledger import BatchResult, FailedRecord, PreparedNote


@dataclass(slots=True)
class BatchTally:
    """Every id ends in exactly one class; failures keep their reason."""

    migrated: list[str] = field(default_factory=list)
    already_present: list[str] = field(default_factory=list)
    erased: list[str] = field(default_factory=list)
    failures: list[FailedRecord] = field(default_factory=list)
    warnings: Counter[str] = field(default_factory=Counter)
    prepared: dict[str, PreparedNote] = field(default_factory=dict)

    def fail(self, note_id: str, reason: ReasonCode, stage: str) -> None:
        self.failures.append(FailedRecord("note", note_id, None, reason, stage))

    def prepare(self, note: CrmNote, owner: Owner, outcomes: Collection[AssetOutcome]) -> None:
        """Note down what will be true of a note once it is written."""
        linked = [each.attachment for each in outcomes if each.attachment is not None]
        failed = Counter(str(each.reason) for each in outcomes if each.reason is not None)
        self.prepared[note.note_id] = PreparedNote(
            linked=len(linked),
            linked_bytes=sum(attachment.file_size_in_byte for attachment in linked),
            attachments_failed=dict(failed),
            by_label=owner.sso_id is None,
            checkin_dropped=note.has_checkin,
            updated_at=note.updated_at,
        )
        self.failures += _degradations(note, owner, outcomes)

    def result(self, duration_seconds: float) -> BatchResult:
        """Sum up; only notes of class migrated bring their attachments and owners into the counts."""
        notes = [each for each in self.failures if each.kind == "note"]
        written = [self.prepared.get(note_id, PreparedNote()) for note_id in self.migrated]
        counts = BatchCounts(
            migrated=len(self.migrated),
            already_present=len(self.already_present),
            failed=len(notes),
            erased_in_cdp=len(self.erased),
            failed_by_reason=dict(Counter(str(each.reason) for each in notes)),
            attachments=_attachments(written),
            owners=OwnerCounts(
                resolved=sum(not each.by_label for each in written),
                by_label=sum(each.by_label for each in written),
            ),
            checkins_dropped=sum(each.checkin_dropped for each in written),
            warnings=dict(self.warnings),
        )
        ids = {
            "migrated": self.migrated,
            "already_present": self.already_present,
            "erased_in_cdp": self.erased,
            "failed": [each.note_id for each in notes],
        }
        return BatchResult(counts, ids, round(duration_seconds, 3))


def _attachments(written: Iterable[PreparedNote]) -> AttachmentCounts:
    by_reason: Counter[str] = Counter()
    linked = linked_bytes = 0
    for note in written:
        linked += note.linked
        linked_bytes += note.linked_bytes
        by_reason.update(note.attachments_failed)
    return AttachmentCounts(linked, by_reason.total(), linked_bytes, dict(by_reason))


def _degradations(note: CrmNote, owner: Owner, outcomes: Iterable[AssetOutcome]) -> list[FailedRecord]:
    records = [
        FailedRecord("attachment", note.note_id, each.asset, each.reason, "attachments")
        for each in outcomes
        if each.reason is not None
    ]
    if owner.sso_id is None and note.creator_id is not None:
        records.append(FailedRecord("owner", note.note_id, None, ReasonCode.OWNER_NOT_RESOLVED, "owners"))
    return records
