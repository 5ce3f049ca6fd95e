"""What the simulators know: accounts, files, switched-on faults, recorded calls. One event loop, no locks."""

from __future__ import annotations

from bisect import bisect_right, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sandbox.accounts.model import Behaviour
from sandbox.simulators.faults import Faults
from sandbox.simulators.journal import Journal

Note = dict[str, Any]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """One file of the CDN."""

    content: bytes
    content_type: str
    behaviour: Behaviour | None = None


@dataclass(slots=True)
class Organization:
    """One account as CRM and identity see it; notes are kept by their integer key, ascending."""

    cid: str
    company_sso_id: str
    notes: dict[int, Note] = field(default_factory=dict)
    keys: list[int] = field(default_factory=list)
    identities: dict[int, Mapping[str, str]] = field(default_factory=dict)
    paths: frozenset[str] = frozenset()  # of its files

    def put_note(self, key: int, note: Note) -> None:
        """Add the note, or replace the one with this key."""
        if key not in self.notes:
            insort(self.keys, key)
        self.notes[key] = note

    def delete_note(self, key: int) -> bool:
        """Delete the note for good, as the CRM does; tells whether there was one."""
        if self.notes.pop(key, None) is None:
            return False
        self.keys.remove(key)
        return True

    def between(self, after_id: int, until_id: int | None) -> Iterator[tuple[int, Note]]:
        """Yield notes with after_id < key <= until_id, ascending."""
        start = bisect_right(self.keys, after_id)
        stop = len(self.keys) if until_id is None else bisect_right(self.keys, until_id)
        return ((key, self.notes[key]) for key in self.keys[start:stop])


@dataclass(frozen=True, slots=True)
class Tokens:
    """What callers must send: two whole `Authorization` values, a routing key, the webhook's path."""

    crm: str
    identity: str
    pagerduty_routing_key: str
    slack_path: str


@dataclass(slots=True)
class World:
    """All state of the simulators' process."""

    tokens: Tokens
    organizations: dict[str, Organization] = field(default_factory=dict)
    files: dict[str, StoredFile] = field(default_factory=dict)
    faults: Faults = field(default_factory=Faults)
    journal: Journal = field(default_factory=Journal)
    pagerduty_events: list[dict[str, Any]] = field(default_factory=list)
    slack_messages: list[dict[str, Any]] = field(default_factory=list)

    def unload(self, cid: str) -> None:
        """Forget an account and its files."""
        if (owner := self.organizations.pop(cid, None)) is not None:
            for path in owner.paths:
                self.files.pop(path, None)

    def of_company(self, company_sso_id: str) -> Iterable[Organization]:
        """Return the accounts of a tenant (one, or none)."""
        return [one for one in self.organizations.values() if one.company_sso_id == company_sso_id]
