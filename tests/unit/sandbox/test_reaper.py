"""Which processes belong to a sandbox, and that they end."""

from __future__ import annotations

import subprocess
import sys
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sandbox.processes.reaper import (
    ID_VARIABLE,
    clear_up,
    note_child,
    note_directory,
    processes_of,
    sweep,
)

SLEEPER = "import time; print(flush=True); time.sleep(60)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print(flush=True); time.sleep(60)"
)


@contextmanager
def a_process(code: str = SLEEPER, **variables: str) -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen(
        [sys.executable, "-S", "-c", code], env=variables, stdout=subprocess.PIPE, start_new_session=True
    ) as process:
        assert process.stdout
        process.stdout.readline()  # it runs, and ignores what it wants to ignore
        yield process
        process.kill()


def test_given_a_process_that_carries_the_id_when_searched_then_it_is_found(tmp_path: Path) -> None:
    sandbox_id = uuid.uuid4().hex

    with a_process(**{ID_VARIABLE: sandbox_id}) as process, a_process(**{ID_VARIABLE: "other"}):
        assert processes_of(sandbox_id, tmp_path / "none") == [process.pid]


def test_given_a_noted_process_without_the_id_when_searched_then_it_is_found(tmp_path: Path) -> None:
    noted = tmp_path / "children"

    with a_process() as process:
        note_child(noted, process.pid)

        assert processes_of("no such id", noted) == [process.pid]


def test_given_a_number_that_went_to_somebody_else_when_searched_then_he_is_left_alone(
    tmp_path: Path,
) -> None:
    noted = tmp_path / "children"

    with a_process() as process:
        note_child(noted, process.pid)
        pid, ticks = noted.read_text().split()
        noted.write_text(f"{pid} {int(ticks) - 1}\nnonsense\n")

        assert processes_of("no such id", noted) == []


def test_given_a_process_that_ignores_the_request_when_swept_then_it_is_killed(tmp_path: Path) -> None:
    sandbox_id = uuid.uuid4().hex

    with a_process(STUBBORN, **{ID_VARIABLE: sandbox_id}) as process:
        assert sweep(sandbox_id, tmp_path / "none", grace_seconds=0.1) == 1
        assert process.wait(timeout=10) == -9


def test_given_nothing_when_swept_then_nothing_happens(tmp_path: Path) -> None:
    assert sweep("no such id", tmp_path / "none") == 0


def test_given_noted_directories_when_cleared_then_they_and_the_list_are_gone(tmp_path: Path) -> None:
    noted, directory = tmp_path / "children", tmp_path / "with blank"
    (directory / "inner").mkdir(parents=True)
    note_directory(noted, directory)

    clear_up(noted)

    assert list(tmp_path.iterdir()) == []
