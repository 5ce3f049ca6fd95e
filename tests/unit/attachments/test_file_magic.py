"""Looking into files: bounded whatever they claim, and with or without a libmagic of the system's."""

from __future__ import annotations

import io
import os
import struct
import subprocess
import sys
import textwrap
import tracemalloc
import zipfile
from pathlib import Path

import pytest
from real_files import OLE_SIGNATURE, a_compound_file, a_docx, a_picture, a_zip, iso_media

from notes_migration.adapters import zip_directory
from notes_migration.adapters.file_magic import LibMagic
from notes_migration.adapters.zip_directory import MAX_DIRECTORY_BYTES, list_zip
from notes_migration.domain.errors import DegradedNote, ReasonCode

MIB = 1024 * 1024
INCLUDE = Path(__file__).parents[3] / "include"
WITHOUT_LIBMAGIC = """
    import ctypes, ctypes.util, io, os, sys
    {hide_wheel}
    real = ctypes.CDLL.__init__
    mapped = lambda: any("pylibmagic" in line for line in open("/proc/self/maps"))
    def no_system_libmagic(self, name, *args, **kwargs):
        if name and os.path.basename(name) == name and "magic" in name and not mapped():
            raise OSError(name)
        real(self, name, *args, **kwargs)
    ctypes.CDLL.__init__ = no_system_libmagic
    ctypes.util.find_library = lambda name: None

    from notes_migration.adapters.file_magic import LibMagic
    from notes_migration.domain.errors import FatalError
    before = dict(os.environ)
    try:
        print(LibMagic().inspect(io.BytesIO(b"%PDF-1.4\\n%x")).magic)
    except FatalError as error:
        print(error)
    assert ctypes.CDLL.__init__ is no_system_libmagic
    assert dict(os.environ) == before
    assert "pylibmagic" not in sys.modules or sys.modules["pylibmagic"] is None
"""


def without_libmagic(*, hide_wheel: bool) -> str:
    hiding = 'sys.modules["pylibmagic"] = None' if hide_wheel else ""
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(WITHOUT_LIBMAGIC.format(hide_wheel=hiding))],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PYTHONPATH": str(INCLUDE)},
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def with_unknown_compression(archive: bytes) -> bytes:
    entries = archive.index(b"PK\x01\x02")
    return archive[:entries] + archive[entries:].replace(struct.pack("<H", 8), struct.pack("<H", 99))


def test_given_no_libmagic_on_the_system_when_loaded_then_the_wheels_is_taken_and_nothing_patched() -> None:
    assert without_libmagic(hide_wheel=False) == "application/pdf"


def test_given_no_libmagic_at_all_when_loaded_then_the_error_says_so() -> None:
    assert without_libmagic(hide_wheel=True) == "DEPENDENCY_UNAVAILABLE: libmagic is not installed"


def test_given_a_file_read_before_when_inspected_then_it_is_seen_from_its_start() -> None:
    file = io.BytesIO(a_picture("PNG"))
    file.read(10)

    facts = LibMagic().inspect(file)

    assert facts.magic == "image/png"
    assert facts.size == len(file.getvalue())
    assert facts.archive is None
    assert not facts.ole_entries
    assert not facts.tracks


def test_given_a_directory_deep_in_a_compound_file_when_inspected_then_it_is_found() -> None:
    small = a_compound_file("WordDocument", "_VBA_PROJECT")
    deep = OLE_SIGNATURE + bytes(3 * MIB - 8) + small[1024:]

    assert LibMagic().inspect(io.BytesIO(deep)).ole_entries == {"Root Entry", "WordDocument", "_VBA_PROJECT"}


@pytest.mark.parametrize("written", ["vba", "Vba", "VBA"])
@pytest.mark.parametrize("other", ["macroS", "MACROS", "macro\u017f", "_vba_project_cur"])
def test_given_names_in_other_letters_when_inspected_then_they_are_the_names_that_office_finds(
    written: str, other: str
) -> None:
    found = LibMagic().inspect(io.BytesIO(a_compound_file("WORDDOCUMENT", written, other))).ole_entries

    meant = "_VBA_PROJECT_CUR" if other.startswith("_") else "Macros"
    assert found == {"Root Entry", "WordDocument", "VBA", meant}


def test_given_names_that_are_no_directory_entries_when_inspected_then_they_do_not_count() -> None:
    text = "Workbook\0".encode("utf-16-le")

    assert not LibMagic().inspect(io.BytesIO(OLE_SIGNATURE + bytes(500) + text + bytes(4000))).ole_entries


@pytest.mark.parametrize("shift", range(-20, 4))
def test_given_a_handler_across_the_chunks_when_inspected_then_it_is_found(shift: int) -> None:
    begin = iso_media(b"isom")
    handler = b"hdlr" + bytes(8) + b"vide"
    content = begin + bytes(MIB + shift - len(begin)) + handler + bytes(100)

    assert LibMagic().inspect(io.BytesIO(content)).tracks == {"vide"}


def test_given_a_file_that_breaks_while_read_when_inspected_then_only_that_file_fails() -> None:
    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("secret.example/path")

    with pytest.raises(DegradedNote) as caught:
        LibMagic().inspect(Broken(b"x"))

    assert caught.value.reason is ReasonCode.ATTACHMENT_TYPE_UNSUPPORTED
    assert "secret" not in str(caught.value)


def types_of(xml: str | bytes) -> frozenset[str] | None:
    """The content types found in a package, or None where it is refused."""
    listing = list_zip(io.BytesIO(a_zip({"[Content_Types].xml": xml})))
    return None if listing is None else listing.content_types


def test_given_a_zip_when_listed_then_members_and_content_types_are_in_lower_case() -> None:
    types = '<Types><Default ContentType="A/MacroEnabled"/></Types>'
    listing = list_zip(io.BytesIO(a_zip({"A/B.XML": "x" * 9, "[Content_Types].xml": types})))

    assert listing is not None
    assert listing.members == {"a/b.xml", "[content_types].xml"}
    assert listing.expanded_bytes == 9 + len(types)
    assert listing.content_types == {"a/macroenabled"}


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-8-sig"])
@pytest.mark.parametrize("written", ["macroEnabled", "macro&#69;nabled", "macro&#x45;nabled"])
def test_given_content_types_in_any_writing_when_listed_then_they_are_read_as_xml(
    encoding: str, written: str
) -> None:
    xml = f'<Types><Override ContentType="{written}"/></Types>'

    assert types_of(xml.encode(encoding)) == {"macroenabled"}


def test_given_content_types_of_another_namespace_when_listed_then_they_are_read_all_the_same() -> None:
    assert types_of('<t:Types xmlns:t="urn:t"><t:Override t:contenttype="a/b"/></t:Types>') == {"a/b"}


def test_given_no_content_types_when_listed_then_there_are_none() -> None:
    listing = list_zip(io.BytesIO(a_zip({"a": ""})))

    assert listing is not None
    assert listing.content_types is None


@pytest.mark.parametrize(
    "xml",
    [
        f"<!--{' ' * 300_000}--><Types/>",
        bytes(5 * MIB),
        "<Types>",
        "",
        '<!DOCTYPE t [<!ENTITY e "macroEnabled">]><Types><Override ContentType="&e;"/></Types>',
        '<!DOCTYPE t SYSTEM "file:///etc/passwd"><Types/>',
        '<?xml version="1.0" encoding="no-such"?><Types/>',
        "<Types>" * 1000,
    ],
)
def test_given_content_types_that_cannot_be_trusted_when_listed_then_there_is_no_listing(
    xml: str | bytes,
) -> None:
    assert types_of(xml) is None


@pytest.mark.parametrize("second", ["[CONTENT_TYPES].XML", "/[Content_Types].xml", "\\[content_types].xml"])
def test_given_two_members_of_one_name_when_listed_then_there_is_no_listing(second: str) -> None:
    assert list_zip(io.BytesIO(a_zip({"[Content_Types].xml": "<Types/>", second: "<Types/>"}))) is None


def test_given_content_types_in_pieces_when_listed_then_there_is_no_listing() -> None:
    assert list_zip(io.BytesIO(a_zip({"[Content_Types].xml/[0].piece": "<Types/>"}))) is None


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_given_a_bomb_in_another_compression_when_inspected_then_nothing_of_it_is_unpacked(
    method: int,
) -> None:
    bomb = a_zip({"[Content_Types].xml": bytes(32 * MIB), "word/document.xml": ""}, method=method)
    tracemalloc.start()

    archive = LibMagic().inspect(io.BytesIO(bomb)).archive

    _, peak_bytes = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert archive is None
    assert peak_bytes < 4 * MIB


def test_given_more_than_a_document_may_expand_to_when_listed_then_no_member_is_opened(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    large = io.BytesIO(a_zip({"[Content_Types].xml": "x" * 11}))
    monkeypatch.setattr(zip_directory, "MAX_EXPANDED_BYTES", 10)
    monkeypatch.setattr(zipfile.ZipFile, "open", lambda *args: pytest.fail("opened"))

    assert list_zip(large) is None


def test_given_a_directory_of_very_many_members_when_listed_then_it_is_not_read() -> None:
    crowded = a_zip({f"word/{number:06}": "" for number in range(MAX_DIRECTORY_BYTES // 57 + 1)})

    assert list_zip(io.BytesIO(crowded)) is None


@pytest.mark.parametrize(
    "damaged",
    [
        a_docx()[:-22],
        a_docx()[:100],
        b"PK\x03\x04",
        a_docx().replace(b"PK\x01\x02", b"PK\x01\x03"),
        with_unknown_compression(a_docx()),
    ],
    ids=["without its end", "cut short", "nothing but a signature", "another signature", "other compression"],
)
def test_given_a_damaged_zip_when_listed_then_there_is_no_listing(damaged: bytes) -> None:
    assert list_zip(io.BytesIO(damaged)) is None
