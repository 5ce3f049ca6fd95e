"""The allow-list: every type of file that may be stored, and what CDP calls it (RFC decision 8)."""

from __future__ import annotations

from dataclasses import dataclass

from notes_migration.domain.office_files import DOCX, EXCEL, POWERPOINT, PPTX, WORD, XLSX

OCTETS = "application/octet-stream"
PDF = "application/pdf"
TEXT = "text/plain"


@dataclass(frozen=True, slots=True)
class FileType:
    """An allowed type: as it is stored, as CDP calls it, and the extension it goes by."""

    mime: str
    cdp_type: str
    extension: str
    stored_as: str


def _types() -> dict[str, FileType]:
    by_cdp_type = {
        "image": {
            "image/jpeg": "jpg",
            "image/png": "png",
            "image/gif": "gif",
            "image/webp": "webp",
            "image/bmp": "bmp",
            "image/tiff": "tiff",
            "image/heic": "heic",
            "image/heif": "heif",
            "image/avif": "avif",
        },
        "voice_note": {
            "audio/mpeg": "mp3",
            "audio/mp4": "m4a",
            "audio/aac": "aac",
            "audio/ogg": "ogg",
            "audio/wav": "wav",
            "audio/amr": "amr",
            "audio/flac": "flac",
            "audio/webm": "weba",
            "audio/3gpp": "3gp",
        },
        "video": {
            "video/mp4": "mp4",
            "video/quicktime": "mov",
            "video/3gpp": "3gp",
            "video/3gpp2": "3g2",
            "video/webm": "webm",
            "video/x-matroska": "mkv",
            "video/x-msvideo": "avi",
            "video/mpeg": "mpg",
            "video/ogg": "ogv",
        },
        "pdf": {PDF: "pdf"},
        "xlsx": {
            XLSX: "xlsx",
            EXCEL: "xls",
        },
        "doc": {
            DOCX: "docx",
            WORD: "doc",
            PPTX: "pptx",
            POWERPOINT: "ppt",
            TEXT: "txt",
        },
    }
    return {
        # Text is stored as bytes: no browser may ever take it for a page.
        mime: FileType(mime, cdp_type, extension, OCTETS if mime == TEXT else mime)
        for cdp_type, extensions in by_cdp_type.items()
        for mime, extension in extensions.items()
    }


TYPES = _types()
SAFE_EXTENSIONS = frozenset(
    {t.extension for t in TYPES.values()}
    | {
        "jpeg",
        "jpe",
        "jfif",
        "tif",
        "oga",
        "opus",
        "mp4a",
        "m4b",
        "m4v",
        "qt",
        "mpeg",
        "csv",
        "tsv",
        "text",
        "log",
    }
)
