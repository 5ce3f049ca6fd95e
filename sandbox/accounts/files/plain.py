"""Text files, and one program that must never be stored."""

from __future__ import annotations

import struct


def csv(*, rows: int, separator: str = ",", remark: str = "Barang", title: str | None = None) -> bytes:
    """A table with a header line; `remark` goes into every row, quoted; a `title` is a line of its own."""
    lines = [] if title is None else [title]
    lines += [separator.join(("no", "nama", "catatan"))]
    lines += [separator.join((str(n), f"Toko {n}", f'"{remark} {n * 7}"')) for n in range(1, rows + 1)]
    return ("\r\n".join(lines) + "\r\n").encode()


def txt(*, paragraphs: int) -> bytes:
    """Minutes of a meeting in UTF-8."""
    line = "Notulen rapat – pelanggan setuju, pengiriman minggu depan. Café & teh disediakan.\n"
    return "".join(f"{n}. {line}" for n in range(1, paragraphs + 1)).encode()


def exe(*, size: int) -> bytes:
    """The headers of a 32 bit Windows program, filled up with zeros to `size` bytes."""
    dos = b"MZ\x90\x00\x03" + bytes(55) + struct.pack("<I", 0x80)
    stub = b"\x0e\x1f\xba\x0e\x00\xb4\x09\xcd!\xb8\x01L\xcd!This program cannot be run in DOS mode.\r\r\n$"
    coff = b"PE\x00\x00" + struct.pack("<HHIIIHH", 0x014C, 1, 0, 0, 0, 224, 0x0102)
    optional = struct.pack("<HBBIIIII", 0x010B, 14, 0, 512, 512, 0, 0x1000, 0x1000).ljust(224, b"\0")
    return ((dos + stub).ljust(0x80, b"\0") + coff + optional).ljust(size, b"\0")
