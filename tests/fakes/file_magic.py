"""libmagic's verdict by a table of beginnings: FileMagic."""

from __future__ import annotations

from typing import BinaryIO

from notes_migration.domain.file_facts import FileFacts

VERDICTS = {b"\x89PNG": "image/png", b"\xff\xd8\xff": "image/jpeg", b"%PDF-": "application/pdf"}


class SignatureMagic:
    """Knows three types; everything else is octets. `failure` is raised while it is set."""

    def __init__(self) -> None:
        self.failure: Exception | None = None

    def inspect(self, file: BinaryIO) -> FileFacts:
        if self.failure:
            raise self.failure
        file.seek(0)
        content = file.read()
        verdict = next(
            (v for begin, v in VERDICTS.items() if content.startswith(begin)), "application/octet-stream"
        )
        return FileFacts(magic=verdict, head=content[:64], size=len(content))
