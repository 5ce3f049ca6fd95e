"""SSO ids by CRM user id, in memory: OwnerDirectory."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from notes_migration.ports.identity import OwnerLookup


class InMemoryOwners:
    """`down` makes every answer incomplete and empty."""

    def __init__(self, sso_ids: Mapping[str, str] | None = None) -> None:
        self.sso_ids = dict(sso_ids or {})
        self.down = False

    def resolve(self, creator_ids: Collection[str]) -> OwnerLookup:
        if self.down:
            return OwnerLookup({}, complete=False)
        return OwnerLookup({key: self.sso_ids[key] for key in creator_ids if key in self.sso_ids})
