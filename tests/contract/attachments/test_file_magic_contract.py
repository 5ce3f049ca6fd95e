"""One suite for looking into files: the fake may not drift from libmagic on what it claims to know."""

from __future__ import annotations

import io

import pytest

from notes_migration.adapters.file_magic import LibMagic
from notes_migration.domain.file_facts import FileFacts
from notes_migration.ports.file_magic import FileMagic
from tests.fakes.file_magic import SignatureMagic

FILES = {
    "image/png": b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\2\0\0\0",
    "image/jpeg": b"\xff\xd8\xff\xe0\0\x10JFIF\0\1\1\0\0\1\0\1\0\0",
    "application/pdf": b"%PDF-1.4\n%%EOF",
    "application/octet-stream": b"\0\1\2\3",
}


@pytest.mark.parametrize("magic", [SignatureMagic(), LibMagic()], ids=["fake", "libmagic"])
@pytest.mark.parametrize("mime", list(FILES))
def test_given_a_file_when_inspected_then_verdict_head_and_size_are_those_of_its_bytes(
    magic: FileMagic, mime: str
) -> None:
    content = FILES[mime]

    assert magic.inspect(io.BytesIO(content)) == FileFacts(magic=mime, head=content, size=len(content))
