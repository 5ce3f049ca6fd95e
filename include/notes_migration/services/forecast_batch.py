"""A batch of a dry run: the migration's own code over stores that drop writes, and what files it has met."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from notes_migration.domain.attachments import AssetOutcome
from notes_migration.domain.batching import StagedPage
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.forecast import BYTES, HOST, TYPE, host_of
from notes_migration.domain.notes import CrmNote
from notes_migration.domain.run import Run
from notes_migration.ports.batch_ledger import BatchLedger, BatchResult
from notes_migration.services.migrate_batch import Relinker

_NO_QUOTA = 2**62


@dataclass(slots=True)
class TallyingRelinker:
    """Relinker that also counts files by type and by the host that is not allowed.

    The quota fails no file here: what all of them need is held against it once, in the report.
    """

    relinker: Relinker
    tally: Counter[str] = field(default_factory=Counter)

    def relink(
        self,
        notes: Sequence[CrmNote],
        *,
        quota_left_bytes: int,  # noqa: ARG002 - see above
    ) -> dict[str, tuple[AssetOutcome, ...]]:
        outcomes = self.relinker.relink(notes, quota_left_bytes=_NO_QUOTA)
        urls = {(note.note_id, asset.name): asset.url for note in notes for asset in note.assets}
        for note_id, found in outcomes.items():
            for each in found:
                self._count(each, urls.get((note_id, each.asset)))
        return outcomes

    def _count(self, outcome: AssetOutcome, url: str | None) -> None:
        if outcome.attachment is not None:
            self.tally[TYPE + outcome.attachment.type] += 1
            self.tally[BYTES + outcome.attachment.type] += outcome.attachment.file_size_in_byte
        elif outcome.reason is ReasonCode.ATTACHMENT_HOST_NOT_ALLOWED:
            self.tally[HOST + host_of(url)] += 1


@dataclass(frozen=True, slots=True)
class ForecastBatch:
    """`migrate` is that of services/migrate_batch.py, `relinker` the one that it was given."""

    migrate: Callable[[Run, StagedPage], BatchResult]
    relinker: TallyingRelinker
    batches: BatchLedger

    def forecast(self, run: Run, page: StagedPage) -> BatchResult:
        """Return the batch's result, stored for the report; errors as of MigrateBatch."""
        self.relinker.tally.clear()
        result = replace(self.migrate(run, page), tallies=dict(self.relinker.tally))
        self.batches.store_result(run, page.batch, result)
        return result
