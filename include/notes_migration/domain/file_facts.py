"""The evidence that a file's own bytes give, gathered once and judged by pure rules."""

from __future__ import annotations

from dataclasses import dataclass

HEAD_BYTES = 64 * 1024


@dataclass(frozen=True, slots=True)
class ZipListing:
    """A ZIP's directory: member names, what they expand to, and the types in `[Content_Types].xml`.

    Names and types are in lower case; `content_types` is None where the ZIP has no such part.
    """

    members: frozenset[str]
    expanded_bytes: int
    content_types: frozenset[str] | None = None


@dataclass(frozen=True, slots=True)
class FileFacts:
    """What the bytes say; names and declared types are claims and are no part of it.

    magic: libmagic's MIME type.
    head: the first 64 KiB.
    size: bytes of the whole file.
    archive: a ZIP's directory, None where the file is no readable ZIP.
    ole_entries: known stream and storage names found in an OLE2 directory.
    tracks: handler types of an ISO media file: "vide", "soun".
    """

    magic: str
    head: bytes
    size: int
    archive: ZipListing | None = None
    ole_entries: frozenset[str] = frozenset()
    tracks: frozenset[str] = frozenset()
