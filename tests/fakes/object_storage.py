"""A bucket in memory: ObjectStorage, ObjectListing, ObjectSweeper and StorageProbe."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator
from typing import BinaryIO

from notes_migration.domain.errors import MigrationError, ReasonCode, TransientError
from notes_migration.ports.object_storage import ListedObject, NewObject, ObjectHead


class InMemoryStorage:
    """`stored` is what the bucket holds; `uploads` are the keys in the order they were put.

    `failure` is raised by every call while it is set; `corrupting` alters what is put on its way.
    """

    def __init__(self) -> None:
        self.stored: dict[str, tuple[NewObject, bytes]] = {}
        self.uploads: list[str] = []
        self.failure: MigrationError | None = None
        self.corrupting = False

    def head(self, key: str) -> ObjectHead | None:
        self._fail()
        if key not in self.stored:
            return None
        new, content = self.stored[key]
        return ObjectHead(len(content), hashlib.sha256(content).hexdigest(), new.content_type, new.sha256)

    def put(self, new: NewObject, body: BinaryIO) -> None:
        self._fail()
        body.seek(0)
        content = body.read() + (b"!" if self.corrupting else b"")
        if hashlib.sha256(content).hexdigest() != new.sha256:
            raise TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, "other bytes than were sent")
        self.uploads.append(new.key)
        self.stored[new.key] = (new, content)

    def get(self, key: str) -> bytes | None:
        self._fail()
        return self.stored[key][1] if key in self.stored else None

    def keys(self, prefix: str) -> Iterator[str]:
        self._fail()
        return iter(sorted(key for key in self.stored if key.startswith(prefix)))

    def listed(self, prefix: str) -> Iterator[ListedObject]:
        return (ListedObject(key, len(self.stored[key][1])) for key in self.keys(prefix))

    def delete(self, keys: Iterable[str]) -> int:
        self._fail()
        given = list(keys)
        for key in given:
            self.stored.pop(key, None)
        return len(given)

    def check(self) -> None:
        self._fail()

    def _fail(self) -> None:
        if self.failure:
            raise self.failure
