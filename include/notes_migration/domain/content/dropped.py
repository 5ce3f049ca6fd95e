"""Tell which tokens stand inside an element whose content goes with it."""

from __future__ import annotations

from notes_migration.domain.content.attributes import is_self_closing
from notes_migration.domain.content.elements import (
    BREAK_OUT,
    FOREIGN,
    INTEGRATION_POINTS,
    MAKE_ELEMENTS,
    VOID,
)
from notes_migration.domain.content.policy import ContentPolicy
from notes_migration.domain.content.scan import Kind, Token


class DroppedRegions:
    """Walks along with the tokens of one note; `hides` must be asked for each of them in order."""

    def __init__(self, policy: ContentPolicy) -> None:
        self._policy = policy
        self._element = ""
        self._depth = 0
        self._html_inside = False

    def hides(self, token: Token) -> bool:
        """Say whether this token goes with a dropped element; the element's own tags go as well."""
        if self._element and not self._breaks_out(token):
            self._follow(token)
            return True
        self._element = ""
        if token.name not in self._policy.dropped_with_content:
            return False
        if token.kind is Kind.START and not _holds_nothing(token):
            self._element, self._depth, self._html_inside = token.name, 1, False
        return True

    def in_foreign(self) -> bool:
        """Say whether the walk is within a drawing or a formula, and not in HTML inside of it."""
        return self._element in FOREIGN and not self._html_inside

    def _follow(self, token: Token) -> None:
        self._html_inside |= token.name in INTEGRATION_POINTS
        if token.name == self._element and not _holds_nothing(token):
            self._depth += {Kind.START: 1, Kind.END: -1}.get(token.kind, 0)
        if self._depth == 0:
            self._element = ""

    def _breaks_out(self, token: Token) -> bool:
        if not self.in_foreign():
            return False
        ends = token.kind is Kind.END and token.name in MAKE_ELEMENTS
        return ends or (token.kind is Kind.START and token.name in BREAK_OUT)


def _holds_nothing(token: Token) -> bool:
    self_closing = token.name in FOREIGN and is_self_closing(token.attributes)
    return self_closing or token.name in VOID or token.name == "frameset"
