"""File names: what is kept of the CRM's, and what is safe to hand to a browser."""

from __future__ import annotations

import re
import unicodedata
from urllib.parse import quote

MAX_CODE_POINTS = 255
_UNITS = ("KB", "MB", "GB")
# Cc controls, Cf formats (bidi overrides and isolates, zero-width), Cs surrogates, Zl/Zp separators.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})
# Zero-width (non-)joiners are letters' business in several scripts and in emoji; they hide nothing.
_JOINERS = frozenset({"\u200c", "\u200d"})
# A last part that people mean as an extension: has a letter ("v1.2" and "Mr. Smith" have none).
_EXTENSION = re.compile(r"\.([a-z0-9]{1,10})", re.ASCII)
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9._ -]")


def clean_file_name(name: str, *, default: str) -> str:
    """Return the name's last part without what cannot be seen, at most 255 code points.

    `default` (the asset's name) is returned where nothing is left. The rest is kept as people wrote it.
    """
    basename = re.split(r"[/\\]", name)[-1]
    seen = "".join(c for c in basename if c in _JOINERS or unicodedata.category(c) not in _UNSEEN)
    kept = _shorten(seen.strip()).strip()
    return kept if kept.strip(". \u200c\u200d") else default


def extension(name: str) -> str:
    """Return the extension in lower case without the dot, or "" where the name has none.

    Dots and blanks at the end do not hide it: Windows drops them.
    """
    stem, dot, _ = (trimmed := name.rstrip(". \t")).rpartition(".")
    found = _EXTENSION.fullmatch(trimmed[len(stem) :].lower()) if dot else None
    return found[1] if found and not found[1].isdecimal() else ""


def content_disposition(name: str, *, safe_extensions: frozenset[str], own_extension: str) -> str:
    """Return an `attachment` disposition: the name as RFC 6266 has it, with a plain fallback.

    A name that does not end in one of `safe_extensions` gets the extension of what the bytes are, so
    that a picture called `x.html` is not opened as a page once it is on somebody's disk.
    """
    shown = name.rstrip(". ") or name
    _, dot, last = shown.rpartition(".")
    if not dot or last.lower() not in safe_extensions:
        shown = f"{shown}.{own_extension}"
    plain = _NOT_PLAIN.sub("_", shown)
    return f"attachment; filename=\"{plain}\"; filename*=UTF-8''{quote(shown, safe='')}"


def human_size(size: int) -> str:
    """Return a size as the CDP shows it: `"<n> B"`, or KB, MB, GB by 1024 with two decimals."""
    if size < 1024:
        return f"{size} B"
    value = float(size)
    for unit in _UNITS:
        value /= 1024
        if value < 1024 or unit == _UNITS[-1]:
            break
    return f"{value:.2f} {unit}"


def _shorten(name: str) -> str:
    if len(name) <= MAX_CODE_POINTS:
        return name
    found = extension(name)
    tail = f".{found}" if found and name.lower().endswith(f".{found}") else ""
    return name[: MAX_CODE_POINTS - len(tail)] + name[len(name) - len(tail) :]
