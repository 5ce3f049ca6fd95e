"""`make migrate-up` and `make migrate-down`: the index comes and goes, the documents stay."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from pymongo.database import Database

from notes_migration.adapters.mongo_index import INDEX_NAME, index_problem
from notes_migration.domain.errors import MigrationError
from sandbox.migrate import migrate
from tests.support.local_pipeline import LocalResources

pytestmark = pytest.mark.integration
NOWHERE = Path("/nowhere/stack.json")


def connection_to(database: Database[dict[str, Any]], **changes: object) -> dict[str, str]:
    host, port = database.client.address or ("", 0)
    fields = {"conn_type": "mongo", "host": host, "port": port, "schema": database.name}
    return {"AIRFLOW_CONN_CDP_MONGO": json.dumps(fields | changes)}


def test_given_notes_when_the_index_is_made_twice_then_it_is_exact_and_the_notes_stay(
    resources: LocalResources,
) -> None:
    notes = resources.database["contact_notes"]
    notes.insert_one({"_id": 1, "note": "native"})
    given = connection_to(resources.database)

    said = [migrate("up", given, NOWHERE) for _ in range(2)]

    assert said == [f"index {INDEX_NAME} is there on {resources.database.name}.contact_notes"] * 2
    assert index_problem(notes) is None
    assert list(notes.find()) == [{"_id": 1, "note": "native"}]


def test_given_the_index_when_it_is_dropped_twice_then_it_is_gone_and_the_notes_stay(
    resources: LocalResources,
) -> None:
    notes = resources.database["contact_notes"]
    notes.insert_one({"_id": 1, "company_sso_id": "c", "legacy_crm_note_id": "5"})
    given = connection_to(resources.database)
    migrate("up", given, NOWHERE)

    for _ in range(2):
        migrate("down", given, NOWHERE)

    assert INDEX_NAME not in notes.index_information()
    assert notes.count_documents({}) == 1


def test_given_a_running_sandbox_and_no_connection_when_the_index_is_made_then_in_its_database(
    resources: LocalResources, tmp_path: Path
) -> None:
    host, port = resources.database.client.address or ("", 0)
    stack = tmp_path / "stack.json"
    stack.write_text(json.dumps({"mongo_uri": f"mongodb://{host}:{port}/{resources.database.name}"}))

    migrate("up", {}, stack)

    assert index_problem(resources.database["contact_notes"]) is None


def test_given_no_database_when_the_index_is_made_then_it_says_what_to_set() -> None:
    with pytest.raises(ValueError, match="AIRFLOW_CONN_CDP_MONGO"):
        migrate("up", {}, NOWHERE)


def test_given_a_connection_without_database_when_the_index_is_made_then_it_says_so(
    resources: LocalResources,
) -> None:
    with pytest.raises(ValueError, match="schema"):
        migrate("up", connection_to(resources.database, schema=""), NOWHERE)


def test_given_duplicates_when_the_index_is_made_then_it_is_refused_without_their_content(
    resources: LocalResources,
) -> None:
    pair = {"company_sso_id": "c", "legacy_crm_note_id": "5", "note": "confidential"}
    resources.database["contact_notes"].insert_many([dict(pair), dict(pair)])

    with pytest.raises(MigrationError) as caught:
        migrate("up", connection_to(resources.database), NOWHERE)

    assert "confidential" not in str(caught.value)
    assert urlsplit(str(caught.value)).netloc == ""
