"""A bucket: attachments of a tenant, or staged pages of a run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol


@dataclass(frozen=True, slots=True)
class NewObject:
    """What is to be stored under a key. `sha256` is the hex digest of the bytes, `size` counts them."""

    key: str
    size: int
    sha256: str
    content_type: str
    content_disposition: str | None = None


@dataclass(frozen=True, slots=True)
class ObjectHead:
    """What storage says of an object; `sha256` (hex) is None where nobody vouches for the bytes.

    noted_sha256: what was noted with the object when it was stored; not of an object that was replaced.
    """

    size: int
    sha256: str | None
    content_type: str
    noted_sha256: str | None = None


class ObjectStorage(Protocol):
    """Reads and writes single objects of one bucket.

    Every method raises TransientError (DEPENDENCY_UNAVAILABLE) where the storage did not answer, and
    FatalError (DEPENDENCY_UNAVAILABLE) where it refuses.
    """

    def head(self, key: str) -> ObjectHead | None:
        """Describe an object, or return None where there is none."""
        ...

    def put(self, new: NewObject, body: BinaryIO) -> None:
        """Store the bytes of `body` from its start, replacing what is there.

        Raises:
            TransientError: also where what arrived has another sha256; nothing is left under the key.
        """
        ...

    def get(self, key: str) -> bytes | None:
        """Return a whole object (a staged page), or None where there is none."""
        ...


class StorageProbe(Protocol):
    """Tells whether a bucket can be used; errors as of ObjectStorage."""

    def check(self) -> None:
        """Return where the bucket is there and ours to use."""
        ...


@dataclass(frozen=True, slots=True)
class ListedObject:
    """An object as a listing has it; `size` in bytes."""

    key: str
    size: int


class ObjectListing(Protocol):
    """Tells what a bucket holds; errors as of ObjectStorage."""

    def listed(self, prefix: str) -> Iterator[ListedObject]:
        """Iterate over the objects whose keys begin with `prefix`, by key, ascending."""
        ...


class ObjectSweeper(Protocol):
    """Finds and removes objects of one bucket; errors as of ObjectStorage."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Iterate over the keys that begin with `prefix`, in ascending order."""
        ...

    def delete(self, keys: Iterable[str]) -> int:
        """Remove objects and return how many keys were given; a missing one is not an error."""
        ...
