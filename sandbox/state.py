"""What is known on disk of the sandbox of this checkout: a lock while it runs, and how to stop it."""

from __future__ import annotations

import fcntl
import json
import os
import time
from contextlib import suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.processes.lifeline import Lifeline
from sandbox.processes.reaper import clear_up, sweep


class AlreadyRunning(Exception):
    """A sandbox of this checkout runs; the message says what to do."""


class SandboxLock:
    """Held as long as the owner lives, however it ends: the kernel lets it go."""

    def __init__(self, path: Path, *, patience_seconds: float = 0) -> None:
        self._path = path
        self._patience_seconds = patience_seconds
        self._descriptor = -1

    def __enter__(self) -> Self:
        """Take the lock.

        Raises:
            AlreadyRunning: another process has it.
        """
        self._path.parent.mkdir(exist_ok=True)
        self._descriptor = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        deadline = time.monotonic() + self._patience_seconds
        while not (taken := self._try()) and time.monotonic() < deadline:
            time.sleep(0.05)
        if not taken:
            os.close(self._descriptor)
            raise AlreadyRunning("a sandbox of this checkout is already running; make down stops it")
        return self

    def _try(self) -> bool:
        try:
            fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            return False
        return True

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        os.close(self._descriptor)


@dataclass(frozen=True, slots=True)
class SandboxState:
    """What a later command needs to stop the sandbox: who watches over it, and what belongs to it."""

    supervisor_pid: int
    sandbox_id: str
    children_list: str

    @classmethod
    def of(cls, lifeline: Lifeline) -> SandboxState:
        """Return the state of the sandbox that this process owns."""
        return cls(os.getpid(), lifeline.sandbox_id, str(lifeline.children_list))

    @classmethod
    def read(cls, path: Path) -> SandboxState | None:
        """Return the noted state, or None where there is none (or only half of one)."""
        with suppress(OSError, ValueError, TypeError):
            return cls(**json.loads(path.read_text()))
        return None

    def write(self, path: Path) -> None:
        """Note the state for later commands, in one step."""
        draft = path.with_suffix(".new")
        draft.write_text(json.dumps(asdict(self)))
        draft.rename(path)

    def sweep(self) -> int:
        """End every process of the sandbox; returns how many there were."""
        found = sweep(self.sandbox_id, Path(self.children_list))
        clear_up(Path(self.children_list))
        return found
