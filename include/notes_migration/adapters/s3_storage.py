"""One bucket of an S3-compatible storage; bytes are checked by sha256 on both ends."""

from __future__ import annotations

import hashlib
from base64 import b64decode, b64encode
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from itertools import islice
from typing import TYPE_CHECKING, Any, BinaryIO

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from urllib3.exceptions import HTTPError

from notes_migration.domain.errors import FatalError, ReasonCode, TransientError
from notes_migration.ports.object_storage import ListedObject, NewObject, ObjectHead

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

# For whoever builds the client: bounded waits, and no trailing checksums, which several compatible
# servers refuse; the sha256 that we give ourselves is sent either way.
CLIENT_CONFIG = Config(
    connect_timeout=5,
    read_timeout=30,
    retries={"mode": "standard", "total_max_attempts": 4},
    max_pool_connections=32,
    request_checksum_calculation="when_required",
    response_checksum_validation="when_required",
)
_SHA256 = "sha256"
_READ_BYTES = 1024 * 1024
_DELETE_BATCH = 1000
_WORTH_TRYING_AGAIN = frozenset({408, 429, 500, 502, 503, 504})
_NOT_FOUND = 404


class S3Storage:
    """ObjectStorage, ObjectListing and ObjectSweeper; boto3 clients are safe to share between threads."""

    def __init__(self, client: S3Client, bucket: str) -> None:
        self._client = client
        self._bucket = bucket

    def check(self) -> None:
        """Ask whether the bucket is there and ours to use; errors as of ports.object_storage."""
        with _border():
            self._client.head_bucket(Bucket=self._bucket)

    def head(self, key: str) -> ObjectHead | None:
        """See ports.object_storage; a sha256 of the server's comes before the one we once noted."""
        with _border():
            try:
                answer = self._client.head_object(Bucket=self._bucket, Key=key, ChecksumMode="ENABLED")
            except ClientError as error:
                if _status(error) == _NOT_FOUND:
                    return None
                raise
        noted = answer.get("Metadata", {}).get(_SHA256)
        sha256 = _server_sha256(answer) or noted
        return ObjectHead(answer["ContentLength"], sha256, answer.get("ContentType", ""), noted)

    def put(self, new: NewObject, body: BinaryIO) -> None:
        """See ports.object_storage; where the server keeps no sha256 the object is read back."""
        body.seek(0)
        given: dict[str, Any] = (
            {"ContentDisposition": new.content_disposition} if new.content_disposition else {}
        )
        with _border():
            answer = self._client.put_object(
                Bucket=self._bucket,
                Key=new.key,
                Body=body,
                ContentLength=new.size,
                ContentType=new.content_type,
                ChecksumSHA256=b64encode(bytes.fromhex(new.sha256)).decode("ascii"),
                Metadata={_SHA256: new.sha256},
                **given,
            )
        stored = _server_sha256(answer) or self._read_back(new.key)
        if stored != new.sha256:
            self.delete([new.key])
            raise TransientError(
                ReasonCode.DEPENDENCY_UNAVAILABLE, "storage holds other bytes than were sent"
            )

    def get(self, key: str) -> bytes | None:
        """See ports.object_storage."""
        with _border():
            try:
                return self._client.get_object(Bucket=self._bucket, Key=key)["Body"].read()
            except ClientError as error:
                if _code(error) == "NoSuchKey":
                    return None
                raise

    def keys(self, prefix: str) -> Iterator[str]:
        """See ports.object_storage."""
        return (each.key for each in self.listed(prefix))

    def listed(self, prefix: str) -> Iterator[ListedObject]:
        """See ports.object_storage."""
        pages = self._client.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=prefix)
        with _border():
            for page in pages:
                for entry in page.get("Contents", []):
                    yield ListedObject(entry["Key"], entry["Size"])

    def delete(self, keys: Iterable[str]) -> int:
        """See ports.object_storage; a thousand keys per request."""
        rest, deleted = iter(keys), 0
        while batch := list(islice(rest, _DELETE_BATCH)):
            with _border():
                answer = self._client.delete_objects(
                    Bucket=self._bucket, Delete={"Objects": [{"Key": key} for key in batch], "Quiet": True}
                )
            if answer.get("Errors"):
                raise TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, "storage did not delete every object")
            deleted += len(batch)
        return deleted

    def _read_back(self, key: str) -> str:
        digest = hashlib.sha256()
        with _border():
            body = self._client.get_object(Bucket=self._bucket, Key=key)["Body"]
            for chunk in body.iter_chunks(_READ_BYTES):
                digest.update(chunk)
        return digest.hexdigest()


@contextmanager
def _border() -> Iterator[None]:
    """Translate what boto3 raises; its text carries keys, addresses and signatures."""
    try:
        yield
    except ClientError as error:
        kind = TransientError if _status(error) in _WORTH_TRYING_AGAIN else FatalError
        answer = f"storage answered {_status(error)} {_code(error)}"
        raise kind(ReasonCode.DEPENDENCY_UNAVAILABLE, answer) from None
    except (BotoCoreError, HTTPError, OSError) as error:
        name = type(error).__name__
        raise TransientError(ReasonCode.DEPENDENCY_UNAVAILABLE, f"storage: {name}") from None


def _status(error: ClientError) -> int:
    return int(error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0))


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", "unknown"))


def _server_sha256(answer: Any) -> str | None:
    """Return the sha256 (hex) that the server vouches for; a composite one is of parts, not of bytes."""
    encoded = answer.get("ChecksumSHA256")
    if not encoded or answer.get("ChecksumType") == "COMPOSITE" or "-" in encoded:
        return None
    return b64decode(encoded).hex()
