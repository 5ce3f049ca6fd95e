"""The files are real: a reader of each format, other than the writer, takes them."""

from __future__ import annotations

import io
import struct
import wave
import zipfile

import openpyxl
import pytest
from PIL import Image

from sandbox.accounts.assets import shown_size
from sandbox.accounts.files import specimens
from sandbox.accounts.files.specimens import Specimen

EVERY = [each for make in (specimens.images, specimens.audios, specimens.documents) for each in make()] + [
    specimens.large_recording()
]
OLE = bytes.fromhex("d0cf11e0a1b11ae1")


def starting_with(*signatures: bytes, at: int = 0) -> list[Specimen]:
    found = [each for each in EVERY if each.content[at:].startswith(signatures)]
    assert found
    return found


def streams(content: bytes) -> dict[str, bytes]:
    """Read a compound file by its directory and allocation table."""
    directory_at = struct.unpack_from("<I", content, 48)[0]
    table = struct.unpack_from("<128I", content, 512 * (1 + struct.unpack_from("<I", content, 76)[0]))
    found = {}
    for place in range(4):
        entry = content[512 * (1 + directory_at) + 128 * place :][:128]
        length, kind = struct.unpack_from("<HB", entry, 64)
        sector, size = struct.unpack_from("<IQ", entry, 116)
        data = b""
        while kind == 2 and sector != 0xFFFFFFFE:
            data += content[512 * (1 + sector) :][:512]
            sector = table[sector]
        if kind == 2:
            found[entry[: length - 2].decode("utf-16-le")] = data[:size]
            assert len(data) >= size
    return found


def test_given_the_pictures_when_opened_then_they_decode_to_the_last_line() -> None:
    pictures = [each for each in EVERY if each.cdp_type == "image"]
    formats = set()
    for each in pictures:
        with Image.open(io.BytesIO(each.content)) as image:
            image.load()
            formats.add(image.format)

    assert formats == {"JPEG", "PNG", "GIF", "WEBP"}


def test_given_the_wave_files_when_opened_then_they_have_sound() -> None:
    for each in starting_with(b"RIFF"):
        if each.cdp_type == "voice_note":
            with wave.open(io.BytesIO(each.content)) as reader:
                assert reader.getnframes() >= reader.getframerate()


def test_given_the_mp3_files_when_stepped_through_then_frame_follows_frame() -> None:
    for each in starting_with(b"ID3", b"\xff\xfb"):
        sound = each.content
        if sound.startswith(b"ID3"):
            size = sum(byte << shift for byte, shift in zip(sound[6:10], (21, 14, 7, 0), strict=True))
            sound = sound[10 + size :]
        assert len(sound) % 417 == 0
        assert all(sound[at : at + 2] == b"\xff\xfb" for at in range(0, len(sound), 417))


def test_given_the_ogg_files_when_stepped_through_then_the_last_page_ends_the_stream() -> None:
    for each in starting_with(b"OggS"):
        at, flags = 0, []
        while at < len(each.content):
            assert each.content[at : at + 4] == b"OggS"
            flags.append(each.content[at + 5])
            at += 27 + each.content[at + 26] + sum(each.content[at + 27 :][: each.content[at + 26]])
        assert (flags[0], flags[-1], at) == (2, 4, len(each.content))


def test_given_the_mp4_files_when_stepped_through_then_the_boxes_fill_them() -> None:
    for each in starting_with(b"ftyp", at=4):
        at, names = 0, []
        while at < len(each.content):
            size, name = struct.unpack_from(">I4s", each.content, at)
            names.append(name)
            at += size
        assert (names, at) == ([b"ftyp", b"moov", b"mdat"], len(each.content))
        assert (b"vide" in each.content) == (each.cdp_type == "video")
        assert (b"soun" in each.content) == (each.cdp_type == "voice_note")


def test_given_the_webm_file_when_read_then_it_says_so() -> None:
    assert all(b"\x42\x82\x84webm" in each.content[:64] for each in starting_with(b"\x1a\x45\xdf\xa3"))


def test_given_the_zip_files_when_tested_then_every_member_is_whole() -> None:
    first = set()
    for each in starting_with(b"PK"):
        with zipfile.ZipFile(io.BytesIO(each.content)) as archive:
            assert archive.testzip() is None
            assert "[Content_Types].xml" in archive.namelist()
            first.add(archive.namelist()[0])

    assert first > {"[Content_Types].xml"}


def test_given_the_workbooks_when_opened_then_they_have_rows() -> None:
    books = [each for each in starting_with(b"PK") if each.cdp_type == "xlsx"]
    rows = [openpyxl.load_workbook(io.BytesIO(each.content)).active.max_row for each in books]

    assert rows == [61, 26]


def test_given_the_old_office_files_when_read_then_the_stream_of_the_format_is_whole() -> None:
    found = {name: data for each in starting_with(OLE) for name, data in streams(each.content).items()}

    assert found.keys() == {"Workbook", "WordDocument"}
    assert found["Workbook"][:6] == struct.pack("<HHH", 0x0809, 16, 0x0600)
    assert found["WordDocument"][:2] == b"\xec\xa5"


def test_given_the_pdf_files_when_their_table_is_followed_then_each_object_is_there() -> None:
    for each in starting_with(b"%PDF-"):
        table_at = int(each.content.rsplit(b"startxref\n", 1)[1].split(b"\n")[0])
        lines = each.content[table_at:].split(b"\n")
        assert lines[0] == b"xref"
        for number, line in enumerate(lines[3 : 2 + int(lines[1].split()[1])], start=1):
            assert each.content[int(line[:10]) :].startswith(b"%d 0 obj" % number)


def test_given_the_text_files_when_decoded_then_one_has_markup_in_it() -> None:
    texts = [each.content.decode() for each in EVERY if each.file_name.endswith((".csv", ".txt"))]

    assert len(texts) == 4
    assert sum("<html>" in text for text in texts) == 1


def test_given_the_program_when_read_then_its_header_leads_to_the_signature() -> None:
    content = specimens.program().content
    (at,) = struct.unpack_from("<I", content, 0x3C)

    assert (content[:2], content[at : at + 4]) == (b"MZ", b"PE\x00\x00")


def test_given_the_names_when_compared_with_the_types_then_some_are_wrong() -> None:
    wrong = [each for each in EVERY if each.cdp_type == "image" and each.file_name.endswith(".pdf")]

    assert len(wrong) == 2


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (404, "404 B"),
        (1023, "1023 B"),
        (1024, "1.00 KB"),
        (48_211, "47.08 KB"),
        (1_048_576, "1.00 MB"),
        (1_323_044, "1.26 MB"),
    ],
)
def test_given_a_size_when_shown_then_it_has_two_decimals_from_a_kilobyte_on(size: int, shown: str) -> None:
    assert shown_size(size) == shown


@pytest.mark.parametrize("specimen", EVERY, ids=lambda each: each.file_name)
def test_given_a_size_when_shown_then_no_way_of_rounding_matters(specimen: Specimen) -> None:
    size = len(specimen.content)
    unit = 1024 if size < 1024**2 else 1024**2

    assert size < 1024 or (size * 1000) % (5 * unit) or (size * 1000 // unit) % 10 == 0
