"""May this caller in? HTTP Basic against several credentials, with growing waits after failures."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import structlog

from notes_migration.domain.basic_auth import Credentials, is_known_name, matching_name, parse_basic
from notes_migration.domain.errors import TransientError
from notes_migration.domain.login_waits import Origin, Settled, address_group
from notes_migration.ports.login_failures import LoginFailures

_log = structlog.get_logger(__name__)
QUIET_SECONDS = 1.0
_MOST_QUIET = 1024


@dataclass(frozen=True, slots=True)
class Admission:
    """The caller's name; or None, and the seconds to wait where it may not even try."""

    name: str | None
    retry_after_seconds: int = 0


@dataclass(slots=True)
class AdmitCaller:
    """Counts failures in a store that all processes share; without it, in this process.

    known: returns the credentials in force. quiet_seconds: a name that was let in is not asked about
    again for so long at the same address, so that whoever polls costs the store nothing.
    """

    known: Callable[[], Sequence[Credentials]]
    shared: LoginFailures
    local: LoginFailures
    quiet_seconds: float = QUIET_SECONDS
    monotonic_seconds: Callable[[], float] = time.monotonic
    _quiet: dict[Origin, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def admit(self, header: str | None, address: str) -> Admission:
        """Judge an `Authorization` header that came from this client address.

        The password is compared first, as that takes no time; but nothing of the outcome shows before
        the store has counted the login, and while one has to wait nothing of it shows at all.

        Raises:
            FatalError: DEPENDENCY_UNAVAILABLE, where our own credentials cannot be read.
        """
        known, presented = self.known(), parse_basic(header)
        if presented is None:
            _log.info("api_login_missing")
            return Admission(None)
        origin = Origin(presented.name, address_group(address))
        name = matching_name(presented, known)
        if name is not None and self._is_quiet(origin):
            return Admission(name)
        if name is None:
            self._end_quiet(origin)
        settled = self._settle(origin, right=name is not None)
        if settled.wait_seconds > 0:
            return Admission(None, retry_after_seconds=settled.wait_seconds)
        if name is None:
            _log_failure(presented, known, settled)
        else:
            self._begin_quiet(origin)
        return Admission(name)

    def _settle(self, origin: Origin, *, right: bool) -> Settled:
        try:
            return self.shared.settle(origin, right=right)
        except TransientError as error:
            _log.warning("login_failures_counted_in_this_process_only", problem=error.message)
            return self.local.settle(origin, right=right)

    def _is_quiet(self, origin: Origin) -> bool:
        with self._lock:
            return self._quiet.get(origin, 0.0) > self.monotonic_seconds()

    def _begin_quiet(self, origin: Origin) -> None:
        with self._lock:
            if len(self._quiet) >= _MOST_QUIET:
                self._quiet.clear()
            self._quiet[origin] = self.monotonic_seconds() + self.quiet_seconds

    def _end_quiet(self, origin: Origin) -> None:
        with self._lock:
            self._quiet.pop(origin, None)


def _log_failure(presented: Credentials, known: Sequence[Credentials], settled: Settled) -> None:
    caller = presented.name.decode() if is_known_name(presented, known) else "(unknown)"
    _log.warning("api_login_failed", credential=caller, failures=settled.failures)
