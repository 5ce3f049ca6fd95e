"""The address in an Airflow http connection is found in every form in which it can be written."""

from __future__ import annotations

from typing import Any

import pytest

from notes_migration.domain.web_address import WebAddress


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"host": "crm.example"}, "http://crm.example"),
        ({"host": "crm.example", "port": 8080}, "http://crm.example:8080"),
        ({"host": "crm.example", "schema": "https"}, "https://crm.example"),
        ({"host": "https://crm.example/"}, "https://crm.example"),
        ({"host": "https://crm.example/", "port": 8443}, "https://crm.example:8443"),
        ({"host": "https://crm.example", "schema": "http"}, "https://crm.example"),
        ({"host": "https://crm.example:8443", "port": 8443}, "https://crm.example:8443"),
        ({"conn_type": "https", "host": "crm.example"}, "https://crm.example"),
        ({"conn_type": "https", "host": "crm.example", "port": 8443}, "https://crm.example:8443"),
        ({"conn_type": "https", "host": "crm.example", "schema": "api/v2/"}, "https://crm.example/api/v2"),
        ({"host": "https://crm.example/api/", "port": 8443}, "https://crm.example:8443/api"),
        ({"host": "::1", "port": 80}, "http://[::1]:80"),
        ({"host": "[::1]", "port": 80}, "http://[::1]:80"),
    ],
)
def test_given_a_connection_in_any_form_when_its_root_is_asked_for_then_scheme_port_and_path_are_kept(
    fields: dict[str, Any], url: str
) -> None:
    assert WebAddress(**{"conn_type": "http"} | fields).root_url() == url


@pytest.mark.parametrize(
    ("fields", "url"),
    [
        ({"host": "http://127.0.0.1:9100/services/T/B"}, "http://127.0.0.1:9100/services/T/B"),
        (
            {"host": "http://127.0.0.1", "port": 9100, "schema": "services/T/B"},
            "http://127.0.0.1:9100/services/T/B",
        ),
        (
            {"host": "http://127.0.0.1/services/T/B", "port": 9100},
            "http://127.0.0.1:9100/services/T/B",
        ),
        ({"host": "http://127.0.0.1", "port": 9100}, "http://127.0.0.1:9100"),
        ({"host": "127.0.0.1", "port": 9100, "schema": "http"}, "http://127.0.0.1:9100"),
        ({"host": "127.0.0.1", "port": 9100, "schema": "services/T/B"}, "http://127.0.0.1:9100/services/T/B"),
        (
            {"host": "127.0.0.1", "port": 9100, "schema": "http", "password": "/services/T/B"},
            "http://127.0.0.1:9100/services/T/B",
        ),
        (
            {"host": "https://hooks.example/services", "password": "T/B/x"},
            "https://hooks.example/services/T/B/x",
        ),
        (
            {"host": "hooks.example/services/", "schema": "https", "password": "T/B/x"},
            "https://hooks.example/services/T/B/x",
        ),
        (
            {"conn_type": "https", "host": "hooks.example", "schema": "s/T", "port": 8443},
            "https://hooks.example:8443/s/T",
        ),
        ({"host": "hooks.slack.com", "schema": "services/T/B/x"}, "https://hooks.slack.com/services/T/B/x"),
        ({"host": "https://hooks.example/a?b=c"}, "https://hooks.example/a?b=c"),
        ({"password": "https://hooks.example/services/T/B/x"}, "https://hooks.example/services/T/B/x"),
        ({"conn_type": "slackwebhook", "password": "T/B/x"}, "https://hooks.slack.com/services/T/B/x"),
    ],
)
def test_given_a_webhook_in_any_form_when_its_address_is_asked_for_then_it_is_whole(
    fields: dict[str, Any], url: str
) -> None:
    assert WebAddress(**{"conn_type": "http"} | fields).webhook_url() == url
