"""What the comparison of before and after says, and the last resorts behind it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from notes_migration.domain.content import POLICY, report
from notes_migration.domain.content.losses import losses
from notes_migration.domain.content.normalize import HtmlNormalizer
from notes_migration.domain.content.source import read_faithfully
from notes_migration.domain.errors import ReasonCode, RejectedNote


def test_given_visible_text_and_none_afterwards_when_compared_then_the_note_is_rejected() -> None:
    with pytest.raises(RejectedNote) as caught:
        losses(read_faithfully("<p>Call back</p>", POLICY), "<p> &nbsp;</p>")

    assert caught.value.reason is ReasonCode.NOTE_EMPTIED


def test_given_no_visible_text_when_compared_then_nothing_was_lost() -> None:
    assert losses(read_faithfully("<script>x</script> &nbsp;", POLICY), "") == set()


@pytest.mark.parametrize(
    ("before", "stored", "found"),
    [
        ("ab", "a", {report.TEXT_LOST}),
        ("<b>ab", "<b>ab</b>", {report.MALFORMED}),
        ('<a href="javascript:x">ab</a>', "ab", {report.LINK_REMOVED}),
        ('<a href="/users/7/edit_user">ab</a>', "@ab", set()),
        ("<b>a&amp;b</b>", "<b>a&amp;b</b>", set()),
    ],
)
def test_given_a_note_before_and_after_when_compared_then_the_loss_is_named(
    before: str, stored: str, found: set[str]
) -> None:
    assert losses(read_faithfully(before, POLICY), stored) == found


def test_given_no_stable_tree_when_rounds_end_then_the_text_stays_without_markup() -> None:
    impatient = HtmlNormalizer(replace(POLICY, max_rounds=0))

    result = impatient.normalize("<b>x<p>a&#13;b &lt;c")

    assert result.html == "xa\nb &lt;c"
    assert report.MARKUP_REMOVED in result.warnings
    assert HtmlNormalizer(POLICY).normalize(result.html).html == result.html
