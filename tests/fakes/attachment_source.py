"""Files by URL, in memory: AttachmentSource."""

from __future__ import annotations

import threading
from typing import BinaryIO

from notes_migration.domain.errors import DegradedNote, ReasonCode


class InMemorySource:
    """`files` maps a URL to bytes or to what fetching it raises; `fetched` are the URLs asked for.

    `most_in_flight` is the largest number of fetches that were open at once; `down` fails them all.
    """

    def __init__(self, files: dict[str, bytes | Exception] | None = None) -> None:
        self.files = dict(files or {})
        self.fetched: list[str] = []
        self.most_in_flight = 0
        self.down = False
        self._in_flight = 0
        self._lock = threading.Lock()

    def fetch(self, url: str, into: BinaryIO, *, max_bytes: int, timeout_seconds: float) -> None:
        with self._lock:
            self.fetched.append(url)
            self._in_flight += 1
            self.most_in_flight = max(self.most_in_flight, self._in_flight)
        try:
            missing = DegradedNote(ReasonCode.ATTACHMENT_DOWNLOAD_FAILED, "status 404")
            content = missing if self.down else self.files.get(url, missing)
            if isinstance(content, Exception):
                raise content
            if len(content) > max_bytes:
                raise DegradedNote(ReasonCode.ATTACHMENT_TOO_LARGE, "too large")
            into.write(content)
        finally:
            with self._lock:
                self._in_flight -= 1
