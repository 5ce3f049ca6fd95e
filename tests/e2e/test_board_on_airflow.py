"""The board on a running Airflow, as people see and use it: in its frame, live, by keyboard, on a phone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import airflow_client.client as airflow
import httpx
import pytest
from pymongo import MongoClient
from selenium.webdriver import ActionChains, Chrome
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys

from notes_migration.adapters.system_clock import SystemClock
from notes_migration.domain.states import RunState
from sandbox.accounts.seed import seed_mongo
from sandbox.stack import Stack
from tests.support.airflow_runs import DAG_ID, AirflowRuns, connected, until
from tests.support.board_accounts import BoardAccounts, copy_accounts
from tests.support.browser import chromium, find, log_in, text_of
from tests.support.small_accounts import small_account

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(400)]

CID, OTHER = "on-the-board", "by-a-button"
BOARD = "/crm-notes/"
FILTER = """
    const start = performance.now(), input = document.querySelector('[name=q]');
    input.value = arguments[0];
    input.dispatchEvent(new Event('input', {bubbles: true}));
    return performance.now() - start;
"""
COLOUR, DARK = "return getComputedStyle(document.body).backgroundColor", "rgb(15, 19, 24)"
FOCUSED = "return document.activeElement.tagName + ' ' + document.activeElement.textContent.split(':')[0]"
FOCUS = """
    const all = [...document.querySelectorAll('#failures summary')];
    all.find(summary => summary.textContent.startsWith(arguments[0])).focus();
"""


@pytest.fixture(scope="module")
def mongo(stack: Stack) -> Iterator[Any]:
    """The stack's database; accounts that are made up for the board are taken away again."""
    with MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as client:
        database = client.get_default_database()
        yield database
        made_up = {"cid": {"$regex": "^(copied|halted-one)"}}
        for part in ("accounts", "runs", "batches", "failures"):
            database[f"notes_migration_{part}"].delete_many(made_up)


@pytest.fixture(scope="module")
def runs(stack: Stack, mongo: Any) -> Iterator[AirflowRuns]:
    """Two small accounts that have not run yet, switched on."""
    with connected(stack.addresses) as runs, stack.simulators.control() as control:
        for cid in (CID, OTHER):
            account = small_account(cid, persons=3)
            control.load(account)
            seed_mongo(mongo, account)
        runs.set_variable("crm_notes_migration_enabled", {CID: True, OTHER: True})
        yield runs


@pytest.fixture(scope="module")
def driver(stack: Stack) -> Iterator[Chrome]:
    with chromium() as driver:
        log_in(driver, stack.addresses)
        yield driver


def press(driver: Chrome, *keys: str) -> None:
    ActionChains(driver).send_keys(*keys).perform()


def emulate(driver: Chrome, *, width: int, height: int, dark: bool = False) -> None:
    size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
    driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    driver.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": scheme})


@contextmanager
def in_frame(driver: Chrome, stack: Stack) -> Iterator[None]:
    """The board where people find it: behind the link in Airflow's navigation."""
    driver.get(stack.addresses["airflow_url"])
    find(driver, "a[href$='/plugin/crm-notes']").click()
    driver.switch_to.frame(find(driver, "iframe"))
    yield
    driver.switch_to.default_content()


def test_given_nobody_when_asking_for_the_board_then_pages_lead_to_the_login_and_data_is_401(
    stack: Stack,
) -> None:
    with httpx.Client(base_url=stack.addresses["airflow_url"], trust_env=False) as client:
        page, data = client.get(BOARD), client.get(f"{BOARD}api/accounts")
        door = client.get(
            f"{BOARD}api/accounts",
            auth=(stack.addresses["migration_api_username"], stack.addresses["migration_api_password"]),
        )

    assert (page.status_code, data.status_code, door.status_code) == (303, 401, 401)
    assert page.headers["location"].startswith("/api/v2/auth/login?next=")


def test_given_the_board_in_airflows_frame_when_an_account_is_started_by_keyboard_then_it_is_seen_to_complete(
    stack: Stack, runs: AirflowRuns, driver: Chrome, tmp_path: Path
) -> None:
    with in_frame(driver, stack):
        until(lambda: driver.find_element(By.ID, "start").is_displayed(), "the form", 60)
        driver.execute_script(FILTER, CID)  # other tests have accounts too
        driver.execute_script("document.querySelector('#start summary').focus()")
        press(driver, Keys.ENTER, Keys.TAB, CID, Keys.TAB, f"{CID}-company", Keys.ENTER)
        until(lambda: driver.find_element(By.ID, "confirm-yes").is_displayed(), "the question", 10)
        press(driver, Keys.ENTER)
        until(lambda: "started" in text_of(driver, "#news"), "the run to be started", 30)
        until(lambda: "Completed" in text_of(driver, "#rows"), "its end, without a reload", 240)
        row, light = text_of(driver, "#rows"), driver.execute_script(COLOUR)
        driver.execute_script("parent.document.documentElement.className = 'dark'")
        until(lambda: driver.execute_script(COLOUR) == DARK, "Airflow's switch to be followed", 10)
        driver.save_screenshot(str(tmp_path / "frame.png"))
        driver.find_element(By.CSS_SELECTOR, "#rows a[aria-label^='Run ']").click()
    until(lambda: f"/runs/{CID}__1" in driver.current_url, "Airflow's page of the run, out of the frame", 30)

    run = runs.runs.get_dag_run(DAG_ID, f"{CID}__1")
    assert (run.triggering_user_name, run.conf) == ("admin", {"cid": CID, "company_sso_id": f"{CID}-company"})
    assert "3 of 3" in row
    assert "by admin" in row
    assert light == "rgb(255, 255, 255)"


def test_given_a_task_that_has_ended_when_its_button_is_pressed_then_the_account_is_on_the_board(
    stack: Stack, runs: AirflowRuns, driver: Chrome
) -> None:
    run_id = runs.migrate(OTHER, f"{OTHER}__1")
    runs.wait(run_id)
    client = airflow.ExtraLinksApi(runs.runs.api_client)
    links = {task: client.get_extra_links(DAG_ID, run_id, task).extra_links for task in ("guard", "finalize")}

    driver.get(links["guard"]["CRM notes board"])
    until(lambda: "Completed" in text_of(driver, "#state"), "the account", 30)

    assert driver.current_url == f"{stack.addresses['airflow_url']}{BOARD}accounts/{OTHER}"
    assert links["finalize"] == links["guard"]


def test_given_a_thousand_accounts_when_filtered_and_sorted_then_it_is_quick_and_fits_a_phone_too(
    stack: Stack, runs: AirflowRuns, mongo: Any, driver: Chrome, tmp_path: Path
) -> None:
    accounts = BoardAccounts(mongo, SystemClock().now())
    accounts.add("copied", RunState.HALTED)
    copy_accounts(mongo, "copied", 1000)
    emulate(driver, width=1400, height=900)
    driver.get(f"{stack.addresses['airflow_url']}{BOARD}?q=copied&state=halted&sort=cid&down=1")
    until(lambda: "of 1,0" in text_of(driver, "#shown"), "all accounts", 30)
    first = text_of(driver, "#rows tr:first-child a")
    milliseconds = driver.execute_script(FILTER, "copied-77")
    shown = text_of(driver, "#shown")
    driver.save_screenshot(str(tmp_path / "thousand.png"))
    emulate(driver, width=390, height=844, dark=True)
    driver.save_screenshot(str(tmp_path / "phone.png"))
    widths = driver.execute_script("return [document.documentElement.scrollWidth, window.innerWidth]")
    colour = driver.execute_script(COLOUR)

    assert first == "copied-999"
    assert shown.startswith("11 of 1,0")
    assert milliseconds < 2000  # about 60 on a machine at rest
    assert widths[0] <= widths[1] == 390
    assert colour == DARK
    emulate(driver, width=1400, height=1300)


def test_given_an_account_that_halted_when_its_page_is_read_then_the_failures_lead_to_the_runbook(
    stack: Stack, runs: AirflowRuns, mongo: Any, driver: Chrome, tmp_path: Path
) -> None:
    BoardAccounts(mongo, SystemClock().now()).add("halted-one", RunState.HALTED, notes=1000, failed=11)
    driver.get(f"{stack.addresses['airflow_url']}{BOARD}accounts/halted-one")
    until(lambda: "NOTE_TOO_LONG: 11 notes" in text_of(driver, "#failures"), "what failed", 30)
    driver.execute_script(FOCUS, "NOTE_TOO_LONG")
    press(driver, Keys.ENTER)
    until(lambda: "Mitigation" in text_of(driver, "#failures"), "the runbook", 30)
    before = text_of(driver, "#updated")
    until(lambda: text_of(driver, "#updated") != before, "the next poll", 30)
    picture = driver.find_element(By.CSS_SELECTOR, "svg[role=img]").get_attribute("aria-label")
    driver.save_screenshot(str(tmp_path / "account.png"))

    assert driver.execute_script(FOCUSED) == "SUMMARY NOTE_TOO_LONG"
    assert "Mitigation" in text_of(driver, "#failures")
    assert picture == (
        "1,100 notes: Written by this run 989, Were there before 0, Failed 11, "
        "Not processed yet 0, Erased in the CDP 0, Out of scope 100"
    )
    assert [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"] == []
