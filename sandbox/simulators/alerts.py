"""Sinks for alerts: PagerDuty's Events API v2 and a Slack incoming webhook; `GET /` shows what arrived."""

from __future__ import annotations

import json
from typing import Any, Literal

from fastapi import FastAPI
from fastapi import Request as HttpRequest
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from starlette.responses import JSONResponse, PlainTextResponse, Response

from sandbox.simulators.world import World


class _Payload(BaseModel):
    model_config = ConfigDict(extra="allow")
    summary: str = Field(min_length=1, max_length=1024)
    source: str = Field(min_length=1)
    severity: Literal["critical", "error", "warning", "info"]


class _Event(BaseModel):
    model_config = ConfigDict(extra="allow")
    routing_key: str
    event_action: Literal["trigger", "acknowledge", "resolve"]
    dedup_key: str | None = Field(default=None, max_length=255)
    payload: _Payload | None = None


def alerts_app(world: World) -> FastAPI:
    """Return the sinks."""
    app = FastAPI(openapi_url=None)

    @app.post("/v2/enqueue")
    async def enqueue(request: HttpRequest) -> Response:
        return _enqueue(world, await request.body())

    @app.post(world.tokens.slack_path)
    async def webhook(request: HttpRequest) -> Response:
        return _post_message(world, await request.body())

    @app.get("/")
    async def recorded() -> dict[str, Any]:
        return {"pagerduty": world.pagerduty_events, "slack": world.slack_messages}

    return app


def _enqueue(world: World, body: bytes) -> Response:
    try:
        event = _Event.model_validate_json(body)
    except ValidationError as error:
        return _invalid([f"{'.'.join(map(str, one['loc']))}: {one['type']}" for one in error.errors()])
    if event.event_action == "trigger" and event.payload is None:
        return _invalid(["payload: missing"])
    if event.routing_key != world.tokens.pagerduty_routing_key:
        return _invalid(["routing_key: unknown"])
    world.pagerduty_events.append(event.model_dump(mode="json"))
    answer = {"status": "success", "message": "Event processed", "dedup_key": event.dedup_key}
    return JSONResponse(answer, status_code=202)


def _post_message(world: World, body: bytes) -> Response:
    try:
        message = json.loads(body)
    except ValueError:
        return PlainTextResponse("invalid_payload", status_code=400)
    if not isinstance(message, dict) or not (message.get("text") or message.get("blocks")):
        return PlainTextResponse("no_text", status_code=400)
    world.slack_messages.append(message)
    return PlainTextResponse("ok")


def _invalid(errors: list[str]) -> Response:
    answer = {"status": "invalid event", "message": "Event object is invalid", "errors": errors}
    return JSONResponse(answer, status_code=400)
