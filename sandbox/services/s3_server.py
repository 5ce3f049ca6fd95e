"""An S3 API on loopback (moto), with the two buckets of the migration."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config

from sandbox.processes.lifeline import Lifeline
from sandbox.processes.service import Service, accepts_connections, free_port, wait_until_ready

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

ACCESS_KEY = "sandbox"
SECRET_KEY = "sandbox-secret"  # noqa: S105 - moto takes any; it guards nothing
REGION = "us-east-1"


@dataclass(frozen=True, slots=True)
class Storage:
    """Where the S3 API is and how to get in."""

    endpoint_url: str
    access_key: str = ACCESS_KEY
    secret_key: str = SECRET_KEY
    attachments_bucket: str = "cdp-attachments"
    staging_bucket: str = "notes-migration-staging"

    def client(self) -> S3Client:
        """Return a boto3 client of this storage."""
        return boto3.client(
            "s3",
            endpoint_url=self.endpoint_url,
            aws_access_key_id=self.access_key,
            aws_secret_access_key=self.secret_key,
            region_name=REGION,
            config=Config(s3={"addressing_style": "path"}, retries={"max_attempts": 2}),
        )


def start_s3(directory: Path, *, lifeline: Lifeline) -> tuple[Service, Storage]:
    """Start the server; returns at once, `make_buckets` waits for it (it is the slowest to start)."""
    port = free_port()
    command = [
        sys.executable,
        "-c",
        "from moto.server import main; main()",
        "-H",
        "127.0.0.1",
        "-p",
        str(port),
    ]
    service = lifeline.start("s3", command, log_path=directory / "s3.log")
    return service, Storage(endpoint_url=f"http://127.0.0.1:{port}")


def make_buckets(service: Service, storage: Storage) -> None:
    """Wait until the server listens and create both buckets.

    Raises:
        ServiceUnavailable: the server did not start.
    """
    port = int(storage.endpoint_url.rpartition(":")[2])
    wait_until_ready(service, lambda: accepts_connections(port), timeout_seconds=40)
    client = storage.client()
    for bucket in (storage.attachments_bucket, storage.staging_bucket):
        client.create_bucket(Bucket=bucket)
