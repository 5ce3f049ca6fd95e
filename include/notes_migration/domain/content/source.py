"""A raw note, read once: what to give to nh3, what to warn of, and what must be there afterwards."""

from __future__ import annotations

from dataclasses import dataclass

from notes_migration.domain.content import report
from notes_migration.domain.content.attributes import value_of, written_attributes
from notes_migration.domain.content.dropped import DroppedRegions
from notes_migration.domain.content.elements import HTML
from notes_migration.domain.content.lean import LeanWriter
from notes_migration.domain.content.mentions import marks_mention
from notes_migration.domain.content.policy import ContentPolicy
from notes_migration.domain.content.scan import Kind, Token, read
from notes_migration.domain.content.text import visible_length
from notes_migration.domain.content.typed import as_text

_SHOWN = frozenset({Kind.TEXT, Kind.RAW, Kind.TYPED})
_NOTHING = "<!---->"  # an empty string could join its neighbours to a tag


@dataclass(frozen=True, slots=True)
class SourceNote:
    """`html` is the note with what somebody typed made text; lengths count characters.

    `elements` are the allowed tags in order, without links (`p`, `/p`); `links` are those with an
    address. `least_length` is what nh3 will surely make of a lean note, 0 for any other.
    """

    html: str
    visible_length: int
    elements: tuple[str, ...]
    links: int
    warnings: frozenset[str]
    least_length: int = 0


def read_faithfully(html: str, policy: ContentPolicy) -> SourceNote:
    """Read a note of moderate size; what comes out differs only where text was typed in brackets."""
    reading, pieces = _Reading(policy), []
    for token in read(html, reading.in_foreign):
        pieces.append(_repaired(token, visible=reading.takes(token)))
    return reading.result("".join(pieces))


def read_leanly(html: str, policy: ContentPolicy) -> SourceNote:
    """Read a large note; stops once it is known to be too long."""
    reading, writer = _Reading(policy), LeanWriter(policy)
    for token in read(html, reading.in_foreign):
        if reading.takes(token):
            writer.add(token)
        if writer.least_length > policy.max_code_points:
            break
    return reading.result(writer.html(), writer.least_length)


def _repaired(token: Token, *, visible: bool) -> str:
    if token.kind is Kind.TYPED and (visible or token.source == "<" or not token.closed):
        return as_text(token.source)
    # nh3 drops everything in an element named like one of SVG or MathML: `<in>`, `<list>`, `<min>`.
    unknown = visible and token.kind in (Kind.START, Kind.END) and token.name not in HTML
    # Within a drawing `<![CDATA[` would begin text, which may hold what looks like an end tag.
    declaration = token.kind is Kind.COMMENT and not token.source.startswith("<!--")
    return _NOTHING if unknown or declaration else token.source


class _Reading:
    def __init__(self, policy: ContentPolicy) -> None:
        self._policy = policy
        self._regions = DroppedRegions(policy)
        self.in_foreign = self._regions.in_foreign
        self._visible_length = 0
        self._elements: list[str] = []
        self._links = 0
        self._warnings: set[str] = set()

    def takes(self, token: Token) -> bool:
        """Note down what the token means for the reader; False where it is not to be seen."""
        if self._regions.hides(token):
            if token.kind is Kind.START and token.name in self._policy.dropped_with_content:
                self._warnings.add(report.dropped(token.name))
            return False
        if token.kind is not Kind.TEXT:
            self._warnings.update(report.kinds_of(token, self._policy))
        self._count(token)
        return True

    def result(self, html: str, least_length: int = 0) -> SourceNote:
        return SourceNote(
            html=html,
            visible_length=self._visible_length,
            elements=tuple(self._elements),
            links=self._links,
            warnings=frozenset(self._warnings),
            least_length=least_length,
        )

    def _count(self, token: Token) -> None:
        if token.kind in _SHOWN:
            self._visible_length += visible_length(token.source)
        elif token.kind in (Kind.START, Kind.END) and token.name in self._policy.tags:
            if token.name != "a":
                self._elements.append(("/" if token.kind is Kind.END else "") + token.name)
            elif token.kind is Kind.START:
                self._links += self._is_link(token)

    def _is_link(self, token: Token) -> bool:
        attributes = {
            name: value_of(written) for name, written in written_attributes(token.attributes).items()
        }
        return "href" in attributes and not marks_mention(attributes, self._policy)
