"""The knobs of the Variable `crm_notes_migration_settings`: every one has a default and a limit.

The limits exist so that whoever edits a Variable cannot switch a gate off. Addresses, hosts and
buckets are in Connections, for the same reason (docs/configuration.md).
"""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    StrictBool,
    StrictFloat,
    StrictInt,
    StrictStr,
    ValidationError,
)

from notes_migration.domain.errors import FatalError, ReasonCode

MIB = 1024 * 1024
GIB = 1024 * MIB
Percent = StrictInt | StrictFloat


class MigrationSettings(BaseModel):
    """Limits and thresholds in force for one run; frozen when the run starts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    batch_size: StrictInt = Field(500, ge=1, le=1000, description="notes per batch and per CRM page")
    note_type_ids: tuple[Annotated[StrictInt, Field(ge=1)], ...] = Field(
        (1, 6), min_length=1, max_length=50, description="CRM note types in scope (RFC decision 11)"
    )
    coverage_threshold_pct: Percent = Field(99, ge=99, le=100, description="persons that must resolve, in %")
    match_threshold_pct: Percent = Field(99, ge=99, le=100, description="notes that must match, in %")
    failure_threshold_pct: Percent = Field(
        1, ge=0, le=1, description="failed notes above which a run halts, in %"
    )
    attachment_alert_pct: Percent = Field(20, ge=0, le=100, description="failed attachments that alert, in %")
    extract_timeout_seconds: Percent = Field(10, gt=0, le=60, description="per CRM request")
    extract_retry_delays_seconds: tuple[Annotated[Percent, Field(ge=0, le=60)], ...] = Field(
        (1, 3, 9), max_length=10, description="waits between CRM tries"
    )
    inter_page_delay_ms: StrictInt = Field(0, ge=0, le=60_000, description="pause between CRM pages")
    attachment_max_bytes: StrictInt = Field(25 * MIB, ge=1, le=1 * GIB, description="largest single file")
    attachment_timeout_seconds: Percent = Field(30, gt=0, le=300, description="per file, tries included")
    attachment_quota_bytes: StrictInt = Field(20 * GIB, ge=0, le=1024 * GIB, description="per account")
    attachment_concurrency: StrictInt = Field(8, ge=1, le=32, description="files in flight per batch")
    source_id_fallback: StrictBool = Field(False, description="look unmapped persons up by source_id")
    unresolved_owner_label: StrictStr = Field(
        "[Legacy CRM User]",
        min_length=1,
        max_length=200,
        description="stands in for an author without a name",
    )
    run_window_hours: Percent = Field(4, gt=0, le=24, description="after which a late run alerts")


def parse_settings(raw: object) -> MigrationSettings:
    """Read the Variable's JSON object; None means every default.

    Raises:
        FatalError: INVALID_REQUEST, naming the knob and the rule, never the value.
    """
    if raw is None:
        return MigrationSettings()
    if not isinstance(raw, dict):
        raise FatalError(ReasonCode.INVALID_REQUEST, "crm_notes_migration_settings is not a JSON object")
    try:
        return MigrationSettings.model_validate({key: _json(value) for key, value in raw.items()})
    except ValidationError as error:
        raise FatalError(
            ReasonCode.INVALID_REQUEST, f"crm_notes_migration_settings: {describe(error)}"
        ) from None


def describe(error: ValidationError) -> str:
    """Say what is wrong with which field; never echo a value."""
    problems = []
    for problem in error.errors(include_url=False, include_input=False, include_context=False):
        field = ".".join(_printable(part) for part in problem["loc"]) or "value"
        text = "unknown key" if problem["type"] == "extra_forbidden" else problem["msg"]
        problems.append(f"{field}: {text}")
    return "; ".join(problems)


def _printable(part: int | str) -> str:
    # An unknown key is named, but it may be anything: bounded, and on one line.
    return "".join(char if char.isprintable() else "?" for char in str(part)[:64])


def _json(value: Any) -> Any:
    return tuple(value) if isinstance(value, list) else value
