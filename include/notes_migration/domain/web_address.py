"""The address in an Airflow connection of type http, put together from wherever its parts were written."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urlsplit, urlunsplit

SCHEMES = frozenset({"http", "https"})
# Where Airflow's own Slack hook sends to if a connection has a token and no host.
SLACK = "https://hooks.slack.com/services"


@dataclass(frozen=True, slots=True)
class WebAddress:
    """The fields of a connection that may carry parts of an address, "" or None where there is none.

    host: a name, or a URL. schema: a scheme, or the path (Airflow's URI form puts it there).
    password: the Authorization header, but in a webhook its secret path, or the whole of it.
    """

    conn_type: str
    host: str = ""
    port: int | None = None
    schema: str = ""
    password: str = field(default="", repr=False)

    def root_url(self) -> str:
        """Return the root URL, without a slash at the end."""
        return self._url("https" if self.conn_type == "https" else "http").rstrip("/")

    def webhook_url(self) -> str:
        """Return the whole address of a webhook; where nothing says http it is https."""
        if "://" in self.password:
            return self.password
        if not self.host:
            base = SLACK
        else:
            # Slack serves https only: the secret path must not go over the wire in the clear.
            plain = self.conn_type == "http" and not self.host.partition("/")[0].endswith(".slack.com")
            base = self._url("http" if plain else "https")
        return f"{base.rstrip('/')}/{self.password.lstrip('/')}" if self.password else base

    def _url(self, default_scheme: str) -> str:
        path = "" if self.schema.lower() in SCHEMES else self.schema
        url = self.host
        if "://" not in url:
            url = f"{default_scheme if path == self.schema else self.schema}://{_bracketed(url)}"
        parts = urlsplit(url)
        netloc = parts.netloc
        if self.port and not re.search(r":\d+$", netloc):
            netloc = f"{netloc}:{self.port}"
        whole_path = f"{parts.path.rstrip('/')}/{path.lstrip('/')}" if path else parts.path
        return urlunsplit((parts.scheme, netloc, whole_path, parts.query, ""))


def _bracketed(host: str) -> str:
    """Return an IPv6 address as it is written in a URL; Airflow's URI form takes its brackets away."""
    return f"[{host}]" if host.count(":") > 1 and not host.startswith("[") else host
