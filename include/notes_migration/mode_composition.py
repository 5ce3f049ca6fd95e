"""Which composition serves which mode: what only looks gets stores that drop every write."""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from typing import TYPE_CHECKING

from notes_migration.adapters import read_only
from notes_migration.composition import Composition, Extracting, Resources, Validating
from notes_migration.domain.conf import Mode
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.run import RollbackMode, Run

if TYPE_CHECKING:
    from notes_migration.adapters.staged_ledger import StagedLedger
    from notes_migration.domain.batching import StagedPage
    from notes_migration.ports.account_registry import AccountRegistry
    from notes_migration.ports.alerts import Alerts
    from notes_migration.ports.batch_ledger import BatchLedger, FailureRecords
    from notes_migration.ports.certificates import Certificates
    from notes_migration.ports.note_repairs import NoteRepairs
    from notes_migration.ports.notes_store import NotesStore
    from notes_migration.ports.object_storage import ObjectStorage
    from notes_migration.ports.run_status import RunStatus
    from notes_migration.services.forecast_batch import TallyingRelinker
    from notes_migration.services.migrate_batch import Relinker


class ReadOnlyComposition(Composition):
    """The same stages over stores that answer from the real ones and keep nothing.

    What such a run finds lies in the staging bucket until it ends; its own record is all that stays.
    """

    @cached_property
    def accounts(self) -> AccountRegistry:
        return read_only.ReadOnlyAccounts(self._accounts())

    @cached_property
    def batches(self) -> BatchLedger:
        return self._results

    @cached_property
    def failures(self) -> FailureRecords:
        return read_only.NoFailureRecords()

    @cached_property
    def notes(self) -> NotesStore:
        return read_only.NoNotesWritten(self._notes().existing)

    @cached_property
    def _results(self) -> StagedLedger:
        from notes_migration.adapters.staged_ledger import StagedLedger

        return StagedLedger(self._bucket(self.resources.storage.staging_bucket), self._batches())

    def _status(self) -> RunStatus:
        return read_only.NoStatus()

    def _alerts(self) -> Alerts:
        return read_only.NoAlerts()

    def _make_indexes(self) -> None:
        """Nothing: an index would make a collection."""


class VerifyComposition(ReadOnlyComposition):
    """Batches are verified, and validation writes the certificate."""

    def _batch_work(self) -> Callable[[Run, StagedPage], object]:
        from notes_migration.services.verify_account import VerifyAccount

        return VerifyAccount(
            staging=self.staging,
            stored=self._stored_notes(),
            results=self.batches,
            failures=self._failures(),
            contacts=self.contacts,
            owners=self._owners(),
            objects=self.attachments,
            clock=self.clock,
            file_proxy_base_url=self.resources.storage.file_proxy_base_url,
        ).verify

    def validate_run(self) -> Validating:
        from notes_migration.services.certify_run import CertifyRun

        return CertifyRun(
            crm=self.crm,
            stored=self._stored_notes(),
            batches=self.batches,
            found=self._results,
            certificates=self._certificates(),
            progress=self.progress,
            clock=self.clock,
        )

    def _certificates(self) -> Certificates:
        from notes_migration.adapters.mongo_certificates import COLLECTION, MongoCertificates

        return MongoCertificates(self.resources.database[COLLECTION])


class DryRunComposition(ReadOnlyComposition):
    """Batches go the migration's own way, files are fetched and dropped, and validation reports."""

    @cached_property
    def _tallying(self) -> TallyingRelinker:
        from notes_migration.services.forecast_batch import TallyingRelinker

        return TallyingRelinker(super()._relinker())

    def _relinker(self) -> Relinker:
        return self._tallying

    def _object_store(self) -> ObjectStorage:
        return read_only.NoObjectsStored()

    def _batch_work(self) -> Callable[[Run, StagedPage], object]:
        from notes_migration.services.forecast_batch import ForecastBatch

        return ForecastBatch(self.migrate_batch().migrate, self._tallying, self.batches).forecast

    def validate_run(self) -> Validating:
        from notes_migration.services.forecast_run import ForecastRun

        return ForecastRun(
            crm=self.crm,
            batches=self.batches,
            found=self._results,
            runs=self.runs,
            progress=self.progress,
            clock=self.clock,
        )


class ReplayComposition(Composition):
    """Reads what failed by its ids, and repairs what is there beside writing what is not."""

    def extract_range(self) -> Extracting:
        from notes_migration.services.plan_replay import PlanReplay

        return PlanReplay(
            self.crm,
            self.staging,
            self.runs,
            self.batches,
            self._failures(),
            self.notes,
            self._switch(),
        )

    def _batch_work(self) -> Callable[[Run, StagedPage], object]:
        from notes_migration.services.replay_batch import ReplayBatch

        return ReplayBatch(
            migrate=self.migrate_batch().migrate,
            accounts=self.accounts,
            batches=self.batches,
            failures=self.failures,
            lookup=self._failures(),
            staging=self.staging,
            stored=self._stored_notes(),
            repairs=self._repairs(),
            owners=self._owners(),
            relinker=self._relinker(),
            clock=self.clock,
            file_proxy_base_url=self.resources.storage.file_proxy_base_url,
        ).replay

    def _repairs(self) -> NoteRepairs:
        from notes_migration.adapters.mongo_repairs import MongoRepairs

        return MongoRepairs(self.resources.database["contact_notes"], company_sso_id=self.company_sso_id)


_BY_MODE: dict[Mode, type[Composition]] = {
    Mode.MIGRATE: Composition,
    Mode.VERIFY: VerifyComposition,
    Mode.DRY_RUN: DryRunComposition,
    Mode.REPLAY_FAILED: ReplayComposition,
}


def composition_for(mode: Mode) -> type[Composition]:
    """Return the composition of a mode."""
    return _BY_MODE[mode]


def compose(resources: Resources, run: Run) -> Composition:
    """Return the composition of a run that guard has accepted: its frozen settings are in force.

    Raises:
        FatalError: INVALID_REQUEST, for a run of another DAG (rollback_composition.py).
    """
    if isinstance(run.mode, RollbackMode):
        raise FatalError(ReasonCode.INVALID_REQUEST, "run id: it is on record for a rollback")
    return composition_for(run.mode).for_run(resources, run)
