"""Kill every process of one sandbox: run as a program it waits for its standard input to close first.

Standard library only and no import of this package: it is started without site-packages, to be small.
A process belongs to a sandbox when (a) its environment carries the id, (b) its session's leader is noted in
the sandbox's list of children, or (c) its parent belongs. (a) alone is not enough: Redis and Airflow write
their titles over their environment. The list has one line "pid start_ticks" per child, and one line
"remove path" per directory that must go with the sandbox.
"""

from __future__ import annotations

import os
import shutil
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

ID_VARIABLE = "NOTES_SANDBOX_ID"
_PROC = Path("/proc")
_GRACE_SECONDS = 5.0
_POLL_SECONDS = 0.05


def processes_of(sandbox_id: str, children_list: Path) -> list[int]:
    """Return the ids of all living processes of the sandbox; the caller may be among them."""
    living = {pid: stat for pid in _all_pids() if (stat := _Stat.of(pid)) is not None}
    marker = f"{ID_VARIABLE}={sandbox_id}".encode()
    sessions = set(_noted_sessions(children_list, living))
    found = {pid for pid, stat in living.items() if stat.session in sessions or _carries(pid, marker)}
    grown = True
    while grown:
        descendants = {pid for pid, stat in living.items() if stat.parent in found}
        grown = not descendants <= found
        found |= descendants
    return sorted(found)


def note_child(children_list: Path, pid: int) -> None:
    """Append a child, which must lead a session of its own, to the sandbox's list."""
    if (stat := _Stat.of(pid)) is not None:
        with children_list.open("a") as lines:
            lines.write(f"{pid} {stat.start_ticks}\n")


def note_directory(children_list: Path, directory: Path) -> None:
    """Append a directory that must go with the sandbox."""
    with children_list.open("a") as lines:
        lines.write(f"remove {directory}\n")


def clear_up(children_list: Path) -> None:
    """Remove the noted directories, then the list; to be called when no process is left."""
    for line in _lines(children_list):
        word, _, path = line.partition(" ")
        if word == "remove":
            shutil.rmtree(path, ignore_errors=True)
    children_list.unlink(missing_ok=True)


def sweep(sandbox_id: str, children_list: Path, *, grace_seconds: float = _GRACE_SECONDS) -> int:
    """End all processes of the sandbox but the caller: SIGTERM, then SIGKILL; returns how many there were."""
    seen: set[int] = set()
    for number, again in ((signal.SIGTERM, False), (signal.SIGKILL, True)):
        victims = _others(sandbox_id, children_list)
        _signal(victims, number)
        deadline = time.monotonic() + grace_seconds
        while victims and time.monotonic() < deadline:
            seen.update(victims)
            time.sleep(_POLL_SECONDS)
            victims = _others(sandbox_id, children_list)
            if again:  # a worker may have forked between the scan and the signal
                _signal(victims, number)
    return len(seen)


class _Stat:
    """What /proc/<pid>/stat says of a process."""

    __slots__ = ("parent", "session", "start_ticks")

    def __init__(self, fields: list[bytes]) -> None:
        self.parent = int(fields[1])
        self.session = int(fields[3])
        self.start_ticks = int(fields[19])

    @classmethod
    def of(cls, pid: int) -> _Stat | None:
        # "pid (comm) state ppid pgrp session …": comm may hold blanks and ")", so cut at the last one.
        fields = _read(pid, "stat").rpartition(b")")[2].split()
        return cls(fields) if len(fields) > 19 and fields[0] not in b"ZX" else None


def _noted_sessions(children_list: Path, living: dict[int, _Stat]) -> Iterator[int]:
    for line in _lines(children_list):
        pid, _, ticks = line.partition(" ")
        if not (pid.isdigit() and ticks.isdigit()):
            continue
        leader = living.get(int(pid))
        if leader is None or leader.start_ticks == int(ticks):  # else the number went to somebody else
            yield int(pid)


def _lines(children_list: Path) -> list[str]:
    try:
        return children_list.read_text().splitlines()
    except OSError:
        return []


def _carries(pid: int, marker: bytes) -> bool:
    return marker in _read(pid, "environ").split(b"\0")


def _others(sandbox_id: str, children_list: Path) -> list[int]:
    return [pid for pid in processes_of(sandbox_id, children_list) if pid != os.getpid()]


def _all_pids() -> Iterator[int]:
    return (int(entry.name) for entry in _PROC.iterdir() if entry.name.isdigit())


def _read(pid: int, name: str) -> bytes:
    try:
        return (_PROC / str(pid) / name).read_bytes()
    except OSError:  # ended meanwhile, or another user's
        return b""


def _signal(pids: Iterable[int], number: signal.Signals) -> None:
    for pid in pids:
        try:
            os.kill(pid, number)
        except (ProcessLookupError, PermissionError):
            continue


def main() -> None:
    """Wait for the owner's end of the pipe to close, then sweep."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    sys.stdin.buffer.read()
    children_list = Path(sys.argv[2])
    sweep(sys.argv[1], children_list)
    clear_up(children_list)


if __name__ == "__main__":
    main()
