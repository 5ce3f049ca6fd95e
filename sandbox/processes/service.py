"""Start one server program, wait until it answers, and say clearly why when it does not."""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

_POLL_SECONDS = 0.02
_LOG_TAIL_LINES = 3


class ServiceUnavailable(Exception):
    """A part of the stack cannot run here; the message is one line: what, why, what to do next."""


@dataclass(frozen=True, slots=True)
class User:
    """The operating system's user and group that a program must run as."""

    uid: int
    gid: int


@dataclass(frozen=True, slots=True)
class Service:
    """A running server program and its log."""

    name: str
    process: subprocess.Popen[bytes]
    log_path: Path

    def stop(self, *, timeout_seconds: float = 10) -> None:
        """End the program; returns when it has ended."""
        self.process.terminate()
        try:
            self.process.wait(timeout=timeout_seconds)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()


def start(
    name: str,
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str],
    log_path: Path,
    user: User | None = None,
) -> Service:
    """Start `command` in a session of its own, output to `log_path`.

    Raises:
        ServiceUnavailable: the program cannot be executed at all.
    """
    log_path.parent.mkdir(parents=True, exist_ok=True)
    try:
        with log_path.open("wb") as log:
            process = subprocess.Popen(
                [str(part) for part in command],
                env=dict(environment),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
                user=user.uid if user else None,
                group=user.gid if user else None,
                extra_groups=[] if user else None,
            )
    except OSError as error:
        raise ServiceUnavailable(f"{name} cannot be executed: {error.strerror}") from None
    return Service(name, process, log_path)


def wait_until_ready(service: Service, is_ready: Callable[[], bool], *, timeout_seconds: float) -> None:
    """Return as soon as `is_ready()` holds.

    Raises:
        ServiceUnavailable: the program ended, or was not ready in time; with the end of its log.
    """
    deadline = time.monotonic() + timeout_seconds
    while not is_ready():
        if (code := service.process.poll()) is not None:
            raise ServiceUnavailable(f"{service.name} ended with code {code}: {log_tail(service.log_path)}")
        if time.monotonic() > deadline:
            raise ServiceUnavailable(
                f"{service.name} is not ready after {timeout_seconds:.0f} s: {log_tail(service.log_path)}"
            )
        time.sleep(_POLL_SECONDS)


def log_tail(path: Path) -> str:
    """Return the last lines of a log in one line, for a message."""
    lines = path.read_text(errors="replace").splitlines() if path.exists() else []
    return " / ".join(line.strip() for line in lines[-_LOG_TAIL_LINES:] if line.strip())[-600:] or "no output"


def free_port() -> int:
    """Return a TCP port of the loopback interface that is free now."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def accepts_connections(port: int) -> bool:
    """Tell whether something listens on the loopback port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex(("127.0.0.1", port)) == 0
