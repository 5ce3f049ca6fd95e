"""Mentions become text: `<a data-user-id="7">Jane</a>` is stored as `@Jane`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from bleach.html5lib_shim import Filter  # type: ignore[attr-defined]  # missing from the stubs
from bleach.sanitizer import Cleaner

from notes_migration.domain.content.links import is_mention
from notes_migration.domain.content.policy import ContentPolicy

Token = dict[str, Any]
_CHARACTERS, _SPACES, _ENTITY = "Characters", "SpaceCharacters", "Entity"
_NON_BREAKING_SPACE = "nbsp"


class MentionFilter(Filter):  # type: ignore[misc]  # html5lib has no types
    """Replace the anchor of a mention by `@` and its content; emits tokens, never strings.

    What was escaped text stays escaped text. White space before a name goes before the `@`, an `@`
    that is there is not doubled, and a mention that shows nothing leaves nothing.
    """

    def __iter__(self) -> Iterator[Token]:
        held: list[Token] | None = None
        for token in super().__iter__():
            if held is not None:
                if token["type"] == "EndTag" and token["name"] == "a":
                    yield from _as_text(held)
                    held = None
                else:
                    held.append(token)
            elif token["type"] == "StartTag" and token["name"] == "a" and _marks_mention(token["data"]):
                held = []
            else:
                yield token
        yield from _as_text(held or [])


def mention_rewriter(policy: ContentPolicy) -> Cleaner:
    """Return a bleach cleaner for nh3's output: nothing is trusted to it but the rewriting."""
    on_links = policy.link_attributes | policy.mention_attributes | {"rel"}
    return Cleaner(
        tags=policy.tags,
        attributes={"a": sorted(on_links)},
        protocols=policy.link_schemes,
        strip=True,
        strip_comments=True,
        filters=[MentionFilter],
    )


def may_hold_mention(cleaned: str) -> bool:
    """Say whether nh3's output can hold a mention: a cheap look that errs on the side of yes."""
    return "<a " in cleaned and ("data-" in cleaned or "edit_user" in cleaned)


def _marks_mention(attributes: Mapping[tuple[str | None, str], str]) -> bool:
    names = {name for _, name in attributes}
    href = attributes.get((None, "href"), "")
    return bool(names & {"data-user-id", "data-mention"}) or is_mention(href)


def _as_text(tokens: list[Token]) -> Iterator[Token]:
    at = next((index for index, token in enumerate(tokens) if _shows(token)), None)
    if at is None:
        return
    yield from tokens[:at]
    first = tokens[at]
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
        return bool(token["name"] != _NON_BREAKING_SPACE)
    return token["type"] == _CHARACTERS and bool(token["data"].strip())
