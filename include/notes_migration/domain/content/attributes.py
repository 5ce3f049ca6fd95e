"""Attributes of a tag as written, read as a parser does: the first of a name counts."""

from __future__ import annotations

import re
from html import unescape

_ATTRIBUTE = re.compile(
    r"""([^ \t\n\f\r/>][^ \t\n\f\r/>=]*+)
    (?:[ \t\n\f\r]*+=[ \t\n\f\r]*+("[^"]*"|'[^']*'|[^ \t\n\f\r>"'][^ \t\n\f\r>]*+))?""",
    re.VERBOSE,
)


def written_attributes(source: str) -> dict[str, str]:
    """Return the values by name in lower case, still with their quotes and references."""
    values: dict[str, str] = {}
    for name, value in _ATTRIBUTE.findall(source):
        values.setdefault(name.lower(), value)
    return values


def value_of(written: str) -> str:
    """Return what a written value says."""
    quoted = written[:1] in ('"', "'")
    return unescape(written[1:-1] if quoted else written)


def is_self_closing(source: str) -> bool:
    """Say whether the tag ends in a slash that is no part of an unquoted value."""
    if not source.endswith("/"):
        return False
    ends = [attribute.end() for attribute in _ATTRIBUTE.finditer(source)]
    return not ends or ends[-1] < len(source)
