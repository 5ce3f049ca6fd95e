"""Compares the objects of a bucket with those expected."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from hashlib import sha256
from typing import Any


def object_differences(
    s3_client: Any, bucket: str, prefixes: tuple[str, ...], expected: Mapping[str, str]
) -> Iterator[str]:
    """Yield one line per object below the prefixes that is missing, not expected, or has other bytes.

    expected: key -> sha256 (hex).
    """
    found = [key for prefix in prefixes for key in _keys(s3_client, bucket, prefix)]
    yield from (f"object {key}: missing" for key in expected if key not in set(found))
    for key in found:
        if key not in expected:
            yield f"object {key}: not expected"
        elif _digest(s3_client, bucket, key) != expected[key]:
            yield f"object {key}: other bytes"


def _keys(s3_client: Any, bucket: str, prefix: str) -> Iterator[str]:
    for page in s3_client.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", ()):
            yield entry["Key"]


def _digest(s3_client: Any, bucket: str, key: str) -> str:
    body = s3_client.get_object(Bucket=bucket, Key=key)["Body"]
    with body:
        return sha256(body.read()).hexdigest()
