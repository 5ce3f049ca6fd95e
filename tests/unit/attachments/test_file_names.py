"""File names: kept as people wrote them, harmless to whoever sees or saves them."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes_migration.domain.file_names import clean_file_name, content_disposition, extension, human_size
from notes_migration.domain.program_names import names_program

SAFE = frozenset({"jpg", "png", "pdf", "txt"})


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("Penawaran 2021-03.pdf", "Penawaran 2021-03.pdf"),
        ("日本語 🎉.pdf", "日本語 🎉.pdf"),
        ("../../etc/passwd", "passwd"),
        ("..\\..\\boot.ini", "boot.ini"),
        ("/a/b/", "image-17"),
        ("", "image-17"),
        ("..", "image-17"),
        (" \t\x00\x1f ", "image-17"),
        ("a\x00b\r\nc.jpg", "abc.jpg"),
        ("invoice\u202egpj.exe", "invoicegpj.exe"),
        ("\u2066a\u2069\u200f\ufeffb.jpg", "ab.jpg"),
        ("  padded.jpg  ", "padded.jpg"),
        ("lone \ud800 half.jpg", "lone  half.jpg"),
        ("family \U0001f468\u200d\U0001f469.jpg", "family \U0001f468\u200d\U0001f469.jpg"),
    ],
)
def test_given_a_name_when_cleaned_then_only_the_unseen_and_the_path_are_gone(name: str, kept: str) -> None:
    assert clean_file_name(name, default="image-17") == kept


def test_given_a_name_of_256_code_points_when_cleaned_then_it_has_255_and_keeps_its_extension() -> None:
    assert clean_file_name("é" * 252 + ".jpg", default="x") == "é" * 251 + ".jpg"
    assert clean_file_name("é" * 251 + ".jpg", default="x") == "é" * 251 + ".jpg"


@given(st.text(max_size=400))
def test_given_any_name_when_cleaned_then_it_is_a_name_and_cleaning_it_again_changes_nothing(
    name: str,
) -> None:
    kept = clean_file_name(name, default="image-17")

    assert 1 <= len(kept) <= 255
    assert not re.search(r"[/\\\x00-\x1f\x7f\u202a-\u202e\u2066-\u2069]", kept)
    assert clean_file_name(kept, default="image-17") == kept


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a.JPG", "jpg"),
        ("a.tar.gz", "gz"),
        ("a.html. .", "html"),
        ("notes", ""),
        ("v1.2", ""),
        ("Mr. Smith", ""),
        (".htaccess", "htaccess"),
        ("a.mp4", "mp4"),
    ],
)
def test_given_a_name_when_its_extension_is_read_then_it_is_what_a_desktop_goes_by(
    name: str, found: str
) -> None:
    assert extension(name) == found


def test_given_an_ordinary_name_when_disposed_then_it_is_an_attachment_of_that_name() -> None:
    shown = content_disposition('Größe "1"; x.pdf', safe_extensions=SAFE, own_extension="pdf")

    assert (
        shown
        == "attachment; filename=\"Gr__e _1__ x.pdf\"; filename*=UTF-8''Gr%C3%B6%C3%9Fe%20%221%22%3B%20x.pdf"
    )


@pytest.mark.parametrize("name", ["page.html", "page.html.", "run.EXE ", "a.svg", "x.hta"])
def test_given_a_name_that_a_desktop_would_run_when_disposed_then_it_gets_the_extension_of_its_bytes(
    name: str,
) -> None:
    shown = content_disposition(name, safe_extensions=SAFE, own_extension="png")

    assert unquote(shown.rpartition("''")[2]) == name.rstrip(". ") + ".png"
    assert '.png"' in shown


@pytest.mark.parametrize(
    "name",
    [
        "notes",
        "WhatsApp Chat with Mr.Budi",
        "v1.2",
        "x.settingcontent-ms",
        "x.hta::$DATA",
        "x.exe;",
        "x.exe\u200d",
        "x.jpg\u200d",
        "x.\uff45\uff58\uff45",
        "x.averyveryverylongone",
    ],
)
def test_given_a_name_that_ends_in_nothing_known_when_disposed_then_it_gets_the_extension_of_its_bytes(
    name: str,
) -> None:
    shown = content_disposition(name, safe_extensions=SAFE, own_extension="txt")

    assert unquote(shown.rpartition("''")[2]) == f"{name}.txt"
    assert '.txt"' in shown


@given(st.text(min_size=1, max_size=300).map(lambda name: clean_file_name(name, default="x")))
def test_given_any_name_when_disposed_then_it_ends_in_a_safe_extension(name: str) -> None:
    shown = content_disposition(name, safe_extensions=SAFE, own_extension="png")

    assert unquote(shown.rpartition("''")[2]).rpartition(".")[2].lower() in SAFE


@given(st.text(min_size=1, max_size=300).map(lambda name: clean_file_name(name, default="x")))
def test_given_any_name_when_disposed_then_the_header_has_only_plain_characters(name: str) -> None:
    shown = content_disposition(name, safe_extensions=SAFE, own_extension="png")

    assert re.fullmatch(
        r"attachment; filename=\"[A-Za-z0-9._ -]+\"; filename\*=UTF-8''[A-Za-z0-9._~%-]+", shown
    )


@pytest.mark.parametrize(
    "name",
    [
        "x.exe",
        "x.EXE",
        "x.exe. .",
        "x.exe;",
        "x.exe;1",
        "x.exe\u200d",
        "x.e\u200dxe",
        "x.exe\u00a0",
        "x\uff0e\uff45\uff58\uff45",
        "x.hta::$DATA",
        "x.settingcontent-ms",
        "x.library-ms",
        "x.search-ms",
        "x.appref-ms",
        "x.application",
        "x.js",
        "x.ps1",
        "x.html",
        "x.svg",
        "x.txt.lnk",
        ".bat",
        "C:\\x.cmd",
    ],
)
def test_given_a_name_under_which_something_runs_when_judged_then_it_is_the_name_of_a_program(
    name: str,
) -> None:
    assert names_program(name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "notes",
        "exe",
        "WhatsApp Chat with Mr.Budi",
        "Laporan PT.Maju",
        "v1.2",
        "Mr. Smith",
        "a.csv",
        "a.json",
        "exe.txt",
        "setup.exe lama",
        "daftar harga 12.000",
        "日本語.資料",
    ],
)
def test_given_a_name_that_people_write_when_judged_then_it_is_no_programs(name: str) -> None:
    assert not names_program(name)


@pytest.mark.parametrize(
    ("size", "shown"),
    [
        (0, "0 B"),
        (1023, "1023 B"),
        (1024, "1.00 KB"),
        (48211, "47.08 KB"),
        (1024**2 - 1, "1024.00 KB"),
        (1024**2, "1.00 MB"),
        (25 * 1024**2, "25.00 MB"),
        (1024**3, "1.00 GB"),
        (5 * 1024**4, "5120.00 GB"),
    ],
)
def test_given_a_size_when_shown_then_it_reads_as_in_the_cdp(size: int, shown: str) -> None:
    assert human_size(size) == shown
