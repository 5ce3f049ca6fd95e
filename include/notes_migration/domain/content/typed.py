"""Find what people typed in angle brackets, which a parser takes for markup and loses."""

from __future__ import annotations

import re

from notes_migration.domain.content.elements import HTML

_ADDRESS = re.compile(r"[^@]+@|(?:https?|ftp|mailto|tel):|www\.")
_NAME = re.compile(r"[^:\-]+")
_WORDS = re.compile(r"[^=\"'<>]*[^\W\d_][^=\"'<>]*")


def is_typed(name: str, attributes: str) -> bool:
    """Say whether a tag is `<jane@example.com>`, `<https://example.com>` or `<Mrs Roe>`: text, not markup.

    Elements nobody knows that carry no attributes, such as `<o:p>` or `<x>`, are taken for markup.
    """
    if name in HTML:
        return False
    if _ADDRESS.match(name):
        return True
    return bool(attributes and _NAME.fullmatch(name) and _WORDS.fullmatch(attributes))


def as_text(source: str) -> str:
    """Return the source of something typed so that it reads as written; its entities stay entities."""
    return source.replace("<", "&lt;").replace(">", "&gt;")
