"""Sound or moving pictures: the containers that can hold both (ISO 14496-12, Matroska)."""

from __future__ import annotations

import re

from notes_migration.domain.file_facts import FileFacts

ISO_VERDICTS = frozenset(
    {"video/mp4", "audio/mp4", "audio/x-m4a", "video/x-m4v", "video/3gpp", "video/3gpp2", "video/quicktime"}
)
MATROSKA_SIGNATURE = b"\x1aE\xdf\xa3"
_FILE_TYPE = b"ftyp"
_MAX_FILE_TYPE_BYTES = 4096
_AUDIO_BRANDS = frozenset({b"M4A ", b"M4B ", b"M4P "})
_IMAGE_BRANDS = {
    b"avif": "image/avif",
    b"avis": "image/avif",
    b"mif1": "image/heif",
    b"msf1": "image/heif",
} | {brand: "image/heic" for brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"hevx")}
_MP4_BRANDS = re.compile(rb"isom|iso[2-9]|mp4[12]|avc1|dash|MSNV|M4V[ HP]|mmp4|XAVC|NDSC|F4V ")
_CODEC = re.compile(rb"\x86.([VA])_", re.DOTALL)
_AUDIO_NAMES = frozenset({"m4a", "m4b", "aac", "mp4a"})


def is_iso_media(head: bytes) -> bool:
    """Tell whether the file begins with an ISO media file type box of a size that such boxes have."""
    box = int.from_bytes(head[:4], "big")
    return head[4:8] == _FILE_TYPE and 8 <= box <= _MAX_FILE_TYPE_BYTES and box % 4 == 0


def is_iso_box(facts: FileFacts) -> bool:
    """Tell whether the file begins with another box than a file type, as old QuickTime films do."""
    box = int.from_bytes(facts.head[:4], "big")
    # 1: the size is in the next 8 bytes.
    return facts.head[4:8] != _FILE_TYPE and (box == 1 or 8 <= box <= facts.size)


def iso_type(facts: FileFacts, *, name_extension: str, declared: str) -> str | None:
    """Return the MIME type of an ISO media file, or None where its brand is none that we know.

    The tracks decide between sound and video. Where none is found, an audio brand does, together with
    the name or the declared type where it is one brand among others.
    """
    brand = facts.head[8:12]
    if brand in _IMAGE_BRANDS:
        return _IMAGE_BRANDS[brand]
    video = _video_type(brand, facts.magic)
    if video is None:
        return None
    is_sound = facts.tracks == {"soun"} if facts.tracks else _claims_sound(facts, name_extension, declared)
    if not is_sound:
        return video
    return "audio/3gpp" if video.startswith("video/3gpp") else "audio/mp4"


def matroska_type(head: bytes) -> str:
    """Return the MIME type of a Matroska or WebM file by its document type and the codecs it names."""
    codecs = set(_CODEC.findall(head))
    if b"webm" not in head[:64]:
        return "video/x-matroska"
    return "audio/webm" if codecs == {b"A"} else "video/webm"


def _video_type(brand: bytes, magic: str) -> str | None:
    if brand == b"qt  ":
        return "video/quicktime"
    if brand.startswith(b"3g2"):
        return "video/3gpp2"
    if brand.startswith(b"3g"):
        return "video/3gpp"
    known = brand in _AUDIO_BRANDS or _MP4_BRANDS.fullmatch(brand) or magic in ISO_VERDICTS
    return "video/mp4" if known else None


def _claims_sound(facts: FileFacts, name_extension: str, declared: str) -> bool:
    if facts.head[8:12] in _AUDIO_BRANDS:
        return True
    box = int.from_bytes(facts.head[:4], "big")
    others = facts.head[16 : min(box, 256)]
    has_brand = any(others[at : at + 4] in _AUDIO_BRANDS for at in range(0, len(others), 4))
    named, said = name_extension in _AUDIO_NAMES, declared.lower().startswith("audio/")
    return (named or said) if has_brand else (named and said)
