"""Which of the offered media types a client likes best (RFC 9110, section 12.5.1)."""

from __future__ import annotations

from collections.abc import Sequence


def best_media_type(accept: str | None, offered: Sequence[str]) -> str | None:
    """Return one of `offered`, the first where the client has no preference, None where none will do."""
    ranges = _ranges(accept) if accept and accept.strip() else {"*/*": 1.0}
    liked = [(_quality(ranges, media_type), media_type) for media_type in offered]
    best = max(quality for quality, _ in liked)
    return next(media_type for quality, media_type in liked if quality == best) if best > 0 else None


def _ranges(accept: str) -> dict[str, float]:
    found = {}
    for part in accept.split(","):
        media_range, *parameters = (piece.strip().lower() for piece in part.split(";"))
        weights = [text.removeprefix("q=") for text in parameters if text.startswith("q=")]
        found[media_range] = _weight(weights[0]) if weights else 1.0
    return found


def _weight(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0


def _quality(ranges: dict[str, float], media_type: str) -> float:
    kind = media_type.partition("/")[0]
    for media_range in (media_type, f"{kind}/*", "*/*"):  # the most exact one counts
        if media_range in ranges:
            return ranges[media_range]
    return 0.0
