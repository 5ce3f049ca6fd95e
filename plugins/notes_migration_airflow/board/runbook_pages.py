"""The runbooks in docs/runbooks/, as headings and plain text; the page shows them as text, never as HTML."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from notes_migration.domain.errors import ReasonCode

# A deployment without docs/ shows where the page is to be found.
DIRECTORY = Path(__file__).resolve().parents[3] / "docs/runbooks"
_HEADING = re.compile(r"^## (.*)$", re.MULTILINE)
_LINK = re.compile(r"\[([^\]\n]*)\]\([^)\n]*\)")


def runbook(code: ReasonCode, directory: Path = DIRECTORY) -> dict[str, Any]:
    """Return `{"code", "path", "sections": [{"heading", "text"}]}`; no sections where the page is missing."""
    try:
        text = (directory / f"{code}.md").read_text(encoding="utf-8")
    except OSError:
        text = ""
    _title, *parts = _HEADING.split(_LINK.sub(r"\1", text))
    sections = [
        {"heading": heading.strip(), "text": body.strip()}
        for heading, body in zip(parts[::2], parts[1::2], strict=True)
    ]
    return {"code": str(code), "path": f"docs/runbooks/{code}.md", "sections": sections}
