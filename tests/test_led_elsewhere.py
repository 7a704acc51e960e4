"""Addresses that lead elsewhere, and servers that cannot show who they are: secrets stay, nothing counts as done, and it is said."""

from __future__ import annotations

import ipaddress
import ssl
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from hitgen.collector.inbox import Inbox
from hitgen.collector.proof import Site, prove
from hitgen.config.hosts import S3Host
from hitgen.errors import HitgenError, InputError
from hitgen.hosts.base import HostedFile
from hitgen.hosts.s3 import S3
from hitgen.hosts.upload import verify
from hitgen.lib.web import UntrustedError, fetch, fetch_patiently
from hitgen.recruiters.base import RefusedError
from hitgen.recruiters.panel.config import PanelRecruiter
from hitgen.recruiters.panel.credit import Credit
from hitgen.recruiters.rest import Rest

RESULTS: dict[str, Any] = {"kind": "panel", "results": {"kind": "collector", "url": "https://study.example.org/hitgen"}}
SECRETS = {"Authorization": "Token s3cret", "X-API-KEY": "s3cret", "Cookie": "s3cret", "Accept": "*/*"}


class Door(ThreadingHTTPServer):
    """Answers 200 with `words`, or leads to `to`; keeps what it was asked."""

    daemon_threads = True

    def __init__(self, status: int = 200, to: str = "", words: bytes = b"{}") -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.status, self.to, self.words = status, to, words
        self.asked: list[tuple[str, dict[str, str]]] = []

    def handle_error(self, request: object, client_address: object) -> None:
        """Whoever does not trust the certificate leaves."""


class _Handler(BaseHTTPRequestHandler):
    server: Door

    def _answer(self) -> None:
        self.server.asked.append((self.command, dict(self.headers)))
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.send_response(self.server.status)
        if self.server.to:
            self.send_header("Location", self.server.to)
        self.send_header("Content-Length", str(len(self.server.words)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(self.server.words)

    do_GET = do_POST = do_PATCH = do_PUT = do_DELETE = do_HEAD = _answer  # noqa: N815 - the base class's names

    def log_message(self, format: str, *arguments: object) -> None:  # noqa: A002 - the base class's name
        """Nothing."""


@contextmanager
def opened(door: Door) -> Iterator[str]:
    thread = threading.Thread(target=door.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    try:
        yield f"127.0.0.1:{door.server_address[1]}"
    finally:
        door.shutdown()
        door.server_close()
        thread.join()


@pytest.fixture
def elsewhere() -> Iterator[tuple[Door, str]]:
    """Another host, which says yes to everything."""
    with opened(door := Door()) as at:
        yield door, f"http://localhost:{at.partition(':')[2]}/login"


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate with its key that nobody vouches for."""
    return written(tmp_path_factory.mktemp("tls"), datetime.now(UTC))


def written(folder: Path, since: datetime) -> Path:
    """A certificate with its key that is good for a day."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "127.0.0.1")])
    made = x509.CertificateBuilder(
        name, name, key.public_key(), x509.random_serial_number(), since, since + timedelta(days=1)
    )
    address = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))
    made = made.add_extension(x509.SubjectAlternativeName([address]), critical=False)
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    path = folder / "own.pem"
    path.write_bytes(secret + made.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.PEM))
    return path


@pytest.fixture
def untrusted(certificate: Path) -> Iterator[str]:
    with shown(certificate) as address:
        yield address


@contextmanager
def shown(certificate: Path) -> Iterator[str]:
    """The address of a host that shows this certificate."""
    door = Door()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    door.socket = context.wrap_socket(door.socket, server_side=True, do_handshake_on_connect=False)
    with opened(door) as at:
        yield f"https://{at}"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_reading_is_led_on_without_what_is_secret(elsewhere: tuple[Door, str], status: int) -> None:
    other, url = elsewhere
    with opened(Door(status, url)) as at:
        answer = fetch_patiently(f"http://{at}/api", headers=SECRETS)
    ((method, headers),) = other.asked
    assert answer.is_ok and answer.led_to == url and method == "GET"
    assert "s3cret" not in str(headers) and headers["Accept"] == "*/*"


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
@pytest.mark.parametrize("method", ["POST", "PATCH", "PUT", "DELETE"])
def test_a_change_is_led_nowhere(elsewhere: tuple[Door, str], status: int, method: str) -> None:
    other, url = elsewhere
    with opened(Door(status, url)) as at:
        assert fetch(f"http://{at}/api", method, b"{}", SECRETS).status == status
        with pytest.raises(RefusedError, match=f"answered {status} to {method} /bonuses: it leads to {url}"):
            Rest(f"http://{at}", "s3cret", "Prolific").change(method, "/bonuses", {"usd": "1.00"})
    assert not other.asked


def test_credit_that_leads_to_a_login_is_none(elsewhere: tuple[Door, str]) -> None:
    other, url = elsewhere
    other.words = b"Please log in. Credit granted to nobody."
    with opened(Door(302, f"{url}?back=s3cret")) as at:
        config = PanelRecruiter(id=("PID",), credit=f"http://{at}/credit?key={{secret}}", secret_env="KEY", **RESULTS)
        with pytest.raises(RefusedError, match=r"the panel grants no credit: 200 it leads to .*/login\?back=\.\.\."):
            Credit(config, "s3cret").grant({})
        shown = config.model_copy(update={"credit_shows": "Credit granted"})
        Credit(shown, "s3cret").grant({})


def test_a_collector_that_leads_elsewhere_is_none(elsewhere: tuple[Door, str], tmp_path: Path) -> None:
    other, url = elsewhere
    wanted = f"no collector of hitgen: it says 301 .*, and leads to {url}"
    with (
        opened(Door(301, url)) as at,
        Inbox(tmp_path / "collected.sqlite", "demo") as inbox,
        pytest.raises(InputError, match=wanted),
    ):
        prove(f"http://{at}", inbox, "demo", "place", Site())
    assert not other.asked


def test_whoever_cannot_show_who_they_are_is_asked_once_and_told(
    untrusted: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("hitgen.lib.web.FIRST_WAIT_S", 600)  # nobody waits for a second try
    told: dict[str, str] = {}
    config = PanelRecruiter(id=("PID",), credit=f"{untrusted}/credit?key={{secret}}", secret_env="KEY", **RESULTS)

    class Served:
        def url(self, key: str) -> str:
            return f"{untrusted}/{key}"

    with ExitStack() as stack:
        inbox = stack.enter_context(Inbox(tmp_path / "collected.sqlite", "demo"))
        for name, act in {
            "reading": lambda: fetch_patiently(untrusted),
            "a service": lambda: Rest(untrusted, "s3cret", "Turkle").get("/projects/"),
            "a change": lambda: Rest(untrusted, "s3cret", "Turkle").change("POST", "/projects/", {}),
            "credit": lambda: Credit(config, "s3cret").grant({}),
            "a collector": lambda: prove(untrusted, inbox, "demo", "place", Site()),
            "pages": lambda: verify(Served(), [HostedFile("p", tmp_path, "0" * 64, "text/html")]),  # type: ignore[arg-type]
        }.items():
            with pytest.raises(HitgenError) as raised:
                act()
            told[name] = str(raised.value)
    assert all(
        "its certificate is not trusted (self-signed certificate); try a certificate of" in one for one in told.values()
    )
    assert not any("s3cret" in one or "\n" in one for one in told.values())
    assert told["a collector"].startswith("batch.toml: recruiter.results.url: ") and untrusted in told["a service"]
    assert told["credit"].startswith("batch.toml: recruiter.credit: ")


def test_a_bucket_that_cannot_show_whose_it_is_is_told_and_the_remedy_helps(
    untrusted: str, certificate: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    host = S3Host(kind="s3", bucket="bucket", region="us-east-1", endpoint_url=untrusted)
    with pytest.raises(InputError, match=r"AWS: the endpoint's certificate is not trusted .*; try .*AWS_CA_BUNDLE"):
        S3(host, "demo").existing()
    monkeypatch.setenv("AWS_CA_BUNDLE", str(certificate))
    with pytest.raises(HitgenError) as raised:  # what answers is no S3
        S3(host, "demo").existing()
    assert "certificate" not in str(raised.value)


def test_the_remedy_for_a_certificate_helps(untrusted: str, certificate: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate))
    assert fetch(untrusted).is_ok


@pytest.mark.parametrize(("days", "told"), [(-9, "has expired"), (9, "is not yet valid")])
def test_a_certificate_that_is_of_another_time_may_be_this_computers_clock(
    days: int, told: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As every certificate is where the clock says 1970, or was put forward by years."""
    monkeypatch.setattr("botocore.endpoint.time.sleep", lambda _: None)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "key")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "s3cret")
    path = written(tmp_path, datetime.now(UTC) + timedelta(days=days))
    for name in ("SSL_CERT_FILE", "AWS_CA_BUNDLE"):
        monkeypatch.setenv(name, str(path))
    monkeypatch.setattr("hitgen.lib.clock.utc_now", lambda: datetime(2026, 3, 1, 23, 59, tzinfo=UTC))
    clock = f"{told}.*; try setting this computer's clock where it is not 2026-03-01 23:59 UTC; else a certificate"
    with shown(path) as at:
        with pytest.raises(UntrustedError, match=clock):
            fetch(at)
        with pytest.raises(InputError, match=clock):
            S3(S3Host(kind="s3", bucket="bucket", region="us-east-1", endpoint_url=at), "demo").existing()


def test_https_where_there_is_none_is_told(elsewhere: tuple[Door, str]) -> None:
    with pytest.raises(UntrustedError, match="it speaks no https; try http://localhost:"):
        fetch(elsewhere[1].replace("http:", "https:"))
