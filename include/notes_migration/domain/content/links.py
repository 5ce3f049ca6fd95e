"""Which addresses a link may have, judged as a browser reads them and as an eye does."""

from __future__ import annotations

import re
import unicodedata

_C0_AND_SPACE = "".join(map(chr, range(0x21)))
_REMOVED_BY_BROWSERS = str.maketrans("", "", "\t\r\n")
_HOST = r"(?:https?:)?//[^/?#]*"
_INVISIBLE_LETTERS = "`\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0"


def as_browsers_read(href: str) -> str:
    """Return the address without the characters that a browser throws away before it parses one."""
    return href.strip(_C0_AND_SPACE).translate(_REMOVED_BY_BROWSERS)


def is_mention(href: str, path_pattern: str) -> bool:
    """Say whether the address has the path of a mention, with a host before it, `//` or nothing."""
    path = re.split(r"[?#]", as_browsers_read(href), maxsplit=1)[0]
    return bool(re.fullmatch(rf"(?:{_HOST}|/)?{path_pattern}/?", path, re.IGNORECASE))


def relative_or_none(href: str) -> str | None:
    """Return a relative address unchanged; None where a scheme hides in it, or nothing can be seen."""
    visible = "".join(character for character in href if not _is_unseen(character))
    hides_scheme = ":" in re.split(r"[/?#\\]", visible, maxsplit=1)[0]
    return href if visible and not hides_scheme else None


def _is_unseen(character: str) -> bool:
    return unicodedata.category(character)[0] in "CZ" or character in _INVISIBLE_LETTERS
