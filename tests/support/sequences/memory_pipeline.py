"""The production composition of every mode over in-memory stores: the pipeline without a socket."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from notes_migration.composition import Composition, DownloadHosts, StorageLocations
from notes_migration.domain.attachments import AttachmentLimits
from notes_migration.domain.conf import Mode
from notes_migration.domain.run import RollbackMode
from notes_migration.mode_composition import DryRunComposition, ReplayComposition, VerifyComposition
from notes_migration.rollback_composition import RollbackComposition, RollbackDryRunComposition
from notes_migration.services.relink_attachments import AttachmentProcessor
from tests.fakes.account_registry import InMemoryAccounts
from tests.fakes.attachment_source import InMemorySource
from tests.fakes.batch_ledger import InMemoryLedger
from tests.fakes.certificates import InMemoryCertificates
from tests.fakes.clock import SteppedClock
from tests.fakes.contacts import InMemoryContacts
from tests.fakes.crm import InMemoryCrm
from tests.fakes.documents import InMemoryDocuments
from tests.fakes.failure_records import InMemoryFailures
from tests.fakes.feature_flag import InMemoryFlag
from tests.fakes.file_magic import SignatureMagic
from tests.fakes.object_storage import InMemoryStorage
from tests.fakes.observers import RecordedAlerts
from tests.fakes.owners import InMemoryOwners
from tests.fakes.run_records import InMemoryRuns
from tests.fakes.run_status import InMemoryStatus
from tests.fakes.target import StubInspector
from tests.support.local_pipeline import LocalPipeline
from tests.support.local_rollback import LocalRollback
from tests.support.sequences.mortality import Mortality
from tests.support.sequences.watched_composition import STORES, watched

FILES = "https://files.cdp.example"


@dataclass
class MemoryResources:
    """Everything around one account; every process over it has this `mortality`."""

    crm_source: Any = field(default_factory=lambda: InMemoryCrm([]))
    accounts: Any = field(default_factory=InMemoryAccounts)
    runs: Any = field(default_factory=InMemoryRuns)
    batches: Any = field(default_factory=InMemoryLedger)
    failures: Any = field(default_factory=InMemoryFailures)
    notes: Any = field(default_factory=InMemoryDocuments)
    contacts: Any = field(default_factory=InMemoryContacts)
    owners: Any = field(default_factory=InMemoryOwners)
    source: Any = field(default_factory=InMemorySource)
    status: Any = field(default_factory=InMemoryStatus)
    certificates: Any = field(default_factory=InMemoryCertificates)
    clock: Any = field(default_factory=SteppedClock)
    flag: Any = field(default_factory=InMemoryFlag)
    buckets: dict[str, InMemoryStorage] = field(
        default_factory=lambda: {"attachments": InMemoryStorage(), "staging": InMemoryStorage()}
    )
    mortality: Mortality = field(default_factory=lambda: Mortality(stores=STORES))
    storage: StorageLocations = field(default=StorageLocations("attachments", "staging", FILES))
    identity: None = None
    download_hosts: DownloadHosts = field(default=DownloadHosts((), ()))


class MemoryComposition(Composition):
    """Stands between a mode's composition and the base: only what serves a port is replaced."""

    resources: Any

    def __init__(self, resources: Any, **facts: Any) -> None:
        super().__init__(resources, **facts)
        self.clock = resources.clock

    @cached_property
    def crm(self) -> Any:
        return self.resources.crm_source

    @cached_property
    def runs(self) -> Any:
        return self.resources.runs

    @cached_property
    def contacts(self) -> Any:
        return self.resources.contacts

    def _accounts(self) -> Any:
        return self.resources.accounts

    def _batches(self) -> Any:
        return self.resources.batches

    def _failures(self) -> Any:
        return self.resources.failures

    def _notes(self) -> Any:
        return self.resources.notes

    def _stored_notes(self) -> Any:
        return self.resources.notes

    def _owners(self) -> Any:
        return self.resources.owners

    def _status(self) -> Any:
        return self.resources.status

    def _bucket(self, name: str) -> Any:
        return self.resources.buckets[name]

    def _inspector(self) -> Any:
        return StubInspector()

    def _alerts(self) -> Any:
        return RecordedAlerts()

    def _make_indexes(self) -> None:
        """Nothing to index."""

    def _relinker(self) -> Any:
        return AttachmentProcessor(
            source=self.resources.mortality.watch("source", self.resources.source),
            storage=self._object_store(),
            magic=SignatureMagic(),
            limits=AttachmentLimits.of(self.settings),
            company_sso_id=self.company_sso_id,
            file_proxy_base_url=self.resources.storage.file_proxy_base_url,
        )


class MemoryVerify(VerifyComposition, MemoryComposition):
    """Verification, its certificates kept in memory."""

    def _certificates(self) -> Any:
        return self.resources.certificates


class MemoryReplay(ReplayComposition, MemoryComposition):
    """Replay over the same documents."""

    def _repairs(self) -> Any:
        return self.resources.notes


class MemoryDryRun(DryRunComposition, MemoryComposition):
    """A dry run needs nothing of its own."""


class MemoryRollbackComposition(RollbackComposition, MemoryComposition):
    """What a rollback needs beside, over the same stores."""

    def _directory(self) -> Any:
        return self.resources.accounts

    def _removals(self) -> Any:
        return self.resources.batches

    def _migrated_notes(self) -> Any:
        return self.resources.notes

    def _certificates(self) -> Any:
        return self.resources.certificates


class MemoryRollbackDryRun(RollbackDryRunComposition, MemoryRollbackComposition):
    """A dry run needs nothing of its own."""


class MemoryUndoing(LocalRollback):
    """LocalRollback over MemoryResources."""

    @staticmethod
    def composition_for(mode: RollbackMode) -> type[RollbackComposition]:
        return watched(MemoryRollbackComposition if mode.writes else MemoryRollbackDryRun)


_BY_MODE: dict[Mode, type[Composition]] = {
    Mode.MIGRATE: MemoryComposition,
    Mode.VERIFY: MemoryVerify,
    Mode.REPLAY_FAILED: MemoryReplay,
    Mode.DRY_RUN: MemoryDryRun,
}


class MemoryPipeline(LocalPipeline):
    """LocalPipeline over MemoryResources."""

    def prepare(self) -> None:
        """Nothing to index."""

    @staticmethod
    def composition_for(mode: Mode) -> type[Composition]:
        return watched(_BY_MODE[mode])
