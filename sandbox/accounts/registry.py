"""The synthetic accounts by name (contracts, section 1)."""

from __future__ import annotations

from sandbox.accounts.builder import build
from sandbox.accounts.model import Account
from sandbox.accounts.plan import PLANS

NAMES: tuple[str, ...] = tuple(PLANS)


def build_account(cid: str, *, cdn_url: str) -> Account:
    """Build the account of that name anew; its files lie below `cdn_url`.

    Raises:
        KeyError: no account has that name.
    """
    return build(cid, PLANS[cid], cdn_url=cdn_url)
