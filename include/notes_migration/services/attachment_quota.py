"""The bytes that an account may still store, shared by the files in flight."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from notes_migration.domain.errors import DegradedNote, ReasonCode


class AttachmentQuota:
    """Counts down from `left_bytes`; safe from several threads."""

    def __init__(self, left_bytes: int) -> None:
        self._left = left_bytes
        self._lock = threading.Lock()

    def require_room(self) -> None:
        """Ask before a file is fetched.

        Raises:
            DegradedNote: ATTACHMENT_QUOTA_EXCEEDED, where nothing is left.
        """
        with self._lock:
            if self._left <= 0:
                raise DegradedNote(ReasonCode.ATTACHMENT_QUOTA_EXCEEDED, "nothing is left of the quota")

    @contextmanager
    def taking(self, size: int) -> Iterator[None]:
        """Take `size` bytes, and give them back where storing fails.

        Raises:
            DegradedNote: ATTACHMENT_QUOTA_EXCEEDED, where less is left.
        """
        with self._lock:
            if size > self._left:
                raise DegradedNote(ReasonCode.ATTACHMENT_QUOTA_EXCEEDED, "more than is left of the quota")
            self._left -= size
        try:
            yield
        except BaseException:
            with self._lock:
                self._left += size
            raise
