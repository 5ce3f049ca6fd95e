"""The CDN: files by path, with the content type the CRM claims for them."""

from __future__ import annotations

from fastapi import FastAPI
from fastapi import Request as HttpRequest
from starlette.responses import PlainTextResponse, Response

from sandbox.simulators.misbehaviour import Misbehaving
from sandbox.simulators.world import World


def cdn_app(world: World) -> FastAPI:
    """Return the CDN simulator."""
    app = FastAPI(openapi_url=None)

    @app.api_route("/{path:path}", methods=["GET", "HEAD"])
    async def serve(path: str, request: HttpRequest) -> Response:
        raw = request.scope.get("raw_path", b"").decode("latin-1").partition("?")[0].lstrip("/")
        file = world.files.get(path) or world.files.get(raw)
        if file is None:
            return PlainTextResponse("not found", status_code=404)
        if file.behaviour is not None:
            return Misbehaving(file, file.behaviour)
        return Response(file.content, media_type=None, headers={"Content-Type": file.content_type})

    return app
