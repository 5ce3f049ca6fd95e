"""`up` and `down`: a detached process owns the stack and starts dead components of Airflow again."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import NoReturn

from pymongo.errors import PyMongoError

from sandbox.airflow_process import AirflowProcesses
from sandbox.paths import Paths
from sandbox.processes.service import ServiceUnavailable
from sandbox.stack import Stack
from sandbox.state import AlreadyRunning, SandboxLock, SandboxState

READY = "ready"
_WATCH_SECONDS = 1.0
_MOST_RESTARTS = 20
_STOP_SECONDS = 40


def up(paths: Paths, say: Callable[[str], None]) -> bool:
    """Start the stack under a detached supervisor and return when it is ready; tells whether it is.

    Where one runs already, says so and changes nothing.
    """
    if is_running(paths):
        if paths.stack_file.exists():
            say("the sandbox is already running")
            return True
        say("the sandbox is being started or stopped by another command; wait, or run: make down")
        return False
    supervisor = subprocess.Popen(
        [sys.executable, "-m", "sandbox", "--checkout", str(paths.checkout), "supervise"],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
        text=True,
    )
    try:
        return _relay(supervisor, say)
    except KeyboardInterrupt:
        supervisor.terminate()
        supervisor.wait()
        raise


def _relay(supervisor: subprocess.Popen[str], say: Callable[[str], None]) -> bool:
    with supervisor.stdout or open(os.devnull) as lines:  # noqa: PTH123 - it is a pipe
        for line in lines:
            if line.strip() == READY:
                return True
            say(line.rstrip())
    return False


def down(paths: Paths, say: Callable[[str], None]) -> None:
    """Stop whatever of this checkout's sandbox runs or starts; does nothing where nothing does."""
    if is_running(paths):
        say("stopping the sandbox")
        _stop_supervisor(paths)
    if (state := SandboxState.read(paths.state_file)) is not None:
        state.sweep()  # what outlived a supervisor that was killed
    for path in (paths.stack_file, paths.environment_file, paths.state_file):
        path.unlink(missing_ok=True)
    say("the sandbox is down")


def _stop_supervisor(paths: Paths) -> None:
    told: set[int] = set()
    deadline = time.monotonic() + _STOP_SECONDS
    while is_running(paths) and time.monotonic() < deadline:
        # It notes its id a moment after it has the lock.
        state = SandboxState.read(paths.state_file)
        if state is not None and state.supervisor_pid not in told:
            told.add(state.supervisor_pid)
            _send(state.supervisor_pid, signal.SIGTERM)
        time.sleep(0.05)
    for pid in told if is_running(paths) else ():
        _send(pid, signal.SIGKILL)


def _send(pid: int, number: signal.Signals) -> None:
    with suppress(ProcessLookupError):
        os.kill(pid, number)


def is_running(paths: Paths) -> bool:
    """Tell whether a sandbox of this checkout has its owner."""
    if not paths.lock_file.exists():
        return False
    try:
        with SandboxLock(paths.lock_file):
            return False
    except AlreadyRunning:
        return True


def supervise(paths: Paths) -> int:
    """Own the stack until told to end; returns the process's exit code."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _interrupt)
    try:
        with Stack(paths, say=_print) as stack:
            _print(READY)
            _close_output(paths.parts / "supervisor.log")
            _watch(stack.airflow)
    except (ServiceUnavailable, AlreadyRunning, ValueError) as reason:
        _print(f"the sandbox cannot start: {reason}")
        return 1
    except PyMongoError as error:  # its text may carry an address with its password
        _print(f"the sandbox cannot start: MongoDB cannot be used ({type(error).__name__})")
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


def _interrupt(*_: object) -> None:
    # Only once: a second signal must not break off the stopping.
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt


def _watch(airflow: AirflowProcesses) -> NoReturn:
    """Start dead components again, as an init system does in production; at most so often."""
    restarts = 0
    while True:
        time.sleep(_WATCH_SECONDS)
        for component in airflow.dead_components():
            if restarts < _MOST_RESTARTS:
                restarts += 1
                _print(f"{time.strftime('%H:%M:%S')} {component} ended; starting it again")
                airflow.start_component(component)


def _print(line: str) -> None:
    print(line, flush=True)


def _close_output(log_path: Path) -> None:
    """Leave the terminal's pipe to `up`, which ends now; what is said from here on goes to a log."""
    descriptor = os.open(log_path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
