"""Leave a host alone that has stopped answering, so that its dead time is not paid file by file."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from notes_migration.domain.errors import DegradedNote, ReasonCode

MOST_IN_A_ROW = 5
REST_SECONDS = 60.0


@dataclass(slots=True)
class _Place:
    lost_in_a_row: int = 0
    rests_until: float = 0.0


class HostBreaker:
    """Counts files lost in a row per `host:port`, all tries of a file as one; safe from several threads.

    After five a host rests for a minute: its files fail at once. Then one file is tried again, and the
    next rest begins with it unless it gets an answer.
    """

    def __init__(self, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._places: dict[str, _Place] = {}

    def require_awake(self, place: str) -> None:
        """Ask before a file is fetched.

        Raises:
            DegradedNote: ATTACHMENT_DOWNLOAD_FAILED, while the host rests.
        """
        now = self._monotonic()
        with self._lock:
            known = self._places.get(place)
            if known is None or known.lost_in_a_row < MOST_IN_A_ROW:
                return
            if now < known.rests_until:
                raise DegradedNote(ReasonCode.ATTACHMENT_DOWNLOAD_FAILED, "its host does not answer")
            known.rests_until = now + REST_SECONDS  # this file tries it; the others go on waiting

    def lost(self, place: str) -> None:
        """Count a file for which the host was silent, though asked several times or waited for."""
        with self._lock:
            known = self._places.setdefault(place, _Place())
            known.lost_in_a_row += 1
            known.rests_until = self._monotonic() + REST_SECONDS

    def answered(self, place: str) -> None:
        """Forget what was counted: the host gave the file, a redirect or a clear refusal."""
        with self._lock:
            self._places.pop(place, None)
