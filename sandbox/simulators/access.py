"""The callers' header: its whole value must be the configured one."""

from __future__ import annotations

import secrets
from typing import Annotated, Any

from fastapi import Depends, Header, HTTPException


def require_header(expected: str) -> Any:
    """Return the dependency that answers 401 unless `Authorization` is exactly `expected`."""

    async def check(authorization: Annotated[str, Header()] = "") -> None:
        if not secrets.compare_digest(authorization.encode(), expected.encode()):
            raise HTTPException(401, "wrong or missing Authorization header")

    return Depends(check)
