"""Text that strangers wrote, made fit for a terminal."""

from __future__ import annotations


def plain(text: str) -> str:
    """`text` in one printable line: whatever a terminal could take for a command is spelled out."""
    return "".join(char if char.isprintable() else repr(char)[1:-1] for char in text)
