"""The composition root: Airflow connections become adapters, adapters become services.

Heavy modules are imported where they are used: most tasks need only a few of them.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from typing import TYPE_CHECKING, Any

import notes_migration
from notes_migration.adapters.log_events import LogEvents
from notes_migration.adapters.system_clock import SystemClock
from notes_migration.domain.run import Run
from notes_migration.domain.settings import MigrationSettings
from notes_migration_airflow.connections import (
    VariableFlag,
    connection,
    extra_list,
    extra_text,
    root_url,
)

if TYPE_CHECKING:
    from pymongo.database import Database

    from notes_migration.adapters.http_crm import HttpCrm
    from notes_migration.adapters.s3_storage import S3Storage
    from notes_migration.services.finalize_run import FinalizeRun
    from notes_migration.services.guard_run import GuardRun
    from notes_migration.services.migrate_batch import MigrateBatch, Relinker
    from notes_migration.services.publish_progress import PublishProgress
    from notes_migration.services.record_outcome import RecordOutcome

IDENTITY_TIMEOUT_SECONDS = 5.0
IDENTITY_RETRY_DELAYS_SECONDS = (1.0,)


class Container:
    """Everything that one task of one account may need, made on first use and closed at the end."""

    def __init__(self, *, job_id: str, cid: str, company_sso_id: str, settings: MigrationSettings) -> None:
        self.cid, self.company_sso_id, self.settings = cid, company_sso_id, settings
        self.clock = SystemClock()
        self.flag = VariableFlag()
        self.events = LogEvents(job_id=job_id, cid=cid, company_sso_id=company_sso_id)
        self._closing = ExitStack()

    def close(self) -> None:
        self._closing.close()

    # ------------------------------------------------------------------ connections
    @cached_property
    def database(self) -> Database[dict[str, Any]]:
        from airflow.providers.mongo.hooks.mongo import MongoHook

        hook = self._closing.enter_context(MongoHook(mongo_conn_id="cdp_mongo"))
        return hook.get_conn().get_database(hook.connection.schema)

    @cached_property
    def _s3_client(self) -> Any:
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        from notes_migration.adapters.s3_storage import CLIENT_CONFIG

        return S3Hook(aws_conn_id="cdp_storage", config=CLIENT_CONFIG).get_conn()

    def _bucket(self, extra: str) -> S3Storage:
        from notes_migration.adapters.s3_storage import S3Storage

        return S3Storage(self._s3_client, extra_text(connection("cdp_storage"), extra))

    @cached_property
    def crm(self) -> HttpCrm:
        from notes_migration.adapters.http_crm import HttpCrm
        from notes_migration.adapters.http_json import JsonApi, RetryPolicy

        conn = connection("crm_api")
        policy = RetryPolicy(
            float(self.settings.extract_timeout_seconds),
            [float(delay) for delay in self.settings.extract_retry_delays_seconds],
        )
        api = JsonApi(root_url(conn), authorization=conn.password, policy=policy)
        self._closing.callback(api.close)
        return HttpCrm(api, cid=self.cid, type_ids=self.settings.note_type_ids)

    # ------------------------------------------------------------------ stores
    @cached_property
    def accounts(self) -> Any:
        from notes_migration.adapters.mongo_accounts import COLLECTION, MongoAccounts

        return MongoAccounts(self.database[COLLECTION])

    @cached_property
    def runs(self) -> Any:
        from notes_migration.adapters.mongo_runs import COLLECTION, MongoRuns

        return MongoRuns(self.database[COLLECTION], code_version=notes_migration.__version__)

    @cached_property
    def batches(self) -> Any:
        from notes_migration.adapters.mongo_batches import COLLECTION, MongoBatches

        return MongoBatches(self.database[COLLECTION])

    @cached_property
    def failures(self) -> Any:
        from notes_migration.adapters.mongo_failures import COLLECTION, MongoFailures

        return MongoFailures(self.database[COLLECTION], now=self.clock.now)

    @cached_property
    def notes(self) -> Any:
        from notes_migration.adapters.mongo_notes import MongoNotes

        return MongoNotes(self.database["contact_notes"], company_sso_id=self.company_sso_id)

    @cached_property
    def contacts(self) -> Any:
        from notes_migration.adapters.mongo_contacts import MongoContacts

        return MongoContacts(
            self.database["contacts"],
            company_sso_id=self.company_sso_id,
            source_id_fallback=self.settings.source_id_fallback,
        )

    @cached_property
    def staging(self) -> Any:
        from notes_migration.adapters.page_staging import ObjectPageStaging

        return ObjectPageStaging(self._bucket("staging_bucket"))

    @cached_property
    def progress(self) -> PublishProgress:
        from airflow.providers.redis.hooks.redis import RedisHook

        from notes_migration.adapters.redis_status import RedisStatus
        from notes_migration.services.publish_progress import PublishProgress

        client = RedisHook(redis_conn_id="migration_redis").get_conn()
        self._closing.callback(client.close)
        return PublishProgress(self.batches, RedisStatus(client), self.clock)

    # ------------------------------------------------------------------ services
    def guard(self) -> GuardRun:
        from notes_migration.adapters.mongo_inspector import MongoInspector
        from notes_migration.services.guard_run import GuardRun

        for store in (self.accounts, self.batches, self.failures):
            store.ensure_indexes()
        return GuardRun(
            flag=self.flag,
            accounts=self.accounts,
            runs=self.runs,
            batches=self.batches,
            crm=self.crm,
            inspector=MongoInspector(self.database["contact_notes"], company_sso_id=self.company_sso_id),
            storage=_BucketProbe(self._bucket("attachments_bucket"), self._bucket("staging_bucket")),
            events=self.events,
            progress=self.progress,
            clock=self.clock,
        )

    def migrate_batch(self) -> MigrateBatch:
        from notes_migration.adapters.http_identity import HttpIdentity
        from notes_migration.adapters.http_json import JsonApi, RetryPolicy
        from notes_migration.services.migrate_batch import MigrateBatch

        conn = connection("identity_api")
        policy = RetryPolicy(IDENTITY_TIMEOUT_SECONDS, IDENTITY_RETRY_DELAYS_SECONDS)
        identity = JsonApi(root_url(conn), authorization=conn.password, policy=policy)
        self._closing.callback(identity.close)
        return MigrateBatch(
            accounts=self.accounts,
            batches=self.batches,
            failures=self.failures,
            staging=self.staging,
            notes=self.notes,
            contacts=self.contacts,
            owners=HttpIdentity(identity, company_sso_id=self.company_sso_id),
            relinker=self._relinker(),
            events=self.events,
            clock=self.clock,
        )

    def _relinker(self) -> Relinker:
        from notes_migration.adapters.file_magic import LibMagic
        from notes_migration.adapters.safe_download import SafeDownloader
        from notes_migration.domain.attachments import AttachmentLimits
        from notes_migration.services.relink_attachments import AttachmentProcessor

        conn, settings = connection("crm_api"), self.settings
        return AttachmentProcessor(
            source=SafeDownloader(
                extra_list(conn, "attachment_hosts"), extra_list(conn, "attachment_private_hosts")
            ),
            storage=self._bucket("attachments_bucket"),
            magic=LibMagic(),
            limits=AttachmentLimits(
                max_bytes=settings.attachment_max_bytes,
                timeout_seconds=float(settings.attachment_timeout_seconds),
                concurrency=settings.attachment_concurrency,
            ),
            company_sso_id=self.company_sso_id,
            file_proxy_base_url=extra_text(connection("cdp_storage"), "file_proxy_base_url"),
        )

    def record_outcome(self) -> RecordOutcome:
        from notes_migration.adapters.log_alerts import LogAlerts
        from notes_migration.services.record_outcome import RecordOutcome

        return RecordOutcome(
            accounts=self.accounts,
            runs=self.runs,
            events=self.events,
            alerts=LogAlerts(),
            progress=self.progress,
            clock=self.clock,
        )

    def finalize(self) -> FinalizeRun:
        from notes_migration.services.finalize_run import FinalizeRun
        from notes_migration.services.sweep_orphans import SweepOrphans

        return FinalizeRun(
            accounts=self.accounts,
            runs=self.runs,
            batches=self.batches,
            notes=self.notes,
            staging=self.staging,
            outcome=self.record_outcome(),
            orphans=SweepOrphans(self._bucket("attachments_bucket"), company_sso_id=self.company_sso_id),
            clock=self.clock,
        )


class _BucketProbe:
    """StorageProbe: both buckets answer a question about an object that is not there."""

    def __init__(self, *buckets: S3Storage) -> None:
        self._buckets = buckets

    def check(self) -> None:
        for bucket in self._buckets:
            bucket.head("probe")


@contextmanager
def opened(container: Container) -> Iterator[Container]:
    """Close what the container has opened."""
    try:
        yield container
    finally:
        container.close()


def for_run(run: Run) -> Container:
    """Return the container of a run that guard has accepted: its frozen settings are in force."""
    return Container(job_id=run.run_id, cid=run.cid, company_sso_id=run.company_sso_id, settings=run.settings)
