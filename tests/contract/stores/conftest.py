"""A fresh database per test, on services that are started once and only where a test asks for them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any
from uuid import uuid4

import pytest

from tests.support.company_notes import CompanyNotes, InMemoryCompany, MongoCompany

if TYPE_CHECKING:
    from pymongo.database import Database

    from sandbox.services import EmbeddedServices


@pytest.fixture
def database(embedded_services: EmbeddedServices) -> Iterator[Database[dict[str, Any]]]:
    from pymongo import MongoClient

    with MongoClient[dict[str, Any]](embedded_services.mongo_uri, serverSelectionTimeoutMS=5000) as client:
        name = f"contract_{uuid4().hex}"
        yield client[name]
        client.drop_database(name)


@pytest.fixture
def mongo_company(database: Database[dict[str, Any]]) -> MongoCompany:
    return MongoCompany(database)


@pytest.fixture(params=["fake", pytest.param("mongo", marks=pytest.mark.integration)])
def company(request: pytest.FixtureRequest) -> CompanyNotes:
    """Return one company's notes; the fake may not drift from MongoDB."""
    if request.param == "fake":
        return InMemoryCompany()
    found: CompanyNotes = request.getfixturevalue("mongo_company")
    return found
