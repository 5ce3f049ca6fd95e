"""Errors as HTTP: one shape, `{"error", "message", "details"}`, and never a value of the request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import Any

from fastapi.responses import JSONResponse

from notes_migration.domain.errors import DependencyDown, MigrationError, ReasonCode

# Contracts, section 3; every other reason would be a mistake of ours: 500.
STATUS_OF: Mapping[ReasonCode, HTTPStatus] = {
    ReasonCode.INVALID_REQUEST: HTTPStatus.UNPROCESSABLE_ENTITY,
    ReasonCode.FLAG_DISABLED: HTTPStatus.FORBIDDEN,
    ReasonCode.TENANT_MISMATCH: HTTPStatus.CONFLICT,
    ReasonCode.JOB_ALREADY_RUNNING: HTTPStatus.CONFLICT,
    ReasonCode.ALREADY_MIGRATED: HTTPStatus.CONFLICT,
    ReasonCode.CID_NOT_FOUND: HTTPStatus.NOT_FOUND,
    ReasonCode.DEPENDENCY_UNAVAILABLE: HTTPStatus.SERVICE_UNAVAILABLE,
}


@dataclass(frozen=True, slots=True)
class Problem:
    """What is answered instead of what was asked for."""

    status: int
    error: str
    message: str
    details: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)

    def response(self) -> JSONResponse:
        """Return the answer; it is about this request alone, so nobody may keep it."""
        body = {"error": self.error, "message": self.message, "details": dict(self.details)}
        return JSONResponse(body, self.status, headers={"Cache-Control": "no-store", **self.headers})


UNAUTHORIZED = Problem(
    401,
    "UNAUTHORIZED",
    "HTTP Basic credentials of the connection notes_migration_api are needed; tokens and sessions are not",
    headers={"WWW-Authenticate": 'Basic realm="crm-notes-migration", charset="UTF-8"'},
)
NOT_VERIFIED = Problem(
    404,
    ReasonCode.CID_NOT_FOUND,
    "this account has no certificate yet; start a run with mode verify",
    {"status": "not_verified"},
)
INTERNAL_ERROR = Problem(500, ReasonCode.INTERNAL_ERROR, "this is a defect; the API server's log says more")


def paused(seconds: int) -> Problem:
    """Return the answer to a credential that has failed too often."""
    return Problem(
        429,
        "TOO_MANY_REQUESTS",
        "too many failed logins of this credential; wait, then try again",
        {"retry_after_seconds": seconds},
        {"Retry-After": str(seconds)},
    )


def not_acceptable(offered: tuple[str, ...]) -> Problem:
    """Return the answer to an `Accept` that allows nothing we have."""
    return Problem(406, "NOT_ACCEPTABLE", "this is offered as: " + ", ".join(offered))


def of_http_status(status: int, headers: Mapping[str, str] | None) -> Problem:
    """Return the answer for what the router refuses: 404 and 405."""
    phrase = HTTPStatus(status).phrase
    return Problem(status, phrase.upper().replace(" ", "_"), phrase, headers=headers or {})


def of_error(error: MigrationError) -> Problem:
    """Return the answer for an error of the migration."""
    status = STATUS_OF.get(error.reason)
    if status is None:
        return INTERNAL_ERROR
    details = {"dependency": error.dependency} if isinstance(error, DependencyDown) else {}
    return Problem(status, error.reason, error.message, details)
