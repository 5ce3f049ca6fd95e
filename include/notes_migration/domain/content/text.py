"""Text as MongoDB can store it, and how much of it a reader sees."""

from __future__ import annotations

import re
from html import unescape

# UTF-8 has no surrogates; control characters show nothing, and NUL ends a string elsewhere. Vertical
# tab and form feed stay: they part words.
_CONTROL = r"\x00-\x08\x0e-\x1f\x7f"
_UNSTORABLE = re.compile(rf"[{_CONTROL}\ud800-\udfff]")
_FALSE_TAG = re.compile(rf"<(?=/?[{_CONTROL}])")  # no tag, and must not become one
_SURROGATE = re.compile(r"[\ud800-\udfff]")
UNSEEN = r"[\s\u200b-\u200f\u2060\ufeff]"  # white space and zero-width characters
_UNSEEN = re.compile(f"{UNSEEN}+")
_TAG = re.compile(r"<[^>]*>")


def storable(text: str) -> str:
    """Return the text without control characters; half a surrogate pair becomes U+FFFD."""
    if not _UNSTORABLE.search(text):
        return text
    return _UNSTORABLE.sub("", _SURROGATE.sub("\ufffd", _FALSE_TAG.sub("&lt;", text)))


def larger_than(text: str, max_bytes: int) -> bool:
    """Say whether the text has more bytes than this in UTF-8 (a surrogate counts three)."""
    if len(text) > max_bytes:
        return True
    return len(text) * 4 > max_bytes and len(text.encode("utf-8", "surrogatepass")) > max_bytes


def visible_length(source: str) -> int:
    """Count the characters of text with references that can be seen."""
    return len(_UNSEEN.sub("", unescape(source)))


def visible_length_of_html(html: str) -> int:
    """Count the same in nh3's output, where every `<` begins a tag and every `>` ends one."""
    return visible_length(_TAG.sub("", html))
