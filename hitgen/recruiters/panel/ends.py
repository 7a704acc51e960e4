"""The ways back to a panel: addresses and codes, filled in for one person."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from urllib.parse import quote

from hitgen.collector.door import Reply
from hitgen.collector.voice import Voice
from hitgen.recruiters.panel.config import PLACEHOLDER

WORDS = {
    "complete": "door_complete",
    "screened-out": "door_screened_out",
    "declined": "door_declined",
    "failed": "door_failed",
    "full": "door_full",
}
"""What is said where no way back is given."""
LEAVING = ("screened-out", "declined", "failed")
"""Why a page sends somebody away without answers."""


def fill(text: str, values: Mapping[str, str], digest: str = "") -> str:
    """A way back with its placeholders filled, each as an address needs it where the way is one.

    `digest` is what `{digest}` is the SHA-256 of.
    """
    is_address = text.startswith(("http:", "https:"))

    def filled(word: str) -> str:
        if word == "digest":
            return hashlib.sha256(fill(digest, values).encode()).hexdigest()
        return quote(values.get(word, ""), safe="") if is_address else values.get(word, "")

    return PLACEHOLDER.sub(lambda found: filled(found[1]), text)


class Ends:
    """Every way back by why it is taken; `digest` as in config, `secret` the panel's key where that needs it."""

    def __init__(self, ways: Mapping[str, str], digest: str = "", secret: str = "") -> None:
        self._ways = ways
        self._digest = digest
        self._secret = secret

    def reply(self, why: str, values: Mapping[str, str], voice: Voice) -> Reply:
        """What to say to somebody who is done: an address to go to, or words with a code."""
        way = fill(self._ways.get(why, ""), {**values, "secret": self._secret}, self._digest)
        if way.startswith(("http:", "https:")):
            return Reply(url=way)
        code = way or (values.get("code", "") if why == "complete" else "")
        words = [voice.say(WORDS[why]), *([voice.say("door_code", code=code)] if code else [])]
        return Reply(" ".join(words))
