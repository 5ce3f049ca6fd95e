"""Raw HTML of a note -> the HTML that CDP stores. Pure: no clock, no network, same in, same out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from notes_migration.domain.content.cleaner import first_cleaner, last_cleaner
from notes_migration.domain.content.mentions import may_hold_mention, mention_rewriter
from notes_migration.domain.content.policy import POLICY
from notes_migration.domain.errors import ReasonCode, RejectedNote

_UNSTORABLE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_FIRST, _LAST = first_cleaner(POLICY), last_cleaner(POLICY)


@dataclass(frozen=True, slots=True)
class NormalizedHtml:
    """A note as it may be stored; `warnings` names kinds of repair or loss, never content."""

    html: str
    warnings: tuple[str, ...] = ()


def normalize_html(html: str) -> NormalizedHtml:
    """Cut a note's HTML to the policy and turn its mentions into text.

    Raises:
        RejectedNote: NOTE_TOO_LARGE, more than 4 MiB of UTF-8; NOTE_TOO_LONG, more than 10,000 code
            points afterwards; NOTE_EMPTIED, it had visible text and has none afterwards.
    """
    storable = _CONTROL.sub("", _UNSTORABLE.sub("\ufffd", html))
    if len(storable.encode()) > POLICY.max_bytes:
        raise RejectedNote(ReasonCode.NOTE_TOO_LARGE, "the raw note is larger than 4 MiB")
    cleaned = _FIRST.clean(storable)
    if may_hold_mention(cleaned):
        cleaned = mention_rewriter(POLICY).clean(cleaned)
    cleaned = _until_stable(cleaned)
    if len(cleaned) > POLICY.max_code_points:
        raise RejectedNote(ReasonCode.NOTE_TOO_LONG, "the note is longer than 10,000 characters")
    return NormalizedHtml(cleaned)


def _until_stable(cleaned: str) -> str:
    for _ in range(20):
        again = _LAST.clean(cleaned).replace("\r", "\n").replace("<pre>\n", "<pre><br>")
        if again == cleaned:
            break
        cleaned = again
    return cleaned
