"""Certificates in memory: Certificates."""

from __future__ import annotations

from typing import Any

from notes_migration.domain.certificate import Certificate


class InMemoryCertificates:
    """`stored` by run id; `revoked` are the ids of those that hold no more."""

    def __init__(self) -> None:
        self.stored: dict[str, Certificate] = {}
        self.revoked: dict[str, str] = {}

    def store(self, certificate: Certificate) -> None:
        self.stored[certificate.run_id] = certificate
        self.revoked.pop(certificate.run_id, None)

    def latest(self, cid: str) -> dict[str, Any] | None:
        found = [each for each in self.stored.values() if each.cid == cid and each.run_id not in self.revoked]
        return max(found, key=lambda each: each.verified_at).to_json() if found else None

    def revoke(self, cid: str, *, by: str) -> None:
        of_account = (each.run_id for each in self.stored.values() if each.cid == cid)
        self.revoked = {**dict.fromkeys(of_account, by), **self.revoked}
