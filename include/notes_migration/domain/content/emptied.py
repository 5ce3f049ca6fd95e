"""Whether a note that is stored empty would have shown something: such a note is failed, not stored.

`normalize_html` drops some elements with their content by policy and says so in a warning. Where that
leaves nothing at all of text that a browser shows (a picture's caption in SVG, a formula in MathML),
the note must not be stored silently as "" (issue of content, decision 0013).
"""

from __future__ import annotations

from collections import Counter
from html import escape
from html.parser import HTMLParser

from notes_migration.domain.content.text import storable, visible_length

# A note whose text begins behind so much markup is beyond doubt: it is not looked at further.
_LOOKED_AT = 256 * 1024
_NEVER_SHOWN = frozenset({"script", "style", "template", "title"})


def emptied(source: str, stored: str) -> bool:
    """Return whether `stored` shows nothing although `source` had text that a browser shows."""
    return not _shows_text(stored) and _shows_text(storable(source[:_LOOKED_AT]))


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
    """Looks for any text outside elements that never show theirs; a title within a drawing may."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.found = False
        self._open: Counter[str] = Counter()

    def handle_starttag(self, tag: str, attrs: object) -> None:  # noqa: ARG002 - the base class calls it
        hides = tag in _NEVER_SHOWN and not (tag == "title" and self._open["svg"])
        self._open[tag] += hides or tag == "svg"

    def handle_endtag(self, tag: str) -> None:
        self._open[tag] -= self._open[tag] > 0

    def handle_data(self, data: str) -> None:
        hidden = any(self._open[tag] for tag in _NEVER_SHOWN)
        # The reader has resolved the references, to control characters too.
        self.found = self.found or (not hidden and visible_length(escape(storable(data))) > 0)
