"""The synthetic accounts, each built once per session."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache

import pytest

from sandbox.accounts.model import Account
from sandbox.accounts.registry import build_account


@pytest.fixture(scope="session")
def built() -> Callable[[str], Account]:
    """Return a function cid -> account, its files below `http://127.0.0.1:8099`."""
    return cache(lambda cid: build_account(cid, cdn_url="http://127.0.0.1:8099"))
