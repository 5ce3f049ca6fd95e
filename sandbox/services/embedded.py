"""MongoDB, Redis and an S3 API, real programs on free loopback ports, gone when the context ends."""

from __future__ import annotations

import tempfile
from collections.abc import Collection
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.processes.lifeline import Lifeline
from sandbox.processes.service import Service
from sandbox.services.mongod import start_mongod
from sandbox.services.redis_server import start_redis
from sandbox.services.s3_server import Storage, make_buckets, start_s3

ALL_PARTS = frozenset({"mongo", "redis", "s3"})
DATABASE = "cdp"


class EmbeddedServices:
    """Context manager: starts the wanted parts together and stops them for good.

    Attributes:
        mongo_uri: address with the database name `cdp`; empty where "mongo" is not wanted.
        redis_url: address with database 0; empty where "redis" is not wanted.
        storage: endpoint, keys and bucket names; None where "s3" is not wanted.
    """

    def __init__(
        self,
        *,
        directory: Path | None = None,
        parts: Collection[str] = ALL_PARTS,
        lifeline: Lifeline | None = None,
    ) -> None:
        self._directory = directory
        self._parts = frozenset(parts)
        self._lifeline = lifeline
        self._stack = ExitStack()
        self.mongo_uri = ""
        self.redis_url = ""
        self.storage: Storage | None = None

    def __enter__(self) -> Self:
        """Start all parts and return when each answers.

        Raises:
            ServiceUnavailable: a part cannot run here; nothing is left running.
        """
        with ExitStack() as stack:
            lifeline = self._lifeline or stack.enter_context(Lifeline())
            self._start(stack, self._directory or _temporary_directory(lifeline), lifeline)
            self._stack = stack.pop_all()
        return self

    def _start(self, stack: ExitStack, directory: Path, lifeline: Lifeline) -> None:
        def keep(service: Service) -> None:
            stack.callback(service.stop)

        s3 = start_s3(directory, lifeline=lifeline) if "s3" in self._parts else None
        if s3:
            keep(s3[0])
        if "mongo" in self._parts:
            mongod, address = start_mongod(directory, lifeline=lifeline)
            keep(mongod)
            self.mongo_uri = f"{address}/{DATABASE}"
        if "redis" in self._parts:
            server, self.redis_url = start_redis(directory, lifeline=lifeline)
            keep(server)
        if s3:
            make_buckets(*s3)
            self.storage = s3[1]

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.__exit__(kind, error, trace)

    @property
    def s3_endpoint_url(self) -> str:
        """Address of the S3 API."""
        return self._storage_or_raise().endpoint_url

    @property
    def s3_access_key(self) -> str:
        """Access key of the S3 API."""
        return self._storage_or_raise().access_key

    @property
    def s3_secret_key(self) -> str:
        """Secret key of the S3 API."""
        return self._storage_or_raise().secret_key

    @property
    def attachments_bucket(self) -> str:
        """Bucket of the migrated files."""
        return self._storage_or_raise().attachments_bucket

    @property
    def staging_bucket(self) -> str:
        """Bucket of everything temporary."""
        return self._storage_or_raise().staging_bucket

    def _storage_or_raise(self) -> Storage:
        if self.storage is None:
            raise RuntimeError("the S3 API was not asked for, or the context is not entered")
        return self.storage


def _temporary_directory(lifeline: Lifeline) -> Path:
    directory = Path(tempfile.mkdtemp(prefix="notes-sandbox-"))
    lifeline.dispose_of(directory)
    return directory
