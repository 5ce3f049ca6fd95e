"""One file that attacks, as the CRM lists it and the CDN serves it, and what must become of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.accounts.model import Behaviour

DOWNLOAD_FAILED = "ATTACHMENT_DOWNLOAD_FAILED"
HOST_NOT_ALLOWED = "ATTACHMENT_HOST_NOT_ALLOWED"
TOO_LARGE = "ATTACHMENT_TOO_LARGE"
MISMATCH = "ATTACHMENT_TYPE_MISMATCH"
UNSUPPORTED = "ATTACHMENT_TYPE_UNSUPPORTED"


@dataclass(frozen=True, slots=True)
class Attack:
    """Exactly one of `reason` and `stored_as` is set.

    url: as the CRM gives it, `{cdn}` and `{trap}` filled in; empty: the file's own place on the CDN.
    name, claims: the CRM's file name and content type. stored_name: the name that must be stored.
    stored_as: the CDP's type, where the file must be stored. stored: its bytes, where not `content`.
    changes: laid over the CRM's entry.
    """

    content: bytes = field(default=b"", repr=False)
    reason: str = ""
    stored_as: str = ""
    association: str = "documents"
    name: str = "file.pdf"
    stored_name: str = ""
    claims: str = "application/pdf"
    url: str = ""
    behaviour: Behaviour | None = None
    stored: bytes | None = field(default=None, repr=False)
    changes: Mapping[str, Any] = field(default_factory=dict)
