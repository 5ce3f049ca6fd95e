"""Find what people typed in angle brackets, which a parser takes for markup and loses."""

from __future__ import annotations

import re

from notes_migration.domain.content.elements import HTML
from notes_migration.domain.content.scan import Kind, Token

_ADDRESS = re.compile(r"[^@]+@|(?:https?|ftp|mailto|tel):|www\.", re.IGNORECASE)
_WORDS = re.compile(r"[^=\"'<>]*[^\W\d_][^=\"'<>]*")


def is_typed(token: Token) -> bool:
    """Say whether a tag is `<jane@example.com>`, `<https://example.com>` or `<Mrs Roe>`: text, not markup.

    Elements nobody knows that carry no attributes, such as `<o:p>` or `<x>`, are taken for markup.
    """
    if token.kind is not Kind.START or token.name in HTML:
        return token.kind is Kind.TYPED
    if _ADDRESS.match(token.name):
        return True
    plain_name = not re.search(r"[:\-]", token.name)
    return plain_name and bool(_WORDS.fullmatch(token.attributes))


def as_text(source: str) -> str:
    """Return the source of something typed so that it reads as written; its entities stay entities."""
    return source.replace("<", "&lt;").replace(">", "&gt;")
