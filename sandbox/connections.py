"""Airflow connections as environment variables: the sandbox's own, and reading those that are given.

Where `AIRFLOW_CONN_<ID>` is already set, the sandbox leaves that part out (contracts, section 1).
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote, unquote, urlsplit

from notes_migration.domain.web_address import WebAddress

IDS = (
    "crm_api",
    "identity_api",
    "cdp_mongo",
    "cdp_storage",
    "migration_redis",
    "pagerduty",
    "slack_cdp_ops",
    "notes_migration_api",
)


@dataclass(frozen=True, slots=True)
class Connection:
    """One Airflow connection."""

    conn_type: str
    host: str = ""
    port: int | None = None
    schema: str = ""
    login: str = ""
    password: str = ""
    extra: Mapping[str, Any] = field(default_factory=dict)

    def as_json(self) -> str:
        """Return the JSON form that Airflow reads from an environment variable."""
        present = {name: getattr(self, name) for name in self.__slots__ if getattr(self, name)}
        return json.dumps(present)

    def http_url(self) -> str:
        """Return the root URL of an `http` connection as the migration reads it; no slash at the end."""
        return WebAddress(self.conn_type, self.host, self.port, self.schema).root_url()

    def store_url(self, scheme: str, path: str) -> str:
        """Return the URL of a database: scheme, credentials, host, port, path."""
        login = f"{quote(self.login, safe='')}:{quote(self.password, safe='')}@" if self.password else ""
        port = f":{self.port}" if self.port else ""
        return f"{scheme}://{login}{self.host}{port}/{path}"


def variable_of(conn_id: str) -> str:
    """Return the name of the environment variable of a connection."""
    return f"AIRFLOW_CONN_{conn_id.upper()}"


def given_connections(environment: Mapping[str, str]) -> dict[str, Connection]:
    """Return the connections of ours that the environment already sets.

    Raises:
        ValueError: one of them is neither a JSON object nor a URI; the message names it, not its value.
    """
    given = {}
    for conn_id in IDS:
        if text := environment.get(variable_of(conn_id)):
            try:
                given[conn_id] = parse(text)
            except (ValueError, TypeError):
                raise ValueError(f"{variable_of(conn_id)} is neither a JSON object nor a URI") from None
    return given


def parse(text: str) -> Connection:
    """Read a connection in Airflow's JSON or URI form.

    Raises:
        ValueError: it is neither.
    """
    return _from_json(json.loads(text)) if text.lstrip().startswith("{") else _from_uri(text)


def _from_json(fields: dict[str, Any]) -> Connection:
    extra = fields.get("extra") or {}
    return Connection(
        conn_type=str(fields.get("conn_type") or ""),
        host=str(fields.get("host") or ""),
        port=int(fields["port"]) if fields.get("port") else None,
        schema=str(fields.get("schema") or ""),
        login=str(fields.get("login") or ""),
        password=str(fields.get("password") or ""),
        extra=json.loads(extra) if isinstance(extra, str) else dict(extra),
    )


def _from_uri(text: str) -> Connection:
    conn_type = urlsplit(text).scheme
    if not conn_type:
        raise ValueError("no scheme")
    # As Airflow reads it: a second scheme is that of the host.
    rest = text.partition("://")[2]
    second = re.match(r"https?://", rest) is not None
    parts = urlsplit(rest if second else text)
    host = unquote(parts.hostname or "")
    query = dict(parse_qsl(parts.query, keep_blank_values=True))
    extra = json.loads(query.pop("__extra__")) if "__extra__" in query else query
    return Connection(
        conn_type=conn_type.replace("-", "_"),
        host=f"{parts.scheme}://{host}" if second else host,
        port=parts.port,
        schema=unquote(parts.path.lstrip("/")),
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        extra=extra,
    )
