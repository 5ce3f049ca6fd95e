"""Stores for a run that only looks: they answer from the real ones and drop every write."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, BinaryIO

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Sequence
    from datetime import datetime

    from notes_migration.domain.documents import CdpNote
    from notes_migration.domain.guarding import Binding
    from notes_migration.domain.ledger import Ledger
    from notes_migration.domain.outcome import Outcome
    from notes_migration.domain.run import Run
    from notes_migration.domain.states import RunState
    from notes_migration.domain.status import StatusRecord
    from notes_migration.ports.account_registry import AccountRegistry
    from notes_migration.ports.batch_ledger import FailedRecord
    from notes_migration.ports.object_storage import NewObject, ObjectHead


class ReadOnlyAccounts:
    """AccountRegistry; such a run takes no fence, since nothing that the fence guards is written."""

    def __init__(self, real: AccountRegistry) -> None:
        self._real = real

    def bindings(self, *, cid: str, company_sso_id: str) -> tuple[Binding, ...]:
        return self._real.bindings(cid=cid, company_sso_id=company_sso_id)

    def state(self, cid: str) -> RunState:
        return self._real.state(cid)

    def activate(self, run: Run) -> None:
        """Nothing."""

    def occupy(self, run: Run) -> bool:
        return True

    def begin_removal(self, run: Run) -> bool:
        return False

    def is_active(self, run: Run) -> bool:
        return True

    def close(self, run: Run) -> None:
        """Nothing."""

    def inherit(self, run: Run) -> None:
        """Nothing."""

    def holds(self, run: Run) -> bool:
        return True

    def bind(self, run: Run) -> bool:
        return True

    def record_outcome(self, run: Run, outcome: Outcome, *, now: datetime) -> None:
        """Nothing."""

    def deactivate(self, *, cid: str, run_id: str) -> None:
        """Nothing."""


class NoFailureRecords:
    """FailureRecords that keeps none."""

    def record(self, run: Run, failures: Sequence[FailedRecord]) -> None:
        """Nothing."""

    def renew(self, run: Run, note_ids: Collection[str], failures: Sequence[FailedRecord]) -> None:
        """Nothing."""

    def resolve(self, run: Run, note_ids: Collection[str]) -> None:
        """Nothing."""

    def remove(self, run: Run, repaired: Sequence[FailedRecord]) -> None:
        """Nothing."""


class NoStatus:
    """RunStatus that publishes nothing: the account's record stays as it is."""

    def publish(self, record: StatusRecord) -> None:
        """Nothing."""

    def read(self, cid: str) -> dict[str, Any] | None:
        return None


class NoAlerts:
    """Alerts for nobody: whoever asked for a report is the one to read it."""

    def run_ended(self, run: Run, outcome: Outcome, ledger: Ledger) -> None:
        """Nothing."""


class NoNotesWritten:
    """NotesStore that writes nothing and refuses nothing."""

    def __init__(self, existing: Callable[[Collection[str]], set[str]]) -> None:
        self._existing = existing

    def existing(self, note_ids: Collection[str]) -> set[str]:
        return self._existing(note_ids)

    def insert_missing(self, notes: Sequence[CdpNote]) -> set[str]:
        return set()


class NoObjectsStored:
    """ObjectStorage of a dry run: each file is looked at as if it were new, and dropped."""

    def head(self, key: str) -> ObjectHead | None:
        return None

    def put(self, new: NewObject, body: BinaryIO) -> None:
        """Nothing."""

    def get(self, key: str) -> bytes | None:
        return None
