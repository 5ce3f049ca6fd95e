"""May this caller in? HTTP Basic against several credentials, with growing waits after failures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import structlog

from notes_migration.domain.basic_auth import Credentials, is_known_name, matching_name, parse_basic
from notes_migration.domain.errors import TransientError
from notes_migration.ports.login_failures import LoginFailures

T = TypeVar("T")
_log = structlog.get_logger(__name__)
QUIET_SECONDS = 1.0


@dataclass(frozen=True, slots=True)
class Admission:
    """The caller's name; or None, and the seconds to wait where it may not even try."""

    name: str | None
    retry_after_seconds: int = 0


@dataclass(slots=True)
class AdmitCaller:
    """Counts failures in a store that all processes share; without it, in this process.

    known: returns the credentials in force. quiet_seconds: a name without failures is not asked about
    again for so long, so that whoever polls costs the store nothing.
    """

    known: Callable[[], Sequence[Credentials]]
    shared: LoginFailures
    local: LoginFailures
    quiet_seconds: float = QUIET_SECONDS
    monotonic_seconds: Callable[[], float] = time.monotonic
    _quiet: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, header: str | None) -> Admission:
        """Judge an `Authorization` header.

        Raises:
            FatalError: DEPENDENCY_UNAVAILABLE, where our own credentials cannot be read.
        """
        known, presented = self.known(), parse_basic(header)
        if presented is None:
            _log.info("api_login_missing")
            return Admission(None)
        name = matching_name(presented, known)
        if name is not None and self._is_quiet(name):
            return Admission(name)
        wait = self._ask(lambda store: store.wait_left(presented.name))
        if wait > 0:
            return Admission(None, retry_after_seconds=wait)
        return self._refuse(presented, known) if name is None else self._welcome(name, presented.name)

    def _refuse(self, presented: Credentials, known: Sequence[Credentials]) -> Admission:
        failures = self._ask(lambda store: store.add(presented.name))
        is_known = is_known_name(presented, known)
        caller = presented.name.decode() if is_known else "(unknown)"
        if is_known:
            with self._lock:
                self._quiet.pop(caller, None)
        _log.warning("api_login_failed", credential=caller, failures=failures)
        return Admission(None)

    def _welcome(self, name: str, raw_name: bytes) -> Admission:
        self._ask(lambda store: store.clear(raw_name))
        with self._lock:
            self._quiet[name] = self.monotonic_seconds() + self.quiet_seconds
        return Admission(name)

    def _is_quiet(self, name: str) -> bool:
        with self._lock:
            return self._quiet.get(name, 0.0) > self.monotonic_seconds()

    def _ask(self, question: Callable[[LoginFailures], T]) -> T:
        try:
            return question(self.shared)
        except TransientError as error:
            _log.warning("login_failures_counted_in_this_process_only", problem=error.message)
            return question(self.local)
