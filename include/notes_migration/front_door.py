"""The composition root of the HTTP front door: one per server process, shared by its threads.

Clients are made at the first request that needs them and live as long as the process: after a
change of a connection other than `notes_migration_api`, restart the API server.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import ExitStack
from functools import cached_property
from threading import RLock
from typing import TYPE_CHECKING, Protocol, cast

from notes_migration.adapters.redis_login_failures import RedisLoginFailures, RedisScripts
from notes_migration.adapters.redis_status import RedisClient, RedisStatus
from notes_migration.adapters.system_clock import SystemClock
from notes_migration.composition import Endpoint, Resources
from notes_migration.domain.basic_auth import Credentials
from notes_migration.ports.run_launcher import RunLauncher
from notes_migration.services.name_dependency import naming

if TYPE_CHECKING:
    from notes_migration.adapters.dependency_probes import NeighbourProbes
    from notes_migration.adapters.http_json import JsonApi
    from notes_migration.adapters.mongo_account_directory import MongoAccountDirectory
    from notes_migration.ports.failure_listing import FailureListing
    from notes_migration.services.admit_caller import AdmitCaller
    from notes_migration.services.answer_certificate import AnswerCertificate
    from notes_migration.services.answer_status import AnswerStatus
    from notes_migration.services.answer_trigger import AnswerTrigger


class ServerRedis(RedisClient, RedisScripts, Protocol):
    """The calls that status and login failures use of a Redis client."""


class ServerResources(Resources, Protocol):
    """Clients for a server: safe to share between threads, and giving up within a second."""

    @property
    def redis_client(self) -> ServerRedis: ...


class FrontDoor(Protocol):
    """What the HTTP layer needs; each is made when it is first asked for.

    Raises (all):
        DependencyDown: a connection that it needs is missing or unusable.
    """

    def admission(self) -> AdmitCaller: ...
    def trigger(self) -> AnswerTrigger: ...
    def status(self) -> AnswerStatus: ...
    def failures(self) -> FailureListing: ...
    def certificate(self) -> AnswerCertificate: ...


class FrontDoorComposition:
    """FrontDoor over real clients."""

    def __init__(
        self, resources: ServerResources, *, launcher: RunLauncher, known: Callable[[], Sequence[Credentials]]
    ) -> None:
        self._resources = resources
        self._launcher = launcher
        self._known = known
        self._clock = SystemClock()
        self._lock = RLock()
        self._closing = ExitStack()

    def close(self) -> None:
        """Close what was opened here; for tests, as a server keeps it as long as it lives."""
        self._closing.close()

    def admission(self) -> AdmitCaller:
        return cast("AdmitCaller", self._made("_admission"))

    def trigger(self) -> AnswerTrigger:
        return cast("AnswerTrigger", self._made("_trigger"))

    def status(self) -> AnswerStatus:
        return cast("AnswerStatus", self._made("_status"))

    def failures(self) -> FailureListing:
        return cast("FailureListing", self._made("_failures"))

    def certificate(self) -> AnswerCertificate:
        return cast("AnswerCertificate", self._made("_certificate"))

    def _made(self, part: str) -> object:
        # What is made is got without the lock: making another part takes up to some seconds.
        if part not in self.__dict__:
            with self._lock:
                return getattr(self, part)
        return self.__dict__[part]

    @cached_property
    def _admission(self) -> AdmitCaller:
        from notes_migration.adapters.memory_login_failures import MemoryLoginFailures
        from notes_migration.services.admit_caller import AdmitCaller

        with naming("migration_redis"):
            shared = RedisLoginFailures(self._resources.redis_client)
        local = MemoryLoginFailures(monotonic_seconds=self._clock.monotonic_seconds)
        return AdmitCaller(known=self._known, shared=shared, local=local)

    @cached_property
    def _trigger(self) -> AnswerTrigger:
        from notes_migration.services.answer_trigger import AnswerTrigger

        return AnswerTrigger(
            flag=self._resources.flag, accounts=self._accounts, probes=self._probes, launcher=self._launcher
        )

    @cached_property
    def _status(self) -> AnswerStatus:
        from notes_migration.adapters.mongo_batches import COLLECTION as BATCHES
        from notes_migration.adapters.mongo_batches import MongoBatches
        from notes_migration.adapters.mongo_runs import COLLECTION as RUNS
        from notes_migration.adapters.mongo_runs import MongoRuns
        from notes_migration.services.answer_status import AnswerStatus

        with naming("cdp_mongo"):
            database = self._resources.database
        with naming("migration_redis"):
            status = RedisStatus(self._resources.redis_client)
        return AnswerStatus(
            status=status,
            accounts=self._accounts,
            runs=MongoRuns(database[RUNS], code_version=""),
            batches=MongoBatches(database[BATCHES]),
            clock=self._clock,
        )

    @cached_property
    def _failures(self) -> FailureListing:
        from notes_migration.adapters.mongo_failure_listing import MongoFailureListing
        from notes_migration.adapters.mongo_failures import COLLECTION

        with naming("cdp_mongo"):
            return MongoFailureListing(self._resources.database[COLLECTION])

    @cached_property
    def _certificate(self) -> AnswerCertificate:
        from notes_migration.adapters.mongo_certificates import COLLECTION, MongoCertificates
        from notes_migration.services.answer_certificate import AnswerCertificate

        with naming("cdp_mongo"):
            certificates = MongoCertificates(self._resources.database[COLLECTION])
        return AnswerCertificate(certificates, self._accounts)

    @cached_property
    def _accounts(self) -> MongoAccountDirectory:
        from notes_migration.adapters.mongo_account_directory import MongoAccountDirectory

        with naming("cdp_mongo"):
            return MongoAccountDirectory(self._resources.database)

    @cached_property
    def _probes(self) -> NeighbourProbes:
        from notes_migration.adapters.dependency_probes import NeighbourProbes, SharedProbes
        from notes_migration.adapters.s3_storage import S3Storage

        with naming("crm_api"):
            crm = self._resources.crm
        with naming("identity_api"):
            identity = self._resources.identity
        with naming("cdp_storage"):
            client, places = self._resources.s3_client, self._resources.storage
        names = (places.attachments_bucket, places.staging_bucket)
        buckets = {name: S3Storage(client, name) for name in names}
        return NeighbourProbes(
            crm=self._one_try(crm),
            identity=self._one_try(identity),
            buckets=buckets,
            shared=self._closing.enter_context(SharedProbes()),
        )

    def _one_try(self, endpoint: Endpoint) -> JsonApi:
        from notes_migration.adapters.dependency_probes import PROBE_SECONDS
        from notes_migration.adapters.http_json import JsonApi, RetryPolicy
        from notes_migration.adapters.loop_thread import LoopThread

        api = JsonApi(
            endpoint.root_url,
            authorization=endpoint.authorization,
            policy=RetryPolicy(PROBE_SECONDS),
            runner=LoopThread(),
        )
        return self._closing.enter_context(api)
