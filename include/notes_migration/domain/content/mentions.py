"""Mentions become text: `<a data-user-id="7">Jane</a>` is stored as `@Jane`."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from typing import Any

from bleach.html5lib_shim import Filter  # type: ignore[attr-defined]  # missing from the stubs
from bleach.sanitizer import Cleaner

from notes_migration.domain.content.links import is_mention
from notes_migration.domain.content.policy import ContentPolicy
from notes_migration.domain.content.text import visible_length_of_html

Token = dict[str, Any]
_CHARACTERS, _ENTITY = "Characters", "Entity"
# Exact on nh3's output: it escapes `<` and `>` in attributes too.
_ANCHOR = re.compile(r"<a (?P<attributes>[^>]*)>(?P<content>.*?)</a>", re.DOTALL)
_NESTED = re.compile(r"<a[ >]")


class MentionRewriter:
    """Rewrites the mentions in nh3's output; bleach is trusted with the rewriting, with nothing else."""

    def __init__(self, policy: ContentPolicy) -> None:
        self._policy = policy
        self._local = threading.local()  # bleach's cleaners are not safe for several threads

    def rewrite(self, cleaned: str) -> str:
        """Return the HTML with every mention as text; what is not a mention stays as it is."""
        if "<a " not in cleaned:
            return cleaned
        anchors = [anchor for anchor in _ANCHOR.finditer(cleaned) if self._may_be_mention(anchor)]
        if any(_NESTED.search(anchor["content"]) for anchor in anchors):
            return str(self._bleach.clean(cleaned))
        return self._rewrite_each(cleaned, anchors)

    def _rewrite_each(self, cleaned: str, anchors: list[re.Match[str]]) -> str:
        pieces, at = [], 0
        for anchor in anchors:
            pieces += [cleaned[at : anchor.start()], self._as_text(anchor)]
            at = anchor.end()
        return "".join([*pieces, cleaned[at:]])

    def _as_text(self, anchor: re.Match[str]) -> str:
        blank = not visible_length_of_html(anchor["content"])
        return "" if blank and self._is_marked(anchor) else str(self._bleach.clean(anchor[0]))

    def _may_be_mention(self, anchor: re.Match[str]) -> bool:
        return self._is_marked(anchor) or "edit_user" in anchor["attributes"]

    def _is_marked(self, anchor: re.Match[str]) -> bool:
        return any(name in anchor["attributes"] for name in self._policy.mention_attributes)

    @property
    def _bleach(self) -> Cleaner:
        if not hasattr(self._local, "cleaner"):
            self._local.cleaner = _bleach_cleaner(self._policy)
        cleaner: Cleaner = self._local.cleaner
        return cleaner


def _bleach_cleaner(policy: ContentPolicy) -> Cleaner:
    return Cleaner(
        tags=policy.tags,
        attributes={"a": sorted(policy.link_attributes | policy.mention_attributes | {"rel"})},
        protocols=policy.link_schemes,
        strip=True,
        filters=[MentionFilter],
    )


class MentionFilter(Filter):  # type: ignore[misc]  # html5lib has no types
    """Replace the anchor of a mention by `@` and its content; emits tokens, never strings.

    What was escaped text stays escaped text. White space before a name goes before the `@`, an `@`
    that is there is not doubled, and a mention that shows nothing leaves nothing.
    """

    def __iter__(self) -> Iterator[Token]:
        held: list[Token] | None = None
        for token in super().__iter__():
            if held is None:
                if _begins_mention(token):
                    held = []
                else:
                    yield token
            elif token["type"] == "EndTag" and token["name"] == "a":
                yield from _with_at_sign(held)
                held = None
            else:
                held.append(token)


def _begins_mention(token: Token) -> bool:
    return token["type"] == "StartTag" and token["name"] == "a" and _marks_mention(token["data"])


def _marks_mention(attributes: Mapping[tuple[str | None, str], str]) -> bool:
    names = {name for _, name in attributes}
    return bool(names & {"data-user-id", "data-mention"}) or is_mention(attributes.get((None, "href"), ""))


def _with_at_sign(tokens: list[Token]) -> Iterator[Token]:
    at = next((index for index, token in enumerate(tokens) if _shows(token)), None)
    if at is None:
        return
    first = tokens[at]
    yield from tokens[:at]
    if first["type"] == _ENTITY:
        yield {"type": _CHARACTERS, "data": "@"}
        yield first
    else:
        name = first["data"].lstrip()
        space = first["data"][: len(first["data"]) - len(name)]
        yield {"type": _CHARACTERS, "data": space + ("" if name.startswith("@") else "@") + name}
    yield from tokens[at + 1 :]


def _shows(token: Token) -> bool:
    if token["type"] == _ENTITY:
        return bool(token["name"] != "nbsp")
    return token["type"] == _CHARACTERS and bool(token["data"].strip())
