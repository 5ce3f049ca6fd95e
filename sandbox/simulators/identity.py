"""Identity: CRM user ids of one tenant to SSO ids; unknown ids are left out (contracts, section 4)."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import FastAPI, HTTPException
from pydantic import BaseModel, ConfigDict, Field, StrictInt

from sandbox.simulators.access import require_header
from sandbox.simulators.faults import Transport
from sandbox.simulators.world import World

RESOLVE_PATH = "/private/users/resolve"


class _Resolve(BaseModel):
    model_config = ConfigDict(extra="forbid")
    company_sso_id: Annotated[str, Field(min_length=1)]
    crm_user_ids: Annotated[list[StrictInt], Field(max_length=500)]


def identity_app(world: World) -> FastAPI:
    """Return the identity simulator."""
    app = FastAPI(dependencies=[require_header(world.tokens.identity)], openapi_url=None)

    @app.post(RESOLVE_PATH)
    async def resolve(body: _Resolve) -> dict[str, Any]:
        _fail_where_asked(world, body.company_sso_id)
        known = {
            user_id: identity
            for owner in world.of_company(body.company_sso_id)
            for user_id, identity in owner.identities.items()
        }
        wanted = [user_id for user_id in dict.fromkeys(body.crm_user_ids) if user_id in known]
        return {"data": [{"crm_user_id": user_id, **known[user_id]} for user_id in wanted]}

    return app


def _fail_where_asked(world: World, company_sso_id: str) -> None:
    """Answer with the status of a fault of this tenant: which one it is stands in the body only."""
    for owner in world.of_company(company_sso_id):
        kinds = {Transport.STATUS}
        fault = world.faults.take("identity", RESOLVE_PATH, owner.cid, kinds, by_name_only=True)
        if fault is not None:
            raise HTTPException(fault.status, "simulated fault")
