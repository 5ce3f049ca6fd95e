"""nh3, told the policy: first (mentions still marked) and last (nothing but the policy)."""

from __future__ import annotations

from nh3 import Cleaner

from notes_migration.domain.content.links import relative_or_none
from notes_migration.domain.content.policy import ContentPolicy


def first_cleaner(policy: ContentPolicy) -> Cleaner:
    """Return the cleaner that cuts to the policy but leaves the marks of mentions on anchors."""
    return _cleaner(policy, policy.link_attributes | policy.mention_attributes)


def last_cleaner(policy: ContentPolicy) -> Cleaner:
    """Return the cleaner that has the last word."""
    return _cleaner(policy, policy.link_attributes)


def _cleaner(policy: ContentPolicy, on_links: frozenset[str]) -> Cleaner:
    return Cleaner(
        tags=policy.tags,
        clean_content_tags=policy.dropped_with_content,
        attributes={"*": set(), "a": on_links},  # without "*", nh3 lets `lang` and `title` stay
        url_schemes=policy.link_schemes,
        url_relative=relative_or_none if policy.relative_links else "deny",
        link_rel=policy.link_rel or None,
        strip_comments=True,
    )
