"""The hand-written pairs keep to the policy that they stand for."""

from __future__ import annotations

from html.parser import HTMLParser
from string import Template

import pytest

from sandbox.accounts.fragments import BLOCKS, MENTIONS, WHOLES, Fragment
from sandbox.accounts.wording import EMOJI, FIRST_NAMES, HEADINGS, LAST_NAMES, SENTENCES

ALLOWED = {"a", "b", "i", "strong", "em", "u", "s", "span", "br", "div", "p", "ul", "ol", "li"}
ALLOWED |= {"blockquote", "pre", "h1", "h2", "h3", "h4", "h5", "h6"}
WORDS = {"line": "Satu.", "other": "Dua.", "user": "Sari", "uid": "77", "emoji": "✅", "heading": "Judul"}
PAIRS = [*BLOCKS, *MENTIONS, *WHOLES]


class Reader(HTMLParser):
    """Collects tags, attributes and text."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.open: list[str] = []
        self.links: list[dict[str, str | None]] = []
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag != "br":
            self.open.append(tag)
        if attrs:
            self.links.append(dict(attrs))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        raise AssertionError("a comment")


def read(template: str) -> Reader:
    reader = Reader()
    reader.feed(Template(template).substitute(WORDS))
    reader.close()
    return reader


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.stored[:40])
def test_given_a_pair_when_its_stored_side_is_read_then_only_allowed_markup_is_left(pair: Fragment) -> None:
    stored = read(pair.stored)

    assert set(stored.tags) <= ALLOWED
    assert stored.open == []
    assert all(link.keys() == {"href", "rel"} and link["rel"] == "nofollow" for link in stored.links)
    assert all(str(link["href"]).startswith(("https://", "mailto:", "/")) for link in stored.links)


@pytest.mark.parametrize("pair", PAIRS, ids=lambda pair: pair.stored[:40])
def test_given_a_pair_when_both_sides_are_filled_then_the_words_are_kept(pair: Fragment) -> None:
    names = [name for name in WORDS if f"${name}" in pair.source and name != "uid"]

    assert [name for name in names if f"${name}" not in pair.stored] == []


@pytest.mark.parametrize("pair", MENTIONS, ids=lambda pair: pair.stored[:40])
def test_given_a_mention_when_stored_then_it_is_a_name_after_one_at_sign(pair: Fragment) -> None:
    stored = read(pair.stored)

    assert stored.text.count("@Sari") == 1
    assert "@@" not in stored.text
    assert "77" not in pair.stored


def test_given_the_words_when_looked_at_then_none_needs_escaping() -> None:
    words = "".join((*SENTENCES, *EMOJI, *HEADINGS, *FIRST_NAMES, *LAST_NAMES))

    assert not set(words) & set('<>&"$\u00a0')
