"""Who wrote a note: an SSO id, or the CRM's name as harmless plain text."""

from __future__ import annotations

import time
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from notes_migration.domain.owners import MAX_LABEL, Owner, choose_owner, clean_label

DEFAULT = "[Legacy CRM User]"


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("Sari W.", "Sari W."),
        ("  Sari \t W. \r\n", "Sari W."),
        ("<b>Bo</b> &amp; Co", "Bo & Co"),
        ("Bo & Co", "Bo & Co"),
        ("O&#39;Neil", "O'Neil"),
        ("<script>alert(1)</script>Sari", "Sari"),
        ("<style>p{}</style>", ""),
        ("<img src=x onerror=alert(1)>", ""),
        ("&lt;img src=x&gt;", "img src=x"),
        ("a < b > c", "a b c"),
        ("&#8238;evil", "evil"),
        ("\u202eevil\u202c", "evil"),
        ("\u2066Sari\u2069", "Sari"),
        ("An\u200bna Ma\u00adria", "Anna Maria"),
        ("line\u2028break\u2029here", "line break here"),
        ("bell\x07tab\tesc\x1b[31m", "bell tab esc [31m"),
        ("\ufeffSari", "Sari"),
        ("half\ud83d pair", "half pair"),
        ("\ud800", ""),
        ("\u200d", ""),
        (" \u200d \u200d ", ""),
        ("\ue000private", "private"),
        ("👩‍👩‍👧 Sari", "👩‍👩‍👧 Sari"),
        ("Nguyễn Thị", "Nguyễn Thị"),
        ("佐藤　花子", "佐藤 花子"),
        ("", ""),
        ("   ", ""),
    ],
)
def test_given_a_name_when_cleaned_then_it_is_plain_visible_text(name: str, label: str) -> None:
    assert clean_label(name) == label


@pytest.mark.parametrize(("length", "kept"), [(199, 199), (200, 200), (201, 200), (10**6, 200)])
def test_given_a_long_name_when_cleaned_then_it_has_at_most_two_hundred_code_points(
    length: int, kept: int
) -> None:
    assert len(clean_label("👍" * length)) == kept


@pytest.mark.parametrize("piece", ["&", "<", "<div>", "&lt;", "<a href='"])
def test_given_a_hostile_name_of_megabytes_when_cleaned_then_it_takes_no_time(piece: str) -> None:
    began = time.process_time()

    clean_label(piece * 1_000_000)

    assert time.process_time() - began < 1


@given(st.text(max_size=300))
def test_given_any_name_when_cleaned_then_it_is_one_short_line_without_markup_or_direction(name: str) -> None:
    label = clean_label(name)

    assert len(label) <= MAX_LABEL
    assert not set(label) & set("<>\r\n\t")
    assert label == label.strip()
    assert all(unicodedata.category(char) not in {"Cc", "Cs", "Co", "Cn"} for char in label)
    assert all(unicodedata.category(char) != "Cf" or char == "\u200d" for char in label)


@pytest.mark.parametrize(
    ("creator_id", "name", "owner"),
    [
        ("77", "Sari", Owner(sso_id="sso-77")),
        ("78", "Budi", Owner(label="Budi")),
        ("78", "", Owner(label=DEFAULT)),
        ("78", "<script>x</script>", Owner(label=DEFAULT)),
        (None, "Budi", Owner(label="Budi")),
        (None, "", Owner(label=DEFAULT)),
        ("79", "Empty", Owner(label="Empty")),
    ],
)
def test_given_a_creator_when_chosen_then_it_is_an_id_or_a_label_and_never_both(
    creator_id: str | None, name: str, owner: Owner
) -> None:
    sso_ids = {"77": "sso-77", "79": ""}

    assert choose_owner(creator_id, name, sso_ids=sso_ids, default_label=DEFAULT) == owner
