"""The sandbox's connections are those of the contract, and given ones replace its parts."""

from __future__ import annotations

import json
from typing import Any, cast

import pytest
from pymongo.uri_parser import parse_uri

from sandbox.connections import IDS, Connection, given_connections, parse, variable_of
from sandbox.processes.service import Service
from sandbox.services.s3_server import Storage
from sandbox.simulators.process import Addresses, Simulators
from sandbox.simulators.world import Tokens
from sandbox.wiring import Parts, Running, addresses, connections, mongo_uri, redis_url

ROOTS = Addresses(
    control="http://127.0.0.1:1",
    crm="http://127.0.0.1:2",
    identity="http://127.0.0.1:3",
    cdn="http://127.0.0.1:4",
    alerts="http://127.0.0.1:5",
)
TOKENS = Tokens("Bearer crm", "Bearer identity", "routing", "/services/T/B/x")


def running(**changes: Any) -> Running:
    simulators = Simulators(cast(Service, None), changes.pop("at", ROOTS), TOKENS)
    parts: dict[str, Any] = {
        "mongo_uri": "mongodb://127.0.0.1:6/cdp",
        "redis_url": "redis://127.0.0.1:7/0",
        "storage": Storage("http://127.0.0.1:8"),
        "api_password": "secret",
    }
    return Running(**parts | changes, simulators=simulators)


def test_given_nothing_when_wired_then_all_eight_connections_carry_what_the_contract_names() -> None:
    found = connections(running(), {})

    assert set(found) == set(IDS)
    assert found["crm_api"].http_url() == "http://127.0.0.1:2"
    assert found["crm_api"].password == "Bearer crm"
    assert found["crm_api"].extra == {
        "attachment_hosts": ["127.0.0.1"],
        "attachment_private_hosts": ["127.0.0.1:4"],
    }
    assert (found["cdp_mongo"].conn_type, found["cdp_mongo"].schema) == ("mongo", "cdp")
    assert found["cdp_storage"].conn_type == "aws"
    assert {"endpoint_url", "attachments_bucket", "staging_bucket", "file_proxy_base_url"} <= set(
        found["cdp_storage"].extra
    )
    assert found["pagerduty"].password == "routing"
    assert found["slack_cdp_ops"].http_url() == "http://127.0.0.1:5/services/T/B/x"


def test_given_nothing_when_asked_for_the_addresses_then_no_key_is_empty() -> None:
    found = addresses(running(), connections(running(), {}))

    assert found["mongo_uri"] == "mongodb://127.0.0.1:6/cdp"
    assert (found["migration_api_username"], found["migration_api_password"]) == ("notes-migration", "secret")
    assert all(found.values())


@pytest.mark.parametrize(
    ("conn_id", "services", "simulators"),
    [
        ("cdp_mongo", {"redis", "s3"}, {"crm", "cdn", "identity", "alerts"}),
        ("migration_redis", {"mongo", "s3"}, {"crm", "cdn", "identity", "alerts"}),
        ("cdp_storage", {"mongo", "redis"}, {"crm", "cdn", "identity", "alerts"}),
        ("crm_api", {"mongo", "redis", "s3"}, {"identity", "alerts"}),
        ("identity_api", {"mongo", "redis", "s3"}, {"crm", "cdn", "alerts"}),
        ("pagerduty", {"mongo", "redis", "s3"}, {"crm", "cdn", "identity", "alerts"}),
    ],
)
def test_given_a_connection_when_planned_then_its_part_is_left_out(
    conn_id: str, services: set[str], simulators: set[str]
) -> None:
    assert Parts.beside({conn_id: Connection("http")}) == Parts(frozenset(services), frozenset(simulators))


def test_given_both_alert_connections_when_planned_then_there_are_no_sinks() -> None:
    given = {"pagerduty": Connection("http"), "slack_cdp_ops": Connection("http")}

    assert "alerts" not in Parts.beside(given).simulators


def test_given_a_mongo_of_ones_own_when_wired_then_it_is_used_and_shown() -> None:
    given = {"cdp_mongo": parse("mongo://user:p%40ss@db.example:27018/notes")}
    own = running(mongo_uri="")

    used = connections(own, given)

    assert used["cdp_mongo"] == given["cdp_mongo"]
    assert addresses(own, used)["mongo_uri"] == "mongodb://user:p%40ss@db.example:27018/notes"


def test_given_a_crm_of_ones_own_when_wired_then_the_cdn_is_not_known() -> None:
    own = running(at=Addresses(control="http://127.0.0.1:1", identity="http://127.0.0.1:3"))
    given = {
        "crm_api": Connection("http", "https://crm.example"),
        "pagerduty": Connection("http", "pd.example"),
    }

    used = connections(own, given | {"slack_cdp_ops": Connection("http", "https://slack.example/x")})
    found = addresses(own, used)

    assert (found["crm_url"], found["cdn_url"]) == ("https://crm.example", None)
    assert found["alerts_url"] == "http://pd.example"


@pytest.mark.parametrize(
    "text",
    [
        '{"conn_type": "http", "host": "crm.example", "port": 8443, "schema": "https", "password": "a b",'
        ' "extra": {"attachment_hosts": ["x"]}}',
        '{"conn_type": "http", "host": "crm.example", "port": "8443", "schema": "https", "password": "a b",'
        ' "extra": "{\\"attachment_hosts\\": [\\"x\\"]}"}',
        "http://:a%20b@crm.example:8443/https?__extra__=%7B%22attachment_hosts%22%3A%20%5B%22x%22%5D%7D",
    ],
)
def test_given_each_of_airflows_forms_when_parsed_then_it_is_the_same_connection(text: str) -> None:
    expected = Connection(
        "http", "crm.example", 8443, "https", password="a b", extra={"attachment_hosts": ["x"]}
    )

    assert parse(text) == expected
    assert parse(expected.as_json()) == expected
    assert expected.http_url() == "https://crm.example:8443"


@pytest.mark.parametrize(
    ("text", "url"),
    [
        ("https://crm.example", "https://crm.example"),
        ("https://:token@crm.example:8443/", "https://crm.example:8443"),
        ("http://https://crm.example:8443", "https://crm.example:8443"),
        ('{"conn_type": "http", "host": "https://crm.example/", "port": 8443}', "https://crm.example:8443"),
    ],
)
def test_given_a_crm_over_https_when_shown_then_it_stays_https(text: str, url: str) -> None:
    used = connections(running(), {"crm_api": parse(text)})

    assert addresses(running(), used)["crm_url"] == url


def test_given_redis_and_srv_when_shown_then_their_urls_are_whole() -> None:
    assert redis_url(parse("redis://:pw@cache.example:6380/3")) == "redis://:pw@cache.example:6380/3"
    assert (
        redis_url(Connection("redis", "cache.example", 6379, extra={"db": 2}))
        == "redis://cache.example:6379/2"
    )
    srv = Connection("mongo", "db.example", schema="cdp", extra={"srv": True})
    assert mongo_uri(srv) == "mongodb+srv://db.example/cdp"


@pytest.mark.parametrize(
    ("extra", "query"),
    [
        ({"authSource": "$external"}, "authSource=%24external"),
        ({"tls": True, "replicaSet": "rs 0"}, "tls=true&replicaSet=rs%200"),
        ({"ssl": "true", "allow_insecure": True}, "ssl=true&tlsAllowInvalidCertificates=true"),
        ({"tls": "True", "allow_insecure": False}, "tls=true"),
        ({"allow_insecure": True}, ""),
        ({"srv": False, "w": 1, "compressors": ["zstd", "zlib"]}, "w=1&compressors=zstd%2Czlib"),
        ({"authMechanismProperties": {"A": "b", "C": "d"}}, "authMechanismProperties=A%3Ab%2CC%3Ad"),
    ],
)
def test_given_a_mongo_with_options_when_shown_then_they_are_in_the_address(
    extra: dict[str, Any], query: str
) -> None:
    given = Connection("mongo", "db.example", 27017, "cdp", "u", "p", extra)

    expected = f"mongodb://u:p@db.example:27017/cdp{'?' if query else ''}{query}"
    assert mongo_uri(given) == expected
    shown = addresses(running(mongo_uri=""), connections(running(mongo_uri=""), {"cdp_mongo": given}))
    assert shown["mongo_uri"] == expected


def test_given_the_address_of_a_mongo_with_options_when_the_driver_reads_it_then_it_has_understood_them() -> (
    None
):
    extra = {"tls": True, "allow_insecure": "true", "authSource": "admin", "replicaSet": "rs0"}
    found = parse_uri(mongo_uri(Connection("mongo", "db.example", schema="cdp", extra=extra)))

    assert found["database"] == "cdp"
    assert {**found["options"]} == {
        "tls": True,
        "tlsAllowInvalidCertificates": True,
        "authSource": "admin",
        "replicaSet": "rs0",
    }


@pytest.mark.parametrize(
    ("extra", "url"),
    [
        ({"ssl": True}, "rediss://cache.example:6380/0"),
        (
            {"ssl": "true", "db": 2, "ssl_cert_reqs": "none"},
            "rediss://cache.example:6380/2?ssl_cert_reqs=none",
        ),
        ({"ssl": False, "ssl_cert_reqs": "none"}, "redis://cache.example:6380/0"),
    ],
)
def test_given_redis_over_tls_when_shown_then_its_url_says_so(extra: dict[str, Any], url: str) -> None:
    assert redis_url(Connection("redis", "cache.example", 6380, extra=extra)) == url


def test_given_variables_when_read_then_only_ours_are_taken() -> None:
    environment = {"AIRFLOW_CONN_CRM_API": "http://crm.example", "AIRFLOW_CONN_OTHER": "x", "PATH": "/bin"}

    assert list(given_connections(environment)) == ["crm_api"]


@pytest.mark.parametrize("text", ["no scheme", '{"port": "secret"}', "{", "[1]"])
def test_given_a_bad_variable_when_read_then_the_message_names_it_and_not_its_value(text: str) -> None:
    with pytest.raises(ValueError, match="AIRFLOW_CONN_CDP_MONGO") as caught:
        given_connections({variable_of("cdp_mongo"): text})

    assert text not in str(caught.value)


def test_given_a_connection_when_written_then_absent_fields_are_left_out() -> None:
    assert json.loads(Connection("http", "h").as_json()) == {"conn_type": "http", "host": "h"}
