"""Raw HTML of a note -> the HTML that CDP stores. Pure: no clock, no network, same in, same out."""

from __future__ import annotations

import re
from dataclasses import dataclass

from notes_migration.domain.content import report
from notes_migration.domain.content.cleaner import PolicyCleaner
from notes_migration.domain.content.losses import lacks_text, losses
from notes_migration.domain.content.policy import POLICY, ContentPolicy
from notes_migration.domain.content.source import SourceNote, read_faithfully, read_leanly
from notes_migration.domain.content.text import UNSEEN, larger_than, storable
from notes_migration.domain.errors import ReasonCode, RejectedNote

_PLAIN_TAG = re.compile(r"""<(/?[a-z][a-z0-9]*)(?: [a-z-]+="[^"<>]*")* ?/?>""")
_SURELY_STAYS = re.compile(rf"</?a(?: [^>]*)?>|&nbsp;|(?:[\x00-\x20\x7f]|{UNSEEN})+")  # all but these
_UNSETTLED = re.compile(r"[\x00-\x08\x0d-\x1f\x7f]|<pre>|<a rel")  # what nh3 alone does not settle


@dataclass(frozen=True, slots=True)
class NormalizedHtml:
    """A note as it may be stored; `warnings` names kinds of repair or loss, never content."""

    html: str
    warnings: tuple[str, ...] = ()


class HtmlNormalizer:
    """Applies one policy; safe for several threads, the same result for the same note."""

    def __init__(self, policy: ContentPolicy) -> None:
        self._policy = policy
        self._cleaner = PolicyCleaner(policy)
        self._tags = policy.tags | {f"/{tag}" for tag in policy.tags}

    def normalize(self, html: str) -> NormalizedHtml:
        """Cut a note's HTML to the policy and turn its mentions into text.

        Raises:
            RejectedNote: NOTE_TOO_LARGE, NOTE_TOO_LONG or NOTE_EMPTIED (see `normalize_html`).
        """
        if larger_than(html, self._policy.max_bytes):
            raise RejectedNote(ReasonCode.NOTE_TOO_LARGE, "the raw note has too many bytes")
        source = storable(html)
        warnings = set() if source == html else {report.CHARACTERS_REMOVED}
        stored = self._well_formed(source)
        if stored is None:
            stored, found = self._repaired(source)
            warnings |= found
        self._require_short(len(stored))
        return NormalizedHtml(stored, tuple(sorted(warnings)))

    def _well_formed(self, source: str) -> str | None:
        """Take the short way where nh3 finds nothing to repair: it leaves the tags as they are.

        Its output then is a fixpoint: same tags, same text, so a second reading makes the same tree.
        """
        if self._is_large(source):
            return None
        tags = _PLAIN_TAG.findall(source)
        if len(tags) != source.count("<") or not self._tags.issuperset(tags):
            return None
        cleaned = self._cleaner.first(source)
        if _UNSETTLED.search(cleaned) or _PLAIN_TAG.findall(cleaned) != tags:
            return None
        return self._cleaner.last(cleaned) if self._cleaner.holds_mention(cleaned) else cleaned

    def _repaired(self, source: str) -> tuple[str, set[str]]:
        note = (read_leanly if self._is_large(source) else read_faithfully)(source, self._policy)
        stored = self._settled(note)
        if stored is not None and lacks_text(note, stored) and not self._is_large(source):
            # The parser hides what a reader would see, in a drawing that does not end for it.
            note = read_leanly(source, self._policy)
            stored = self._settled(note)
        if stored is None:
            stored = self._cleaner.text_only(note.html)
            return stored, {*note.warnings, *losses(note, stored), report.MARKUP_REMOVED}
        return stored, {*note.warnings, *losses(note, stored)}

    def _settled(self, note: SourceNote) -> str | None:
        self._require_short(note.least_length)
        cleaned = self._cleaner.first(note.html)
        if len(cleaned) > self._policy.max_code_points:
            self._require_short(len(_SURELY_STAYS.sub("", cleaned)))
        return self._cleaner.last(cleaned)

    def _is_large(self, source: str) -> bool:
        # No result is longer than this, and nh3 is fast up to here whatever it reads.
        return len(source) > self._policy.max_code_points

    def _require_short(self, code_points: int) -> None:
        if code_points > self._policy.max_code_points:
            raise RejectedNote(ReasonCode.NOTE_TOO_LONG, "the note has too many characters")


_NORMALIZER = HtmlNormalizer(POLICY)


def normalize_html(html: str) -> NormalizedHtml:
    """Return a note's HTML as it may be stored: cut to the policy, mentions as text (RFC decision 5).

    Raises:
        RejectedNote: NOTE_TOO_LARGE, more than 4 MiB of UTF-8 before; NOTE_TOO_LONG, more than
            10,000 code points after; NOTE_EMPTIED, visible text before and none after.
    """
    return _NORMALIZER.normalize(html)
