"""What a synthetic account consists of, and what must have become of it after a run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file as the CDN serves it: the path below the CDN's root, without host and leading slash.

    Paths are plain ASCII and need no escaping, so a URL is the CDN's root + "/" + path.
    """

    path: str
    content: bytes
    content_type: str


@dataclass(frozen=True, slots=True)
class ExpectedOutcome:
    """What the generator says must come out, computed without the pipeline's code.

    documents: legacy_crm_note_id -> the whole `contact_notes` document without `_id`; attachment urls
        are given as the storage key, the part after `file_proxy_base_url` + "/".
    objects: storage key -> sha256 of the bytes (hex).
    failed: legacy_crm_note_id -> reason code of a note that is not written.
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


@dataclass(frozen=True, slots=True)
class Account:
    """One client account: what the CRM, the CDN, identity and the CDP hold before the run.

    notes: the CRM's JSON objects of all note types, ascending by id.
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
