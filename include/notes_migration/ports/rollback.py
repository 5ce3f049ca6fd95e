"""What a rollback asks of the stores, beside what every run asks of them."""

from __future__ import annotations

from collections.abc import Collection
from typing import Protocol

from notes_migration.domain.rollback import Intended, Stamp
from notes_migration.domain.run import Run


class AccountHold(Protocol):
    """The fence, taken without a change of the account's state; errors as of AccountRegistry."""

    def occupy(self, run: Run) -> bool:
        """Make this attempt the only one that may write; False where another run is active."""
        ...

    def begin_removal(self, run: Run) -> bool:
        """Make the account in_progress by this run; False where this attempt may write no more."""
        ...


class MigratedNotes(Protocol):
    """The CDP's migrated notes of one company; native notes are out of reach of every method.

    Both raise TransientError or FatalError (DEPENDENCY_UNAVAILABLE); calling again goes on.
    """

    def stamps(self, note_ids: Collection[str]) -> dict[str, Stamp]:
        """Return CRM id -> stamp of the documents that are there, soft-deleted ones included."""
        ...

    def remove(self, untouched: Intended) -> None:
        """Remove each document that still has one of these `updated_at` and is not soft-deleted."""
        ...


class RemovalLedger(Protocol):
    """What a rollback meant to remove and has removed; errors as of BatchLedger.

    As with writing: the intent is stored before, and settled after by what is there.
    """

    def store_removal(self, run: Run, batch: str, note_ids: Collection[str]) -> None:
        """Add the ids to what the batch is about to remove."""
        ...

    def pending(self, run: Run) -> dict[str, set[str]]:
        """Return batch -> ids that it meant to remove, as far as they are not settled."""
        ...

    def settle_removal(self, run: Run, batch: str, removed: Collection[str]) -> None:
        """Settle the batch: earlier runs are no longer known to have written what is `removed`."""
        ...

    def removed(self, run: Run) -> int:
        """Return how many documents the run has removed."""
        ...


class IntendedNotes(Protocol):
    """What all runs of an account meant to write, and the bytes that are left of it; errors as above."""

    def intended_by(self, cid: str) -> Intended:
        """Return every CRM id that a run of the account meant to write."""
        ...

    def keep_bytes(self, run: Run, count: int) -> None:
        """Count these bytes against the account's quota, in the place of all that earlier runs linked."""
        ...


class FailureReset(Protocol):
    """Forgets what failed of an account; errors as of FailureRecords."""

    def clear(self, cid: str) -> None:
        """Remove every record of the account."""
        ...
