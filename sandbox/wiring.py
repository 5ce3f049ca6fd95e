"""Which parts the sandbox starts, and the connections and addresses that follow (contracts, section 1)."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlencode, urlsplit

from sandbox.connections import Connection
from sandbox.services.s3_server import REGION, Storage
from sandbox.simulators.process import Simulators

FILE_PROXY_BASE_URL = "https://cdp.example/file-proxy"
API_USERNAME = "notes-migration"


@dataclass(frozen=True, slots=True)
class Parts:
    """What is to be started; a part whose connection is given is left out."""

    services: frozenset[str]
    simulators: frozenset[str]

    @classmethod
    def beside(cls, given: Mapping[str, Connection]) -> Parts:
        """Return the parts that the given connections leave to the sandbox."""
        services = {"mongo": "cdp_mongo", "redis": "migration_redis", "s3": "cdp_storage"}
        simulators = {"crm": "crm_api", "cdn": "crm_api", "identity": "identity_api"}
        started = {name for name, conn_id in simulators.items() if conn_id not in given}
        if not {"pagerduty", "slack_cdp_ops"} <= given.keys():
            started.add("alerts")
        return cls(
            services=frozenset(name for name, conn_id in services.items() if conn_id not in given),
            simulators=frozenset(started),
        )


@dataclass(frozen=True, slots=True)
class Running:
    """The started parts; an empty address or None is a part that was left out."""

    mongo_uri: str
    redis_url: str
    storage: Storage | None
    simulators: Simulators
    api_password: str = field(default_factory=lambda: secrets.token_urlsafe(12))


def connections(running: Running, given: Mapping[str, Connection]) -> dict[str, Connection]:
    """Return all eight connections: the given ones, and our own for the rest."""
    return {**_stores(running), **_neighbours(running.simulators), **_own_api(running), **given}


def _stores(running: Running) -> dict[str, Connection]:
    stores: dict[str, Connection] = {}
    if running.mongo_uri:
        parts = urlsplit(running.mongo_uri)
        stores["cdp_mongo"] = Connection("mongo", parts.hostname or "", parts.port, parts.path.lstrip("/"))
    if running.redis_url:
        parts = urlsplit(running.redis_url)
        stores["migration_redis"] = Connection("redis", parts.hostname or "", parts.port, extra={"db": 0})
    if storage := running.storage:
        extra = {
            "endpoint_url": storage.endpoint_url,
            "region_name": REGION,
            "attachments_bucket": storage.attachments_bucket,
            "staging_bucket": storage.staging_bucket,
            "file_proxy_base_url": FILE_PROXY_BASE_URL,
        }
        stores["cdp_storage"] = Connection(
            "aws", login=storage.access_key, password=storage.secret_key, extra=extra
        )
    return stores


def _neighbours(simulators: Simulators) -> dict[str, Connection]:
    at, tokens = simulators.addresses, simulators.tokens
    cdn = urlsplit(at.cdn)
    files = {"attachment_hosts": [cdn.hostname], "attachment_private_hosts": [cdn.netloc]}
    candidates = {
        "crm_api": (at.crm, tokens.crm, files),
        "identity_api": (at.identity, tokens.identity, {}),
        "pagerduty": (at.alerts, tokens.pagerduty_routing_key, {}),
    }
    found = {conn_id: _http(*what) for conn_id, what in candidates.items() if what[0]}
    if at.alerts:  # the whole incoming-webhook URL, as Slack hands it out
        found["slack_cdp_ops"] = Connection("http", f"{at.alerts}{tokens.slack_path}")
    return found


def _http(url: str, password: str, extra: Mapping[str, Any]) -> Connection:
    parts = urlsplit(url)
    return Connection("http", parts.hostname or "", parts.port, "http", password=password, extra=extra)


def _own_api(running: Running) -> dict[str, Connection]:
    api = Connection("generic", login=API_USERNAME, password=running.api_password)
    return {"notes_migration_api": api}


def addresses(running: Running, used: Mapping[str, Connection]) -> dict[str, Any]:
    """Return the values of stack.json that are not Airflow's own; None where nothing can be said."""
    storage = used["cdp_storage"]
    at = running.simulators.addresses
    return {
        "migration_api_username": used["notes_migration_api"].login,
        "migration_api_password": used["notes_migration_api"].password,
        "mongo_uri": running.mongo_uri or mongo_uri(used["cdp_mongo"]),
        "redis_url": running.redis_url or redis_url(used["migration_redis"]),
        "s3_endpoint_url": storage.extra.get("endpoint_url"),
        "s3_access_key": storage.login or None,
        "s3_secret_key": storage.password or None,
        "attachments_bucket": storage.extra.get("attachments_bucket"),
        "crm_url": used["crm_api"].http_url(),
        "identity_url": used["identity_api"].http_url(),
        "cdn_url": at.cdn or None,
        "alerts_url": at.alerts or used["pagerduty"].http_url(),
    }


def mongo_uri(conn: Connection) -> str:
    """Return the address, with database and options, of a `mongo` connection as Airflow's hook reads it."""
    options = {name: value for name, value in conn.extra.items() if name not in {"srv", "allow_insecure"}}
    if _is_on(conn, "allow_insecure") and (_is_on(conn, "ssl") or _is_on(conn, "tls")):
        options["tlsAllowInvalidCertificates"] = True
    return conn.store_url("mongodb+srv" if _is_on(conn, "srv") else "mongodb", conn.schema) + _query(options)


def redis_url(conn: Connection) -> str:
    """Return the address of a `redis` connection; `rediss`, with its options, where the extra has `ssl`."""
    url = conn.store_url(
        "rediss" if _is_on(conn, "ssl") else "redis", str(conn.extra.get("db", conn.schema or 0))
    )
    options = {name: value for name, value in conn.extra.items() if name.startswith("ssl_")}
    return url + _query(options if _is_on(conn, "ssl") else {})


def _is_on(conn: Connection, name: str) -> bool:
    """Whether a switch of the extra is on; in Airflow's URI form it is a text."""
    return str(conn.extra.get(name, "")).lower() == "true"


def _query(options: Mapping[str, Any]) -> str:
    query = urlencode({name: _text(value) for name, value in options.items()}, quote_via=quote, safe="")
    return f"?{query}" if query else ""


def _text(value: Any) -> str:
    """Return an option as the driver reads it in an address."""
    if isinstance(value, Mapping):
        return ",".join(f"{name}:{each}" for name, each in value.items())
    if isinstance(value, list):
        return ",".join(map(str, value))
    # JSON's booleans and Airflow's texts alike.
    return str(value).lower() if str(value).lower() in {"true", "false"} else str(value)
