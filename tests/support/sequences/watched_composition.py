"""A production composition whose every call of a store may be the last one of its process."""

from __future__ import annotations

from functools import cache, cached_property
from typing import Any

from notes_migration.composition import Composition

STORES = frozenset(
    {"accounts", "runs", "batches", "failures", "notes", "contacts", "staging", "certificates"}
)


class Watched(Composition):
    """Stands before a composition; its resources have a `mortality`. Not each mode has each part."""

    resources: Any

    def _watched(self, port: str, target: Any) -> Any:
        return self.resources.mortality.watch(port, target)

    @cached_property
    def crm(self) -> Any:
        return self._watched("crm", super().crm)

    @cached_property
    def runs(self) -> Any:
        return self._watched("runs", super().runs)

    @cached_property
    def contacts(self) -> Any:
        return self._watched("contacts", super().contacts)

    def _accounts(self) -> Any:
        return self._watched("accounts", super()._accounts())

    def _batches(self) -> Any:
        return self._watched("batches", super()._batches())

    def _failures(self) -> Any:
        return self._watched("failures", super()._failures())

    def _notes(self) -> Any:
        return self._watched("notes", super()._notes())

    def _stored_notes(self) -> Any:
        return self._watched("notes", super()._stored_notes())

    def _owners(self) -> Any:
        return self._watched("owners", super()._owners())

    def _status(self) -> Any:
        return self._watched("status", super()._status())

    def _bucket(self, name: str) -> Any:
        is_staging = name == self.resources.storage.staging_bucket
        return self._watched("staging" if is_staging else "attachments", super()._bucket(name))

    def _repairs(self) -> Any:
        return self._watched("notes", super()._repairs())

    def _certificates(self) -> Any:
        return self._watched("certificates", super()._certificates())

    def _directory(self) -> Any:
        return self._watched("accounts", super()._directory())

    def _removals(self) -> Any:
        return self._watched("batches", super()._removals())

    def _migrated_notes(self) -> Any:
        return self._watched("notes", super()._migrated_notes())


@cache
def watched(composition: type[Composition]) -> Any:
    """Return the composition, watched."""
    return type(f"Watched{composition.__name__}", (Watched, composition), {})
