"""Reading a request with limits; whatever does not fit is 422 INVALID_REQUEST."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import Depends, Request
from starlette.requests import ClientDisconnect

from notes_migration.domain.conf import MigrationConf, parse_conf
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.domain.trigger_request import MAX_BODY_BYTES, parse_trigger_request

MAX_QUERY_BYTES = 1024
BODY_SECONDS = 10.0


async def trigger_request(request: Request) -> MigrationConf:
    """Return what the body asks for; after the login, so that a stranger learns nothing of the rules."""
    if request.scope["query_string"]:
        raise _invalid("the query must be empty")
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json":
        raise _invalid("the Content-Type must be application/json")
    return parse_trigger_request(await _bounded_body(request))


def account_of_query(request: Request) -> str:
    """Return the `cid` of the query, in which nothing else may be."""
    if len(request.scope["query_string"]) > MAX_QUERY_BYTES:
        raise _invalid(f"the query is longer than {MAX_QUERY_BYTES} bytes")
    pairs = request.query_params.multi_items()
    if [name for name, _ in pairs] != ["cid"]:
        raise _invalid("the query must be cid=, once, and nothing else")
    # By the conf's own rule; the other field is there because the rule asks for it.
    return parse_conf({"cid": pairs[0][1], "company_sso_id": "any"}).cid


async def _bounded_body(request: Request) -> bytes:
    body = bytearray()
    try:
        async with asyncio.timeout(BODY_SECONDS):
            async for chunk in request.stream():
                body += chunk
                if len(body) > MAX_BODY_BYTES:
                    raise _invalid(f"the body is longer than {MAX_BODY_BYTES} bytes")
    except (TimeoutError, ClientDisconnect):
        raise _invalid("the body did not arrive") from None
    return bytes(body)


def _invalid(message: str) -> FatalError:
    return FatalError(ReasonCode.INVALID_REQUEST, message)


TriggerRequest = Annotated[MigrationConf, Depends(trigger_request)]
AccountOfQuery = Annotated[str, Depends(account_of_query)]
