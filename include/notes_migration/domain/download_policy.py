"""Which URLs and which addresses may be fetched: URLs come from the CRM's data and are not trusted."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import SplitResult, urljoin, urlsplit

from notes_migration.domain.errors import DegradedNote, ReasonCode

HTTPS_PORT = 443
_DEFAULT_PORTS = {"http": 80, "https": HTTPS_PORT}
_HOST = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,251}[a-z0-9])?|[0-9a-f:.]{2,45}", re.ASCII)
# A backslash, a control or a blank before the path means different hosts to different parsers.
_AMBIGUOUS = re.compile(r"[\\\x00-\x1f\x7f]")
# Beyond what Python calls global: Azure's metadata and DNS address, translations that lead to IPv4
# (NAT64, 6to4, Teredo, IPv4-compatible), benchmarks' and protocols' ranges.
_NEVER = tuple(
    ipaddress.ip_network(network)
    for network in (
        "168.63.129.16/32",
        "192.0.0.0/24",
        "192.88.99.0/24",
        "::/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "2001::/23",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fec0::/10",
    )
)
# Answers on these give a machine's own credentials; not even a host listed as private may lead there.
_METADATA = tuple(
    ipaddress.ip_network(network)
    for network in (
        "169.254.0.0/16",
        "168.63.129.16/32",
        "100.100.100.200/32",
        "fe80::/10",
        "fd00:ec2::254/128",
    )
)


@dataclass(frozen=True, slots=True)
class Target:
    """One place that may be asked: `url` is what is requested of `host`:`port` over `scheme`."""

    scheme: str
    host: str
    port: int
    url: str
    is_private: bool


@dataclass(frozen=True, slots=True)
class DownloadPolicy:
    """Hosts that may be asked.

    allowed_hosts: exact names, or `.suffix` for every name that ends with it; https on port 443 only.
    private_hosts: `host:port` that may be plain http on a private address (the sandbox).
    """

    allowed_hosts: Sequence[str]
    private_hosts: Sequence[str] = ()

    def admit(self, url: str) -> Target:
        """Read a URL as strictly as it is dangerous.

        Raises:
            DegradedNote: ATTACHMENT_HOST_NOT_ALLOWED, for anything but an allowed place.
        """
        try:
            parts = urlsplit(url.strip(" "))
            host, port = (parts.hostname or "").rstrip(".").lower(), parts.port
        except ValueError:
            raise _refused("not a URL") from None
        if _AMBIGUOUS.search(url) or parts.scheme not in _DEFAULT_PORTS:
            raise _refused("not an http URL")
        if "@" in parts.netloc or _HOST.fullmatch(host) is None:
            raise _refused("credentials or an odd host in the URL")
        port = _DEFAULT_PORTS[parts.scheme] if port is None else port
        is_private = f"{_shown(host)}:{port}" in {listed.lower() for listed in self.private_hosts}
        if not is_private and not (parts.scheme == "https" and port == HTTPS_PORT and self._lists(host)):
            raise _refused("not an allowed host")
        return Target(parts.scheme, host, port, _rebuilt(parts, host, port), is_private)

    def follow(self, target: Target, location: str) -> Target:
        """Read a redirect's location, relative or not; raises as `admit` does."""
        try:
            return self.admit(urljoin(target.url, location))
        except ValueError:
            raise _refused("not a URL") from None

    def _lists(self, host: str) -> bool:
        return any(
            host.endswith(listed) and host != listed if listed.startswith(".") else host == listed
            for listed in (each.lower() for each in self.allowed_hosts)
            if listed.strip(".")
        )


def is_reachable(address: str, *, is_private: bool) -> bool:
    """Tell whether an address may be connected to: public, or any but metadata's for a private host."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(ip, "ipv4_mapped", None)
    ip = mapped or ip
    if is_private:
        return not any(ip in network for network in _METADATA)
    return (
        ip.is_global
        and not (ip.is_multicast or ip.is_reserved or ip.is_unspecified)
        and not any(ip in network for network in _NEVER)
    )


def _rebuilt(parts: SplitResult, host: str, port: int) -> str:
    place = _shown(host) if port == _DEFAULT_PORTS[parts.scheme] else f"{_shown(host)}:{port}"
    return parts._replace(netloc=place, fragment="").geturl()


def _shown(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _refused(why: str) -> DegradedNote:
    return DegradedNote(ReasonCode.ATTACHMENT_HOST_NOT_ALLOWED, why)
