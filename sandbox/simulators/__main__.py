"""Serve all simulators from one process, each on a port of its own: `python -m sandbox.simulators`.

Settings come as one JSON object in NOTES_SIMULATORS: the tokens, under "ports" one port for each of crm,
identity, cdn, alerts and control, and optionally "host". (Not arguments: those are visible to everybody.)
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os

import uvicorn
from starlette.types import ASGIApp

from sandbox.simulators.alerts import alerts_app
from sandbox.simulators.cdn import cdn_app
from sandbox.simulators.control import control_app
from sandbox.simulators.crm import crm_app
from sandbox.simulators.identity import identity_app
from sandbox.simulators.middleware import Observed
from sandbox.simulators.world import Tokens, World


async def serve(world: World, ports: dict[str, int], *, host: str = "127.0.0.1") -> None:
    """Serve until one of the servers is told to stop."""
    apps: dict[str, ASGIApp] = {
        "crm": Observed(crm_app(world), target="crm", world=world),
        "identity": Observed(identity_app(world), target="identity", world=world),
        "cdn": Observed(cdn_app(world), target="cdn", world=world),
        "alerts": Observed(alerts_app(world), target="alerts", world=world),
        "control": control_app(world),
    }
    servers = [
        uvicorn.Server(uvicorn.Config(apps[name], host=host, port=port, log_level="warning", lifespan="off"))
        for name, port in ports.items()
    ]
    tasks = [asyncio.create_task(server.serve()) for server in servers]
    # A signal reaches only the server that came last; when it stops, so do the others.
    await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    for server in servers:
        server.should_exit = True
    await asyncio.gather(*tasks)


def main() -> None:
    """Read the settings and serve."""
    settings = json.loads(os.environ["NOTES_SIMULATORS"])
    ports = settings.pop("ports")
    host = settings.pop("host", "127.0.0.1")
    with contextlib.suppress(KeyboardInterrupt):
        asyncio.run(serve(World(Tokens(**settings)), ports, host=host))


if __name__ == "__main__":
    main()
