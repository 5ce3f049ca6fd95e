"""CRM ids: read strictly, kept as their decimal string (contracts, section 4)."""

from __future__ import annotations

import re

_CRM_ID = re.compile(r"[1-9][0-9]{0,18}")


def crm_id(value: object) -> str | None:
    """Return the id as its decimal string, or None for anything that is not a CRM id.

    Accepts an integer or its decimal string. Nothing else may reach a key or a query.
    """
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    text = str(value) if not isinstance(value, int) or abs(value) < 10**19 else ""
    return text if _CRM_ID.fullmatch(text) else None
