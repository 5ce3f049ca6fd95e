"""The durable certificates (`notes_migration_certificates`): one per account and run."""

from __future__ import annotations

from typing import Any, Protocol

from notes_migration.domain.certificate import Certificate


class Certificates(Protocol):
    """All methods raise TransientError (DEPENDENCY_UNAVAILABLE) where the store does not answer."""

    def store(self, certificate: Certificate) -> None:
        """Keep the certificate; that of a former attempt of the run is replaced."""
        ...

    def latest(self, cid: str) -> dict[str, Any] | None:
        """Return the account's newest certificate that still holds, as JSON fields, or None."""
        ...

    def revoke(self, cid: str, *, by: str) -> None:
        """Mark the account's certificates: the rollback `by` makes them untrue. They stay on record."""
        ...
