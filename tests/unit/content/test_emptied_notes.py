"""A note that showed something is never stored as nothing."""

from __future__ import annotations

import pytest

from notes_migration.domain.content import normalize_html
from notes_migration.domain.content.emptied import emptied


@pytest.mark.parametrize(
    "source",
    [
        '<svg viewBox="0 0 9 9"><text x="1">Lunas</text></svg>',
        "<p><math><mi>x</mi><mo>=</mo></math></p>",
        "<object>Lunas</object>",
        "<noscript>Lunas</noscript>",
        "<svg><title>Lunas</title></svg>",
        "<svg>&amp;nbsp;</svg>",
        "<title>Untitled</title><object>Lunas</object>",
        "<template><svg><title>x</title></svg></template><object>Lunas</object>",
    ],
)
def test_given_text_that_shows_only_in_a_dropped_element_when_stored_then_it_counts_as_emptied(
    source: str,
) -> None:
    stored = normalize_html(source).html

    assert emptied(source, stored)


@pytest.mark.parametrize(
    "source",
    [
        "",
        " \n",
        "<p>&nbsp;</p>",
        "<script>let x</script>",
        "<style>p{}</style>",
        "<img src='a.png'>",
        "<!-- x -->",
        "\x01",
        "<p>\x07</p>",
        "<p>&#1;&#x200b;</p>",
        "<svg>\u200b</svg>",
        "<template><svg><title></title></svg>x</template>",
        "<html><head><title>Untitled</title></head><body><img src=x></body></html>",
    ],
)
def test_given_a_note_that_shows_nothing_when_stored_then_it_does_not_count_as_emptied(source: str) -> None:
    assert not emptied(source, normalize_html(source).html)


def test_given_a_note_with_text_left_when_stored_then_it_does_not_count_as_emptied() -> None:
    assert not emptied("<svg><text>a</text></svg>b", "b")


@pytest.mark.parametrize("piece", ["<svg>", "<!--", "<![", "&", "<a b='", "</", "<script>"])
def test_given_a_hostile_note_when_looked_at_then_it_takes_no_time(piece: str) -> None:
    emptied(piece * (4 * 1024 * 1024 // len(piece)), "")
