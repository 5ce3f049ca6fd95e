"""Tell which tokens stand inside an element whose content goes with it."""

from __future__ import annotations

from collections import Counter

from notes_migration.domain.content.attributes import is_self_closing
from notes_migration.domain.content.elements import FOREIGN, HTML, VOID
from notes_migration.domain.content.foreign import OpenForeign
from notes_migration.domain.content.policy import ContentPolicy
from notes_migration.domain.content.scan import Kind, Token

_SCOPES = HTML - VOID


class DroppedRegions:
    """Walks along with the tokens of one note; `hides` must be asked for each of them in order."""

    def __init__(self, policy: ContentPolicy) -> None:
        self._policy = policy
        self._element = ""
        self._depth = 0
        self._around: Counter[str] = Counter()
        self._foreign = OpenForeign(self._around)
        self.in_foreign = self._foreign.reads_no_html

    def hides(self, token: Token) -> bool:
        """Say whether this token goes with a dropped element; the element's own tags go as well."""
        if self._foreign and self._foreign.holds(token):
            return True
        if self._element:
            self._follow(token)
            return True
        if token.name not in self._policy.dropped_with_content:
            self._pass(token)
            return False
        if token.kind is Kind.START and not _holds_nothing(token):
            self._begin(token)
        return True

    def _pass(self, token: Token) -> None:
        if token.name not in _SCOPES:
            return  # what nobody knows is taken out before nh3 reads the note
        if token.kind is Kind.START:
            self._around[token.name] += 1
        elif token.kind is Kind.END and self._around[token.name]:
            self._around[token.name] -= 1

    def _begin(self, token: Token) -> None:
        if token.name in FOREIGN:
            self._foreign.begin(token)
        else:
            self._element, self._depth = token.name, 1

    def _follow(self, token: Token) -> None:
        if token.name == self._element and not _holds_nothing(token):
            self._depth += {Kind.START: 1, Kind.END: -1}.get(token.kind, 0)
        if self._depth == 0:
            self._element = ""


def _holds_nothing(token: Token) -> bool:
    self_closing = token.name in FOREIGN and is_self_closing(token.attributes)
    return self_closing or token.name in VOID or token.name == "frameset"
