"""Names of places that nobody can make up, and the codes that show that one delivered."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import re
import secrets
from collections.abc import Callable

from hitgen.ledger.notebook import Notebook
from hitgen.lib.contract import COMPLETION_CODE

WAVE, NUMBER, SEAL = "[A-Za-z0-9]+", "[0-9]{1,18}", "[a-z2-7]{26}"
PLACE = re.compile(rf"([A-Za-z0-9]+\.{WAVE})-({NUMBER})-({SEAL})")
"""A HIT, the number of a place in it, and the seal of both."""


def place_pattern(page: str) -> str:
    """A pattern of the names of places on a page, for Python and for scripts."""
    return rf"{re.escape(page)}\.{WAVE}-{NUMBER}-{SEAL}"


def secret_of(book: Notebook) -> bytes | None:
    """The key that places of a batch are signed with; None where none was ever opened."""
    text = book.noted("link", "secret")
    return bytes.fromhex(text) if text else None


def make_secret(book: Notebook) -> bytes:
    """The key that places of a batch are signed with; made on first use."""
    return secret_of(book) or bytes.fromhex(book.first_note("link", "secret", secrets.token_hex(32)))


def sealed(secret: bytes, hit: str, number: int) -> str:
    """The name of a HIT's place `number`."""
    name = f"{hit}-{number}"
    seal = hmac.new(secret, name.encode(), hashlib.sha256).digest()[:16]
    return f"{name}-{base64.b32encode(seal).decode().rstrip('=').lower()}"


def sealed_for(secret: bytes, hit: str, person: str) -> str:
    """The name of a person's place in a HIT, the same wherever this key is: its number is a keyed digest."""
    digest = hmac.new(secret, json.dumps([hit, person]).encode(), hashlib.sha256).digest()
    return sealed(secret, hit, int.from_bytes(digest[:7], "big"))


def place_of(assignment: str) -> tuple[str, int] | None:
    """The HIT and number that a name of a place begins with, whoever signed it; None where it is no such name."""
    found = PLACE.fullmatch(assignment)
    return (found[1], int(found[2])) if found else None


def is_place(secret: bytes, assignment: str) -> bool:
    """Whether a place of this name was given out by whoever holds `secret`."""
    found = place_of(assignment)
    return found is not None and hmac.compare_digest(sealed(secret, *found), assignment)


def knows_places(look: Callable[[Callable[[Notebook], bytes | None]], bytes | None]) -> Callable[[str], bool]:
    """Tells the places that are signed with the ledger's key, which is read once it is there."""
    found: list[bytes] = []

    def is_known(assignment: str) -> bool:
        if not found and (secret := look(secret_of)):
            found.append(secret)
        return bool(found) and is_place(found[0], assignment)

    return is_known


def completion_code(batch: str, assignment: str) -> str:
    """What a page shows once its answers arrived; the page computes the same."""
    digest = hashlib.new(COMPLETION_CODE["hash"], f"{batch}{COMPLETION_CODE['between']}{assignment}".encode()).digest()
    return digest[: COMPLETION_CODE["bytes"]].hex().upper()
