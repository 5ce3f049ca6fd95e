"""The synthetic accounts by name (contracts, section 1)."""

from __future__ import annotations

from sandbox.accounts.builder import build
from sandbox.accounts.hostile.builder import build_hostile
from sandbox.accounts.model import Account
from sandbox.accounts.plan import PLANS

HOSTILE = "qa-hostile"
NAMES: tuple[str, ...] = (*PLANS, HOSTILE)
NOBODY_URL = "http://127.0.0.1:9"


def build_account(cid: str, *, cdn_url: str, trap_url: str = NOBODY_URL) -> Account:
    """Build the account of that name anew; its files lie below `cdn_url`.

    trap_url: an http server on 127.0.0.1 to which the hostile account tries to lead (default: none).

    Raises:
        KeyError: no account has that name.
    """
    if cid == HOSTILE:
        return build_hostile(cid, cdn_url=cdn_url, trap_url=trap_url)
    return build(cid, PLANS[cid], cdn_url=cdn_url)
