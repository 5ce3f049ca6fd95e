"""`notes_migration_certificates`: one document per account and run, kept."""

from __future__ import annotations

from typing import Any

from pymongo import ASCENDING, DESCENDING
from pymongo.collection import Collection as MongoCollection

from notes_migration.adapters.mongo_border import translated
from notes_migration.domain.certificate import Certificate

Document = dict[str, Any]
COLLECTION = "notes_migration_certificates"


class MongoCertificates:
    """Certificates; `_id` is the run id, times are ISO 8601 in UTC and so sort as they are."""

    def __init__(self, collection: MongoCollection[Document]) -> None:
        self._certificates = collection

    def ensure_indexes(self) -> None:
        """Make the index by which the newest is found; where it exists nothing happens."""
        with translated("making the index of the certificates"):
            self._certificates.create_index(
                [("cid", ASCENDING), ("verified_at", DESCENDING)], name="cid_verified_at"
            )

    def store(self, certificate: Certificate) -> None:
        self.ensure_indexes()
        with translated("storing a certificate"):
            self._certificates.replace_one({"_id": certificate.run_id}, certificate.to_json(), upsert=True)

    def latest(self, cid: str) -> Document | None:
        query = {"cid": cid, "revoked_by": {"$exists": False}}
        with translated("reading a certificate"):
            return self._certificates.find_one(query, {"_id": 0}, sort=[("verified_at", DESCENDING)])

    def revoke(self, cid: str, *, by: str) -> None:
        query = {"cid": cid, "revoked_by": {"$exists": False}}
        with translated("revoking certificates"):
            self._certificates.update_many(query, {"$set": {"revoked_by": by}})
