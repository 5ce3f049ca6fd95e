"""A note's HTML: the policy, and the one function that applies it."""

from notes_migration.domain.content.normalize import NormalizedHtml, normalize_html
from notes_migration.domain.content.policy import POLICY, ContentPolicy

__all__ = ["POLICY", "ContentPolicy", "NormalizedHtml", "normalize_html"]
