"""Follow a drawing or a formula as a parser does, to know where it ends (HTML standard, 13.2.6.5)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from typing import NamedTuple

from notes_migration.domain.content.attributes import is_self_closing, value_of, written_attributes
from notes_migration.domain.content.elements import (
    BREAK_OUT,
    FOREIGN,
    INTEGRATION_POINTS,
    MAKE_ELEMENTS,
    VOID,
)
from notes_migration.domain.content.scan import Kind, Token

_ANNOTATION = "annotation-xml"
_HOLDS_HTML = frozenset({"text/html", "application/xhtml+xml"})  # encodings of an annotation
_FONT = frozenset({"color", "face", "size"})  # with one of these, `font` is HTML


class _Element(NamedTuple):
    name: str
    language: str  # `svg`, `math` or `html`; its children have the same
    takes_html: bool  # HTML, or an integration point: what begins in it is HTML


class OpenForeign:
    """The elements open within one `svg` or `math`; empty outside of them.

    `around` counts the HTML elements that are open outside, by name: their end tags end it too.
    """

    def __init__(self, around: Mapping[str, int]) -> None:
        self._around = around
        self._open: list[_Element] = []
        self._names: Counter[str] = Counter()

    def __bool__(self) -> bool:
        return bool(self._open)

    def reads_no_html(self) -> bool:
        """Say whether a tag that comes now belongs to the drawing, and not to HTML inside of it."""
        return bool(self._open) and not self._open[-1].takes_html

    def begin(self, token: Token) -> None:
        """Enter the drawing or formula of this start tag."""
        self._push(_Element(token.name, token.name, takes_html=False))

    def holds(self, token: Token) -> bool:
        """Take the next token; False where it ends the drawing and stands outside of it."""
        if token.kind not in (Kind.START, Kind.END):
            return True
        if self._is_foreign(token) and _breaks_out(token):
            while self._open and not self._holds_back():
                self._pop()
            return bool(self._open)
        if token.kind is Kind.END:
            return self._end(token.name)
        self._start(token)
        return True

    def _is_foreign(self, token: Token) -> bool:
        return self.reads_no_html() if token.kind is Kind.START else not self._holds_back()

    def _holds_back(self) -> bool:
        # An annotation does not for html5ever, whatever its encoding; and it is html5ever that decides.
        return self._open[-1].takes_html and self._open[-1].name != _ANNOTATION

    def _end(self, name: str) -> bool:
        if self._names[name]:
            while self._pop() != name:
                pass
            return True
        if not self._around.get(name):
            return True
        self._open.clear()
        self._names.clear()
        return False

    def _start(self, token: Token) -> None:
        parent = self._open[-1]
        language = parent.language
        if parent.takes_html or (parent.name == _ANNOTATION and token.name == "svg"):
            language = token.name if token.name in FOREIGN else "html"
        if not (token.name in VOID if language == "html" else is_self_closing(token.attributes)):
            self._push(_Element(token.name, language, _takes_html(token, language)))

    def _push(self, element: _Element) -> None:
        self._open.append(element)
        self._names[element.name] += 1

    def _pop(self) -> str:
        name = self._open.pop().name
        self._names[name] -= 1
        return name


def _breaks_out(token: Token) -> bool:
    if token.kind is Kind.END:
        return token.name in MAKE_ELEMENTS
    as_html = token.name == "font" and not _FONT.isdisjoint(written_attributes(token.attributes))
    return as_html or token.name in BREAK_OUT


def _takes_html(token: Token, language: str) -> bool:
    if language == "html":
        return True
    if token.name == _ANNOTATION and language == "math":
        written = written_attributes(token.attributes).get("encoding", "")
        return value_of(written).lower() in _HOLDS_HTML
    return token.name in INTEGRATION_POINTS[language]
