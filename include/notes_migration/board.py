"""The composition root of the board: one per server process, shared by its threads."""

from __future__ import annotations

from threading import RLock
from typing import TYPE_CHECKING, Any, Protocol

from notes_migration.adapters.mongo_board import MongoBoard
from notes_migration.adapters.mongo_certificates import COLLECTION as CERTIFICATES
from notes_migration.adapters.mongo_certificates import MongoCertificates
from notes_migration.adapters.mongo_failure_listing import MongoFailureListing
from notes_migration.adapters.mongo_failures import COLLECTION as FAILURES
from notes_migration.adapters.redis_status import RedisLiveStatus
from notes_migration.adapters.system_clock import SystemClock
from notes_migration.ports.failure_listing import FailureListing
from notes_migration.services.name_dependency import naming
from notes_migration.services.read_board import ReadBoard
from notes_migration.services.show_certificate import ShowCertificate

if TYPE_CHECKING:
    from pymongo.database import Database


class BoardResources(Protocol):
    """Clients for a server, each made when it is first asked for."""

    @property
    def database(self) -> Database[dict[str, Any]]: ...
    @property
    def redis_client(self) -> Any: ...


class Board(Protocol):
    """What the board's HTTP layer needs.

    Raises (all):
        DependencyDown: a connection that it needs is missing or unusable.
    """

    def reader(self) -> ReadBoard: ...
    def failures(self) -> FailureListing: ...
    def certificate(self) -> ShowCertificate: ...


class BoardComposition:
    """Board over real clients."""

    def __init__(self, resources: BoardResources) -> None:
        self._resources = resources
        self._lock = RLock()

    def reader(self) -> ReadBoard:
        with self._lock, naming("migration_redis"):
            status = RedisLiveStatus(self._resources.redis_client)
        return ReadBoard(MongoBoard(self._database()), status, SystemClock())

    def failures(self) -> FailureListing:
        return MongoFailureListing(self._database()[FAILURES])

    def certificate(self) -> ShowCertificate:
        database = self._database()
        certificates = MongoCertificates(database[CERTIFICATES])
        return ShowCertificate(certificates, MongoBoard(database), SystemClock())

    def _database(self) -> Database[dict[str, Any]]:
        with self._lock, naming("cdp_mongo"):
            return self._resources.database
