"""Office documents: what an OOXML package or an OLE2 file holds, and whether macros are in it."""

from __future__ import annotations

from notes_migration.domain.file_facts import FileFacts, ZipListing

ZIP_SIGNATURE = b"PK\x03\x04"
OLE_SIGNATURE = bytes.fromhex("d0cf11e0a1b11ae1")
WORD, EXCEL, POWERPOINT = "application/msword", "application/vnd.ms-excel", "application/vnd.ms-powerpoint"
_OOXML = "application/vnd.openxmlformats-officedocument."
DOCX = f"{_OOXML}wordprocessingml.document"
XLSX = f"{_OOXML}spreadsheetml.sheet"
PPTX = f"{_OOXML}presentationml.presentation"
MAX_EXPANDED_BYTES = 1024**3

_MAIN_PARTS = {"word/document.xml": DOCX, "xl/workbook.xml": XLSX, "ppt/presentation.xml": PPTX}
# The main part may have another name (word/document2.xml); its content type says what it is.
_MAIN_TYPES = {
    f"{_OOXML}wordprocessingml.document.main+xml": DOCX,
    f"{_OOXML}spreadsheetml.sheet.main+xml": XLSX,
    f"{_OOXML}presentationml.presentation.main+xml": PPTX,
    f"{_OOXML}presentationml.slideshow.main+xml": PPTX,
}
_MACRO_PARTS = ("vbaproject.bin", "vbadata.xml")
_MACRO_TYPES = ("macroenabled", "vbaproject", "ms-excel.macrosheet", "intlmacrosheet")
_PROGRAMS = [
    ".exe",
    ".dll",
    ".com",
    ".scr",
    ".msi",
    ".cpl",
    ".jar",
    ".class",
    ".bat",
    ".cmd",
    ".ps1",
    ".vbs",
    ".vbe",
    ".js",
    ".jse",
    ".wsf",
    ".hta",
    ".lnk",
    ".sh",
]

# Names in an OLE2 directory: what holds the document, and what holds macros.
OLE_MAIN_STREAMS = {
    "WordDocument": WORD,
    "Workbook": EXCEL,
    "Book": EXCEL,
    "PowerPoint Document": POWERPOINT,
}
OLE_MACRO_ENTRIES = frozenset({"_VBA_PROJECT", "_VBA_PROJECT_CUR", "VBA", "Macros"})
OLE_ENCRYPTED_PACKAGE = "EncryptedPackage"
OLE_ROOT = "Root Entry"
OLE_ENTRIES = frozenset(OLE_MAIN_STREAMS) | OLE_MACRO_ENTRIES | {OLE_ENCRYPTED_PACKAGE, OLE_ROOT}
_OLE_VERDICTS = frozenset({WORD, EXCEL, POWERPOINT, "application/x-ole-storage", "application/cdfv2"}) | {
    "application/vnd.ms-office",
    "application/octet-stream",
    "application/encrypted",
}
_OLE_CLAIMS = {
    "doc": WORD,
    "dot": WORD,
    "xls": EXCEL,
    "xlt": EXCEL,
    "ppt": POWERPOINT,
    "pps": POWERPOINT,
    WORD: WORD,
    EXCEL: EXCEL,
    POWERPOINT: POWERPOINT,
}


def package_type(listing: ZipListing | None) -> str | None:
    """Return the MIME type of an OOXML package, or None for any other ZIP, macros and programs included."""
    if listing is None or listing.expanded_bytes > MAX_EXPANDED_BYTES or _is_active(listing):
        return None
    if listing.content_types is None:
        found = {mime for part, mime in _MAIN_PARTS.items() if part in listing.members}
    else:
        found = {mime for main, mime in _MAIN_TYPES.items() if main in listing.content_types}
    return found.pop() if len(found) == 1 else None


def ole_type(facts: FileFacts, *, name_extension: str, declared: str) -> str | None:
    """Return the MIME type of an old Office document, or None for any other OLE2 file or one with macros.

    Its main stream decides. A document within a document brings a second one; there, and where the
    directory cannot be read, libmagic, the name and the declared type decide, in this order.
    """
    refused = facts.ole_entries & {*OLE_MACRO_ENTRIES, OLE_ENCRYPTED_PACKAGE}
    if refused or facts.magic.lower() not in _OLE_VERDICTS:
        return None
    held = {mime for stream, mime in OLE_MAIN_STREAMS.items() if stream in facts.ole_entries}
    if not held and OLE_ROOT in facts.ole_entries:
        return None
    possible = held or {WORD, EXCEL, POWERPOINT}
    claims = (facts.magic, _OLE_CLAIMS.get(name_extension), _OLE_CLAIMS.get(declared.lower()))
    claimed = next((claim for claim in claims if claim in possible), None)
    return claimed or (held.pop() if len(held) == 1 else None)


def _is_active(listing: ZipListing) -> bool:
    return any(
        name.endswith((*_MACRO_PARTS, *_PROGRAMS)) or "/macrosheets/" in name for name in listing.members
    ) or any(word in said for said in listing.content_types or () for word in _MACRO_TYPES)
