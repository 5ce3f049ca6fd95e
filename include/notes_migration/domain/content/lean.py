"""Write a large note again without what nh3 would take out, so that its time is bounded by the result.

nh3 is quadratic in nesting depth, in distinct attributes and in runs of `&`. A note whose text and
tags alone pass the length rule is rejected before nh3 sees it; what is left is short.
"""

from __future__ import annotations

import re
from collections import Counter
from html import escape, unescape

from notes_migration.domain.content.attributes import written_attributes
from notes_migration.domain.content.elements import MAKE_ELEMENTS, VOID
from notes_migration.domain.content.policy import ContentPolicy
from notes_migration.domain.content.scan import Kind, Token
from notes_migration.domain.content.text import visible_length
from notes_migration.domain.content.typed import as_text

_BEGUN_REFERENCE = re.compile(r"&#?[a-zA-Z0-9]*\Z")
_LONGEST_REFERENCE = 40
_CHARACTERS_PER_REFERENCE = 8  # a longer address than this allows cannot pass the length rule
_SURELY_KEPT = re.compile(r"(?!.*edit_user)[\"']?[a-z0-9_./-]+[\"']?", re.IGNORECASE)
_LEAST_LINK = len('<a href="" rel="nofollow"></a>')
_MARKED = "<a data-"
_EMPTY = '""'
_DECODED = frozenset({"textarea", "title"})  # raw text in which references are read


class LeanWriter:
    """Collects the visible tokens of one note; `least_length` is what nh3 will surely make of them."""

    def __init__(self, policy: ContentPolicy) -> None:
        self._tags = policy.tags
        self._attributes = policy.link_attributes
        self._mentions = policy.mention_attributes
        self._longest_value = _CHARACTERS_PER_REFERENCE * policy.max_code_points
        self._open: Counter[str] = Counter()
        self._pieces: list[str] = []
        self.least_length = 0

    def add(self, token: Token) -> None:
        """Take the next visible token; comments and elements outside the policy leave nothing."""
        if token.kind is Kind.TYPED:
            self._text(as_text(token.source))
        elif token.kind is Kind.TEXT:
            self._text(token.source)
        elif token.kind is Kind.RAW:
            decoded = unescape(token.source) if token.name in _DECODED else token.source
            self._text(escape(decoded, quote=False))
        elif token.kind is Kind.START and token.name in self._tags:
            self._start(token)
        elif token.kind is Kind.END and token.name in self._tags:
            self._end(token.name)

    def html(self) -> str:
        """Return the note, well short of what came in."""
        return "".join(self._pieces)

    def _text(self, text: str) -> None:
        if self._pieces and _BEGUN_REFERENCE.search(self._pieces[-1][-_LONGEST_REFERENCE:]):
            self._pieces.append("<!---->")
        self._pieces.append(text.replace("<", "&lt;"))  # or it could join what follows to a tag
        self.least_length += visible_length(text)

    def _start(self, token: Token) -> None:
        if token.name == "a":
            self._link(written_attributes(token.attributes))
        else:
            self._open[token.name] += token.name not in VOID
            self._element(f"<{token.name}>", token.name)

    def _end(self, name: str) -> None:
        if self._open[name]:
            self._open[name] -= 1
            self._close(name)
        elif name in MAKE_ELEMENTS:
            self._element(f"</{name}>", name)

    def _close(self, name: str) -> None:
        if name == "a" and self._pieces and self._pieces[-1].startswith(_MARKED):
            self._pieces.pop()  # a mention of nobody shows nothing; each would cost a look later
        else:
            self._pieces.append(f"</{name}>")

    def _element(self, source: str, name: str) -> None:
        self._pieces.append(source)
        self.least_length += len(f"<{name}>") if name in VOID else len(f"<{name}></{name}>")

    def _link(self, written: dict[str, str]) -> None:
        marks = [f' {name}=""' for name in written if name in self._mentions]
        addresses = [
            f" {name}={written[name] or _EMPTY}"
            for name in written
            if name in self._attributes and len(written[name]) <= self._longest_value
        ]
        if self._open["a"] and not (marks or addresses):
            self._pieces.append("</a>")  # it is no link, but it ends the one that is open
        elif marks or addresses:
            self._pieces.append(f"<a{''.join(marks + addresses)}>")
        self._open["a"] = int(bool(marks or addresses))
        if not marks and _SURELY_KEPT.fullmatch(written.get("href", "")):
            self.least_length += _LEAST_LINK
