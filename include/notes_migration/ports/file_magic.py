"""What a file's bytes say about it."""

from __future__ import annotations

from typing import BinaryIO, Protocol

from notes_migration.domain.file_facts import FileFacts


class FileMagic(Protocol):
    """Looks into a file, never at its name."""

    def inspect(self, file: BinaryIO) -> FileFacts:
        """Gather the evidence on which the type is decided; bounded in memory whatever the file is.

        Raises:
            DegradedNote: ATTACHMENT_TYPE_UNSUPPORTED, where the bytes cannot be looked at.
        """
        ...
