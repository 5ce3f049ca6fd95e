"""What `POST /private/notes/migrate` takes: a part of the conf, as a JSON object (contracts, section 3)."""

from __future__ import annotations

import json
from typing import Any

from notes_migration.domain.conf import MigrationConf, parse_conf
from notes_migration.domain.errors import FatalError, ReasonCode

TRIGGER_FIELDS = frozenset({"cid", "company_sso_id", "mode", "reasons", "rerun"})
MAX_BODY_BYTES = 16 * 1024


def parse_trigger_request(body: bytes) -> MigrationConf:
    """Read a request's body; stricter than JSON: no field twice, no NaN, UTF-8 only.

    Raises:
        FatalError: INVALID_REQUEST, naming each bad field and never a value.
    """
    fields = _object(body)
    foreign = sorted(fields.keys() - TRIGGER_FIELDS)
    if foreign:
        # Named by the conf's own rule, which also bounds how much of a name is repeated.
        parse_conf({**{name: fields[name] for name in fields.keys() & TRIGGER_FIELDS}, foreign[0]: None})
        raise FatalError(ReasonCode.INVALID_REQUEST, f"{foreign[0]}: unknown key")
    return parse_conf(fields)


def _object(body: bytes) -> dict[str, Any]:
    try:
        value = json.loads(body.decode("utf-8"), object_pairs_hook=_unique, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        raise FatalError(
            ReasonCode.INVALID_REQUEST, "the body is not a JSON object with each field once"
        ) from None
    if not isinstance(value, dict):
        raise FatalError(ReasonCode.INVALID_REQUEST, "the body is not a JSON object")
    return value


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) != len(pairs):
        raise ValueError
    return fields


def _no_constant(_name: str) -> float:
    raise ValueError
