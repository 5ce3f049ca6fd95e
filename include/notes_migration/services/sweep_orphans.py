"""Remove attachments whose note was not written in the end (a crash or a halt between the two)."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from notes_migration.domain.attachments import is_own_asset, storage_key
from notes_migration.ports.object_storage import ObjectSweeper


def sweep_orphans(
    storage: ObjectSweeper, *, company_sso_id: str, candidates: Iterable[str], written: Collection[str]
) -> int:
    """Delete the objects of notes that were about to be written and are not in the CDP; return how many.

    candidates: note ids of the run's intents. written: those of them that exist, soft-deleted included.

    Raises:
        TransientError, FatalError: as of ObjectSweeper; calling again goes on where it stopped.
    """
    kept = frozenset(written)
    orphans = [note_id for note_id in dict.fromkeys(candidates) if note_id not in kept]
    return sum(_sweep(storage, company_sso_id, note_id) for note_id in orphans)


def orphan_keys(prefix: str, keys: Iterable[str]) -> list[str]:
    """Pick what this migration stored under a note's prefix: `{prefix}{kind}-{asset id}` and nothing else."""
    return [key for key in keys if key.startswith(prefix) and is_own_asset(key.removeprefix(prefix))]


def _sweep(storage: ObjectSweeper, company_sso_id: str, note_id: str) -> int:
    prefix = storage_key(company_sso_id, note_id, "")
    keys = orphan_keys(prefix, storage.keys(prefix))
    return storage.delete(keys) if keys else 0
