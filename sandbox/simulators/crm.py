"""The CRM's extraction API (contracts, section 4): count, notes by key, distinct persons."""

from __future__ import annotations

import json
from collections import Counter
from itertools import islice
from typing import Annotated, Any

from fastapi import FastAPI, HTTPException, Query
from fastapi import Request as HttpRequest
from pydantic import AfterValidator, BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse, Response

from sandbox.simulators import crm_faults
from sandbox.simulators.access import require_header
from sandbox.simulators.faults import CONTENT_KINDS, Fault
from sandbox.simulators.world import Note, Organization, World

_MAX_IDS = 100
_MAX_KEY = 2**63
_ROOT = "/api/v4/migration/person_notes"


def _numbers(text: str) -> str:
    parts = text.split(",")
    if not all(part.isascii() and part.isdigit() for part in parts):
        raise ValueError("must be decimal numbers with commas between")
    return text


def _few(text: str) -> str:
    if text.count(",") >= _MAX_IDS:
        raise ValueError(f"at most {_MAX_IDS} ids")
    return text


Numbers = Annotated[str, AfterValidator(_numbers)]


class _CountQuery(BaseModel):
    model_config = ConfigDict(extra="forbid")
    organization_id: str
    until_id: int | None = Field(default=None, ge=0)


class _PersonsQuery(_CountQuery):
    crm_note_type_ids: Numbers | None = None
    after_id: int = Field(default=0, ge=0)
    per_page: int = Field(default=500, ge=1, le=1000)

    def type_ids(self) -> set[int] | None:
        """Return the asked-for types, or None for all."""
        return {int(part) for part in self.crm_note_type_ids.split(",")} if self.crm_note_type_ids else None


class _NotesQuery(_PersonsQuery):
    ids: Annotated[Numbers, AfterValidator(_few)] | None = None


class _AsciiJson(JSONResponse):
    """As Rails writes JSON: beyond ASCII everything is escaped, half a surrogate pair too."""

    def render(self, content: Any) -> bytes:
        return json.dumps(content, separators=(",", ":")).encode()


def crm_app(world: World) -> FastAPI:
    """Return the CRM simulator."""
    app = FastAPI(dependencies=[require_header(world.tokens.crm)], openapi_url=None)

    def organization(cid: str) -> Organization:
        if cid not in world.organizations:
            raise HTTPException(404, "unknown organization")
        return world.organizations[cid]

    def fault_of(request: HttpRequest, cid: str) -> Fault | None:
        return world.faults.take("crm", request.url.path, cid, CONTENT_KINDS)

    @app.get(f"{_ROOT}/count")
    async def count(request: HttpRequest, query: Annotated[_CountQuery, Query()]) -> dict[str, Any]:
        answer = _count(organization(query.organization_id), query.until_id)
        return crm_faults.of_count(fault_of(request, query.organization_id), answer)

    @app.get(_ROOT)
    async def person_notes(request: HttpRequest, query: Annotated[_NotesQuery, Query()]) -> Response:
        owner = organization(query.organization_id)
        fault = fault_of(request, query.organization_id)
        page = crm_faults.of_page(fault, _page(owner, crm_faults.of_query(fault, query)))
        return _AsciiJson({"data": page})

    @app.get(f"{_ROOT}/person_ids")
    async def person_ids(request: HttpRequest, query: Annotated[_PersonsQuery, Query()]) -> dict[str, Any]:
        persons = _persons(organization(query.organization_id), query)
        persons = crm_faults.of_persons(fault_of(request, query.organization_id), persons)
        return {"data": [one for one in sorted(persons) if one > query.after_id][: query.per_page]}

    return app


def _count(owner: Organization, until_id: int | None) -> dict[str, Any]:
    counted = list(owner.between(0, until_id))
    by_type = Counter(str(note["crm_note_type_id"]) for _, note in counted)
    return {
        "organization_id": owner.cid,
        "total_count": len(counted),
        "by_type": dict(by_type),
        "max_id": counted[-1][0] if counted else 0,
    }


def _page(owner: Organization, query: _NotesQuery) -> list[Note]:
    wanted = {int(part) for part in query.ids.split(",")} if query.ids else None
    types = query.type_ids()
    chosen = (
        note
        for key, note in owner.between(query.after_id, query.until_id)
        if (wanted is None or key in wanted) and (types is None or int(note["crm_note_type_id"]) in types)
    )
    return list(islice(chosen, query.per_page))


def _persons(owner: Organization, query: _PersonsQuery) -> set[int]:
    types = query.type_ids()
    return {
        int(note["crm_person_id"])
        for _, note in owner.between(0, query.until_id)
        if _is_number(note.get("crm_person_id")) and (types is None or int(note["crm_note_type_id"]) in types)
    }


def _is_number(value: object) -> bool:
    """Tell whether a person can be one of the list; what a broken note names cannot."""
    return not isinstance(value, bool) and str(value).isdecimal() and 0 < int(str(value)) < _MAX_KEY
