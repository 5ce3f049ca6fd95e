"""Follow runs to their end and show how far they are: bars on a terminal, lines elsewhere."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn

from sandbox.demo.world import DemoWorld, Triggered

_POLL_SECONDS = 0.5
_LIMIT_SECONDS = 600
_LINE_SECONDS = 5
_ENDED = ("success", "failed")


class RunsTooLong(Exception):
    """Runs did not end in time; the message names them."""


@dataclass(frozen=True, slots=True)
class FollowedRun:
    """A run at its end: Airflow's verdict, our durable record, and the wall time from trigger to end."""

    cid: str
    run_id: str
    airflow_state: str
    seconds: float
    record: dict[str, Any]
    failed_tasks: list[str] = field(default_factory=list)

    @property
    def status(self) -> str:
        """The account's status as the run left it."""
        return str(self.record.get("status", "no record"))

    @property
    def counts(self) -> dict[str, int]:
        """The six classes; zeros where the run left no record."""
        names = (
            "migrated",
            "already_present",
            "failed",
            "vanished_at_source",
            "erased_in_cdp",
            "out_of_scope",
        )
        return {name: 0 for name in names} | dict(self.record.get("counts") or {})


class Display(Protocol):
    """Shows one account's progress."""

    def show(self, run: Triggered, status: dict[str, Any]) -> None:
        """Take the newest status record, which may be empty."""
        ...


def follow(world: DemoWorld, runs: Sequence[Triggered], console: Console) -> list[FollowedRun]:
    """Return the runs in their order when all have ended.

    Raises:
        RunsTooLong: some have not ended within ten minutes.
    """
    ended: dict[str, FollowedRun] = {}
    with _display(runs, console) as display:
        while len(ended) < len(runs):
            for run in (one for one in runs if one.run_id not in ended):
                state = world.state(run)
                display.show(run, world.status(run))
                if state in _ENDED:
                    ended[run.run_id] = _at_end(world, run, state)
                elif time.monotonic() - run.at > _LIMIT_SECONDS:
                    raise RunsTooLong(
                        f"{run.cid} has not ended after {_LIMIT_SECONDS} s (Airflow says {state})"
                    )
            time.sleep(_POLL_SECONDS)
    return [ended[run.run_id] for run in runs]


def _at_end(world: DemoWorld, run: Triggered, state: str) -> FollowedRun:
    seconds = time.monotonic() - run.at
    failed = world.failed_tasks(run.run_id) if state == "failed" else []
    return FollowedRun(run.cid, run.run_id, state, seconds, world.record(run.run_id), failed)


@contextmanager
def _display(runs: Sequence[Triggered], console: Console) -> Iterator[Display]:
    if not console.is_terminal:
        yield _Lines(console)
        return
    with Progress(
        TextColumn("{task.description:<10}"),
        TextColumn("{task.fields[phase]:<16}"),
        BarColumn(),
        TextColumn("{task.completed:.0f} of {task.total:.0f} notes  {task.fields[rate]:>5.0f}/s  ETA"),
        TimeRemainingColumn(),
        console=console,
        refresh_per_second=4,
    ) as progress:
        yield _Bars(progress, runs)


class _Bars:
    def __init__(self, progress: Progress, runs: Sequence[Triggered]) -> None:
        self._progress = progress
        self._tasks: dict[str, TaskID] = {
            run.run_id: progress.add_task(run.cid, total=0, phase="queued", rate=0.0) for run in runs
        }

    def show(self, run: Triggered, status: dict[str, Any]) -> None:
        if status:
            self._progress.update(
                self._tasks[run.run_id],
                total=status["notes_total"],
                completed=status["notes_processed"],
                phase=status["phase"],
                rate=_rate(status),
            )


class _Lines:
    def __init__(self, console: Console) -> None:
        self._console = console
        self._last: dict[str, tuple[str, float]] = {}

    def show(self, run: Triggered, status: dict[str, Any]) -> None:
        phase = str(status.get("phase", "queued"))
        last_phase, last_time = self._last.get(run.run_id, ("", 0.0))
        if phase == last_phase and time.monotonic() - last_time < _LINE_SECONDS:
            return
        self._last[run.run_id] = (phase, time.monotonic())
        self._console.print(f"{run.cid:<10} {phase:<16} {_amount(status)}")


def _amount(status: dict[str, Any]) -> str:
    if not status:
        return ""
    done, total, rate = status["notes_processed"], status["notes_total"], _rate(status)
    left = f", about {(total - done) / rate:.0f} s left" if rate and done < total else ""
    return f"{done} of {total} notes, {rate:.0f}/s{left}"


def _rate(status: dict[str, Any]) -> float:
    """Notes per second from the run's start to its newest record, Airflow's own time included."""
    began, newest = (datetime.fromisoformat(status[name]) for name in ("started_at", "updated_at"))
    elapsed = (newest - began).total_seconds()
    return float(status["notes_processed"]) / elapsed if elapsed > 0 else 0.0
