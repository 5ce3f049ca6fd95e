"""The composition root of a rollback; a dry run gets stores that drop every write."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from notes_migration.adapters import read_only
from notes_migration.composition import Composition
from notes_migration.domain.run import RollbackMode

if TYPE_CHECKING:
    from notes_migration.adapters.mongo_removals import MongoRemovals
    from notes_migration.ports.account_directory import AccountDirectory
    from notes_migration.ports.account_registry import AccountRegistry
    from notes_migration.ports.alerts import Alerts
    from notes_migration.ports.certificates import Certificates
    from notes_migration.ports.rollback import AccountHold, MigratedNotes
    from notes_migration.ports.run_status import RunStatus
    from notes_migration.services.count_rollback import CountRollback
    from notes_migration.services.end_rollback import EndRollback
    from notes_migration.services.guard_rollback import GuardRollback
    from notes_migration.services.remove_notes import RemoveNotes
    from notes_migration.services.sort_notes import SortNotes
    from notes_migration.services.verify_rollback import VerifyRollback


class RollbackComposition(Composition):
    """What one task of `crm_notes_rollback` may need."""

    def guard_rollback(self) -> GuardRollback:
        from notes_migration.services.guard_rollback import GuardRollback

        return GuardRollback(self._directory(), self._hold(), self.runs, self.clock)

    def count_rollback(self) -> CountRollback:
        from notes_migration.services.count_rollback import CountRollback

        return CountRollback(self._sorting(), self.attachments, self.runs)

    def remove_notes(self) -> RemoveNotes:
        from notes_migration.services.remove_notes import RemoveNotes

        removals = self._removals()
        return RemoveNotes(
            accounts=self.accounts,
            hold=self._hold(),
            runs=self.runs,
            intended=removals,
            ledger=removals,
            notes=self._migrated_notes(),
            listing=self.attachments,
            sweeper=self.attachments,
            certificates=self._certificates(),
            progress=self.progress,
        )

    def verify_rollback(self) -> VerifyRollback:
        from notes_migration.services.verify_rollback import VerifyRollback

        return VerifyRollback(self._sorting(), self._removals(), self.attachments, self.runs)

    def end_rollback(self) -> EndRollback:
        from notes_migration.services.end_rollback import EndRollback

        return EndRollback(
            accounts=self.accounts,
            runs=self.runs,
            ledger=self._removals(),
            notes=self._migrated_notes(),
            failures=self._failures(),
            alerts=self._alerts(),
            progress=self.progress,
            clock=self.clock,
        )

    def _sorting(self) -> SortNotes:
        from notes_migration.services.sort_notes import SortNotes

        return SortNotes(self._removals(), self._migrated_notes())

    def _hold(self) -> AccountHold:
        return self._accounts()

    def _directory(self) -> AccountDirectory:
        from notes_migration.adapters.mongo_account_directory import MongoAccountDirectory

        return MongoAccountDirectory(self.resources.database)

    def _removals(self) -> MongoRemovals:
        from notes_migration.adapters.mongo_batches import COLLECTION
        from notes_migration.adapters.mongo_removals import MongoRemovals

        return MongoRemovals(self.resources.database[COLLECTION])

    def _migrated_notes(self) -> MigratedNotes:
        from notes_migration.adapters.mongo_migrated_notes import MongoMigratedNotes

        return MongoMigratedNotes(
            self.resources.database["contact_notes"], company_sso_id=self.company_sso_id
        )

    def _certificates(self) -> Certificates:
        from notes_migration.adapters.mongo_certificates import COLLECTION, MongoCertificates

        return MongoCertificates(self.resources.database[COLLECTION])


class RollbackDryRunComposition(RollbackComposition):
    """Takes no fence, changes no state and tells nobody; the run's own record is all that stays."""

    @cached_property
    def accounts(self) -> AccountRegistry:
        return read_only.ReadOnlyAccounts(self._accounts())

    def _hold(self) -> AccountHold:
        return read_only.ReadOnlyAccounts(self._accounts())

    def _status(self) -> RunStatus:
        return read_only.NoStatus()

    def _alerts(self) -> Alerts:
        return read_only.NoAlerts()


def rollback_composition_for(mode: RollbackMode) -> type[RollbackComposition]:
    """Return the composition of a rollback's mode."""
    return RollbackComposition if mode.writes else RollbackDryRunComposition
