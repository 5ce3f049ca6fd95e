"""Where downloads may go: the URL and every address behind its name."""

from __future__ import annotations

import pytest

from notes_migration.domain.download_policy import DownloadPolicy, is_reachable
from notes_migration.domain.errors import DegradedNote, ReasonCode

POLICY = DownloadPolicy(
    allowed_hosts=("cdn.example", ".files.example", "203.0.113.9"),
    private_hosts=("127.0.0.1:9000", "[::1]:9000"),
)


@pytest.mark.parametrize(
    ("url", "place"),
    [
        ("https://cdn.example/a.jpg", ("https", "cdn.example", 443)),
        ("https://CDN.Example:443/a", ("https", "cdn.example", 443)),
        ("https://cdn.example./a", ("https", "cdn.example", 443)),
        ("https://a.files.example/a", ("https", "a.files.example", 443)),
        ("https://a.b.files.example/a", ("https", "a.b.files.example", 443)),
        ("http://127.0.0.1:9000/a", ("http", "127.0.0.1", 9000)),
        ("https://127.0.0.1:9000/a", ("https", "127.0.0.1", 9000)),
        ("http://[::1]:9000/a", ("http", "::1", 9000)),
    ],
)
def test_given_an_allowed_place_when_admitted_then_it_is_the_one_that_is_asked(
    url: str, place: tuple[str, str, int]
) -> None:
    target = POLICY.admit(url)

    assert (target.scheme, target.host, target.port) == place


@pytest.mark.parametrize(
    "url",
    [
        "",
        "cdn.example/a",
        "//cdn.example/a",
        "http://cdn.example/a",
        "http://cdn.example:443/a",
        "ftp://cdn.example/a",
        "file:///etc/passwd",
        "gopher://cdn.example/",
        "data:text/plain,x",
        "https://cdn.example:8443/a",
        "https://cdn.example:0/a",
        "https://cdn.example:99999/a",
        "https://evil.example/a",
        "https://files.example/a",
        "https://evilfiles.example/a",
        "https://cdn.example.evil.test/a",
        "https://xcdn.example/a",
        "https://user@cdn.example/a",
        "https://user:secret@cdn.example/a",
        "https://cdn.example@evil.test/a",
        "https://@cdn.example/a",
        "https://evil.test#@cdn.example/a",
        "https://evil.test\\@cdn.example/a",
        "https:\\\\cdn.example/a",
        "https://cdn.example\\.evil.test/a",
        "https://cdn.example%2eevil.test/a",
        "https://cdn.example\t/a",
        "https://cdn.ex\nample/a",
        "https://cdn.example /a",
        "https://cdn。example/a",
        "https://ⓒdn.example/a",
        "https://[::ffff:127.0.0.1]/a",
        "https://2130706433/a",
        "https://0x7f.1/a",
        "https://127.1/a",
        "https://169.254.169.254/latest/meta-data/",
        "http://127.0.0.1:9001/a",
        "http://127.0.0.1/a",
        "http://localhost:9000/a",
        "https://[::1/a",
    ],
)
def test_given_any_other_place_when_admitted_then_the_host_is_not_allowed(url: str) -> None:
    with pytest.raises(DegradedNote) as caught:
        POLICY.admit(url)

    assert caught.value.reason is ReasonCode.ATTACHMENT_HOST_NOT_ALLOWED
    assert "cdn" not in str(caught.value)
    assert "evil" not in str(caught.value)


def test_given_an_empty_or_dotted_entry_in_the_list_when_admitted_then_it_allows_nothing() -> None:
    for listed in ("", ".", ".."):
        with pytest.raises(DegradedNote):
            DownloadPolicy((listed,)).admit("https://cdn.example/a")


def test_given_a_fragment_and_a_path_of_slashes_when_admitted_then_only_the_fragment_is_gone() -> None:
    target = POLICY.admit("https://cdn.example//evil.test/a b?x=1#frag")

    assert target.url == "https://cdn.example//evil.test/a b?x=1"


@pytest.mark.parametrize(
    "address", ["93.184.216.34", "203.0.114.1", "2606:2800:220:1::1", "::ffff:93.184.216.34"]
)
def test_given_a_public_address_when_judged_then_it_is_reachable(address: str) -> None:
    assert is_reachable(address, is_private=False)


@pytest.mark.parametrize(
    "address",
    [
        "0.0.0.0",
        "10.0.0.1",
        "100.64.0.1",
        "100.100.100.200",
        "127.0.0.1",
        "127.255.255.254",
        "169.254.169.254",
        "172.16.0.1",
        "192.0.0.192",
        "192.168.1.1",
        "198.18.0.1",
        "203.0.113.5",
        "224.0.0.1",
        "240.0.0.1",
        "255.255.255.255",
        "168.63.129.16",
        "192.88.99.1",
        "::",
        "::1",
        "::ffff:10.0.0.1",
        "::ffff:169.254.169.254",
        "::ffff:168.63.129.16",
        "::127.0.0.1",
        "::7f00:1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "100::1",
        "2001::1",
        "2001:db8::1",
        "2002:7f00:1::",
        "3fff::1",
        "5f00::1",
        "fc00::1",
        "fd00:ec2::254",
        "fe80::1",
        "fe80::1%eth0",
        "fec0::1",
        "ff02::1",
        "not an address",
        "",
    ],
)
def test_given_an_address_that_is_not_public_when_judged_then_it_is_not_reachable(address: str) -> None:
    assert not is_reachable(address, is_private=False)


@pytest.mark.parametrize("address", ["127.0.0.1", "10.1.2.3", "172.18.0.4", "::1", "fd12::1"])
def test_given_a_private_host_when_judged_then_private_addresses_are_reachable(address: str) -> None:
    assert is_reachable(address, is_private=True)


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "::ffff:169.254.169.254",
        "168.63.129.16",
        "100.100.100.200",
        "fd00:ec2::254",
        "fe80::1",
    ],
)
def test_given_a_private_host_when_it_leads_to_metadata_then_it_is_not_reachable(address: str) -> None:
    assert not is_reachable(address, is_private=True)
