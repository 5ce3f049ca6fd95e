"""One suite for the certificates: the fake may not drift from MongoDB."""

from __future__ import annotations

from datetime import timedelta

import pytest

from notes_migration.domain.certificate import MOST_LISTED, Certificate, certify
from notes_migration.domain.differences import Difference, Kind
from notes_migration.ports.certificates import Certificates
from tests.fakes.certificates import InMemoryCertificates
from tests.support.builders import NOW, a_ledger, a_run


@pytest.fixture(params=["fake", pytest.param("mongo", marks=pytest.mark.integration)])
def certificates(request: pytest.FixtureRequest) -> Certificates:
    if request.param == "fake":
        return InMemoryCertificates()
    from notes_migration.adapters.mongo_certificates import COLLECTION, MongoCertificates

    return MongoCertificates(request.getfixturevalue("database")[COLLECTION])


def a_certificate(
    run_id: str = "acme__2", *, days: int = 0, differing: int = 0, cid: str = "acme"
) -> Certificate:
    differences = [Difference(str(each), Kind.CONTENT) for each in range(1, differing + 1)]
    run = a_run(run_id=run_id, cid=cid)
    now = NOW + timedelta(days=days)
    return certify(run, a_ledger(migrated=3), differences, present=["2", "10"], added_since=1, now=now)


def test_given_several_certificates_when_asked_then_the_accounts_newest_is_returned(
    certificates: Certificates,
) -> None:
    assert certificates.latest("acme") is None

    certificates.store(a_certificate("acme__3", days=1))
    certificates.store(a_certificate("acme__2"))
    certificates.store(a_certificate("rival__1", days=2, cid="rival"))

    assert certificates.latest("acme") == a_certificate("acme__3", days=1).to_json()


def test_given_a_run_verified_again_when_stored_then_its_certificate_is_replaced(
    certificates: Certificates,
) -> None:
    certificates.store(a_certificate(differing=MOST_LISTED + 1))
    certificates.store(a_certificate(differing=2))

    found = certificates.latest("acme")
    assert found is not None
    assert (found["differences_total"], len(found["differences"])) == (2, 2)


def test_given_certificates_when_revoked_then_none_of_the_account_is_returned_until_a_new_one(
    certificates: Certificates,
) -> None:
    certificates.store(a_certificate("acme__2"))
    certificates.store(a_certificate("rival__1", cid="rival"))

    certificates.revoke("acme", by="back-1")
    certificates.revoke("acme", by="back-2")

    assert certificates.latest("acme") is None
    assert certificates.latest("rival") == a_certificate("rival__1", cid="rival").to_json()
    certificates.store(a_certificate("acme__3"))
    assert certificates.latest("acme") == a_certificate("acme__3").to_json()
    certificates.revoke("acme", by="back-3")
    certificates.store(a_certificate("acme__3", differing=1))
    assert certificates.latest("acme") == a_certificate("acme__3", differing=1).to_json()
