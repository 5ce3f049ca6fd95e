"""How long failed logins make one wait: nothing at first, then twice as long each time."""

from __future__ import annotations

import ipaddress
from dataclasses import dataclass

REMEMBERED_SECONDS = 900
TRUSTED_SECONDS = 86_400  # an address that somebody logged in from is not held up by those of others


@dataclass(frozen=True, slots=True)
class Limit:
    """So many failures cost nothing; after the last of them 1 s, then 2, 4 ... up to the longest wait."""

    free_failures: int
    longest_wait_seconds: int = 300

    def wait_seconds(self, failures: int) -> int:
        """Return the pause after so many failures in a row."""
        if failures < self.free_failures:
            return 0
        return int(min(2 ** min(failures - self.free_failures, 16), self.longest_wait_seconds))


PER_ADDRESS = Limit(free_failures=5)
PER_NAME = Limit(free_failures=100)  # over all addresses: one guesser with many of them


@dataclass(frozen=True, slots=True)
class Origin:
    """Whose login is tried, and from where: an address group of `address_group`."""

    name: bytes
    address: str


@dataclass(frozen=True, slots=True)
class Settled:
    """What became of one login: held up for so long; or counted, and its address now has so many failures."""

    wait_seconds: int
    failures: int = 0


def address_group(host: str) -> str:
    """Return what counts as one caller's address: of IPv6 its /64, as one subscriber has all of it."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host  # a socket without addresses
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    return str(address.ipv4_mapped or ipaddress.ip_network((int(address), 64), strict=False))
