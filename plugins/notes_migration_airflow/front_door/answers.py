"""The answers' shapes, for the OpenAPI document and for checking our own answers in tests."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from notes_migration.domain.differences import Kind
from notes_migration.domain.errors import ReasonCode
from notes_migration.domain.states import RunState


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Started(_Answer):
    """A run was started; the account's status follows once the run holds the account's lock."""

    job_id: str = Field(description="run id, `<cid>__<n>`")
    status: Literal["in_progress"]


class Status(_Answer):
    """Where an account's migration stands (contracts, section 3); times ISO 8601, UTC."""

    cid: str
    company_sso_id: str
    job_id: str
    status: RunState
    phase: str
    reason_code: ReasonCode | None
    progress_pct: float = Field(ge=0, le=100)
    notes_total: int = Field(ge=0)
    notes_processed: int = Field(ge=0, description="skipped and failed ones included")
    notes_migrated: int = Field(ge=0)
    notes_skipped: int = Field(ge=0)
    notes_failed: int = Field(ge=0)
    notes_out_of_scope: int = Field(ge=0)
    attachments_total: int = Field(ge=0)
    attachments_linked: int = Field(ge=0)
    attachments_failed: int = Field(ge=0)
    failure_rate: float = Field(ge=0, description="percentage, floored to two decimals")
    match_pct: float | None = Field(description="percentage, floored to two decimals")
    triggered_by: str
    started_at: datetime
    updated_at: datetime
    finished_at: datetime | None
    error_log_url: str | None = Field(description="path of the failed records, where there are any")


class FailedRecord(_Answer):
    """One thing that failed: ids and codes only."""

    kind: Literal["note", "attachment", "owner"]
    legacy_crm_note_id: str
    asset: str | None
    reason_code: ReasonCode
    stage: str
    attempts: int
    first_seen: datetime
    last_seen: datetime
    run_id: str


class CertifiedAttachments(_Answer):
    """The files of notes that are present; linked and failed add up to total."""

    total: int
    linked: int
    failed: int
    bytes: int
    failed_by_reason: dict[str, int]


class Certified(_Answer):
    """One note that differs; never what differs."""

    legacy_crm_note_id: str
    kind: Kind


class Certificate(_Answer):
    """What a verification has proved (contracts, section 3)."""

    cid: str
    company_sso_id: str
    run_id: str
    verified_at: datetime
    max_id: str = Field(description="the highest id that the account's migration has frozen")
    source_total: int = Field(ge=0)
    in_scope: int = Field(ge=0)
    classes: dict[str, int] = Field(description="the six classes; they add up to source_total")
    failed_by_reason: dict[str, int]
    match_pct: float = Field(description="percentage, floored to two decimals")
    attachments: CertifiedAttachments
    owners: dict[str, int] = Field(description="resolved and by_label; they add up to the notes present")
    owners_compared: bool = Field(description="false where identity did not answer")
    notes_added_since: int | None = Field(description="notes in scope above max_id; not counted as missing")
    ids_sha256: str = Field(description="digest of the ids present, ascending, one per line")
    differences_total: int
    differences_by_kind: dict[str, int]
    differences: list[Certified] = Field(description="at most 1000, the migration's own first")


class Error(_Answer):
    """Why not; `error` is a code for machines, `message` is for people."""

    error: str
    message: str
    details: dict[str, Any]
