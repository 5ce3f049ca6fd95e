"""Old Office files: an OLE compound file (MS-CFB, version 3) with one stream."""

from __future__ import annotations

import struct

_SECTOR = 512
_FREE, _END, _FAT = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
_NO_STREAM = 0xFFFFFFFF
_EXCEL = bytes.fromhex("2008020000000000c000000000000046")
_WORD = bytes.fromhex("0609020000000000c000000000000046")


def xls(*, sheet_name: str, padding_bytes: int) -> bytes:
    """A BIFF8 workbook of one empty sheet."""
    begin = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0005, 0x0DBB, 0x07CC, 0, 6))
    name = sheet_name.encode("latin-1")
    bound_length = 4 + 4 + 2 + 2 + len(name)
    sheet_at = len(begin) + bound_length + 4
    bound = _record(0x0085, struct.pack("<IHBB", sheet_at, 0, len(name), 0) + name)
    sheet = _record(0x0809, struct.pack("<HHHHII", 0x0600, 0x0010, 0x0DBB, 0x07CC, 0, 6))
    sheet += _record(0x0200, struct.pack("<IIHHH", 0, 0, 0, 0, 0)) + _record(0x000A, b"")
    stream = begin + bound + _record(0x000A, b"") + sheet
    return compound_file("Workbook", stream, class_id=_EXCEL, padding_bytes=padding_bytes)


def doc(*, padding_bytes: int) -> bytes:
    """A Word 97 document: the file information block and nothing said."""
    block = struct.pack("<HHHHHH", 0xA5EC, 0x00C1, 0, 0x0421, 0, 0) + bytes(1460)
    return compound_file("WordDocument", block, class_id=_WORD, padding_bytes=padding_bytes)


def compound_file(name: str, stream: bytes, *, class_id: bytes, padding_bytes: int) -> bytes:
    """Write header, directory, stream and allocation table; streams below 4096 bytes are padded up."""
    content = stream + bytes(max(padding_bytes, 4096 - len(stream)))
    sectors = -(-len(content) // _SECTOR)
    table = [_FAT, _END, *range(3, sectors + 2), _END]
    if len(table) > _SECTOR // 4:
        raise ValueError("one allocation table holds 128 sectors")
    table += [_FREE] * (_SECTOR // 4 - len(table))
    directory = _entry("Root Entry", kind=5, child=1, class_id=class_id)
    directory += _entry(name, kind=2, start=2, size=len(content))
    directory += _entry("", kind=0) * 2
    body = struct.pack("<128I", *table) + directory + content.ljust(sectors * _SECTOR, b"\0")
    return _header() + body


def _record(number: int, data: bytes) -> bytes:
    return struct.pack("<HH", number, len(data)) + data


def _header() -> bytes:
    fixed = bytes.fromhex("d0cf11e0a1b11ae1") + bytes(16)
    numbers = struct.pack("<HHHHH6xIIIIIIIIII", 0x3E, 3, 0xFFFE, 9, 6, 0, 1, 1, 0, 4096, _END, 0, _END, 0, 0)
    return fixed + numbers + struct.pack("<108I", *[_FREE] * 108)


def _entry(
    name: str,
    *,
    kind: int,
    child: int = _NO_STREAM,
    class_id: bytes = bytes(16),
    start: int = 0,
    size: int = 0,
) -> bytes:
    encoded = name.encode("utf-16-le")
    length = len(encoded) + 2 if name else 0
    links = struct.pack("<III", _NO_STREAM, _NO_STREAM, child)
    begin = _END if kind == 5 else start
    tail = class_id + bytes(4 + 16) + struct.pack("<IQ", begin, size)
    return encoded.ljust(64, b"\0") + struct.pack("<HBB", length, kind, 1) + links + tail
