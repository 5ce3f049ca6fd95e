"""Resources for a server that answers within moments: one try, a second at most, then it says so."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from notes_migration_airflow.airflow_resources import AirflowResources
from notes_migration_airflow.connections import connection

if TYPE_CHECKING:
    from pymongo.database import Database

_MONGO_OPTIONS = {
    "timeoutMS": 1000,
    "serverSelectionTimeoutMS": 1000,
    "connectTimeoutMS": 1000,
    "retryReads": False,
}
_REDIS_SECONDS = 0.5


class AirflowServerResources(AirflowResources):
    """Like a task's resources, with clients that give up early."""

    @cached_property
    def database(self) -> Database[dict[str, Any]]:
        from airflow.providers.mongo.hooks.mongo import MongoHook

        conn = connection("cdp_mongo")
        hook = MongoHook(mongo_conn_id=conn.conn_id)
        hook.extras.update(_MONGO_OPTIONS)
        return hook.get_conn().get_database(conn.schema)

    @cached_property
    def s3_client(self) -> Any:
        from airflow.providers.amazon.aws.hooks.s3 import S3Hook
        from botocore.config import Config

        from notes_migration.adapters.s3_storage import CLIENT_CONFIG

        conn = connection("cdp_storage")
        quick = Config(connect_timeout=0.5, read_timeout=0.5, retries={"total_max_attempts": 1})
        return S3Hook(aws_conn_id=conn.conn_id, config=CLIENT_CONFIG.merge(quick)).get_conn()

    @cached_property
    def redis_client(self) -> Any:
        from airflow.providers.redis.hooks.redis import RedisHook
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        hook = RedisHook(redis_conn_id=connection("migration_redis").conn_id)
        client: Any = hook.get_conn()  # type: ignore[no-untyped-call]
        # The hook takes no such options; the pool makes its connections with these (a cluster has none).
        options = getattr(getattr(client, "connection_pool", None), "connection_kwargs", {})
        options |= {
            "socket_timeout": _REDIS_SECONDS,
            "socket_connect_timeout": _REDIS_SECONDS,
            "retry": Retry(NoBackoff(), 1),  # once more: an idle connection may have been closed
        }
        return client
