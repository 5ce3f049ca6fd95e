"""Only our own pages may post: the session is a cookie, which a browser sends whoever asks."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from fastapi import HTTPException, Request


def require_same_origin(base_url: str | None) -> Callable[[Request], None]:
    """Return a dependency that raises HTTPException 403 unless the request says it is from our own pages.

    base_url: Airflow's public address, where a proxy makes it another than the server sees.
    """

    def check(request: Request) -> None:
        own = {_origin(str(request.base_url)), *([_origin(base_url)] if base_url else [])}
        origins = request.headers.getlist("origin")
        # Sent by browsers alone, and not to be set by a page's script.
        site = request.headers.get("sec-fetch-site", "same-origin")
        if len(origins) != 1 or origins[0].lower() not in own or site != "same-origin":
            raise HTTPException(403)

    return check


def _origin(url: str) -> str:
    parts = urlsplit(url)
    default = {"http": 80, "https": 443}.get(parts.scheme)
    port = "" if parts.port in {None, default} else f":{parts.port}"
    host = parts.hostname or ""
    return f"{parts.scheme}://{f'[{host}]' if ':' in host else host}{port}".lower()
