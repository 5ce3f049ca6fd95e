"""Load the synthetic accounts into simulators and a CDP that run elsewhere: `python -m sandbox.load`.

Reads SIMULATORS_CONTROL_URL, SIMULATORS_CDN_URL and AIRFLOW_CONN_CDP_MONGO (docker-compose.yaml sets
them). Loading again changes nothing; what a migration wrote is left alone.
"""

from __future__ import annotations

import os

from notes_migration.adapters.mongo_index import apply_index_migration
from sandbox.accounts.registry import NAMES, build_account
from sandbox.accounts.seed import seed_mongo
from sandbox.connections import given_connections
from sandbox.seeding import opened_database
from sandbox.simulators.process import Control


def main() -> None:
    """Build, load and seed every account, and make the index of `contact_notes`."""
    mongo = given_connections(os.environ)["cdp_mongo"]
    uri = mongo.store_url("mongodb", mongo.schema)
    with Control(os.environ["SIMULATORS_CONTROL_URL"]) as control, opened_database(uri) as database:
        for cid in NAMES:
            account = build_account(cid, cdn_url=os.environ["SIMULATORS_CDN_URL"])
            control.load(account)
            seed_mongo(database, account)
            print(f"loaded {cid}", flush=True)
        apply_index_migration(database, "up")


if __name__ == "__main__":
    main()
