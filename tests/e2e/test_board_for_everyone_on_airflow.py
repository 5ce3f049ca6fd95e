"""What an operator proves and undoes, and what someone sees who may only look: in two browsers."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from airflow_client.client.exceptions import NotFoundException
from pymongo import MongoClient
from selenium.webdriver import Chrome
from selenium.webdriver.common.by import By

from sandbox.accounts.model import Account, SourceFile
from sandbox.accounts.seed import seed_mongo
from sandbox.airflow_settings import VIEWER
from sandbox.stack import Stack
from tests.support.airflow_runs import AirflowRuns, connected, until
from tests.support.browser import chromium, find, log_in, log_in_as, text_of
from tests.support.sequences.source import PNG
from tests.support.small_accounts import small_account

pytestmark = [pytest.mark.e2e, pytest.mark.browser, pytest.mark.timeout(400)]

CID, TRIED = "shown-to-all", "only-tried"
COMPANY = f"{CID}-company"
STARTERS = {"Start", "Start…", "Run again", "Run again…", "Dry run…", "Verify…", "Verify again…"}
KNOWN = """
    const asked = performance.getEntriesByType('resource');
    return asked.some(each => each.name.endsWith('/api/viewer') && each.responseEnd > 0);
"""
DRAWN = "requestAnimationFrame(() => requestAnimationFrame(arguments[0]))"
POST = """
    const [path, body, done] = arguments;
    fetch(path, {method: 'POST', headers: {'Content-Type': 'application/json'}, body: JSON.stringify(body)})
        .then(answer => done(answer.status), error => done(String(error)));
"""


def an_account_to_try(cdn: str) -> Account:
    """Return 101 notes: one is too long, one has a file, one a file on a host that is not allowed."""
    account = small_account(TRIED, persons=101)
    notes = [dict(note) for note in account.notes]
    notes[0]["note"] = "x" * 10_001
    for note, url in ((notes[1], f"{cdn}/tried.png"), (notes[2], "https://elsewhere.example/a.png")):
        note["images"] = [{"id": note["id"], "url": url, "file_name": "a.png"}]
    file = SourceFile("tried.png", PNG, "image/png")
    return replace(account, notes=tuple(notes), files={file.path: file})


@pytest.fixture(scope="module")
def runs(stack: Stack) -> Iterator[AirflowRuns]:
    """An account of three notes, migrated, and one that is not."""
    account = small_account(CID, persons=3)
    with (
        connected(stack.addresses) as runs,
        stack.simulators.control() as control,
        MongoClient[dict[str, Any]](stack.addresses["mongo_uri"]) as mongo,
    ):
        for each in (account, an_account_to_try(stack.addresses["cdn_url"])):
            control.load(each)
            seed_mongo(mongo.get_default_database(), each)
        runs.set_variable("crm_notes_migration_enabled", {CID: True, TRIED: False})
        runs.ends(runs.migrate(CID, f"{CID}__1"), "success")
        yield runs


@pytest.fixture(scope="module")
def operator(stack: Stack, runs: AirflowRuns) -> Iterator[Chrome]:
    with chromium() as driver:
        log_in(driver, stack.addresses)
        yield driver


@pytest.fixture(scope="module")
def onlooker(stack: Stack, runs: AirflowRuns) -> Iterator[Chrome]:
    passwords = json.loads((stack.paths.parts / "airflow-password.json").read_text())
    with chromium() as driver:
        log_in_as(driver, stack.addresses["airflow_url"], VIEWER, passwords[VIEWER])
        yield driver


def page(stack: Stack, path: str = "") -> str:
    return f"{stack.addresses['airflow_url']}/crm-notes/{path}"


def starters(driver: Chrome) -> set[str]:
    """Return the words of all buttons on the page that start a run."""
    until(lambda: bool(driver.execute_script(KNOWN)), "the answer who is at the browser", 30)
    driver.execute_async_script(DRAWN)
    buttons = driver.find_elements(By.CSS_SELECTOR, "button:not(th button)")
    return {each.text for each in buttons if each.is_displayed()} & STARTERS


def test_given_a_migrated_account_when_an_operator_verifies_it_then_the_certificate_appears(
    stack: Stack, runs: AirflowRuns, operator: Chrome, tmp_path: Path
) -> None:
    operator.get(page(stack, f"accounts/{CID}/certificate"))
    until(lambda: "No certificate" in text_of(operator, "#verdict"), "the page", 30)
    find(operator, "#act").click()
    find(operator, "#confirm-yes").click()
    until(lambda: "✓ Verified" in text_of(operator, "#verdict"), "the verdict, without a reload", 120)
    operator.save_screenshot(str(tmp_path / "certificate.png"))

    assert text_of(operator, "#verdict") == "✓ Verified: nothing differs that the migration has to explain"
    assert "Match: 3 of 3 notes that should be in the CDP, 100 %" in text_of(operator, "#match")
    assert f"{CID}__2" in text_of(operator, "#facts")


def test_given_an_account_that_was_only_tried_when_looked_at_then_the_report_is_on_its_page(
    stack: Stack, runs: AirflowRuns, operator: Chrome, tmp_path: Path
) -> None:
    tried = runs.migrate(TRIED, f"{TRIED}__1", mode="dry_run")
    runs.ends(tried, "success")

    operator.get(page(stack, f"?q={TRIED}"))
    until(lambda: "Not started" in text_of(operator, "#rows"), "the account among all", 30)
    operator.get(page(stack, f"accounts/{TRIED}"))
    until(lambda: "Would be written" in text_of(operator, "#dry-run"), "the report", 30)
    operator.execute_script("document.getElementById('dry-run').scrollIntoView()")
    operator.save_screenshot(str(tmp_path / "dry-run.png"))
    said = text_of(operator, "#dry-run")

    assert "100 would be written" in text_of(operator, "#rows")
    assert "100 of 101 notes" in said
    assert "NOTE_TOO_LONG 1 note" in said
    assert "Would end\nCompleted" in said
    assert "CDP tenant tried\nonly-tried-company" in said
    assert "Coverage\n100 %\n101 of 101 persons" in said
    assert "not bound yet" in text_of(operator, "#facts")
    assert "Files by type image 1 file 129 bytes" in said
    assert "Host is not on the allow-list elsewhere.example 1 file" in said
    assert "fits" in said
    assert tried in said
    assert [entry for entry in operator.get_log("browser") if entry["level"] == "SEVERE"] == []


def test_given_a_rollback_that_only_counted_when_the_account_is_looked_at_then_it_is_in_its_history(
    stack: Stack, runs: AirflowRuns, operator: Chrome, tmp_path: Path
) -> None:
    with connected(stack.addresses, "crm_notes_rollback") as rollbacks:
        rollbacks.ends(rollbacks.trigger({"cid": CID, "company_sso_id": COMPANY}, "undo-shown"), "success")

    operator.get(page(stack, f"accounts/{CID}"))
    until(lambda: "undo-shown" in text_of(operator, "#rows"), "the rollback in the history", 30)
    operator.save_screenshot(str(tmp_path / "history.png"))
    rows = [row.text for row in operator.find_elements(By.CSS_SELECTOR, "#rows tr")]
    operator.find_element(By.CSS_SELECTOR, "#rows a[href*='undo-shown']").click()
    until(lambda: "crm_notes_rollback/runs/undo-shown" in operator.current_url, "Airflow's page of it", 30)

    assert "rollback dry run" in rows[0]
    assert "written" not in rows[0]


def test_given_a_viewer_when_looking_at_each_page_then_all_is_seen_and_nothing_can_be_started(
    stack: Stack, runs: AirflowRuns, operator: Chrome, onlooker: Chrome, tmp_path: Path
) -> None:
    pages = {
        f"?q={CID}": ("#rows", "Completed"),
        f"accounts/{CID}": ("#state", "Completed"),
        f"accounts/{CID}/certificate": ("#verdict", "Verified"),
    }
    looked: dict[str, list[set[str]]] = {name: [] for name in ("operator", "viewer")}
    for name, driver in (("operator", operator), ("viewer", onlooker)):
        for path, (selector, word) in pages.items():
            driver.get(page(stack, path))
            until(lambda d=driver, s=selector, w=word: w in text_of(d, s), f"{path} for the {name}", 30)
            looked[name].append(starters(driver))
            driver.save_screenshot(str(tmp_path / f"{name}-{len(looked[name])}.png"))
    answered = onlooker.execute_async_script(
        POST, "/crm-notes/api/runs", {"cid": CID, "company_sso_id": COMPANY, "mode": "verify"}
    )

    assert looked["operator"] == [{"Run again"}, {"Run again…", "Dry run…"}, {"Verify again…"}]
    assert looked["viewer"] == [set(), set(), set()]
    assert answered == 403
    with pytest.raises(NotFoundException):
        runs.state(f"{CID}__3")
