"""What stands for a worker or an assignment in all that leaves this machine; the key never leaves the ledger."""

from __future__ import annotations

import hashlib
import hmac
import secrets

from hitgen.ledger.ledger import Ledger

FACT = "pseudonyms"
CHARS = 16


def pseudonym(key: bytes, name: str) -> str:
    """A keyed hash (HMAC-SHA256, shortened): without the key nobody can try out ids."""
    return hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:CHARS]


def ledger_key(ledger: Ledger) -> bytes:
    """The key of a ledger, made when first asked for."""
    return bytes.fromhex(ledger.first_fact(FACT, secrets.token_hex(32)))
