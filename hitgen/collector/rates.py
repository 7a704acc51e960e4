"""Limits on how often one network address may send answers that nobody vouches for; kept in memory only."""

from __future__ import annotations

import ipaddress
import re
import threading
import time
from collections.abc import Callable
from typing import Any

BURST = 20
"""People of one household, laboratory or provider who come at about the same time."""
REFILL_S = 60.0
"""One more may come after each of these."""
PLACES_BURST = 300
"""Places that one network gets at about the same time: a lecture hall behind one address."""
PLACES_REFILL_S = 6.0
MOST_ADDRESSES = 10_000
OWN_NETWORKS = [
    ipaddress.ip_network(text)
    for text in (
        "127.0.0.0/8",
        "10.0.0.0/8",
        "172.16.0.0/12",
        "192.168.0.0/16",
        "169.254.0.0/16",
        "::1",
        "fc00::/7",
        "fe80::/10",
    )
]
"""Where a web server before this one stands."""
WITH_PORT = re.compile(r"\[([0-9A-Fa-f:.]+)\](?::\d+)?|([0-9.]+):\d+")
"""An address as some web servers pass it on."""


class Rates:
    """A bucket of tokens for each address: full at first, one token more every `refill_s`, at most `burst`."""

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, burst: int = BURST, refill_s: float = REFILL_S
    ) -> None:
        self._clock = clock
        self._burst = burst
        self._refill_s = refill_s
        self._lock = threading.Lock()
        self._full_at_s: dict[str, float] = {}

    def bound(self, address: str) -> Callable[[], bool]:
        """Takes a token of this address when called, False where none is left; an unknown address has enough."""
        return lambda: not address or self.take(address)

    def take(self, address: str) -> bool:
        """Whether there was a token for this address, now taken."""
        with self._lock:
            now_s = self._clock()
            full_at_s = max(self._full_at_s.pop(address, now_s), now_s)
            there = full_at_s - now_s <= (self._burst - 1) * self._refill_s
            self._full_at_s[address] = full_at_s + self._refill_s if there else full_at_s
            while len(self._full_at_s) > MOST_ADDRESSES:
                del self._full_at_s[next(iter(self._full_at_s))]
            return there


def address_of(environ: dict[str, Any]) -> str:
    """Whom a request comes from, a network for IPv6; empty where a web server before this one does not say it."""
    peer = _network(str(environ.get("REMOTE_ADDR", "")))
    if peer:
        return peer
    # The last one is what our own web server saw; those before it are what the visitor says.
    return _network(str(environ.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2].strip())


def _network(text: str) -> str:
    """The address, or the network that one customer has; empty where it is of this machine or its own network."""
    try:
        found = ipaddress.ip_address(text if (bare := WITH_PORT.fullmatch(text)) is None else bare[1] or bare[2])
    except ValueError:
        return ""
    # A server that listens for both kinds of addresses names those of IPv4 within those of IPv6.
    found = getattr(found, "ipv4_mapped", None) or found
    if any(found in network for network in OWN_NETWORKS):
        return ""
    return str(ipaddress.ip_network((found, 64), strict=False)) if found.version == 6 else str(found)
