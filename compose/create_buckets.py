"""Make the two buckets that `AIRFLOW_CONN_CDP_STORAGE` names; what is there already stays as it is.

Staging objects expire after seven days, as a backstop: a run removes its own when it ends.
"""

from __future__ import annotations

import json
import os
from typing import Any

import boto3
from botocore.exceptions import ClientError

STAGING_DAYS = 7
_OURS_ALREADY = {"BucketAlreadyOwnedByYou", "BucketAlreadyExists"}


def create_buckets(client: Any, *, attachments: str, staging: str) -> None:
    """Create both buckets and give the staging bucket its rule; running it again changes nothing."""
    for bucket in (attachments, staging):
        try:
            client.create_bucket(Bucket=bucket)
        except ClientError as error:
            if error.response["Error"]["Code"] not in _OURS_ALREADY:
                raise
    rule = {
        "ID": "staging",
        "Status": "Enabled",
        "Filter": {"Prefix": "runs/"},
        "Expiration": {"Days": STAGING_DAYS},
    }
    client.put_bucket_lifecycle_configuration(Bucket=staging, LifecycleConfiguration={"Rules": [rule]})


def main() -> None:
    """Read the connection in its JSON form and create the buckets."""
    connection = json.loads(os.environ["AIRFLOW_CONN_CDP_STORAGE"])
    extra = connection["extra"]
    client = boto3.client(
        "s3",
        endpoint_url=extra["endpoint_url"],
        region_name=extra["region_name"],
        aws_access_key_id=connection["login"],
        aws_secret_access_key=connection["password"],
    )
    create_buckets(client, attachments=extra["attachments_bucket"], staging=extra["staging_bucket"])


if __name__ == "__main__":
    main()
