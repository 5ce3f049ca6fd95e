"""What happened to a note's markup, by kind: warnings for people who count, never content."""

from __future__ import annotations

import re

from notes_migration.domain.content.elements import HTML
from notes_migration.domain.content.policy import ContentPolicy
from notes_migration.domain.content.scan import Kind, Token

MALFORMED = "malformed_markup"  # tags were closed, moved or taken out to make a tree
BRACKETED = "bracketed_text_kept"  # `<jane@example.com>` or `</3`, kept as text
UNCLOSED_TAG = "unclosed_tag_kept"  # `<a href="...` up to the end of the note, kept as text
UNCLOSED_COMMENT = "unclosed_comment"  # everything after it is lost
EMBEDDED_IMAGE = "embedded_image"  # an image as data URI, lost
LINK_REMOVED = "link_removed"  # a link without an address that is allowed; its text stays
TEXT_LOST = "text_lost"  # less visible text afterwards than before
MARKUP_REMOVED = "markup_removed"  # no stable tree was found; the text stays
CHARACTERS_REMOVED = "characters_removed"  # NUL, control characters, unpaired surrogates
_DROPPED, _UNKNOWN = "dropped:{}", "unknown"
_IMAGES = frozenset({"img", "image", "input"})
_DATA_URI = re.compile(r"""=[ \t\n\f\r]*["']?[ \t\n\f\r]*data:""", re.IGNORECASE)


def kinds_of(token: Token, policy: ContentPolicy) -> tuple[str, ...]:
    """Return the warnings that one visible token gives rise to."""
    if token.kind is Kind.TYPED:
        return (BRACKETED if token.closed else UNCLOSED_TAG,)
    if token.kind is Kind.COMMENT and not token.closed:
        return (UNCLOSED_COMMENT,)
    if token.kind is Kind.END and token.name not in HTML:
        return (dropped(token.name),)
    if token.kind is not Kind.START or token.name in policy.tags:
        return ()
    embedded = token.name in _IMAGES and _DATA_URI.search(token.attributes)
    return (dropped(token.name), EMBEDDED_IMAGE) if embedded else (dropped(token.name),)


def dropped(name: str) -> str:
    """Return the warning for an element that is not kept; a name nobody knows may be content."""
    return _DROPPED.format(name if name in HTML else _UNKNOWN)
