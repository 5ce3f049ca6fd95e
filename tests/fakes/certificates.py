"""Certificates in memory: Certificates."""

from __future__ import annotations

from typing import Any

from notes_migration.domain.certificate import Certificate


class InMemoryCertificates:
    """`stored` by run id."""

    def __init__(self) -> None:
        self.stored: dict[str, Certificate] = {}

    def store(self, certificate: Certificate) -> None:
        self.stored[certificate.run_id] = certificate

    def latest(self, cid: str) -> dict[str, Any] | None:
        found = [each for each in self.stored.values() if each.cid == cid]
        return max(found, key=lambda each: each.verified_at).to_json() if found else None
