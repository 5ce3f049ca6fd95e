"""Peaks of resident memory, read from /proc while something runs."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from types import TracebackType
from typing import Self

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


def resident_bytes(pid: int) -> int:
    """Return a process's resident memory, 0 where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE_BYTES
    except (OSError, IndexError):
        return 0


def command_of(pid: int) -> str:
    """Return a process's command line (or the title it gave itself), "" where it is gone."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def descendants(pid: int) -> list[int]:
    """Return all processes below one, as far as they are still its children's children."""
    found, unread = [], [pid]
    while unread:
        for child in _children(unread.pop()):
            found.append(child)
            unread.append(child)
    return found


def _children(pid: int) -> list[int]:
    try:
        tasks = list(Path(f"/proc/{pid}/task").iterdir())
        return [int(child) for task in tasks for child in (task / "children").read_text().split()]
    except OSError:
        return []


class PeakMemory:
    """Context manager: `peaks` has the highest resident memory seen of each watched process, by pid."""

    def __init__(self, pids: Callable[[], Iterable[int]], *, every_seconds: float = 0.02) -> None:
        self.peaks: dict[int, int] = {}
        self.commands: dict[int, str] = {}
        self._pids = pids
        self._every_seconds = every_seconds
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._watch)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._over.wait(self._every_seconds):
            for pid in self._pids():
                seen = resident_bytes(pid)
                if seen > self.peaks.get(pid, 0):
                    self.peaks[pid] = seen
                    self.commands[pid] = command_of(pid)
