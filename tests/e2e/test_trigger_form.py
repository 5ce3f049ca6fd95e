"""A run started by a person in Airflow's UI: the form asks for what the conf needs."""

from __future__ import annotations

from typing import Any

import pytest
from selenium.webdriver.common.by import By

from sandbox.accounts.seed import seed_mongo
from sandbox.seeding import opened_database
from sandbox.stack import Stack
from tests.support.airflow_runs import DAG_ID, connected, until
from tests.support.browser import chromium, find, log_in
from tests.support.small_accounts import small_account

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(300)]

SUBMIT = "//*[@role='dialog']//button[normalize-space()='Trigger']"


def test_given_the_trigger_form_when_filled_and_sent_then_the_account_is_migrated_and_named_in_the_status(
    stack: Stack, tmp_path: Any
) -> None:
    account = small_account("by-hand", persons=4)
    with stack.simulators.control() as control, opened_database(stack.addresses["mongo_uri"]) as database:
        control.load(account)
        seed_mongo(database, account)
        with connected(stack.addresses) as runs, chromium() as driver:
            runs.set_variable("crm_notes_migration_enabled", {"by-hand": True})
            log_in(driver, stack.addresses)
            driver.get(f"{stack.addresses['airflow_url']}/dags/{DAG_ID}")
            find(driver, "button[aria-label='Trigger Dag']").click()
            find(driver, "#element_cid").send_keys("by-hand")
            find(driver, "#element_company_sso_id").send_keys("by-hand-company")
            button = driver.find_element(By.XPATH, SUBMIT)
            until(button.is_enabled, "the form's button to be usable", 60)
            driver.execute_script("arguments[0].click()", button)
            until(lambda: bool(started(runs)), "a run to be started", 60)
            run = started(runs)[0]

            assert runs.ends(run.dag_run_id, "success")
        found = database["notes_migration_accounts"].find_one({"cid": "by-hand"})
        record = database["notes_migration_runs"].find_one({"cid": "by-hand"})

    assert run.conf["mode"] == "migrate"
    assert (found["state"], found["company_sso_id"]) == ("completed_success", "by-hand-company")
    assert (record["triggered_by"], record["counts"]["migrated"]) == ("admin", 4)


def started(runs: Any) -> list[Any]:
    found = runs.runs.get_dag_runs(DAG_ID, limit=100, order_by=["-run_after"]).dag_runs
    return [run for run in found if (run.conf or {}).get("cid") == "by-hand"]
