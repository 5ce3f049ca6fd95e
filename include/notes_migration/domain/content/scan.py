"""Read raw HTML as a stream of tokens, in linear time: to see what a parser would lose, and to say so.

Nothing rests on this reading but repair, warnings and speed. What may stay is decided by nh3, later.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import Enum, auto
from functools import cache

from notes_migration.domain.content.typed import is_typed


class Kind(Enum):
    TEXT = auto()
    START = auto()
    END = auto()
    COMMENT = auto()  # doctypes, processing instructions and the conditions of Word too
    RAW = auto()  # the content of script, title, textarea and their like
    TYPED = auto()  # looks like markup, but somebody wrote it as text


@dataclass(frozen=True, slots=True)
class Token:
    """`source` is the piece of the note that it stands for; all of them together are the note."""

    kind: Kind
    source: str
    name: str = ""  # in lower case
    attributes: str = ""  # as written
    closed: bool = True  # False where the note ends before the token does


# Elements whose content is not read as markup (HTML standard, 13.2.6.2; scripting on).
RAW_TEXT = frozenset(
    {"script", "style", "xmp", "iframe", "noembed", "noframes", "noscript", "title", "textarea", "plaintext"}
)
_MARKUP = re.compile(r"<(?=[a-zA-Z/!?])")
_COMMENT = re.compile(r"<!--(?:-?>|.*?(?:--!?>|(?P<cut>\Z)))", re.DOTALL)
# What software writes; any other `<!...>`, `<?...>` and `</3` is what somebody typed.
_DECLARATION = re.compile(r"<!doctype|<!\[|<\?(?:xml|mso|import)", re.IGNORECASE)
_SPACE = r"[ \t\n\f\r]"
_TAG = re.compile(
    rf"""<(?P<end>/?)(?P<name>[a-z][^ \t\n\f\r/>]*+)
    (?P<attributes>(?>
        (?:{_SPACE}|/)++
        | [^ \t\n\f\r/>][^ \t\n\f\r/>=]*+
          (?>{_SPACE}*+={_SPACE}*+(?>"[^"]*+(?:"|\Z)|'[^']*+(?:'|\Z)|[^ \t\n\f\r>"'][^ \t\n\f\r>]*+)?)?
    )*+)
    (?P<close>>?)""",
    re.IGNORECASE | re.VERBOSE,
)
_SCRIPT_STEP = re.compile(r"<!--(?!-?>)|-->|</?script(?=[ \t\n\f\r/>])", re.IGNORECASE)
_CUT_END_TAG = re.compile(r"</([a-z][a-z0-9]*)[ \t\n\f\r]*\Z", re.IGNORECASE)
_EXPENSIVE_CUTS = 16  # tags that swallow the rest; each costs a look at all of it


def read(html: str, in_foreign: Callable[[], bool]) -> Iterator[Token]:
    """Yield the tokens of a note; a tag that never ends is TYPED, since it would swallow the rest.

    `in_foreign` says whether the tokens yielded so far end within a drawing or a formula, where the
    content of `style` and its like is markup.
    """
    at, cuts, last_end = 0, 0, html.rfind(">")
    while (found := _MARKUP.search(html, at)) and found.start() <= last_end and cuts < _EXPENSIVE_CUTS:
        if found.start() > at:
            yield Token(Kind.TEXT, html[at : found.start()])
        at = found.start()
        for token in _markup(html, at, raw=not in_foreign()):
            yield token
            at += len(token.source)
            cuts += not token.closed
    yield from _rest(html, at, found.start() if found else len(html))


def _rest(html: str, at: int, markup: int) -> Iterator[Token]:
    """Nothing here can end any more: text, then an open comment or what somebody typed."""
    if markup > at:
        yield Token(Kind.TEXT, html[at:markup])
    if html.startswith("<!--", markup):
        yield Token(Kind.COMMENT, html[markup:], closed=False)
    elif cut := _CUT_END_TAG.match(html, markup):
        yield Token(Kind.END, cut[0], cut[1].lower(), closed=False)
    elif markup < len(html):
        yield Token(Kind.TYPED, html[markup:], closed=False)


def _markup(html: str, start: int, *, raw: bool) -> Iterator[Token]:
    if tag := _TAG.match(html, start):
        yield from _tag(html, tag, raw=raw)
    elif comment := _COMMENT.match(html, start):
        yield Token(Kind.COMMENT, comment[0], closed=comment["cut"] is None)
    elif _DECLARATION.match(html, start):
        yield Token(Kind.COMMENT, html[start : html.index(">", start) + 1])
    else:  # `</3`, `<!urgent`: a parser would hide everything up to the next `>`, tags as well
        yield Token(Kind.TYPED, "<")


def _tag(html: str, tag: re.Match[str], *, raw: bool) -> Iterator[Token]:
    name = tag["name"].lower()
    if not tag["close"]:
        yield Token(Kind.TYPED, "<", closed=False)
    elif is_typed(name, tag["attributes"]):
        yield Token(Kind.TYPED, tag[0])
    elif tag["end"]:
        yield Token(Kind.END, tag[0], name)
    else:
        yield Token(Kind.START, tag[0], name, tag["attributes"])
        if raw and name in RAW_TEXT:
            yield _raw_content(html, tag.end(), name)


def _raw_content(html: str, start: int, name: str) -> Token:
    end = _script_end(html, start) if name == "script" else _raw_end(html, start, name)
    return Token(Kind.RAW, html[start:end], name, closed=end is not None)


def _raw_end(html: str, start: int, name: str) -> int | None:
    found = None if name == "plaintext" else _end_of(name).search(html, start)
    return found.start() if found else None


def _script_end(html: str, start: int) -> int | None:
    """Find the end of a script; within `<!-- <script>` the next end tag ends only the inner one."""
    commented = nested = False
    for step in _SCRIPT_STEP.finditer(html, start):
        mark = step[0].lower()
        if mark == "</script" and not nested:
            return step.start()
        nested = commented and mark == "<script"
        commented = (commented and mark != "-->") or mark == "<!--"
    return None


@cache
def _end_of(name: str) -> re.Pattern[str]:
    return re.compile(rf"</{name}(?=[ \t\n\f\r/>])", re.IGNORECASE)
