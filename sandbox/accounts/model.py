"""What a synthetic account consists of, and what must have become of it after a run."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class Behaviour:
    """How the CDN answers for a file, where that is not 200 and its bytes.

    headers: sent as they are, a `Content-Length` that lies included; without one the body is chunked.
    repeated_to_bytes: the content is sent over and over, up to so many bytes; never built in memory.
    seconds_per_byte: the pause after each single byte.
    """

    status: int = 200
    headers: tuple[tuple[str, str], ...] = ()
    repeated_to_bytes: int = 0
    seconds_per_byte: float = 0.0


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as the CDN serves it: the path below the CDN's root, without host and leading slash.

    Paths are plain ASCII and need no escaping, so a URL is the CDN's root + "/" + path.
    """

    path: str
    content: bytes = field(repr=False)
    content_type: str
    behaviour: Behaviour | None = None


@dataclass(frozen=True, slots=True)
class ExpectedOutcome:
    """What the generator says must come out, computed without the pipeline's code.

    documents: legacy_crm_note_id -> the whole `contact_notes` document without `_id`; attachment urls
        are given as the storage key, the part after `file_proxy_base_url` + "/".
    objects: storage key -> sha256 of the bytes (hex).
    failed: legacy_crm_note_id -> reason code of a note that is not written.
    failed_without_id: reason code -> number of such notes that have no readable id.
    attachments_failed: "<note id>/<asset>" -> reason code.
    owners_by_label: number of migrated notes without an owner id.

    A run that halts stops early: for status `halted` everything here is what reading to the end would
    give, and documents and objects are those that may be there.
    """

    status: str
    reason_code: str | None
    source_total: int
    out_of_scope: int
    documents: Mapping[str, Mapping[str, Any]]
    objects: Mapping[str, str]
    failed: Mapping[str, str]
    attachments_total: int
    attachments_failed: Mapping[str, str]
    owners_by_label: int
    checkins_dropped: int
    match_pct: str
    failed_without_id: Mapping[str, int] = field(default_factory=dict)

    @property
    def failed_by_reason(self) -> dict[str, int]:
        """Number of failed notes by reason code, those without a readable id included."""
        return dict(Counter(self.failed.values()) + Counter(self.failed_without_id))


@dataclass(frozen=True, slots=True)
class Account:
    """One client account: what the CRM, the CDN, identity and the CDP hold before the run.

    notes: the CRM's JSON objects of all note types, ascending by id.
    note_keys: the CRM's own key of each note, in that order, where ids are not to be read; else empty.
    files: `SourceFile.path` -> file; a path that a note names and this lacks is a 404.
    identities: CRM user id -> {"sso_id", "name"}; ids that are absent cannot be resolved.
    contacts, native_notes: documents for `contacts` and `contact_notes` (this company's and others').
    """

    cid: str
    company_sso_id: str
    notes: tuple[dict[str, Any], ...]
    files: Mapping[str, SourceFile]
    identities: Mapping[int, Mapping[str, str]]
    contacts: tuple[dict[str, Any], ...]
    native_notes: tuple[dict[str, Any], ...]
    expected: ExpectedOutcome
    note_type_ids: tuple[int, ...] = field(default=(1, 6))
    note_keys: tuple[int, ...] = ()
