"""Real small files, made here, for the decision on types."""

from __future__ import annotations

import io
import struct
import wave
import zipfile
from collections.abc import Mapping

from openpyxl import Workbook
from PIL import Image

OLE_SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
_WORD_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_DOCM_TYPE = "application/vnd.ms-word.document.macroEnabled.main+xml"


def a_picture(image_format: str) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (40, 30), (200, 30, 30)).save(out, image_format)
    return out.getvalue()


def a_wav() -> bytes:
    out = io.BytesIO()
    with wave.open(out, "wb") as sound:
        sound.setnchannels(1)
        sound.setsampwidth(2)
        sound.setframerate(8000)
        sound.writeframes(bytes(4000))
    return out.getvalue()


def an_xlsx() -> bytes:
    out = io.BytesIO()
    book = Workbook()
    book.active.append(["name", "phone"])
    book.save(out)
    return out.getvalue()


def a_zip(members: Mapping[str, str | bytes], *, method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return out.getvalue()


def a_docx(
    *, first: Mapping[str, str | bytes] | None = None, more: Mapping[str, str | bytes] | None = None
) -> bytes:
    """A Word document; `first` goes before everything, which hides it from libmagic."""
    document = '<w:document xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"/>'
    return a_zip({**(first or {}), "word/document.xml": document, **_types(_WORD_TYPE), **(more or {})})


def a_docm(*, with_project: bool = False, encoding: str = "utf-8", written: str = "macroEnabled") -> bytes:
    """A Word document that may hold macros, by its content type or by the project in it."""
    project: dict[str, str | bytes] = {"word/vbaProject.bin": OLE_SIGNATURE} if with_project else {}
    main = _WORD_TYPE if with_project else _DOCM_TYPE.replace("macroEnabled", written)
    types = {name: str(xml).encode(encoding) for name, xml in _types(main).items()}
    return a_zip({**types, "word/document.xml": "<w:document/>", **project})


def a_compound_file(*names: str, sector: int = 512) -> bytes:
    """An OLE2 file with the given names in its directory (MS-CFB), as libmagic and Office see it."""
    header = OLE_SIGNATURE + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6) + bytes(6)
    header += struct.pack("<IIIIIIIIII", 0, 1, 1, 0, 4096, 0xFFFFFFFE, 0, 0xFFFFFFFE, 0, 0)
    header += struct.pack("<108I", *[0xFFFFFFFF] * 108)
    entries = b"".join(_entry(name) for name in ("Root Entry", *names))
    table = struct.pack("<128I", 0xFFFFFFFD, 0xFFFFFFFE, *[0xFFFFFFFF] * 126)
    return header.ljust(sector, b"\0") + table + entries.ljust(sector * 2, b"\0") + bytes(4096)


def iso_media(brand: bytes, *compatible: bytes, handlers: tuple[bytes, ...] = ()) -> bytes:
    """An ISO media file with the given brands, and a track for each handler."""
    kind = _box(b"ftyp", brand + bytes(4) + b"".join((brand, *compatible)))
    tracks = b"".join(
        _box(b"trak", _box(b"mdia", _box(b"hdlr", bytes(8) + handler + bytes(13)))) for handler in handlers
    )
    return kind + _box(b"mdat", bytes(3000)) + _box(b"moov", tracks)


def a_webm(*codecs: bytes, document_type: bytes = b"webm") -> bytes:
    """A Matroska file that names its codecs."""
    head = b"\x1aE\xdf\xa3\xa3B\x86\x81\x01B\xf7\x81\x01B\xf2\x81\x04B\xf3\x81\x08B\x82"
    tracks = b"".join(b"\x86" + bytes([0x80 | len(codec)]) + codec for codec in codecs)
    return head + bytes([0x80 | len(document_type)]) + document_type + b"\x16T\xaek" + tracks + bytes(200)


def a_pdf() -> bytes:
    return b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n1 0 obj<</Type/Catalog>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


def _types(main: str) -> dict[str, str | bytes]:
    part = "/word/document.xml"
    return {"[Content_Types].xml": f'<Types><Override PartName="{part}" ContentType="{main}"/></Types>'}


def _entry(name: str) -> bytes:
    encoded = name.encode("utf-16-le")
    kind = 5 if name == "Root Entry" else 2
    return encoded.ljust(64, b"\0") + struct.pack("<HBB", len(encoded) + 2, kind, 1) + bytes(60)


def _box(name: bytes, content: bytes) -> bytes:
    return struct.pack(">I", 8 + len(content)) + name + content
