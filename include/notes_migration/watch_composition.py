"""The composition root of what looks at all accounts at once: the watchdog, and the late run's message."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace

from notes_migration.adapters import mongo_accounts, mongo_batches, mongo_runs
from notes_migration.adapters.mongo_alert_memory import MongoAlertMemory
from notes_migration.adapters.mongo_watched import MongoWatchedAccounts
from notes_migration.adapters.redis_status import RedisStatus
from notes_migration.adapters.s3_storage import S3Storage
from notes_migration.adapters.system_clock import SystemClock
from notes_migration.composition import Composition, Resources, make_alerts
from notes_migration.domain.run import RollbackMode, Run
from notes_migration.ports.watching import LiveRuns
from notes_migration.rollback_composition import rollback_composition_for
from notes_migration.services.mend_status import MendStatus
from notes_migration.services.publish_progress import PublishProgress
from notes_migration.services.report_late_run import ReportLateRun
from notes_migration.services.watch_runs import WatchRuns


class KeepsObjects:
    """An ObjectSweeper that finds nothing: without the account's lock nobody may delete attachments.

    The next run may be storing under the very same keys; what stays behind is linked by it.
    """

    def keys(self, prefix: str) -> Iterator[str]:  # noqa: ARG002 - the port's signature
        return iter(())

    def delete(self, keys: Iterable[str]) -> int:  # noqa: ARG002 - the port's signature
        return 0


def watch_runs(resources: Resources, live: LiveRuns) -> WatchRuns:
    """Return the watchdog over all accounts."""
    database, clock = resources.database, SystemClock()
    accounts, batches = database[mongo_accounts.COLLECTION], database[mongo_batches.COLLECTION]
    runs = mongo_runs.MongoRuns(database[mongo_runs.COLLECTION], code_version="")
    status = RedisStatus(resources.redis_client)
    progress = PublishProgress(mongo_batches.MongoBatches(batches), status, clock)
    return WatchRuns(
        watched=MongoWatchedAccounts(accounts, batches),
        accounts=mongo_accounts.MongoAccounts(accounts),
        runs=runs,
        staging=S3Storage(resources.s3_client, resources.storage.staging_bucket),
        live=live,
        memory=MongoAlertMemory(accounts),
        alerts=make_alerts(resources),
        mend=MendStatus(runs, status, progress),
        settle=lambda run: _settle(resources, run),
        clock=clock,
    )


def report_late_run(resources: Resources) -> ReportLateRun:
    """Return what tells of a run that is not over at the end of its window."""
    database = resources.database
    return ReportLateRun(
        runs=mongo_runs.MongoRuns(database[mongo_runs.COLLECTION], code_version=""),
        memory=MongoAlertMemory(database[mongo_accounts.COLLECTION]),
        alerts=make_alerts(resources),
    )


def _settle(resources: Resources, run: Run) -> None:
    if isinstance(run.mode, RollbackMode):
        with rollback_composition_for(run.mode).for_run(resources, run) as rollback:
            rollback.end_rollback().finalize(run, may_be_removing=True)
        return
    with Composition.for_run(resources, run) as composition:
        finalize = replace(composition.finalize_run(), attachments=KeepsObjects())
        finalize.finalize(run, batches_may_be_dying=True)
