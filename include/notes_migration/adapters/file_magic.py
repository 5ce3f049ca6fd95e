"""libmagic's verdict on a file, and the few places of a container in which its kind is written."""

from __future__ import annotations

import ctypes
import importlib
import re
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any, BinaryIO

from notes_migration.adapters.zip_directory import list_zip
from notes_migration.domain.errors import DegradedNote, FatalError, ReasonCode
from notes_migration.domain.file_facts import HEAD_BYTES, FileFacts
from notes_migration.domain.iso_media import is_iso_media
from notes_migration.domain.office_files import OLE_ENTRIES, OLE_SIGNATURE, ZIP_SIGNATURE

_CHUNK_BYTES = 1024 * 1024
# Enough for every signature; on more, libmagic's searches take up to a second of a hostile text.
_VERDICT_BYTES = 4 * 1024
_OLE_ENTRY_BYTES = 128
_OLE_NAMES = {name.upper(): name for name in OLE_ENTRIES}
# Names are compared by their capitals (MS-CFB 2.6.4); those of two letters beyond ASCII are within.
_OLE_VARIANTS = {"I": "\u0131", "S": "\u017f"}
# The handler box of a track: size, "hdlr", version and flags, a reserved word, then what it handles.
_HANDLER = re.compile(rb"hdlr.{8}(vide|soun)", re.DOTALL)
_HANDLER_BYTES = 16


def _in_any_case(name: str) -> bytes:
    ways = ({c.upper(), c.lower(), *_OLE_VARIANTS.get(c.upper(), "")} for c in name)
    letters = (b"|".join(re.escape(c.encode("utf-16-le")) for c in sorted(way)) for way in ways)
    return b"".join(b"(?:%b)" % letter for letter in letters)


_OLE_NAME = re.compile(b"(%b)\0\0" % b"|".join(_in_any_case(name) for name in sorted(OLE_ENTRIES)))


class LibMagic:
    """Inspects files with libmagic; safe from several threads (python-magic locks its cookie).

    Raises:
        FatalError: DEPENDENCY_UNAVAILABLE, where neither the system nor the wheel has a libmagic.
    """

    def __init__(self) -> None:
        self._magic = _load_magic()

    def inspect(self, file: BinaryIO) -> FileFacts:
        """See ports.file_magic; reads at most one MiB at a time."""
        try:
            return self._inspect(file)
        except Exception as error:  # noqa: BLE001 - whatever a hostile file provokes is its own failure
            raise DegradedNote(ReasonCode.ATTACHMENT_TYPE_UNSUPPORTED, type(error).__name__) from None

    def _inspect(self, file: BinaryIO) -> FileFacts:
        size = file.seek(0, 2)
        file.seek(0)
        head = file.read(HEAD_BYTES)
        return FileFacts(
            magic=self._magic.from_buffer(head[:_VERDICT_BYTES]),
            head=head,
            size=size,
            archive=list_zip(file) if head.startswith(ZIP_SIGNATURE) else None,
            ole_entries=_ole_entries(file) if head.startswith(OLE_SIGNATURE) else frozenset(),
            tracks=_tracks(file) if is_iso_media(head) else frozenset(),
        )


def _ole_entries(file: BinaryIO) -> frozenset[str]:
    """Find the directory entries that matter; entries are 128 bytes and aligned to that (MS-CFB 2.6.1)."""
    found = set()
    for chunk in _chunks(file, overlap=0):
        for at in range(0, len(chunk), _OLE_ENTRY_BYTES):
            if entry := _OLE_NAME.match(chunk, at):
                found.add(_OLE_NAMES[entry[1].decode("utf-16-le").upper()])
    return frozenset(found)


def _tracks(file: BinaryIO) -> frozenset[str]:
    kinds = {kind for chunk in _chunks(file, overlap=_HANDLER_BYTES - 1) for kind in _HANDLER.findall(chunk)}
    return frozenset(kind.decode("ascii") for kind in kinds)


def _chunks(file: BinaryIO, *, overlap: int) -> Iterator[bytes]:
    file.seek(0)
    kept = b""
    while chunk := file.read(_CHUNK_BYTES):
        yield kept + chunk
        kept = chunk[-overlap:] if overlap else b""


def _load_magic() -> Any:
    try:
        return _import_magic().Magic(mime=True)
    except ImportError:
        pass
    try:
        folder = _bundled_folder()
        # Loaded by path first, so that python-magic's own search meets it by name. The wheel's package is
        # never imported: that would patch ctypes and the environment of the whole process.
        ctypes.CDLL(str(folder / "libmagic.so.1"))
        return _import_magic().Magic(mime=True, magic_file=str(folder / "magic.mgc"))
    except (ImportError, OSError):
        raise FatalError(ReasonCode.DEPENDENCY_UNAVAILABLE, "libmagic is not installed") from None


def _import_magic() -> ModuleType:
    return importlib.import_module("magic")


def _bundled_folder() -> Path:
    spec = find_spec("pylibmagic")
    if spec is None or spec.origin is None:
        raise ImportError("pylibmagic")
    return Path(spec.origin).parent
