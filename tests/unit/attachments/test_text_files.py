"""Text: recognised in any encoding, and never a program, whichever of the two judges notices."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes_migration.domain.text_files import TextHead, is_harmless, read_text

PROSE = TextHead("Dear all, the list is below.", is_utf=True)


@pytest.mark.parametrize(
    "magic",
    [
        "text/x-script.python",
        "text/x-python",
        "text/x-shellscript",
        "text/x-php",
        "text/x-perl",
        "text/x-ruby",
        "text/x-msdos-batch",
        "text/javascript",
        "text/rtf",
        "text/x-rtf",
        "application/javascript",
        "application/postscript",
        "application/x-mswinurl",
        "image/svg+xml",
        "image/gif",
        "application/x-dosexec",
    ],
)
def test_given_libmagic_sees_a_program_when_judged_then_the_text_is_not_harmless(magic: str) -> None:
    assert not is_harmless(PROSE, magic=magic)


@pytest.mark.parametrize(
    "magic",
    [
        "text/plain",
        "text/csv",
        "text/html",
        "text/x-c",
        "text/x-tex",
        "message/rfc822",
        "application/json",
        "application/x-sylk",
    ],
)
def test_given_libmagic_only_guesses_when_judged_then_the_beginning_decides(magic: str) -> None:
    assert is_harmless(PROSE, magic=magic)
    assert not is_harmless(TextHead(" \n<HTML>", is_utf=True), magic=magic)


@given(st.text(st.characters(min_codepoint=32, exclude_categories=("Cs",)), max_size=200))
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-32"])
def test_given_any_text_when_read_then_its_characters_come_back(encoding: str, text: str) -> None:
    if encoding == "utf-8" and text.startswith("\ufeff"):
        text = text.lstrip("\ufeff")

    assert read_text(text.encode(encoding)) == TextHead(text, is_utf=True)


def test_given_a_head_that_ends_within_a_character_when_read_then_it_is_text_all_the_same() -> None:
    assert read_text("aé".encode()[:-1]) == TextHead("a", is_utf=True)


@pytest.mark.parametrize("head", [b"a\0b", b"a\x01", "a\0".encode("utf-16"), b"\xff\xfe\x00\xd8\x00\xd8"])
def test_given_bytes_that_are_no_text_when_read_then_there_is_none(head: bytes) -> None:
    assert read_text(head) is None
