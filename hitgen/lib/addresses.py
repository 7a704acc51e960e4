"""Web addresses as browsers take them: which can be opened at all, and which a sealed page's policy can name."""

from __future__ import annotations

import ipaddress
import re
from typing import Literal
from urllib.parse import urlsplit

from hitgen.lib.contract import LOOPBACK_HOSTS

MOST_CHARACTERS = 2_000
LABEL = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")
# https://fetch.spec.whatwg.org/#port-blocking
BLOCKED_PORTS = frozenset((
    0, 1, 7, 9, 11, 13, 15, 17, 19, 20, 21, 22, 23, 25, 37, 42, 43, 53, 69, 77, 79, 87, 95, 101, 102, 103, 104, 109,
    110, 111, 113, 115, 117, 119, 123, 135, 137, 139, 143, 161, 179, 389, 427, 465, 512, 513, 514, 515, 526, 530,
    531, 532, 540, 548, 554, 556, 563, 587, 601, 636, 989, 990, 993, 995, 1719, 1720, 1723, 2049, 3659, 4045, 4190,
    5060, 5061, 6000, 6566, 6665, 6666, 6667, 6668, 6669, 6679, 6697, 10080,
))  # fmt: skip
"""No browser opens a web address there."""
Reach = Literal["this machine", "a private network", "the world"]
REACHES: tuple[Reach, ...] = ("this machine", "a private network", "the world")
PRIVATE_ENDINGS = (".local", ".internal", ".lan", ".home", ".home.arpa", ".intranet", ".corp", ".localdomain")


def address(text: str) -> str:
    """`text`, if it is empty or an address that browsers and hitgen open; ValueError with problem and remedy."""
    return _checked(text, policy=False)


def policy_address(text: str) -> str:
    """`text`, if it is empty or an address that a page's own policy can let it reach."""
    return _checked(text, policy=True)


def is_loopback(host: str) -> bool:
    """Whether a host name or address is this machine's own, where nothing leaves it."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host.lower().rstrip(".") in LOOPBACK_HOSTS


def reach(url: str) -> Reach:
    """From where an address can be opened."""
    host = urlsplit(url).hostname or ""
    if is_loopback(host) or host.endswith(".localhost"):
        return "this machine"
    try:
        found = ipaddress.ip_address(host)
    except ValueError:
        return "a private network" if "." not in host or host.endswith(PRIVATE_ENDINGS) else "the world"
    return "the world" if found.is_global else "a private network"


def _checked(text: str, policy: bool) -> str:
    if not text:
        return text
    if len(text) > MOST_CHARACTERS:
        raise ValueError(f"has {len(text)} characters; use at most {MOST_CHARACTERS}")
    if not re.fullmatch(r"https?://[^\s?#\\\x00-\x20\x7f-\x9f\ud800-\udfff]+", text):
        raise ValueError("is not a web address; write it as https://HOST/PATH, without spaces, ? and #")
    scheme, rest = text.split("://", 1)
    authority, slash, path = rest.partition("/")
    if "@" in authority:
        raise ValueError(
            f"holds a name or password; no page may use it, write {scheme}://{authority.rpartition('@')[2]}{slash}{path}"
        )
    host, port = _parted(authority)
    _check_port(authority, host, port)
    _check_host(scheme, host, authority[len(host) :] + slash + path, policy)
    if any(part in ("", ".", "..") for part in path.split("/")[:-1]) or path in (".", ".."):
        raise ValueError(
            "has an empty step, . or .. in its path; browsers and servers read that differently, write it out"
        )
    return text


def _parted(authority: str) -> tuple[str, str | None]:
    """Host and port of HOST:PORT; None where there is no colon for a port."""
    if authority.startswith("["):
        host, bracket, rest = authority.partition("]")
        return host + bracket, rest[1:] if rest.startswith(":") else rest or None
    host, colon, port = authority.partition(":")
    return host, port if colon else None


def _check_port(authority: str, host: str, port: str | None) -> None:
    if port is None:
        return
    if not re.fullmatch(r"[1-9][0-9]{0,4}|0", port) or int(port) > 65_535:
        raise ValueError(f"has {port!r} for a port in {authority!r}; write a number up to 65535, or {host!r} alone")
    if int(port) in BLOCKED_PORTS:
        raise ValueError(f"is on port {port}, which browsers open no pages at; use another, such as 8470")


def _check_host(scheme: str, host: str, rest: str, policy: bool) -> None:
    if host.startswith("["):
        _check_ipv6(host, policy)
        return
    if not host:
        raise ValueError("names no host; write it as https://HOST/PATH")
    if host.endswith("."):
        raise ValueError(
            f"has a dot after its host, which a page's policy cannot name; write {scheme}://{host.rstrip('.')}{rest}"
        )
    if not host.isascii():
        raise ValueError(
            f"has a host that is not ASCII, which a page's policy cannot name; {_punycode(scheme, host, rest)}"
        )
    labels = host.lower().split(".")
    bad = [label for label in labels if not LABEL.fullmatch(label) or not _is_decodable(label)]
    if bad or len(host) > 253:
        raise ValueError(f"has a host {host!r} that is none; write letters, digits and hyphens between dots")
    if NUMBER.fullmatch(labels[-1]):
        try:
            _check_somebody(ipaddress.IPv4Address(host))
        except ipaddress.AddressValueError:
            raise ValueError(
                f"has a host {host!r} that browsers read as another; write four numbers up to 255"
            ) from None


def _check_ipv6(host: str, policy: bool) -> None:
    try:
        found = ipaddress.IPv6Address(host[1:-1] if host.endswith("]") else "")
    except ValueError:
        found = None
    if found is None or found.scope_id:
        raise ValueError(f"has a host {host!r} that browsers do not open; write a name")
    _check_somebody(found)
    if policy:
        raise ValueError(
            f"has the host {host}, and a page's policy can name no address of IPv6; write a name, or 127.0.0.1"
        )


def _check_somebody(found: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    """What a server listens on where it listens on all of its addresses is none of them, and browsers refuse it."""
    if found.is_unspecified or found.is_multicast or str(found) == "255.255.255.255":
        raise ValueError(f"has the host {found}, which is no machine's address; write the one of yours")


def _punycode(scheme: str, host: str, rest: str) -> str:
    try:
        return f"write it in punycode: {scheme}://{host.encode('idna').decode()}{rest}"
    except UnicodeError:
        return "write a name of letters, digits and hyphens"


def _is_decodable(label: str) -> bool:
    if not label.startswith("xn--"):
        return True
    try:
        return bool(label.encode().decode("idna"))
    except UnicodeError:
        return False
