"""Compare a note before and after: what is missing is said, and a note is never emptied in silence."""

from __future__ import annotations

import re

from notes_migration.domain.content import report
from notes_migration.domain.content.source import SourceNote
from notes_migration.domain.content.text import visible_length_of_html
from notes_migration.domain.errors import ReasonCode, RejectedNote

_ELEMENT = re.compile(r"<(/?(?!a[ >])[a-z][a-z0-9]*)")


def losses(before: SourceNote, stored: str) -> set[str]:
    """Return the warnings for what the stored HTML lacks or has otherwise.

    Raises:
        RejectedNote: NOTE_EMPTIED, visible text before and none after.
    """
    visible = visible_length_of_html(stored)
    if before.visible_length and not visible:
        raise RejectedNote(ReasonCode.NOTE_EMPTIED, "no visible text is left")
    found = set()
    if visible < before.visible_length:
        found.add(report.TEXT_LOST)
    if before.elements != tuple(_ELEMENT.findall(stored)):
        found.add(report.MALFORMED)
    if stored.count("<a ") < before.links:
        found.add(report.LINK_REMOVED)
    return found


def lacks_text(before: SourceNote, stored: str) -> bool:
    """Say whether less visible text is stored than there was."""
    return visible_length_of_html(stored) < before.visible_length
