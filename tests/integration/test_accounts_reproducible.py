"""The accounts are the same bytes in every process, whatever its hash seed."""

from __future__ import annotations

import os
import subprocess
import sys

from sandbox.accounts.registry import NAMES

PROGRAM = """
import hashlib
from sandbox.accounts.registry import NAMES, build_account
for cid in NAMES:
    account = build_account(cid, cdn_url="http://127.0.0.1:8099")
    print(cid, hashlib.sha256(repr(account).encode()).hexdigest())
"""


def fingerprints(hash_seed: str) -> str:
    environment = {**os.environ, "PYTHONHASHSEED": hash_seed, "PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", PROGRAM]
    return subprocess.run(command, env=environment, check=True, capture_output=True, text=True).stdout


def test_given_two_processes_when_each_builds_all_accounts_then_they_are_the_same_bytes() -> None:
    one, other = fingerprints("1"), fingerprints("2")

    assert len(one.splitlines()) == len(NAMES)
    assert one == other
