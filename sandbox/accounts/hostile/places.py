"""URLs and redirects that lead where no worker may go; `{trap}` is a server that must never be asked."""

from __future__ import annotations

from sandbox.accounts.files.office import pdf
from sandbox.accounts.hostile.attacks import DOWNLOAD_FAILED, HOST_NOT_ALLOWED, Attack
from sandbox.accounts.model import Behaviour

# What follows `{cdn}/` here is asked for by nobody who reads URLs and redirects as they must be read.
FORBIDDEN = "forbidden"
_METADATA = "http://169.254.169.254/latest/meta-data/iam/security-credentials/"

_URLS = (
    "{trap}/direct.pdf",
    "http://localhost:{trap_port}/name.pdf",
    "http://127.1:{trap_port}/short.pdf",
    "http://0x7f.1:{trap_port}/hex.pdf",
    "http://0177.0.0.1:{trap_port}/octal.pdf",
    "http://2130706433:{trap_port}/decimal.pdf",
    "http://[::ffff:127.0.0.1]:{trap_port}/mapped.pdf",
    "http://[::1]:{trap_port}/six.pdf",
    "http://0.0.0.0:{trap_port}/any.pdf",
    # the CDN itself under other spellings than the one that is listed
    "http://127.1:{cdn_port}/forbidden/short.pdf",
    "http://0x7f.1:{cdn_port}/forbidden/hex.pdf",
    "http://[::ffff:127.0.0.1]:{cdn_port}/forbidden/mapped.pdf",
    "http://localhost:{cdn_port}/forbidden/name.pdf",
    "http://user:secret@127.0.0.1:{cdn_port}/forbidden/userinfo.pdf",
    "http://127.0.0.1:{cdn_port}@attacker.example/userinfo.pdf",
    "http://attacker.example\\@127.0.0.1:{cdn_port}/forbidden/backslash.pdf",
    "http://127.0.0.1:{cdn_port}/forbidden/a\r\nX-Injected: 1",
    "http:\\\\127.0.0.1:{cdn_port}/forbidden/backslashes.pdf",
    # a listed host, but https and so not the sandbox's: it resolves to loopback
    "https://127.0.0.1/listed.pdf",
    # names whose resolver leads inside (tests put one in); on no list of the sandbox
    "https://intranet.files.example/inside.pdf",
    "https://rebinding.files.example/inside.pdf",
    _METADATA,
    "http://[fd00:ec2::254]/latest/meta-data/",
    "http://metadata.google.internal/computeMetadata/v1/",
    "https://files.elsewhere.example/a.pdf",
    "https://127.0.0.1.attacker.example/suffix.pdf",
    "//127.0.0.1/no-scheme.pdf",
    "file:///etc/passwd",
    "ftp://127.0.0.1/a.pdf",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "data:application/pdf;base64,JVBERi0xLjQK",
    "jar:http://127.0.0.1/a!/b",
    "javascript:hit()",
    "http://127.0.0.1:99999/port.pdf",
    "http://[::1/bracket.pdf",
)
_LOCATIONS = (
    "{trap}/redirected.pdf",
    "//127.0.0.1:{trap_port}/redirected.pdf",
    "http://127.1:{cdn_port}/forbidden/redirected.pdf",
    _METADATA,
    "https://169.254.169.254/",
    "https://files.elsewhere.example/redirected.pdf",
    "http://user:secret@127.0.0.1:{cdn_port}/forbidden/redirected.pdf",
    "file:///etc/passwd",
    "gopher://127.0.0.1:6379/_FLUSHALL",
    "http://127.0.0.1:99999/",
)


def _to(location: str, *, status: int = 302) -> Behaviour:
    return Behaviour(status, (("Location", location),))


def urls() -> tuple[Attack, ...]:
    """Files under URLs that must not be asked."""
    return tuple(Attack(reason=HOST_NOT_ALLOWED, url=url) for url in _URLS)


def redirects() -> tuple[Attack, ...]:
    """Files whose CDN leads elsewhere, in a circle, or nowhere."""
    return (
        *(Attack(reason=HOST_NOT_ALLOWED, behaviour=_to(location)) for location in _LOCATIONS),
        Attack(reason=HOST_NOT_ALLOWED, behaviour=_to("{trap}/permanent.pdf", status=308)),
        Attack(reason=DOWNLOAD_FAILED, behaviour=Behaviour(302)),
        Attack(reason=DOWNLOAD_FAILED, url="{cdn}/loop/a"),
        Attack(reason=DOWNLOAD_FAILED, url="{cdn}/hops/4"),
        Attack(pdf(pages=1, seed=31), stored_as="pdf", url="{cdn}/hops/3"),
    )


def stations() -> dict[str, tuple[bytes, Behaviour | None]]:
    """What the CDN serves beside the files' own places: path -> content, behaviour.

    From `hops/3` it is three redirects to the file, from `hops/4` four.
    """
    return {
        "loop/a": (b"", _to("{cdn}/loop/b")),
        "loop/b": (b"", _to("{cdn}/loop/a")),
        "hops/4": (b"", _to("{cdn}/hops-of-4/3")),
        "hops-of-4/3": (b"", _to("{cdn}/hops-of-4/2", status=301)),
        "hops-of-4/2": (b"", _to("/hops-of-4/1", status=307)),
        "hops-of-4/1": (b"", _to("/forbidden/fourth-redirect.pdf")),
        "hops/3": (b"", _to("{cdn}/hops-of-3/2", status=308)),
        "hops-of-3/2": (b"", _to("1", status=303)),
        "hops-of-3/1": (b"", _to("/hops-of-3/file.pdf")),
        "hops-of-3/file.pdf": (pdf(pages=1, seed=31), None),
    }
