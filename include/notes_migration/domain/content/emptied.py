"""Whether a note that is stored empty would have shown something: such a note is failed, not stored.

`normalize_html` drops some elements with their content by policy and says so in a warning. Where that
leaves nothing at all of text that a browser shows (a picture's caption in SVG, a formula in MathML),
the note must not be stored silently as "" (issue of content, decision 0013).
"""

from __future__ import annotations

from html.parser import HTMLParser

# A note whose text begins behind so much markup is beyond doubt: it is not looked at further.
_LOOKED_AT = 256 * 1024
_NEVER_SHOWN = frozenset({"script", "style", "template"})


def emptied(source: str, stored: str) -> bool:
    """Return whether `stored` shows nothing although `source` had text that a browser shows."""
    return not _shows_text(stored) and _shows_text(source[:_LOOKED_AT])


def _shows_text(html: str) -> bool:
    if not html.strip():
        return False
    reader = _ShownText()
    try:
        reader.feed(html)
    except AssertionError:
        return True  # markup that the reader gives up on: in doubt the note counts as emptied
    return reader.found


class _ShownText(HTMLParser):
    """Looks for any text outside elements that never show theirs."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = False
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the base class calls it
        self._hidden += tag in _NEVER_SHOWN

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _NEVER_SHOWN and self._hidden > 0

    def handle_data(self, data: str) -> None:
        self.found = self.found or (not self._hidden and bool(data.strip()))
