"""Plain text or something that runs: text has no signature, so its first characters are read."""

from __future__ import annotations

import codecs
import re
from dataclasses import dataclass

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# All C0 controls but TAB, LF, VT, FF, CR, the DOS end of file (1A) and the escape of ISO 2022 (1B).
_CONTROLS = re.compile(r"[\x00-\x08\x0e-\x19\x1c-\x1f]")
# What browsers sniff as HTML (WHATWG MIME sniffing, 7.1), and the elements that load or run something.
_MARKUP = re.compile(
    r"<(?:!doctype\b|!--|\?|%|(?:html|head|title|body|meta|base|link|style|script|template|iframe|frame"
    r"|frameset|object|embed|applet|form|table|div|span|font|h[1-6]|p|a|b|br|img|image|svg|math|video"
    r"|audio|xml|hta:application|job|package|scriptlet)[\s/>])",
    re.IGNORECASE,
)
_PROGRAM = re.compile(
    r"#!|@echo\s+off|\[internetshortcut\]|windows registry editor|regedit4|%!ps|\{\\rt"
    r"|'use strict'|\"use strict\"|\(?(?:async )?function\b[\w $]{0,80}\([\w\s,$={}]{0,200}\)\s{0,20}\{"
    # A statement, since prose may begin with "function room (large) {".
    r"[ \t]{0,20}(?:[\r\n}/]|(?:return|var|let|const|if|for|while|try|throw|new)\b"
    r"|[\w$]{1,40}[ \t]?[.(=\[;])",
    re.IGNORECASE,
)
# A SYLK table, which spreadsheets run macros of under any name; a CSV may begin with the same letters.
_SYLK_BEGIN = "ID;P"
_SYLK_RECORD = re.compile(r"^(?:[BCFPOWE]|N[NEUL])(?:;[A-Z]|\r?$)", re.MULTILINE)
_TEXT_VERDICTS = frozenset(
    {
        "application/csv",
        "application/json",
        "application/octet-stream",
        "application/x-ndjson",
        "application/x-sylk",
        "application/x-wine-extension-ini",
        "message/news",
        "message/rfc822",
    }
)
# libmagic's names for programs. Its other text types (C, LaTeX, Algol ...) are guesses that ordinary
# prose provokes, and so is text/html for a table that contains a tag: there the first characters decide.
_PROGRAM_VERDICT = re.compile(
    r"text/(?:x-)?(?:script\.|msdos-batch|shellscript|php|perl|python|ruby|lua|tcl|awk|gawk|nawk|javascript"
    r"|typescript|powershell|vbscript|rtf|ms-regedit)|text/rtf"
)


@dataclass(frozen=True, slots=True)
class TextHead:
    """The first characters of a text; `is_utf` where the encoding is beyond doubt."""

    characters: str
    is_utf: bool


def read_text(head: bytes) -> TextHead | None:
    """Read a file's beginning as text, or return None where the bytes are none.

    Text is UTF-8, or UTF-16 or UTF-32 with a byte order mark, or any 8-bit encoding; no control bytes.
    """
    encoding = next((name for bom, name in _BOMS if head.startswith(bom)), "utf-8")
    try:
        # Not final: the head may end within a character.
        text = TextHead(codecs.getincrementaldecoder(encoding)().decode(head), is_utf=True)
    except UnicodeDecodeError:
        text = TextHead(head.decode("latin-1"), is_utf=False)
    return None if _CONTROLS.search(text.characters) else text


def is_harmless(text: TextHead, *, magic: str) -> bool:
    """Tell whether text is neither markup nor a program, by libmagic's verdict and its beginning."""
    if magic not in _TEXT_VERDICTS and not magic.startswith("text/"):
        return False
    begin = text.characters.lstrip("\ufeff \t\r\n\v\f\x1a")
    if begin.startswith(_SYLK_BEGIN) and _SYLK_RECORD.search(begin):
        return False
    return not (_PROGRAM_VERDICT.match(magic) or _MARKUP.match(begin) or _PROGRAM.match(begin))
