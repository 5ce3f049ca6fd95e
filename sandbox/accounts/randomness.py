"""Seeded randomness: one independent stream per purpose, so that one change does not move the rest."""

from __future__ import annotations

from random import Random
from uuid import UUID

from bson import ObjectId


def stream(*name: object) -> Random:
    """Return the stream of that name; the same name gives the same numbers on every machine."""
    return Random("/".join(str(part) for part in name))


def uuid_text(rng: Random) -> str:
    """Return a random UUID of version 4, as text."""
    return str(UUID(int=rng.getrandbits(128), version=4))


def object_id(rng: Random, *, seconds: int) -> ObjectId:
    """Return an ObjectId that was made `seconds` after the epoch."""
    return ObjectId(f"{seconds:08x}{rng.getrandbits(64):016x}")
