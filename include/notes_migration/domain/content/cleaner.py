"""nh3, told the policy: first (mentions still marked) and last (nothing but the policy)."""

from __future__ import annotations

import re

from nh3 import Cleaner

from notes_migration.domain.content.links import relative_or_none
from notes_migration.domain.content.mentions import MentionRewriter
from notes_migration.domain.content.policy import ContentPolicy
from notes_migration.domain.content.text import storable

_ANCHOR_TAG = re.compile(r"</a>|<a(?: [^>]*)?>")


class PolicyCleaner:
    """The two passes of nh3 and what it cannot do itself between them."""

    def __init__(self, policy: ContentPolicy) -> None:
        marks = policy.link_attributes | policy.mention_attributes
        self._first = _nh3(policy, policy.tags, marks)
        self._last = _nh3(policy, policy.tags, policy.link_attributes)
        self._mentions = MentionRewriter(policy)
        self._rounds = policy.max_rounds
        self._text_only = _nh3(policy, frozenset(), frozenset())

    def first(self, html: str) -> str:
        """Cut to the policy, but leave the marks of mentions on anchors."""
        return self._first.clean(html)

    def holds_mention(self, cleaned: str) -> bool:
        """Say whether what `first` made has something for `last` to turn into text."""
        return self._mentions.are_in(cleaned)

    def last(self, html: str) -> str | None:
        """Turn mentions into text, cut to the policy, and again until a second reading changes nothing.

        None where the policy's rounds do not get there.
        """
        prepared = self._prepare(html)
        for _ in range(self._rounds):
            cleaned = self._last.clean(prepared)
            again = self._prepare(cleaned)
            if prepared == cleaned == again:
                return cleaned
            prepared = again
        return None

    def _prepare(self, cleaned: str) -> str:
        return _tidy(self._mentions.rewrite(cleaned))

    def text_only(self, html: str) -> str:
        """Return the text without any element."""
        return _with_line_feeds(self._text_only.clean(html))


def _nh3(policy: ContentPolicy, tags: frozenset[str], on_links: frozenset[str]) -> Cleaner:
    return Cleaner(
        tags=tags,
        clean_content_tags=policy.dropped_with_content,
        attributes={"*": set(), "a": on_links},  # without "*", nh3 lets `lang` and `title` stay
        url_schemes=policy.link_schemes,
        url_relative=relative_or_none if policy.relative_links else "deny",
        link_rel=policy.link_rel,
        strip_comments=True,
    )


def _tidy(cleaned: str) -> str:
    """Do on nh3's output what nh3 leaves undone and what a second reading would change."""
    # A parser eats the first line feed of a pre.
    tidied = _with_line_feeds(cleaned).replace("<pre>\n", "<pre><br>")
    return _without_bare_anchors(tidied) if "<a" in tidied else tidied


def _with_line_feeds(cleaned: str) -> str:
    """Take out what references stood for: a parser reads CR as LF, and control characters may not stay."""
    return storable(cleaned.replace("\r\n", "\n").replace("\r", "\n"))


def _without_bare_anchors(cleaned: str) -> str:
    """Unwrap anchors without href: nh3 takes the attribute away and leaves the element."""
    open_is_kept: list[bool] = []

    def keep_or_not(tag: re.Match[str]) -> str:
        if tag[0] == "</a>":
            kept = open_is_kept.pop() if open_is_kept else False
        else:
            kept = ' href="' in tag[0]
            open_is_kept.append(kept)
        return tag[0] if kept else ""

    return _ANCHOR_TAG.sub(keep_or_not, cleaned)
