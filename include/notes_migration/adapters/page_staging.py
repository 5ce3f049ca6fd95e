"""Staged pages as gzipped JSON objects in the staging bucket."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
from collections.abc import Sequence
from typing import Any, Protocol

from notes_migration.domain.batching import StagedPage
from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.ports.object_storage import NewObject, ObjectStorage, ObjectSweeper


class StagingBucket(ObjectStorage, ObjectSweeper, Protocol):
    """A bucket that can be written, read and swept."""


class ObjectPageStaging:
    """PageStaging over a bucket; what is read back must be what was staged, to the byte."""

    def __init__(self, bucket: StagingBucket) -> None:
        self._bucket = bucket

    def stage(self, key: str, notes: Sequence[dict[str, Any]], *, first_id: int, last_id: int) -> StagedPage:
        body = gzip.compress(json.dumps(notes).encode(), compresslevel=3, mtime=0)
        digest = hashlib.sha256(body).hexdigest()
        self._bucket.put(NewObject(key, len(body), digest, "application/gzip"), io.BytesIO(body))
        return StagedPage(key, len(notes), first_id, last_id, digest)

    def load(self, page: StagedPage) -> list[dict[str, Any]]:
        body = self._bucket.get(page.key)
        if body is None or hashlib.sha256(body).hexdigest() != page.sha256:
            raise FatalError(
                ReasonCode.INTERNAL_ERROR,
                "a staged page is gone or changed; start a new run, or clear the whole run",
            )
        notes: list[dict[str, Any]] = json.loads(gzip.decompress(body))
        return notes

    def discard(self, prefix: str) -> None:
        self._bucket.delete(self._bucket.keys(prefix))
