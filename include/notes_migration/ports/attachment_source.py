"""Where a note's files are fetched from."""

from __future__ import annotations

from typing import BinaryIO, Protocol


class AttachmentSource(Protocol):
    """Fetches one file by the URL that the CRM gave; the URL is not trusted."""

    def fetch(self, url: str, into: BinaryIO, *, max_bytes: int, timeout_seconds: float) -> None:
        """Write the file's bytes to `into`, from its start; `timeout_seconds` is for all tries together.

        Raises:
            DegradedNote: ATTACHMENT_HOST_NOT_ALLOWED, ATTACHMENT_TOO_LARGE, ATTACHMENT_DOWNLOAD_FAILED.
        """
        ...
