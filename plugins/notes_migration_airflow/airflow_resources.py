"""Resources out of Airflow's Connections, by Airflow's own hooks."""

from __future__ import annotations

from contextlib import ExitStack
from functools import cached_property
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

from notes_migration.composition import DownloadHosts, Endpoint, StorageLocations
from notes_migration_airflow.connections import (
    VariableFlag,
    connection,
    extra_list,
    extra_text,
    root_url,
    webhook_url,
)

if TYPE_CHECKING:
    from pymongo.database import Database

    from notes_migration.adapters.pagerduty import PagerDutyAccount


class AirflowResources:
    """`notes_migration.composition.Resources`; clients are made on first use and closed at the end."""

    def __init__(self) -> None:
        self.flag = VariableFlag()
        self._closing = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._closing.close()

    @cached_property
    def crm(self) -> Endpoint:
        return _endpoint("crm_api")

    @cached_property
    def identity(self) -> Endpoint:
        return _endpoint("identity_api")

    @cached_property
    def download_hosts(self) -> DownloadHosts:
        conn = connection("crm_api")
        return DownloadHosts(
            tuple(extra_list(conn, "attachment_hosts")), tuple(extra_list(conn, "attachment_private_hosts"))
        )

    @cached_property
    def storage(self) -> StorageLocations:
        conn = connection("cdp_storage")
        return StorageLocations(
            attachments_bucket=extra_text(conn, "attachments_bucket"),
            staging_bucket=extra_text(conn, "staging_bucket"),
            file_proxy_base_url=extra_text(conn, "file_proxy_base_url").rstrip("/"),
        )

    @cached_property
    def database(self) -> Database[dict[str, Any]]:
        from airflow.providers.mongo.hooks.mongo import MongoHook

        hook = self._closing.enter_context(MongoHook(mongo_conn_id="cdp_mongo"))
        return hook.get_conn().get_database(hook.connection.schema)

    @cached_property
    def s3_client(self) -> Any:
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook

        from notes_migration.adapters.s3_storage import CLIENT_CONFIG

        return S3Hook(aws_conn_id="cdp_storage", config=CLIENT_CONFIG).get_conn()

    @cached_property
    def redis_client(self) -> Any:
        from airflow.providers.redis.hooks.redis import RedisHook
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        client = RedisHook(redis_conn_id="migration_redis").get_conn()
        # The library's ten tries would hold a batch up for a minute: status is only a projection.
        client.set_retry(Retry(NoBackoff(), 1))
        self._closing.callback(client.close)
        return client

    @cached_property
    def pagerduty(self) -> PagerDutyAccount:
        from notes_migration.adapters.pagerduty import PagerDutyAccount

        conn = connection("pagerduty")
        return PagerDutyAccount(root_url(conn), conn.password or "")

    @cached_property
    def slack_webhook_url(self) -> str:
        return webhook_url(connection("slack_cdp_ops"))


def _endpoint(conn_id: str) -> Endpoint:
    conn = connection(conn_id)
    return Endpoint(root_url(conn), conn.password)
