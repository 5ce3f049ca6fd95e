"""Headless Chromium, as a person at Airflow's UI."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support import expected_conditions as conditions
from selenium.webdriver.support.ui import WebDriverWait

# Without the network flags Chromium asks hosts of its own at every start.
_FLAGS = (
    "--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1400,1300"
)
PATIENCE_SECONDS = 60


@contextmanager
def chromium(*flags: str) -> Iterator[webdriver.Chrome]:
    """Yield a browser, started with these flags beside the usual ones."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (*_FLAGS.split(), *flags):
        options.add_argument(flag)
    driver = webdriver.Chrome(options=options, service=Service("/usr/bin/chromedriver"))
    try:
        yield driver
    finally:
        driver.quit()


def find(driver: webdriver.Chrome, selector: str) -> WebElement:
    """Wait until the element can be clicked, and return it."""
    clickable = conditions.element_to_be_clickable((By.CSS_SELECTOR, selector))
    return WebDriverWait(driver, PATIENCE_SECONDS).until(clickable)


def text_of(driver: webdriver.Chrome, selector: str) -> str:
    """Return the text that the element shows now."""
    return driver.find_element(By.CSS_SELECTOR, selector).text


def log_in(driver: webdriver.Chrome, addresses: dict[str, Any]) -> None:
    """Log in to Airflow as the sandbox's administrator."""
    log_in_as(driver, addresses["airflow_url"], addresses["airflow_username"], addresses["airflow_password"])


def log_in_as(driver: webdriver.Chrome, airflow_url: str, username: str, password: str) -> None:
    """Log in to Airflow through its form."""
    driver.get(f"{airflow_url}/auth/login")
    find(driver, "[name=username]").send_keys(username)
    find(driver, "[name=password]").send_keys(password)
    find(driver, "button[type=submit]").click()
    WebDriverWait(driver, PATIENCE_SECONDS).until(lambda it: "/auth/login" not in it.current_url)
