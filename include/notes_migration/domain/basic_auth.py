"""HTTP Basic (RFC 7617): reading the header and finding whose credentials they are, in constant time."""

from __future__ import annotations

import hmac
import secrets
from base64 import b64decode
from collections.abc import Sequence
from dataclasses import dataclass, field

MAX_HEADER = 4096
_KEY = secrets.token_bytes(32)


@dataclass(frozen=True, slots=True)
class Credentials:
    """A name and a password, as bytes; the password is never shown."""

    name: bytes
    password: bytes = field(repr=False)


def parse_basic(header: str | None) -> Credentials | None:
    """Read an `Authorization` header's value; anything but well-formed Basic is None."""
    if header is None or len(header) > MAX_HEADER:
        return None
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = b64decode(encoded.strip(), validate=True).partition(b":")
    except ValueError:
        return None
    return Credentials(name, password) if colon else None


def matching_name(presented: Credentials, known: Sequence[Credentials]) -> str | None:
    """Return the name of the credentials that were presented, or None.

    Every known pair is compared in both fields, whatever the first ones gave, so that the time tells
    neither which names exist nor how much of a password is right.
    """
    name, password = _digest(presented.name), _digest(presented.password)
    found: str | None = None
    for candidate in known:
        same_name = hmac.compare_digest(name, _digest(candidate.name))
        same_password = hmac.compare_digest(password, _digest(candidate.password))
        found = candidate.name.decode() if same_name & same_password else found
    return found


def is_known_name(presented: Credentials, known: Sequence[Credentials]) -> bool:
    """Whether somebody has this name; for logs, where an unknown one may be a mistyped password."""
    return any([hmac.compare_digest(_digest(presented.name), _digest(each.name)) for each in known])


def _digest(value: bytes) -> bytes:
    # Equal lengths: compare_digest tells the time of unequal ones.
    return hmac.digest(_KEY, value, "sha256")
