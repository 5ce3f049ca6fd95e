"""Every error this package raises, grouped by what the caller should do, and every reason code.

* MigrationError
  x FatalError       stop: a retry cannot help                       -> run rejected or halted
  x TransientError   the same call may succeed later                 -> the caller may call again
    x DependencyDown which system it was that did not answer         -> nothing was started
  x RejectedNote     this note cannot be migrated; count it, go on   -> class `failed`
  x DegradedNote     this part of a note is lost; the note is not    -> insert without the attachment

Reason codes are fixed (contracts, section 6; RFC details 3.A and 3.B).
"""

from __future__ import annotations

from enum import StrEnum


class ReasonCode(StrEnum):
    """Stable, documented cause; each value has an entry in docs/runbooks/."""

    # a request or a run
    FLAG_DISABLED = "FLAG_DISABLED"
    TENANT_MISMATCH = "TENANT_MISMATCH"
    CID_NOT_FOUND = "CID_NOT_FOUND"
    ALREADY_MIGRATED = "ALREADY_MIGRATED"
    JOB_ALREADY_RUNNING = "JOB_ALREADY_RUNNING"
    INVALID_REQUEST = "INVALID_REQUEST"
    DEPENDENCY_UNAVAILABLE = "DEPENDENCY_UNAVAILABLE"
    INDEX_MISSING = "INDEX_MISSING"
    SCHEMA_MISMATCH = "SCHEMA_MISMATCH"
    COVERAGE_BELOW_THRESHOLD = "COVERAGE_BELOW_THRESHOLD"
    CRM_EXTRACT_FAILED = "CRM_EXTRACT_FAILED"
    FAILURE_RATE_EXCEEDED = "FAILURE_RATE_EXCEEDED"
    MATCH_BELOW_THRESHOLD = "MATCH_BELOW_THRESHOLD"
    VALIDATION_SKIPPED = "VALIDATION_SKIPPED"
    INTERNAL_ERROR = "INTERNAL_ERROR"
    # a note
    CONTACT_NOT_MAPPED = "CONTACT_NOT_MAPPED"
    NOTE_TOO_LONG = "NOTE_TOO_LONG"
    NOTE_TOO_LARGE = "NOTE_TOO_LARGE"
    NOTE_EMPTIED = "NOTE_EMPTIED"
    NOTE_INVALID = "NOTE_INVALID"
    BATCH_WRITE_FAILED = "BATCH_WRITE_FAILED"
    # an attachment
    ATTACHMENT_HOST_NOT_ALLOWED = "ATTACHMENT_HOST_NOT_ALLOWED"
    ATTACHMENT_DOWNLOAD_FAILED = "ATTACHMENT_DOWNLOAD_FAILED"
    ATTACHMENT_TOO_LARGE = "ATTACHMENT_TOO_LARGE"
    ATTACHMENT_TYPE_MISMATCH = "ATTACHMENT_TYPE_MISMATCH"
    ATTACHMENT_TYPE_UNSUPPORTED = "ATTACHMENT_TYPE_UNSUPPORTED"
    ATTACHMENT_UPLOAD_FAILED = "ATTACHMENT_UPLOAD_FAILED"
    ATTACHMENT_QUOTA_EXCEEDED = "ATTACHMENT_QUOTA_EXCEEDED"
    # an owner
    OWNER_NOT_RESOLVED = "OWNER_NOT_RESOLVED"


class MigrationError(Exception):
    """Base class: a reason for machines, a message for people, never a note's content.

    Errors cross process boundaries, so the constructor's arguments stay in `args` and it pickles.
    """

    def __init__(self, reason: ReasonCode, message: str) -> None:
        super().__init__(reason, message)
        self.reason = reason
        self.message = message

    def __str__(self) -> str:
        return f"{self.reason}: {self.message}"


class FatalError(MigrationError):
    """Stop here; calling again cannot help until somebody changes something."""


class TransientError(MigrationError):
    """The world did not answer; the same call may succeed later."""


class DependencyDown(TransientError):
    """A system that is needed first cannot be used; `dependency` is its Airflow connection's id."""

    def __init__(self, dependency: str, message: str) -> None:
        super().__init__(ReasonCode.DEPENDENCY_UNAVAILABLE, message)
        self.args = (dependency, message)  # what it is made of again in another process
        self.dependency = dependency


class RejectedNote(MigrationError):
    """This note cannot be migrated: count it as failed and go on with the next."""


class DegradedNote(MigrationError):
    """A part of a note (an attachment) is lost: count it and write the note without it."""
