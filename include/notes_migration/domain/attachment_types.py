"""The bytes decide what a file is and whether its association may hold it (RFC decision 8, decision 15)."""

from __future__ import annotations

from notes_migration.domain.errors import DegradedNote, ReasonCode
from notes_migration.domain.file_facts import FileFacts
from notes_migration.domain.file_names import extension
from notes_migration.domain.file_types import OCTETS, PDF, TEXT, TYPES, FileType
from notes_migration.domain.framed_sound import is_adts_sound, is_mpeg_sound
from notes_migration.domain.iso_media import (
    ISO_VERDICTS,
    MATROSKA_SIGNATURE,
    is_iso_box,
    is_iso_media,
    iso_type,
    matroska_type,
)
from notes_migration.domain.notes import AssetKind, CrmAsset
from notes_migration.domain.office_files import OLE_SIGNATURE, ZIP_SIGNATURE, ole_type, package_type
from notes_migration.domain.program_names import names_program
from notes_migration.domain.text_files import is_harmless, read_text

_MEDIA = frozenset({"image", "voice_note", "video"})
_POSSIBLE = {
    AssetKind.IMAGE: frozenset({"image"}),
    AssetKind.AUDIO: frozenset({"voice_note", "video"}),
    AssetKind.DOCUMENT: frozenset(file_type.cdp_type for file_type in TYPES.values()),
}
# libmagic's other names for what is on the allow-list; the names differ between its versions.
_ALIASES = {
    "image/x-ms-bmp": "image/bmp",
    "image/x-bmp": "image/bmp",
    "image/heic-sequence": "image/heic",
    "image/heif-sequence": "image/heif",
    "audio/mp3": "audio/mpeg",
    "audio/x-wav": "audio/wav",
    "audio/vnd.wave": "audio/wav",
    "audio/x-aac": "audio/aac",
    "audio/x-hx-aac-adts": "audio/aac",
    "audio/x-hx-aac-adif": "audio/aac",
    "audio/amr-wb": "audio/amr",
    "audio/x-flac": "audio/flac",
    "application/ogg": "audio/ogg",
    "audio/opus": "audio/ogg",
    "video/avi": "video/x-msvideo",
    "video/vnd.avi": "video/x-msvideo",
}
# For what libmagic does not know by its first bytes: a long tag before the sound, an odd first frame.
_SIGNATURES = (
    (b"ID3", "audio/mpeg"),
    (b"\xff\xfb", "audio/mpeg"),
    (b"\xff\xf3", "audio/mpeg"),
    (b"\xff\xf2", "audio/mpeg"),
    (b"\xff\xf1", "audio/aac"),
    (b"\xff\xf9", "audio/aac"),
    (b"OggS", "audio/ogg"),
    (b"#!AMR", "audio/amr"),
    (b"fLaC", "audio/flac"),
)
# Programs and pages, whatever else the bytes can be taken for. Text has been judged before.
_NEVER = (b"MZ", b"\x7fELF", b"#!", b"<")
_AMR = (b"#!AMR\n", b"#!AMR-WB\n", b"#!AMR_MC1.0\n", b"#!AMR-WB_MC1.0\n")
_BOXED = ISO_VERDICTS | {"image/heic", "image/heif", "image/avif"}
_BLANKS = b"\xef\xbb\xbf \t\r\n\f"


def decide_type(facts: FileFacts, asset: CrmAsset) -> FileType:
    """Return what the bytes are; name and declared type only tell what a container holds.

    Raises:
        DegradedNote: ATTACHMENT_TYPE_UNSUPPORTED, where the bytes are not on the allow-list (an empty
            file included); ATTACHMENT_TYPE_MISMATCH, where the association cannot hold such a file.
    """
    decided = TYPES.get(_mime(facts, asset) or "")
    if decided is None:
        raise DegradedNote(ReasonCode.ATTACHMENT_TYPE_UNSUPPORTED, "not an allowed type")
    if decided.cdp_type not in _POSSIBLE[asset.kind]:
        raise DegradedNote(ReasonCode.ATTACHMENT_TYPE_MISMATCH, f"{decided.cdp_type} among {asset.kind}s")
    return decided


def _mime(facts: FileFacts, asset: CrmAsset) -> str | None:
    name_extension = extension(asset.file_name)
    if not facts.size:
        return None
    if (begin := facts.head.lstrip(_BLANKS)).startswith(b"%PDF-"):
        return PDF
    text = read_text(facts.head)
    # Text comes before libmagic's verdict: "GIF89a=1;alert(1)" is a picture to it and a program to a browser.
    if text is not None and (text.is_utf or facts.magic.startswith("text/")):
        is_safe = not names_program(asset.file_name) and is_harmless(text, magic=facts.magic)
        return TEXT if is_safe else None
    if begin.startswith(_NEVER) and not facts.head.startswith(_AMR):
        return None
    return _binary_type(facts, name_extension=name_extension, declared=asset.content_type)


def _binary_type(facts: FileFacts, *, name_extension: str, declared: str) -> str | None:
    if facts.head.startswith(ZIP_SIGNATURE):
        return package_type(facts.archive)
    if facts.head.startswith(OLE_SIGNATURE):
        return ole_type(facts, name_extension=name_extension, declared=declared)
    if is_iso_media(facts.head):
        return iso_type(facts, name_extension=name_extension, declared=declared)
    if facts.head.startswith(MATROSKA_SIGNATURE):
        return matroska_type(facts.head)
    mime = _ALIASES.get(facts.magic, facts.magic)
    if mime == OCTETS:
        mime = next((known for begin, known in _SIGNATURES if facts.head.startswith(begin)), OCTETS)
    is_media = mime in TYPES and TYPES[mime].cdp_type in _MEDIA
    return mime if is_media and _bears_out(facts, mime) else None


def _bears_out(facts: FileFacts, mime: str) -> bool:
    """Tell whether the bytes keep to their format where libmagic asks for two or four of them only."""
    if mime == "audio/mpeg":
        return is_mpeg_sound(facts.head, size=facts.size)
    if mime == "audio/aac" and facts.head.startswith(b"\xff"):
        return is_adts_sound(facts.head, size=facts.size)
    if mime in _BOXED:
        return is_iso_box(facts)
    return True
