"""What the OpenAPI document says of each route, beside what it can tell from the code."""

from __future__ import annotations

from typing import Any

from notes_migration.domain.conf import Mode, param_schemas
from notes_migration.domain.trigger_request import TRIGGER_FIELDS
from notes_migration_airflow.front_door.answers import Certificate, Error, FailedRecord, Started, Status

_BASIC: dict[str, Any] = {"security": [{"basic": []}]}
_ERRORS = {
    401: "no or wrong credentials; tokens and sessions of Airflow are not accepted",
    403: "FLAG_DISABLED",
    404: "CID_NOT_FOUND",
    406: "neither CSV nor JSON is acceptable",
    409: "TENANT_MISMATCH, JOB_ALREADY_RUNNING or ALREADY_MIGRATED",
    422: "INVALID_REQUEST, naming each bad field",
    429: "this credential has failed too often; Retry-After says how long to wait",
    503: "DEPENDENCY_UNAVAILABLE; details.dependency says which one, and nothing was started",
}


def _errors(*statuses: int) -> dict[int | str, dict[str, Any]]:
    return {status: {"model": Error, "description": _ERRORS[status]} for status in (401, *statuses, 429)}


def _account_query() -> dict[str, Any]:
    cid = param_schemas()["cid"]
    schema = {"type": "string", "pattern": cid["pattern"]}
    return {
        "name": "cid",
        "in": "query",
        "required": True,
        "description": cid["description"],
        "schema": schema,
    }


def _trigger_body() -> dict[str, Any]:
    fields = {name: field for name, field in param_schemas().items() if name in TRIGGER_FIELDS}
    schema = {
        "type": "object",
        "title": "Trigger",
        "properties": fields,
        "required": ["cid", "company_sso_id"],
        "additionalProperties": False,
        "anyOf": [
            {"properties": {"mode": {"const": Mode.REPLAY_FAILED.value}}, "required": ["mode"]},
            {"properties": {"reasons": {"type": ["array", "null"], "maxItems": 0}}},
        ],
    }
    return {"required": True, "content": {"application/json": {"schema": schema}}}


MIGRATE: dict[str, Any] = {
    "summary": "Start a migration of one account",
    "description": "Checked in this order: credentials, request, flag, binding, running job, earlier "
    "success, the CRM's knowledge of the account, dependencies. Of any number of requests at the same "
    "time one starts a run.",
    "operation_id": "migrate",
    "response_model": Started,
    "responses": _errors(403, 404, 409, 422, 503),
    "openapi_extra": {**_BASIC, "requestBody": _trigger_body()},
}
STATUS: dict[str, Any] = {
    "summary": "Where an account's migration stands",
    "description": "One read of the status record. Where that is lost the durable record is read "
    "instead, and the header X-Status-Source says `durable`.",
    "operation_id": "status",
    "response_model": Status,
    "responses": _errors(404, 422, 503),
    "openapi_extra": {**_BASIC, "parameters": [_account_query()]},
}
CERTIFICATE: dict[str, Any] = {
    "summary": "What the last verification has proved of an account",
    "description": "Made by a run with mode `verify`, which reads the CRM and the CDP afresh and writes "
    "nothing else. The six classes add up to source_total.",
    "operation_id": "certificate",
    "response_model": Certificate,
    "responses": _errors(404, 422, 503),
    "openapi_extra": {**_BASIC, "parameters": [_account_query()]},
}
FAILURES: dict[str, Any] = {
    "summary": "The failed records of an account",
    "description": "CSV, or JSON where `Accept` prefers it; at most 30 days old. CSV cells are safe to "
    "open in a spreadsheet.",
    "operation_id": "failures",
    "response_model": list[FailedRecord],
    "responses": {
        200: {
            "description": "the records, by reason",
            "content": {"text/csv": {"schema": {"type": "string"}}},
        },
        **_errors(404, 406, 422, 503),
    },
    "openapi_extra": {**_BASIC, "parameters": [_account_query()]},
}
