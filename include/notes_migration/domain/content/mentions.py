"""Mentions become text: `<a data-user-id="7">Jane</a>` is stored as `@Jane`."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator, Mapping
from functools import cache, partial
from html import unescape
from typing import Any

from bleach.html5lib_shim import Filter  # type: ignore[attr-defined]  # missing from the stubs
from bleach.sanitizer import Cleaner

from notes_migration.domain.content.links import is_mention
from notes_migration.domain.content.policy import ContentPolicy
from notes_migration.domain.content.text import UNSEEN, visible_length_of_html

Token = dict[str, Any]
# Exact on nh3's output: it escapes `<`, `>` and `"` in attributes.
_ANCHOR = re.compile(r"<a (?P<attributes>[^>]*)>(?P<content>.*?)</a>", re.DOTALL)
_ATTRIBUTE = re.compile(r'([a-z-]+)="([^"]*)"')
_UNSEEN = re.compile(rf"\A{UNSEEN}+")
_NESTED = re.compile(r"<a[ >]")


class MentionRewriter:
    """Rewrites the mentions in nh3's output; bleach is trusted with the rewriting, with nothing else."""

    def __init__(self, policy: ContentPolicy) -> None:
        self._policy = policy
        self._local = threading.local()  # bleach's cleaners are not safe for several threads

    def are_in(self, cleaned: str) -> bool:
        """Say whether nh3's output holds a mention."""
        return any(self._is_mention(anchor) for anchor in _ANCHOR.finditer(cleaned))

    def rewrite(self, cleaned: str) -> str:
        """Return the HTML with every mention as text; what is not a mention stays as it is."""
        if "<a " not in cleaned:
            return cleaned
        anchors = list(_ANCHOR.finditer(cleaned))
        if any(_NESTED.search(anchor["content"]) for anchor in anchors):
            return str(self._bleach.clean(cleaned))  # it reads the whole and takes them apart
        as_text = cache(self._as_text)  # a name that comes a thousand times is looked at once
        pieces, at = [], 0
        for anchor in anchors:
            text = as_text(anchor["content"]) if self._is_mention(anchor) else anchor[0]
            pieces += [cleaned[at : anchor.start()], text]
            at = anchor.end()
        return "".join([*pieces, cleaned[at:]])

    def _is_mention(self, anchor: re.Match[str]) -> bool:
        attributes = {name: unescape(value) for name, value in _ATTRIBUTE.findall(anchor["attributes"])}
        return marks_mention(attributes, self._policy)

    def _as_text(self, content: str) -> str:
        if not visible_length_of_html(content):
            return ""
        mark = next(iter(self._policy.mention_attributes))
        return str(self._bleach.clean(f'<a {mark}="">{content}</a>'))

    @property
    def _bleach(self) -> Cleaner:
        if not hasattr(self._local, "cleaner"):
            self._local.cleaner = _bleach_cleaner(self._policy)
        cleaner: Cleaner = self._local.cleaner
        return cleaner


def marks_mention(attributes: Mapping[str, str], policy: ContentPolicy) -> bool:
    """Say whether an anchor with these attributes is a mention."""
    marked = not policy.mention_attributes.isdisjoint(attributes)
    return marked or is_mention(attributes.get("href", ""), policy.mention_path)


def _bleach_cleaner(policy: ContentPolicy) -> Cleaner:
    return Cleaner(
        tags=policy.tags,
        attributes={"a": sorted(policy.link_attributes | policy.mention_attributes | {"rel"})},
        protocols=policy.link_schemes,
        strip=True,
        filters=[partial(MentionFilter, policy=policy)],
    )


class MentionFilter(Filter):  # type: ignore[misc]  # html5lib has no types
    """Replace the anchor of a mention by `@` and its content; emits tokens, never strings.

    What was escaped text stays escaped text. White space before a name goes before the `@`, an `@`
    that is there is not doubled, and a mention that shows nothing leaves nothing.
    """

    def __init__(self, source: object, policy: ContentPolicy) -> None:
        super().__init__(source)
        self._policy = policy

    def __iter__(self) -> Iterator[Token]:
        held: list[Token] | None = None
        for token in super().__iter__():
            if held is None:
                if self._begins_mention(token):
                    held = []
                else:
                    yield token
            elif token["type"] == "EndTag" and token["name"] == "a":
                yield from _with_at_sign(held)
                held = None
            else:
                held.append(token)

    def _begins_mention(self, token: Token) -> bool:
        if token["type"] != "StartTag" or token["name"] != "a":
            return False
        return marks_mention({name: value for (_, name), value in token["data"].items()}, self._policy)


def _with_at_sign(tokens: list[Token]) -> Iterator[Token]:
    at = next((index for index, token in enumerate(tokens) if _shows(token)), None)
    if at is None:
        return
    first = tokens[at]
    yield from tokens[:at]
    if first["type"] == "Entity":
        yield {"type": "Characters", "data": "@"}
        yield first
    else:
        space, name = _split_unseen(first["data"])
        yield {"type": "Characters", "data": space + ("" if name.startswith("@") else "@") + name}
    yield from tokens[at + 1 :]


def _shows(token: Token) -> bool:
    if token["type"] == "Entity":
        return bool(token["name"] != "nbsp")
    return token["type"] == "Characters" and bool(_split_unseen(token["data"])[1])


def _split_unseen(text: str) -> tuple[str, str]:
    """Part white space and zero-width characters at the beginning from what can be seen."""
    seen = _UNSEEN.sub("", text, count=1)
    return text[: len(text) - len(seen)], seen
