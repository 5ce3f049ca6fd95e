"""Who wrote a note: an SSO id, or a label where identity knows none (RFC decision 6)."""

from __future__ import annotations

import html
import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass

import nh3

MAX_LABEL = 200
# A name is never this long; cleaning hostile markup takes time that grows with its square.
_MAX_RAW = 4_000
_BREAKING = frozenset({"Cc", "Zl", "Zp"})
_UNSHOWN = frozenset({"Cf", "Cs", "Co", "Cn"})
_JOINER = "\u200d"  # holds an emoji together


@dataclass(frozen=True, slots=True)
class Owner:
    """Exactly one of the two is set."""

    sso_id: str | None = None
    label: str | None = None


def choose_owner(
    creator_id: str | None, creator_name: str, *, sso_ids: Mapping[str, str], default_label: str
) -> Owner:
    """Return the author's SSO id, else the creator's CRM name as a label, else the default label."""
    sso_id = sso_ids.get(creator_id) if creator_id else None
    if sso_id:
        return Owner(sso_id=sso_id)
    return Owner(label=clean_label(creator_name) or default_label)


def clean_label(name: str) -> str:
    """Return the name as plain text: no markup, no control or direction characters, 200 at most.

    "" where nothing of it would be seen.
    """
    encodable = name[:_MAX_RAW].encode("utf-8", "ignore").decode()  # JSON may carry half a surrogate pair
    text = html.unescape(nh3.clean(encodable, tags=set(), clean_content_tags={"script", "style"}))
    # What looks like markup after the entities are resolved was meant to be shown, never to be parsed.
    visible = "".join(_shown(char) for char in text if char not in "<>")
    label = " ".join(visible.split())[:MAX_LABEL].strip()
    return label if label.replace(_JOINER, "").strip() else ""


def _shown(char: str) -> str:
    if char == _JOINER:
        return char
    category = unicodedata.category(char)
    if category in _BREAKING:
        return " "
    return "" if category in _UNSHOWN else char
