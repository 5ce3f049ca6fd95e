"""What each batch intended and what became of it (`notes_migration_batches`).

One document per run and batch. An intent is stored before the write and kept for ever; a result
replaces, never adds. So the sums stay exact under crashes and retries (contracts, section 2).
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from notes_migration.domain.differences import Difference
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.ledger import BatchCounts
from notes_migration.domain.run import Run


@dataclass(frozen=True, slots=True)
class BatchResult:
    """The counts of one batch and the ids behind them, by class.

    differences: what verifying it found. tallies: what a dry run counts beside (domain/forecast.py).
    mended: names of the files and owners that a replay has made right and that are in these counts.
    """

    counts: BatchCounts
    ids: Mapping[str, Sequence[str]] = field(default_factory=dict)
    duration_seconds: float = 0.0
    differences: Sequence[Difference] = ()
    tallies: Mapping[str, int] = field(default_factory=dict)
    mended: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class PreparedNote:
    """What will be true of a note once it is written; stored before, so that a crash loses no count.

    updated_at: the CRM's, as it is written: a document with another one was edited by somebody since.
    """

    linked: int = 0
    linked_bytes: int = 0
    attachments_failed: Mapping[str, int] = field(default_factory=dict)
    by_label: bool = False
    checkin_dropped: bool = False
    updated_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class FailedRecord:
    """One thing that failed: a note, an attachment or an owner. Ids and codes only, never content."""

    kind: str
    note_id: str
    asset: str | None
    reason: ReasonCode
    stage: str


class BatchLedger(Protocol):
    """All methods raise TransientError (DEPENDENCY_UNAVAILABLE) where the store does not answer."""

    def begin_attempt(self, run: Run) -> None:
        """Take the results of this run's former attempts away; keep their intents, and what they mended."""
        ...

    def intended(self, run: Run, note_ids: Collection[str]) -> set[str]:
        """Return which of the ids some batch of this run has intended to write."""
        ...

    def written_before(self, run: Run, note_ids: Collection[str]) -> set[str]:
        """Return which of the ids earlier work of the account has written, and no rollback has removed.

        Asked of notes that the CDP lacks.
        """
        ...

    def store_intent(self, run: Run, batch: str, note_ids: Collection[str]) -> None:
        """Add the ids to the batch's intent, before anything of them is written."""
        ...

    def store_prepared(self, run: Run, batch: str, notes: Mapping[str, PreparedNote]) -> None:
        """Store what will be true of the notes, by id, directly before they are written."""
        ...

    def prepared(self, run: Run, note_ids: Collection[str]) -> dict[str, PreparedNote]:
        """Return what earlier tries of this run had prepared for these ids."""
        ...

    def store_result(self, run: Run, batch: str, result: BatchResult) -> None:
        """Replace the batch's result."""
        ...

    def mended_elsewhere(self, run: Run, batch: str, things: Collection[str]) -> set[str]:
        """Return which of these files and owners another batch of the account has counted as mended."""
        ...

    def totals(self, run: Run) -> BatchCounts:
        """Return the sum over the run's results."""
        ...

    def ids(self, run: Run, classes: Collection[str]) -> list[str]:
        """Return the note ids of these classes over the run's results."""
        ...

    def unsettled(self, run: Run) -> dict[str, set[str]]:
        """Return batch -> intended ids, for batches whose intent has no result."""
        ...

    def all_intended(self, run: Run) -> set[str]:
        """Return every id that the run intended to write."""
        ...

    def attachment_bytes(self, cid: str) -> int:
        """Return the bytes that the account's results have linked, over all runs since its last rollback."""
        ...


class FailureRecords(Protocol):
    """What failed and why, kept 30 days after last seen (`notes_migration_failures`)."""

    def record(self, run: Run, failures: Sequence[FailedRecord]) -> None:
        """Store or refresh one record per failed thing."""
        ...

    def renew(self, run: Run, note_ids: Collection[str], failures: Sequence[FailedRecord]) -> None:
        """Store the failures, and drop what else is on record of the files and owners of these notes.

        For notes that are about to be written: what an earlier try, which wrote none, has met is over.
        """
        ...

    def resolve(self, run: Run, note_ids: Collection[str]) -> None:
        """Remove the note failures of notes that are there."""
        ...

    def remove(self, run: Run, repaired: Sequence[FailedRecord]) -> None:
        """Remove the records of these things, whatever their reason."""
        ...


class FailureLookup(Protocol):
    """What is on record about some notes of an account."""

    def of_notes(self, cid: str, note_ids: Collection[str]) -> Sequence[FailedRecord]:
        """Return every record that names one of the notes.

        Raises:
            TransientError: DEPENDENCY_UNAVAILABLE.
        """
        ...

    def of_account(self, cid: str) -> Sequence[FailedRecord]:
        """Return every record of the account; errors as above."""
        ...
