"""The composition root: clients and addresses become adapters, adapters become services.

Heavy modules are imported where they are used: most tasks need only a few of them, and each task is
a process of its own.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Protocol, Self

import notes_migration
from notes_migration.adapters.log_events import LogEvents
from notes_migration.adapters.system_clock import SystemClock
from notes_migration.domain.conf import Mode
from notes_migration.domain.run import Run
from notes_migration.domain.settings import MigrationSettings
from notes_migration.ports.feature_flag import FeatureFlag

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client
    from pymongo.database import Database

    from notes_migration.adapters.http_crm import HttpCrm
    from notes_migration.adapters.http_identity import HttpIdentity
    from notes_migration.adapters.http_json import JsonApi, RetryPolicy
    from notes_migration.adapters.mongo_accounts import MongoAccounts
    from notes_migration.adapters.mongo_batches import MongoBatches
    from notes_migration.adapters.mongo_contacts import MongoContacts
    from notes_migration.adapters.mongo_failures import MongoFailures
    from notes_migration.adapters.mongo_notes import MongoNotes
    from notes_migration.adapters.mongo_runs import MongoRuns
    from notes_migration.adapters.page_staging import ObjectPageStaging
    from notes_migration.adapters.pagerduty import PagerDutyAccount
    from notes_migration.adapters.redis_status import RedisClient
    from notes_migration.adapters.s3_storage import S3Storage
    from notes_migration.domain.batching import StagedPage
    from notes_migration.domain.outcome import Verdict
    from notes_migration.domain.paging import IdRange
    from notes_migration.ports.account_registry import AccountRegistry
    from notes_migration.ports.alerts import Alerts
    from notes_migration.ports.batch_ledger import BatchLedger, FailureRecords
    from notes_migration.ports.notes_store import CollectionInspector, NotesStore
    from notes_migration.ports.object_storage import ObjectStorage
    from notes_migration.ports.run_status import RunStatus
    from notes_migration.ports.stored_notes import StoredNotes
    from notes_migration.services.finalize_run import FinalizeRun
    from notes_migration.services.guard_run import GuardRun
    from notes_migration.services.kill_switch import KillSwitch
    from notes_migration.services.measure_coverage import MeasureCoverage
    from notes_migration.services.migrate_batch import MigrateBatch, Relinker
    from notes_migration.services.migrate_group import MigrateGroup
    from notes_migration.services.plan_batches import PlanBatches
    from notes_migration.services.publish_progress import PublishProgress
    from notes_migration.services.raise_alerts import RaiseAlerts
    from notes_migration.services.record_outcome import RecordOutcome

IDENTITY_TIMEOUT_SECONDS = 5.0
IDENTITY_RETRY_DELAYS_SECONDS = (1.0,)
DRIVERS = ("pymongo", "boto3", "botocore", "s3transfer", "urllib3", "httpx", "httpcore", "redis")


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A system's root URL and the whole value of its `Authorization` header."""

    root_url: str
    authorization: str | None


@dataclass(frozen=True, slots=True)
class StorageLocations:
    """Buckets, and the public address under which the CDP serves attachments."""

    attachments_bucket: str
    staging_bucket: str
    file_proxy_base_url: str


@dataclass(frozen=True, slots=True)
class DownloadHosts:
    """Where attachments may be fetched from (contracts, section 1: extras of `crm_api`)."""

    allowed: tuple[str, ...]
    private: tuple[str, ...]


class Resources(Protocol):
    """Clients and addresses, each made when it is first asked for."""

    @property
    def flag(self) -> FeatureFlag: ...
    @property
    def crm(self) -> Endpoint: ...
    @property
    def identity(self) -> Endpoint: ...
    @property
    def download_hosts(self) -> DownloadHosts: ...
    @property
    def storage(self) -> StorageLocations: ...
    @property
    def database(self) -> Database[dict[str, Any]]: ...
    @property
    def s3_client(self) -> S3Client: ...
    @property
    def redis_client(self) -> RedisClient: ...
    @property
    def pagerduty(self) -> PagerDutyAccount: ...
    @property
    def slack_webhook_url(self) -> str: ...


class Extracting(Protocol):
    """The stage that reads the CRM."""

    def extract(self, run: Run, id_range: IdRange) -> list[StagedPage]:
        """Return the staged pages, ascending; empty where the run stops here."""
        ...


class Validating(Protocol):
    """The stage that finds out how the run is to end."""

    def validate(self, run: Run) -> Verdict:
        """Return the verdict over everything that the stages found out."""
        ...


def silence_drivers() -> None:
    """Keep drivers from logging what they carry: at DEBUG they write whole documents, keys and URLs."""
    for name in DRIVERS:
        logging.getLogger(name).setLevel(logging.WARNING)


class Composition:
    """Everything that one task of one account may need; closes what it has opened itself."""

    def __init__(
        self, resources: Resources, *, job_id: str, cid: str, company_sso_id: str, settings: MigrationSettings
    ) -> None:
        self.resources = resources
        self.cid, self.company_sso_id, self.settings = cid, company_sso_id, settings
        self.clock = SystemClock()
        self.events = LogEvents(job_id=job_id, cid=cid, company_sso_id=company_sso_id)
        self._closing = ExitStack()
        silence_drivers()

    @classmethod
    def for_run(cls, resources: Resources, run: Run) -> Self:
        """Return the composition of a run that guard has accepted: its frozen settings are in force."""
        made = cls(
            resources,
            job_id=run.run_id,
            cid=run.cid,
            company_sso_id=run.company_sso_id,
            settings=run.settings,
        )
        if run.mode is not Mode.MIGRATE:  # alerts on log lines must not count a rehearsal's failures
            made.events = made.events.bound(mode=run.mode)
        return made

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    # ------------------------------------------------------------------ adapters
    @cached_property
    def crm(self) -> HttpCrm:
        from notes_migration.adapters.http_crm import HttpCrm
        from notes_migration.adapters.http_json import RetryPolicy

        policy = RetryPolicy(
            float(self.settings.extract_timeout_seconds),
            tuple(float(delay) for delay in self.settings.extract_retry_delays_seconds),
        )
        api = self._json_api(self.resources.crm, policy)
        return HttpCrm(api, cid=self.cid, type_ids=self.settings.note_type_ids)

    @cached_property
    def accounts(self) -> AccountRegistry:
        return self._accounts()

    @cached_property
    def runs(self) -> MongoRuns:
        from notes_migration.adapters.mongo_runs import COLLECTION, MongoRuns

        return MongoRuns(self.resources.database[COLLECTION], code_version=notes_migration.__version__)

    @cached_property
    def batches(self) -> BatchLedger:
        return self._batches()

    @cached_property
    def failures(self) -> FailureRecords:
        return self._failures()

    @cached_property
    def notes(self) -> NotesStore:
        return self._notes()

    @cached_property
    def contacts(self) -> MongoContacts:
        from notes_migration.adapters.mongo_contacts import MongoContacts

        return MongoContacts(
            self.resources.database["contacts"],
            company_sso_id=self.company_sso_id,
            source_id_fallback=self.settings.source_id_fallback,
        )

    @cached_property
    def staging(self) -> ObjectPageStaging:
        from notes_migration.adapters.page_staging import ObjectPageStaging

        return ObjectPageStaging(self._bucket(self.resources.storage.staging_bucket))

    @cached_property
    def attachments(self) -> S3Storage:
        return self._bucket(self.resources.storage.attachments_bucket)

    # ------------------------------------------------------------------ services, in the order of a run
    @cached_property
    def progress(self) -> PublishProgress:
        from notes_migration.services.publish_progress import PublishProgress

        return PublishProgress(self.batches, self._status(), self.clock)

    def guard_run(self) -> GuardRun:
        from notes_migration.services.guard_run import GuardRun

        # Not asked here (it may be down), but it must be defined: better refused now than halted midway.
        _ = (self.resources.identity, self.resources.download_hosts)
        self._make_indexes()
        return GuardRun(
            flag=self.resources.flag,
            accounts=self.accounts,
            runs=self.runs,
            batches=self.batches,
            crm=self.crm,
            inspector=self._inspector(),
            buckets=(self.attachments, self._bucket(self.resources.storage.staging_bucket)),
            staging=self.staging,
            events=self.events,
            progress=self.progress,
            clock=self.clock,
        )

    def measure_coverage(self) -> MeasureCoverage:
        from notes_migration.services.measure_coverage import MeasureCoverage

        return MeasureCoverage(self.crm, self.contacts, self.runs, self.progress, self._switch())

    def extract_range(self) -> Extracting:
        from notes_migration.services.extract_range import ExtractRange

        return ExtractRange(self.crm, self.staging, self.runs, self._switch())

    def plan_batches(self) -> PlanBatches:
        from notes_migration.services.plan_batches import PlanBatches

        return PlanBatches(self.accounts, self.runs, self.progress)

    def migrate_group(self) -> MigrateGroup:
        from notes_migration.services.migrate_group import MigrateGroup

        return MigrateGroup(self._batch_work(), self.resources.flag, self.runs, self.progress)

    def migrate_batch(self) -> MigrateBatch:
        from notes_migration.services.migrate_batch import MigrateBatch

        return MigrateBatch(
            accounts=self.accounts,
            batches=self.batches,
            failures=self.failures,
            staging=self.staging,
            notes=self.notes,
            contacts=self.contacts,
            owners=self._owners(),
            relinker=self._relinker(),
            events=self.events,
            clock=self.clock,
        )

    def validate_run(self) -> Validating:
        from notes_migration.services.validate_run import ValidateRun

        return ValidateRun(self.crm, self.notes, self.batches, self.runs, self.progress)

    def record_outcome(self) -> RecordOutcome:
        from notes_migration.services.record_outcome import RecordOutcome

        return RecordOutcome(
            accounts=self.accounts,
            runs=self.runs,
            events=self.events,
            alerts=self._alerts(),
            progress=self.progress,
            clock=self.clock,
        )

    def finalize_run(self) -> FinalizeRun:
        from notes_migration.services.finalize_run import FinalizeRun

        return FinalizeRun(
            accounts=self.accounts,
            runs=self.runs,
            batches=self.batches,
            notes=self.notes,
            staging=self.staging,
            outcome=self.record_outcome(),
            attachments=self.attachments,
            clock=self.clock,
        )

    # ------------------------------------------------------------------ parts
    def _accounts(self) -> MongoAccounts:
        from notes_migration.adapters.mongo_accounts import COLLECTION, MongoAccounts

        return MongoAccounts(self.resources.database[COLLECTION])

    def _batches(self) -> MongoBatches:
        from notes_migration.adapters.mongo_batches import COLLECTION, MongoBatches

        return MongoBatches(self.resources.database[COLLECTION])

    def _failures(self) -> MongoFailures:
        from notes_migration.adapters.mongo_failures import COLLECTION, MongoFailures

        return MongoFailures(self.resources.database[COLLECTION], now=self.clock.now)

    def _notes(self) -> MongoNotes:
        from notes_migration.adapters.mongo_notes import MongoNotes

        return MongoNotes(self.resources.database["contact_notes"], company_sso_id=self.company_sso_id)

    def _stored_notes(self) -> StoredNotes:
        from notes_migration.adapters.mongo_stored_notes import MongoStoredNotes

        return MongoStoredNotes(self.resources.database["contact_notes"], company_sso_id=self.company_sso_id)

    def _inspector(self) -> CollectionInspector:
        from notes_migration.adapters.mongo_inspector import MongoInspector

        return MongoInspector(self.resources.database["contact_notes"], company_sso_id=self.company_sso_id)

    def _switch(self) -> KillSwitch:
        from notes_migration.services.kill_switch import KillSwitch

        return KillSwitch(self.resources.flag, self.clock)

    def _status(self) -> RunStatus:
        from notes_migration.adapters.redis_status import RedisStatus

        return RedisStatus(self.resources.redis_client)

    def _alerts(self) -> Alerts:
        return make_alerts(self.resources)

    def _make_indexes(self) -> None:
        for store in (self._accounts(), self.runs, self._batches(), self._failures()):
            store.ensure_indexes()

    def _batch_work(self) -> Callable[[Run, StagedPage], object]:
        return self.migrate_batch().migrate

    def _owners(self) -> HttpIdentity:
        from notes_migration.adapters.http_identity import HttpIdentity
        from notes_migration.adapters.http_json import RetryPolicy

        policy = RetryPolicy(IDENTITY_TIMEOUT_SECONDS, IDENTITY_RETRY_DELAYS_SECONDS)
        identity = self._json_api(self.resources.identity, policy)
        return HttpIdentity(identity, company_sso_id=self.company_sso_id)

    def _json_api(self, endpoint: Endpoint, policy: RetryPolicy) -> JsonApi:
        from notes_migration.adapters.http_json import JsonApi

        api = JsonApi(endpoint.root_url, authorization=endpoint.authorization, policy=policy)
        return self._closing.enter_context(api)

    def _bucket(self, name: str) -> S3Storage:
        from notes_migration.adapters.s3_storage import S3Storage

        return S3Storage(self.resources.s3_client, name)

    def _object_store(self) -> ObjectStorage:
        return self.attachments

    def _relinker(self) -> Relinker:
        from notes_migration.adapters.file_magic import LibMagic
        from notes_migration.adapters.safe_download import SafeDownloader
        from notes_migration.domain.attachments import AttachmentLimits
        from notes_migration.services.relink_attachments import AttachmentProcessor

        hosts, settings = self.resources.download_hosts, self.settings
        return AttachmentProcessor(
            source=SafeDownloader(hosts.allowed, hosts.private),
            storage=self._object_store(),
            magic=LibMagic(),
            limits=AttachmentLimits(
                max_bytes=settings.attachment_max_bytes,
                timeout_seconds=float(settings.attachment_timeout_seconds),
                concurrency=settings.attachment_concurrency,
            ),
            company_sso_id=self.company_sso_id,
            file_proxy_base_url=self.resources.storage.file_proxy_base_url,
        )


def make_alerts(resources: Resources) -> RaiseAlerts:
    """Return the alerts; the recipients' addresses are looked up when there is something to say."""
    from notes_migration.adapters.alert_post import AlertPost
    from notes_migration.adapters.mongo_accounts import COLLECTION as ACCOUNTS
    from notes_migration.adapters.mongo_alert_memory import MongoAlertMemory
    from notes_migration.adapters.mongo_batches import COLLECTION as BATCHES
    from notes_migration.adapters.mongo_batches import MongoBatches
    from notes_migration.adapters.pagerduty import PagerDuty
    from notes_migration.adapters.slack import Slack
    from notes_migration.domain.alerting import Channel
    from notes_migration.services.raise_alerts import RaiseAlerts

    post = AlertPost()
    return RaiseAlerts(
        channels={
            Channel.PAGERDUTY: PagerDuty(lambda: resources.pagerduty, post),
            Channel.SLACK: Slack(lambda: resources.slack_webhook_url, post),
        },
        memory=MongoAlertMemory(resources.database[ACCOUNTS]),
        batches=MongoBatches(resources.database[BATCHES]),
    )
