"""A ZIP's directory, read within bounds whatever the file claims."""

from __future__ import annotations

import io
import zipfile
import zlib
from typing import BinaryIO

from notes_migration.adapters.content_types import read_content_types
from notes_migration.domain.file_facts import ZipListing
from notes_migration.domain.office_files import MAX_EXPANDED_BYTES

# About 6,000 members with names of ordinary length; real documents have some hundreds.
MAX_DIRECTORY_BYTES = 512 * 1024
# zipfile unpacks these piecewise; of bzip2 and LZMA it unpacks all that a piece of input holds.
_BOUNDED_METHODS = frozenset({zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED})
_CONTENT_TYPES = "[content_types].xml"
_MAX_CONTENT_TYPES_BYTES = 256 * 1024


def list_zip(file: BinaryIO) -> ZipListing | None:
    """List a ZIP, or return None where it is broken, unreadable or ambiguous to us, or too rich."""
    try:
        with zipfile.ZipFile(_BoundedReads(file)) as archive:
            return _list(archive)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError, EOFError, ValueError, OSError):
        return None


def _list(archive: zipfile.ZipFile) -> ZipListing | None:
    infos = archive.infolist()
    members = {_part_name(info): info for info in infos}
    expanded = sum(info.file_size for info in infos)
    if expanded > MAX_EXPANDED_BYTES or {info.compress_type for info in infos} - _BOUNDED_METHODS:
        return None
    # Of two members of one name each reader takes another; so it is with a part that comes in pieces.
    if len(members) < len(infos) or any(name.startswith(f"{_CONTENT_TYPES}/") for name in members):
        return None
    listed = members.get(_CONTENT_TYPES)
    if listed is None:
        return ZipListing(frozenset(members), expanded)
    if listed.file_size > _MAX_CONTENT_TYPES_BYTES:
        return None
    types = read_content_types(archive.read(listed))
    return None if types is None else ZipListing(frozenset(members), expanded, types)


def _part_name(info: zipfile.ZipInfo) -> str:
    """Return the name by which readers find a member: they mind neither case nor the way of the slash."""
    return info.filename.lower().replace("\\", "/").lstrip("/")


class _BoundedReads(io.RawIOBase):
    """A view of a file that refuses to be read in one go: zipfile reads a directory whole."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = 0, /) -> int:
        return self._file.seek(offset, whence)

    def tell(self) -> int:
        return self._file.tell()

    def read(self, size: int = -1, /) -> bytes:
        if size > MAX_DIRECTORY_BYTES:
            raise zipfile.BadZipFile("directory too large")
        return self._file.read(size if size >= 0 else MAX_DIRECTORY_BYTES)
