"""`GET /private/notes/migration/certificate`: the newest certificate of an account."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from notes_migration.domain.errors import FatalError, ReasonCode
from notes_migration.ports.account_directory import AccountDirectory
from notes_migration.ports.certificates import Certificates
from notes_migration.services.name_dependency import naming


@dataclass(frozen=True, slots=True)
class AnswerCertificate:
    """Reads only: a certificate is made by a run with mode verify."""

    certificates: Certificates
    accounts: AccountDirectory

    def read(self, cid: str) -> dict[str, Any] | None:
        """Return the certificate's fields, or None for an account that has none yet.

        Raises:
            FatalError: CID_NOT_FOUND, for an account never seen.
            DependencyDown: the durable records cannot be read.
        """
        with naming("cdp_mongo"):
            found = self.certificates.latest(cid)
            if found is None and self.accounts.find(cid) is None:
                raise FatalError(ReasonCode.CID_NOT_FOUND, "no migration of this account has started")
        return found
