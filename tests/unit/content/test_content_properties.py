"""What holds for any note whatsoever."""

from __future__ import annotations

import re
from xml.etree.ElementTree import Element

import html5lib
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from notes_migration.domain.content import POLICY, normalize_html
from notes_migration.domain.content.scan import read
from notes_migration.domain.content.source import read_faithfully, read_leanly
from notes_migration.domain.errors import ReasonCode, RejectedNote

FEW = settings(max_examples=150, deadline=None, derandomize=True, database=None)

SOUP = """
<p> </p> <b> </b> <i> </i> <div> </div> <h1> <h2> <ul> <li> </ul> <pre> <blockquote> <span> <br> </br> <a>
<a\thref=x> <a\thref='/users/1/edit_user'> <a\tdata-user-id=1> </a> <a\thref='java&#x200b;script:1'>
<table> <tr> <td> </table> <caption> <select> <option> <form> <button> <svg> </svg> <math> <mi> <mtext>
<foreignObject> <desc> <title> </title> <style> </style> <script> </script> <template> </template> <object>
</object> <iframe> <noscript> <textarea> </textarea> <xmp> <plaintext> <listing> <frameset> <body> </body>
<!-- --> <![CDATA[ ]]> <!doctype> <?x?> <in> <list> </list> <o:p> <a@b.c> <Mrs\tRoe> <img\tsrc=data:,x>
" ' > < & = / @ &amp; &lt; &nbsp; &#13; &#10; &#0; &#1; &quot &notit; text \ud800 \0 \x1f \u200b \U0001f600
"""  # a tab stands for the space within a piece
PIECES = [piece.replace("\t", " ") for piece in re.split("[ \n]", SOUP) if piece]
soup = st.lists(st.one_of(st.sampled_from(PIECES), st.sampled_from([" ", "\n", "x", "<pre>\n"])), max_size=25)
any_note = st.one_of(soup.map("".join), st.text(max_size=60))

WORDS = st.text(
    st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="<>&"), min_size=1, max_size=12
)
INLINE = st.sampled_from(["b", "i", "strong", "em", "u", "s", "span"])
BLOCK = st.sampled_from(["p", "div", "blockquote", "h2", "pre"])


def _wrapped(tags: st.SearchStrategy[str], content: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(tags, st.lists(content, min_size=1, max_size=3)).map(
        lambda parts: f"<{parts[0]}>{''.join(parts[1])}</{parts[0]}>"
    )


well_formed = st.lists(
    st.one_of(WORDS, _wrapped(INLINE, WORDS), _wrapped(BLOCK, st.one_of(WORDS, _wrapped(INLINE, WORDS)))),
    max_size=6,
).map("".join)


def _tree(html: str) -> Element:
    parsed: Element = html5lib.parseFragment(html, container="div", namespaceHTMLElements=False)
    return parsed


def _shape(element: Element) -> list[object]:
    return [
        (child.tag, sorted(child.attrib.items()), child.text, child.tail, _shape(child)) for child in element
    ]


def _serialized(html: str) -> str:
    return str(html5lib.serialize(_tree(html), omit_optional_tags=False, quote_attr_values="always"))


@FEW
@given(any_note)
@example("<pre>\n\n\nx")
@example("<a href=x><table><tr><td><a href='/users/1/edit_user'>J")
@example("<b><p>" * 9 + "</b>" * 3)
def test_given_any_note_when_normalized_twice_then_nothing_changes(note: str) -> None:
    once = normalize_html(note).html

    assert normalize_html(once).html == once


@FEW
@given(any_note)
def test_given_any_note_when_normalized_then_nothing_outside_the_policy_is_left(note: str) -> None:
    stored = normalize_html(note).html

    for element in _tree(stored).iter():
        if element.tag == "DOCUMENT_FRAGMENT":
            continue
        assert element.tag in POLICY.tags
        assert set(element.attrib) == ({"href", "rel"} if element.tag == "a" else set())
        assert element.get("rel") in (None, "nofollow")
        scheme = re.match(r"([a-zA-Z][a-zA-Z0-9+.\-]*):", re.sub(r"[\x00-\x20]", "", element.get("href", "")))
        assert scheme is None or scheme[1].lower() in POLICY.link_schemes


@FEW
@given(any_note)
def test_given_any_note_when_its_result_is_read_and_written_and_read_then_the_tree_is_the_same(
    note: str,
) -> None:
    stored = normalize_html(note).html

    assert _shape(_tree(_serialized(stored))) == _shape(_tree(stored))


@FEW
@given(any_note)
def test_given_any_note_when_normalized_then_it_can_be_stored(note: str) -> None:
    stored = normalize_html(note).html

    stored.encode()
    assert not re.search(r"[\x00-\x08\x0e-\x1f\x7f]", stored)


@FEW
@given(well_formed)
def test_given_allowed_markup_when_normalized_then_its_text_is_the_same(note: str) -> None:
    result = normalize_html(note)

    assert "".join(_tree(result.html).itertext()) == "".join(_tree(note).itertext())
    assert result.warnings == ()


@FEW
@given(st.text(st.characters(exclude_categories=("Cs", "Cc", "Cn"), exclude_characters="<&")))
def test_given_text_without_markup_when_normalized_then_a_reader_sees_the_same(text: str) -> None:
    assert "".join(_tree(normalize_html(text).html).itertext()) == text


@FEW
@given(any_note)
def test_given_any_note_when_scanned_then_the_tokens_are_the_note(note: str) -> None:
    assert "".join(token.source for token in read(note, lambda: False)) == note


@FEW
@given(any_note)
def test_given_any_note_when_read_for_speed_then_as_much_text_is_seen(note: str) -> None:
    lean, faithful = read_leanly(note, POLICY), read_faithfully(note, POLICY)

    assert lean.visible_length == faithful.visible_length
    assert lean.elements == faithful.elements
    assert lean.warnings == faithful.warnings


# More than the 10,000 characters up to which nh3 reads a note itself, to be seen nowhere.
PADDING = f'<img src="data:image/png;base64,{"A" * 12_000}">'
FOREIGN_SOUP = """
<svg> <svg> <svg/> </svg> <math> <math> </math> <g> </g> <a> </a> <foreignObject> </foreignObject> <desc>
</desc> <title> <title/> </title> <mi> </mi> <mtext> </mtext> <annotation-xml> </annotation-xml>
<annotation-xml\tencoding=text/html> <font> <font\tcolor=red> </font> <p> </p> <b> </b> <div> </div> <br>
</br> <!x <![CDATA[ </3 ]]> <!-- --> > a b c d e f
"""
FOREIGN_PIECES = [piece.replace("\t", " ") for piece in re.split("[ \n]", FOREIGN_SOUP) if piece]
foreign_soup = st.lists(st.sampled_from(FOREIGN_PIECES), min_size=2, max_size=14).map("".join)


def _text(note: str) -> str:
    try:
        return "".join(_tree(normalize_html(note).html).itertext())
    except RejectedNote as rejected:
        return rejected.reason


@settings(FEW, max_examples=400)
@given(foreign_soup)
@example("<p>Hi</p><svg><title>icon</title><p>Call Sari, owes 5m</p>")
@example("<svg></title><p>Call Sari")
@example("<svg><mi></mi><p>Call Sari")
@example("<svg><g><desc></g><p>Call Sari")
@example("<svg><font color=red>Call Sari")
@example("<div><svg><g></div>Call Sari")
@example("<math><annotation-xml encoding=text/html></br>Call Sari")
@example("<b><svg><desc><i>x</i></b>Call Sari")
@example("<math><annotation-xml><p>Call Sari")
@example("<math><annotation-xml encoding='text/html'><svg><p>Call Sari")
@example("<math><annotation-xml encoding='TEXT/html'><p>caption</p></annotation-xml></math>Call Sari")
def test_given_drawings_and_formulas_when_a_note_is_large_then_it_shows_what_a_small_one_does(
    note: str,
) -> None:
    assert _text(note + PADDING) == _text(note + "<img>")


@pytest.mark.parametrize("character", ["x", "é", "中", "\U0001f600", "👩‍👧"[0]])
def test_given_characters_of_any_width_when_counted_then_code_points_count(character: str) -> None:
    assert normalize_html(character * 10_000).html == character * 10_000
    with pytest.raises(RejectedNote) as caught:
        normalize_html(character * 10_001)

    assert caught.value.reason is ReasonCode.NOTE_TOO_LONG


def test_given_what_is_stored_is_longer_than_what_came_when_counted_then_the_stored_counts() -> None:
    with pytest.raises(RejectedNote) as caught:
        normalize_html("&" * 2_001)

    assert caught.value.reason is ReasonCode.NOTE_TOO_LONG
    assert len(normalize_html("&" * 2_000).html) == 10_000
