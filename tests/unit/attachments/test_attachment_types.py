"""The bytes decide: what is stored as what, what an association cannot hold, what is never stored."""

from __future__ import annotations

import io
from contextlib import suppress
from functools import cache

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from real_files import (
    OLE_SIGNATURE,
    a_compound_file,
    a_docm,
    a_docx,
    a_pdf,
    a_picture,
    a_wav,
    a_webm,
    a_zip,
    an_xlsx,
    iso_media,
)

from notes_migration.adapters.file_magic import LibMagic
from notes_migration.domain.attachment_types import decide_type
from notes_migration.domain.errors import DegradedNote, ReasonCode
from notes_migration.domain.file_facts import FileFacts
from notes_migration.domain.notes import AssetKind, CrmAsset
from sandbox.accounts.files import recordings

MAGIC = LibMagic()
IMAGE, AUDIO, DOCUMENT = AssetKind.IMAGE, AssetKind.AUDIO, AssetKind.DOCUMENT
OOXML = "application/vnd.openxmlformats-officedocument."
UTF16 = "utf-16"


@cache
def facts_of(content: bytes) -> FileFacts:
    return MAGIC.inspect(io.BytesIO(content))


def decided(content: bytes, kind: AssetKind, name: str = "", declared: str = "") -> tuple[str, str]:
    asset = CrmAsset(kind, f"{kind}-1", "https://cdn.example/1", name, declared)
    found = decide_type(facts_of(content), asset)
    return found.cdp_type, found.stored_as


def refused(content: bytes, kind: AssetKind, name: str = "", declared: str = "") -> ReasonCode:
    with pytest.raises(DegradedNote) as caught:
        decided(content, kind, name, declared)
    return caught.value.reason


@pytest.mark.parametrize(
    ("image_format", "mime"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("GIF", "image/gif"),
        ("WEBP", "image/webp"),
        ("BMP", "image/bmp"),
        ("TIFF", "image/tiff"),
        ("AVIF", "image/avif"),
    ],
)
@pytest.mark.parametrize("kind", [IMAGE, DOCUMENT])
def test_given_a_picture_when_decided_then_it_is_an_image_whatever_it_is_called(
    image_format: str, mime: str, kind: AssetKind
) -> None:
    assert decided(a_picture(image_format), kind, "Scan.pdf", "application/pdf") == ("image", mime)


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (a_wav(), "audio/wav"),
        (b"ID3\x03\0\0\0\0\0\0" + bytes(200), "audio/mpeg"),
        (b"\xff\xfb\x90\x64" + bytes(413), "audio/mpeg"),
        (b"OggS\0\2" + bytes(20) + b"\1\x13OpusHead" + bytes(40), "audio/ogg"),
        (b"#!AMR\n" + bytes(60), "audio/amr"),
        (b"fLaC\0\0\0\x22" + bytes(60), "audio/flac"),
        (b"\xff\xf1\x50\x80\x2e\x7f\xfc" + bytes(364), "audio/aac"),
        ((b"\xff\xf1\x50\x80\x2e\x7f\xfc" + bytes(364)) * 2, "audio/aac"),
        (recordings.mp3(frames=2), "audio/mpeg"),
        (recordings.mp3(frames=2, title="Telepon"), "audio/mpeg"),
        ((b"\xff\xf3\x84\xc4" + bytes(188)) * 3, "audio/mpeg"),
        ((b"\xff\xe3\x84\xc4" + bytes(380)) * 3, "audio/mpeg"),
        (a_webm(b"A_OPUS"), "audio/webm"),
        (iso_media(b"M4A ", b"mp42", b"isom", handlers=(b"soun",)), "audio/mp4"),
        (iso_media(b"3gp4", handlers=(b"soun",)), "audio/3gpp"),
    ],
)
@pytest.mark.parametrize("kind", [AUDIO, DOCUMENT])
def test_given_a_sound_when_decided_then_it_is_a_voice_note(
    content: bytes, mime: str, kind: AssetKind
) -> None:
    assert decided(content, kind) == ("voice_note", mime)


@pytest.mark.parametrize(
    ("content", "mime"),
    [
        (iso_media(b"isom", b"avc1", b"mp41", handlers=(b"vide", b"soun")), "video/mp4"),
        (iso_media(b"M4V ", b"M4A ", b"mp42", handlers=(b"vide", b"soun")), "video/mp4"),
        (iso_media(b"qt  ", handlers=(b"vide",)), "video/quicktime"),
        (iso_media(b"3gp5", handlers=(b"vide", b"soun")), "video/3gpp"),
        (a_webm(b"V_VP9", b"A_OPUS"), "video/webm"),
        (a_webm(b"V_MPEG4/ISO/AVC", document_type=b"matroska"), "video/x-matroska"),
    ],
)
@pytest.mark.parametrize("kind", [AUDIO, DOCUMENT])
def test_given_moving_pictures_when_decided_then_they_are_a_video_under_audios_too(
    content: bytes, mime: str, kind: AssetKind
) -> None:
    assert decided(content, kind, "memo.m4a", "audio/mp4") == ("video", mime)


@pytest.mark.parametrize(
    ("content", "name", "declared"),
    [
        (iso_media(b"mp42", b"isom", handlers=(b"soun",)), "film.mp4", "video/mp4"),
        (iso_media(b"M4A ", b"mp42"), "film.mp4", "video/mp4"),
        (iso_media(b"mp42", b"M4A ", b"isom"), "memo.m4a", ""),
        (iso_media(b"mp42", b"M4A ", b"isom"), "memo", "audio/mp4"),
        (iso_media(b"mp42", b"isom"), "memo.m4a", "audio/x-m4a"),
    ],
)
def test_given_a_sound_in_the_container_of_films_when_decided_then_it_is_a_voice_note(
    content: bytes, name: str, declared: str
) -> None:
    assert decided(content, AUDIO, name, declared) == ("voice_note", "audio/mp4")


@pytest.mark.parametrize(
    ("brands", "name", "declared"),
    [
        ((b"mp42", b"isom"), "memo.m4a", ""),
        ((b"mp42", b"isom"), "", "audio/mp4"),
        ((b"mp42", b"M4A "), "film.mp4", "video/mp4"),
    ],
)
def test_given_a_container_of_films_that_only_half_claims_to_be_sound_when_decided_then_it_is_a_video(
    brands: tuple[bytes, ...], name: str, declared: str
) -> None:
    assert decided(iso_media(*brands), AUDIO, name, declared) == ("video", "video/mp4")


@pytest.mark.parametrize(
    ("content", "name", "cdp_type", "mime"),
    [
        (a_pdf(), "x.docx", "pdf", "application/pdf"),
        (b"\n \xef\xbb\xbf" + a_pdf(), "x.pdf", "pdf", "application/pdf"),
        (an_xlsx(), "x.xls", "xlsx", OOXML + "spreadsheetml.sheet"),
        (a_docx(), "x.docx", "doc", OOXML + "wordprocessingml.document"),
        (a_docx(first={"docProps/app.xml": "<a/>"}), "x.zip", "doc", OOXML + "wordprocessingml.document"),
        (a_docx(first={"customXml/item1.xml": "<a/>"}), "", "doc", OOXML + "wordprocessingml.document"),
        (
            a_docx(more={"word/embeddings/sheet.xlsx": an_xlsx()}),
            "",
            "doc",
            OOXML + "wordprocessingml.document",
        ),
        (a_zip({"ppt/presentation.xml": "<p/>"}), "", "doc", OOXML + "presentationml.presentation"),
        (a_compound_file("Workbook"), "x", "xlsx", "application/vnd.ms-excel"),
        (a_compound_file("Book"), "x", "xlsx", "application/vnd.ms-excel"),
        (a_compound_file("WordDocument"), "x", "doc", "application/msword"),
        (a_compound_file("WordDocument", sector=4096), "x", "doc", "application/msword"),
        (a_compound_file("PowerPoint Document"), "x", "doc", "application/vnd.ms-powerpoint"),
        (a_compound_file("WordDocument", "ObjectPool", "Workbook"), "x.doc", "doc", "application/msword"),
        (OLE_SIGNATURE + bytes(4000), "stok lama.xls", "xlsx", "application/vnd.ms-excel"),
    ],
)
def test_given_an_office_document_when_decided_then_its_content_says_which(
    content: bytes, name: str, cdp_type: str, mime: str
) -> None:
    assert decided(content, DOCUMENT, name) == (cdp_type, mime)


def test_given_an_unreadable_old_document_when_decided_then_the_declared_type_says_which() -> None:
    assert (
        decided(OLE_SIGNATURE + bytes(4000), DOCUMENT, "a", "application/msword")[1] == "application/msword"
    )
    assert refused(OLE_SIGNATURE + bytes(4000), DOCUMENT, "a") is ReasonCode.ATTACHMENT_TYPE_UNSUPPORTED


@pytest.mark.parametrize(
    ("content", "name"),
    [
        (b"name,phone\nSari,0812\nBudi,0813\n", "a.csv"),
        (b"name,mail\nx,<html><body>\ny\n", "a.csv"),
        (b'subject;body\n"a";"<!DOCTYPE html><html><head><title>x</title>"\n', "a.csv"),
        ("Größe;Preis\n1;2\n".encode("cp1252"), "a.csv"),
        ("nama\tkota\r\nSari\tJakarta\r\n".encode(UTF16), "a.txt"),
        ("\ufeffnama,kota\n".encode(), "a.csv"),
        ("あいうえお\n".encode("shift-jis"), "a.txt"),
        (b"a,b\r\n1,2\r\n\x1a", "dos.csv"),
        (b"a\tb\n", "export.xls"),
        (b"x", ""),
        (b"Rapat hari ini", "WhatsApp Chat with Mr.Budi"),
        (b"ID;Phone;Name\r\n1;0812000;Budi\r\n", "kontak.csv"),
        (b"ID;PRODUCT;PRICE\nP1;Kopi;12000\n", "harga.csv"),
        (b"id;product;price\n1;kopi;12000\n", "harga.csv"),
        (b"function room (large) { booked", "rapat.txt"),
        (b"Rapat hari ini", "Laporan PT.Maju"),
        (b"Rapat hari ini", "catatan.md"),
        (b"Please < 5 items, a <b and c>", "v1.2"),
        (b"<sari@mail.example> wrote: yes", "mail.txt"),
        (b"From: a\nSubject: b\n\nhello", "pasted.txt"),
        (b'{"a": 1}', "a.txt"),
        (b"MZ,BM,GIF,ID3\n1,2,3,4\n", "codes.csv"),
        ("漢字".encode() * 30_000, "long.txt"),
    ],
)
def test_given_text_when_decided_then_it_is_a_doc_that_no_browser_reads(content: bytes, name: str) -> None:
    assert decided(content, DOCUMENT, name, "text/csv") == ("doc", "application/octet-stream")


NEVER = {
    "html": b"<!DOCTYPE html><html><script>alert(1)</script>",
    "html after blanks": b"\xef\xbb\xbf \r\n\t<HTML ><body>",
    "html after a comment": b"<!-- a --><html>",
    "html in utf-16": "<html><script>1</script>".encode(UTF16),
    "html in latin-1": "<p>Größe".encode("latin-1"),
    "script element": b"<script/src=x>",
    "svg": b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>',
    "svg as xml": b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"/>',
    "xml": b'<?xml version="1.0"?><a/>',
    "hta": b"<hta:application id=x>",
    "php": b"<?php system('id');",
    "asp": b"<% Response.Write 1 %>",
    "shell": b"#!/bin/sh\nrm -rf /\n",
    "python": b"#!/usr/bin/env python3\nimport os\n",
    "batch": b"@echo off\r\ndel *\r\n",
    "javascript": b'"use strict";\nvar a = require("fs");\n',
    "function": b"function f() { return 1 }\nf()\n",
    "registry": b"Windows Registry Editor Version 5.00\r\n",
    "internet shortcut": b"[InternetShortcut]\r\nURL=file://x\r\n",
    "sylk": b"ID;PWXL;N;E\nP;PGeneral\n",
    "sylk that calls a macro": b"ID;P\r\nO;E\r\nNN;NAuto_open;ER1C1;KFlank;F\r\nC;X1;Y1;EEXEC(1)\r\nE\r\n",
    "sylk like a table": b"ID;Phone;Name\n1;0812;Budi\nC;X1;Y1;K1\n",
    "function in lines": b"function go(x, y)\n{\n  x.y = 1;\n}\n",
    "function that calls": b"(function () { alert(1) })()",
    "function of nothing": b"function f(){}",
    "rtf": b"{\\rtf1\\ansi hi}",
    "postscript": b"%!PS-Adobe-3.0\n",
    "picture that is a program": b"GIF89a/*x*/=1;alert(1)",
    "windows program": b"MZ\x90\0\3\0\0\0\4\0\0\0\xff\xff" + bytes(200),
    "linux program": b"\x7fELF\2\1\1" + bytes(200),
    "mac program": b"\xcf\xfa\xed\xfe" + bytes(200),
    "java class": b"\xca\xfe\xba\xbe\0\0\0\x34" + bytes(200),
    "wasm": b"\0asm\1\0\0\0",
    "shortcut": b"L\0\0\0\1\x14\2\0" + bytes(200),
    "zip": a_zip({"a.txt": "x"}),
    "zip called a document": a_zip({"a/word/document.xml.txt": "x"}),
    "docm by content type": a_docm(),
    "docm in utf-16": a_docm(encoding=UTF16),
    "docm in character references": a_docm(written="macro&#69;nabled"),
    "docm behind a comment": a_zip(
        {"[Content_Types].xml": f"<!--{' ' * 300_000}--><Types/>", "word/document.xml": "<w:document/>"}
    ),
    "docm by a second list of types": a_docx(
        more={"[CONTENT_TYPES].xml": '<Types><Override ContentType="x.macroEnabled"/></Types>'}
    ),
    "document whose list of types names none": a_zip(
        {"[Content_Types].xml": "<Types/>", "word/document.xml": "<w:document/>"}
    ),
    "document whose list of types is broken": a_zip(
        {"[Content_Types].xml": "<Types", "word/document.xml": "<w:document/>"}
    ),
    "document with a project of any name": a_docx(more={"x/VBAPROJECT.BIN": b""}),
    "docm by its project": a_docm(with_project=True),
    "xlsm sheet": a_zip({"xl/workbook.xml": "", "xl/macrosheets/sheet1.xml": ""}),
    "document with a program": a_docx(more={"word/embeddings/setup.EXE": b"MZ"}),
    "jar and document": a_docx(first={"META-INF/MANIFEST.MF": "", "Main.class": b"\xca\xfe"}),
    "two documents in one": a_zip({"word/document.xml": "", "xl/workbook.xml": ""}),
    "document that expands without end": a_docx(more={"word/media/image1.bmp": bytes(1024**2)}).replace(
        (1024**2).to_bytes(4, "little"), (2**32 - 2).to_bytes(4, "little")
    ),
    "zip cut off": a_docx()[:-30],
    "program before a zip": b"MZ" + bytes(300) + a_docx(),
    "page before a zip": b"<html>" + a_docx(),
    "page before a pdf": b"<html><script>1</script>\n" + a_pdf(),
    "program before a pdf": b"MZ\x90\0" + bytes(100) + a_pdf(),
    "doc with macros": a_compound_file("WordDocument", "Macros", "VBA", "_VBA_PROJECT"),
    "doc with macros in other letters": a_compound_file("WordDocument", "macros", "vba", "_vba_project"),
    "xls with macros": a_compound_file("Workbook", "_VBA_PROJECT_CUR"),
    "encrypted document": a_compound_file("EncryptionInfo", "EncryptedPackage"),
    "other compound file": a_compound_file("__properties_version1.0"),
    "gzip": b"\x1f\x8b\x08\0" + bytes(60),
    "rar": b"Rar!\x1a\7\0" + bytes(60),
    "icon": b"\0\0\1\0\1\0\x10\x10" + bytes(60),
    "flash": b"FWS\x0a" + bytes(60),
    "noise": bytes(range(256)) * 4,
    "windows program that is a film": b"MZ\x90\0ftypisom" + bytes(200),
    "linux program that is a film": b"\x7fELFftypisom" + bytes(200),
    "page that is a film": b"<!--ftypisom\0--><script>alert(1)</script>",
    "shell script that is a film": b"#!a\nftypisom\0\nrm -rf /\n",
    "script that is an old film": b"a=1/moov\0;alert(1)",
    "film of no box size": b"\0\0\0\0ftypisom" + bytes(200),
    "film of an odd box size": b"\0\0\0\x15ftypisom" + bytes(200),
    "film of a box of 4 KiB and more": b"\0\0\x10\x04ftypisom" + bytes(5000),
    "picture of no box size": b"\0\0\0\0ftypavif" + bytes(200),
    "windows program that is a document": b"MZPK\x03\x04" + bytes(200),
    "page with a nul": b" <html>\0<script>alert(1)</script>",
    "shell script that is AMR": b"#!AMR\0\nrm -rf /\n",
    "tag without a version": b"ID3" + bytes(200),
    "tag of a version to come": b"ID3\x05\0\0\0\0\0\0" + bytes(200),
    "tag with unknown flags": b"ID3\x03\0\x01\0\0\0\0" + bytes(200),
    "tag with a size that is none": b"ID3\x03\0\0\0\0\0\x80" + bytes(200),
    "tag longer than the file": b"ID3\x03\0\0\0\0\x7f\x7f" + bytes(200),
    "tag cut off": b"ID3\x03\0",
    "page that is sound": b"\xff\xfb<script>alert(1)</script>\0",
    "page that is AAC": b"\xff\xf1<script>alert(1)</script>\0",
    "frame that nothing follows": b"\xff\xfb\x90\x64<script>alert(1)</script>\0" + bytes(500),
    "unknown brand": iso_media(b"crx "),
    "nothing": b"",
}
CLAIMS = [
    ("photo.jpg", "image/jpeg"),
    ("report.docx", OOXML + "wordprocessingml.document"),
    ("old.doc", "application/msword"),
    ("table.csv", "text/csv"),
    ("plain.txt", "text/plain"),
    ("", ""),
]


@pytest.mark.parametrize("kind", list(AssetKind))
@pytest.mark.parametrize("what", list(NEVER))
def test_given_what_runs_or_is_unknown_when_decided_then_it_is_stored_under_no_name(
    what: str, kind: AssetKind
) -> None:
    reasons = {refused(NEVER[what], kind, name, declared) for name, declared in CLAIMS}

    assert reasons == {ReasonCode.ATTACHMENT_TYPE_UNSUPPORTED}


@pytest.mark.parametrize(
    "name",
    [
        "a.js",
        "a.vbs",
        "A.PS1",
        "a.html",
        "a.hta",
        "a.sh",
        "a.py.",
        "a.iqy",
        "a.xml",
        "x.settingcontent-ms",
        "x.library-ms",
        "x.appref-ms",
        "x.application",
        "x.hta::$DATA",
        "x.exe;",
        "x.exe\u200d",
    ],
)
def test_given_text_under_the_name_of_a_program_when_decided_then_it_is_not_stored(name: str) -> None:
    assert refused(b"alert(1)", DOCUMENT, name, "text/plain") is ReasonCode.ATTACHMENT_TYPE_UNSUPPORTED


@pytest.mark.parametrize(
    ("content", "kind"),
    [
        (a_pdf(), IMAGE),
        (a_wav(), IMAGE),
        (iso_media(b"isom", handlers=(b"vide",)), IMAGE),
        (an_xlsx(), IMAGE),
        (b"just text", IMAGE),
        (a_picture("JPEG"), AUDIO),
        (a_pdf(), AUDIO),
        (a_docx(), AUDIO),
        (b"just text", AUDIO),
    ],
)
def test_given_a_file_that_its_association_cannot_hold_when_decided_then_it_is_a_mismatch(
    content: bytes, kind: AssetKind
) -> None:
    assert refused(content, kind) is ReasonCode.ATTACHMENT_TYPE_MISMATCH


@pytest.mark.parametrize("begin", ["function ", "function(", "<", "<!--", "@echo ", " ", "'use strict", "#"])
def test_given_text_made_to_be_slow_when_decided_then_it_is_decided_at_once(begin: str) -> None:
    hostile = (begin + " " * 64_000).encode()

    with suppress(DegradedNote):
        decided(hostile, DOCUMENT, "a.txt")


REAL = [
    a_docx(),
    an_xlsx(),
    a_pdf(),
    a_wav(),
    a_picture("PNG"),
    a_compound_file("Workbook"),
    iso_media(b"mp42"),
]


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_given_a_damaged_file_when_decided_then_it_is_allowed_or_refused_and_nothing_else(
    data: st.DataObject,
) -> None:
    whole = data.draw(st.sampled_from(REAL))
    begin, end = sorted(data.draw(st.tuples(*[st.integers(0, len(whole))] * 2)))
    damaged = whole[:begin] + data.draw(st.binary(max_size=64)) + whole[end:]
    kind = data.draw(st.sampled_from(AssetKind))

    with suppress(DegradedNote):
        cdp_type, stored_as = decided(damaged, kind, "a.docx", "")
        assert cdp_type in {"image", "doc", "pdf", "video", "voice_note", "xlsx"}
        assert "html" not in stored_as
