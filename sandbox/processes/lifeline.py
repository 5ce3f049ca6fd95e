"""Nothing the sandbox starts may outlive it: every child is marked and noted, and one reaper waits.

The reaper holds the reading end of a pipe whose only writer is the owner. However the owner ends (return,
Ctrl-C, SIGKILL, crash), the kernel closes the pipe, and the reaper kills every process of the sandbox.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import uuid
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from sandbox.processes.reaper import ID_VARIABLE, clear_up, note_child, note_directory, processes_of, sweep
from sandbox.processes.service import Service, User, start

_REAPER = Path(__file__).resolve().with_name("reaper.py")


class Lifeline:
    """Context in which children are started, and after which none of them lives.

    Attributes:
        sandbox_id: what every child's environment carries.
        children_list: file that notes the children; with the id it is all that a sweep needs.
    """

    def __init__(self, directory: Path | None = None) -> None:
        self.sandbox_id = uuid.uuid4().hex
        folder = directory or Path(tempfile.gettempdir())
        self.children_list = folder / f"notes-sandbox-{self.sandbox_id}.children"
        self._reaper: subprocess.Popen[bytes] | None = None
        self._services: list[Service] = []

    def __enter__(self) -> Self:
        self.children_list.parent.mkdir(parents=True, exist_ok=True)
        self.children_list.touch(mode=0o600)
        self._reaper = subprocess.Popen(
            [sys.executable, "-S", "-E", str(_REAPER), self.sandbox_id, str(self.children_list)],
            stdin=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches the terminal's foreground group; not this one
            env={},
        )
        return self

    def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        log_path: Path,
        variables: Mapping[str, str | None] | None = None,
        user: User | None = None,
    ) -> Service:
        """Start a program that ends with this context at the latest.

        Its environment is ours and `variables`; a value of None removes a variable.

        Raises:
            ServiceUnavailable: the program cannot be executed at all.
        """
        merged = {**os.environ, **(variables or {}), ID_VARIABLE: self.sandbox_id}
        environment = {key: value for key, value in merged.items() if value is not None}
        service = start(name, command, environment=environment, log_path=log_path, user=user)
        note_child(self.children_list, service.process.pid)
        self._services.append(service)
        return service

    def dispose_of(self, directory: Path) -> None:
        """Have the directory removed when this context ends, however it ends."""
        note_directory(self.children_list, directory)

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        sweep(self.sandbox_id, self.children_list)
        for service in self._services:
            service.process.wait(timeout=10)
        if self._reaper is not None and self._reaper.stdin is not None:
            self._reaper.stdin.close()
            self._reaper.wait(timeout=30)
        clear_up(self.children_list)

    def survivors(self) -> list[int]:
        """Return the ids of the living processes of this sandbox."""
        return processes_of(self.sandbox_id, self.children_list)
