"""The handle on the simulators, on a port of its own: load accounts, switch faults, read the journal."""

from __future__ import annotations

import base64
from typing import Any

from fastapi import FastAPI, HTTPException
from fastapi import Request as HttpRequest

from sandbox.accounts.model import Behaviour
from sandbox.simulators.faults import Content, Fault, Transport
from sandbox.simulators.world import Organization, StoredFile, World


def control_app(world: World) -> FastAPI:
    """Return the control API."""
    app = FastAPI(openapi_url=None)
    _add_account_routes(app, world)
    _add_note_routes(app, world)
    _add_observation_routes(app, world)
    return app


def _add_account_routes(app: FastAPI, world: World) -> None:
    @app.put("/_control/accounts/{cid}", status_code=204)
    async def load(cid: str, request: HttpRequest) -> None:
        body = await request.json()
        world.unload(cid)
        _load_files(world, body["blobs"], body["files"])
        owner = Organization(cid, body["company_sso_id"])
        keys = body.get("note_keys") or [note["id"] for note in body["notes"]]
        for key, note in zip(keys, body["notes"], strict=True):
            owner.put_note(int(key), note)
        owner.paths = frozenset(file["path"] for file in body["files"])
        owner.identities = {int(user): identity for user, identity in body["identities"].items()}
        world.organizations[cid] = owner

    @app.delete("/_control/accounts/{cid}", status_code=204)
    async def unload(cid: str) -> None:
        world.unload(cid)

    @app.put("/_control/accounts/{cid}/identities", status_code=204)
    async def set_identities(cid: str, request: HttpRequest) -> None:
        body = await request.json()
        _organization(world, cid).identities = {int(user): identity for user, identity in body.items()}


def _add_note_routes(app: FastAPI, world: World) -> None:
    @app.put("/_control/accounts/{cid}/notes/{key}", status_code=204)
    async def put_note(cid: str, key: int, request: HttpRequest) -> None:
        _organization(world, cid).put_note(key, await request.json())

    @app.patch("/_control/accounts/{cid}/notes/{key}", status_code=204)
    async def change_note(cid: str, key: int, request: HttpRequest) -> None:
        notes = _organization(world, cid).notes
        if key not in notes:
            raise HTTPException(404, "no such note")
        notes[key] = notes[key] | await request.json()

    @app.delete("/_control/accounts/{cid}/notes/{key}", status_code=204)
    async def delete_note(cid: str, key: int) -> None:
        if not _organization(world, cid).delete_note(key):
            raise HTTPException(404, "no such note")


def _add_observation_routes(app: FastAPI, world: World) -> None:
    @app.post("/_control/faults", status_code=204)
    async def add_fault(fault: Fault) -> None:
        world.faults.add(fault)

    @app.delete("/_control/faults", status_code=204)
    async def clear_faults(kind: Transport | Content | None = None) -> None:
        world.faults.clear(kind)

    @app.get("/_control/journal/{target}/counts")
    async def counts(target: str) -> dict[str, int]:
        return world.journal.counts(target)

    @app.get("/_control/journal/{target}")
    async def requests(target: str) -> list[dict[str, Any]]:
        return [one.as_json() for one in world.journal.requests if one.target == target]

    @app.delete("/_control/journal", status_code=204)
    async def clear_journal() -> None:
        world.journal.clear()

    @app.delete("/_control/alerts", status_code=204)
    async def clear_alerts() -> None:
        world.pagerduty_events.clear()
        world.slack_messages.clear()


def _organization(world: World, cid: str) -> Organization:
    if cid not in world.organizations:
        raise HTTPException(404, "no such account")
    return world.organizations[cid]


def _load_files(world: World, blobs: dict[str, str], files: list[dict[str, Any]]) -> None:
    contents = {name: base64.b64decode(text) for name, text in blobs.items()}
    for file in files:
        behaviour = _behaviour(file["behaviour"]) if file.get("behaviour") else None
        stored = StoredFile(contents[file["blob"]], file["content_type"], behaviour)
        if world.files.setdefault(file["path"], stored) != stored:
            raise HTTPException(409, "another account has a different file at this path")


def _behaviour(fields: dict[str, Any]) -> Behaviour:
    return Behaviour(**{**fields, "headers": tuple((name, value) for name, value in fields["headers"])})
